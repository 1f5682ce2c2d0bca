// SPDX-License-Identifier: GPL-2.0-only
/*
 * Both halves' negotiation: what the front chooses from a back's offer, that back
 * accepts, however much either has. What they then say to each other is
 * fuzz/pair.c's.
 */
#include <kunit/test.h>

#include "../../../../drivers/block/xen-blkfront/limits.c"
#include "../../../../drivers/block/xen-blkback/abi.c"
#include "../../../../drivers/block/xen-blkback/limits.c"

/* Whatever our back offers and our front allows, the two come to terms. */
static void deal_one(struct kunit *test, const struct blkback_offer *back,
		     const struct blkfront_allow *allow)
{
	struct blkfront_offer offer = {
		.max_queues = back->max_queues,
		.max_ring_order = back->max_ring_order,
		.max_ring_pages = 1ULL << back->max_ring_order,
		.has_ring_order = true,
	};
	struct blkback_ask ask = { .protocol = "x86_64-abi" };
	struct blkback_config config;
	struct blkfront_config front;
	struct blkif_refusal why;
	u32 scheme;

	blkfront_limits_connect(allow, &offer, &front);
	for (scheme = 0; scheme < 3; scheme++) {
		ask.nr_queues = front.nr_rings;
		ask.has_ring_order = scheme == 1;
		ask.has_ring_pages = scheme == 2;
		while (1ULL << ask.ring_order < front.ring_pages)
			ask.ring_order++;
		ask.ring_pages = front.ring_pages;
		/* No key at all says one page. */
		if (!scheme && front.ring_pages > 1)
			continue;
		KUNIT_ASSERT_EQ(test, blkback_limits_negotiate(back, &ask,
							       &config, &why), 0);
		KUNIT_EXPECT_EQ(test, config.slots, front.slots);
		KUNIT_EXPECT_EQ(test, config.nr_rings, front.nr_rings);
		KUNIT_EXPECT_EQ(test, config.ring_pages, front.ring_pages);
	}
}

static void deal_sweep(struct kunit *test)
{
	static const u32 queues[] = { 1, 2, 3, 4, 64, 1024 };
	u32 bo, fo, bq, fq;

	for (bo = 0; bo <= 6; bo++)
		for (fo = 0; fo <= 6; fo++)
			for (bq = 0; bq < ARRAY_SIZE(queues); bq++)
				for (fq = 0; fq < ARRAY_SIZE(queues); fq++) {
					struct blkback_offer back = {
						.max_queues = queues[bq],
						.max_ring_order = bo,
					};
					struct blkfront_allow allow = {
						.max_queues = queues[fq],
						.max_ring_order = fo,
					};

					deal_one(test, &back, &allow);
				}
}

static struct kunit_case deal_cases[] = {
	KUNIT_CASE(deal_sweep),
	{}
};

static struct kunit_suite deal_suite = {
	.name = "deal",
	.test_cases = deal_cases,
};
kunit_test_suite(deal_suite);
