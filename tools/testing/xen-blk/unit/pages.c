// SPDX-License-Identifier: GPL-2.0-only
/*
 * The front's ring and grants where a page of the guest is not the 4 KiB of the
 * protocol: each program is built with another size of pages. The back here is
 * the grant table's other end: it sees what a grant covers and nothing else.
 */
#include <kunit/test.h>

#include "../../../../drivers/block/xen-blkfront/wire.c"
#include "../../../../drivers/block/xen-blkfront/pace.c"
#include "../../../../drivers/block/xen-blkfront/ring.c"
#include "../../../../drivers/block/xen-blkfront/grant.c"
#include "../../../../drivers/block/xen-blkfront/hold.c"
#include "rand.h"

#define PAGES_RUNS	2000
#define PAGES_DOMID	3

struct pages_rq {
	struct request		rq;
	struct blkfront_req	req;
};

struct pages {
	u64			rand;
	struct xenbus_device	xbdev;
	struct blkfront_dev	dev;
	struct blkfront_ring	ring;
	struct pages_rq		rq;
	u8			vec_pages[MOCK_VECS];
	struct blkif_io		io;
	struct blkif_request_segment seg[BLKIF_MAX_SEGS];
};

static struct pages *pages_setup(struct kunit *test)
{
	struct pages *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);

	if (!mock_memory)
		mock_memory_init();
	mock_alloc_left = -1;
	p->rand = 0x9e3779b97f4a7c15ULL;
	p->xbdev.otherend_id = PAGES_DOMID;
	p->dev.xbdev = &p->xbdev;
	p->dev.is_trusted = true;
	p->ring.dev = &p->dev;
	return p;
}

/* Nothing is left that was taken. */
static void pages_check_clean(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, mock_pages_used, 0);
	KUNIT_EXPECT_EQ(test, mock_grants_taken, 0);
	KUNIT_EXPECT_EQ(test, mock_vmaps, 0);
}

static struct mock_grant *pages_grant(struct kunit *test, grant_ref_t ref)
{
	struct mock_grant *grant;

	KUNIT_ASSERT_TRUE(test, ref > 0 && ref < MOCK_GRANTS);
	grant = &mock_grant[ref];
	KUNIT_ASSERT_TRUE(test, grant->is_granted);
	KUNIT_ASSERT_EQ(test, grant->domid, PAGES_DOMID);
	return grant;
}

/* --- the ring --- */

static int pages_connect(struct pages *p, u32 nr)
{
	return blkfront_ring_connect(&p->ring, nr, NULL);
}

/* What the front writes at byte n the back sees at n % 4096 of its page. */
static void pages_ring_lies(struct kunit *test)
{
	struct pages *p = pages_setup(test);
	u32 order, i, n;

	for (order = 0; order <= BLKIF_MAX_RING_ORDER; order++) {
		u32 nr = 1U << order;
		u8 *ours;

		KUNIT_ASSERT_EQ(test, pages_connect(p, nr), 0);
		KUNIT_EXPECT_EQ(test, p->ring.nr_pages, nr);
		KUNIT_EXPECT_EQ(test, mock_pages_used,
				DIV_ROUND_UP(nr, XEN_PFN_PER_PAGE));
		ours = (u8 *)p->ring.shared;
		for (i = 0; i < nr * BLKIF_PAGE_SIZE; i++)
			ours[i] = i * 7 + i / 251 + i / BLKIF_PAGE_SIZE;
		for (i = 0; i < nr; i++) {
			const u8 *theirs = mock_gfn(pages_grant(test,
							p->ring.gref[i])->gfn);

			KUNIT_EXPECT_FALSE(test,
				pages_grant(test, p->ring.gref[i])->is_readonly);
			for (n = 0; n < BLKIF_PAGE_SIZE; n++)
				if (theirs[n] != ours[i * BLKIF_PAGE_SIZE + n])
					break;
			KUNIT_EXPECT_EQ_MSG(test, n, BLKIF_PAGE_SIZE,
					    "ring page %u of %u", i, nr);
		}
		blkfront_ring_disconnect(&p->ring);
		pages_check_clean(test);
	}
}

/* A page that the back still has is not free before it lets go. */
static void pages_ring_mapped(struct kunit *test)
{
	struct pages *p = pages_setup(test);
	u32 run, i;

	for (run = 0; run < PAGES_RUNS; run++) {
		u32 nr = 1U << rand_below(&p->rand, BLKIF_MAX_RING_ORDER + 1);
		u8 kept[BLKIF_MAX_RING_PAGES] = { };
		u32 mapped = 0, pages = 0;

		KUNIT_ASSERT_EQ(test, pages_connect(p, nr), 0);
		for (i = 0; i < nr; i++) {
			if (rand_below(&p->rand, 3))
				continue;
			mock_grant_of(p->ring.gref[i])->is_mapped = true;
			mapped++;
			pages += !kept[i / XEN_PFN_PER_PAGE]++;
		}
		blkfront_ring_disconnect(&p->ring);
		KUNIT_EXPECT_EQ(test, mock_grants_taken, mapped);
		KUNIT_EXPECT_EQ(test, mock_pages_used, pages);
		KUNIT_EXPECT_EQ(test, mock_back_lets_go(), mapped);
		pages_check_clean(test);
	}
}

/* Whichever step fails, what the ones before took is given back. */
static void pages_ring_fails(struct kunit *test)
{
	struct pages *p = pages_setup(test);
	u32 order, step;

	for (order = 0; order <= BLKIF_MAX_RING_ORDER; order++) {
		int err = -1;

		for (step = 0; err; step++) {
			mock_alloc_left = step;
			err = pages_connect(p, 1U << order);
			if (!err)
				break;
			KUNIT_EXPECT_EQ(test, p->ring.nr_pages, 0);
			pages_check_clean(test);
		}
		mock_alloc_left = -1;
		blkfront_ring_disconnect(&p->ring);
		/* a grant a ring page, its memory, mapping, event, handler */
		KUNIT_EXPECT_EQ(test, step, (1U << order) + 3 +
				DIV_ROUND_UP(1U << order, XEN_PFN_PER_PAGE));
		pages_check_clean(test);
	}
}

