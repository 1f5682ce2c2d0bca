// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which grants stay mapped: the cache against a plain array that does the same
 * slowly, over long runs of random calls.
 *
 * Layer: test of 0. Also built in user space by tools/testing/xen-blk.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/string.h>

#include "../cache.c"

#define BLKBACK_CACHE_TEST_GRANTS	64
#define BLKBACK_CACHE_TEST_CALLS	200000

/* One reference in the array; @stamp is its place in the list, 0: not in it. */
struct blkback_cache_test_entry {
	struct blkback_cache_node	node;
	u64				last_used;
	u64				stamp;
	u32				users;
	bool				is_in;
};

struct blkback_cache_test {
	struct blkback_cache		cache;
	struct blkback_cache_test_entry	entry[BLKBACK_CACHE_TEST_GRANTS];
	u64				rand, now, stamp;
	u32				nr;
};

static u32 blkback_cache_test_below(struct blkback_cache_test *t, u32 n)
{
	t->rand = t->rand * 6364136223846793005ULL + 1442695040888963407ULL;
	return (u32)(t->rand >> 33) % n;
}

/* References from all over, both ends of the range among them; eight a hint. */
static u32 blkback_cache_test_gref(u32 i)
{
	if (i < 2)
		return i ? ~0U : 0;
	return i * 2654435761U * BLKBACK_CACHE_HINTS + i % 8;
}

/* A search tree: in order, each once, and as many as the cache says. */
static void blkback_cache_test_sound(struct kunit *test,
				     struct blkback_cache_test *t)
{
	struct blkback_cache_node *node;
	u32 in_tree = 0, in_list = 0, listed = 0, i;
	struct rb_node *rb;
	u64 last = 0;

	for (rb = rb_first(&t->cache.root); rb; rb = rb_next(rb)) {
		u32 gref = blkback_cache_entry(rb)->gref;

		KUNIT_EXPECT_TRUE(test, !in_tree || gref > last);
		last = gref;
		in_tree++;
	}
	KUNIT_EXPECT_EQ(test, in_tree, t->nr);
	KUNIT_EXPECT_EQ(test, t->cache.nr, t->nr);

	last = 0;
	list_for_each_entry(node, &t->cache.lru, lru) {
		KUNIT_EXPECT_LE(test, last, node->last_used);
		last = node->last_used;
		in_list++;
	}
	for (i = 0; i < BLKBACK_CACHE_TEST_GRANTS; i++) {
		const struct blkback_cache_test_entry *e = &t->entry[i];

		listed += e->is_in && e->stamp;
		/* Who is not listed is in use: nothing is forgotten for good. */
		KUNIT_EXPECT_TRUE(test, !e->is_in || e->stamp || e->users);
	}
	KUNIT_EXPECT_EQ(test, in_list, listed);
}

/* It is the last in the list now, as one used just now. */
static void blkback_cache_test_used(struct blkback_cache_test *t,
				    struct blkback_cache_test_entry *e)
{
	e->last_used = t->now;
	e->stamp = ++t->stamp;
}

static void blkback_cache_test_take(struct kunit *test,
				    struct blkback_cache_test *t, u32 i)
{
	struct blkback_cache_test_entry *e = &t->entry[i];
	struct blkback_cache_node *node;

	node = blkback_cache_take(&t->cache, blkback_cache_test_gref(i));
	KUNIT_EXPECT_PTR_EQ(test, node, e->is_in ? &e->node : NULL);
	if (!e->is_in)
		return;
	e->users++;
	KUNIT_EXPECT_EQ(test, e->node.users, e->users);
}

static void blkback_cache_test_insert(struct kunit *test,
				      struct blkback_cache_test *t, u32 i)
{
	struct blkback_cache_test_entry *e = &t->entry[i];
	struct blkback_cache_node spare, before;

	if (e->is_in) {
		/* Twice the same reference: refused, and nothing is touched. */
		memset(&spare, 0xa5, sizeof(spare));
		memset(&before, 0xa5, sizeof(before));
		KUNIT_EXPECT_FALSE(test, blkback_cache_insert(&t->cache, &spare,
						blkback_cache_test_gref(i),
						t->now));
		KUNIT_EXPECT_MEMEQ(test, &spare, &before, sizeof(spare));
		return;
	}
	KUNIT_EXPECT_TRUE(test, blkback_cache_insert(&t->cache, &e->node,
						     blkback_cache_test_gref(i),
						     t->now));
	e->is_in = true;
	e->users = 1;
	t->nr++;
	blkback_cache_test_used(t, e);
	KUNIT_EXPECT_EQ(test, e->node.users, 1);
	KUNIT_EXPECT_EQ(test, e->node.gref, blkback_cache_test_gref(i));
}

static void blkback_cache_test_give(struct kunit *test,
				    struct blkback_cache_test *t, u32 i)
{
	struct blkback_cache_test_entry *e = &t->entry[i];

