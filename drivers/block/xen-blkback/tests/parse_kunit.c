// SPDX-License-Identifier: GPL-2.0-only
/*
 * The judge of requests: the checklist of malformed requests, and sweeps
 * against a second, naive statement of the rules.
 *
 * Layer: test of 0. Also built in user space by tools/testing/xen-blk.
 */
#include <kunit/test.h>
#include <linux/module.h>

#include "../parse.c"

#define BLKBACK_PARSE_TEST_SECTORS	80000

static struct blkback_geo blkback_parse_test_geo(void)
{
	return (struct blkback_geo) {
		.nr_sectors = BLKBACK_PARSE_TEST_SECTORS,
		.block_sectors = 1,
		.max_indirect = 256,
		.has_flush = true,
		.has_barrier = true,
		.has_discard = true,
		.has_secure = true,
	};
}

static struct blkif_io blkback_parse_test_io(u8 op, u8 flags, u16 nr)
{
	return (struct blkif_io) {
		.id = ~0ULL,
		.handle = 0xffff,
		.op = op,
		.flags = flags,
		.nr_segs = nr,
	};
}

/* One request header; the parser of headers must not change it. */
static int blkback_parse_test_req(struct kunit *test,
				  const struct blkback_geo *geo,
				  const struct blkif_io *io)
{
	struct blkif_io copy;
	int err;

	memcpy(&copy, io, sizeof(copy));
	err = blkback_parse_req(&copy, geo);
	KUNIT_EXPECT_MEMEQ_MSG(test, &copy, io, sizeof(copy),
			       "header changed, op %u", io->op);
	return err;
}

static void blkback_parse_test_ops(struct kunit *test)
{
	struct blkback_geo geo = blkback_parse_test_geo();
	u32 op;

	for (op = 0; op < 256; op++) {
		struct blkif_io io = blkback_parse_test_io(op, 0, 1);
		int want = op <= 3 || op == 5 ? 0 : -EOPNOTSUPP;

		KUNIT_EXPECT_EQ_MSG(test,
				    blkback_parse_test_req(test, &geo, &io),
				    want, "op %u", op);
	}
}

/* Each operation, each offer missing, each mode: which refusal comes first. */
static void blkback_parse_test_offers(struct kunit *test)
{
	static const struct {
		u8	op, flags;
		char	off;	/* which offer is missing */
		bool	is_readonly;
		int	want;
	} cases[] = {
		{ BLKIF_OP_READ, 0, 0, false, 0 },
		{ BLKIF_OP_READ, 0, 0, true, 0 },
		{ BLKIF_OP_READ, BLKIF_IO_INDIRECT, 0, false, 0 },
		{ BLKIF_OP_READ, BLKIF_IO_INDIRECT, 0, true, 0 },
		{ BLKIF_OP_READ, BLKIF_IO_INDIRECT, 'i', false, -EOPNOTSUPP },
		{ BLKIF_OP_READ, 0, 'i', false, 0 },
		{ BLKIF_OP_WRITE, 0, 0, false, 0 },
		{ BLKIF_OP_WRITE, 0, 0, true, -EROFS },
		{ BLKIF_OP_WRITE, BLKIF_IO_INDIRECT, 0, false, 0 },
		{ BLKIF_OP_WRITE, BLKIF_IO_INDIRECT, 0, true, -EROFS },
		{ BLKIF_OP_WRITE, BLKIF_IO_INDIRECT, 'i', true, -EOPNOTSUPP },
		{ BLKIF_OP_FLUSH_DISKCACHE, 0, 0, false, 0 },
		{ BLKIF_OP_FLUSH_DISKCACHE, 0, 0, true, -EROFS },
		{ BLKIF_OP_FLUSH_DISKCACHE, 0, 'f', false, -EOPNOTSUPP },
		{ BLKIF_OP_FLUSH_DISKCACHE, 0, 'f', true, -EOPNOTSUPP },
		{ BLKIF_OP_FLUSH_DISKCACHE, 0, 'b', false, 0 },
		{ BLKIF_OP_WRITE_BARRIER, 0, 0, false, 0 },
		{ BLKIF_OP_WRITE_BARRIER, 0, 0, true, -EROFS },
		{ BLKIF_OP_WRITE_BARRIER, 0, 'b', false, -EOPNOTSUPP },
		{ BLKIF_OP_WRITE_BARRIER, 0, 'b', true, -EOPNOTSUPP },
		{ BLKIF_OP_WRITE_BARRIER, 0, 'f', false, 0 },
		{ BLKIF_OP_DISCARD, 0, 0, false, 0 },
		{ BLKIF_OP_DISCARD, 0, 0, true, -EROFS },
		{ BLKIF_OP_DISCARD, 0, 'd', false, -EOPNOTSUPP },
		{ BLKIF_OP_DISCARD, 0, 'd', true, -EOPNOTSUPP },
		{ BLKIF_OP_DISCARD, 0, 's', false, 0 },
		{ BLKIF_OP_DISCARD, BLKIF_IO_SECURE, 0, false, 0 },
		{ BLKIF_OP_DISCARD, BLKIF_IO_SECURE, 0, true, -EROFS },
		{ BLKIF_OP_DISCARD, BLKIF_IO_SECURE, 's', false, -EOPNOTSUPP },
		{ BLKIF_OP_DISCARD, BLKIF_IO_SECURE, 's', true, -EROFS },
		{ BLKIF_OP_DISCARD, BLKIF_IO_SECURE, 'd', false, -EOPNOTSUPP },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct blkif_io io = blkback_parse_test_io(cases[i].op,
							   cases[i].flags, 1);
		struct blkback_geo geo = blkback_parse_test_geo();

		geo.is_readonly = cases[i].is_readonly;
		geo.has_flush = cases[i].off != 'f';
		geo.has_barrier = cases[i].off != 'b';
		geo.has_discard = cases[i].off != 'd';
		geo.has_secure = cases[i].off != 's';
		if (cases[i].off == 'i')
			geo.max_indirect = 0;
		KUNIT_EXPECT_EQ_MSG(test,
				    blkback_parse_test_req(test, &geo, &io),
				    cases[i].want, "case %u", i);
	}
}

