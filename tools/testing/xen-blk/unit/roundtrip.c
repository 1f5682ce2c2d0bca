// SPDX-License-Identifier: GPL-2.0-only
/*
 * Both halves in one process, without rings and grants: what the front encodes
 * the back must decode and accept unchanged, and the front must know the answer
 * as its own. Then the same with bytes damaged on the way.
 */
#include <kunit/test.h>

#include "../../../../drivers/block/xen-blkfront/wire.c"
#include "../../../../drivers/block/xen-blkfront/limits.c"
#include "../../../../drivers/block/xen-blkback/abi.c"
#include "../../../../drivers/block/xen-blkback/parse.c"
#include "../../../../drivers/block/xen-blkback/limits.c"
#include "rand.h"

#define ROUNDTRIP_RUNS	200000

struct roundtrip {
	u64				rand;
	struct blkback_geo		geo;
	struct blkif_io			io;
	struct blkif_request_segment	seg[BLKIF_MAX_INDIRECT_SEGS];
	union {
		struct blkif_request	req;
		u8			byte[BLKIF_MAX_SLOT];
	} slot;
};

static void roundtrip_geo(struct roundtrip *rt)
{
	struct blkback_geo *geo = &rt->geo;

	*geo = (struct blkback_geo) {
		.block_sectors = 1U << rand_below(&rt->rand, 4),
		.max_indirect = 4096,
		.has_flush = true,
		.has_barrier = true,
		.has_discard = true,
		.has_secure = true,
	};
	geo->nr_sectors = 40000 + (rand_u64(&rt->rand) >> rand_below(&rt->rand, 50));
	/* the addition wrapped */
	if (geo->nr_sectors < 40000)
		geo->nr_sectors = ~0ULL;
}

/* Segments of whole blocks; returns their sectors. */
static u64 roundtrip_segs(struct roundtrip *rt, u32 nr)
{
	u32 block = rt->geo.block_sectors;
	u64 total = 0;
	u32 i;

	for (i = 0; i < nr; i++) {
		u32 per_page = 8 / block;
		u32 first = rand_below(&rt->rand, per_page);
		u32 len = 1 + rand_below(&rt->rand, per_page - first);

		memset(&rt->seg[i], 0, sizeof(rt->seg[i]));
		rt->seg[i].gref = rand_u64(&rt->rand);
		rt->seg[i].first_sect = first * block;
		rt->seg[i].last_sect = (first + len) * block - 1;
		total += len * block;
	}
	return total;
}

/* A request that a correct front may make of that disk. */
static void roundtrip_request(struct roundtrip *rt)
{
	static const u8 ops[] = { 0, 0, 1, 1, 2, 3, 5 };
	u32 block = rt->geo.block_sectors;
	struct blkif_io *io = &rt->io;
	u64 room;
	u32 i;

	memset(io, 0, sizeof(*io));
	io->id = rand_u64(&rt->rand);
	io->op = ops[rand_below(&rt->rand, sizeof(ops))];
	if (io->op == BLKIF_OP_DISCARD) {
		io->nr_sectors = rand_below(&rt->rand, 40000 / block) * block;
		io->flags = rand_below(&rt->rand, 2) ? BLKIF_IO_SECURE : 0;
	} else {
		io->handle = rand_u64(&rt->rand);
		io->nr_segs = rand_below(&rt->rand, 12);
		if (io->op <= BLKIF_OP_WRITE && rand_below(&rt->rand, 2)) {
			io->flags = BLKIF_IO_INDIRECT;
			io->nr_segs = 1 + rand_below(&rt->rand,
						     rand_below(&rt->rand, 50) ?
						     64 : 4096);
		} else if (io->op <= BLKIF_OP_WRITE && !io->nr_segs) {
			io->nr_segs = 11;
		}
		io->nr_sectors = roundtrip_segs(rt, io->nr_segs);
	}
	if (io->flags & BLKIF_IO_INDIRECT)
		for (i = 0; i < (io->nr_segs + 511) / 512; i++)
			io->frame[i] = rand_u64(&rt->rand);
	/* Anywhere on the disk, its last block most of all. */
	room = (rt->geo.nr_sectors - io->nr_sectors) / block;
	io->sector = (rand_below(&rt->rand, 3) ?
		      rand_u64(&rt->rand) % (room + 1) : room) * block;
}

/* The 32-bit layout of the same request: all but the padding moves up. */
static void roundtrip_to_32(u8 *slot)
{
	memmove(slot + 4, slot + 8, BLKIF_MAX_SLOT - 8);
}

static int roundtrip_back(struct roundtrip *rt, enum blkback_abi_id id,
			  struct blkif_io *io)
{
	struct blkif_request_segment inner[BLKIF_MAX_SEGS];
	const struct blkif_request_segment *seg = inner;
	int err;

	blkback_abi_decode(blkback_abi_get(id), rt->slot.byte, io, inner);
	err = blkback_parse_req(io, &rt->geo);
	if (err || io->op == BLKIF_OP_DISCARD)
		return err;
	/* What a grant copy of the frames would have fetched. */
	if (io->flags & BLKIF_IO_INDIRECT)
		seg = rt->seg;
	else if (memcmp(seg, rt->seg, io->nr_segs * sizeof(*seg)))
		return -EIO;
	return blkback_parse_segs(io, seg, &rt->geo);
}