	if (!e->is_in || !e->users)
		return;
	blkback_cache_give(&t->cache, &e->node, t->now);
	e->users--;
	KUNIT_EXPECT_EQ(test, e->node.users, e->users);
	/* Within one unit of time a place in the list is kept. */
	if (!e->users && (!e->stamp || e->last_used != t->now))
		blkback_cache_test_used(t, e);
}

/* The array's answer: of those listed the one that was so first, if it must. */
static struct blkback_cache_test_entry *
blkback_cache_test_victim(struct blkback_cache_test *t, u64 before, u32 max)
{
	struct blkback_cache_test_entry *best = NULL;
	u32 i;

	for (i = 0; i < BLKBACK_CACHE_TEST_GRANTS; i++) {
		struct blkback_cache_test_entry *e = &t->entry[i];

		if (e->is_in && e->stamp && (!best || e->stamp < best->stamp))
			best = e;
	}
	if (best && t->nr <= max && best->last_used >= before)
		return NULL;
	return best;
}

static void blkback_cache_test_evict(struct kunit *test,
				     struct blkback_cache_test *t, u64 before,
				     u32 max)
{
	struct blkback_cache_test_entry *want;
	struct blkback_cache_node *node;

	want = blkback_cache_test_victim(t, before, max);
	node = blkback_cache_evict(&t->cache, before, max);
	KUNIT_EXPECT_PTR_EQ(test, node, want ? &want->node : NULL);
	if (!want)
		return;
	want->stamp = 0;
	KUNIT_EXPECT_EQ(test, want->node.users, want->users);
	if (want->users)
		return;
	want->is_in = false;
	t->nr--;
	/* The caller frees it: nothing may look at it again. */
	memset(&want->node, 0xa5, sizeof(want->node));
}

static struct blkback_cache_test *blkback_cache_test_new(struct kunit *test)
{
	struct blkback_cache_test *t;

	t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t);
	t->rand = 42;
	memset(&t->cache, 0xa5, sizeof(t->cache));
	blkback_cache_init(&t->cache);
	return t;
}

static void blkback_cache_test_empty(struct kunit *test)
{
	struct blkback_cache_test *t = blkback_cache_test_new(test);

	blkback_cache_test_sound(test, t);
	blkback_cache_test_take(test, t, 0);
	blkback_cache_test_evict(test, t, ~0ULL, 0);
	KUNIT_EXPECT_EQ(test, t->cache.nr, 0);
}

/* A grant that a request holds is passed over, once, until all are done with it. */
static void blkback_cache_test_held(struct kunit *test)
{
	struct blkback_cache_test *t = blkback_cache_test_new(test);

	blkback_cache_test_insert(test, t, 5);
	blkback_cache_test_take(test, t, 5);
	blkback_cache_test_insert(test, t, 6);
	blkback_cache_test_give(test, t, 6);
	KUNIT_EXPECT_PTR_EQ(test, blkback_cache_evict(&t->cache, ~0ULL, 0),
			    &t->entry[5].node);
	KUNIT_EXPECT_EQ(test, t->entry[5].node.users, 2);
	KUNIT_EXPECT_EQ(test, t->cache.nr, 2);
	KUNIT_EXPECT_PTR_EQ(test, blkback_cache_evict(&t->cache, ~0ULL, 0),
			    &t->entry[6].node);
	KUNIT_EXPECT_EQ(test, t->entry[6].node.users, 0);
	KUNIT_EXPECT_TRUE(test, !blkback_cache_evict(&t->cache, ~0ULL, 0));
	blkback_cache_test_give(test, t, 5);
	KUNIT_EXPECT_TRUE(test, !blkback_cache_evict(&t->cache, ~0ULL, 0));
	blkback_cache_test_give(test, t, 5);
	KUNIT_EXPECT_PTR_EQ(test, blkback_cache_evict(&t->cache, ~0ULL, 0),
			    &t->entry[5].node);
	KUNIT_EXPECT_EQ(test, t->entry[5].node.users, 0);
	KUNIT_EXPECT_EQ(test, t->cache.nr, 0);
}

/* Used again, it is the last to go; but nothing moves twice in a unit of time. */
static void blkback_cache_test_again(struct kunit *test)
{
	struct blkback_cache_test *t = blkback_cache_test_new(test);
	u32 i;

	t->now = 7;
	for (i = 2; i < 4; i++) {
		blkback_cache_test_insert(test, t, i);
		blkback_cache_test_give(test, t, i);
	}
	blkback_cache_test_take(test, t, 2);
	blkback_cache_test_give(test, t, 2);
	KUNIT_EXPECT_TRUE(test, list_first_entry(&t->cache.lru,
						 struct blkback_cache_node,
						 lru) == &t->entry[2].node);
	t->now++;
	blkback_cache_test_take(test, t, 2);
	blkback_cache_test_give(test, t, 2);
	for (i = 3; i >= 2; i--) {
		KUNIT_EXPECT_EQ(test, t->entry[i].node.last_used, 10 - i);
		KUNIT_EXPECT_PTR_EQ(test,
				    blkback_cache_evict(&t->cache, ~0ULL, 0),
				    &t->entry[i].node);
	}
}