/* --- requests --- */

/* One sector, each byte of it another. */
static void pages_fill(u8 *sector, u64 seed)
{
	u32 i;

	for (i = 0; i < 512; i += sizeof(seed), seed = seed * 0x5851f42d4c957f2dULL + 1)
		memcpy(sector + i, &seed, sizeof(seed));
}

/* Memory at any sector, some of it over several pages that follow each other. */
static u32 pages_rq_make(struct pages *p, int dir, u32 max_vecs)
{
	struct request *rq = &p->rq.rq;
	u32 bytes = 0, i, n, at;

	rq->dir = dir;
	rq->nr_vecs = 1 + rand_below(&p->rand, max_vecs);
	for (i = 0; i < rq->nr_vecs; i++) {
		struct bio_vec *bv = &rq->vec[i];
		u32 pages = 1 + !rand_below(&p->rand, 4) *
				rand_below(&p->rand, 3);
		u32 sectors = pages * (PAGE_SIZE / BLKIF_SECTOR_SIZE);
		u32 first = rand_below(&p->rand, 2) ? 0 :
			    rand_below(&p->rand, sectors);

		/* Wherever the memory has that many in a row. */
		mock_page_next = rand_below(&p->rand, MOCK_PAGES - pages);
		bv->bv_page = alloc_page(0);
		for (n = 1; n < pages; n++) {
			struct page *next = bv->bv_page + n;

			if (next == mock_page + MOCK_PAGES || next->count)
				break;
			mock_page_next = next - mock_page;
			alloc_page(0);
		}
		p->vec_pages[i] = n;
		sectors = n * (PAGE_SIZE / BLKIF_SECTOR_SIZE);
		if (first >= sectors)
			first = 0;
		bv->bv_offset = first * BLKIF_SECTOR_SIZE;
		bv->bv_len = (1 + rand_below(&p->rand, sectors - first)) *
			     BLKIF_SECTOR_SIZE;
		for (at = 0; at < bv->bv_len; at += 512)
			pages_fill((u8 *)page_address(bv->bv_page) +
				   bv->bv_offset + at, rand_u64(&p->rand));
		bytes += bv->bv_len;
	}
	return bytes;
}

/* Its memory is freed, but for what the grant table keeps. */
static void pages_rq_free(struct pages *p)
{
	struct request *rq = &p->rq.rq;
	u32 i, n;

	for (i = 0; i < rq->nr_vecs; i++)
		for (n = 0; n < p->vec_pages[i]; n++)
			put_page(rq->vec[i].bv_page + n);
}

/* The request's sector that begins at byte @at of it. */
static u8 *pages_rq_sector(struct pages *p, u32 at)
{
	struct bio_vec *bv = p->rq.rq.vec;

	for (; at >= bv->bv_len; bv++)
		at -= bv->bv_len;
	return (u8 *)page_address(bv->bv_page) + bv->bv_offset + at;
}

static blk_status_t pages_take(struct pages *p)
{
	p->rq.req = (struct blkfront_req) { };
	p->io = (struct blkif_io) { };
	return blkfront_grant_take(&p->ring, &p->rq.rq, &p->rq.req, &p->io,
				   p->seg);
}

/* As the end of a request does it; of a batch, pages are given back together. */
static void pages_give(struct pages *p, struct pages_rq *rq, bool is_good)
{
	LIST_HEAD(pages);
	u32 nr = blkfront_grant_gather(&rq->rq, &rq->req, is_good, &pages);

	blkfront_grant_give(&p->ring, &pages, nr);
}

/* Segment @i as the back finds it: in the slot, or in a frame that it maps. */
static struct blkif_request_segment pages_seg(struct kunit *test,
					      struct pages *p, u32 i)
{
	struct blkif_request_segment seg;
	u32 frame = i / 512, at = i % 512 * sizeof(seg);

	if (!(p->io.flags & BLKIF_IO_INDIRECT))
		return p->seg[i];
	memcpy(&seg, mock_gfn(pages_grant(test, p->io.frame[frame])->gfn) + at,
	       sizeof(seg));
	return seg;
}

/*
 * The back does the request, on what its segments reach and in their order:
 * it writes to the disk what must be the request's data, or fills in new data.
 */
static void pages_back(struct kunit *test, struct pages *p)
{
	bool is_write = p->rq.rq.dir == WRITE;
	bool is_direct = !p->rq.req.is_bounced;
	u32 i, at, done = 0, bad = 0;

	KUNIT_ASSERT_TRUE(test, p->io.nr_segs <= p->dev.geo.max_segs);
	KUNIT_EXPECT_EQ(test, !!(p->io.flags & BLKIF_IO_INDIRECT),
			p->io.nr_segs > BLKIF_MAX_SEGS);
	for (i = 0; i < p->io.nr_segs; i++) {
		struct blkif_request_segment seg = pages_seg(test, p, i);
		struct mock_grant *grant = pages_grant(test, seg.gref);
		u8 *theirs = mock_gfn(grant->gfn);

		KUNIT_ASSERT_TRUE(test, seg.first_sect <= seg.last_sect &&
				  seg.last_sect < 8);
		KUNIT_EXPECT_EQ(test, grant->is_readonly, is_direct && is_write);
		for (at = seg.first_sect * 512; at < (seg.last_sect + 1) * 512U;
		     at += 512, done += 512) {
			u8 *ours = pages_rq_sector(p, done);

			if (is_direct)
				bad += ours != theirs + at;
			else if (is_write)
				bad += !!memcmp(ours, theirs + at, 512);
			else
				pages_fill(theirs + at, done);
		}
	}
	KUNIT_EXPECT_EQ(test, bad, 0);
	KUNIT_EXPECT_EQ(test, done, p->rq.req.nr_bytes);
}

