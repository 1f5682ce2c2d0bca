/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Everything known about kernels older than the sources, which are written for
 * 7.2. Force-included by the top Makefile, or in an older kernel's tree by what
 * kernel-tree.sh writes there: the sources do not know of it. What is needed is
 * found out by looking at the target's headers, see compat.mk.
 */
#ifndef _XENBLK_COMPAT_H
#define _XENBLK_COMPAT_H

#ifdef COMPAT_SHOULD_MERGE
#include <linux/blk-mq.h>

/* Until 6.13 a tag set had to ask for what has been the rule since. */
static inline int compat_blk_mq_alloc_tag_set(struct blk_mq_tag_set *set)
{
	set->flags |= BLK_MQ_F_SHOULD_MERGE;
	return blk_mq_alloc_tag_set(set);
}

#define blk_mq_alloc_tag_set compat_blk_mq_alloc_tag_set
#endif

#ifdef COMPAT_HRTIMER_INIT
#include <linux/hrtimer.h>

/* Until 6.14 the function was set by itself. */
static inline void
compat_hrtimer_setup(struct hrtimer *timer,
		     enum hrtimer_restart (*function)(struct hrtimer *timer),
		     clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}

#define hrtimer_setup compat_hrtimer_setup
#endif

#if defined(COMPAT_SHOULD_MERGE) || defined(COMPAT_HRTIMER_INIT)
/* They came too early for who names the module in its messages. */
#undef pr_fmt
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt
#endif

#endif /* _XENBLK_COMPAT_H */
