// SPDX-License-Identifier: GPL-2.0-only
/*
 * The front's pages in our hands: maps grants for a whole pass over the ring in
 * as few calls as there are batches, keeps those of a persistent front mapped,
 * and unmaps the rest in batches.
 *
 * Layer: 1 (outside world: grants). Locks: map_lock, innermost; blkback_map_rings_lock.
 */
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "blkback.h"

/* what is unused is looked for this soon, and no sooner again; and this late */
#define BLKBACK_PURGE_SECS	5
#define BLKBACK_PURGE_MAX_SECS	(24 * 3600)
/* segments, or those of a request, seen to under map_lock before others get their turn */
#define BLKBACK_MAP_TURN	128
/* for how long what stays mapped is dropped sooner, when Xen could map no more */
#define BLKBACK_MAP_FULL_SECS	20
/* what was not used for so long goes then, or when memory is short */
#define BLKBACK_MAP_SHORT_SECS	1U

unsigned int blkback_max_persistent_grants = 1056;
unsigned int blkback_persistent_unused_seconds = 60;
unsigned int blkback_max_buffer_pages = 1024;

/* when Xen could map no more, in seconds, for whichever ring; 0: it never was so */
static unsigned long blkback_map_full_at;

/* whom it concerns when that changes, or a parameter */
static DEFINE_SPINLOCK(blkback_map_rings_lock);
static LIST_HEAD(blkback_map_rings);

static struct blkback_map *blkback_map_of(struct blkback_cache_node *node)
{
	return container_of(node, struct blkback_map, node);
}

/* How many grants of the ring may stay mapped? */
static u32 blkback_map_max(const struct blkback_ring *ring)
{
	return ring->config->has_max_persistent ?
	       ring->config->max_persistent :
	       READ_ONCE(blkback_max_persistent_grants);
}

/* How many spare pages may it keep, beside those that are copied into? */
static u32 blkback_map_max_spare(const struct blkback_ring *ring)
{
	u32 max = READ_ONCE(blkback_max_buffer_pages);

	return max - min(max, READ_ONCE(ring->nr_copy_pages));
}

static phys_addr_t blkback_map_addr(struct page *page)
{
	return (phys_addr_t)(unsigned long)pfn_to_kaddr(page_to_pfn(page));
}

/*
 * The purge, or nobody does any more: unmap mappings that stayed, @nr of them,
 * and free them. Process context.
 */
static void blkback_map_drop(struct blkback_ring *ring,
			     struct blkback_map **maps, u32 nr)
{
	struct gnttab_unmap_grant_ref ops[16];
	struct page *pages[ARRAY_SIZE(ops)];
	struct gntab_unmap_queue_data *drop = &ring->drop;
	u32 i;

	if (!nr)
		return;
	drop->unmap_ops = ops;
	drop->pages = pages;
	drop->count = nr;
	for (i = 0; i < nr; i++) {
		pages[i] = maps[i]->page;
		gnttab_set_unmap_op(&ops[i], blkback_map_addr(pages[i]),
				    GNTMAP_host_map, maps[i]->handle);
	}
	/* Waits for users further down, such as a socket that still sends. */
	if (!WARN_ON_ONCE(gnttab_unmap_refs_sync(drop)))
		gnttab_page_cache_put(&ring->pages, pages, nr);
	for (i = 0; i < nr; i++)
		kfree(maps[i]);
}

/* Process context: let go of what is older than @used_before or above @max. */
static void blkback_map_purge(struct blkback_ring *ring, u64 used_before,
			      u32 max)
{
	struct blkback_cache_node *node;
	struct blkback_map *maps[16];
	u32 i, nr;

	do {
		nr = 0;
		spin_lock_irq(&ring->map_lock);
		for (i = 0; i < BLKBACK_MAP_TURN && nr < ARRAY_SIZE(maps); i++) {
			node = blkback_cache_evict(&ring->cache, used_before,
						   max);
			if (!node)
				break;
			if (!node->users)
				maps[nr++] = blkback_map_of(node);
		}
		spin_unlock_irq(&ring->map_lock);
		blkback_map_drop(ring, maps, nr);
	} while (node);
}

