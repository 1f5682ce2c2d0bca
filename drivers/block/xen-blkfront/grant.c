// SPDX-License-Identifier: GPL-2.0-only
/*
 * Our pages in the back's hands. A ring has a stock of grant references, so that
 * a request takes no lock of the grant table. The memory of a request is granted
 * as it is for as long as the request lasts; or, if the back keeps grants mapped
 * or is not trusted, its data go through pages of our own, which stay granted
 * and are used again, the last one first.
 *
 * Layer: 1 (outside world: grants). Locks: grant_lock, innermost.
 */
#include <linux/blk-mq.h>
#include <linux/highmem.h>
#include <linux/net.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include <xen/grant_table.h>
#include <xen/page.h>
#include <asm/xen/hypercall.h>

#include "blkfront.h"

/* references are taken from the grant table that many at a time */
#define BLKFRONT_GRANT_CHUNK	32

/*
 * References, and pages of ours, that were not needed for this long go. Longer
 * than a back keeps an unused page mapped (60 s by default), as ending a mapped
 * grant takes long.
 */
#define BLKFRONT_PURGE_SECS	90

unsigned int blkfront_max_persistent_grants = 1056;
/* A disk may fail without a word from the back, which may still have its requests. */
bool blkfront_timeout_fails;

/* --- the stock of references --- */

static void blkfront_grant_arm_purge(struct blkfront_ring *ring)
{
	if (!delayed_work_pending(&ring->purge_work))
		queue_delayed_work(ring->dev->wq, &ring->purge_work,
				   BLKFRONT_PURGE_SECS * HZ);
}

/*
 * Lay in @nr more references. Not with grant_lock held: the table may have to grow
 * for that, by calls to Xen.
 */
static bool blkfront_grant_lay_in(struct blkfront_ring *ring, u32 nr)
{
	unsigned long flags;
	grant_ref_t head;

	if (gnttab_alloc_grant_references(nr, &head))
		return false;
	spin_lock_irqsave(&ring->grant_lock, flags);
	ring->nr_free += nr;
	ring->nr_grants += nr;
	while (nr--) {
		int gref = gnttab_claim_grant_reference(&head);

		gnttab_release_grant_reference(&ring->grant_head, gref);
	}
	spin_unlock_irqrestore(&ring->grant_lock, flags);
	return true;
}

/* The same, rather a chunk. */
static bool blkfront_grant_stock(struct blkfront_ring *ring, u32 nr)
{
	if (!blkfront_grant_lay_in(ring, max_t(u32, nr, BLKFRONT_GRANT_CHUNK)) &&
	    !blkfront_grant_lay_in(ring, nr))
		return false;
	blkfront_grant_arm_purge(ring);
	return true;
}

/* Claim @nr references; all of them, or none. */
static bool blkfront_grant_claim(struct blkfront_ring *ring, grant_ref_t *gref,
				 u32 nr)
{
	unsigned long flags;
	bool ok = true;
	u32 i;

	spin_lock_irqsave(&ring->grant_lock, flags);
	/* Others may take what was laid in, or give some back. */
	while (unlikely(ring->nr_free < nr) && ok) {
		u32 lack = nr - ring->nr_free;

		spin_unlock_irqrestore(&ring->grant_lock, flags);
		ok = blkfront_grant_stock(ring, lack);
		spin_lock_irqsave(&ring->grant_lock, flags);
	}
	ok = ring->nr_free >= nr;
	if (likely(ok)) {
		ring->nr_free -= nr;
		ring->low_free = min(ring->low_free, ring->nr_free);
		for (i = 0; i < nr; i++)
			gref[i] = gnttab_claim_grant_reference(&ring->grant_head);
	} else {
		ring->stats.no_grant++;
	}
	spin_unlock_irqrestore(&ring->grant_lock, flags);
	return ok;
}

/* Up to @nr references that the stock can do without; how many these are. */
static u32 blkfront_grant_take_spare(struct blkfront_ring *ring,
				     grant_ref_t *gref, u32 nr)
{
	u32 i, keep = BLKIF_MAX_SEGS;

	spin_lock_irq(&ring->grant_lock);
	if (unlikely(test_bit(BLKFRONT_RING_UNANSWERED, &ring->flags)))
		nr = 0;
	/*
	 * One request must be able to go, whatever others take of the table. Pages that
	 * are kept for it have their references.
	 */
	keep -= min(keep, min(ring->min_pages,
			      ring->nr_pages_free + ring->nr_pages_out));
	nr = min(nr, ring->nr_free - min(ring->nr_free, keep));
	for (i = 0; i < nr; i++)
		gref[i] = gnttab_claim_grant_reference(&ring->grant_head);
	ring->nr_free -= nr;
	ring->nr_grants -= nr;
	ring->low_free = min(ring->low_free, ring->nr_free);
	spin_unlock_irq(&ring->grant_lock);
	return nr;
}

