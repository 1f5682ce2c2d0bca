// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests of ours as bytes, and the verdict on every kind of answer.
 *
 * Layer: test of 0. Also built in user space by tools/testing/xen-blk.
 */
#include <kunit/test.h>
#include <linux/module.h>

#include "../wire.c"

#define BLKFRONT_WIRE_TEST_SLOT		112

/* Offset of the id; without padding in front of it on 32-bit x86. */
#define BLKFRONT_WIRE_TEST_ID \
	(sizeof(struct blkif_request) == BLKFRONT_WIRE_TEST_SLOT ? 8 : 4)

static void blkfront_wire_test_put(u8 *p, u64 v, u32 bytes)
{
	while (bytes--) {
		*p++ = v;
		v >>= 8;
	}
}

/* What every request has at the same place. */
static void blkfront_wire_test_head(u8 *want, const struct blkif_io *io)
{
	memset(want, 0, BLKFRONT_WIRE_TEST_SLOT);
	want[0] = io->op;
	blkfront_wire_test_put(want + BLKFRONT_WIRE_TEST_ID, io->id, 8);
	blkfront_wire_test_put(want + BLKFRONT_WIRE_TEST_ID + 8, io->sector, 8);
}

static struct blkif_io blkfront_wire_test_io(u8 op)
{
	return (struct blkif_io) {
		.id = 0x1122334455667788ULL,
		.sector = 0x99aabbccddeeff00ULL,
		.nr_sectors = 0x0123456789abcdefULL,
		.frame = { 0x10000001, 0x20000002, 0x30000003, 0x40000004,
			   0x50000005, 0x60000006, 0x70000007, 0x80000008 },
		.handle = 0xcafe,
		.op = op,
	};
}

/* @used bytes are as wanted, what pads them zero; the rest of the slot stays. */
static void blkfront_wire_test_encode(struct kunit *test,
				      const struct blkif_io *io,
				      const struct blkif_request_segment *seg,
				      u8 *want, u32 used)
{
	struct blkif_request slot;

	memset(&slot, 0xa5, sizeof(slot));
	memset(want + used, 0xa5, sizeof(slot) - used);
	blkfront_wire_encode(io, seg, &slot);
	KUNIT_EXPECT_MEMEQ_MSG(test, (u8 *)&slot, want, sizeof(slot),
			       "op %u flags %u nr %u", io->op, io->flags,
			       io->nr_segs);
}

static void blkfront_wire_test_rw(struct kunit *test)
{
	u8 want[BLKFRONT_WIRE_TEST_SLOT];
	u32 op, nr, i;

	for (op = BLKIF_OP_READ; op <= BLKIF_OP_FLUSH_DISKCACHE; op++)
		for (nr = 0; nr <= 11; nr++) {
			struct blkif_io io = blkfront_wire_test_io(op);
			struct blkif_request_segment *seg;

			io.nr_segs = nr;
			/* Exactly that many, for the sanitizers. */
			seg = kunit_kzalloc(test, nr * sizeof(*seg) + 1,
					    GFP_KERNEL);
			KUNIT_ASSERT_NOT_NULL(test, seg);
			/* What lies between the fields is nobody's business. */
			memset(seg, 0xa5, nr * sizeof(*seg));
			blkfront_wire_test_head(want, &io);
			want[1] = nr;
			blkfront_wire_test_put(want + 2, io.handle, 2);
			for (i = 0; i < nr; i++) {
				u8 *p = want + BLKFRONT_WIRE_TEST_ID + 16 + i * 8;

				seg[i].gref = 0xf0e0d0c0 + i;
				seg[i].first_sect = i;
				seg[i].last_sect = 7 - i;
				blkfront_wire_test_put(p, 0xf0e0d0c0 + i, 4);
				p[4] = i;
				p[5] = 7 - i;
			}
			blkfront_wire_test_encode(test, &io, seg, want,
						  BLKFRONT_WIRE_TEST_ID + 16 +
						  nr * 8);
		}
}

static void blkfront_wire_test_discard(struct kunit *test)
{
	struct blkif_io io = blkfront_wire_test_io(BLKIF_OP_DISCARD);
	u8 want[BLKFRONT_WIRE_TEST_SLOT];
	u32 secure;

	for (secure = 0; secure < 2; secure++) {
		io.flags = secure ? BLKIF_IO_SECURE : 0;
		blkfront_wire_test_head(want, &io);
		want[1] = secure;
		blkfront_wire_test_put(want + BLKFRONT_WIRE_TEST_ID + 16,
				       io.nr_sectors, 8);
		blkfront_wire_test_encode(test, &io, NULL, want,
					  BLKFRONT_WIRE_TEST_ID + 24);
	}
}