static void pages_read_arrived(struct kunit *test, struct pages *p, u32 bytes)
{
	u8 want[512];
	u32 i, bad = 0;

	for (i = 0; i < bytes; i += 512) {
		pages_fill(want, i);
		bad += !!memcmp(pages_rq_sector(p, i), want, 512);
	}
	KUNIT_EXPECT_EQ(test, bad, 0);
}

/* As large as the limits promise, or as the request is. */
static void pages_check_bytes(struct kunit *test, struct pages *p, u32 bytes)
{
	KUNIT_EXPECT_LE(test, p->rq.req.nr_bytes, bytes);
	if (p->rq.req.nr_bytes < bytes)
		KUNIT_EXPECT_EQ(test, p->io.nr_segs, p->dev.geo.max_segs);
}

static void pages_rq_sweep(struct kunit *test, bool is_persistent,
			   bool is_trusted)
{
	static const u32 max_segs[] = { 11, 16, 32, 256, 600 };
	struct pages *p = pages_setup(test);
	u32 run, partial = 0, indirect = 0;

	p->dev.geo.is_persistent = is_persistent;
	p->dev.is_trusted = is_trusted;
	KUNIT_ASSERT_EQ(test, blkfront_grant_init(&p->ring), 0);
	for (run = 0; run < PAGES_RUNS / 4; run++) {
		int dir = rand_below(&p->rand, 2) ? WRITE : READ;
		u32 bytes = pages_rq_make(p, dir, rand_below(&p->rand, 4) ?
						  8 : 60);

		p->dev.geo.max_segs = max_segs[rand_below(&p->rand, 5)];
		KUNIT_ASSERT_EQ(test, pages_take(p), BLK_STS_OK);
		pages_check_bytes(test, p, bytes);
		partial += p->rq.req.nr_bytes < bytes;
		indirect += !!(p->io.flags & BLKIF_IO_INDIRECT);
		bytes = p->rq.req.nr_bytes;
		pages_back(test, p);
		KUNIT_EXPECT_TRUE(test, blkfront_grant_end(&p->ring,
							   &p->rq.req, true));
		if (p->rq.req.is_bounced) {
			pages_give(p, &p->rq, true);
			if (dir == READ)
				pages_read_arrived(test, p, bytes);
		}
		pages_rq_free(p);
	}
	blkfront_grant_exit(&p->ring);
	pages_check_clean(test);
	/* If none of a kind came by, this tests nothing. */
	KUNIT_EXPECT_GT(test, partial, 0);
	KUNIT_EXPECT_GT(test, indirect, 0);
}

static void pages_rq_direct(struct kunit *test)
{
	pages_rq_sweep(test, false, true);
}

static void pages_rq_bounced(struct kunit *test)
{
	pages_rq_sweep(test, true, true);
}

static void pages_rq_untrusted(struct kunit *test)
{
	pages_rq_sweep(test, false, false);
}

/* Memory that a reference to its page does not hold goes through pages of our own. */
static void pages_rq_slab(struct kunit *test)
{
	struct pages *p = pages_setup(test);
	u32 run;

	p->dev.geo.max_segs = 256;
	KUNIT_ASSERT_EQ(test, blkfront_grant_init(&p->ring), 0);
	for (run = 0; run < PAGES_RUNS / 10; run++) {
		struct bio_vec *bv;
		struct page *page;

		pages_rq_make(p, WRITE, 8);
		bv = &p->rq.rq.vec[rand_below(&p->rand, p->rq.rq.nr_vecs)];
		page = bv->bv_page + ((bv->bv_offset + rand_below(&p->rand,
					bv->bv_len)) >> PAGE_SHIFT);
		page->is_slab = run % 2;
		KUNIT_ASSERT_EQ(test, pages_take(p), BLK_STS_OK);
		KUNIT_EXPECT_EQ(test, p->rq.req.is_bounced, run % 2);
		pages_back(test, p);
		if (run % 2)
			pages_give(p, &p->rq, true);
		else
			KUNIT_EXPECT_TRUE(test, blkfront_grant_end(&p->ring,
								   &p->rq.req,
								   true));
		page->is_slab = false;
		pages_rq_free(p);
	}
	blkfront_grant_exit(&p->ring);
	pages_check_clean(test);
}

/* Sectors around the data that the back must not see are zero. */
static void pages_rq_no_leak(struct kunit *test)
{
	struct pages *p = pages_setup(test);
	u32 run, i, at, bad = 0;

	p->dev.is_trusted = false;
	p->dev.geo.max_segs = 256;
	KUNIT_ASSERT_EQ(test, blkfront_grant_init(&p->ring), 0);
	for (run = 0; run < PAGES_RUNS / 10; run++) {
		pages_rq_make(p, run % 2 ? WRITE : READ, 8);
		KUNIT_ASSERT_EQ(test, pages_take(p), BLK_STS_OK);
		for (i = 0; i < p->io.nr_segs; i++) {
			struct blkif_request_segment seg = pages_seg(test, p, i);
			u8 *theirs = mock_gfn(pages_grant(test, seg.gref)->gfn);

			for (at = 0; at < BLKIF_PAGE_SIZE; at++)
				if (run % 2 == 0 || at < seg.first_sect * 512 ||
				    at >= (seg.last_sect + 1) * 512U)
					bad += !!theirs[at];
			memset(theirs, MOCK_POISON, BLKIF_PAGE_SIZE);
		}
		pages_give(p, &p->rq, true);
		pages_rq_free(p);
	}
	blkfront_grant_exit(&p->ring);
	KUNIT_EXPECT_EQ(test, bad, 0);
	pages_check_clean(test);
}

