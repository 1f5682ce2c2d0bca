/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Histograms of time, of both halves: buckets a quarter of a power of two wide,
 * so that what is read from them is off by a quarter at most, and a note costs a
 * few instructions. Knows no clock.
 *
 * Layer: 0 (pure). Also built in user space by tools/testing/xen-blk.
 */
#ifndef _XEN_BLKIF_HIST_H
#define _XEN_BLKIF_HIST_H

#include <linux/compiler.h>
#include <linux/types.h>

/* the first buckets are that wide: 256 ns */
#define BLKIF_HIST_SHIFT	8
/* each power of two has four; the last one takes all from about two minutes on */
#define BLKIF_HIST_BUCKETS	112

/**
 * struct blkif_hist - how long requests took; only ever grows
 * @sum:    of all, in ns
 * @bucket: how many took how long, see blkif_hist_low()
 *
 * Numbers of 64 bits and nothing else, so that histograms can be added up as
 * arrays. One context at a time writes; who reads meanwhile may see the one
 * number without the other.
 */
struct blkif_hist {
	u64	sum;
	u64	bucket[BLKIF_HIST_BUCKETS];
};

/**
 * blkif_hist_bucket() - where a time is noted
 * @ns: how long
 *
 * Context: Any.
 * Return: the number of its bucket.
 */
static inline u32 blkif_hist_bucket(u64 ns)
{
	u64 units = ns >> BLKIF_HIST_SHIFT;
	u32 power, bucket;

	if (units < 4)
		return units;
	/* its highest bit says the power, the two below it the quarter */
	power = 63 - __builtin_clzll(units);
	bucket = (power - 2) * 4 + (u32)(units >> (power - 2));
	return bucket < BLKIF_HIST_BUCKETS ? bucket : BLKIF_HIST_BUCKETS - 1;
}

/**
 * blkif_hist_add() - note that something took so long
 * @hist: the histogram
 * @ns:   how long
 *
 * Context: Any; the caller sees to it that nobody else writes.
 */
static inline void blkif_hist_add(struct blkif_hist *hist, u64 ns)
{
	u64 *bucket = &hist->bucket[blkif_hist_bucket(ns)];

	WRITE_ONCE(*bucket, *bucket + 1);
	WRITE_ONCE(hist->sum, hist->sum + ns);
}

/**
 * blkif_hist_low() - where a bucket begins
 * @bucket: its number, below BLKIF_HIST_BUCKETS
 *
 * Context: Any.
 * Return: the shortest time that falls into it, in ns; it ends where the next
 * one begins.
 */
static inline u64 blkif_hist_low(u32 bucket)
{
	u64 units = bucket;

	if (bucket >= 4)
		units = (4ULL + bucket % 4) << (bucket / 4 - 1);
	return units << BLKIF_HIST_SHIFT;
}

#endif /* _XEN_BLKIF_HIST_H */
