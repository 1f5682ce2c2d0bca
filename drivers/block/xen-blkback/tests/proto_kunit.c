// SPDX-License-Identifier: GPL-2.0-only
/*
 * The arithmetic and the reading of numbers that both halves share
 * (include/xen/blkif-proto.h and blkif-store.h). Kept with the back, as a
 * header has no folder of tests.
 *
 * Layer: test of 0. Also built in user space by tools/testing/xen-blk.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/string.h>

#include <xen/blkif-proto.h>
#include <xen/blkif-store.h>

static void blkif_proto_test_constants(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, BLKIF_SECTOR_SIZE, 512);
	KUNIT_EXPECT_EQ(test, BLKIF_PAGE_SIZE, 4096);
	KUNIT_EXPECT_EQ(test, BLKIF_PAGE_SECTORS, 8);
	KUNIT_EXPECT_EQ(test, BLKIF_MAX_SEGS, 11);
	KUNIT_EXPECT_EQ(test, BLKIF_MAX_FRAMES, 8);
	KUNIT_EXPECT_EQ(test, BLKIF_SEGS_PER_FRAME, 512);
	KUNIT_EXPECT_EQ(test, BLKIF_MAX_INDIRECT_SEGS, 4096);
	KUNIT_EXPECT_EQ(test, BLKIF_MAX_RING_PAGES, 1 << BLKIF_MAX_RING_ORDER);
	KUNIT_EXPECT_EQ(test, offsetof(struct blkif_sring, ring),
			BLKIF_RING_HEADER);
	KUNIT_EXPECT_LE(test, sizeof(struct blkif_request), BLKIF_MAX_SLOT);
}

static void blkif_proto_test_refuse(struct kunit *test)
{
	struct blkif_refusal why = { NULL, 0 };

	KUNIT_EXPECT_EQ(test, blkif_refuse(&why, "key", ~0ULL), -EINVAL);
	KUNIT_EXPECT_STREQ(test, why.key, "key");
	KUNIT_EXPECT_EQ(test, why.value, ~0ULL);
}

static void blkif_proto_test_rounddown(struct kunit *test)
{
	u32 n, want = 1;

	for (n = 1; n < 70000; n++) {
		if (n == want * 2)
			want = n;
		KUNIT_EXPECT_EQ_MSG(test, blkif_rounddown_pow2(n), want,
				    "n %u", n);
	}
	KUNIT_EXPECT_EQ(test, blkif_rounddown_pow2(0x7fffffff), 1U << 30);
	KUNIT_EXPECT_EQ(test, blkif_rounddown_pow2(0x80000000), 1U << 31);
	KUNIT_EXPECT_EQ(test, blkif_rounddown_pow2(0xffffffff), 1U << 31);
}

static void blkif_proto_test_ring_slots(struct kunit *test)
{
	static const u32 sizes[] = { 108, 112 };
	u32 i, pages, n;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		for (pages = 1; pages <= 64; pages++) {
			n = blkif_ring_slots(pages, sizes[i]);
			KUNIT_EXPECT_FALSE(test, n & (n - 1));
			KUNIT_EXPECT_LE(test, 64 + n * sizes[i], pages * 4096);
			KUNIT_EXPECT_GT(test, 64 + 2 * n * sizes[i],
					pages * 4096);
		}
	KUNIT_EXPECT_EQ(test, blkif_ring_slots(1, 112), 32);
	KUNIT_EXPECT_EQ(test, blkif_ring_slots(64, 108), 2048);
}

/* The kernel's own macro, of the native slot. */
static void blkif_proto_test_ring_macro(struct kunit *test)
{
	u32 size = sizeof(struct blkif_request);

	KUNIT_EXPECT_EQ(test, blkif_ring_slots(1, size),
			__CONST_RING_SIZE(blkif, 4096));
	KUNIT_EXPECT_EQ(test, blkif_ring_slots(2, size),
			__CONST_RING_SIZE(blkif, 2 * 4096));
	KUNIT_EXPECT_EQ(test, blkif_ring_slots(3, size),
			__CONST_RING_SIZE(blkif, 3 * 4096));
	KUNIT_EXPECT_EQ(test, blkif_ring_slots(16, size),
			__CONST_RING_SIZE(blkif, 16 * 4096));
	KUNIT_EXPECT_EQ(test, blkif_ring_slots(64, size),
			__CONST_RING_SIZE(blkif, 64 * 4096));
}