static void roundtrip_answer(struct kunit *test, enum blkback_abi_id id,
			     const struct blkif_io *io)
{
	struct blkif_response rsp;
	s16 status = -(s16)(io->id % 3);
	u8 bytes[16];

	memset(bytes, 0, sizeof(bytes));
	blkback_abi_encode_rsp(blkback_abi_get(id), bytes, io->id, io->op,
			       status);
	memcpy(&rsp, bytes, sizeof(rsp));
	KUNIT_EXPECT_EQ(test, rsp.id, io->id);
	KUNIT_EXPECT_EQ(test, rsp.status, status);
	KUNIT_EXPECT_EQ(test, blkfront_wire_check(&rsp, true, io->op,
						  io->flags & BLKIF_IO_INDIRECT),
			BLKFRONT_RSP_GOOD);
}

static void roundtrip_good(struct kunit *test)
{
	struct roundtrip *rt = kunit_kzalloc(test, sizeof(*rt), GFP_KERNEL);
	u32 run, id, i;

	rt->rand = 0x853c49e6748fea9bULL;
	for (run = 0; run < ROUNDTRIP_RUNS; run++) {
		roundtrip_geo(rt);
		roundtrip_request(rt);
		blkfront_wire_encode(&rt->io, rt->seg,
				     &rt->slot.req);
		for (id = 0; id < BLKBACK_ABI_NR; id++) {
			struct blkif_io got;

			if (id == BLKBACK_ABI_32)
				roundtrip_to_32(rt->slot.byte);
			KUNIT_EXPECT_EQ_MSG(test, roundtrip_back(rt, id, &got),
					    0, "run %u abi %u op %u flags %u",
					    run, id, rt->io.op, rt->io.flags);
			/* A slot has what was there before beyond those. */
			for (i = blkif_nr_frames(got.nr_segs);
			     i < BLKIF_MAX_FRAMES; i++)
				got.frame[i] = 0;
			KUNIT_EXPECT_MEMEQ_MSG(test, &got, &rt->io, sizeof(got),
					       "run %u abi %u", run, id);
			roundtrip_answer(test, id, &got);
		}
	}
}

/* After "accepted" everything that the layers above rely on is so. */
static void roundtrip_invariants(struct kunit *test, struct roundtrip *rt,
				 const struct blkif_io *io, u32 run)
{
	u64 end = io->sector + io->nr_sectors;
	u32 max = io->flags & BLKIF_IO_INDIRECT ? rt->geo.max_indirect : 11;

	KUNIT_EXPECT_TRUE_MSG(test, io->op <= 3 || io->op == 5, "run %u", run);
	KUNIT_EXPECT_LE_MSG(test, io->nr_segs, max, "run %u", run);
	KUNIT_EXPECT_LE_MSG(test, blkif_nr_frames(io->nr_segs), 8, "run %u",
			    run);
	if (!io->nr_sectors)
		return;
	KUNIT_EXPECT_TRUE_MSG(test, end > io->sector &&
			      end <= rt->geo.nr_sectors, "run %u", run);
	KUNIT_EXPECT_FALSE_MSG(test, (io->sector | io->nr_sectors) %
			       rt->geo.block_sectors, "run %u", run);
}

static void roundtrip_damaged(struct kunit *test)
{
	struct roundtrip *rt = kunit_kzalloc(test, sizeof(*rt), GFP_KERNEL);
	u32 run, flips, refused = 0;

	rt->rand = 0xda3e39cb94b95bdbULL;
	for (run = 0; run < ROUNDTRIP_RUNS; run++) {
		u32 id = rand_below(&rt->rand, BLKBACK_ABI_NR);
		struct blkif_io got;

		roundtrip_geo(rt);
		roundtrip_request(rt);
		blkfront_wire_encode(&rt->io, rt->seg,
				     &rt->slot.req);
		if (id == BLKBACK_ABI_32)
			roundtrip_to_32(rt->slot.byte);
		for (flips = 1 + rand_below(&rt->rand, 3); flips; flips--)
			rt->slot.byte[rand_below(&rt->rand, 40)] ^=
				1U << rand_below(&rt->rand, 8);
		if (roundtrip_back(rt, id, &got))
			refused++;
		else
			roundtrip_invariants(test, rt, &got, run);
	}
	/* If it refused none, or all, this case tests nothing. */
	KUNIT_EXPECT_GT(test, refused, ROUNDTRIP_RUNS / 10);
	KUNIT_EXPECT_LT(test, refused, ROUNDTRIP_RUNS / 10 * 9);
}

/* Whatever our back offers and our front allows, the two come to terms. */
static void roundtrip_one_deal(struct kunit *test,
			       const struct blkback_offer *back,
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

static void roundtrip_deal(struct kunit *test)
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

					roundtrip_one_deal(test, &back, &allow);
				}
}

static struct kunit_case roundtrip_cases[] = {
	KUNIT_CASE(roundtrip_good),
	KUNIT_CASE(roundtrip_damaged),
	KUNIT_CASE(roundtrip_deal),
	{}
};

static struct kunit_suite roundtrip_suite = {
	.name = "roundtrip",
	.test_cases = roundtrip_cases,
};
kunit_test_suite(roundtrip_suite);