/* Have the purge look in @seconds, or when it is to look sooner. Any context. */
static void blkback_map_purge_in(struct blkback_ring *ring, u64 seconds)
{
	if (seconds > BLKBACK_PURGE_SECS) {
		if (delayed_work_pending(&ring->purge_work))
			return;
		WRITE_ONCE(ring->is_purge_far, true);
		queue_delayed_work(ring->slow_wq, &ring->purge_work,
				   min_t(u64, seconds, BLKBACK_PURGE_MAX_SECS) *
				   HZ);
		return;
	}
	if (delayed_work_pending(&ring->purge_work) &&
	    !READ_ONCE(ring->is_purge_far))
		return;
	mod_delayed_work(ring->slow_wq, &ring->purge_work,
			 BLKBACK_PURGE_SECS * HZ);
	WRITE_ONCE(ring->is_purge_far, false);
}

static void blkback_map_purge_now(struct blkback_ring *ring)
{
	WRITE_ONCE(ring->is_purge_far, false);
	mod_delayed_work(ring->slow_wq, &ring->purge_work, 0);
}

/* Is there what need not be there at rest, or must not be there at all? */
static bool blkback_map_has_excess(const struct blkback_ring *ring)
{
	return READ_ONCE(ring->pages.num_pages) ||
	       READ_ONCE(ring->cache.nr) > blkback_map_max(ring);
}

/*
 * Requests gave back what they had: have the purge look once that may have to go, if it
 * is not to by then. Any context.
 */
static void blkback_map_purge_later(struct blkback_ring *ring)
{
	bool is_pending = delayed_work_pending(&ring->purge_work);
	u32 seconds;

	if (is_pending && !READ_ONCE(ring->is_purge_far))
		return;
	if (blkback_map_has_excess(ring)) {
		blkback_map_purge_in(ring, 0);
		return;
	}
	seconds = READ_ONCE(blkback_persistent_unused_seconds);
	if (!is_pending && READ_ONCE(ring->cache.nr) && seconds)
		blkback_map_purge_in(ring, seconds + 1ULL);
}

/* How long may a grant that stays mapped be unused? 0: for ever. */
static u32 blkback_map_unused_secs(u64 now)
{
	u32 seconds = READ_ONCE(blkback_persistent_unused_seconds);
	unsigned long full_at = READ_ONCE(blkback_map_full_at);

	/* What is not in use just now is worth less than what others wait for. */
	if (full_at && now - full_at < BLKBACK_MAP_FULL_SECS)
		seconds = min_not_zero(seconds, BLKBACK_MAP_SHORT_SECS);
	return seconds;
}

/*
 * Nothing is armed but for what will have to go, when it will: spare pages at rest, the
 * grant that is longest unused. What is in use now is seen to when it is given back.
 */
static void blkback_map_purge_again(struct blkback_ring *ring, u64 now,
				    u32 seconds)
{
	u64 oldest, due;
	bool has_any;

	if (blkback_map_has_excess(ring)) {
		blkback_map_purge_in(ring, 0);
		return;
	}
	spin_lock_irq(&ring->map_lock);
	has_any = blkback_cache_oldest(&ring->cache, &oldest);
	spin_unlock_irq(&ring->map_lock);
	if (!has_any || !seconds)
		return;
	/* The second in which it was used counts for it. */
	due = oldest + seconds + 1;
	blkback_map_purge_in(ring, due > now ? due - now : 0);
}

static void blkback_map_purge_work(struct work_struct *work)
{
	struct blkback_ring *ring = container_of(to_delayed_work(work),
						 struct blkback_ring,
						 purge_work);
	bool is_short = test_and_clear_bit(BLKBACK_RING_SQUEEZE, &ring->flags);
	u64 now = ktime_get_seconds(), passes = READ_ONCE(ring->tally.passes);
	bool is_at_rest = passes == ring->purge_passes;
	u32 seconds = blkback_map_unused_secs(now);
	u32 most = is_short ? BLKBACK_MAP_SHORT_SECS : seconds;

	ring->purge_passes = passes;
	blkback_map_purge(ring, most && now > most ? now - most : 0,
			  blkback_map_max(ring));
	gnttab_page_cache_shrink(&ring->pages, is_short || is_at_rest ?
				 0 : blkback_map_max_spare(ring));
	blkback_map_purge_again(ring, now, seconds);
}

/**
 * blkback_map_init() - prepare a ring to map grants
 * @ring: zeroed
 *
 * Context: Process.
 * Return: 0, -ENOMEM.
 */