/* Around the wrap too: the index is a count modulo 2^32. */
static void blkif_proto_test_prod_ok(struct kunit *test)
{
	static const u32 cons[] = {
		0, 1, 31, 32, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff,
	};
	static const u32 slots[] = { 32, 64, 2048 };
	u32 i, j, ahead;

	for (i = 0; i < ARRAY_SIZE(cons); i++)
		for (j = 0; j < ARRAY_SIZE(slots); j++) {
			for (ahead = 0; ahead <= 2 * slots[j]; ahead++)
				KUNIT_EXPECT_EQ_MSG(test,
					blkif_ring_prod_ok(cons[i] + ahead,
							   cons[i], slots[j]),
					ahead <= slots[j], "cons %u ahead %u",
					cons[i], ahead);
			/* backwards, and the far side of the circle */
			KUNIT_EXPECT_FALSE(test, blkif_ring_prod_ok(
					cons[i] - 1, cons[i], slots[j]));
			KUNIT_EXPECT_FALSE(test, blkif_ring_prod_ok(
					cons[i] + 0x80000000, cons[i],
					slots[j]));
			KUNIT_EXPECT_FALSE(test, blkif_ring_prod_ok(
					cons[i] - slots[j], cons[i], slots[j]));
		}
}

/* An event is due if one of the indices just pushed is the one waited for. */
static void blkif_proto_test_event_due(struct kunit *test)
{
	static const u32 olds[] = { 0, 5, 0x7ffffff0, 0xfffffff0, 0xffffffff };
	u32 i, pushed, k;
	int event;

	for (i = 0; i < ARRAY_SIZE(olds); i++)
		for (pushed = 0; pushed <= 40; pushed++)
			for (event = -50; event <= 50; event++) {
				u32 old = olds[i];
				bool want = false;

				for (k = 1; k <= pushed; k++)
					if (old + k == old + (u32)event)
						want = true;
				KUNIT_EXPECT_EQ_MSG(test,
					blkif_ring_event_due(old + (u32)event,
							     old + pushed, old),
					want, "old %u pushed %u event %d",
					old, pushed, event);
			}
}

static void blkif_proto_test_nr_frames(struct kunit *test)
{
	u32 nr, want = 0;

	for (nr = 0; nr <= BLKIF_MAX_INDIRECT_SEGS; nr++) {
		if (nr % 512 == 1)
			want++;
		KUNIT_EXPECT_EQ_MSG(test, blkif_nr_frames(nr), want, "nr %u",
				    nr);
	}
	KUNIT_EXPECT_EQ(test, want, 8);
}

static void blkif_proto_test_op_name(struct kunit *test)
{
	static const char * const names[] = {
		"read", "write", "barrier", "flush", "unknown", "discard",
		"indirect", "unknown",
	};
	u32 op;

	for (op = 0; op < 256; op++)
		KUNIT_EXPECT_STREQ_MSG(test, blkif_op_name(op),
				       op < 7 ? names[op] : "unknown",
				       "op %u", op);
}

static void blkif_proto_test_store_good(struct kunit *test)
{
	static const struct {
		const char	*text;
		u64		val;
	} cases[] = {
		{ "0", 0 }, { "1", 1 }, { "9", 9 }, { "10", 10 },
		{ "00", 0 }, { "007", 7 }, { "0123456789", 123456789 },
		{ "00000000000000000000000000000000000000000042", 42 },
		{ "4294967295", 0xffffffff }, { "4294967296", 1ULL << 32 },
		{ "9223372036854775807", (1ULL << 63) - 1 },
		{ "9223372036854775808", 1ULL << 63 },
		{ "18446744073709551609", ~0ULL - 6 },
		{ "18446744073709551615", ~0ULL },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 val = 0xdead;

		KUNIT_EXPECT_EQ_MSG(test,
				    blkif_store_parse(cases[i].text, ~0ULL, &val),
				    0, "text %s", cases[i].text);
		KUNIT_EXPECT_EQ(test, val, cases[i].val);
		/* The value itself is the tightest limit that lets it in. */
		KUNIT_EXPECT_EQ_MSG(test,
			blkif_store_parse(cases[i].text, cases[i].val, &val),
			0, "text %s", cases[i].text);
		if (!cases[i].val)
			continue;
		val = 0xdead;
		KUNIT_EXPECT_EQ_MSG(test,
			blkif_store_parse(cases[i].text, cases[i].val - 1, &val),
			-ERANGE, "text %s", cases[i].text);
		KUNIT_EXPECT_EQ(test, val, 0xdead);
	}
}