/* The wire has eight bits for it, the canonical form sixteen: all of them. */
static void blkback_parse_test_nr_segs(struct kunit *test)
{
	struct blkback_geo geo = blkback_parse_test_geo();
	u32 op, nr;

	for (op = BLKIF_OP_READ; op <= BLKIF_OP_FLUSH_DISKCACHE; op++)
		for (nr = 0; nr < 65536; nr++) {
			struct blkif_io io = blkback_parse_test_io(op, 0, nr);
			u32 least = op <= BLKIF_OP_WRITE ? 1 : 0;
			int want = nr >= least && nr <= 11 ? 0 : -EINVAL;

			KUNIT_EXPECT_EQ_MSG(test,
				blkback_parse_req(&io, &geo), want,
				"op %u nr %u", op, nr);
		}
}

static void blkback_parse_test_nr_indirect(struct kunit *test)
{
	static const u16 max[] = { 1, 10, 11, 12, 256, 512, 4096 };
	struct blkback_geo geo = blkback_parse_test_geo();
	u32 op, nr, i;

	for (i = 0; i < ARRAY_SIZE(max); i++)
		for (op = BLKIF_OP_READ; op <= BLKIF_OP_WRITE; op++)
			for (nr = 0; nr < 65536; nr++) {
				struct blkif_io io = blkback_parse_test_io(op,
						BLKIF_IO_INDIRECT, nr);
				int want = nr && nr <= max[i] ? 0 : -EINVAL;

				geo.max_indirect = max[i];
				KUNIT_EXPECT_EQ_MSG(test,
					blkback_parse_req(&io, &geo), want,
					"op %u nr %u max %u", op, nr, max[i]);
			}
}

/* Inside an indirect request only reads and writes; above all no other one. */
static void blkback_parse_test_nesting(struct kunit *test)
{
	struct blkback_geo geo = blkback_parse_test_geo();
	u32 op;

	for (op = 0; op < 256; op++) {
		struct blkif_io io = blkback_parse_test_io(op,
						BLKIF_IO_INDIRECT, 1);
		int want = op <= 1 ? 0 : -EINVAL;

		geo.max_indirect = 256;
		KUNIT_EXPECT_EQ_MSG(test,
				    blkback_parse_test_req(test, &geo, &io),
				    want, "inner op %u", op);
		geo.max_indirect = 0;
		KUNIT_EXPECT_EQ_MSG(test,
				    blkback_parse_test_req(test, &geo, &io),
				    -EOPNOTSUPP, "inner op %u", op);
	}
}

