// SPDX-License-Identifier: GPL-2.0-only
/*
 * The front's side of the negotiation: whatever the back offers there is a
 * connection that fits it, and a disk or a refusal.
 *
 * Layer: test of 0. Also built in user space by tools/testing/xen-blk.
 */
#include <kunit/test.h>
#include <linux/module.h>

#include "../limits.c"

static const u64 blkfront_limits_test_numbers[] = {
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 15, 16, 17, 31, 32, 33, 63, 64,
	65, 128, 256, 4096, 4097, 0x7fffffff, 0x80000000, 0xffffffff,
	0x100000000ULL, 0x100000001ULL, 1ULL << 63, ~0ULL,
};

static struct blkfront_allow blkfront_limits_test_allow(void)
{
	return (struct blkfront_allow) {
		.max_queues = 4,
		.max_ring_order = 4,
		.max_indirect = 256,
		.has_persistent = true,
	};
}

static struct blkfront_props blkfront_limits_test_props(void)
{
	return (struct blkfront_props) {
		.nr_sectors = 2048,
		.block_size = 512,
		.phys_block_size = 512,
	};
}

static void blkfront_limits_test_queues(struct kunit *test)
{
	static const u32 max[] = { 1, 2, 4, 64, 0xffffffff };
	u32 i, j;

	for (i = 0; i < ARRAY_SIZE(max); i++)
		for (j = 0; j < ARRAY_SIZE(blkfront_limits_test_numbers); j++) {
			struct blkfront_allow allow = blkfront_limits_test_allow();
			u64 n = blkfront_limits_test_numbers[j];
			struct blkfront_offer offer = { .max_queues = n };
			struct blkfront_config config;
			u64 want = n;

			if (want > max[i])
				want = max[i];
			if (!want)
				want = 1;
			allow.max_queues = max[i];
			memset(&config, 0xa5, sizeof(config));
			blkfront_limits_connect(&allow, &offer, &config);
			KUNIT_EXPECT_EQ_MSG(test, config.nr_rings, want,
					    "offer %llu allow %u", n, max[i]);
			KUNIT_EXPECT_EQ(test, config.ring_pages, 1);
			KUNIT_EXPECT_EQ(test, config.slots, 32);
		}
}

/* Some are to be polled: as many as may be, as long as one is left. */
static void blkfront_limits_test_polled(struct kunit *test)
{
	static const u32 max[] = { 0, 1, 2, 4, 64, 0xffffffff };
	u32 i, j;

	for (i = 0; i < ARRAY_SIZE(max); i++)
		for (j = 0; j < ARRAY_SIZE(blkfront_limits_test_numbers); j++) {
			struct blkfront_allow allow = blkfront_limits_test_allow();
			u64 n = blkfront_limits_test_numbers[j];
			struct blkfront_offer offer = { .max_queues = n };
			struct blkfront_config config;
			u32 others;

			allow.max_polled = max[i];
			memset(&config, 0xa5, sizeof(config));
			blkfront_limits_connect(&allow, &offer, &config);
			others = config.nr_rings - config.nr_polled;
			KUNIT_EXPECT_LE(test, config.nr_polled, max[i]);
			KUNIT_EXPECT_LE(test, others, 4);
			KUNIT_EXPECT_GE(test, others, 1);
			KUNIT_EXPECT_LE(test, (u64)config.nr_polled + others,
					n ? n : 1);
			/* None is left out that may be had. */
			if ((u64)config.nr_polled + others < n)
				KUNIT_EXPECT_TRUE(test, others == 4 &&
						  config.nr_polled == max[i]);
			/* Who is asked for comes before who comes anyway. */
			if (others > 1)
				KUNIT_EXPECT_EQ(test, config.nr_polled, max[i]);
		}
}

/*
 * The rule in words: the largest power of two that neither side's number
 * forbids, where their order (if there) hides their page count.
 */
static u32 blkfront_limits_test_pages(const struct blkfront_offer *offer,
				      u32 max_order)
{
	u32 order, best = 0;

	for (order = 0; order <= 6 && order <= max_order; order++) {
		if (offer->has_ring_order && offer->max_ring_order < order)
			continue;
		if (!offer->has_ring_order &&
		    offer->max_ring_pages < 1ULL << order)
			continue;
		best = order;
	}
	return 1U << best;
}