static void blkif_proto_test_store_bad(struct kunit *test)
{
	static const struct {
		const char	*text;
		int		err;
	} cases[] = {
		{ "", -EINVAL }, { " ", -EINVAL }, { " 1", -EINVAL },
		{ "1 ", -EINVAL }, { "1\n", -EINVAL }, { "-1", -EINVAL },
		{ "+1", -EINVAL }, { "-", -EINVAL }, { "0x10", -EINVAL },
		{ "1e3", -EINVAL }, { "1.0", -EINVAL }, { "abc", -EINVAL },
		{ "3junk", -EINVAL }, { "/", -EINVAL }, { ":", -EINVAL },
		{ "1:", -EINVAL }, { "1/", -EINVAL }, { "\x80", -EINVAL },
		{ "\xb0", -EINVAL }, { "1\xff", -EINVAL }, { "1,0", -EINVAL },
		{ "18446744073709551616", -ERANGE },
		{ "18446744073709551617", -ERANGE },
		{ "18446744073709551620", -ERANGE },
		{ "28446744073709551615", -ERANGE },
		{ "184467440737095516150", -ERANGE },
		{ "99999999999999999999999999999999999999", -ERANGE },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 val = 0xdead;

		KUNIT_EXPECT_EQ_MSG(test,
				    blkif_store_parse(cases[i].text, ~0ULL, &val),
				    cases[i].err, "text \"%s\"", cases[i].text);
		KUNIT_EXPECT_EQ_MSG(test, val, 0xdead, "text \"%s\"",
				    cases[i].text);
	}
}

/* Every single byte, and every small number against every small limit. */
static void blkif_proto_test_store_sweep(struct kunit *test)
{
	char text[4] = "";
	u32 n, max;

	for (n = 1; n < 256; n++) {
		bool ok = n >= '0' && n <= '9';
		u64 val = 0xdead;

		text[0] = n;
		KUNIT_EXPECT_EQ_MSG(test, blkif_store_parse(text, ~0ULL, &val),
				    ok ? 0 : -EINVAL, "byte %u", n);
		KUNIT_EXPECT_EQ(test, val, ok ? n - '0' : 0xdead);
	}
	for (n = 0; n < 1000; n++) {
		text[0] = '0' + n / 100;
		text[1] = '0' + n / 10 % 10;
		text[2] = '0' + n % 10;
		for (max = 0; max <= 300; max++) {
			u64 val = 0xdead;

			KUNIT_EXPECT_EQ_MSG(test,
				blkif_store_parse(text, max, &val),
				n <= max ? 0 : -ERANGE, "n %u max %u", n, max);
			KUNIT_EXPECT_EQ(test, val, n <= max ? n : 0xdead);
		}
	}
}

static struct kunit_case blkif_proto_test_cases[] = {
	KUNIT_CASE(blkif_proto_test_constants),
	KUNIT_CASE(blkif_proto_test_refuse),
	KUNIT_CASE(blkif_proto_test_rounddown),
	KUNIT_CASE(blkif_proto_test_ring_slots),
	KUNIT_CASE(blkif_proto_test_ring_macro),
	KUNIT_CASE(blkif_proto_test_prod_ok),
	KUNIT_CASE(blkif_proto_test_event_due),
	KUNIT_CASE(blkif_proto_test_nr_frames),
	KUNIT_CASE(blkif_proto_test_op_name),
	KUNIT_CASE(blkif_proto_test_store_good),
	KUNIT_CASE(blkif_proto_test_store_bad),
	KUNIT_CASE(blkif_proto_test_store_sweep),
	{}
};

static struct kunit_suite blkif_proto_test_suite = {
	.name = "xen_blkif_proto",
	.test_cases = blkif_proto_test_cases,
};

kunit_test_suite(blkif_proto_test_suite);

MODULE_DESCRIPTION("KUnit tests of the arithmetic of the blkif protocol");
MODULE_LICENSE("GPL");
