// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is to be written, in pages of our own, into which Xen copies from the front's,
 * many segments in one call: for small requests whose grants would be mapped only to
 * be unmapped, which has Xen flush TLBs. Indirect frames are always copied.
 *
 * What is read goes into the front's pages, mapped. A copy would come with the answer,
 * when the front may have given up on the request and have another page behind the
 * same grant; a mapping holds the page.
 *
 * Layer: 1 (outside world: grants). Locks: blkback_copy.lock, innermost.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include <xen/page.h>

#include "blkback.h"

/* segments of one copy call */
#define BLKBACK_COPY_BATCH	64
/* pages that all writes of a disk have at a time: others are mapped */
#define BLKBACK_COPY_PAGES	2048
/* spare pages that nobody needed for so long go */
#define BLKBACK_COPY_SECS	5

unsigned int blkback_max_copy_segments = 16;

/* What a ring that copies has, made when it does so for the first time. */
struct blkback_copy {
	struct blkback_ring	*ring;
	struct delayed_work	work;
	atomic_t		nr_out;		/* pages of writes under way */
	/* lock guards the spare pages, the ring's number of them, and low */
	spinlock_t		lock;
	struct list_head	pages;
	u32			low;		/* never less spare ones of late */
	/* the thread's: what is gathered for one call */
	struct gnttab_copy	op[BLKBACK_COPY_BATCH];
	struct blkback_req	*req[BLKBACK_COPY_BATCH];
};

static void blkback_copy_prep(struct gnttab_copy *op,
			      const struct blkback_ring *ring, u32 gref,
			      u32 offset, unsigned long gfn, u32 to_offset,
			      u32 len)
{
	op->source.u.ref = gref;
	op->source.domid = ring->dev->xbdev->otherend_id;
	op->source.offset = offset;
	op->dest.u.gmfn = gfn;
	op->dest.domid = DOMID_SELF;
	op->dest.offset = to_offset;
	op->len = len;
	op->flags = GNTCOPY_source_gref;
}

/* --- pages --- */

static void blkback_copy_free_pages(struct list_head *pages)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, pages, lru) {
		list_del(&page->lru);
		__free_page(page);
	}
}

/* The first @nr spare pages, or all there are. */
static void blkback_copy_take_pages(struct blkback_copy *copy,
				    struct list_head *pages, u32 nr)
{
	struct blkback_ring *ring = copy->ring;
	u32 left;

	spin_lock_irq(&copy->lock);
	nr = min(nr, ring->nr_copy_pages);
	left = ring->nr_copy_pages - nr;
	WRITE_ONCE(ring->nr_copy_pages, left);
	copy->low = min(copy->low, left);
	while (nr--)
		list_move(copy->pages.next, pages);
	spin_unlock_irq(&copy->lock);
}

static void blkback_copy_work_later(struct blkback_copy *copy)
{
	queue_delayed_work(copy->ring->slow_wq, &copy->work,
			   BLKBACK_COPY_SECS * HZ);
}

/* All of @pages, if there are no more than @max then. Any context. */
static void blkback_copy_give_pages(struct blkback_ring *ring,
				    struct list_head *pages, u32 nr, u32 max)
{
	struct blkback_copy *copy = ring->copy;
	unsigned long flags;

	if (!nr)
		return;
	if (READ_ONCE(ring->nr_copy_pages) + nr > max) {
		blkback_copy_free_pages(pages);
		return;
	}
	spin_lock_irqsave(&copy->lock, flags);
	list_splice(pages, &copy->pages);
	WRITE_ONCE(ring->nr_copy_pages, ring->nr_copy_pages + nr);
	spin_unlock_irqrestore(&copy->lock, flags);
	if (!delayed_work_pending(&copy->work))
		blkback_copy_work_later(copy);
}

/* Give back what lay there all the time; at rest that is all, in the end. */
static void blkback_copy_work(struct work_struct *work)
{
	struct blkback_copy *copy = container_of(to_delayed_work(work),
						 struct blkback_copy, work);
	LIST_HEAD(pages);
	bool is_left;

	blkback_copy_take_pages(copy, &pages, READ_ONCE(copy->low));
	blkback_copy_free_pages(&pages);
	spin_lock_irq(&copy->lock);
	copy->low = copy->ring->nr_copy_pages;
	is_left = copy->low;
	spin_unlock_irq(&copy->lock);
	if (is_left)
		blkback_copy_work_later(copy);
}

/* --- in, before the disk --- */

/* How many segments may a request have that is copied? */
static u32 blkback_copy_max(const struct blkback_ring *ring)
{
	return ring->config->has_max_copy ?
	       ring->config->max_copy : READ_ONCE(blkback_max_copy_segments);
}

static struct blkback_copy *blkback_copy_create(struct blkback_ring *ring)
{
	struct blkback_copy *copy;

