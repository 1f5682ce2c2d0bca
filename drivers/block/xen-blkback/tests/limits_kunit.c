// SPDX-License-Identifier: GPL-2.0-only
/*
 * The back's side of the negotiation: every combination of keys present,
 * absent, zero, at the limit, beyond it and absurd.
 *
 * Layer: test of 0. Also built in user space by tools/testing/xen-blk.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/string.h>

#include "../limits.c"

static const u64 blkback_limits_test_numbers[] = {
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 128,
	255, 1024, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000ULL,
	0x100000001ULL, 0x100000004ULL, 1ULL << 63, ~0ULL,
};

static struct blkback_offer blkback_limits_test_offer(void)
{
	return (struct blkback_offer) {
		.max_queues = 4,
		.max_ring_order = 4,
		.max_indirect = 256,
		.has_persistent = true,
	};
}

static struct blkback_ask blkback_limits_test_ask(void)
{
	return (struct blkback_ask) {
		.protocol = "x86_64-abi",
		.nr_queues = 1,
	};
}

/* A refusal must name the key, and must not be given with a success. */
static int blkback_limits_test_run(struct kunit *test,
				   const struct blkback_offer *offer,
				   const struct blkback_ask *ask,
				   struct blkback_config *config,
				   const char *key, u64 value)
{
	struct blkif_refusal why = { NULL, 0 };
	int err;

	memset(config, 0xa5, sizeof(*config));
	err = blkback_limits_negotiate(offer, ask, config, &why);
	if (!key) {
		KUNIT_EXPECT_EQ(test, err, 0);
		KUNIT_EXPECT_TRUE(test, !why.key);
		return err;
	}
	KUNIT_EXPECT_EQ(test, err, -EINVAL);
	KUNIT_EXPECT_STREQ(test, why.key ? why.key : "(none)", key);
	KUNIT_EXPECT_EQ(test, why.value, value);
	return err;
}

static void blkback_limits_test_simple(struct kunit *test)
{
	struct blkback_offer offer = blkback_limits_test_offer();
	struct blkback_ask ask = blkback_limits_test_ask();
	struct blkback_config config;

	blkback_limits_test_run(test, &offer, &ask, &config, NULL, 0);
	KUNIT_EXPECT_EQ(test, config.abi, BLKBACK_ABI_64);
	KUNIT_EXPECT_EQ(test, config.nr_rings, 1);
	KUNIT_EXPECT_EQ(test, config.ring_pages, 1);
	KUNIT_EXPECT_EQ(test, config.slots, 32);
	KUNIT_EXPECT_EQ(test, config.max_indirect, 256);
	KUNIT_EXPECT_FALSE(test, config.is_multi_ref);
	KUNIT_EXPECT_FALSE(test, config.is_persistent);
}

static void blkback_limits_test_protocol(struct kunit *test)
{
	static const struct {
		const char	*text;
		int		abi;	/* -1: refused */
	} cases[] = {
		{ "x86_32-abi", BLKBACK_ABI_32 },
		{ "x86_64-abi", BLKBACK_ABI_64 },
		{ "arm-abi", BLKBACK_ABI_64 },
		{ "foo", -1 },
		{ " ", -1 },
		{ "x86_64-ab", -1 },
		{ "x86_64-abi ", -1 },
		{ " x86_64-abi", -1 },
		{ "x86_64-abi\n", -1 },
		{ "X86_64-ABI", -1 },
		{ "x86_32-ab", -1 },
		{ "x86_32-abi2", -1 },
		{ "arm-ab", -1 },
		{ "arm-abix", -1 },
		{ "ia64-abi", -1 },
		{ "0", -1 },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", -1 },
	};
	struct blkback_offer offer = blkback_limits_test_offer();
	struct blkback_config config;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct blkback_ask ask = blkback_limits_test_ask();

		memset(ask.protocol, 0, sizeof(ask.protocol));
		strscpy(ask.protocol, cases[i].text);
		if (cases[i].abi < 0) {
			blkback_limits_test_run(test, &offer, &ask, &config,
						"protocol", 0);
			continue;
		}
		blkback_limits_test_run(test, &offer, &ask, &config, NULL, 0);
		KUNIT_EXPECT_EQ(test, config.abi, cases[i].abi);
	}
}