static void blkback_parse_test_discard_range(struct kunit *test)
{
	static const struct {
		u64	sector, nr, size;
		int	want;
	} cases[] = {
		{ 0, 0, 0, 0 },
		{ 0, 1, 0, -ERANGE },
		{ 1, 0, 0, -ERANGE },
		{ 0, 1, 1, 0 },
		{ 1, 0, 1, 0 },
		{ 1, 1, 1, -ERANGE },
		{ 0, 2, 1, -ERANGE },
		{ 0, 1000, 1000, 0 },
		{ 999, 1, 1000, 0 },
		{ 999, 2, 1000, -ERANGE },
		{ 1000, 0, 1000, 0 },
		{ 1001, 0, 1000, -ERANGE },
		{ 0, 1001, 1000, -ERANGE },
		{ 500, 501, 1000, -ERANGE },
		{ 500, 500, 1000, 0 },
		/* the sum wraps to something small */
		{ 1, ~0ULL, 1000, -ERANGE },
		{ ~0ULL, 1, 1000, -ERANGE },
		{ ~0ULL, 2, 1000, -ERANGE },
		{ ~0ULL, ~0ULL, 1000, -ERANGE },
		{ 1ULL << 63, 1ULL << 63, 1000, -ERANGE },
		{ 1ULL << 55, 8, 1000, -ERANGE },
		{ 8, (1ULL << 55) - 8, 1000, -ERANGE },
		/* the largest disk there can be */
		{ 0, ~0ULL, ~0ULL, 0 },
		{ 1, ~0ULL, ~0ULL, -ERANGE },
		{ ~0ULL, 0, ~0ULL, 0 },
		{ ~0ULL - 1, 1, ~0ULL, 0 },
		{ ~0ULL - 1, 2, ~0ULL, -ERANGE },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct blkif_io io = blkback_parse_test_io(BLKIF_OP_DISCARD,
							   0, 0);
		struct blkback_geo geo = blkback_parse_test_geo();

		io.sector = cases[i].sector;
		io.nr_sectors = cases[i].nr;
		geo.nr_sectors = cases[i].size;
		KUNIT_EXPECT_EQ_MSG(test,
				    blkback_parse_test_req(test, &geo, &io),
				    cases[i].want, "case %u", i);
		io.flags = BLKIF_IO_SECURE;
		KUNIT_EXPECT_EQ_MSG(test,
				    blkback_parse_test_req(test, &geo, &io),
				    cases[i].want, "case %u, secure", i);
	}
}

static void blkback_parse_test_discard_align(struct kunit *test)
{
	struct blkback_geo geo = blkback_parse_test_geo();
	u32 block, sector, nr;

	for (block = 1; block <= 64; block *= 2) {
		geo.block_sectors = block;
		for (sector = 0; sector <= 65; sector++)
			for (nr = 0; nr <= 65; nr++) {
				struct blkif_io io = blkback_parse_test_io(
						BLKIF_OP_DISCARD, 0, 0);
				int want = sector % block || nr % block ?
					   -EINVAL : 0;

				io.sector = sector;
				io.nr_sectors = nr;
				KUNIT_EXPECT_EQ_MSG(test,
					blkback_parse_req(&io, &geo), want,
					"block %u sector %u nr %u",
					block, sector, nr);
			}
	}
}

/* A discard has no segments, whatever the slot says where others count them. */
static void blkback_parse_test_discard_segs(struct kunit *test)
{
	struct blkif_io io = blkback_parse_test_io(BLKIF_OP_DISCARD, 0, 0);
	struct blkback_geo geo = blkback_parse_test_geo();

	io.nr_sectors = 16;
	KUNIT_EXPECT_EQ(test, blkback_parse_test_req(test, &geo, &io), 0);
	KUNIT_EXPECT_EQ(test, io.nr_sectors, 16);
	geo.max_indirect = 0;
	KUNIT_EXPECT_EQ(test, blkback_parse_test_req(test, &geo, &io), 0);
}

/* Every pair of bytes, every block size, said the slow way round. */
static void blkback_parse_test_sectors(struct kunit *test)
{
	struct blkback_geo geo = blkback_parse_test_geo();
	u32 block, first, last;

	for (block = 1; block <= 8; block *= 2)
		for (first = 0; first < 256; first++)
			for (last = 0; last < 256; last++) {
				struct blkif_request_segment seg = {
					.gref = 1,
					.first_sect = first,
					.last_sect = last,
				};
				struct blkif_io io =
					blkback_parse_test_io(0, 0, 1);
				u32 count = 0, i;
				bool ok;

				for (i = first; i <= last && i < 8; i++)
					count++;
				ok = last < 8 && count &&
				     first % block == 0 && count % block == 0;
				geo.block_sectors = block;
				KUNIT_EXPECT_EQ_MSG(test,
					blkback_parse_segs(&io, &seg, &geo),
					ok ? 0 : -EINVAL,
					"block %u first %u last %u",
					block, first, last);
				KUNIT_EXPECT_EQ_MSG(test, io.nr_sectors,
						    ok ? count : 0,
						    "first %u last %u",
						    first, last);
			}
}

