// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cache of grants, called as the bytes say, against a plain array. A node is
 * allocated anew for each insertion and freed when it is out, so that a look at one
 * that has gone, as a hint may be tempted to, is found.
 */
#include "fuzz.h"

#include "../../../../drivers/block/xen-blkback/cache.c"

#define FUZZ_GRANTS	64

/* What the cache should know of one reference; @stamp is its place in the list, or 0. */
struct fuzz_grant {
	struct blkback_cache_node	*node;
	u64				last_used, stamp;
	u32				users;
};

struct fuzz_cache {
	struct blkback_cache	cache;
	struct fuzz_grant	grant[FUZZ_GRANTS];
	u64			now, stamp;
	u32			nr;
};

/* From all of the range, eight of them to one hint. */
static u32 fuzz_gref(u32 i)
{
	return i % 8 + (i / 8 << 29);
}

static struct blkback_cache_node *fuzz_node(void)
{
	struct blkback_cache_node *node = malloc(sizeof(*node));

	if (!node)
		abort();
	return node;
}

static void fuzz_take(struct fuzz_cache *c, u32 i)
{
	struct fuzz_grant *g = &c->grant[i];

	FUZZ_RULE(blkback_cache_take(&c->cache, fuzz_gref(i)) == g->node);
	g->users += !!g->node;
}

/* It is the last in the list now, as one used just now. */
static void fuzz_used(struct fuzz_cache *c, struct fuzz_grant *g)
{
	g->last_used = c->now;
	g->stamp = ++c->stamp;
}

static void fuzz_insert(struct fuzz_cache *c, u32 i)
{
	struct blkback_cache_node *node = fuzz_node();
	struct fuzz_grant *g = &c->grant[i];
	bool is_new = blkback_cache_insert(&c->cache, node, fuzz_gref(i),
					   c->now);

	FUZZ_RULE(is_new == !g->node);
	if (!is_new) {
		free(node);
		return;
	}
	g->node = node;
	g->users = 1;
	fuzz_used(c, g);
	c->nr++;
}

static void fuzz_give(struct fuzz_cache *c, u32 i)
{
	struct fuzz_grant *g = &c->grant[i];

	if (!g->users)
		return;
	blkback_cache_give(&c->cache, g->node, c->now);
	/* Within one unit of time a place in the list is kept. */
	if (!--g->users && (!g->stamp || g->last_used != c->now))
		fuzz_used(c, g);
}

/* False: none went. */
static bool fuzz_evict(struct fuzz_cache *c, u64 before, u32 max)
{
	struct blkback_cache_node *node;
	struct fuzz_grant *g, *oldest = NULL;

	for (g = c->grant; g < c->grant + FUZZ_GRANTS; g++)
		if (g->node && g->stamp &&
		    (!oldest || g->stamp < oldest->stamp))
			oldest = g;
	if (oldest && c->nr <= max && oldest->last_used >= before)
		oldest = NULL;
	node = blkback_cache_evict(&c->cache, before, max);
	FUZZ_RULE(node == (oldest ? oldest->node : NULL));
	if (!oldest)
		return false;
	oldest->stamp = 0;
	/* In use, it is passed over, and back in the list when it is not. */
	if (oldest->users)
		return true;
	free(node);
	oldest->node = NULL;
	c->nr--;
	return true;
}

/* The tree is in order, and has what the array has; who is not listed is in use. */
static void fuzz_sound(struct fuzz_cache *c)
{
	struct blkback_cache_node *node;
	u32 nr = 0, listed = 0, i;
	struct rb_node *rb;
	u64 next = 0;

	FUZZ_RULE(c->cache.nr == c->nr);
	for (rb = rb_first(&c->cache.root); rb; rb = rb_next(rb), nr++) {
		FUZZ_RULE(blkback_cache_entry(rb)->gref >= next);
		next = blkback_cache_entry(rb)->gref + 1ULL;
	}
	FUZZ_RULE(nr == c->nr);
	for (i = 0; i < FUZZ_GRANTS; i++) {
		struct fuzz_grant *g = &c->grant[i];

		FUZZ_RULE(!g->node || (g->node->gref == fuzz_gref(i) &&
				       g->node->users == g->users));
		FUZZ_RULE(!g->node || g->stamp || g->users);
		listed += g->node && g->stamp;
	}
	list_for_each_entry(node, &c->cache.lru, lru)
		listed--;
	FUZZ_RULE(!listed);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct fuzz_cache c = { };
	u32 i;

	memset(&c.cache, 0xa5, sizeof(c.cache));
	blkback_cache_init(&c.cache);
	while (in.size) {
		u32 op = fuzz_u(&in, 1);

		i = fuzz_u(&in, 1) % FUZZ_GRANTS;
		switch (op % 5) {
		case 0:
			fuzz_insert(&c, i);
			break;
		case 1:
			fuzz_take(&c, i);
			break;
		case 2:
			fuzz_give(&c, i);
			break;
		case 3:
			fuzz_evict(&c, c.now - (op & 0xf8), i);
			break;
		default:
			c.now += i;
			break;
		}
	}
	fuzz_sound(&c);
	/* Everybody is done: it can be emptied to the last. */
	for (i = 0; i < FUZZ_GRANTS; i++)
		while (c.grant[i].users)
			fuzz_give(&c, i);
	while (fuzz_evict(&c, 0, 0))
		;
	FUZZ_RULE(!c.nr);
	fuzz_sound(&c);
	return 0;
}