/* Give up to @nr references of the stock back to the table. */
static void blkfront_grant_trim(struct blkfront_ring *ring, u32 nr)
{
	grant_ref_t gref[BLKFRONT_GRANT_CHUNK];
	u32 i, n;

	do {
		n = blkfront_grant_take_spare(ring, gref,
					      min_t(u32, nr, ARRAY_SIZE(gref)));
		for (i = 0; i < n; i++)
			gnttab_free_grant_reference(gref[i]);
		nr -= n;
	} while (n);
}

/*
 * Pages take their references along when they go: here are as many again as a
 * ring has from the beginning, out of those.
 */
static void blkfront_grant_refill(struct blkfront_ring *ring)
{
	u32 nr = READ_ONCE(ring->nr_grants);

	if (nr < BLKIF_MAX_SEGS)
		blkfront_grant_lay_in(ring, BLKIF_MAX_SEGS - nr);
}

/*
 * --- pages of ours, each with its grant as its private number ---
 *
 * A page is granted once, its first 4 KiB, however large it is.
 */

static void blkfront_grant_clear_page(struct page *page)
{
	if (PAGE_SIZE == XEN_PAGE_SIZE)
		clear_page(page_address(page));
	else
		memset(page_address(page), 0, XEN_PAGE_SIZE);
}

static void blkfront_grant_free_page(struct page *page)
{
	grant_ref_t gref = page_private(page);

	set_page_private(page, 0);
	/* The grant table keeps a page that the back still maps. */
	gnttab_end_foreign_access(gref, page);
}

/* A new page; the back sees all of it, so it is zeroed. */
static struct page *blkfront_grant_alloc_page(struct blkfront_ring *ring,
					      bool is_readonly, gfp_t gfp)
{
	struct page *page = alloc_page(gfp | __GFP_NOWARN | __GFP_ZERO);
	grant_ref_t gref;

	if (!page) {
		ring->stats.no_memory++;
		return NULL;
	}
	if (!blkfront_grant_claim(ring, &gref, 1)) {
		__free_page(page);
		return NULL;
	}
	gnttab_grant_foreign_access_ref(gref, ring->dev->xbdev->otherend_id,
					xen_page_to_gfn(page), is_readonly);
	set_page_private(page, gref);
	return page;
}

/**
 * blkfront_grant_give() - take back pages that requests bounced through
 * @ring:  the ring
 * @pages: the pages; the list is empty then
 * @nr:    how many
 *
 * Context: Any; takes grant_lock.
 */
void blkfront_grant_give(struct blkfront_ring *ring, struct list_head *pages,
			 u32 nr)
{
	unsigned long flags;

	spin_lock_irqsave(&ring->grant_lock, flags);
	list_splice_init(pages, &ring->pages);
	ring->nr_pages_free += nr;
	ring->nr_pages_out -= nr;
	spin_unlock_irqrestore(&ring->grant_lock, flags);

	blkfront_grant_arm_purge(ring);
}

/*
 * grant_lock held: may so many more pages be in flight? A back keeps no more of
 * them mapped, and mapping costs more than waiting. As many as there are slots may
 * be, and a request alone, whatever it takes. Who hears no waits until some are
 * given back.
 */
static bool blkfront_grant_may_take(struct blkfront_ring *ring, u32 nr)
{
	u32 max = max(READ_ONCE(blkfront_max_persistent_grants), ring->slots);

	if (likely(ring->nr_pages_out + nr <= max) || !ring->nr_pages_out)
		return true;
	ring->stats.no_page++;
	set_bit(BLKFRONT_RING_FULL, &ring->flags);
	return false;
}

/* Move @nr pages to @pages, from the list as far as it goes; all, or none. */
static bool blkfront_grant_take_pages(struct blkfront_ring *ring,
				      struct list_head *pages, u32 nr)
{
	struct list_head *last = &ring->pages;
	struct page *page;
	unsigned long flags;
	u32 got;

	spin_lock_irqsave(&ring->grant_lock, flags);
	if (!blkfront_grant_may_take(ring, nr)) {
		spin_unlock_irqrestore(&ring->grant_lock, flags);
		return false;
	}
	ring->nr_pages_out += nr;
	for (got = 0; got < nr && got < ring->nr_pages_free; got++)
		last = last->next;
	list_cut_position(pages, &ring->pages, last);
	ring->nr_pages_free -= got;
	ring->low_pages = min(ring->low_pages, ring->nr_pages_free);
	spin_unlock_irqrestore(&ring->grant_lock, flags);

