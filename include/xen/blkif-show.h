/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How both halves show in debugfs what both have.
 *
 * Layer: 5 (observation).
 */
#ifndef _XEN_BLKIF_SHOW_H
#define _XEN_BLKIF_SHOW_H

#include <linux/bits.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/seq_file.h>

#include <xen/blkif-hist.h>
#include <xen/blkif-proto.h>

/**
 * blkif_show_flags() - a line "flags" with the names of the bits that are set
 * @m:     the file
 * @flags: the bits
 * @name:  of each bit
 * @nr:    how many have names
 *
 * Context: Process.
 */
static inline void blkif_show_flags(struct seq_file *m, unsigned long flags,
				    const char * const *name, u32 nr)
{
	u32 i;

	seq_puts(m, "flags");
	for (i = 0; i < nr; i++)
		if (flags & BIT(i))
			seq_printf(m, " %s", name[i]);
	seq_putc(m, '\n');
}

/**
 * blkif_show_last() - a line with the last request that something happened to
 * @m:      the file
 * @what:   happened
 * @error:  with it; 0: it happened to none
 * @op:     BLKIF_OP_*
 * @id:     the request's on its ring
 * @sector: its first
 * @when:   it happened, by ktime_get_ns()
 *
 * Context: Process.
 */
static inline void blkif_show_last(struct seq_file *m, const char *what,
				   int error, u8 op, u64 id, u64 sector,
				   u64 when)
{
	if (error)
		seq_printf(m, "last_%s %d op %s id %llu sector %llu age_ms %llu\n",
			   what, error, blkif_op_name(op), id, sector,
			   div_u64(ktime_get_ns() - when, NSEC_PER_MSEC));
}

/* the line before those of blkif_show_hists() */
#define BLKIF_SHOW_HIST	"# ring op requests sum_ns from_ns:requests...\n"

/* A line, if there is anything in it. */
static inline void blkif_show_hist(struct seq_file *m, const char *ring, u8 op,
				   const struct blkif_hist *hist)
{
	u64 n, nr = 0;
	u32 i;

	for (i = 0; i < BLKIF_HIST_BUCKETS; i++)
		nr += READ_ONCE(hist->bucket[i]);
	if (!nr)
		return;
	seq_printf(m, "%s %s %llu %llu", ring, blkif_op_name(op), nr,
		   READ_ONCE(hist->sum));
	for (i = 0; i < BLKIF_HIST_BUCKETS; i++) {
		n = READ_ONCE(hist->bucket[i]);
		if (n)
			seq_printf(m, " %llu:%llu", blkif_hist_low(i), n);
	}
	seq_putc(m, '\n');
}

/**
 * blkif_show_hists() - a line for each operation that a ring has noted
 * @m:    the file
 * @ring: whose they are
 * @hist: by BLKIF_OP_*; others may write to them
 * @nr:   operations
 *
 * Context: Process.
 */
static inline void blkif_show_hists(struct seq_file *m, const char *ring,
				    const struct blkif_hist *hist, u8 nr)
{
	u8 op;

	for (op = 0; op < nr; op++)
		blkif_show_hist(m, ring, op, &hist[op]);
}

#endif /* _XEN_BLKIF_SHOW_H */