int blkback_map_init(struct blkback_ring *ring)
{
	spin_lock_init(&ring->map_lock);
	blkback_cache_init(&ring->cache);
	gnttab_page_cache_init(&ring->pages);
	INIT_DELAYED_WORK(&ring->purge_work, blkback_map_purge_work);
	spin_lock(&blkback_map_rings_lock);
	list_add_tail(&ring->map_node, &blkback_map_rings);
	spin_unlock(&blkback_map_rings_lock);

	ring->map_ops = kcalloc(BLKBACK_MAP_BATCH, sizeof(*ring->map_ops),
				GFP_KERNEL);
	ring->map_segs = kcalloc(BLKBACK_MAP_BATCH, sizeof(*ring->map_segs),
				 GFP_KERNEL);
	ring->map_pages = kcalloc(BLKBACK_MAP_BATCH, sizeof(*ring->map_pages),
				  GFP_KERNEL);
	ring->unmap_ops = kcalloc(BLKBACK_MAP_BATCH, sizeof(*ring->unmap_ops),
				  GFP_KERNEL);
	ring->unmap_pages = kcalloc(BLKBACK_MAP_BATCH,
				    sizeof(*ring->unmap_pages), GFP_KERNEL);
	if (!ring->map_ops || !ring->map_segs || !ring->map_pages ||
	    !ring->unmap_ops || !ring->unmap_pages)
		return -ENOMEM;
	return 0;
}

/**
 * blkback_map_exit() - unmap all that stayed mapped, free the pages
 * @ring: no request holds anything; may be half initialised
 *
 * Context: Process, sleeps.
 */
void blkback_map_exit(struct blkback_ring *ring)
{
	spin_lock(&blkback_map_rings_lock);
	list_del(&ring->map_node);
	spin_unlock(&blkback_map_rings_lock);
	cancel_delayed_work_sync(&ring->purge_work);
	blkback_map_purge(ring, U64_MAX, 0);
	WARN_ON_ONCE(ring->cache.nr);
	gnttab_page_cache_shrink(&ring->pages, 0);
	kfree(ring->map_ops);
	kfree(ring->map_segs);
	kfree(ring->map_pages);
	kfree(ring->unmap_ops);
	kfree(ring->unmap_pages);
}

/**
 * blkback_map_reclaim() - memory is short: give back soon what is not in use
 * @ring: connected
 *
 * Spare pages, and grants that stay mapped though no request used them of late.
 *
 * Context: Process; does not sleep.
 */
void blkback_map_reclaim(struct blkback_ring *ring)
{
	if (!READ_ONCE(ring->pages.num_pages) && !READ_ONCE(ring->cache.nr))
		return;
	set_bit(BLKBACK_RING_SQUEEZE, &ring->flags);
	blkback_map_purge_now(ring);
}

/**
 * blkback_map_look_all() - how long grants stay, or how many, has changed
 *
 * Rings that have nothing to do now look, too.
 *
 * Context: Process; does not sleep.
 */
void blkback_map_look_all(void)
{
	struct blkback_ring *ring;

	spin_lock(&blkback_map_rings_lock);
	list_for_each_entry(ring, &blkback_map_rings, map_node)
		blkback_map_purge_now(ring);
	spin_unlock(&blkback_map_rings_lock);
}

/* A fresh mapping of a persistent front stays, if there is room and memory. */
static void blkback_map_keep(struct blkback_ring *ring, struct blkback_seg *seg)
{
	struct blkback_map *map;
	bool kept;

	/* While a request waits for more than it gets, others may need this one. */
	if (!ring->config->is_persistent || unlikely(ring->short_end))
		return;
	if (READ_ONCE(ring->cache.nr) >= blkback_map_max(ring)) {
		WRITE_ONCE(ring->tally.no_room, ring->tally.no_room + 1);
		return;
	}
	map = kmalloc(sizeof(*map), GFP_NOIO | __GFP_NOWARN);
	if (!map)
		return;
	map->page = seg->page;
	map->handle = seg->handle;

	spin_lock_irq(&ring->map_lock);
	kept = blkback_cache_insert(&ring->cache, &map->node, seg->gref,
				    ktime_get_seconds());
	spin_unlock_irq(&ring->map_lock);
	if (!kept) {
		/* the same grant twice in one batch: one of them stays */
		kfree(map);
		return;
	}
	seg->map = map;
	WRITE_ONCE(ring->tally.stayed, ring->tally.stayed + 1);
}

/* Is it Xen that can map no more for us, rather than the front's fault? */
static bool blkback_map_is_full(s16 status)
{
	return status == GNTST_no_device_space || status == GNTST_no_space;
}