	for (; got < nr; got++) {
		page = blkfront_grant_alloc_page(ring, false, GFP_ATOMIC);
		if (!page) {
			blkfront_grant_give(ring, pages, got);
			spin_lock_irqsave(&ring->grant_lock, flags);
			ring->nr_pages_out -= nr - got;
			spin_unlock_irqrestore(&ring->grant_lock, flags);
			return false;
		}
		list_add_tail(&page->lru, pages);
	}
	return true;
}

/*
 * Do all data of the ring go through pages of ours? Where the back keeps grants, or is
 * not trusted; and where requests may fail that it still has mapped, to whoever tries
 * the same memory elsewhere.
 */
static bool blkfront_grant_bounces(const struct blkfront_ring *ring)
{
	return ring->dev->geo.is_persistent || !ring->dev->is_trusted ||
	       unlikely(READ_ONCE(blkfront_timeout_fails));
}

/**
 * blkfront_grant_reserve() - pages with which one request can always go
 * @ring: connected, nothing in flight
 *
 * Where all data go through such pages; else what goes there is a slab's memory, and
 * seldom. As many as one without indirect frames takes, now and from then on: where
 * memory is short, a write to this disk may be what brings some. As far as there is no
 * memory for them now, those that the first requests give back stay.
 *
 * Context: Process, sleeps.
 */
void blkfront_grant_reserve(struct blkfront_ring *ring)
{
	struct page *page;

	if (!blkfront_grant_bounces(ring))
		return;
	ring->min_pages = BLKIF_MAX_SEGS;
	while (ring->nr_pages_free < ring->min_pages) {
		/* Not at any price: what is short may wait for this disk. */
		page = blkfront_grant_alloc_page(ring, false,
						 GFP_NOIO | __GFP_NORETRY);
		if (!page)
			break;
		spin_lock_irq(&ring->grant_lock);
		list_add(&page->lru, &ring->pages);
		ring->nr_pages_free++;
		spin_unlock_irq(&ring->grant_lock);
	}
}

/**
 * blkfront_grant_spare() - pages at rest that others may have
 * @ring: initialised
 *
 * Context: Any.
 * Return: how many.
 */
u32 blkfront_grant_spare(const struct blkfront_ring *ring)
{
	u32 nr = READ_ONCE(ring->nr_pages_free);

	if (test_bit(BLKFRONT_RING_UNANSWERED, &ring->flags))
		return 0;
	return nr - min(nr, ring->min_pages);
}

/*
 * grant_lock held: the grant table ends it when the back lets go, and gives up
 * a reference to @page then. It would find the page by itself, but only where
 * pages are of 4 KiB.
 */
static void blkfront_grant_leave_ref(struct blkfront_ring *ring,
				     grant_ref_t gref, struct page *page)
{
	gnttab_end_foreign_access(gref, page);
	ring->nr_grants--;
}

/*
 * Is a grant still good after a try to end it failed? Only by version 1 of the
 * table. A guest may go on with the other one after it was moved, so Xen is asked
 * for each ring.
 */
static bool blkfront_grant_outlives_try(void)
{
	struct gnttab_get_version get = { .dom = DOMID_SELF };

	return !HYPERVISOR_grant_table_op(GNTTABOP_get_version, &get, 1) &&
	       get.version == 1;
}

/**
 * blkfront_grant_shrink() - memory is short: free pages that are at rest
 * @ring: initialised
 * @nr:   pages to free at most
 *
 * The one that was not used for longest first, up to the first that the back
 * still maps: ending those would free nothing now, and have the back map others
 * in their stead, without end. That one stays, unless the try to end its grant has
 * ended it: then it is left to the table, and this is not tried again.
 *
 * Context: Any but hard interrupts; takes grant_lock, does not sleep.
 * Return: pages freed.
 */
u32 blkfront_grant_shrink(struct blkfront_ring *ring, u32 nr)
{
	struct page *page, *tmp;
	LIST_HEAD(pages);
	grant_ref_t gref;
	u32 done = 0;

	spin_lock_irq(&ring->grant_lock);
	while (done < nr && ring->nr_pages_free > ring->min_pages &&
	       !ring->tries_no_more &&
	       !test_bit(BLKFRONT_RING_UNANSWERED, &ring->flags)) {
		bool is_ended;

		page = list_last_entry(&ring->pages, struct page, lru);
		gref = page_private(page);
		is_ended = gnttab_try_end_foreign_access(gref);
		if (!is_ended && ring->outlives_try)
			break;
		set_page_private(page, 0);
		list_del(&page->lru);
		ring->nr_pages_free--;
		if (!is_ended) {
			blkfront_grant_leave_ref(ring, gref, page);
			ring->tries_no_more = true;
			break;
		}
		list_add(&page->lru, &pages);
		ring->nr_grants--;
		done++;
	}
	ring->low_pages = min(ring->low_pages, ring->nr_pages_free);
	spin_unlock_irq(&ring->grant_lock);

	list_for_each_entry_safe(page, tmp, &pages, lru)
		__free_page(page);
	blkfront_grant_refill(ring);
	return done;
}