/* One bad segment among good ones, at every place, is found. */
static void blkback_parse_test_bad_place(struct kunit *test)
{
	static const struct {
		u8	first, last;
	} bad[] = {
		{ 1, 0 }, { 7, 6 }, { 0, 8 }, { 7, 8 }, { 8, 8 }, { 0, 255 },
		{ 255, 255 }, { 255, 0 }, { 8, 7 },
	};
	static const u16 nrs[] = { 1, 11, 256, 4096 };
	struct blkback_geo geo = blkback_parse_test_geo();
	struct blkif_request_segment *seg;
	u32 i, n, place;

	seg = kunit_kzalloc(test, 4096 * sizeof(*seg), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, seg);
	for (i = 0; i < 4096; i++)
		seg[i].last_sect = 7;
	for (n = 0; n < ARRAY_SIZE(nrs); n++)
		for (place = 0; place < nrs[n];
		     place += nrs[n] > 256 && place > 600 &&
			      place < 4000 ? 61 : 1)
			for (i = 0; i < ARRAY_SIZE(bad); i++) {
				struct blkif_io io = blkback_parse_test_io(
					BLKIF_OP_READ, 0, nrs[n]);

				seg[place].first_sect = bad[i].first;
				seg[place].last_sect = bad[i].last;
				KUNIT_EXPECT_EQ_MSG(test,
					blkback_parse_segs(&io, seg, &geo),
					-EINVAL, "nr %u place %u bad %u",
					nrs[n], place, i);
				KUNIT_EXPECT_EQ(test, io.nr_sectors, 0);
				seg[place].first_sect = 0;
				seg[place].last_sect = 7;
			}
}

/* Segments beyond the count are not looked at. */
static void blkback_parse_test_beyond(struct kunit *test)
{
	struct blkback_geo geo = blkback_parse_test_geo();
	struct blkif_request_segment *seg;
	u32 nr;

	for (nr = 1; nr <= 11; nr++) {
		struct blkif_io io = blkback_parse_test_io(0, 0, nr);

		/* Exactly that many, for the sanitizers. */
		seg = kunit_kzalloc(test, nr * sizeof(*seg), GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, seg);
		KUNIT_EXPECT_EQ(test, blkback_parse_segs(&io, seg, &geo), 0);
		KUNIT_EXPECT_EQ(test, io.nr_sectors, nr);
	}
}

static void blkback_parse_test_total(struct kunit *test)
{
	struct blkback_geo geo = blkback_parse_test_geo();
	struct blkif_request_segment *seg;
	u64 want = 0;
	u32 i, nr;

	seg = kunit_kzalloc(test, 4096 * sizeof(*seg), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, seg);
	for (i = 0; i < 4096; i++) {
		seg[i].gref = i;
		seg[i].first_sect = i % 5;
		seg[i].last_sect = i % 5 + i % 3;
	}
	for (nr = 0; nr < 4096; nr++) {
		struct blkif_io io = blkback_parse_test_io(0, 0, nr);

		/* A stale length must not survive. */
		io.nr_sectors = ~0ULL;
		KUNIT_EXPECT_EQ(test, blkback_parse_segs(&io, seg, &geo), 0);
		KUNIT_EXPECT_EQ_MSG(test, io.nr_sectors, want, "nr %u", nr);
		want += nr % 3 + 1;
	}
}

