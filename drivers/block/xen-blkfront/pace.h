/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BLKFRONT_PACE_H
#define _BLKFRONT_PACE_H

#include <linux/types.h>

/* the longest delay that there is, 10 ms: what is worked out here fits 32 bits */
#define BLKFRONT_PACE_MAX_US	10000U

/**
 * struct blkfront_pace - how fast answers come, and how many are waited for
 * @last: when some were taken, in ns
 * @gap:  ns between two of them, smoothed, and never above the longest delay
 * @wait: the answer that the back was to tell of, 1: the next; 0 at first
 */
struct blkfront_pace {
	u64	last;
	u32	gap;
	u32	wait;
};

/**
 * struct blkfront_taken - answers that were taken
 * @now:     when, in ns of a clock that does not go back
 * @nr:      how many since the last time, up to 2048; 0: none had come
 * @left:    requests that have no answer yet
 * @is_idle: the processor had nothing to do but to wait for them
 */
struct blkfront_taken {
	u64	now;
	u32	nr;
	u32	left;
	bool	is_idle;
};

u32 blkfront_pace_next(struct blkfront_pace *pace,
		       const struct blkfront_taken *taken, u32 limit);

#endif /* _BLKFRONT_PACE_H */
