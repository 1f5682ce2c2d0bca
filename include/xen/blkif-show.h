/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How both halves show in debugfs what both have.
 *
 * Layer: 5 (observation).
 */
#ifndef _XEN_BLKIF_SHOW_H
#define _XEN_BLKIF_SHOW_H

#include <linux/bits.h>
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

/* the line before those of blkif_show_hist() */
#define BLKIF_SHOW_HIST	"# ring op requests sum_ns from_ns:requests...\n"

/**
 * blkif_show_hist() - a line with a histogram, if there is anything in it
 * @m:    the file
 * @ring: whose it is
 * @op:   BLKIF_OP_*
 * @hist: the histogram; others may write to it
 *
 * Context: Process.
 */
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

#endif /* _XEN_BLKIF_SHOW_H */
