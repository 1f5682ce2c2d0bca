// SPDX-License-Identifier: GPL-2.0-only
/*
 * The layouts of a ring slot against bytes that are written down here by hand,
 * from the protocol and not from the table that is tested.
 *
 * Layer: test of 0. Also built in user space by tools/testing/xen-blk.
 */
#include <kunit/test.h>
#include <linux/module.h>

#include "../abi.c"

/* Bytes that a decoder or encoder must leave alone are seen as this. */
#define BLKBACK_ABI_TEST_POISON	0xa5

/* A request as numbers; one builder per kind writes it into bytes. */
struct blkback_abi_test_req {
	u64	id;
	u64	sector;
	u64	nr_sectors;
	u32	frame[8];
	u16	handle;
	u16	nr;
	u8	op;
	u8	inner;
};

static const struct blkback_abi_test_req blkback_abi_test_sample = {
	.id = 0x1122334455667788ULL,
	.sector = 0x99aabbccddeeff00ULL,
	.nr_sectors = 0xfedcba9876543210ULL,
	.frame = { 0x10000001, 0x20000002, 0x30000003, 0x40000004,
		   0x50000005, 0x60000006, 0x70000007, 0x80000008 },
	.handle = 0xcafe,
};

/* All guests of Xen are little-endian. */
static void blkback_abi_test_put(u8 *p, u64 v, u32 bytes)
{
	while (bytes--) {
		*p++ = v;
		v >>= 8;
	}
}

/* The 32-bit layout lacks the four bytes of padding in front of the id. */
static u32 blkback_abi_test_shift(enum blkback_abi_id abi)
{
	return abi == BLKBACK_ABI_32 ? 4 : 0;
}

static u32 blkback_abi_test_gref(u32 i)
{
	return 0xf0e0d000u + i;
}

static void blkback_abi_test_rw(enum blkback_abi_id abi,
				const struct blkback_abi_test_req *req, u8 *slot)
{
	u32 shift = blkback_abi_test_shift(abi);
	u32 i;

	memset(slot, 0, BLKIF_MAX_SLOT);
	slot[0] = req->op;
	slot[1] = req->nr;
	blkback_abi_test_put(slot + 2, req->handle, 2);
	blkback_abi_test_put(slot + 8 - shift, req->id, 8);
	blkback_abi_test_put(slot + 16 - shift, req->sector, 8);
	for (i = 0; i < 11; i++) {
		u8 *seg = slot + 24 - shift + 8 * i;

		blkback_abi_test_put(seg, blkback_abi_test_gref(i), 4);
		seg[4] = i;
		seg[5] = 0x80 + i;
	}
}

static void blkback_abi_test_discard(enum blkback_abi_id abi,
				     const struct blkback_abi_test_req *req,
				     u8 flag, u8 *slot)
{
	u32 shift = blkback_abi_test_shift(abi);

	memset(slot, 0, BLKIF_MAX_SLOT);
	slot[0] = 5;
	slot[1] = flag;
	/* Where a read has its handle: a front may leave anything there. */
	blkback_abi_test_put(slot + 2, req->handle, 2);
	blkback_abi_test_put(slot + 8 - shift, req->id, 8);
	blkback_abi_test_put(slot + 16 - shift, req->sector, 8);
	blkback_abi_test_put(slot + 24 - shift, req->nr_sectors, 8);
}

static void blkback_abi_test_indirect(enum blkback_abi_id abi,
				      const struct blkback_abi_test_req *req,
				      u8 *slot)
{
	u32 shift = blkback_abi_test_shift(abi);
	u32 i;

	memset(slot, 0, BLKIF_MAX_SLOT);
	slot[0] = 6;
	slot[1] = req->inner;
	blkback_abi_test_put(slot + 2, req->nr, 2);
	blkback_abi_test_put(slot + 8 - shift, req->id, 8);
	blkback_abi_test_put(slot + 16 - shift, req->sector, 8);
	blkback_abi_test_put(slot + 24 - shift, req->handle, 2);
	for (i = 0; i < 8; i++)
		blkback_abi_test_put(slot + 28 - shift + 4 * i, req->frame[i], 4);
}

static void blkback_abi_test_sizes(struct kunit *test)
{
	const struct blkback_abi *a64 = blkback_abi_get(BLKBACK_ABI_64);
	const struct blkback_abi *a32 = blkback_abi_get(BLKBACK_ABI_32);

	KUNIT_EXPECT_EQ(test, a64->slot_size, 112);
	KUNIT_EXPECT_EQ(test, a64->rsp_size, 16);
	KUNIT_EXPECT_EQ(test, a32->slot_size, 108);
	KUNIT_EXPECT_EQ(test, a32->rsp_size, 12);
	KUNIT_EXPECT_EQ(test, BLKIF_MAX_SLOT, 112);
	KUNIT_EXPECT_EQ(test, (int)BLKBACK_ABI_NR, 2);
}

