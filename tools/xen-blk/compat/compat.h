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

/* It came too early for who names the module in its messages. */
#undef pr_fmt
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

/* Until 6.13 a tag set had to ask for what has been the rule since. */
static inline int compat_blk_mq_alloc_tag_set(struct blk_mq_tag_set *set)
{
	set->flags |= BLK_MQ_F_SHOULD_MERGE;
	return blk_mq_alloc_tag_set(set);
}

#define blk_mq_alloc_tag_set compat_blk_mq_alloc_tag_set
#endif

#endif /* _XENBLK_COMPAT_H */