/* No key: the 32-bit layout where there can be such a guest. */
static void blkback_limits_test_no_protocol(struct kunit *test)
{
	struct blkback_offer offer = blkback_limits_test_offer();
	struct blkback_ask ask = blkback_limits_test_ask();
	enum blkback_abi_id want = BLKBACK_ABI_64;
	struct blkback_config config;

#if defined(__x86_64__) || defined(__i386__)
	want = BLKBACK_ABI_32;
#endif
	memset(ask.protocol, 0, sizeof(ask.protocol));
	blkback_limits_test_run(test, &offer, &ask, &config, NULL, 0);
	KUNIT_EXPECT_EQ(test, config.abi, want);
}

static void blkback_limits_test_queues(struct kunit *test)
{
	static const u32 max[] = { 1, 2, 4, 64, 0xffffffff };
	u32 i, j;

	for (i = 0; i < ARRAY_SIZE(max); i++)
		for (j = 0; j < ARRAY_SIZE(blkback_limits_test_numbers); j++) {
			struct blkback_offer offer = blkback_limits_test_offer();
			struct blkback_ask ask = blkback_limits_test_ask();
			u64 n = blkback_limits_test_numbers[j];
			struct blkback_config config;
			bool ok = n >= 1 && n <= max[i];

			offer.max_queues = max[i];
			ask.nr_queues = n;
			blkback_limits_test_run(test, &offer, &ask, &config,
				ok ? NULL : "multi-queue-num-queues", n);
			if (ok)
				KUNIT_EXPECT_EQ(test, config.nr_rings, n);
		}
}

/* One combination of the two ring size keys, against the rule in words. */
static void blkback_limits_test_one_ring(struct kunit *test, u32 max_order,
					 const struct blkback_ask *ask)
{
	struct blkback_offer offer = blkback_limits_test_offer();
	struct blkback_config config;
	const char *key = NULL;
	bool is_multi = false;
	u64 value = 0;
	u32 pages = 1;
	u32 order;

	if (ask->has_ring_order) {
		key = "ring-page-order";
		value = ask->ring_order;
		is_multi = true;
		for (order = 0; order <= max_order; order++)
			if (ask->ring_order == order) {
				pages = 1U << order;
				key = NULL;
			}
	} else if (ask->has_ring_pages) {
		key = "num-ring-pages";
		value = ask->ring_pages;
		for (order = 0; order <= max_order; order++)
			if (ask->ring_pages == 1U << order) {
				pages = 1U << order;
				is_multi = order > 0;
				key = NULL;
			}
	}

	offer.max_ring_order = max_order;
	blkback_limits_test_run(test, &offer, ask, &config, key, value);
	if (key)
		return;
	KUNIT_EXPECT_EQ(test, config.ring_pages, pages);
	KUNIT_EXPECT_EQ(test, config.slots, 32 * pages);
	KUNIT_EXPECT_EQ(test, config.is_multi_ref, is_multi);
}

static void blkback_limits_test_ring(struct kunit *test)
{
	u32 max, present, i, j;

	for (max = 0; max <= BLKIF_MAX_RING_ORDER; max++)
		for (present = 0; present < 4; present++)
			for (i = 0; i < ARRAY_SIZE(blkback_limits_test_numbers); i++)
				for (j = 0; j < ARRAY_SIZE(blkback_limits_test_numbers); j++) {
					struct blkback_ask ask =
						blkback_limits_test_ask();

					ask.has_ring_order = present & 1;
					ask.has_ring_pages = present & 2;
					ask.ring_order =
						blkback_limits_test_numbers[i];
					ask.ring_pages =
						blkback_limits_test_numbers[j];
					blkback_limits_test_one_ring(test, max,
								     &ask);
				}
}