/*
 * What was at rest all the time since the last time is not needed: pages, but for those
 * that the back maps, and references of the stock.
 */
static void blkfront_grant_purge_work(struct work_struct *work)
{
	struct blkfront_ring *ring = container_of(to_delayed_work(work),
						  struct blkfront_ring,
						  purge_work);
	unsigned int noio = memalloc_noio_save();
	u32 nr = READ_ONCE(ring->low_pages), got;
	bool is_left;

	/* Not all at once: interrupts are off. */
	do {
		got = blkfront_grant_shrink(ring, min_t(u32, nr, BLKFRONT_GRANT_CHUNK));
		nr -= got;
	} while (got);
	blkfront_grant_trim(ring, READ_ONCE(ring->low_free));
	blkfront_grant_refill(ring);

	spin_lock_irq(&ring->grant_lock);
	ring->low_pages = ring->nr_pages_free;
	ring->low_free = ring->nr_free;
	/* What is in flight comes back, and nothing else arms it then. */
	is_left = !ring->tries_no_more &&
		  (ring->nr_pages_free > ring->min_pages ||
		   ring->nr_grants > BLKIF_MAX_SEGS);
	spin_unlock_irq(&ring->grant_lock);
	/* At rest, with nothing left to give back, nothing is armed. */
	if (is_left)
		blkfront_grant_arm_purge(ring);
	memalloc_noio_restore(noio);
}

/**
 * blkfront_grant_init() - lay in the first references of a ring
 * @ring: not connected yet
 *
 * Enough for one request without indirect frames and bouncing, so that such a
 * one can always go as soon as nothing else is in flight.
 *
 * Context: Process.
 * Return: 0, -ENOSPC (the grant table is full).
 */
int blkfront_grant_init(struct blkfront_ring *ring)
{
	int err;

	spin_lock_init(&ring->grant_lock);
	INIT_LIST_HEAD(&ring->pages);
	INIT_LIST_HEAD(&ring->kept);
	INIT_DELAYED_WORK(&ring->purge_work, blkfront_grant_purge_work);
	ring->outlives_try = blkfront_grant_outlives_try();
	err = gnttab_alloc_grant_references(BLKIF_MAX_SEGS, &ring->grant_head);
	if (err)
		return err;
	ring->nr_free = BLKIF_MAX_SEGS;
	ring->nr_grants = BLKIF_MAX_SEGS;
	return 0;
}

/**
 * blkfront_grant_exit() - give all pages and references back
 * @ring: initialised; nothing is in flight
 *
 * Context: Process, sleeps.
 */
void blkfront_grant_exit(struct blkfront_ring *ring)
{
	struct page *page, *next;

	cancel_delayed_work_sync(&ring->purge_work);
	list_for_each_entry_safe(page, next, &ring->pages, lru) {
		list_del(&page->lru);
		blkfront_grant_free_page(page);
	}
	ring->nr_grants -= ring->nr_pages_free;
	ring->nr_pages_free = 0;
	WARN_ON_ONCE(ring->nr_free != ring->nr_grants);
	if (ring->nr_free)
		gnttab_free_grant_references(ring->grant_head);
	ring->nr_free = 0;
	ring->nr_grants = 0;
}

/* --- the grants of a request --- */

/*
 * Segments of 4 KiB pages that the request's memory amounts to, up to @max, and
 * how many @bytes that is; 0 if some of it does not lie on sectors, which a
 * segment cannot say.
 */
static u32 blkfront_grant_count(struct request *rq, u32 max, u32 *bytes)
{
	struct req_iterator iter;
	struct bio_vec bv;
	u32 nr = 0;

	*bytes = 0;
	rq_for_each_bvec(bv, rq, iter) {
		u32 n = gnttab_count_grant(bv.bv_offset, bv.bv_len);

		if ((bv.bv_offset | bv.bv_len) & (BLKIF_SECTOR_SIZE - 1))
			return 0;
		if (unlikely(n > max - nr)) {
			/* The last of them ends where its 4 KiB do. */
			n = max - nr;
			if (n)
				*bytes += n * XEN_PAGE_SIZE -
					  xen_offset_in_page(bv.bv_offset);
			return max;
		}
		nr += n;
		*bytes += bv.bv_len;
		/* Before the iterator finds it out the long way. */
		if (*bytes == blk_rq_bytes(rq))
			break;
	}
	return nr;
}