	copy = kmalloc(sizeof(*copy), GFP_NOIO | __GFP_NOWARN);
	if (!copy)
		return NULL;
	copy->ring = ring;
	atomic_set(&copy->nr_out, 0);
	spin_lock_init(&copy->lock);
	INIT_LIST_HEAD(&copy->pages);
	copy->low = 0;
	INIT_DELAYED_WORK(&copy->work, blkback_copy_work);
	return copy;
}

/* What is at hand, or else a new one; NULL: there is no memory. */
static struct page *blkback_copy_take_page(struct list_head *pages)
{
	struct page *page = list_first_entry_or_null(pages, struct page, lru);

	if (!page)
		return alloc_page(GFP_NOIO | __GFP_NOWARN | __GFP_NORETRY);
	list_del(&page->lru);
	return page;
}

static void blkback_copy_flush(struct blkback_ring *ring, u32 nr)
{
	struct blkback_copy *copy = ring->copy;
	u32 i, nr_bad = 0;

	if (!nr)
		return;
	gnttab_batch_copy(copy->op, nr);
	for (i = 0; i < nr; i++) {
		if (likely(copy->op[i].status == GNTST_okay))
			continue;
		copy->req[i]->error = -EFAULT;
		nr_bad++;
	}
	WRITE_ONCE(ring->tally.bad_grant, ring->tally.bad_grant + nr_bad);
}

/* Pages of our own for what a request lacks. Returns the new count of ops. */
static u32 blkback_copy_gather(struct blkback_req *req,
			       struct list_head *pages, u32 nr)
{
	struct blkback_ring *ring = req->ring;
	u32 i;

	for (i = 0; i < req->io.nr_segs; i++) {
		struct blkback_seg *seg = &req->seg[i];

		if (seg->page)
			continue;
		seg->page = blkback_copy_take_page(pages);
		if (!seg->page)
			break;
		seg->is_copy = true;
		req->nr_copied++;
		blkback_copy_prep(&ring->copy->op[nr], ring, seg->gref,
				  seg->first << BLKIF_SECTOR_SHIFT,
				  xen_page_to_gfn(seg->page),
				  seg->first << BLKIF_SECTOR_SHIFT,
				  seg->nr << BLKIF_SECTOR_SHIFT);
		ring->copy->req[nr] = req;
		if (++nr == BLKBACK_COPY_BATCH) {
			blkback_copy_flush(ring, nr);
			nr = 0;
		}
	}
	return nr;
}

/* Is it a write, and small enough? */
static bool blkback_copy_is_for(const struct blkback_req *req, u32 max)
{
	return req->io.op != BLKIF_OP_READ && req->io.nr_segs <= max;
}

/* Pages that a request lacks. */
static u32 blkback_copy_lacks(const struct blkback_req *req)
{
	u32 i, nr = 0;

	for (i = 0; i < req->io.nr_segs; i++)
		nr += !req->seg[i].page;
	return nr;
}

/* The same of all writes to be copied. */
static u32 blkback_copy_count(const struct list_head *reqs, u32 max)
{
	const struct blkback_req *req;
	u32 nr = 0;

	list_for_each_entry(req, reqs, list)
		if (blkback_copy_is_for(req, max))
			nr += blkback_copy_lacks(req);
	return nr;
}

/*
 * How many pages more may this ring have under way? They are dom0's, for as long as a
 * slow disk or a limit takes; what is mapped costs it none.
 */
static u32 blkback_copy_room(const struct blkback_ring *ring)
{
	u32 share = BLKBACK_COPY_PAGES / ring->config->nr_rings;
	u32 out = atomic_read(&ring->copy->nr_out);

	return share - min(share, out);
}

/**
 * blkback_copy_take() - have the data of small writes in pages of our own
 * @ring: the ring
 * @reqs: requests (by their list member), parsed; what has a page already is
 *        left alone
 *
 * What writes have to write is there afterwards, or the request's error is set.
 * Without memory, or beyond the ring's share of pages, it is left to be mapped, as what
 * is too large is.
 *
 * Context: The ring's thread; may sleep.
 */
void blkback_copy_take(struct blkback_ring *ring, struct list_head *reqs)
{
	u32 max = blkback_copy_max(ring);
	u32 nr_pages = blkback_copy_count(reqs, max);
	struct blkback_req *req;
	LIST_HEAD(pages);
	u32 nr = 0, room;

	if (!nr_pages)
		return;
	if (!ring->copy)
		/* pairs with blkback_copy_reclaim() */
		smp_store_release(&ring->copy, blkback_copy_create(ring));
	if (!ring->copy)
		return;

	room = blkback_copy_room(ring);
	blkback_copy_take_pages(ring->copy, &pages, min(nr_pages, room));
	nr_pages = 0;
	list_for_each_entry(req, reqs, list) {
		if (!blkback_copy_is_for(req, max) ||
		    unlikely(blkback_copy_lacks(req) > room))
			continue;
		nr = blkback_copy_gather(req, &pages, nr);
		nr_pages += req->nr_copied;
		room -= req->nr_copied;
	}
	blkback_copy_flush(ring, nr);
	/* Where the share has ended, or memory, some are left. */
	blkback_copy_free_pages(&pages);
	atomic_add(nr_pages, &ring->copy->nr_out);
	WRITE_ONCE(ring->tally.copied, ring->tally.copied + nr_pages);
}