/* The largest power of two of slots that fit behind the 64 bytes of header. */
static void blkback_limits_test_slots(struct kunit *test)
{
	struct blkback_offer offer = blkback_limits_test_offer();
	struct blkback_ask ask = blkback_limits_test_ask();
	struct blkback_config config;
	u32 order, is_32;

	offer.max_ring_order = 6;
	ask.has_ring_order = true;
	for (is_32 = 0; is_32 < 2; is_32++)
		for (order = 0; order <= 6; order++) {
			u32 slot = is_32 ? 108 : 112;

			strscpy(ask.protocol,
				is_32 ? "x86_32-abi" : "x86_64-abi");
			ask.ring_order = order;
			blkback_limits_test_run(test, &offer, &ask, &config,
						NULL, 0);
			KUNIT_EXPECT_LE(test, 64 + config.slots * slot,
					config.ring_pages * 4096);
			KUNIT_EXPECT_GT(test, 64 + 2 * config.slots * slot,
					config.ring_pages * 4096);
			KUNIT_EXPECT_EQ(test, config.slots, 32U << order);
		}
}

static void blkback_limits_test_persistent(struct kunit *test)
{
	struct blkback_offer offer = blkback_limits_test_offer();
	struct blkback_ask ask = blkback_limits_test_ask();
	struct blkback_config config;
	u32 i;

	for (i = 0; i < 4; i++) {
		offer.has_persistent = i & 1;
		ask.has_persistent = i & 2;
		blkback_limits_test_run(test, &offer, &ask, &config, NULL, 0);
		KUNIT_EXPECT_EQ_MSG(test, config.is_persistent, i == 3,
				    "case %u", i);
	}
}

static void blkback_limits_test_indirect(struct kunit *test)
{
	static const u32 max[] = { 0, 1, 11, 32, 256, 4096 };
	struct blkback_offer offer = blkback_limits_test_offer();
	struct blkback_ask ask = blkback_limits_test_ask();
	struct blkback_config config;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(max); i++) {
		offer.max_indirect = max[i];
		blkback_limits_test_run(test, &offer, &ask, &config, NULL, 0);
		KUNIT_EXPECT_EQ(test, config.max_indirect, max[i]);
	}
}

/* Several keys wrong at once: still one refusal, and the first wrong key. */
static void blkback_limits_test_order(struct kunit *test)
{
	struct blkback_offer offer = blkback_limits_test_offer();
	struct blkback_ask ask = blkback_limits_test_ask();
	struct blkback_config config;

	strscpy(ask.protocol, "none");
	ask.nr_queues = 0;
	ask.has_ring_order = true;
	ask.ring_order = 99;
	blkback_limits_test_run(test, &offer, &ask, &config, "protocol", 0);
	strscpy(ask.protocol, "arm-abi");
	blkback_limits_test_run(test, &offer, &ask, &config,
				"multi-queue-num-queues", 0);
	ask.nr_queues = 4;
	blkback_limits_test_run(test, &offer, &ask, &config,
				"ring-page-order", 99);
	ask.ring_order = 4;
	blkback_limits_test_run(test, &offer, &ask, &config, NULL, 0);
	KUNIT_EXPECT_EQ(test, config.slots, 512);
	KUNIT_EXPECT_EQ(test, config.nr_rings, 4);
}