static void blkback_parse_test_range(struct kunit *test)
{
	static const struct {
		u64	sector, size;
		u32	len;	/* 1..8 in one segment */
		int	want;
	} cases[] = {
		{ 0, 1, 1, 0 },
		{ 0, 0, 1, -ERANGE },
		{ 0, 7, 8, -ERANGE },
		{ 0, 8, 8, 0 },
		{ 1, 8, 8, -ERANGE },
		{ 999, 1000, 1, 0 },
		{ 999, 1000, 2, -ERANGE },
		{ 998, 1000, 2, 0 },
		{ 1000, 1000, 1, -ERANGE },
		{ 1001, 1000, 1, -ERANGE },
		{ 1ULL << 32, 1000, 1, -ERANGE },
		{ 1ULL << 55, 1000, 1, -ERANGE },
		{ 1ULL << 63, 1000, 8, -ERANGE },
		{ ~0ULL, 1000, 1, -ERANGE },
		{ ~0ULL, 1000, 2, -ERANGE },
		{ ~0ULL - 6, 1000, 7, -ERANGE },
		{ ~0ULL - 6, 1000, 8, -ERANGE },
		{ ~0ULL - 7, 1000, 8, -ERANGE },
		{ ~0ULL, ~0ULL, 1, -ERANGE },
		{ ~0ULL - 1, ~0ULL, 1, 0 },
		{ ~0ULL - 8, ~0ULL, 8, 0 },
		{ ~0ULL - 7, ~0ULL, 8, -ERANGE },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct blkif_request_segment seg = {
			.last_sect = cases[i].len - 1,
		};
		struct blkif_io io = blkback_parse_test_io(0, 0, 1);
		struct blkback_geo geo = blkback_parse_test_geo();
		u64 len = cases[i].want ? 0 : cases[i].len;

		io.sector = cases[i].sector;
		geo.nr_sectors = cases[i].size;
		KUNIT_EXPECT_EQ_MSG(test, blkback_parse_segs(&io, &seg, &geo),
				    cases[i].want, "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, io.nr_sectors, len, "case %u", i);
		KUNIT_EXPECT_EQ(test, io.sector, cases[i].sector);
	}
}

/* Many segments on a small disk, and the last that still fits. */
static void blkback_parse_test_range_many(struct kunit *test)
{
	struct blkback_geo geo = blkback_parse_test_geo();
	struct blkif_request_segment *seg;
	u32 i, nr;

	seg = kunit_kzalloc(test, 4096 * sizeof(*seg), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, seg);
	for (i = 0; i < 4096; i++)
		seg[i].last_sect = 7;
	for (nr = 1; nr <= 4096; nr++) {
		struct blkif_io io = blkback_parse_test_io(0, 0, nr);

		io.sector = 1000;
		geo.nr_sectors = 1000 + nr * 8;
		KUNIT_EXPECT_EQ_MSG(test, blkback_parse_segs(&io, seg, &geo),
				    0, "nr %u", nr);
		KUNIT_EXPECT_EQ(test, io.nr_sectors, nr * 8);
		geo.nr_sectors--;
		KUNIT_EXPECT_EQ_MSG(test, blkback_parse_segs(&io, seg, &geo),
				    -ERANGE, "nr %u", nr);
		KUNIT_EXPECT_EQ(test, io.nr_sectors, 0);
	}
}

/* A disk of 4 KiB blocks, and ones whose block is larger than a page. */
static void blkback_parse_test_blocks(struct kunit *test)
{
	struct blkback_geo geo = blkback_parse_test_geo();
	struct blkif_request_segment seg[11];
	u32 block, sector, nr;

	memset(seg, 0, sizeof(seg));
	for (nr = 0; nr < 11; nr++)
		seg[nr].last_sect = 7;
	for (block = 1; block <= 128; block *= 2)
		for (sector = 0; sector <= 129; sector++)
			for (nr = 1; nr <= 11; nr++) {
				struct blkif_io io =
					blkback_parse_test_io(0, 0, nr);
				bool ok = sector % block == 0 &&
					  nr * 8 % block == 0;

				io.sector = sector;
				geo.block_sectors = block;
				KUNIT_EXPECT_EQ_MSG(test,
					blkback_parse_segs(&io, seg, &geo),
					ok ? 0 : -EINVAL,
					"block %u sector %u nr %u",
					block, sector, nr);
			}
}

/* Half pages never make up a block that is a page or larger. */
static void blkback_parse_test_half_pages(struct kunit *test)
{
	static const struct blkif_request_segment seg[] = {
		{ .first_sect = 0, .last_sect = 3 },
		{ .first_sect = 4, .last_sect = 7 },
	};
	struct blkback_geo geo = blkback_parse_test_geo();
	u32 block;

	for (block = 1; block <= 64; block *= 2) {
		struct blkif_io io = blkback_parse_test_io(0, 0, 2);

		geo.block_sectors = block;
		KUNIT_EXPECT_EQ_MSG(test, blkback_parse_segs(&io, seg, &geo),
				    block <= 4 ? 0 : -EINVAL, "block %u", block);
	}
}

/* Ends within a block that add up to whole blocks are still refused. */
static void blkback_parse_test_half_blocks(struct kunit *test)
{
	struct blkback_geo geo = blkback_parse_test_geo();
	u32 block;

	for (block = 2; block <= 8; block *= 2) {
		struct blkif_request_segment seg[2] = {
			{ .first_sect = 0, .last_sect = block / 2 - 1 },
			{ .first_sect = 0, .last_sect = block / 2 - 1 },
		};
		struct blkif_io io = blkback_parse_test_io(0, 0, 2);

		geo.block_sectors = block;
		KUNIT_EXPECT_EQ_MSG(test, blkback_parse_segs(&io, seg, &geo),
				    -EINVAL, "ends, block %u", block);
		seg[0].first_sect = block / 2;
		seg[0].last_sect = block - 1;
		seg[1] = seg[0];
		KUNIT_EXPECT_EQ_MSG(test, blkback_parse_segs(&io, seg, &geo),
				    -EINVAL, "starts, block %u", block);
		geo.block_sectors = block / 2;
		KUNIT_EXPECT_EQ_MSG(test, blkback_parse_segs(&io, seg, &geo),
				    0, "block %u", block / 2);
	}
}

/* An empty flush may name any sector. */
static void blkback_parse_test_empty(struct kunit *test)
{
	static const u64 sector[] = { 0, 1, 7, 1ULL << 55, ~0ULL };
	struct blkback_geo geo = blkback_parse_test_geo();
	u32 i;

	geo.nr_sectors = 0;
	geo.block_sectors = 8;
	for (i = 0; i < ARRAY_SIZE(sector); i++) {
		struct blkif_io io = blkback_parse_test_io(
					BLKIF_OP_FLUSH_DISKCACHE, 0, 0);

		io.sector = sector[i];
		io.nr_sectors = ~0ULL;
		KUNIT_EXPECT_EQ(test, blkback_parse_req(&io, &geo), 0);
		KUNIT_EXPECT_EQ(test, blkback_parse_segs(&io, NULL, &geo), 0);
		KUNIT_EXPECT_EQ(test, io.nr_sectors, 0);
	}
}

/* Regression: the check of segments took a discard's length away. */
static void blkback_parse_test_discard_length(struct kunit *test)
{
	struct blkback_geo geo = blkback_parse_test_geo();
	struct blkif_io io = blkback_parse_test_io(BLKIF_OP_DISCARD, 0, 0);

	io.nr_sectors = 4096;
	KUNIT_EXPECT_EQ(test, blkback_parse_req(&io, &geo), 0);
	KUNIT_EXPECT_EQ(test, blkback_parse_segs(&io, NULL, &geo), 0);
	KUNIT_EXPECT_EQ(test, io.nr_sectors, 4096ULL);
}

static struct kunit_case blkback_parse_test_cases[] = {
	KUNIT_CASE(blkback_parse_test_ops),
	KUNIT_CASE(blkback_parse_test_offers),
	KUNIT_CASE(blkback_parse_test_nr_segs),
	KUNIT_CASE(blkback_parse_test_nr_indirect),
	KUNIT_CASE(blkback_parse_test_nesting),
	KUNIT_CASE(blkback_parse_test_discard_range),
	KUNIT_CASE(blkback_parse_test_discard_align),
	KUNIT_CASE(blkback_parse_test_discard_segs),
	KUNIT_CASE(blkback_parse_test_discard_length),
	KUNIT_CASE(blkback_parse_test_sectors),
	KUNIT_CASE(blkback_parse_test_bad_place),
	KUNIT_CASE(blkback_parse_test_beyond),
	KUNIT_CASE(blkback_parse_test_total),
	KUNIT_CASE(blkback_parse_test_range),
	KUNIT_CASE(blkback_parse_test_range_many),
	KUNIT_CASE(blkback_parse_test_blocks),
	KUNIT_CASE(blkback_parse_test_half_pages),
	KUNIT_CASE(blkback_parse_test_half_blocks),
	KUNIT_CASE(blkback_parse_test_empty),
	{}
};

static struct kunit_suite blkback_parse_test_suite = {
	.name = "xen_blkback_parse",
	.test_cases = blkback_parse_test_cases,
};

kunit_test_suite(blkback_parse_test_suite);

MODULE_DESCRIPTION("KUnit tests of the request parser of xen-blkback");
MODULE_LICENSE("GPL");
