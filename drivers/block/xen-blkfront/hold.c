// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a back may still use of a ring that was given up. It may have read requests that it
 * never answered, and does them when its disk wakes up: by references that would be
 * another request's by then, or another ring's, had they gone back to the grant table.
 * They stay here, and the pages that are granted by them, until the back lets go of the
 * ring, which it does last. So does what it has mapped just now, as it may let go of
 * that, and map it again by the same reference.
 *
 * Layer: 1 (outside world: grants). Locks: blkfront_hold_lock; grant_lock.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include <xen/grant_table.h>

#include "blkfront.h"

/* how often it is asked whether the back has let go */
#define BLKFRONT_HOLD_SECS	1

/* how long it has at the end, as it may be told only then that a disk goes */
#define BLKFRONT_HOLD_LAST_MS	2000

/* What one ring had. */
struct blkfront_hold {
	struct list_head	node;
	grant_ref_t		guard;	/* of the ring's first page */
	struct page		*page;
	struct list_head	pages;	/* bounced through, or of frames: still granted */
	struct list_head	kept;	/* of the requests' own memory, mapped */
	grant_ref_t		head;	/* references that grant nothing now */
	u32			nr;	/* how many of these */
	u32			nr_pages; /* pages, and segments kept */
};

static LIST_HEAD(blkfront_holds);
static DEFINE_SPINLOCK(blkfront_hold_lock);
static struct delayed_work blkfront_hold_work;
static struct workqueue_struct *blkfront_hold_wq;

static void blkfront_hold_free_kept(struct blkfront_kept *kept)
{
	while (kept->nr--)
		gnttab_end_foreign_access(kept->seg[kept->nr].gref,
					  kept->seg[kept->nr].page);
	kfree(kept);
}

static void blkfront_hold_free(struct blkfront_hold *hold)
{
	struct blkfront_kept *kept, *last;
	struct page *page, *next;

	put_page(hold->page);
	list_for_each_entry_safe(kept, last, &hold->kept, node)
		blkfront_hold_free_kept(kept);
	list_for_each_entry_safe(page, next, &hold->pages, lru) {
		grant_ref_t gref = page_private(page);

		list_del(&page->lru);
		set_page_private(page, 0);
		gnttab_end_foreign_access(gref, page);
	}
	if (hold->nr)
		gnttab_free_grant_references(hold->head);
	kfree(hold);
}

/* Free what no back has any more. Is there anything left? */
static bool blkfront_hold_look(void)
{
	struct blkfront_hold *hold, *next;
	LIST_HEAD(ended);
	bool is_left;

	spin_lock(&blkfront_hold_lock);
	list_for_each_entry_safe(hold, next, &blkfront_holds, node)
		if (gnttab_try_end_foreign_access(hold->guard))
			list_move(&hold->node, &ended);
	is_left = !list_empty(&blkfront_holds);
	spin_unlock(&blkfront_hold_lock);
	list_for_each_entry_safe(hold, next, &ended, node)
		blkfront_hold_free(hold);
	return is_left;
}

static void blkfront_hold_later(void)
{
	queue_delayed_work(blkfront_hold_wq, &blkfront_hold_work,
			   BLKFRONT_HOLD_SECS * HZ);
}

static void blkfront_hold_work_fn(struct work_struct *work)
{
	/* On the queue that writes wait for. */
	unsigned int noio = memalloc_noio_save();

	if (blkfront_hold_look())
		blkfront_hold_later();
	memalloc_noio_restore(noio);
}

/**
 * blkfront_hold_take() - a ring goes: keep what its back may still use
 * @ring: unbound, nothing in flight; its pages are still granted
 *
 * Nothing is done unless it was given up with requests that had no answer. The page by
 * which it is seen that the back has let go is not the ring's any more then.
 *
 * Context: Process, sleeps.
 */
void blkfront_hold_take(struct blkfront_ring *ring)
{
	struct blkfront_kept *kept;
	struct blkfront_hold *hold;

	if (!test_bit(BLKFRONT_RING_UNANSWERED, &ring->flags) || !ring->nr_pages)
		return;
	/* It would lay in others, in front of those. */
	cancel_delayed_work_sync(&ring->purge_work);
	hold = kmalloc(sizeof(*hold), GFP_NOIO | __GFP_NOFAIL);
	hold->guard = ring->gref[0];
	hold->page = ring->page[0];
	ring->gref[0] = INVALID_GRANT_REF;

	INIT_LIST_HEAD(&hold->pages);
	INIT_LIST_HEAD(&hold->kept);
	spin_lock_irq(&ring->grant_lock);
	list_splice_init(&ring->pages, &hold->pages);
	list_splice_init(&ring->kept, &hold->kept);
	hold->head = ring->grant_head;
	hold->nr = ring->nr_free;
	hold->nr_pages = ring->nr_pages_free;
	list_for_each_entry(kept, &hold->kept, node)
		hold->nr_pages += kept->nr;
	ring->grant_head = INVALID_GRANT_REF;
	ring->nr_grants -= hold->nr + hold->nr_pages;
	ring->nr_free = 0;
	ring->nr_pages_free = 0;
	spin_unlock_irq(&ring->grant_lock);

	spin_lock(&blkfront_hold_lock);
	list_add_tail(&hold->node, &blkfront_holds);
	spin_unlock(&blkfront_hold_lock);
	blkfront_hold_later();
}

/**
 * blkfront_hold_setup() - once, when the module comes
 * @wq: where to look whether backs have let go
 *
 * Context: Process.
 */
void blkfront_hold_setup(struct workqueue_struct *wq)
{
	blkfront_hold_wq = wq;
	INIT_DELAYED_WORK(&blkfront_hold_work, blkfront_hold_work_fn);
}

/**
 * blkfront_hold_teardown() - once, when the module goes
 *
 * What a back has still after a while is lost: nobody will be there to ask.
 *
 * Context: Process, sleeps; no device is left.
 */
void blkfront_hold_teardown(void)
{
	struct blkfront_hold *hold;
	u32 ms;

	cancel_delayed_work_sync(&blkfront_hold_work);
	for (ms = 0; blkfront_hold_look(); ms += 20) {
		if (ms >= BLKFRONT_HOLD_LAST_MS)
			break;
		msleep(20);
	}
	list_for_each_entry(hold, &blkfront_holds, node)
		pr_warn("a back has a ring that was given up: %u reference(s) are lost\n",
			hold->nr + hold->nr_pages);
}