/* What the toolstack says of a disk, and what the offer is then. */
static const struct {
	enum blkback_param param;
	const char *text;
	struct blkback_offer want;
} blkback_limits_test_taken[] = {
	{ BLKBACK_PARAM_QUEUES, "1",
	  { 1, 4, 256, 0, 0, 0, true, false, false, false } },
	{ BLKBACK_PARAM_QUEUES, "1024",
	  { 1024, 4, 256, 0, 0, 0, true, false, false, false } },
	{ BLKBACK_PARAM_RING_PAGES, "1",
	  { 4, 0, 256, 0, 0, 0, true, false, false, false } },
	{ BLKBACK_PARAM_RING_PAGES, "2",
	  { 4, 1, 256, 0, 0, 0, true, false, false, false } },
	{ BLKBACK_PARAM_RING_PAGES, "64",
	  { 4, 6, 256, 0, 0, 0, true, false, false, false } },
	{ BLKBACK_PARAM_INDIRECT, "0",
	  { 4, 4, 0, 0, 0, 0, true, false, false, false } },
	{ BLKBACK_PARAM_INDIRECT, "11",
	  { 4, 4, 0, 0, 0, 0, true, false, false, false } },
	{ BLKBACK_PARAM_INDIRECT, "12",
	  { 4, 4, 12, 0, 0, 0, true, false, false, false } },
	{ BLKBACK_PARAM_INDIRECT, "4096",
	  { 4, 4, 4096, 0, 0, 0, true, false, false, false } },
	{ BLKBACK_PARAM_PERSISTENT, "0",
	  { 4, 4, 256, 0, 0, 0, false, false, false, false } },
	{ BLKBACK_PARAM_PERSISTENT, "1",
	  { 4, 4, 256, 0, 0, 0, true, false, false, false } },
	{ BLKBACK_PARAM_MAX_PERSISTENT, "0",
	  { 4, 4, 256, 0, 0, 0, true, true, false, false } },
	{ BLKBACK_PARAM_MAX_PERSISTENT, "4294967295",
	  { 4, 4, 256, ~0U, 0, 0, true, true, false, false } },
	{ BLKBACK_PARAM_MAX_COPY, "0",
	  { 4, 4, 256, 0, 0, 0, true, false, true, false } },
	{ BLKBACK_PARAM_MAX_COPY, "4096",
	  { 4, 4, 256, 0, 4096, 0, true, false, true, false } },
	{ BLKBACK_PARAM_BUSY_POLL, "0",
	  { 4, 4, 256, 0, 0, 0, true, false, false, true } },
	{ BLKBACK_PARAM_BUSY_POLL, "1000000",
	  { 4, 4, 256, 0, 0, 1000000, true, false, false, true } },
};

/* What it must not say: nothing changes. */
static const struct {
	enum blkback_param param;
	const char *text;
	int err;
} blkback_limits_test_refused[] = {
	{ BLKBACK_PARAM_QUEUES, "0", -ERANGE },
	{ BLKBACK_PARAM_QUEUES, "1025", -ERANGE },
	{ BLKBACK_PARAM_QUEUES, "two", -EINVAL },
	{ BLKBACK_PARAM_QUEUES, "", -EINVAL },
	{ BLKBACK_PARAM_QUEUES, "-1", -EINVAL },
	{ BLKBACK_PARAM_RING_PAGES, "0", -ERANGE },
	{ BLKBACK_PARAM_RING_PAGES, "3", -ERANGE },
	{ BLKBACK_PARAM_RING_PAGES, "63", -ERANGE },
	{ BLKBACK_PARAM_RING_PAGES, "128", -ERANGE },
	{ BLKBACK_PARAM_RING_PAGES, "0x10", -EINVAL },
	{ BLKBACK_PARAM_INDIRECT, "4097", -ERANGE },
	{ BLKBACK_PARAM_PERSISTENT, "2", -ERANGE },
	{ BLKBACK_PARAM_MAX_COPY, "4097", -ERANGE },
	{ BLKBACK_PARAM_MAX_COPY, "some", -EINVAL },
	{ BLKBACK_PARAM_BUSY_POLL, "1000001", -ERANGE },
	{ BLKBACK_PARAM_MAX_PERSISTENT, "4294967296", -ERANGE },
};