static struct blkif_request_segment *
blkfront_grant_frame_seg(const struct blkfront_req *req, u32 i)
{
	struct blkif_request_segment *seg =
		page_address(req->frame[i / BLKIF_SEGS_PER_FRAME]);

	return seg + i % BLKIF_SEGS_PER_FRAME;
}

/* Where segment @i is written: in a frame, or in the slot to be. */
static struct blkif_request_segment *
blkfront_grant_seg(const struct blkfront_req *req,
		   struct blkif_request_segment *seg, u32 i)
{
	return req->is_indirect ? blkfront_grant_frame_seg(req, i) : &seg[i];
}

/* Which sectors of its 4 KiB a segment is, in bytes. */
static void blkfront_grant_place(struct blkif_request_segment *s, u32 offset,
				 u32 len)
{
	s->first_sect = offset >> BLKIF_SECTOR_SHIFT;
	s->last_sect = ((offset + len) >> BLKIF_SECTOR_SHIFT) - 1;
}

static void blkfront_grant_set_frame(struct blkfront_req *req,
				     struct blkif_io *io, u32 i,
				     struct page *page)
{
	req->frame[i] = page;
	io->frame[i] = page_private(page);
}

/* --- directly: the request's own memory --- */

/* grant_lock held: a reference is not used, or not any more. */
static void blkfront_grant_release(struct blkfront_ring *ring, grant_ref_t gref)
{
	gnttab_release_grant_reference(&ring->grant_head, gref);
	ring->nr_free++;
}

/* grant_lock held: end one grant; false: the back still has the page. */
static bool blkfront_grant_end_ref(struct blkfront_ring *ring, grant_ref_t gref)
{
	if (unlikely(!gnttab_end_foreign_access_ref(gref)))
		return false;
	blkfront_grant_release(ring, gref);
	return true;
}

/* grant_lock held: end frames and free them; false: the back has one still. */
static bool blkfront_grant_end_frames(struct blkfront_ring *ring,
				      struct blkfront_req *req, u32 nr)
{
	bool ok = true;

	while (nr--) {
		struct page *page = req->frame[nr];
		grant_ref_t gref = page_private(page);

		set_page_private(page, 0);
		if (blkfront_grant_end_ref(ring, gref)) {
			__free_page(page);
		} else {
			blkfront_grant_leave_ref(ring, gref, page);
			ok = false;
		}
	}
	return ok;
}

/* Frames, and a reference for each segment, noted where it will stand. */
static bool blkfront_grant_claim_indirect(struct blkfront_ring *ring,
					  struct blkfront_req *req,
					  struct blkif_io *io, u32 nr)
{
	grant_ref_t gref[16];
	unsigned long flags;
	u32 i, j, n;

	req->is_indirect = true;
	for (i = 0; i < blkif_nr_frames(nr); i++) {
		struct page *page = blkfront_grant_alloc_page(ring, true,
							      GFP_ATOMIC);

		if (!page)
			goto out_end_frames;
		blkfront_grant_set_frame(req, io, i, page);
	}
	for (j = 0; j < nr; j += n) {
		u32 k;

		n = min_t(u32, nr - j, ARRAY_SIZE(gref));
		if (!blkfront_grant_claim(ring, gref, n))
			goto out_release;
		for (k = 0; k < n; k++)
			blkfront_grant_frame_seg(req, j + k)->gref = gref[k];
	}
	return true;

out_release:
	spin_lock_irqsave(&ring->grant_lock, flags);
	while (j--)
		blkfront_grant_release(ring,
				       blkfront_grant_frame_seg(req, j)->gref);
	spin_unlock_irqrestore(&ring->grant_lock, flags);
out_end_frames:
	spin_lock_irqsave(&ring->grant_lock, flags);
	blkfront_grant_end_frames(ring, req, i);
	spin_unlock_irqrestore(&ring->grant_lock, flags);
	req->is_indirect = false;
	return false;
}

/* Let the back at the memory of @rq, one segment a 4 KiB page, @nr of them. */
static void blkfront_grant_fill(struct blkfront_ring *ring, struct request *rq,
				struct blkfront_req *req,
				struct blkif_request_segment *seg, u32 nr)
{
	domid_t domid = ring->dev->xbdev->otherend_id;
	bool is_readonly = rq_data_dir(rq) == WRITE;
	struct req_iterator iter;
	struct bio_vec bv;
	u32 i = 0;

