// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many answers an interrupt waits for: who makes one request after the other,
 * who makes many, who waits for them, and disks that are slow or stall.
 *
 * Layer: test of 0. Also built in user space by tools/testing/xen-blk.
 */
#include <kunit/test.h>
#include <linux/module.h>

#include "../pace.c"

#define PACE_LIMIT	50000U	/* ns */

/* @nr answers, @gap ns after each other, @left more requests under way. */
static u32 blkfront_pace_test_take(struct blkfront_pace *pace, u32 nr, u32 gap,
				   u32 left, bool is_idle)
{
	struct blkfront_taken taken = {
		.now = pace->last + (u64)nr * gap,
		.nr = nr,
		.left = left,
		.is_idle = is_idle,
	};

	return blkfront_pace_next(pace, &taken, PACE_LIMIT);
}

/*
 * What it comes to, @depth requests of a busy program at a time: as many answers as
 * are waited for, if there are as many, else all of them.
 */
static u32 blkfront_pace_test_settle(struct blkfront_pace *pace, u32 depth,
				     u32 gap)
{
	u32 i, nr, wait = 1;

	for (i = 0; i < 100; i++) {
		nr = wait < depth ? wait : depth;
		wait = blkfront_pace_test_take(pace, nr, gap, depth - nr, false);
	}
	return wait;
}

/* Nothing is known of the time before: nothing is delayed. */
static void blkfront_pace_test_first(struct kunit *test)
{
	struct blkfront_pace pace = { };

	KUNIT_EXPECT_EQ(test, blkfront_pace_test_take(&pace, 32, 90000, 100,
						      false), 1);
}

/* One after the other: never, however fast, and however busy the processor. */
static void blkfront_pace_test_single(struct kunit *test)
{
	struct blkfront_pace pace = { .last = 1 };
	u32 i;

	for (i = 0; i < 100; i++)
		KUNIT_EXPECT_EQ(test, blkfront_pace_test_take(&pace, 1, 1000, 0,
							      false), 1);
}

/* A busy processor, at one speed for long. */
static void blkfront_pace_test_busy(struct kunit *test)
{
	static const struct {
		u32 depth, gap, least, most;
	} cases[] = {
		/* 1 us: up to what is there, never beyond what comes in time */
		{ 32, 1000, 16, 32 },
		{ 2, 1000, 1, 2 },
		{ 256, 1000, 50, 52 },
		/* 10 us: five in time */
		{ 32, 10000, 4, 5 },
		/* one in time, or none: that is the next one */
		{ 2048, 26000, 1, 1 },
		{ 2048, 50000, 1, 1 },
		{ 2048, 4000000, 1, 1 },
		/* all at once */
		{ 2048, 0, 2000, 2048 },
	};
	u32 i, wait;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct blkfront_pace pace = { .last = 1 };

		wait = blkfront_pace_test_settle(&pace, cases[i].depth,
						 cases[i].gap);
		KUNIT_EXPECT_LE_MSG(test, cases[i].least, wait, "case %u", i);
		KUNIT_EXPECT_LE_MSG(test, wait, cases[i].most, "case %u", i);
	}
}

/* Somebody waits for what is delayed: at once half, and soon nothing. */
static void blkfront_pace_test_idle(struct kunit *test)
{
	struct blkfront_pace pace = { .last = 1, .gap = 1000, .wait = 16 };

	KUNIT_EXPECT_EQ(test, blkfront_pace_test_take(&pace, 16, 1000, 16, true),
			8);
	KUNIT_EXPECT_EQ(test, blkfront_pace_test_take(&pace, 8, 1000, 24, true),
			4);
	KUNIT_EXPECT_EQ(test, blkfront_pace_test_take(&pace, 4, 1000, 28, true),
			2);
	KUNIT_EXPECT_EQ(test, blkfront_pace_test_take(&pace, 2, 1000, 30, true),
			1);
	KUNIT_EXPECT_EQ(test, blkfront_pace_test_take(&pace, 1, 1000, 31, true),
			1);
	/* Not any more: one step up. */
	KUNIT_EXPECT_EQ(test, blkfront_pace_test_take(&pace, 1, 1000, 31, false),
			2);
}