static void blkfront_limits_test_ring(struct kunit *test)
{
	u32 n = ARRAY_SIZE(blkfront_limits_test_numbers);
	u32 max, has, i, j;

	for (max = 0; max <= 6; max++)
		for (has = 0; has < 2; has++)
			for (i = 0; i < n * n; i++) {
				struct blkfront_allow allow =
					blkfront_limits_test_allow();
				struct blkfront_offer offer = {
					.max_queues = 1,
					.has_ring_order = has,
				};
				struct blkfront_config config;

				j = i / n;
				offer.max_ring_order =
					blkfront_limits_test_numbers[i % n];
				offer.max_ring_pages =
					blkfront_limits_test_numbers[j];
				allow.max_ring_order = max;
				blkfront_limits_connect(&allow, &offer, &config);
				KUNIT_EXPECT_EQ_MSG(test, config.ring_pages,
					blkfront_limits_test_pages(&offer, max),
					"max %u has %u order %llu pages %llu",
					max, has, offer.max_ring_order,
					offer.max_ring_pages);
				KUNIT_EXPECT_EQ(test, config.slots,
						config.ring_pages * 32);
			}
}

/* One property set that must be refused, with its key and value. */
static void blkfront_limits_test_refused(struct kunit *test,
					 const struct blkfront_props *props,
					 const char *key, u64 value)
{
	struct blkfront_allow allow = blkfront_limits_test_allow();
	struct blkif_refusal why = { NULL, 0 };
	struct blkfront_geo geo;

	KUNIT_EXPECT_EQ(test, blkfront_limits_disk(&allow, props, &geo, &why),
			-EINVAL);
	KUNIT_EXPECT_STREQ(test, why.key ? why.key : "(none)", key);
	KUNIT_EXPECT_EQ(test, why.value, value);
}

static struct blkfront_geo
blkfront_limits_test_accepted(struct kunit *test,
			      const struct blkfront_props *props)
{
	struct blkfront_allow allow = blkfront_limits_test_allow();
	struct blkif_refusal why = { NULL, 0 };
	struct blkfront_geo geo;

	memset(&geo, 0xa5, sizeof(geo));
	KUNIT_EXPECT_EQ_MSG(test,
			    blkfront_limits_disk(&allow, props, &geo, &why),
			    0, "refused for %s", why.key ? why.key : "-");
	KUNIT_EXPECT_TRUE(test, !why.key);
	return geo;
}

/* Left to itself it shares out a budget: evenly, but a page each at least. */
static void blkfront_limits_test_budget(struct kunit *test)
{
	static const struct {
		u32 queues, budget, order, want;
	} cases[] = {
		{ 1, 32, 4, 16 }, { 1, 32, 6, 32 }, { 2, 32, 6, 16 },
		{ 3, 32, 6, 8 }, { 4, 32, 6, 8 }, { 5, 32, 6, 4 },
		{ 32, 32, 6, 1 }, { 64, 32, 6, 1 }, { 4, 32, 2, 4 },
		{ 4, 0, 6, 64 }, { 4, 0, 0, 1 },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct blkfront_allow allow = blkfront_limits_test_allow();
		struct blkfront_offer offer = {
			.max_queues = cases[i].queues,
			.max_ring_order = cases[i].order,
			.has_ring_order = true,
		};
		struct blkfront_config config;

		allow.max_queues = 64;
		allow.max_ring_order = 6;
		allow.ring_budget = cases[i].budget;
		blkfront_limits_connect(&allow, &offer, &config);
		KUNIT_EXPECT_EQ(test, config.nr_rings, cases[i].queues);
		KUNIT_EXPECT_EQ_MSG(test, config.ring_pages, cases[i].want,
				    "%u queues, %u pages for all, order %u",
				    cases[i].queues, cases[i].budget,
				    cases[i].order);
	}
}

static void blkfront_limits_test_simple(struct kunit *test)
{
	struct blkfront_props props = blkfront_limits_test_props();
	struct blkfront_geo geo;

	geo = blkfront_limits_test_accepted(test, &props);
	KUNIT_EXPECT_EQ(test, geo.nr_sectors, 2048);
	KUNIT_EXPECT_EQ(test, geo.block_size, 512);
	KUNIT_EXPECT_EQ(test, geo.phys_block_size, 512);
	KUNIT_EXPECT_EQ(test, geo.max_segs, 11);
	KUNIT_EXPECT_EQ(test, geo.max_sectors, 88);
	KUNIT_EXPECT_FALSE(test, geo.is_readonly);
	KUNIT_EXPECT_FALSE(test, geo.is_removable);
	KUNIT_EXPECT_FALSE(test, geo.is_cdrom);
	KUNIT_EXPECT_EQ(test, geo.flush_op, 0);
}