/* Have the back keep some of the request; returns how many grants. */
static u32 pages_keep_some(struct kunit *test, struct pages *p)
{
	u32 frames = p->io.flags & BLKIF_IO_INDIRECT ?
		     blkif_nr_frames(p->io.nr_segs) : 0;
	u32 i, kept = 0;

	for (i = 0; i < frames; i++)
		if (!rand_below(&p->rand, 4)) {
			pages_grant(test, p->io.frame[i])->is_mapped = true;
			kept++;
		}
	for (i = 0; i < p->io.nr_segs; i++)
		if (!rand_below(&p->rand, 8)) {
			pages_grant(test, pages_seg(test, p, i).gref)->is_mapped =
				true;
			kept++;
		}
	return kept;
}

/*
 * D2: the back has answered, or was not waited for, and still has some of it: this
 * is told, and none of these pages goes to another user before it lets go.
 */
static void pages_rq_mapped(struct kunit *test)
{
	struct pages *p = pages_setup(test);
	u32 run, kept, good = 0;

	p->dev.geo.max_segs = 256;
	for (run = 0; run < PAGES_RUNS / 4; run++) {
		bool is_answered = rand_below(&p->rand, 2);
		u32 stock;

		KUNIT_ASSERT_EQ(test, blkfront_grant_init(&p->ring), 0);
		pages_rq_make(p, run % 2 ? WRITE : READ, 20);
		KUNIT_ASSERT_EQ(test, pages_take(p), BLK_STS_OK);
		kept = pages_keep_some(test, p);
		good += !kept;
		KUNIT_EXPECT_EQ(test, blkfront_grant_end(&p->ring, &p->rq.req,
							 is_answered),
				!is_answered || !kept);
		pages_rq_free(p);
		stock = p->ring.nr_free;
		KUNIT_EXPECT_EQ(test, mock_grants_taken, stock + kept);
		KUNIT_EXPECT_EQ(test, mock_back_lets_go(), kept);
		blkfront_grant_exit(&p->ring);
		pages_check_clean(test);
	}
	KUNIT_EXPECT_GT(test, good, 0);
}

/*
 * One try, with @left allocations until one fails, or none at -1; and what is left of
 * them. Whatever comes of it, nothing is held. Returns the bytes that went: all, a
 * part, or none yet.
 */
static u32 pages_rq_try(struct kunit *test, struct pages *p, long *left)
{
	u32 used = mock_pages_used, bytes = 0;
	blk_status_t status;

	KUNIT_ASSERT_EQ(test, blkfront_grant_init(&p->ring), 0);
	mock_alloc_left = *left;
	status = pages_take(p);
	*left = mock_alloc_left;
	mock_alloc_left = -1;
	if (status == BLK_STS_OK) {
		bytes = p->rq.req.nr_bytes;
		pages_back(test, p);
		blkfront_grant_end(&p->ring, &p->rq.req, true);
		if (p->rq.req.is_bounced)
			pages_give(p, &p->rq, true);
	} else {
		KUNIT_EXPECT_EQ(test, status, BLK_STS_RESOURCE);
	}
	KUNIT_EXPECT_EQ(test, mock_pages_used - p->ring.nr_pages_free, used);
	KUNIT_EXPECT_EQ(test, p->ring.nr_free + p->ring.nr_pages_free,
			p->ring.nr_grants);
	KUNIT_EXPECT_EQ(test, p->ring.nr_pages_out, 0);
	blkfront_grant_exit(&p->ring);
	KUNIT_EXPECT_EQ(test, mock_pages_used, used);
	KUNIT_EXPECT_EQ(test, mock_grants_taken, 0);
	return bytes;
}

/*
 * Each allocation in turn fails, alone or with all after it: the request waits, or a
 * part of it goes; and it goes as ever once none fails.
 */
static void pages_rq_fails(struct kunit *test)
{
	struct pages *p = pages_setup(test);
	u32 run, whole, bytes, waited = 0, parts = 0;
	long step, left;

	for (run = 0; run < 24; run++) {
		mock_alloc_out = run % 2;
		p->dev.geo.is_persistent = run / 2 % 2;
		/* What is bounced allocates each page by itself. */
		p->dev.geo.max_segs = p->dev.geo.is_persistent ? 40 : 600;
		pages_rq_make(p, run % 3 ? WRITE : READ, run < 8 ? 2 : 60);
		left = -1;
		whole = pages_rq_try(test, p, &left);
		KUNIT_EXPECT_GT(test, whole, 0);
		step = 0;
		do {
			left = step++;
			bytes = pages_rq_try(test, p, &left);
			waited += !bytes;
			parts += bytes && bytes < whole;
		} while (left <= 0);
		/* Not one too few. */
		KUNIT_EXPECT_EQ(test, bytes, whole);
		pages_rq_free(p);
	}
	mock_alloc_out = false;
	pages_check_clean(test);
	KUNIT_EXPECT_GT(test, waited, 0);
	KUNIT_EXPECT_GT(test, parts, 0);
}