/* One number, held against the whole of the offer that it makes. */
static void blkback_limits_test_tune_one(struct kunit *test,
					 enum blkback_param param,
					 const char *text, int err,
					 const struct blkback_offer *want)
{
	struct blkback_offer offer = blkback_limits_test_offer();

	KUNIT_EXPECT_EQ(test, blkback_limits_tune(&offer, param, text), err);
	KUNIT_EXPECT_EQ(test, offer.max_queues, want->max_queues);
	KUNIT_EXPECT_EQ(test, offer.max_ring_order, want->max_ring_order);
	KUNIT_EXPECT_EQ(test, offer.max_indirect, want->max_indirect);
	KUNIT_EXPECT_EQ(test, offer.max_persistent, want->max_persistent);
	KUNIT_EXPECT_EQ(test, offer.max_copy, want->max_copy);
	KUNIT_EXPECT_EQ(test, offer.busy_poll_us, want->busy_poll_us);
	KUNIT_EXPECT_EQ(test, offer.has_persistent, want->has_persistent);
	KUNIT_EXPECT_EQ(test, offer.has_max_persistent,
			want->has_max_persistent);
	KUNIT_EXPECT_EQ(test, offer.has_max_copy, want->has_max_copy);
	KUNIT_EXPECT_EQ(test, offer.has_busy_poll, want->has_busy_poll);
}

static void blkback_limits_test_tune(struct kunit *test)
{
	const struct blkback_offer same = blkback_limits_test_offer();
	u32 i;

	for (i = 0; i < ARRAY_SIZE(blkback_limits_test_taken); i++)
		blkback_limits_test_tune_one(test,
					     blkback_limits_test_taken[i].param,
					     blkback_limits_test_taken[i].text,
					     0,
					     &blkback_limits_test_taken[i].want);
	for (i = 0; i < ARRAY_SIZE(blkback_limits_test_refused); i++)
		blkback_limits_test_tune_one(test,
					     blkback_limits_test_refused[i].param,
					     blkback_limits_test_refused[i].text,
					     blkback_limits_test_refused[i].err,
					     &same);
}

/* Each has a key and says what it may be; the last that may be is taken. */
static void blkback_limits_test_rules(struct kunit *test)
{
	struct blkback_offer offer = blkback_limits_test_offer();
	u32 i;

	for (i = 0; i < BLKBACK_NR_PARAMS; i++) {
		const struct blkback_param_rule *rule = &blkback_limits_rules[i];
		char text[16];

		KUNIT_ASSERT_TRUE(test, rule->key && rule->range);
		KUNIT_EXPECT_EQ(test, strncmp(rule->key, "param-", 6), 0);
		snprintf(text, sizeof(text), "%u", rule->max);
		KUNIT_EXPECT_EQ(test, blkback_limits_tune(&offer, i, text), 0);
		if (i != BLKBACK_PARAM_PERSISTENT)
			KUNIT_EXPECT_TRUE(test, strstr(rule->range, text));
	}
}

/* What the disk has of its own goes into the connection, 0 too. */
static void blkback_limits_test_cap(struct kunit *test)
{
	struct blkback_offer offer = blkback_limits_test_offer();
	struct blkback_ask ask = blkback_limits_test_ask();
	struct blkback_config config;

	blkback_limits_test_run(test, &offer, &ask, &config, NULL, 0);
	KUNIT_EXPECT_FALSE(test, config.has_max_persistent);
	blkback_limits_tune(&offer, BLKBACK_PARAM_MAX_PERSISTENT, "7");
	blkback_limits_test_run(test, &offer, &ask, &config, NULL, 0);
	KUNIT_EXPECT_TRUE(test, config.has_max_persistent);
	KUNIT_EXPECT_EQ(test, config.max_persistent, 7);

	KUNIT_EXPECT_FALSE(test, config.has_max_copy);
	blkback_limits_tune(&offer, BLKBACK_PARAM_MAX_COPY, "5");
	blkback_limits_test_run(test, &offer, &ask, &config, NULL, 0);
	KUNIT_EXPECT_TRUE(test, config.has_max_copy);
	KUNIT_EXPECT_EQ(test, config.max_copy, 5);

	KUNIT_EXPECT_FALSE(test, config.has_busy_poll);
	blkback_limits_tune(&offer, BLKBACK_PARAM_BUSY_POLL, "0");
	blkback_limits_test_run(test, &offer, &ask, &config, NULL, 0);
	KUNIT_EXPECT_TRUE(test, config.has_busy_poll);
	KUNIT_EXPECT_EQ(test, config.busy_poll_us, 0);
}