	rq_for_each_bvec(bv, rq, iter) {
		unsigned long pfn = page_to_xen_pfn(bv.bv_page) +
				    XEN_PFN_DOWN(bv.bv_offset);
		u32 offset = xen_offset_in_page(bv.bv_offset);
		u32 left = bv.bv_len;

		while (left) {
			u32 len = min_t(u32, left, XEN_PAGE_SIZE - offset);
			struct blkif_request_segment *s;

			if (unlikely(i == nr))
				return;
			s = blkfront_grant_seg(req, seg, i);
			if (!req->is_indirect)
				s->gref = req->gref[i];
			blkfront_grant_place(s, offset, len);
			gnttab_grant_foreign_access_ref(s->gref, domid,
							pfn_to_gfn(pfn),
							is_readonly);
			offset = 0;
			left -= len;
			pfn++;
			i++;
		}
	}
}

static bool blkfront_grant_take_direct(struct blkfront_ring *ring,
				       struct request *rq,
				       struct blkfront_req *req,
				       struct blkif_io *io,
				       struct blkif_request_segment *seg,
				       u32 nr)
{
	bool ok = nr > BLKIF_MAX_SEGS ?
		  blkfront_grant_claim_indirect(ring, req, io, nr) :
		  blkfront_grant_claim(ring, req->gref, nr);

	if (ok)
		blkfront_grant_fill(ring, rq, req, seg, nr);
	return ok;
}

/* --- bounced: through pages of ours --- */

/*
 * A piece of a request, on its way out or in. Whole pages by what the processor has
 * for them: from some kernel on memcpy() is a call, and a slow one on processors
 * that do not say that their string instructions are fast.
 */
static __always_inline void blkfront_grant_copy(struct page *theirs, u32 at,
						void *ours, u32 len, bool is_out)
{
	void *page;

	if (len != PAGE_SIZE || XEN_PAGE_SIZE != PAGE_SIZE) {
		if (is_out)
			memcpy_from_page(ours, theirs, at, len);
		else
			memcpy_to_page(theirs, at, ours, len);
		return;
	}
	page = kmap_local_page(theirs);
	if (is_out) {
		copy_page(ours, page);
	} else {
		copy_page(page, ours);
		flush_dcache_page(theirs);
	}
	kunmap_local(page);
}

/*
 * Copy between the request's memory and its pages of ours, @nr of them, at the
 * same place in the page. On the way out (@seg) that is what is written, and where
 * each page lies is noted; on the way in, it is what was read. Inline, as either way
 * is done for each request and knows which one it is.
 */
static __always_inline void
blkfront_grant_bounce(struct request *rq, struct blkfront_req *req,
		      struct blkif_request_segment *seg, u32 nr, bool is_out)
{
	bool is_write = rq_data_dir(rq) == WRITE;
	struct page *page = list_first_entry(&req->pages, struct page, lru);
	struct blkif_request_segment *s = NULL;
	struct req_iterator iter;
	struct bio_vec bv;
	u32 i = 0;

	rq_for_each_bvec(bv, rq, iter) {
		u32 at = bv.bv_offset, end = at + bv.bv_len, len;

		for (; at < end; at += len) {
			u32 offset = xen_offset_in_page(at);
			struct page *theirs = bv.bv_page + at / PAGE_SIZE;
			void *ours = page_address(page) + offset;

			len = min_t(u32, end - at, XEN_PAGE_SIZE - offset);
			if (!is_out || is_write)
				blkfront_grant_copy(theirs, offset_in_page(at),
						    ours, len, is_out);
			if (is_out) {
				s = i % BLKIF_SEGS_PER_FRAME ?
				    s + 1 : blkfront_grant_seg(req, seg, i);
				s->gref = page_private(page);
				blkfront_grant_place(s, offset, len);
			}
			/* Before the iterator finds it out the long way. */
			if (++i == nr)
				return;
			page = list_next_entry(page, lru);
		}
	}
}

static bool blkfront_grant_take_bounced(struct blkfront_ring *ring,
					struct request *rq,
					struct blkfront_req *req,
					struct blkif_io *io,
					struct blkif_request_segment *seg,
					u32 nr)
{
	u32 i, nr_frames = nr > BLKIF_MAX_SEGS ? blkif_nr_frames(nr) : 0;
	struct page *page;

	INIT_LIST_HEAD(&req->pages);
	if (!blkfront_grant_take_pages(ring, &req->pages, nr + nr_frames))
		return false;
	req->is_bounced = true;
	req->is_indirect = nr_frames;

	/* Whom we do not trust sees nothing of what was there before. */
	if (!ring->dev->is_trusted)
		list_for_each_entry(page, &req->pages, lru)
			blkfront_grant_clear_page(page);

	for (i = 0; i < nr_frames; i++) {
		page = list_first_entry(&req->pages, struct page, lru);
		list_del(&page->lru);
		blkfront_grant_set_frame(req, io, i, page);
	}
	blkfront_grant_bounce(rq, req, seg, nr, true);
	return true;
}