/* No more are in flight than may be, but for one alone; and it is said so. */
static void pages_rq_waits(struct kunit *test)
{
	struct pages *p = pages_setup(test);
	u32 i, nr, out = 0;
	struct pages_rq first;

	p->dev.geo.max_segs = 600;
	p->dev.geo.is_persistent = true;
	p->ring.slots = 16;
	KUNIT_ASSERT_EQ(test, blkfront_grant_init(&p->ring), 0);
	for (i = 0; i < PAGES_RUNS / 4; i++) {
		/* The first, whatever the limit is. */
		blkfront_max_persistent_grants = rand_below(&p->rand, 40);
		pages_rq_make(p, WRITE, 8);
		KUNIT_ASSERT_EQ(test, pages_take(p), BLK_STS_OK);
		KUNIT_EXPECT_FALSE(test, p->ring.flags & BIT(BLKFRONT_RING_FULL));
		nr = p->ring.nr_pages_out;
		first.rq = p->rq.rq;
		first.req = p->rq.req;
		INIT_LIST_HEAD(&first.req.pages);
		list_splice_init(&p->rq.req.pages, &first.req.pages);
		/* The second, if both are within. */
		if (pages_take(p) == BLK_STS_OK) {
			KUNIT_EXPECT_EQ(test, p->ring.nr_pages_out, 2 * nr);
			KUNIT_EXPECT_LE(test, 2 * nr,
					max(blkfront_max_persistent_grants,
					    p->ring.slots));
			pages_give(p, &p->rq, true);
		} else {
			KUNIT_EXPECT_GT(test, 2 * nr,
					max(blkfront_max_persistent_grants,
					    p->ring.slots));
			KUNIT_EXPECT_TRUE(test, p->ring.flags &
					  BIT(BLKFRONT_RING_FULL));
			p->ring.flags = 0;
			out++;
		}
		KUNIT_EXPECT_EQ(test, p->ring.nr_pages_out, nr);
		pages_give(p, &first, true);
		KUNIT_EXPECT_EQ(test, p->ring.nr_pages_out, 0);
		pages_rq_free(p);
	}
	blkfront_max_persistent_grants = 1056;
	blkfront_grant_exit(&p->ring);
	pages_check_clean(test);
	KUNIT_EXPECT_GT(test, out, 0);
	KUNIT_EXPECT_LT(test, out, PAGES_RUNS / 4);
}

/*
 * Others have all references, for good: what a ring has from the beginning must
 * do, for any request, a part of it at a time.
 */
static void pages_rq_few(struct kunit *test)
{
	struct pages *p = pages_setup(test);
	u32 run, partial = 0, bytes;

	p->dev.geo.max_segs = 600;
	KUNIT_ASSERT_EQ(test, blkfront_grant_init(&p->ring), 0);
	mock_grants_out = true;
	for (run = 0; run < PAGES_RUNS / 4; run++) {
		p->dev.geo.is_persistent = run % 2;
		p->dev.is_trusted = run % 3;
		bytes = pages_rq_make(p, run % 5 ? WRITE : READ, 60);
		KUNIT_ASSERT_EQ(test, pages_take(p), BLK_STS_OK);
		KUNIT_EXPECT_GT(test, p->rq.req.nr_bytes, 0);
		partial += p->rq.req.nr_bytes < bytes;
		pages_back(test, p);
		blkfront_grant_end(&p->ring, &p->rq.req, true);
		if (p->rq.req.is_bounced)
			pages_give(p, &p->rq, true);
		pages_rq_free(p);
		/* What is granted directly needs them again. */
		while (p->ring.nr_pages_free) {
			struct page *page = list_last_entry(&p->ring.pages,
							    struct page, lru);

			list_del(&page->lru);
			p->ring.nr_pages_free--;
			blkfront_grant_end_ref(&p->ring, page_private(page));
			set_page_private(page, 0);
			__free_page(page);
		}
	}
	mock_grants_out = false;
	blkfront_grant_exit(&p->ring);
	pages_check_clean(test);
	KUNIT_EXPECT_GT(test, partial, 0);
}

/*
 * Short of memory: the oldest at rest go, up to the first that the back has. That one
 * stays by version 1 of the grant table; by version 2 the try has ended its grant,
 * and it is left to the table, as the only one.
 */
static void pages_shrink(struct kunit *test)
{
	struct pages *p = pages_setup(test);
	u32 run, freed = 0, kept = 0;

	p->dev.geo.max_segs = 600;
	p->dev.geo.is_persistent = true;
	for (run = 0; run < PAGES_RUNS / 4; run++) {
		u32 i, rest, ask, may, got, left, grants;
		struct page *page;

		mock_grant_version = 1 + run % 2;
		p->ring.tries_no_more = false;
		KUNIT_ASSERT_EQ(test, blkfront_grant_init(&p->ring), 0);
		pages_rq_make(p, WRITE, 20);
		KUNIT_ASSERT_EQ(test, pages_take(p), BLK_STS_OK);
		pages_give(p, &p->rq, true);
		pages_rq_free(p);
		rest = p->ring.nr_pages_free;
		ask = rand_below(&p->rand, rest + 2);
		may = rand_below(&p->rand, rest + 1);
		i = rest;
		list_for_each_entry(page, &p->ring.pages, lru)
			mock_grant_of(page_private(page))->is_mapped =
				--i >= may;
		grants = p->ring.nr_grants;
		got = blkfront_grant_shrink(&p->ring, ask);
		left = mock_grant_version == 2 && ask > may && rest > may;
		KUNIT_EXPECT_EQ(test, got, min(ask, may));
		KUNIT_EXPECT_EQ(test, p->ring.nr_pages_free, rest - got - left);
		KUNIT_EXPECT_EQ(test, p->ring.nr_grants,
				max_t(u32, grants - got - left, BLKIF_MAX_SEGS));
		KUNIT_EXPECT_EQ(test, mock_pages_used, rest - got);
		freed += got;
		kept += left;
		list_for_each_entry(page, &p->ring.pages, lru)
			KUNIT_EXPECT_FALSE(test, mock_grant_of(
					   page_private(page))->is_dead);
		KUNIT_EXPECT_EQ(test, mock_back_lets_go(), left);
		/* Once one was lost none is tried any more. */
		KUNIT_EXPECT_EQ(test, blkfront_grant_shrink(&p->ring, U32_MAX),
				left ? 0 : rest - got);
		blkfront_grant_exit(&p->ring);
		pages_check_clean(test);
	}
	mock_grant_version = 1;
	KUNIT_EXPECT_GT(test, freed, 0);
	KUNIT_EXPECT_GT(test, kept, 0);
}

/* --- at rest --- */

#define PAGES_FLIGHT	8

/* What was taken last is in flight from here on. */
static void pages_fly(struct pages *p, struct pages_rq *rq)
{
	*rq = p->rq;
	if (!rq->req.is_bounced)
		return;
	INIT_LIST_HEAD(&rq->req.pages);
	list_splice_init(&p->rq.req.pages, &rq->req.pages);
}