static void blkback_map_say_full(struct blkback_ring *ring, u32 nr)
{
	unsigned long now = ktime_get_seconds();

	/* Once is enough for the log; the counter tells how often. */
	if (!ring->tally.no_maptrack && __ratelimit(&ring->dev->log))
		dev_warn(&ring->dev->xbdev->dev,
			 "%s: Xen maps no more grants for this domain: raise gnttab_max_maptrack_frames\n",
			 ring->name);
	WRITE_ONCE(ring->tally.no_maptrack, ring->tally.no_maptrack + nr);
	if (READ_ONCE(blkback_map_full_at) == now)
		return;
	WRITE_ONCE(blkback_map_full_at, now);
	blkback_map_look_all();
}

/* One map call for what is gathered; each segment learns its own outcome. */
static void blkback_map_flush(struct blkback_ring *ring, u32 nr)
{
	u32 i, nr_bad = 0, nr_full = 0;

	if (!nr)
		return;
	/* The status of each op tells; what it returns adds nothing to it. */
	gnttab_map_refs(ring->map_ops, NULL, ring->map_pages, nr);
	for (i = 0; i < nr; i++) {
		struct blkback_seg *seg = ring->map_segs[i];

		if (unlikely(ring->map_ops[i].status != GNTST_okay)) {
			seg->is_bad = !blkback_map_is_full(ring->map_ops[i].status);
			nr_full += !seg->is_bad;
			ring->map_pages[nr_bad++] = ring->map_pages[i];
			continue;
		}
		seg->page = ring->map_pages[i];
		seg->handle = ring->map_ops[i].handle;
		/* Before it may stay: who reads both sees no more stay than are mapped. */
		WRITE_ONCE(ring->tally.mapped, ring->tally.mapped + 1);
		blkback_map_keep(ring, seg);
	}
	if (nr_bad)
		gnttab_page_cache_put(&ring->pages, ring->map_pages, nr_bad);
	if (unlikely(nr_full))
		blkback_map_say_full(ring, nr_full);
	WRITE_ONCE(ring->tally.bad_grant,
		   ring->tally.bad_grant + nr_bad - nr_full);
}

/**
 * blkback_map_has_room() - would a grant that is mapped now stay mapped?
 * @ring: the ring
 *
 * Context: The ring's thread.
 * Return: whether it would.
 */
bool blkback_map_has_room(const struct blkback_ring *ring)
{
	return ring->config->is_persistent &&
	       READ_ONCE(ring->cache.nr) < blkback_map_max(ring);
}

/**
 * blkback_map_find() - look grants up among those that stay mapped
 * @ring: the ring
 * @reqs: requests (by their list member), parsed, without any page
 *
 * Context: The ring's thread.
 * Return: whether any is missing.
 */
bool blkback_map_find(struct blkback_ring *ring, struct list_head *reqs)
{
	struct blkback_cache_node *node;
	struct blkback_req *req;
	u32 i, nr = 0, nr_all = 0, nr_missing = 0;

	if (!READ_ONCE(ring->cache.nr))
		return true;
	spin_lock_irq(&ring->map_lock);
	list_for_each_entry(req, reqs, list) {
		for (i = 0; i < req->io.nr_segs; i++) {
			struct blkback_seg *seg = &req->seg[i];

			node = blkback_cache_take(&ring->cache, seg->gref);
			if (unlikely(!node)) {
				nr_missing++;
				continue;
			}
			seg->map = blkback_map_of(node);
			seg->page = seg->map->page;
		}
		nr_all += i;
		nr += i;
		if (nr < BLKBACK_MAP_TURN)
			continue;
		nr = 0;
		spin_unlock_irq(&ring->map_lock);
		spin_lock_irq(&ring->map_lock);
	}
	spin_unlock_irq(&ring->map_lock);
	WRITE_ONCE(ring->tally.found, ring->tally.found + nr_all - nr_missing);
	return nr_missing;
}

/* May so many more grants be mapped for requests under way? */
static bool blkback_map_may_lend(const struct blkback_ring *ring, u32 nr)
{
	const struct blkback_tally *tally = &ring->tally;
	u64 lent = tally->mapped - tally->stayed - READ_ONCE(tally->unmapped);

	return lent + nr <= ring->config->max_lent;
}

/* How often something was lacking, whoever's fault it was not. */
static u64 blkback_map_nr_lacks(const struct blkback_ring *ring)
{
	return ring->tally.no_page + ring->tally.no_maptrack;
}