/* Too old goes, too many goes; exactly as old and exactly as many stays. */
static void blkback_cache_test_limits(struct kunit *test)
{
	static const struct {
		u64	before;
		u32	max;
		bool	goes;
	} cases[] = {
		{ 100, 1, false }, { 101, 1, true }, { 99, 1, false },
		{ 0, 1, false }, { 0, 0, true }, { 100, 0, true },
		{ 0, 2, false }, { ~0ULL, ~0U, true }, { 100, ~0U, false },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct blkback_cache_test *t = blkback_cache_test_new(test);

		t->now = 100;
		blkback_cache_test_insert(test, t, 3);
		blkback_cache_test_give(test, t, 3);
		KUNIT_EXPECT_EQ_MSG(test,
			blkback_cache_evict(&t->cache, cases[i].before,
					    cases[i].max) != NULL,
			cases[i].goes, "case %u", i);
	}
}

/* When the next one is due: by age, whoever is passed over aside. */
static void blkback_cache_test_oldest(struct kunit *test)
{
	struct blkback_cache_test *t = blkback_cache_test_new(test);
	u64 when = 0;

	KUNIT_EXPECT_FALSE(test, blkback_cache_oldest(&t->cache, &when));
	for (t->now = 10; t->now < 13; t->now++)
		blkback_cache_test_insert(test, t, t->now);
	KUNIT_EXPECT_TRUE(test, blkback_cache_oldest(&t->cache, &when));
	KUNIT_EXPECT_EQ(test, when, 10);

	/* The first is given back last; the second stays in use, and is passed over. */
	t->now = 20;
	blkback_cache_test_give(test, t, 10);
	KUNIT_EXPECT_TRUE(test, blkback_cache_oldest(&t->cache, &when));
	KUNIT_EXPECT_EQ(test, when, 11);
	blkback_cache_test_evict(test, t, 12, ~0U);
	KUNIT_EXPECT_TRUE(test, blkback_cache_oldest(&t->cache, &when));
	KUNIT_EXPECT_EQ(test, when, 12);

	/* All that are left out of use: in the order in which they came back. */
	t->now = 30;
	blkback_cache_test_give(test, t, 12);
	t->now = 40;
	blkback_cache_test_give(test, t, 11);
	KUNIT_EXPECT_TRUE(test, blkback_cache_oldest(&t->cache, &when));
	KUNIT_EXPECT_EQ(test, when, 20);
	while (t->nr)
		blkback_cache_test_evict(test, t, ~0ULL, ~0U);
	KUNIT_EXPECT_FALSE(test, blkback_cache_oldest(&t->cache, &when));
}

static void blkback_cache_test_random(struct kunit *test)
{
	struct blkback_cache_test *t = blkback_cache_test_new(test);
	u32 call;

	for (call = 0; call < BLKBACK_CACHE_TEST_CALLS; call++) {
		u32 i = blkback_cache_test_below(t, BLKBACK_CACHE_TEST_GRANTS);

		t->now += !blkback_cache_test_below(t, 4);
		switch (blkback_cache_test_below(t, 8)) {
		case 0:
		case 1:
			blkback_cache_test_insert(test, t, i);
			break;
		case 2:
		case 3:
			blkback_cache_test_take(test, t, i);
			break;
		case 4:
		case 5:
		case 6:
			blkback_cache_test_give(test, t, i);
			break;
		default:
			blkback_cache_test_evict(test, t,
				t->now - blkback_cache_test_below(t, 50),
				blkback_cache_test_below(t, 80));
			break;
		}
		if (call % 512 == 0)
			blkback_cache_test_sound(test, t);
	}
	/* Everybody is done: the cache can be emptied to the last. */
	for (call = 0; call < BLKBACK_CACHE_TEST_GRANTS; call++)
		while (t->entry[call].is_in && t->entry[call].users)
			blkback_cache_test_give(test, t, call);
	while (t->nr)
		blkback_cache_test_evict(test, t, 0, 0);
	blkback_cache_test_sound(test, t);
	KUNIT_EXPECT_EQ(test, t->cache.nr, 0);
}

static struct kunit_case blkback_cache_test_cases[] = {
	KUNIT_CASE(blkback_cache_test_empty),
	KUNIT_CASE(blkback_cache_test_held),
	KUNIT_CASE(blkback_cache_test_again),
	KUNIT_CASE(blkback_cache_test_limits),
	KUNIT_CASE(blkback_cache_test_oldest),
	KUNIT_CASE(blkback_cache_test_random),
	{}
};

static struct kunit_suite blkback_cache_test_suite = {
	.name = "xen_blkback_cache",
	.test_cases = blkback_cache_test_cases,
};

kunit_test_suite(blkback_cache_test_suite);

MODULE_DESCRIPTION("KUnit tests of the grant cache of xen-blkback");
MODULE_LICENSE("GPL");