/* Room for requests under way: a disk's, shared by its rings, and for one at least. */
static void blkback_limits_test_lent(struct kunit *test)
{
	static const struct {
		u32 queues, indirect, want;
	} cases[] = {
		{ 1, 256, 16384 },
		{ 4, 256, 4096 },
		{ 16, 0, 1024 },
		{ 100, 256, 256 },
		{ 1024, 0, 16 },
		{ 1024, 12, 16 },
		{ 1024, 4096, 4096 },
	};
	struct blkback_offer offer = blkback_limits_test_offer();
	struct blkback_ask ask = blkback_limits_test_ask();
	struct blkback_config config;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		offer.max_queues = cases[i].queues;
		offer.max_indirect = cases[i].indirect;
		ask.nr_queues = cases[i].queues;
		blkback_limits_test_run(test, &offer, &ask, &config, NULL, 0);
		KUNIT_EXPECT_EQ_MSG(test, config.max_lent, cases[i].want,
				    "case %u", i);
	}
}

/* A front may hold to either of two offers, and to no more. */
static void blkback_limits_test_widen(struct kunit *test)
{
	struct blkback_offer before = blkback_limits_test_offer();
	struct blkback_offer offer = before;
	struct blkback_ask ask = blkback_limits_test_ask();
	struct blkback_config config;

	offer.max_queues = 1;
	offer.max_ring_order = 6;
	offer.max_indirect = 0;
	blkback_limits_widen(&offer, &before);
	KUNIT_EXPECT_EQ(test, offer.max_queues, 4);
	KUNIT_EXPECT_EQ(test, offer.max_ring_order, 6);
	KUNIT_EXPECT_EQ(test, offer.max_indirect, 256);

	ask.nr_queues = 4;
	blkback_limits_test_run(test, &offer, &ask, &config, NULL, 0);
	ask.nr_queues = 5;
	blkback_limits_test_run(test, &offer, &ask, &config,
				"multi-queue-num-queues", 5);
}

static struct kunit_case blkback_limits_test_cases[] = {
	KUNIT_CASE(blkback_limits_test_tune),
	KUNIT_CASE(blkback_limits_test_rules),
	KUNIT_CASE(blkback_limits_test_cap),
	KUNIT_CASE(blkback_limits_test_lent),
	KUNIT_CASE(blkback_limits_test_widen),
	KUNIT_CASE(blkback_limits_test_simple),
	KUNIT_CASE(blkback_limits_test_protocol),
	KUNIT_CASE(blkback_limits_test_no_protocol),
	KUNIT_CASE(blkback_limits_test_queues),
	KUNIT_CASE(blkback_limits_test_ring),
	KUNIT_CASE(blkback_limits_test_slots),
	KUNIT_CASE(blkback_limits_test_persistent),
	KUNIT_CASE(blkback_limits_test_indirect),
	KUNIT_CASE(blkback_limits_test_order),
	{}
};

static struct kunit_suite blkback_limits_test_suite = {
	.name = "xen_blkback_limits",
	.test_cases = blkback_limits_test_cases,
};

kunit_test_suite(blkback_limits_test_suite);

MODULE_DESCRIPTION("KUnit tests of the negotiation of xen-blkback");
MODULE_LICENSE("GPL");