/* Every field of every entry lies inside the slot, segments and frames too. */
static void blkback_abi_test_inside(struct kunit *test)
{
	u32 id;

	for (id = 0; id < BLKBACK_ABI_NR; id++) {
		const struct blkback_abi *abi = blkback_abi_get(id);

		KUNIT_EXPECT_EQ_MSG(test, abi->seg + 11 * 8, abi->slot_size,
				    "abi %u", id);
		KUNIT_EXPECT_LE_MSG(test, abi->ind_frame + 8 * 4,
				    abi->slot_size, "abi %u", id);
		KUNIT_EXPECT_LE_MSG(test, abi->nr_sectors + 8, abi->slot_size,
				    "abi %u", id);
		KUNIT_EXPECT_LE_MSG(test, abi->rsp_size, abi->slot_size,
				    "abi %u", id);
	}
}

static void blkback_abi_test_one_rw(struct kunit *test, u32 abi, u32 op, u32 nr)
{
	struct blkif_request_segment seg[BLKIF_MAX_SEGS + 1];
	struct blkback_abi_test_req req = blkback_abi_test_sample;
	u8 slot[BLKIF_MAX_SLOT], poison[32];
	u32 used = nr < 11 ? nr : 11;
	struct blkif_io io;
	u32 i;

	req.op = op;
	req.nr = nr;
	blkback_abi_test_rw(abi, &req, slot);
	memset(&io, BLKBACK_ABI_TEST_POISON, sizeof(io));
	memset(seg, BLKBACK_ABI_TEST_POISON, sizeof(seg));
	memset(poison, BLKBACK_ABI_TEST_POISON, sizeof(poison));
	blkback_abi_decode(blkback_abi_get(abi), slot, &io, seg);

	KUNIT_EXPECT_TRUE_MSG(test, io.op == op && io.nr_segs == nr &&
			      io.handle == 0xcafe && !io.flags &&
			      !io.nr_sectors, "abi %u op %u nr %u", abi, op, nr);
	KUNIT_EXPECT_TRUE_MSG(test, io.id == req.id && io.sector == req.sector,
			      "abi %u op %u nr %u: id %llx sector %llx", abi,
			      op, nr, io.id, io.sector);
	KUNIT_EXPECT_MEMEQ_MSG(test, io.frame, poison, sizeof(io.frame),
			       "abi %u op %u nr %u: frames written", abi, op,
			       nr);
	for (i = 0; i < used; i++)
		KUNIT_EXPECT_TRUE_MSG(test,
				      seg[i].gref == blkback_abi_test_gref(i) &&
				      seg[i].first_sect == i &&
				      seg[i].last_sect == 0x80 + i,
				      "abi %u op %u nr %u seg %u",
				      abi, op, nr, i);
	for (i = used; i <= 11; i++)
		KUNIT_EXPECT_MEMEQ_MSG(test, &seg[i], poison, sizeof(seg[i]),
				       "abi %u op %u nr %u: seg %u written",
				       abi, op, nr, i);
}

/* Every operation but discard and indirect has this form, unknown ones too. */
static void blkback_abi_test_decode_rw(struct kunit *test)
{
	u32 abi, op, nr;

	for (abi = 0; abi < BLKBACK_ABI_NR; abi++)
		for (op = 0; op < 256; op++) {
			if (op == 5 || op == 6)
				continue;
			for (nr = 0; nr < 256; nr += op > 8 ? 51 : 1)
				blkback_abi_test_one_rw(test, abi, op, nr);
		}
}

static void blkback_abi_test_decode_discard(struct kunit *test)
{
	const struct blkback_abi_test_req *req = &blkback_abi_test_sample;
	struct blkif_request_segment seg[BLKIF_MAX_SEGS];
	u8 slot[BLKIF_MAX_SLOT];
	struct blkif_io io;
	u32 abi, flag;

	for (abi = 0; abi < BLKBACK_ABI_NR; abi++)
		for (flag = 0; flag < 256; flag++) {
			u8 want = flag & 1 ? BLKIF_IO_SECURE : 0;

			blkback_abi_test_discard(abi, req, flag, slot);
			memset(&io, BLKBACK_ABI_TEST_POISON, sizeof(io));
			blkback_abi_decode(blkback_abi_get(abi), slot, &io, seg);
			KUNIT_EXPECT_TRUE_MSG(test, io.op == 5 &&
					      io.flags == want && !io.nr_segs,
					      "abi %u flag %u: op %u flags %u",
					      abi, flag, io.op, io.flags);
			KUNIT_EXPECT_TRUE_MSG(test, io.id == req->id &&
					      io.sector == req->sector &&
					      io.nr_sectors == req->nr_sectors,
					      "abi %u flag %u", abi, flag);
		}
}

