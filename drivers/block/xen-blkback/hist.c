// SPDX-License-Identifier: GPL-2.0-only
/*
 * Histograms of time: buckets a quarter of a power of two wide, so that what is
 * read from them is off by a quarter at most, and a note costs a few
 * instructions. Knows no clock.
 *
 * Layer: 0 (pure). Also built in user space by tools/testing/xen-blk.
 */
#include <linux/compiler.h>

#include "hist.h"

static u32 blkback_hist_bucket(u64 ns)
{
	u64 units = ns >> BLKBACK_HIST_SHIFT;
	u32 power, bucket;

	if (units < 4)
		return units;
	/* its highest bit says the power, the two below it the quarter */
	power = 63 - __builtin_clzll(units);
	bucket = (power - 2) * 4 + (u32)(units >> (power - 2));
	return bucket < BLKBACK_HIST_BUCKETS ? bucket : BLKBACK_HIST_BUCKETS - 1;
}

/**
 * blkback_hist_add() - note that something took so long
 * @hist: the histogram
 * @ns:   how long
 *
 * Context: Any; the caller sees to it that nobody else writes.
 */
void blkback_hist_add(struct blkback_hist *hist, u64 ns)
{
	u64 *bucket = &hist->bucket[blkback_hist_bucket(ns)];

	WRITE_ONCE(*bucket, *bucket + 1);
	WRITE_ONCE(hist->sum, hist->sum + ns);
}

/**
 * blkback_hist_low() - where a bucket begins
 * @bucket: its number, below BLKBACK_HIST_BUCKETS
 *
 * Context: Any.
 * Return: the shortest time that falls into it, in ns; it ends where the next
 * one begins.
 */
u64 blkback_hist_low(u32 bucket)
{
	u64 units = bucket;

	if (bucket >= 4)
		units = (4ULL + bucket % 4) << (bucket / 4 - 1);
	return units << BLKBACK_HIST_SHIFT;
}
