/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BLKBACK_CACHE_H
#define _BLKBACK_CACHE_H

#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/types.h>

/**
 * struct blkback_cache_node - one grant that stays mapped
 * @rb:        place in the tree, by @gref
 * @lru:       place in the list, longest unused first; or empty, if it was in use
 *             when it should have gone
 * @last_used: when it was inserted, or the last user gave it back, in the caller's
 *             unit of time
 * @gref:      the front's grant reference
 * @users:     requests that hold it now
 */
struct blkback_cache_node {
	struct rb_node		rb;
	struct list_head	lru;
	u64			last_used;
	u32			gref;
	u32			users;
};

/*
 * A power of two. Fronts use the same references again and again, and take them in a
 * row: as many as a ring keeps mapped by default have hardly two in one place.
 */
#define BLKBACK_CACHE_HINTS	1024

/**
 * struct blkback_cache - the grants of one ring that stay mapped
 * @root: red-black tree of all, by grant reference
 * @lru:  by @last_used, longest unused first
 * @nr:   how many there are
 * @hint: found last, by the low bits of the reference; or NULL
 *
 * Has no lock of its own: the caller's lock is held around each call.
 */
struct blkback_cache {
	struct rb_root		root;
	struct list_head	lru;
	u32			nr;
	struct blkback_cache_node *hint[BLKBACK_CACHE_HINTS];
};

void blkback_cache_init(struct blkback_cache *cache);
struct blkback_cache_node *blkback_cache_take(struct blkback_cache *cache,
					      u32 gref);
bool blkback_cache_insert(struct blkback_cache *cache,
			  struct blkback_cache_node *node, u32 gref, u64 now);
void blkback_cache_give(struct blkback_cache *cache,
			struct blkback_cache_node *node, u64 now);
bool blkback_cache_oldest(const struct blkback_cache *cache, u64 *when);
struct blkback_cache_node *blkback_cache_evict(struct blkback_cache *cache,
					       u64 used_before, u32 max);

#endif /* _BLKBACK_CACHE_H */