/*
 * Must a request wait for what it misses, beside @nr more? 0: no; -ENOMEM: for its ring's
 * share of mappings; -EAGAIN: for its turn, as what lacked for one of the pass, as since
 * @lacks, would for those after it.
 */
static int blkback_map_must_wait(struct blkback_ring *ring,
				 const struct blkback_req *req, u32 nr,
				 u64 lacks)
{
	bool is_lacking = blkback_map_nr_lacks(ring) != lacks;
	u32 i, nr_missing = 0;

	if (likely(!is_lacking &&
		   blkback_map_may_lend(ring, nr + req->io.nr_segs)))
		return 0;
	for (i = 0; i < req->io.nr_segs; i++)
		nr_missing += !req->seg[i].page;
	if (!nr_missing)
		return 0;
	if (is_lacking)
		return -EAGAIN;
	if (blkback_map_may_lend(ring, nr + nr_missing))
		return 0;
	WRITE_ONCE(ring->tally.no_share, ring->tally.no_share + 1);
	return -ENOMEM;
}

/* What a pass has gathered to map. */
struct blkback_map_pass {
	u32 nr;		/* ops that no call was made for yet */
	u32 most;	/* ops in the next call */
	u64 lacks;	/* blkback_map_nr_lacks() when it began */
};

/* Returns false if there was no room for all of it: no use to ask for more. */
static bool blkback_map_go(struct blkback_ring *ring,
			   struct blkback_map_pass *pass)
{
	blkback_map_flush(ring, pass->nr);
	pass->nr = 0;
	pass->most = min_t(u32, 2 * pass->most, BLKBACK_MAP_BATCH);
	return blkback_map_nr_lacks(ring) == pass->lacks;
}

/* Gather map ops for what a request misses. */
static void blkback_map_gather(struct blkback_ring *ring,
			       struct blkback_req *req,
			       struct blkback_map_pass *pass)
{
	u32 flags = GNTMAP_host_map;
	u32 i;

	/*
	 * A write only reads the front's page; but a page that stays mapped
	 * will serve reads too.
	 */
	if (req->io.op != BLKIF_OP_READ && !ring->config->is_persistent)
		flags |= GNTMAP_readonly;

	/* What was to be copied from is no grant. */
	if (unlikely(req->error))
		return;
	/* Of those gathered some may stay, and are not lent then. */
	if (unlikely(pass->nr &&
		     !blkback_map_may_lend(ring, pass->nr + req->io.nr_segs)))
		blkback_map_go(ring, pass);
	req->error = blkback_map_must_wait(ring, req, pass->nr, pass->lacks);
	if (unlikely(req->error))
		return;
	for (i = 0; i < req->io.nr_segs; i++) {
		struct blkback_seg *seg = &req->seg[i];
		struct page **page = &ring->map_pages[pass->nr];

		if (seg->page)
			continue;
		if (gnttab_page_cache_get(&ring->pages, page)) {
			req->error = -ENOMEM;
			WRITE_ONCE(ring->tally.no_page, ring->tally.no_page + 1);
			return;
		}
		gnttab_set_map_op(&ring->map_ops[pass->nr],
				  blkback_map_addr(*page), flags, seg->gref,
				  ring->dev->xbdev->otherend_id);
		ring->map_segs[pass->nr] = seg;
		/* What it has no page for waits for that, see settle. */
		if (++pass->nr >= pass->most && !blkback_map_go(ring, pass))
			return;
	}
}

/* What the request has now, and why it lacks a page, if it does. */
static void blkback_map_settle(struct blkback_req *req)
{
	u32 i;

	for (i = 0; i < req->io.nr_segs; i++) {
		const struct blkback_seg *seg = &req->seg[i];

		if (unlikely(seg->is_bad))
			req->error = -EFAULT;
		else if (unlikely(!seg->page))
			req->error = req->error ?: -ENOMEM;
		else if (!seg->map && !seg->is_copy)
			req->nr_mapped++;
	}
}

/**
 * blkback_map_take() - map what requests lack
 * @ring: the ring
 * @reqs: requests (by their list member), after blkback_map_find()
 *
 * Afterwards each request has all its pages, or its error is set: -EFAULT, Xen refuses
 * one of its grants; -ENOMEM, there is no room for what it lacks; -EAGAIN, nor was there
 * for one before it, and it was not asked for. Either way blkback_map_give() takes back
 * what it has.
 *
 * Context: The ring's thread; may sleep.
 */