static void pages_land(struct kunit *test, struct pages *p, struct pages_rq *rq)
{
	KUNIT_EXPECT_TRUE(test, blkfront_grant_end(&p->ring, &rq->req, true));
	if (rq->req.is_bounced)
		pages_give(p, rq, true);
}

/* The same request, @nr times at once: each goes whole. */
static void pages_fly_all(struct kunit *test, struct pages *p,
			  struct pages_rq *flight, u32 nr)
{
	u32 i, bytes = blk_rq_bytes(&p->rq.rq);

	for (i = 0; i < nr; i++) {
		KUNIT_ASSERT_EQ(test, pages_take(p), BLK_STS_OK);
		KUNIT_ASSERT_EQ(test, p->rq.req.nr_bytes, bytes);
		pages_fly(p, &flight[i]);
	}
}

static void pages_land_all(struct kunit *test, struct pages *p,
			   struct pages_rq *flight, u32 nr)
{
	while (nr--)
		pages_land(test, p, &flight[nr]);
}

/*
 * The back has some of the pages at rest, or has them no more; returns how many stay
 * for that: all from the oldest of these on.
 */
static u32 pages_keep_rest(struct pages *p, bool is_mapped)
{
	struct page *page;
	u32 at = 0, kept = 0;

	list_for_each_entry(page, &p->ring.pages, lru) {
		at++;
		mock_grant_of(page_private(page))->is_mapped =
			is_mapped && !rand_below(&p->rand, 8);
		if (mock_grant_of(page_private(page))->is_mapped)
			kept = at;
	}
	return kept;
}

/* Two periods later nothing is there but what a ring has from the beginning. */
static void pages_check_rest(struct kunit *test, struct pages *p)
{
	u32 periods = 0;

	while (p->ring.purge_work.is_armed) {
		KUNIT_ASSERT_TRUE(test, periods++ < 2);
		mock_run_delayed_work(&p->ring.purge_work);
	}
	KUNIT_EXPECT_EQ(test, p->ring.nr_pages_free, 0);
	KUNIT_EXPECT_EQ(test, p->ring.nr_free, p->ring.nr_grants);
	KUNIT_EXPECT_EQ(test, p->ring.nr_free, BLKIF_MAX_SEGS);
	KUNIT_EXPECT_EQ(test, mock_grants_taken, p->ring.nr_grants);
}

/*
 * However long the back keeps pages mapped that are not used: they stay, are used again,
 * and no others come in their stead.
 */
static void pages_check_kept(struct kunit *test, struct pages *p,
			     struct pages_rq *flight, u32 nr)
{
	u32 i, kept, used;

	kept = pages_keep_rest(p, true);
	for (i = 0; kept && i < 3; i++) {
		KUNIT_ASSERT_TRUE(test, p->ring.purge_work.is_armed);
		mock_run_delayed_work(&p->ring.purge_work);
	}
	KUNIT_EXPECT_TRUE(test, !kept || p->ring.nr_pages_free == kept);
	used = mock_grants_taken;
	for (i = 0; kept && i < 20; i++) {
		pages_fly_all(test, p, flight, nr);
		pages_land_all(test, p, flight, nr);
		mock_run_delayed_work(&p->ring.purge_work);
		mock_run_delayed_work(&p->ring.purge_work);
		KUNIT_EXPECT_LE(test, p->ring.nr_pages_free, used + 12 * nr);
	}
	KUNIT_EXPECT_EQ(test, mock_back_lets_go(), 0);
	pages_keep_rest(p, false);
}

/*
 * A period in which all was in use takes nothing of it, whatever others have by
 * then; one at rest takes all but the first references, and none follows.
 */
static void pages_rest(struct kunit *test)
{
	struct pages *p = pages_setup(test);
	struct pages_rq *flight = kunit_kzalloc(test, PAGES_FLIGHT *
						sizeof(*flight), GFP_KERNEL);
	u32 run, nr, grown = 0;

	p->dev.geo.max_segs = 600;
	for (run = 0; run < PAGES_RUNS / 10; run++) {
		nr = 1 + rand_below(&p->rand, PAGES_FLIGHT);
		p->dev.geo.is_persistent = run % 2;
		KUNIT_ASSERT_EQ(test, blkfront_grant_init(&p->ring), 0);
		KUNIT_EXPECT_FALSE(test, p->ring.purge_work.is_armed);
		do {
			pages_rq_make(p, run % 3 ? WRITE : READ, 10);
			if (pages_take(p) == BLK_STS_OK && p->io.nr_segs < 100)
				break;
			pages_fly(p, flight);
			pages_land(test, p, flight);
			pages_rq_free(p);
		} while (true);
		pages_fly(p, flight);
		pages_fly_all(test, p, flight + 1, nr - 1);
		if (p->ring.nr_grants > BLKIF_MAX_SEGS) {
			/* Also with all in flight: nothing else would arm it. */
			mock_run_delayed_work(&p->ring.purge_work);
			mock_run_delayed_work(&p->ring.purge_work);
			KUNIT_EXPECT_LE(test, p->ring.nr_free, BLKIF_MAX_SEGS);
			KUNIT_EXPECT_EQ(test, p->ring.purge_work.is_armed,
					p->ring.nr_grants > BLKIF_MAX_SEGS);
			grown++;
		}
		pages_land_all(test, p, flight, nr);
		if (p->ring.purge_work.is_armed)
			mock_run_delayed_work(&p->ring.purge_work);
		mock_grants_out = true;
		pages_fly_all(test, p, flight, nr);
		pages_land_all(test, p, flight, nr);
		mock_grants_out = false;
		if (run % 5 == 0)
			pages_check_kept(test, p, flight, nr);
		pages_check_rest(test, p);

		/* Others have all the rest: it goes on, as from the beginning. */
		mock_grants_out = true;
		KUNIT_ASSERT_EQ(test, pages_take(p), BLK_STS_OK);
		pages_fly(p, flight);
		pages_land(test, p, flight);
		mock_grants_out = false;
		pages_rq_free(p);
		blkfront_grant_exit(&p->ring);
		KUNIT_EXPECT_FALSE(test, p->ring.purge_work.is_armed);
		pages_check_clean(test);
	}
	KUNIT_EXPECT_GT(test, grown, 0);
}

