/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BLKBACK_HIST_H
#define _BLKBACK_HIST_H

#include <linux/types.h>

/* the first buckets are that wide: 256 ns */
#define BLKBACK_HIST_SHIFT	8
/* each power of two has four; the last one takes all from about two minutes on */
#define BLKBACK_HIST_BUCKETS	112

/**
 * struct blkback_hist - how long requests took; only ever grows
 * @sum:    of all, in ns
 * @bucket: how many took how long, see blkback_hist_low()
 *
 * Numbers of 64 bits and nothing else, so that histograms can be added up as
 * arrays. One context at a time writes; who reads meanwhile may see the one
 * number without the other.
 */
struct blkback_hist {
	u64	sum;
	u64	bucket[BLKBACK_HIST_BUCKETS];
};

void blkback_hist_add(struct blkback_hist *hist, u64 ns);
u64 blkback_hist_low(u32 bucket);

#endif /* _BLKBACK_HIST_H */