/* A size whose last byte a signed 64-bit offset does not reach is refused. */
static void blkfront_limits_test_sectors(struct kunit *test)
{
	static const struct {
		u64	nr;
		bool	ok;
	} cases[] = {
		{ 0, true }, { 1, true }, { 7, true }, { 1ULL << 32, true },
		{ (1ULL << 54) - 1, true }, { 1ULL << 54, false },
		{ (1ULL << 54) + 1, false }, { (1ULL << 55) - 1, false },
		{ 1ULL << 55, false }, { 1ULL << 63, false },
		{ ~0ULL, false },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct blkfront_props props = blkfront_limits_test_props();
		struct blkfront_geo geo;

		props.nr_sectors = cases[i].nr;
		if (!cases[i].ok) {
			blkfront_limits_test_refused(test, &props, "sectors",
						     cases[i].nr);
			continue;
		}
		geo = blkfront_limits_test_accepted(test, &props);
		KUNIT_EXPECT_EQ(test, geo.nr_sectors, cases[i].nr);
	}
}

static void blkfront_limits_test_one_block(struct kunit *test, u64 block)
{
	struct blkfront_props props = blkfront_limits_test_props();
	struct blkfront_geo geo;
	u32 want = 0;

	switch (block) {
	case 0:
		want = 512;
		break;
	case 512:
	case 1024:
	case 2048:
	case 4096:
		want = block;
		break;
	}
	props.block_size = block;
	if (!want) {
		blkfront_limits_test_refused(test, &props, "sector-size", block);
		return;
	}
	geo = blkfront_limits_test_accepted(test, &props);
	KUNIT_EXPECT_EQ(test, geo.block_size, want);
	KUNIT_EXPECT_EQ(test, geo.phys_block_size, want);
}

/* D11: among them numbers of which 16 bits are a right one, or none. */
static void blkfront_limits_test_block(struct kunit *test)
{
	u64 block;
	u32 bit;

	for (block = 0; block <= 9000; block++)
		blkfront_limits_test_one_block(test, block);
	for (bit = 14; bit < 64; bit++) {
		blkfront_limits_test_one_block(test, 1ULL << bit);
		blkfront_limits_test_one_block(test, (1ULL << bit) + 512);
		blkfront_limits_test_one_block(test, (1ULL << bit) - 1);
	}
	blkfront_limits_test_one_block(test, ~0ULL);
}

/* A hint that makes no sense is dropped, never refused. */
static void blkfront_limits_test_phys(struct kunit *test)
{
	static const struct {
		u64	block, phys;
		u32	want;
	} cases[] = {
		{ 512, 0, 512 }, { 512, 1, 512 }, { 512, 7, 512 },
		{ 512, 256, 512 }, { 512, 511, 512 }, { 512, 513, 512 },
		{ 512, 512, 512 }, { 512, 1024, 1024 }, { 512, 4096, 4096 },
		{ 512, 65536, 65536 }, { 512, 1 << 30, 1 << 30 },
		{ 512, 1ULL << 31, 512 }, { 512, 1ULL << 32, 512 },
		{ 512, (1ULL << 32) + 4096, 512 }, { 512, 1ULL << 63, 512 },
		{ 512, ~0ULL, 512 }, { 512, 0xffffffff, 512 },
		{ 512, 3072, 512 },
		{ 4096, 0, 4096 }, { 4096, 512, 4096 }, { 4096, 2048, 4096 },
		{ 4096, 4096, 4096 }, { 4096, 8192, 8192 },
		{ 0, 0, 512 }, { 0, 4096, 4096 },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct blkfront_props props = blkfront_limits_test_props();
		struct blkfront_geo geo;

		props.block_size = cases[i].block;
		props.phys_block_size = cases[i].phys;
		geo = blkfront_limits_test_accepted(test, &props);
		KUNIT_EXPECT_EQ_MSG(test, geo.phys_block_size, cases[i].want,
				    "case %u", i);
	}
}