/*
 * What goes through pages of ours always can: without any memory a request goes whole
 * if it is small, and else a part of it, also where others were said to wait for what
 * could not go. Neither who is short of memory nor the purge has those pages.
 */
static void pages_reserve(struct kunit *test)
{
	struct pages *p = pages_setup(test);
	u32 run, want, whole = 0, parts = 0;

	p->dev.geo.max_segs = 600;
	for (run = 0; run < PAGES_RUNS / 10; run++) {
		p->dev.geo.is_persistent = run % 3 == 0;
		p->dev.is_trusted = run % 3 != 1;
		blkfront_timeout_fails = run % 3 == 2;
		KUNIT_ASSERT_EQ(test, blkfront_grant_init(&p->ring), 0);
		/* Some of it may have to come later. */
		want = run % 5 ? BLKIF_MAX_SEGS : rand_below(&p->rand, 5);
		mock_alloc_left = want;
		blkfront_grant_reserve(&p->ring);
		mock_alloc_left = -1;
		KUNIT_EXPECT_EQ(test, p->ring.nr_pages_free, want);
		KUNIT_EXPECT_EQ(test, p->ring.nr_grants, BLKIF_MAX_SEGS);
		KUNIT_EXPECT_FALSE(test, p->ring.purge_work.is_armed);
		do {
			pages_rq_make(p, WRITE, 60);
			KUNIT_ASSERT_EQ(test, pages_take(p), BLK_STS_OK);
			pages_give(p, &p->rq, true);
			pages_rq_free(p);
		} while (p->ring.nr_pages_free < 2 * BLKIF_MAX_SEGS);
		KUNIT_EXPECT_EQ(test, blkfront_grant_spare(&p->ring),
				p->ring.nr_pages_free - BLKIF_MAX_SEGS);
		if (run % 4)
			blkfront_grant_shrink(&p->ring, U32_MAX);
		while (p->ring.purge_work.is_armed)
			mock_run_delayed_work(&p->ring.purge_work);
		KUNIT_EXPECT_EQ(test, p->ring.nr_pages_free, BLKIF_MAX_SEGS);
		KUNIT_EXPECT_EQ(test, p->ring.nr_grants, BLKIF_MAX_SEGS);
		KUNIT_EXPECT_EQ(test, blkfront_grant_spare(&p->ring), 0);
		KUNIT_EXPECT_EQ(test, blkfront_grant_shrink(&p->ring, U32_MAX), 0);

		want = pages_rq_make(p, run % 3 ? WRITE : READ, run % 8 ? 60 : 2);
		mock_alloc_left = 0;
		mock_alloc_out = true;
		mock_grants_out = true;
		atomic_set(&p->ring.nr_used, run % 2);
		p->ring.flags = run % 7 ? 0 : BIT(BLKFRONT_RING_FULL);
		KUNIT_ASSERT_EQ(test, pages_take(p), BLK_STS_OK);
		whole += p->rq.req.nr_bytes == want;
		parts += p->rq.req.nr_bytes < want;
		pages_give(p, &p->rq, true);
		pages_rq_free(p);
		p->ring.flags = 0;
		mock_alloc_left = -1;
		mock_alloc_out = false;
		mock_grants_out = false;
		blkfront_timeout_fails = false;
		blkfront_grant_exit(&p->ring);
		pages_check_clean(test);
	}
	KUNIT_EXPECT_GT(test, whole, 0);
	KUNIT_EXPECT_GT(test, parts, 0);
}

/*
 * Given up without an answer: no reference that the back was shown is another's before it
 * has let go of the ring, nor is a page that is granted by one; whatever it has mapped of
 * the request then, and wherever that lies in it.
 */
static void pages_hold(struct kunit *test)
{
	struct pages *p = pages_setup(test);
	u32 run, i, taken, kept, mapping = 0, left = 0;
	struct mock_grant *guard;
	struct pages_rq flight;
	bool is_left;

	p->dev.geo.max_segs = 40;
	blkfront_hold_setup(NULL);
	for (run = 0; run < PAGES_RUNS / 10; run++) {
		p->dev.geo.is_persistent = run % 2;
		p->ring.flags = 0;
		KUNIT_ASSERT_EQ(test, blkfront_grant_init(&p->ring), 0);
		p->ring.page[0] = alloc_page(0);
		p->ring.gref[0] = gnttab_grant_foreign_access(PAGES_DOMID,
				xen_page_to_gfn(p->ring.page[0]), 0);
		p->ring.nr_pages = 1;
		guard = mock_grant_of(p->ring.gref[0]);
		guard->is_mapped = true;

		pages_rq_make(p, run % 3 ? WRITE : READ, 20);
		KUNIT_ASSERT_EQ(test, pages_take(p), BLK_STS_OK);
		kept = run % 5 ? 0 : pages_keep_some(test, p);
		mapping += !!kept;
		pages_fly(p, &flight);
		taken = mock_grants_taken;
		set_bit(BLKFRONT_RING_UNANSWERED, &p->ring.flags);
		/* Without memory to hold it by, the grant table has what is mapped. */
		mock_alloc_left = run % 7 ? -1 : 0;
		KUNIT_EXPECT_TRUE(test, blkfront_grant_end(&p->ring, &flight.req,
							   false));
		is_left = run % 7 == 0 && mock_alloc_left < 0;
		mock_alloc_left = -1;
		if (flight.req.is_bounced)
			pages_give(p, &flight, false);
		pages_rq_free(p);
		/* Neither unused nor wanted elsewhere. */
		KUNIT_EXPECT_EQ(test, blkfront_grant_shrink(&p->ring, U32_MAX), 0);
		blkfront_grant_trim(&p->ring, U32_MAX);
		blkfront_hold_take(&p->ring);
		KUNIT_EXPECT_EQ(test, p->ring.gref[0], INVALID_GRANT_REF);
		p->ring.nr_pages = 0;
		blkfront_grant_exit(&p->ring);
		if (!is_left) {
			KUNIT_EXPECT_EQ(test, mock_grants_taken, taken);
			/* What it has mapped it may let go of, and map again. */
			KUNIT_EXPECT_EQ(test, mock_back_lets_go(), 0);
			guard->is_mapped = true;
		}
		left += is_left;
		taken = mock_grants_taken;
		for (i = 0; i < 2; i++) {
			mock_run_delayed_work(&blkfront_hold_work);
			KUNIT_EXPECT_EQ(test, mock_grants_taken, taken);
			KUNIT_ASSERT_TRUE(test, blkfront_hold_work.is_armed);
		}
		guard->is_mapped = false;
		mock_run_delayed_work(&blkfront_hold_work);
		KUNIT_EXPECT_FALSE(test, blkfront_hold_work.is_armed);
		mock_back_lets_go();
		pages_check_clean(test);
	}
	p->ring.flags = 0;
	KUNIT_EXPECT_GT(test, mapping, 0);
	KUNIT_EXPECT_GT(test, left, 0);
	/* A ring that was answered goes at once. */
	KUNIT_ASSERT_EQ(test, blkfront_grant_init(&p->ring), 0);
	p->ring.nr_pages = 1;
	blkfront_hold_take(&p->ring);
	p->ring.nr_pages = 0;
	blkfront_grant_exit(&p->ring);
	blkfront_hold_teardown();
	pages_check_clean(test);
}