/* The time is up: fewer, and no more than were under way; after none at all the next. */
static void blkfront_pace_test_late(struct kunit *test)
{
	struct blkfront_pace pace = { .last = 1, .gap = 1000, .wait = 16 };

	KUNIT_EXPECT_EQ(test, blkfront_pace_test_take(&pace, 15, 3333, 1, false),
			8);
	KUNIT_EXPECT_EQ(test, blkfront_pace_test_take(&pace, 2, 3333, 1, false), 3);
	KUNIT_EXPECT_EQ(test, blkfront_pace_test_take(&pace, 0, 0, 1, false), 1);
	KUNIT_EXPECT_LE(test, blkfront_pace_test_take(&pace, 1, 900000, 31, false),
			2);
}

/* One after the other once many at a time are over: one is late, no other. */
static void blkfront_pace_test_after(struct kunit *test)
{
	struct blkfront_pace pace = { .last = 1 };
	u32 i;

	KUNIT_EXPECT_GT(test, blkfront_pace_test_settle(&pace, 32, 1000), 8);
	KUNIT_EXPECT_EQ(test, blkfront_pace_test_take(&pace, 1, PACE_LIMIT, 0,
						      false), 1);
	for (i = 0; i < 100; i++)
		KUNIT_EXPECT_EQ(test, blkfront_pace_test_take(&pace, 1, 1000, 0,
							      false), 1);
}

/* The longest delay is changed while answers come. */
static void blkfront_pace_test_limit(struct kunit *test)
{
	struct blkfront_pace pace = { .last = 1, .gap = 9000000, .wait = 1000 };

	KUNIT_EXPECT_EQ(test, blkfront_pace_test_take(&pace, 1000, 1000, 0,
						      false), 1);
	KUNIT_EXPECT_LE(test, pace.gap, PACE_LIMIT);
}

/* Whatever comes: from one on, and no more than come in time at that speed. */
static void blkfront_pace_test_bounds(struct kunit *test)
{
	static const u32 limits[] = { 1000, 50000, 1000000,
				      BLKFRONT_PACE_MAX_US * 1000 };
	u64 now = 0, x = 0x9e3779b97f4a7c15ULL;
	struct blkfront_pace pace = { };
	u32 i, limit, wait, before = 1;

	for (i = 0; i < 200000; i++) {
		struct blkfront_taken taken;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		limit = limits[x >> 16 & 3];
		/* Also clocks that stand still, or leap. */
		now += x >> 60 ? x >> 44 & 0xffff : x & 0xffffffffffULL;
		taken = (struct blkfront_taken) {
			.now = now,
			.nr = x >> 24 & 2047,
			.left = x >> 35 & 2047,
			.is_idle = x >> 59 & 1,
		};
		wait = blkfront_pace_next(&pace, &taken, limit);
		KUNIT_EXPECT_LE(test, pace.gap, limit);
		KUNIT_EXPECT_GE(test, wait, 1);
		KUNIT_EXPECT_LE(test, wait, taken.nr + taken.left > 1 ?
				taken.nr + taken.left : 1);
		if (wait > 1)
			KUNIT_EXPECT_LE(test, (u64)wait * pace.gap, (u64)limit);
		/* More only where more were under way than were waited for. */
		if (wait > before)
			KUNIT_EXPECT_GT(test, taken.nr + taken.left, before);
		before = wait;
	}
}

static struct kunit_case blkfront_pace_test_cases[] = {
	KUNIT_CASE(blkfront_pace_test_first),
	KUNIT_CASE(blkfront_pace_test_single),
	KUNIT_CASE(blkfront_pace_test_busy),
	KUNIT_CASE(blkfront_pace_test_idle),
	KUNIT_CASE(blkfront_pace_test_late),
	KUNIT_CASE(blkfront_pace_test_after),
	KUNIT_CASE(blkfront_pace_test_limit),
	KUNIT_CASE(blkfront_pace_test_bounds),
	{}
};

static struct kunit_suite blkfront_pace_test_suite = {
	.name = "xen_blkfront_pace",
	.test_cases = blkfront_pace_test_cases,
};

kunit_test_suite(blkfront_pace_test_suite);

MODULE_DESCRIPTION("KUnit tests of how xen-blkfront paces interrupts");
MODULE_LICENSE("GPL");