static void blkfront_limits_test_indirect(struct kunit *test)
{
	static const u32 allows[] = { 0, 1, 10, 11, 12, 32, 256, 4096 };
	u32 i, j;

	for (i = 0; i < ARRAY_SIZE(allows); i++)
		for (j = 0; j < ARRAY_SIZE(blkfront_limits_test_numbers); j++) {
			struct blkfront_allow allow = blkfront_limits_test_allow();
			struct blkfront_props props = blkfront_limits_test_props();
			u64 n = blkfront_limits_test_numbers[j];
			struct blkif_refusal why;
			struct blkfront_geo geo;
			u32 want = 11;

			if (n > 11 && allows[i] > 11)
				want = n < allows[i] ? n : allows[i];
			allow.max_indirect = allows[i];
			props.max_indirect = n;
			KUNIT_EXPECT_EQ(test, blkfront_limits_disk(&allow,
					&props, &geo, &why), 0);
			KUNIT_EXPECT_EQ_MSG(test, geo.max_segs, want,
					    "offer %llu allow %u", n, allows[i]);
			KUNIT_EXPECT_EQ(test, geo.max_sectors, want * 8);
		}
}

/* Unknown bits of info mean nothing; the three known ones are independent. */
static void blkfront_limits_test_info(struct kunit *test)
{
	struct blkfront_props props = blkfront_limits_test_props();
	struct blkfront_geo geo;
	u32 info, flush;
	u64 high;

	for (high = 0; high < 64; high++)
		for (info = 0; info < 8; info++)
			for (flush = 0; flush < 2; flush++) {
				props.info = info;
				if (high > 2)
					props.info |= 1ULL << high;
				props.has_flush = flush;
				geo = blkfront_limits_test_accepted(test, &props);
				KUNIT_EXPECT_EQ(test, geo.is_cdrom,
						(info & 1) != 0);
				KUNIT_EXPECT_EQ(test, geo.is_removable,
						(info & 2) != 0);
				KUNIT_EXPECT_EQ(test, geo.is_readonly,
						(info & 4) != 0);
				KUNIT_EXPECT_EQ(test, geo.flush_op, flush ?
						BLKIF_OP_FLUSH_DISKCACHE : 0);
			}
}

/* What is no number of blocks makes no sense and is left out, not refused. */
static void blkfront_limits_test_discard(struct kunit *test)
{
	static const struct {
		u64	block, phys, granularity, alignment;
		bool	has, secure, readonly;
		u32	want_granularity, want_alignment;
	} cases[] = {
		/* not offered, or not for this disk */
		{ 512, 512, 512, 0, false, true, false, 0, 0 },
		{ 512, 512, 512, 0, true, true, true, 0, 0 },
		/* as it says */
		{ 512, 512, 512, 0, true, false, false, 512, 0 },
		{ 512, 512, 65536, 4096, true, true, false, 65536, 4096 },
		{ 4096, 4096, 4096, 0, true, true, false, 4096, 0 },
		{ 512, 512, 1U << 31, 512, true, true, false, 1U << 31, 512 },
		/* nothing, too much, no number of blocks: a physical block */
		{ 512, 4096, 0, 0, true, true, false, 4096, 0 },
		{ 512, 4096, (1ULL << 31) + 512, 0, true, true, false, 4096, 0 },
		{ 512, 4096, ~0ULL, 0, true, true, false, 4096, 0 },
		{ 4096, 8192, 512, 0, true, true, false, 8192, 0 },
		{ 512, 512, 1000, 0, true, true, false, 512, 0 },
		/* an offset within one, on a block */
		{ 512, 512, 4096, 4096 + 512, true, true, false, 4096, 512 },
		{ 512, 512, 4096, 100, true, true, false, 4096, 0 },
		{ 512, 512, 4096, ~0ULL, true, true, false, 4096, 0 },
	};
	struct blkfront_props props = blkfront_limits_test_props();
	struct blkfront_geo geo;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		props.block_size = cases[i].block;
		props.phys_block_size = cases[i].phys;
		props.discard_granularity = cases[i].granularity;
		props.discard_alignment = cases[i].alignment;
		props.has_discard = cases[i].has;
		props.has_secure = cases[i].secure;
		props.info = cases[i].readonly ? VDISK_READONLY : 0;
		geo = blkfront_limits_test_accepted(test, &props);
		KUNIT_EXPECT_EQ_MSG(test, geo.discard_granularity,
				    cases[i].want_granularity, "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, geo.discard_alignment,
				    cases[i].want_alignment, "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, geo.has_secure,
				    cases[i].secure && cases[i].want_granularity,
				    "case %u", i);
	}
}