/* A request as large as it gets, or many at once, and then small ones: the peak goes. */
static void pages_rest_peak(struct kunit *test)
{
	struct pages *p = pages_setup(test);
	struct pages_rq *flight = kunit_kzalloc(test, PAGES_FLIGHT *
						sizeof(*flight), GFP_KERNEL);
	u32 run, period, peak;

	p->dev.geo.max_segs = 600;
	for (run = 0; run < PAGES_RUNS / 100; run++) {
		KUNIT_ASSERT_EQ(test, blkfront_grant_init(&p->ring), 0);
		do {
			if (p->rq.rq.nr_vecs)
				pages_rq_free(p);
			pages_rq_make(p, WRITE, 30);
		} while (blk_rq_bytes(&p->rq.rq) > 500 * BLKIF_PAGE_SIZE);
		pages_fly_all(test, p, flight, PAGES_FLIGHT);
		peak = p->ring.nr_grants;
		pages_land_all(test, p, flight, PAGES_FLIGHT);
		for (period = 0; period < 3; period++) {
			pages_fly_all(test, p, flight, 1);
			pages_land_all(test, p, flight, 1);
			if (p->ring.purge_work.is_armed)
				mock_run_delayed_work(&p->ring.purge_work);
		}
		/* Of eight times as much, and what came as a chunk. */
		KUNIT_EXPECT_LE(test, p->ring.nr_grants,
				peak / PAGES_FLIGHT + 2 * BLKIF_MAX_SEGS);
		pages_check_rest(test, p);
		pages_rq_free(p);
		p->rq.rq.nr_vecs = 0;
		blkfront_grant_exit(&p->ring);
		pages_check_clean(test);
	}
}

/*
 * Not to know the table's version is no error, and a grant that could not be ended is
 * not relied on then; to have no references is one.
 */
static void pages_init_fails(struct kunit *test)
{
	struct pages *p = pages_setup(test);
	u32 rest;

	mock_alloc_left = 1;
	KUNIT_EXPECT_EQ(test, blkfront_grant_init(&p->ring), -ENOSPC);
	pages_check_clean(test);

	mock_alloc_left = 0;
	KUNIT_ASSERT_EQ(test, blkfront_grant_init(&p->ring), 0);
	p->dev.geo.max_segs = 600;
	p->dev.geo.is_persistent = true;
	pages_rq_make(p, WRITE, 20);
	KUNIT_ASSERT_EQ(test, pages_take(p), BLK_STS_OK);
	pages_give(p, &p->rq, true);
	pages_rq_free(p);
	rest = p->ring.nr_pages_free;
	mock_grant_of(page_private(list_last_entry(&p->ring.pages, struct page,
						   lru)))->is_mapped = true;
	KUNIT_EXPECT_EQ(test, blkfront_grant_shrink(&p->ring, rest), 0);
	KUNIT_EXPECT_EQ(test, p->ring.nr_pages_free, rest - 1);
	KUNIT_EXPECT_EQ(test, mock_back_lets_go(), 1);
	blkfront_grant_exit(&p->ring);
	pages_check_clean(test);
}

static struct kunit_case pages_cases[] = {
	KUNIT_CASE(pages_ring_lies),
	KUNIT_CASE(pages_ring_mapped),
	KUNIT_CASE(pages_ring_fails),
	KUNIT_CASE(pages_rq_direct),
	KUNIT_CASE(pages_rq_bounced),
	KUNIT_CASE(pages_rq_untrusted),
	KUNIT_CASE(pages_rq_slab),
	KUNIT_CASE(pages_rq_no_leak),
	KUNIT_CASE(pages_rq_mapped),
	KUNIT_CASE(pages_rq_fails),
	KUNIT_CASE(pages_rq_waits),
	KUNIT_CASE(pages_rq_few),
	KUNIT_CASE(pages_shrink),
	KUNIT_CASE(pages_rest),
	KUNIT_CASE(pages_reserve),
	KUNIT_CASE(pages_hold),
	KUNIT_CASE(pages_rest_peak),
	KUNIT_CASE(pages_init_fails),
	{}
};

static struct kunit_suite pages_suite = {
	.name = PAGES_NAME,
	.test_cases = pages_cases,
};
kunit_test_suite(pages_suite);