/**
 * blkfront_grant_gather() - the pages that a request bounced through
 * @rq:      the request
 * @req:     its memory of grants, bounced
 * @is_good: the back has done it: what it read is copied out
 * @pages:   they are added here, for blkfront_grant_give()
 *
 * Context: Any. It copies, and so is best not called in a hard interrupt.
 * Return: how many pages that are.
 */
u32 blkfront_grant_gather(struct request *rq, struct blkfront_req *req,
			  bool is_good, struct list_head *pages)
{
	u32 i, nr_frames = req->is_indirect ? blkif_nr_frames(req->nr_segs) : 0;
	u32 nr = req->nr_segs + nr_frames;

	if (is_good && rq_data_dir(rq) == READ)
		blkfront_grant_bounce(rq, req, NULL, req->nr_segs, false);
	for (i = nr_frames; i--; )
		list_add(&req->frame[i]->lru, &req->pages);
	list_splice(&req->pages, pages);
	req->nr_segs = 0;
	req->is_bounced = false;
	req->is_indirect = false;
	return nr;
}

/* --- either way --- */

/* May the back keep the request's own memory beyond the request? Not a slab's. */
static bool blkfront_grant_is_keepable(struct request *rq)
{
	struct req_iterator iter;
	struct bio_vec bv;

	rq_for_each_segment(bv, rq, iter)
		if (!sendpage_ok(bv.bv_page))
			return false;
	return true;
}

static bool blkfront_grant_take_nr(struct blkfront_ring *ring,
				   struct request *rq, struct blkfront_req *req,
				   struct blkif_io *io,
				   struct blkif_request_segment *seg, u32 nr)
{
	if (blkfront_grant_bounces(ring) ||
	    unlikely(!blkfront_grant_is_keepable(rq)))
		return blkfront_grant_take_bounced(ring, rq, req, io, seg, nr);
	return blkfront_grant_take_direct(ring, rq, req, io, seg, nr);
}

/*
 * Is something in flight that others, or this request, wait for? The flag alone does not
 * say so: it stays where who held the others up could not go after all. A slot that
 * is counted already is the request's own.
 */
static bool blkfront_grant_waits(const struct blkfront_ring *ring)
{
	return test_bit(BLKFRONT_RING_FULL, &ring->flags) &&
	       (READ_ONCE(ring->nr_pages_out) || atomic_read(&ring->nr_used) > 1);
}

/**
 * blkfront_grant_take() - have the back reach the data of a read or write
 * @ring: the ring
 * @rq:   the request
 * @req:  its memory of grants; filled in, also with how much of @rq it covers:
 *        all, or as much as a slot can carry or little memory allows
 * @io:   the same request in canonical form; segments and frames filled in
 * @seg:  room for BLKIF_MAX_SEGS; filled in unless it becomes indirect
 *
 * Memory that is granted as it is, and only written to the disk, is granted
 * read-only.
 *
 * Context: Any; takes grant_lock.
 * Return: BLK_STS_OK; BLK_STS_RESOURCE: no reference or memory now, nothing is
 * held, try again, at the latest when RING_FULL is found set as something is given
 * back; BLK_STS_IOERR: memory that is not as the limits ask.
 */
blk_status_t blkfront_grant_take(struct blkfront_ring *ring,
				 struct request *rq, struct blkfront_req *req,
				 struct blkif_io *io,
				 struct blkif_request_segment *seg)
{
	u32 nr = blkfront_grant_count(rq, ring->dev->geo.max_segs,
				      &req->nr_bytes);
	bool ok;

	if (unlikely(!nr))
		return BLK_STS_IOERR;
	ok = blkfront_grant_take_nr(ring, rq, req, io, seg, nr);
	if (unlikely(!ok && nr > BLKIF_MAX_SEGS &&
		     !blkfront_grant_waits(ring))) {
		/*
		 * Nothing in flight is waited for, and what other rings have in
		 * stock may never come: a part goes.
		 */
		nr = blkfront_grant_count(rq, BLKIF_MAX_SEGS, &req->nr_bytes);
		ok = blkfront_grant_take_nr(ring, rq, req, io, seg, nr);
	}
	if (unlikely(!ok))
		return BLK_STS_RESOURCE;