void blkback_map_take(struct blkback_ring *ring, struct list_head *reqs)
{
	struct blkback_map_pass pass = {
		/* What was short asks for a little before it asks for all. */
		.most = ring->short_end ? 1 : BLKBACK_MAP_BATCH,
		.lacks = blkback_map_nr_lacks(ring),
	};
	struct blkback_req *req;

	list_for_each_entry(req, reqs, list)
		blkback_map_gather(ring, req, &pass);
	blkback_map_flush(ring, pass.nr);

	list_for_each_entry(req, reqs, list)
		blkback_map_settle(req);
}

/**
 * blkback_map_is_held() - does someone below still use a page of the request?
 * @req: its I/O has ended
 *
 * Such a page must stay mapped, and so the answer must wait. A mapping that
 * stays anyway does not count, nor does a page of our own.
 *
 * Context: Any.
 * Return: true if the answer must wait.
 */
bool blkback_map_is_held(const struct blkback_req *req)
{
	u32 i;

	if (!req->nr_mapped)
		return false;
	for (i = 0; i < req->io.nr_segs; i++)
		if (req->seg[i].page && !req->seg[i].map &&
		    !req->seg[i].is_copy && page_count(req->seg[i].page) > 1)
			return true;
	return false;
}

static void blkback_map_unmap(struct blkback_ring *ring, u32 nr)
{
	if (!nr)
		return;
	/*
	 * Xen refuses to unmap only what was not mapped: a fault of ours, after
	 * which the pages cannot be used again.
	 */
	if (WARN_ON_ONCE(gnttab_unmap_refs(ring->unmap_ops, NULL,
					   ring->unmap_pages, nr)))
		return;
	gnttab_page_cache_put(&ring->pages, ring->unmap_pages, nr);
	WRITE_ONCE(ring->tally.unmapped, ring->tally.unmapped + nr);
}

/* Unmap what does not stay; pages of our own are gone already. */
static void blkback_map_give_once(struct blkback_ring *ring,
				  struct llist_node *reqs)
{
	struct blkback_req *req;
	u32 i, nr = 0;

	llist_for_each_entry(req, reqs, done) {
		if (!req->nr_mapped)
			continue;
		req->nr_mapped = 0;
		for (i = 0; i < req->io.nr_segs; i++) {
			struct blkback_seg *seg = &req->seg[i];

			if (seg->map || !seg->page)
				continue;
			ring->unmap_pages[nr] = seg->page;
			gnttab_set_unmap_op(&ring->unmap_ops[nr],
					    blkback_map_addr(seg->page),
					    GNTMAP_host_map, seg->handle);
			seg->page = NULL;
			if (++nr == BLKBACK_MAP_BATCH) {
				blkback_map_unmap(ring, nr);
				nr = 0;
			}
		}
	}
	blkback_map_unmap(ring, nr);
}

/*
 * One that stays. A request that only waited has not used it, and others may need it more:
 * it keeps its place by age, unless the purge has just passed it over.
 */
static void blkback_map_give_kept(struct blkback_ring *ring,
				  const struct blkback_req *req,
				  struct blkback_cache_node *node, u64 now)
{
	if (unlikely(req->state == BLKBACK_REQ_SHORT) && !list_empty(&node->lru))
		now = node->last_used;
	blkback_cache_give(&ring->cache, node, now);
}

/**
 * blkback_map_give() - take back the pages of many requests
 * @ring: the ring
 * @reqs: requests (by their done member); none is held further down
 *
 * Context: Any; the caller holds REAPING.
 */
void blkback_map_give(struct blkback_ring *ring, struct llist_node *reqs)
{
	struct blkback_req *req;
	unsigned long flags;
	u32 i, nr = 0;
	u64 now;

	blkback_map_give_once(ring, reqs);
	/* While a request has one that stays, there is one. */
	if (!READ_ONCE(ring->cache.nr)) {
		blkback_map_purge_later(ring);
		return;
	}
	now = ktime_get_seconds();
	spin_lock_irqsave(&ring->map_lock, flags);
	llist_for_each_entry(req, reqs, done) {
		for (i = 0; i < req->io.nr_segs; i++)
			if (req->seg[i].map)
				blkback_map_give_kept(ring, req,
						      &req->seg[i].map->node, now);
		nr += i;
		if (nr < BLKBACK_MAP_TURN)
			continue;
		nr = 0;
		spin_unlock_irqrestore(&ring->map_lock, flags);
		spin_lock_irqsave(&ring->map_lock, flags);
	}
	spin_unlock_irqrestore(&ring->map_lock, flags);
	blkback_map_purge_later(ring);
}