/* A back that has only barriers is flushed by these. */
static void blkfront_limits_test_flush(struct kunit *test)
{
	static const u8 want[] = { 0, BLKIF_OP_WRITE_BARRIER,
				   BLKIF_OP_FLUSH_DISKCACHE,
				   BLKIF_OP_FLUSH_DISKCACHE };
	struct blkfront_props props = blkfront_limits_test_props();
	struct blkfront_geo geo;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(want); i++) {
		props.has_barrier = i & 1;
		props.has_flush = i & 2;
		geo = blkfront_limits_test_accepted(test, &props);
		KUNIT_EXPECT_EQ_MSG(test, geo.flush_op, want[i], "case %u", i);
	}
}

/* Pages of 64 KiB: the block layer's request holds one, whatever a slot does. */
static void blkfront_limits_test_page(struct kunit *test)
{
	static const struct {
		u32	page_sectors, max_indirect, segs, sectors;
	} cases[] = {
		{ 8, 0, 11, 88 }, { 32, 0, 11, 88 }, { 128, 0, 11, 128 },
		{ 128, 12, 12, 128 }, { 128, 16, 16, 128 },
		{ 128, 17, 17, 136 }, { 128, 256, 256, 2048 },
	};
	struct blkfront_allow allow = blkfront_limits_test_allow();
	struct blkfront_props props = blkfront_limits_test_props();
	struct blkif_refusal why;
	struct blkfront_geo geo;
	u32 i;

	allow.max_indirect = 4096;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		allow.page_sectors = cases[i].page_sectors;
		props.max_indirect = cases[i].max_indirect;
		KUNIT_EXPECT_EQ(test, blkfront_limits_disk(&allow, &props, &geo,
							   &why), 0);
		KUNIT_EXPECT_EQ_MSG(test, geo.max_segs, cases[i].segs,
				    "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, geo.max_sectors, cases[i].sectors,
				    "case %u", i);
	}
}

static void blkfront_limits_test_persistent(struct kunit *test)
{
	struct blkfront_allow allow = blkfront_limits_test_allow();
	struct blkfront_props props = blkfront_limits_test_props();
	struct blkif_refusal why;
	struct blkfront_geo geo;
	u32 i;

	for (i = 0; i < 4; i++) {
		allow.has_persistent = i & 1;
		props.has_persistent = i & 2;
		KUNIT_EXPECT_EQ(test, blkfront_limits_disk(&allow, &props, &geo,
							   &why), 0);
		KUNIT_EXPECT_EQ_MSG(test, geo.is_persistent, i == 3, "case %u",
				    i);
	}
}

static struct kunit_case blkfront_limits_test_cases[] = {
	KUNIT_CASE(blkfront_limits_test_queues),
	KUNIT_CASE(blkfront_limits_test_polled),
	KUNIT_CASE(blkfront_limits_test_ring),
	KUNIT_CASE(blkfront_limits_test_budget),
	KUNIT_CASE(blkfront_limits_test_simple),
	KUNIT_CASE(blkfront_limits_test_sectors),
	KUNIT_CASE(blkfront_limits_test_block),
	KUNIT_CASE(blkfront_limits_test_phys),
	KUNIT_CASE(blkfront_limits_test_indirect),
	KUNIT_CASE(blkfront_limits_test_info),
	KUNIT_CASE(blkfront_limits_test_discard),
	KUNIT_CASE(blkfront_limits_test_flush),
	KUNIT_CASE(blkfront_limits_test_page),
	KUNIT_CASE(blkfront_limits_test_persistent),
	{}
};

static struct kunit_suite blkfront_limits_test_suite = {
	.name = "xen_blkfront_limits",
	.test_cases = blkfront_limits_test_cases,
};

kunit_test_suite(blkfront_limits_test_suite);

MODULE_DESCRIPTION("KUnit tests of the negotiation of xen-blkfront");
MODULE_LICENSE("GPL");
