// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which grants of a ring stay mapped: a red-black tree by grant reference, with
 * hints for those of late, and a list by age. Knows nothing of pages or map calls;
 * nodes are the caller's.
 *
 * A node stays in the list while it is in use, and moves in it once in a unit of
 * time at most: to take one and to give it back is to count its users, as a rule.
 *
 * Layer: 0 (protocol). The caller holds its lock around each call.
 */
#include <linux/compiler.h>
#include <linux/string.h>

#include "cache.h"

/**
 * blkback_cache_init() - make an empty cache
 * @cache: the caller's memory
 *
 * Context: Any.
 */
void blkback_cache_init(struct blkback_cache *cache)
{
	cache->root = RB_ROOT;
	INIT_LIST_HEAD(&cache->lru);
	cache->nr = 0;
	memset(cache->hint, 0, sizeof(cache->hint));
}

static struct blkback_cache_node **blkback_cache_hint(struct blkback_cache *cache,
						      u32 gref)
{
	return &cache->hint[gref & (BLKBACK_CACHE_HINTS - 1)];
}

static struct blkback_cache_node *blkback_cache_entry(struct rb_node *rb)
{
	return rb_entry(rb, struct blkback_cache_node, rb);
}

static struct blkback_cache_node *
blkback_cache_find(const struct blkback_cache *cache, u32 gref)
{
	struct rb_node *rb = cache->root.rb_node;

	while (rb) {
		struct blkback_cache_node *node = blkback_cache_entry(rb);

		if (gref == node->gref)
			return node;
		rb = gref < node->gref ? rb->rb_left : rb->rb_right;
	}
	return NULL;
}

/**
 * blkback_cache_take() - find a grant and hold it
 * @cache: the ring's cache
 * @gref:  grant reference; untrusted
 *
 * Several requests may hold one grant; a front that grants a page once and
 * uses it in two requests is served.
 *
 * Context: Any; under the caller's lock.
 * Return: the node, with one user more, or NULL.
 */
struct blkback_cache_node *blkback_cache_take(struct blkback_cache *cache,
					      u32 gref)
{
	struct blkback_cache_node **hint = blkback_cache_hint(cache, gref);
	struct blkback_cache_node *node = *hint;

	if (!node || node->gref != gref) {
		node = blkback_cache_find(cache, gref);
		if (!node)
			return NULL;
		*hint = node;
	}
	node->users++;
	return node;
}

/**
 * blkback_cache_insert() - add a grant, held by its first user
 * @cache: the ring's cache
 * @node:  the caller's memory, until blkback_cache_evict() hands it back
 * @gref:  grant reference
 * @now:   as for blkback_cache_give()
 *
 * Context: Any; under the caller's lock.
 * Return: false if that reference is in already (@node is not used then).
 */
bool blkback_cache_insert(struct blkback_cache *cache,
			  struct blkback_cache_node *node, u32 gref, u64 now)
{
	struct rb_node **link = &cache->root.rb_node, *parent = NULL;

	while (*link) {
		u32 here = blkback_cache_entry(*link)->gref;

		parent = *link;
		if (gref < here)
			link = &parent->rb_left;
		else if (gref > here)
			link = &parent->rb_right;
		else
			return false;
	}
	node->gref = gref;
	node->users = 1;
	node->last_used = now;
	list_add_tail(&node->lru, &cache->lru);
	rb_link_node(&node->rb, parent, link);
	rb_insert_color(&node->rb, &cache->root);
	cache->nr++;
	*blkback_cache_hint(cache, gref) = node;
	return true;
}

/* To the end of the list; apart, as it is the rare half of giving back. */
static noinline void blkback_cache_move(struct blkback_cache *cache,
					struct blkback_cache_node *node, u64 now)
{
	node->last_used = now;
	list_move_tail(&node->lru, &cache->lru);
}

/**
 * blkback_cache_give() - a user is done with a grant
 * @cache: the ring's cache
 * @node:  taken or inserted before
 * @now:   time, in a unit as coarse as ages may be told; never goes back
 *
 * Context: Any; under the caller's lock.
 */
void blkback_cache_give(struct blkback_cache *cache,
			struct blkback_cache_node *node, u64 now)
{
	if (--node->users)
		return;
	if (node->last_used != now || list_empty(&node->lru))
		blkback_cache_move(cache, node, now);
}

/**
 * blkback_cache_oldest() - when will the next one have to go?
 * @cache: the ring's cache
 * @when:  replaced by when the longest unused grant was used last; one that is in use
 *         may stand in its place, until blkback_cache_evict() has passed it over
 *
 * Context: Any; under the caller's lock.
 * Return: false: there is none, or only such as were passed over.
 */
bool blkback_cache_oldest(const struct blkback_cache *cache, u64 *when)
{
	if (list_empty(&cache->lru))
		return false;
	*when = list_first_entry(&cache->lru, struct blkback_cache_node,
				 lru)->last_used;
	return true;
}

/**
 * blkback_cache_evict() - take out the longest unused grant, if it must go
 * @cache:       the ring's cache
 * @used_before: one last used before this time must go
 * @max:         so must one that is above this number
 *
 * One that is in use stays in the cache. It only leaves the list, so that the next
 * call gets to the one after it; blkback_cache_give() puts it back.
 *
 * Context: Any; under the caller's lock.
 * Return: the node: the caller's again if it has no users, else to be passed over.
 * NULL: none must go, or can.
 */
struct blkback_cache_node *blkback_cache_evict(struct blkback_cache *cache,
					       u64 used_before, u32 max)
{
	struct blkback_cache_node *node, **hint;

	if (list_empty(&cache->lru))
		return NULL;
	node = list_first_entry(&cache->lru, struct blkback_cache_node, lru);
	if (cache->nr <= max && node->last_used >= used_before)
		return NULL;
	list_del_init(&node->lru);
	if (node->users)
		return node;
	rb_erase(&node->rb, &cache->root);
	hint = blkback_cache_hint(cache, node->gref);
	if (*hint == node)
		*hint = NULL;
	cache->nr--;
	return node;
}