	req->nr_segs = nr;
	io->nr_segs = nr;
	if (req->is_indirect)
		io->flags |= BLKIF_IO_INDIRECT;
	return BLK_STS_OK;
}

static grant_ref_t blkfront_grant_ref(const struct blkfront_req *req, u32 i)
{
	return req->is_indirect ? blkfront_grant_frame_seg(req, i)->gref :
				  req->gref[i];
}

/*
 * grant_lock held: the back may still have the segments from @first to before @end. Each
 * keeps the page that it lies in, and is left to the grant table unless it is @kept.
 */
static void blkfront_grant_leave_segs(struct blkfront_ring *ring,
				      struct blkfront_req *req, u32 first,
				      u32 end, struct blkfront_kept *kept)
{
	struct request *rq = blk_mq_rq_from_pdu(req);
	struct req_iterator iter;
	struct bio_vec bv;
	u32 i = 0;

	rq_for_each_bvec(bv, rq, iter) {
		u32 n = gnttab_count_grant(bv.bv_offset, bv.bv_len);
		unsigned long pfn = page_to_xen_pfn(bv.bv_page) +
				    XEN_PFN_DOWN(bv.bv_offset);

		for (; n; n--, i++, pfn++) {
			struct page *page = xen_pfn_to_page(pfn);
			grant_ref_t gref;

			if (i == end)
				return;
			if (i < first)
				continue;
			gref = blkfront_grant_ref(req, i);
			get_page(page);
			if (kept) {
				kept->seg[kept->nr].gref = gref;
				kept->seg[kept->nr++].page = page;
			} else {
				blkfront_grant_leave_ref(ring, gref, page);
			}
		}
	}
}

/*
 * grant_lock held: the ring is given up. What the back has read of a request it acts on
 * later, so the references stay the ring's, and are held until the back lets go: see
 * hold.c. Frames stay as they are, too. A back maps the segments of a request in their
 * order: those that it has mapped, and all before them, are not tried, which has the
 * kernel say so for each.
 */
static void blkfront_grant_abandon(struct blkfront_ring *ring,
				   struct blkfront_req *req, u32 nr_frames)
{
	struct blkfront_kept *kept;
	u32 nr = req->nr_segs;

	ring->nr_pages_free += nr_frames;
	while (nr_frames--)
		list_add(&req->frame[nr_frames]->lru, &ring->pages);
	while (nr && blkfront_grant_end_ref(ring, blkfront_grant_ref(req, nr - 1)))
		nr--;
	if (!nr)
		return;
	kept = kmalloc(struct_size(kept, seg, nr), GFP_ATOMIC | __GFP_NOWARN);
	if (kept) {
		kept->nr = 0;
		list_add(&kept->node, &ring->kept);
	}
	blkfront_grant_leave_segs(ring, req, 0, nr, kept);
}

/* grant_lock held: end the segments' grants; false: the back has one still. */
static bool blkfront_grant_end_segs(struct blkfront_ring *ring,
				    struct blkfront_req *req)
{
	u32 i = 0;

	while (i < req->nr_segs &&
	       blkfront_grant_end_ref(ring, blkfront_grant_ref(req, i)))
		i++;
	if (likely(i == req->nr_segs))
		return true;
	blkfront_grant_leave_segs(ring, req, i, req->nr_segs, NULL);
	return false;
}

/**
 * blkfront_grant_end() - end the grants of a request's own memory
 * @ring:        the ring
 * @req:         its memory of grants; one that bounced keeps them
 * @is_answered: the back is done with them; else they are taken from it, which
 *               it may not notice before it lets go by itself
 *
 * Context: Any; takes grant_lock.
 * Return: true; false: the back answered, but still maps some of it.
 */
bool blkfront_grant_end(struct blkfront_ring *ring, struct blkfront_req *req,
			bool is_answered)
{
	u32 nr_frames = req->is_indirect ? blkif_nr_frames(req->nr_segs) : 0;
	unsigned long flags;
	bool ok = true;

	if (req->is_bounced)
		return true;
	spin_lock_irqsave(&ring->grant_lock, flags);
	if (unlikely(!is_answered &&
		     test_bit(BLKFRONT_RING_UNANSWERED, &ring->flags))) {
		blkfront_grant_abandon(ring, req, nr_frames);
	} else {
		ok = blkfront_grant_end_segs(ring, req);
		ok &= blkfront_grant_end_frames(ring, req, nr_frames);
	}
	spin_unlock_irqrestore(&ring->grant_lock, flags);

	req->nr_segs = 0;
	req->is_indirect = false;
	return ok || !is_answered;
}