/* --- after the disk --- */

/* The pages of a request; who still sends one down there gets it for good. */
static u32 blkback_copy_drop(struct blkback_req *req, struct list_head *pages)
{
	u32 i, nr = 0;

	for (i = 0; i < req->io.nr_segs; i++) {
		struct blkback_seg *seg = &req->seg[i];

		if (!seg->is_copy)
			continue;
		if (unlikely(page_count(seg->page) > 1)) {
			put_page(seg->page);
		} else {
			list_add(&seg->page->lru, pages);
			nr++;
		}
		seg->page = NULL;
		seg->is_copy = false;
	}
	req->nr_copied = 0;
	return nr;
}

/**
 * blkback_copy_give() - take back the pages of many requests
 * @ring: the ring
 * @reqs: requests (by their done member), ended
 * @max:  spare pages that the ring may keep
 *
 * Context: Any; the caller holds REAPING.
 */
void blkback_copy_give(struct blkback_ring *ring, struct llist_node *reqs,
		       u32 max)
{
	struct blkback_req *req;
	LIST_HEAD(pages);
	u32 nr = 0, out = 0;

	if (!READ_ONCE(ring->copy))
		return;
	llist_for_each_entry(req, reqs, done) {
		if (!req->nr_copied)
			continue;
		out += req->nr_copied;
		nr += blkback_copy_drop(req, &pages);
	}
	if (out)
		atomic_sub(out, &ring->copy->nr_out);
	blkback_copy_give_pages(ring, &pages, nr, max);
}

/* --- indirect frames --- */

/**
 * blkback_copy_frames() - fetch the segments of an indirect request
 * @ring: the ring
 * @io:   the request, header parsed, indirect
 * @seg:  room for its segments, filled in; untrusted, but no longer shared
 *
 * The frames are copied rather than mapped, so that there is nothing that the
 * front could change between check and use.
 *
 * Context: The ring's thread; may sleep.
 * Return: 0, -EFAULT (a frame could not be read).
 */
int blkback_copy_frames(struct blkback_ring *ring, const struct blkif_io *io,
			struct blkif_request_segment *seg)
{
	struct gnttab_copy ops[2 * BLKIF_MAX_FRAMES] __uninitialized;
	u32 left = io->nr_segs * sizeof(*seg);
	u8 *to = (u8 *)seg;
	u32 nr = 0, done = 0, i;

	while (done < left) {
		u32 from_off = done % BLKIF_PAGE_SIZE;
		u32 to_off = xen_offset_in_page(to + done);
		u32 len = min3(left - done,
			       (u32)(BLKIF_PAGE_SIZE - from_off),
			       (u32)(XEN_PAGE_SIZE - to_off));

		/* Those that Xen gets are written to the last byte, no others. */
		memset(&ops[nr], 0, sizeof(ops[nr]));
		blkback_copy_prep(&ops[nr++], ring,
				  io->frame[done / BLKIF_PAGE_SIZE], from_off,
				  virt_to_gfn(to + done), to_off, len);
		done += len;
	}
	gnttab_batch_copy(ops, nr);
	for (i = 0; i < nr; i++)
		if (ops[i].status != GNTST_okay)
			return -EFAULT;
	return 0;
}

/* --- life --- */

/**
 * blkback_copy_reclaim() - memory is short: give spare pages back
 * @ring: connected
 *
 * Context: Process; does not sleep.
 */
void blkback_copy_reclaim(struct blkback_ring *ring)
{
	/* pairs with blkback_copy_take() */
	struct blkback_copy *copy = smp_load_acquire(&ring->copy);
	LIST_HEAD(pages);

	if (!copy)
		return;
	blkback_copy_take_pages(copy, &pages, U32_MAX);
	blkback_copy_free_pages(&pages);
}

/**
 * blkback_copy_exit() - free what copying took
 * @ring: no request holds anything
 *
 * Context: Process, sleeps.
 */
void blkback_copy_exit(struct blkback_ring *ring)
{
	if (!ring->copy)
		return;
	cancel_delayed_work_sync(&ring->copy->work);
	blkback_copy_free_pages(&ring->copy->pages);
	kfree(ring->copy);
}
