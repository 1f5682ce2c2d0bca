// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many answers one interrupt should bring. The next one, unless a processor
 * is kept from its work by interrupts that each bring little, while more than that
 * is under way: then some more each time, as long as they come within the time
 * that an answer may be late, and fewer as soon as somebody waits for them.
 *
 * Layer: 0 (arithmetic). Also built in user space by tools/testing/xen-blk.
 */
#include "pace.h"

/* Ns between two answers, a quarter of it of those that have come now. */
static void blkfront_pace_note(struct blkfront_pace *pace,
			       const struct blkfront_taken *taken, u32 limit)
{
	u32 old = pace->last && pace->gap < limit ? pace->gap : limit;
	u64 took = taken->now - pace->last;
	u32 gap = limit;

	/* In 16 ns, so that it is a division of 32 bits. */
	if (took < (u64)limit * taken->nr)
		gap = (u32)(took >> 4) / taken->nr << 4;
	pace->gap = (old * 3 + gap) / 4;
	pace->last = taken->now;
}

/**
 * blkfront_pace_next() - which answer is the back to tell of next?
 * @pace:  all zero at first
 * @taken: what was taken now
 * @limit: how late an answer may be in ns, up to BLKFRONT_PACE_MAX_US
 *
 * Requests that are made one after the other are not delayed, as there is no more
 * than one of them at a time; but for the first one after there were more.
 *
 * Context: Any; the caller keeps others from @pace.
 * Return: 1: the next one; or a later one, which may never come: the caller looks
 * after @limit.
 */
u32 blkfront_pace_next(struct blkfront_pace *pace,
		       const struct blkfront_taken *taken, u32 limit)
{
	u32 wait = pace->wait ? pace->wait : 1;
	u32 most = taken->nr + taken->left;

	blkfront_pace_note(pace, taken, limit);
	/* Fewer, where somebody waits for them, or they did not come. */
	if (taken->is_idle || taken->nr < wait)
		wait /= 2;
	else if (taken->nr + taken->left > wait)
		wait += wait / 4 + 1;
	/* Nor for what was not under way of late, or does not come in time. */
	if (pace->gap && most > limit / pace->gap)
		most = limit / pace->gap;
	if (wait > most)
		wait = most;
	pace->wait = wait ? wait : 1;
	return pace->wait;
}
