// SPDX-License-Identifier: GPL-2.0-only
/*
 * Histograms of time: each time falls into the bucket that says so, and what
 * was noted adds up (include/xen/blkif-hist.h). Kept with the back, as a header
 * has no folder of tests.
 *
 * Layer: test of 0. Also built in user space by tools/testing/xen-blk.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/string.h>

#include <xen/blkif-hist.h>

/* The buckets follow each other, none is empty or wider than a quarter. */
static void blkif_hist_test_low(struct kunit *test)
{
	u32 i;

	KUNIT_EXPECT_EQ(test, blkif_hist_low(0), 0ULL);
	KUNIT_EXPECT_EQ(test, blkif_hist_low(1), 256ULL);
	KUNIT_EXPECT_EQ(test, blkif_hist_low(4), 1024ULL);
	KUNIT_EXPECT_EQ(test, blkif_hist_low(8), 2048ULL);
	/* the last of a minute, and the one that takes the rest */
	KUNIT_EXPECT_EQ(test, blkif_hist_low(111), 7ULL << 34);
	for (i = 1; i < BLKIF_HIST_BUCKETS; i++) {
		u64 low = blkif_hist_low(i), before = blkif_hist_low(i - 1);

		KUNIT_EXPECT_TRUE(test, low > before);
		if (i > 4)
			KUNIT_EXPECT_TRUE(test, (low - before) * 4 <= before);
	}
}

/* Both ends of each bucket fall into it. */
static void blkif_hist_test_bucket(struct kunit *test)
{
	u64 far;
	u32 i;

	for (i = 0; i < BLKIF_HIST_BUCKETS; i++) {
		u64 low = blkif_hist_low(i);

		KUNIT_EXPECT_EQ(test, blkif_hist_bucket(low), i);
		if (i)
			KUNIT_EXPECT_EQ(test, blkif_hist_bucket(low - 1),
					i - 1);
	}
	for (far = blkif_hist_low(BLKIF_HIST_BUCKETS - 1); far; far <<= 1)
		KUNIT_EXPECT_EQ(test, blkif_hist_bucket(far),
				(u32)BLKIF_HIST_BUCKETS - 1);
}

static void blkif_hist_test_add(struct kunit *test)
{
	/* Too large for a kernel's stack that KASAN pads. */
	static struct blkif_hist hist;
	u64 ns, nr = 0, sum = 0;
	u32 i;

	memset(&hist, 0, sizeof(hist));
	for (ns = 1; ns < 1ULL << 40; ns += ns / 3 + 1) {
		blkif_hist_add(&hist, ns);
		sum += ns;
		nr++;
	}
	KUNIT_EXPECT_EQ(test, hist.sum, sum);
	for (i = 0; i < BLKIF_HIST_BUCKETS; i++)
		nr -= hist.bucket[i];
	KUNIT_EXPECT_EQ(test, nr, 0ULL);
	/* more than two minutes in all but one of these */
	KUNIT_EXPECT_TRUE(test, hist.bucket[BLKIF_HIST_BUCKETS - 1] > 1);
}

/* Nothing but its own bucket and the sum changes. */
static void blkif_hist_test_alone(struct kunit *test)
{
	/* Too large, both, for a kernel's stack. */
	static struct blkif_hist hist, want;

	memset(&hist, 0, sizeof(hist));
	memset(&want, 0, sizeof(want));
	blkif_hist_add(&hist, 100000);
	blkif_hist_add(&hist, 100000);
	want.sum = 200000;
	/* 390 units of 256 ns: 6 * 64 and a rest */
	want.bucket[(8 - 2) * 4 + 6] = 2;
	KUNIT_EXPECT_MEMEQ(test, &hist, &want, sizeof(hist));
}

static struct kunit_case blkif_hist_cases[] = {
	KUNIT_CASE(blkif_hist_test_low),
	KUNIT_CASE(blkif_hist_test_bucket),
	KUNIT_CASE(blkif_hist_test_add),
	KUNIT_CASE(blkif_hist_test_alone),
	{}
};

static struct kunit_suite blkif_hist_suite = {
	.name = "xen_blkif_hist",
	.test_cases = blkif_hist_cases,
};

kunit_test_suite(blkif_hist_suite);

MODULE_DESCRIPTION("KUnit tests of the histograms of the Xen block drivers");
MODULE_LICENSE("GPL");