static void blkback_abi_test_one_indirect(struct kunit *test, u32 abi,
					  u32 inner, u32 nr)
{
	struct blkback_abi_test_req req = blkback_abi_test_sample;
	struct blkif_request_segment seg[BLKIF_MAX_SEGS];
	u8 slot[BLKIF_MAX_SLOT];
	struct blkif_io io;
	u32 i, touched = 0;

	req.inner = inner;
	req.nr = nr;
	blkback_abi_test_indirect(abi, &req, slot);
	memset(&io, BLKBACK_ABI_TEST_POISON, sizeof(io));
	memset(seg, BLKBACK_ABI_TEST_POISON, sizeof(seg));
	blkback_abi_decode(blkback_abi_get(abi), slot, &io, seg);

	KUNIT_EXPECT_TRUE_MSG(test, io.op == inner && io.nr_segs == nr &&
			      io.handle == 0xcafe &&
			      io.flags == BLKIF_IO_INDIRECT && !io.nr_sectors,
			      "abi %u inner %u nr %u", abi, inner, nr);
	KUNIT_EXPECT_TRUE_MSG(test, io.id == req.id && io.sector == req.sector,
			      "abi %u inner %u nr %u", abi, inner, nr);
	KUNIT_EXPECT_MEMEQ_MSG(test, io.frame, req.frame, sizeof(io.frame),
			       "abi %u inner %u nr %u", abi, inner, nr);
	for (i = 0; i < sizeof(seg); i++)
		touched |= ((u8 *)seg)[i] ^ BLKBACK_ABI_TEST_POISON;
	KUNIT_EXPECT_EQ(test, touched, 0);
}

static void blkback_abi_test_decode_indirect(struct kunit *test)
{
	static const u16 nr[] = {
		0, 1, 11, 12, 255, 256, 257, 512, 513, 4095, 4096, 4097, 65535,
	};
	u32 abi, inner, i;

	for (abi = 0; abi < BLKBACK_ABI_NR; abi++)
		for (inner = 0; inner < 256; inner++)
			for (i = 0; i < ARRAY_SIZE(nr); i++)
				blkback_abi_test_one_indirect(test, abi, inner,
							      nr[i]);
}

/* What the kernel's own struct says is the layout for the native one. */
static enum blkback_abi_id blkback_abi_test_native(void)
{
	return sizeof(struct blkif_request) == 112 ? BLKBACK_ABI_64 :
						     BLKBACK_ABI_32;
}

static void blkback_abi_test_native_rw(struct kunit *test)
{
	struct blkback_abi_test_req req = blkback_abi_test_sample;
	enum blkback_abi_id abi = blkback_abi_test_native();
	u8 slot[BLKIF_MAX_SLOT];
	struct blkif_request r;
	u32 i;

	memset(&r, 0, sizeof(r));
	req.op = BLKIF_OP_WRITE;
	req.nr = 11;
	r.operation = req.op;
	r.u.rw.nr_segments = req.nr;
	r.u.rw.handle = req.handle;
	r.u.rw.id = req.id;
	r.u.rw.sector_number = req.sector;
	for (i = 0; i < 11; i++) {
		r.u.rw.seg[i].gref = blkback_abi_test_gref(i);
		r.u.rw.seg[i].first_sect = i;
		r.u.rw.seg[i].last_sect = 0x80 + i;
	}
	blkback_abi_test_rw(abi, &req, slot);
	KUNIT_EXPECT_EQ(test, sizeof(r), (size_t)blkback_abi_get(abi)->slot_size);
	KUNIT_EXPECT_MEMEQ(test, (u8 *)&r, slot, sizeof(r));
}

static void blkback_abi_test_native_other(struct kunit *test)
{
	struct blkback_abi_test_req req = blkback_abi_test_sample;
	enum blkback_abi_id abi = blkback_abi_test_native();
	u8 slot[BLKIF_MAX_SLOT];
	struct blkif_request r;

	memset(&r, 0, sizeof(r));
	r.operation = BLKIF_OP_DISCARD;
	r.u.discard.flag = BLKIF_DISCARD_SECURE;
	r.u.discard._pad1 = req.handle;
	r.u.discard.id = req.id;
	r.u.discard.sector_number = req.sector;
	r.u.discard.nr_sectors = req.nr_sectors;
	blkback_abi_test_discard(abi, &req, 1, slot);
	KUNIT_EXPECT_MEMEQ(test, (u8 *)&r, slot, sizeof(r));

	memset(&r, 0, sizeof(r));
	r.operation = BLKIF_OP_INDIRECT;
	req.inner = BLKIF_OP_WRITE;
	req.nr = 4096;
	r.u.indirect.indirect_op = req.inner;
	r.u.indirect.nr_segments = req.nr;
	r.u.indirect.id = req.id;
	r.u.indirect.sector_number = req.sector;
	r.u.indirect.handle = req.handle;
	memcpy(r.u.indirect.indirect_grefs, req.frame, sizeof(req.frame));
	blkback_abi_test_indirect(abi, &req, slot);
	KUNIT_EXPECT_MEMEQ(test, (u8 *)&r, slot, sizeof(r));
}