/* Only as many frames as the count needs: the rest of the array is not sent. */
static void blkfront_wire_test_indirect(struct kunit *test)
{
	static const u16 nrs[] = {
		1, 11, 12, 256, 511, 512, 513, 1024, 1025, 4095, 4096,
	};
	u8 want[BLKFRONT_WIRE_TEST_SLOT];
	u32 op, i, k;

	for (op = BLKIF_OP_READ; op <= BLKIF_OP_WRITE; op++)
		for (i = 0; i < ARRAY_SIZE(nrs); i++) {
			struct blkif_io io = blkfront_wire_test_io(op);
			u8 *p = want + BLKFRONT_WIRE_TEST_ID + 16;

			io.flags = BLKIF_IO_INDIRECT;
			io.nr_segs = nrs[i];
			blkfront_wire_test_head(want, &io);
			want[0] = 6;
			want[1] = op;
			blkfront_wire_test_put(want + 2, nrs[i], 2);
			blkfront_wire_test_put(p, io.handle, 2);
			for (k = 0; k * 512 < nrs[i]; k++)
				blkfront_wire_test_put(p + 4 + k * 4,
						       io.frame[k], 4);
			blkfront_wire_test_encode(test, &io, NULL, want,
						  BLKFRONT_WIRE_TEST_ID + 20 +
						  k * 4);
		}
}

/* The rule said a second time, for the sweep below. */
static enum blkfront_verdict blkfront_wire_test_rule(bool in_flight, u8 got,
						     u8 op, bool is_indirect,
						     int status)
{
	bool op_ok = got == op;

	if (is_indirect && got == 6)
		op_ok = true;
	if (!in_flight)
		return BLKFRONT_RSP_NOT_OURS;
	if (!op_ok)
		return BLKFRONT_RSP_BAD_OP;
	return status >= -2 && status <= 0 ? BLKFRONT_RSP_GOOD :
					     BLKFRONT_RSP_BAD_STATUS;
}

static void blkfront_wire_test_check_op(struct kunit *test)
{
	struct blkif_response rsp = { .id = 0 };
	u32 op, got, bits;

	for (op = 0; op < 8; op++)
		for (got = 0; got < 256; got++)
			for (bits = 0; bits < 4; bits++) {
				rsp.operation = got;
				KUNIT_EXPECT_EQ_MSG(test,
					blkfront_wire_check(&rsp, bits & 1, op,
							    bits & 2),
					blkfront_wire_test_rule(bits & 1, got,
								op, bits & 2, 0),
					"op %u got %u bits %u", op, got, bits);
			}
}

static void blkfront_wire_test_check_status(struct kunit *test)
{
	struct blkif_response rsp = { .id = 0 };
	int status;
	u32 bits;

	for (status = -32768; status <= 32767; status++)
		for (bits = 0; bits < 8; bits++) {
			rsp.operation = bits & 4 ? 1 : 6;
			rsp.status = status;
			KUNIT_EXPECT_EQ_MSG(test,
				blkfront_wire_check(&rsp, bits & 1, 1, bits & 2),
				blkfront_wire_test_rule(bits & 1, rsp.operation,
							1, bits & 2, status),
				"status %d bits %u", status, bits);
		}
}

/* The id is the caller's to judge: the verdict does not depend on it. */
static void blkfront_wire_test_check_id(struct kunit *test)
{
	static const u64 ids[] = { 0, 1, 31, 32, 1ULL << 32, ~0ULL };
	struct blkif_response rsp = { .operation = BLKIF_OP_READ };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		rsp.id = ids[i];
		KUNIT_EXPECT_EQ(test, blkfront_wire_check(&rsp, true, 0, false),
				BLKFRONT_RSP_GOOD);
		KUNIT_EXPECT_EQ(test, blkfront_wire_check(&rsp, false, 0, false),
				BLKFRONT_RSP_NOT_OURS);
	}
}

static void blkfront_wire_test_names(struct kunit *test)
{
	static const char * const names[] = {
		[BLKFRONT_RSP_GOOD] = "good",
		[BLKFRONT_RSP_BAD_ID] = "id beyond the ring",
		[BLKFRONT_RSP_NOT_OURS] = "nothing in flight under that id",
		[BLKFRONT_RSP_BAD_OP] = "another operation than was asked",
		[BLKFRONT_RSP_BAD_STATUS] = "unknown status",
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		KUNIT_EXPECT_STREQ(test, blkfront_wire_verdict_name(i),
				   names[i]);
	KUNIT_EXPECT_STREQ(test, blkfront_wire_verdict_name(i), "?");
}

static struct kunit_case blkfront_wire_test_cases[] = {
	KUNIT_CASE(blkfront_wire_test_rw),
	KUNIT_CASE(blkfront_wire_test_discard),
	KUNIT_CASE(blkfront_wire_test_indirect),
	KUNIT_CASE(blkfront_wire_test_check_op),
	KUNIT_CASE(blkfront_wire_test_check_status),
	KUNIT_CASE(blkfront_wire_test_check_id),
	KUNIT_CASE(blkfront_wire_test_names),
	{}
};

static struct kunit_suite blkfront_wire_test_suite = {
	.name = "xen_blkfront_wire",
	.test_cases = blkfront_wire_test_cases,
};

kunit_test_suite(blkfront_wire_test_suite);

MODULE_DESCRIPTION("KUnit tests of the request encoder of xen-blkfront");
MODULE_LICENSE("GPL");