/* Exact allocations, so that a byte read beyond either end is reported. */
static void blkback_abi_test_bounds(struct kunit *test)
{
	struct blkif_request_segment *seg;
	u32 id, op, nr;

	seg = kunit_kzalloc(test, BLKIF_MAX_SEGS * sizeof(*seg), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, seg);
	for (id = 0; id < BLKBACK_ABI_NR; id++) {
		const struct blkback_abi *abi = blkback_abi_get(id);
		u8 *slot = kunit_kzalloc(test, abi->slot_size, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, slot);
		memset(slot, 0xff, abi->slot_size);
		for (op = 0; op < 256; op++)
			for (nr = 0; nr < 256; nr += 15) {
				struct blkif_io io;

				slot[0] = op;
				slot[1] = nr;
				blkback_abi_decode(abi, slot, &io, seg);
				KUNIT_EXPECT_EQ(test, io.id, ~0ULL);
				KUNIT_EXPECT_EQ(test, io.sector, ~0ULL);
			}
	}
}

/* An answer leaks nothing of ours: its padding is zero, the rest is not ours. */
static void blkback_abi_test_encode_rsp(struct kunit *test)
{
	static const s16 status[] = { 0, -1, -2, 1, 32767, -32768 };
	u8 want[32], got[32];
	u32 id, i, op;

	for (id = 0; id < BLKBACK_ABI_NR; id++)
		for (op = 0; op < 256; op++)
			for (i = 0; i < ARRAY_SIZE(status); i++) {
				memset(want, BLKBACK_ABI_TEST_POISON, 32);
				memset(want, 0, id == BLKBACK_ABI_64 ? 16 : 12);
				blkback_abi_test_put(want,
						     0x1122334455667788ULL, 8);
				want[8] = op;
				blkback_abi_test_put(want + 10, (u16)status[i],
						     2);
				memset(got, BLKBACK_ABI_TEST_POISON, 32);
				blkback_abi_encode_rsp(blkback_abi_get(id), got,
						       0x1122334455667788ULL,
						       op, status[i]);
				KUNIT_EXPECT_MEMEQ_MSG(test, got, want, 32,
						       "abi %u op %u status %d",
						       id, op, status[i]);
			}
}

static void blkback_abi_test_native_rsp(struct kunit *test)
{
	const struct blkback_abi *abi = blkback_abi_get(blkback_abi_test_native());
	struct blkif_response rsp;

	KUNIT_ASSERT_EQ(test, sizeof(rsp), (size_t)abi->rsp_size);
	memset(&rsp, BLKBACK_ABI_TEST_POISON, sizeof(rsp));
	blkback_abi_encode_rsp(abi, (u8 *)&rsp, ~1ULL, BLKIF_OP_DISCARD,
			       BLKIF_RSP_EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, rsp.id, ~1ULL);
	KUNIT_EXPECT_EQ(test, rsp.operation, BLKIF_OP_DISCARD);
	KUNIT_EXPECT_EQ(test, rsp.status, BLKIF_RSP_EOPNOTSUPP);
}

static struct kunit_case blkback_abi_test_cases[] = {
	KUNIT_CASE(blkback_abi_test_sizes),
	KUNIT_CASE(blkback_abi_test_inside),
	KUNIT_CASE(blkback_abi_test_decode_rw),
	KUNIT_CASE(blkback_abi_test_decode_discard),
	KUNIT_CASE(blkback_abi_test_decode_indirect),
	KUNIT_CASE(blkback_abi_test_native_rw),
	KUNIT_CASE(blkback_abi_test_native_other),
	KUNIT_CASE(blkback_abi_test_bounds),
	KUNIT_CASE(blkback_abi_test_encode_rsp),
	KUNIT_CASE(blkback_abi_test_native_rsp),
	{}
};

static struct kunit_suite blkback_abi_test_suite = {
	.name = "xen_blkback_abi",
	.test_cases = blkback_abi_test_cases,
};

kunit_test_suite(blkback_abi_test_suite);

MODULE_DESCRIPTION("KUnit tests of the slot layouts of xen-blkback");
MODULE_LICENSE("GPL");
