// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way of a request: a thread per ring pulls all there is, has it parsed and
 * mapped at once and submitted under one plug; what has ended is answered in
 * batches, by whoever comes first. blkback_req_answer() is the only way out.
 *
 * Layer: 2 (flow). No lock: the bit REAPING makes one context at a time the one
 * that answers; how many are under way is what was pulled less what was answered.
 */
#include <linux/freezer.h>
#include <linux/kthread.h>
#include <linux/sched/mm.h>
#include <linux/sched/stat.h>
#include <linux/slab.h>

#include <xen/events.h>

#include "blkback.h"
#include "trace.h"

/* a page that someone below still sends is looked at again after so long */
#define BLKBACK_HELD_MS		5
/* what is short of pages is tried again after so long, and fails in the end */
#define BLKBACK_SHORT_MS	10U
#define BLKBACK_SHORT_MAX_MS	160U
#define BLKBACK_SHORT_SECS	30
/* requests that a plug takes from the disk at a time; one that is as full goes */
#define BLKBACK_REQ_PLUG	16U
/* a ring that pulled nothing for so long, and has nothing under way, is at rest */
#define BLKBACK_REQ_REST_SECS	5

unsigned int blkback_busy_poll_us;

static struct kmem_cache *blkback_req_cache;

/* --- request objects --- */

static void blkback_req_free_segs(struct blkback_req *req)
{
	if (req->seg != req->small)
		kvfree(req->seg);
	req->seg = req->small;
	req->room = BLKBACK_REQ_SEGS;
}

/* There is more than a ring at rest needs; to be told again costs a look at a bit. */
static void blkback_req_shrink_later(struct blkback_ring *ring)
{
	if (!delayed_work_pending(&ring->shrink_work))
		queue_delayed_work(ring->slow_wq, &ring->shrink_work,
				   BLKBACK_REQ_REST_SECS * HZ);
}

/*
 * Those that were answered, as long as there are any. Segments of their own stay
 * with them until one needs more, or the ring rests. The thread only.
 */
static struct blkback_req *blkback_req_take(struct blkback_ring *ring)
{
	struct llist_node *node;
	struct blkback_req *req;

	if (!ring->spare)
		ring->spare = llist_del_all(&ring->free);
	node = ring->spare;
	if (node) {
		ring->spare = node->next;
		return llist_entry(node, struct blkback_req, done);
	}

	req = kmem_cache_alloc(blkback_req_cache, GFP_NOIO | __GFP_NOWARN);
	if (!req)
		return NULL;
	req->ring = ring;
	req->seg = req->small;
	req->room = BLKBACK_REQ_SEGS;
	req->nr_copied = 0;
	req->nr_mapped = 0;
	req->state = BLKBACK_REQ_FREE;
	llist_add(&req->all, &ring->all);
	WRITE_ONCE(ring->nr_reqs, ring->nr_reqs + 1);
	/* The first one stays. */
	if (ring->nr_reqs > 1)
		blkback_req_shrink_later(ring);
	return req;
}

static void blkback_req_free_all(struct llist_node *reqs)
{
	struct blkback_req *req, *tmp;

	llist_for_each_entry_safe(req, tmp, reqs, done) {
		blkback_req_free_segs(req);
		kmem_cache_free(blkback_req_cache, req);
	}
}

/* Free those that are marked. The thread, under stat_lock: only it adds some. */
static void blkback_req_free_marked(struct blkback_ring *ring)
{
	struct llist_node **link = &ring->all.first;
	struct blkback_req *req;
	u32 nr = 0;

	while (*link) {
		req = llist_entry(*link, struct blkback_req, all);
		if (req->ring) {
			link = &req->all.next;
			continue;
		}
		*link = req->all.next;
		blkback_req_free_segs(req);
		kmem_cache_free(blkback_req_cache, req);
		nr++;
	}
	WRITE_ONCE(ring->nr_reqs, ring->nr_reqs - nr);
}

/*
 * Free what is not under way but for one, which stays without segments of its own. The
 * thread only, or a barrier's work in its stead. Whoever looks at all of them holds
 * stat_lock, which is tried: nobody who looks holds up requests.
 */
static void blkback_req_shrink(struct blkback_ring *ring)
{
	struct llist_node *free, *keep;
	struct blkback_req *req;

	if (!mutex_trylock(&ring->dev->stat_lock)) {
		blkback_req_shrink_later(ring);
		return;
	}
	free = llist_del_all(&ring->free);
	keep = ring->spare ?: free;
	llist_for_each_entry(req, ring->spare, done)
		req->ring = NULL;
	llist_for_each_entry(req, free, done)
		req->ring = NULL;
	if (keep) {
		req = llist_entry(keep, struct blkback_req, done);
		req->ring = ring;
		blkback_req_free_segs(req);
		keep->next = NULL;
	}
	ring->spare = keep;
	blkback_req_free_marked(ring);
	mutex_unlock(&ring->dev->stat_lock);
	/* What is under way is for another time. */
	if (!keep || ring->nr_reqs > 1)
		blkback_req_shrink_later(ring);
}

/* How many were pulled and not answered yet? */
static u32 blkback_req_nr_busy(const struct blkback_ring *ring)
{
	return READ_ONCE(ring->req_cons) - READ_ONCE(ring->rsp_prod);
}

/*
 * Has the ring come to rest, or is memory short? The thread sees to it then. Runs until
 * it does, and not again before there is something to free.
 */
static void blkback_req_shrink_work(struct work_struct *work)
{
	struct blkback_ring *ring = container_of(to_delayed_work(work),
						 struct blkback_ring,
						 shrink_work);
	u64 passes = READ_ONCE(ring->tally.passes);
	bool is_used = passes != ring->shrink_passes ||
		       blkback_req_nr_busy(ring);
	bool is_short = test_and_clear_bit(BLKBACK_RING_RECLAIM, &ring->flags);

	ring->shrink_passes = passes;
	if (is_used && !is_short) {
		blkback_req_shrink_later(ring);
		return;
	}
	set_bit(BLKBACK_RING_SHRINK, &ring->flags);
	wake_up(&ring->event_wq);
}

/* Nothing is under way, but for a barrier, which waits for just this. */
static bool blkback_req_is_idle(const struct blkback_ring *ring)
{
	return blkback_req_nr_busy(ring) <= !!READ_ONCE(ring->barrier);
}

/* --- the way out --- */

/* The one translation of an outcome to what the protocol can say. */
static s16 blkback_req_status(const struct blkback_req *req)
{
	switch (req->error) {
	case 0:
		return BLKIF_RSP_OKAY;
	case -EOPNOTSUPP:
		return BLKIF_RSP_EOPNOTSUPP;
	default:
		return BLKIF_RSP_ERROR;
	}
}

/* Part with those that @is_for picks, for @to; returns how many. */
static __always_inline u32
blkback_req_part(struct llist_node **reqs, struct llist_head *to,
		 enum blkback_req_state state,
		 bool (*is_for)(const struct blkback_req *req))
{
	struct llist_node **link = reqs;
	u32 nr = 0;

	while (*link) {
		struct blkback_req *req = llist_entry(*link, struct blkback_req,
						      done);

		if (!is_for(req)) {
			link = &req->done.next;
			continue;
		}
		*link = req->done.next;
		WRITE_ONCE(req->state, state);
		llist_add(&req->done, to);
		nr++;
	}
	return nr;
}

/* It is to be tried once more. */
static bool blkback_req_is_short(const struct blkback_req *req)
{
	return req->state == BLKBACK_REQ_SHORT;
}

/* It was done, and someone below still uses a page of it. */
static bool blkback_req_is_held(const struct blkback_req *req)
{
	return !blkback_req_is_short(req) && blkback_map_is_held(req);
}

/* Part with the requests whose pages someone below still uses. */
static struct llist_node *blkback_req_set_aside(struct blkback_ring *ring,
						struct llist_node *reqs)
{
	u32 nr = blkback_req_part(&reqs, &ring->held, BLKBACK_REQ_HELD,
				  blkback_req_is_held);

	if (nr) {
		WRITE_ONCE(ring->tally.held, ring->tally.held + nr);
		schedule_delayed_work(&ring->held_work,
				      msecs_to_jiffies(BLKBACK_HELD_MS));
	}
	return reqs;
}

/* How long it took, of those that reached the disk; it is under way no more. */
static void blkback_req_note(struct blkback_ring *ring, struct blkback_req *req,
			     u64 now)
{
	trace_blkback_answered(req, blkback_req_status(req), now - req->start);
	if (req->state >= BLKBACK_REQ_SUBMITTED)
		blkif_hist_add(&ring->tally.hist[req->io.op],
			       now - req->start);
	WRITE_ONCE(req->state, BLKBACK_REQ_FREE);
}

static void blkback_req_remember(struct blkback_refusal *last,
				 const struct blkback_req *req, u64 when)
{
	*last = (struct blkback_refusal) {
		.id = req->io.id,
		.sector = req->io.sector,
		.when = when,
		.error = req->error,
		.op = req->io.op,
	};
}

/* It failed: in the disk, or for want of a grant, which was remembered. */
static void blkback_req_count_error(struct blkback_ring *ring,
				    const struct blkback_req *req, u64 now)
{
	WRITE_ONCE(ring->stats.err_req, ring->stats.err_req + 1);
	if (req->state >= BLKBACK_REQ_SUBMITTED)
		blkback_req_remember(&ring->last_failure, req, now);
}

/* Answer all that is done; the caller holds REAPING. */
static void blkback_req_answer(struct blkback_ring *ring)
{
	struct llist_node *reqs = llist_del_all(&ring->done);
	struct llist_node *last = NULL;
	struct blkback_req *req;
	u32 nr = 0;
	u64 now;

	reqs = blkback_req_set_aside(ring, llist_reverse_order(reqs));
	if (!reqs)
		return;

	/* What is then left of pages is mapped. */
	blkback_copy_give(ring, reqs, READ_ONCE(blkback_max_buffer_pages));
	/* Grants go before the answers: a front may reuse a page it sees. */
	blkback_map_give(ring, reqs);
	if (unlikely(READ_ONCE(ring->nr_shorts))) {
		blkback_req_part(&reqs, &ring->shorts, BLKBACK_REQ_SHORT,
				 blkback_req_is_short);
		/* They may have what others gave back: pairs with finish. */
		wake_up(&ring->idle_wq);
	}
	if (!reqs)
		return;
	now = ktime_get_ns();
	WRITE_ONCE(ring->tally.rounds, ring->tally.rounds + 1);
	llist_for_each_entry(req, reqs, done) {
		if (unlikely(req->status))
			blkback_req_count_error(ring, req, now);
		blkback_req_note(ring, req, now);
		blkback_ring_push(ring, req->io.id, req->io.op,
				  blkback_req_status(req));
		last = &req->done;
		nr++;
	}
	/* Objects go before the kick: the front may send that many at once. */
	llist_add_batch(reqs, last, &ring->free);
	blkback_ring_kick(ring, nr);
	/* the number before who waits for it: pairs with going to sleep */
	if (blkback_req_is_idle(ring) && wq_has_sleeper(&ring->idle_wq))
		wake_up(&ring->idle_wq);
}

/*
 * One context at a time answers; another one that comes meanwhile leaves its
 * requests to it. May run in any context; @may_stay: in one that may take its
 * time, else the rest is left to the work after two rounds, as others could bring
 * more for ever. The ring lives as long as the caller's read side, or itself.
 */
static void blkback_req_reap(struct blkback_ring *ring, bool may_stay)
{
	u32 rounds = 0;

	while (!llist_empty(&ring->done)) {
		if (!may_stay && rounds++ == 2) {
			queue_work(system_bh_wq, &ring->reap_work);
			break;
		}
		if (test_and_set_bit_lock(BLKBACK_RING_REAPING, &ring->flags))
			return;
		blkback_req_answer(ring);
		clear_bit_unlock(BLKBACK_RING_REAPING, &ring->flags);
		/* pairs with llist_add() of who found the bit set */
		smp_mb__after_atomic();
	}
	if (test_bit(BLKBACK_RING_STARVED, &ring->flags) &&
	    test_and_clear_bit(BLKBACK_RING_STARVED, &ring->flags)) {
		set_bit(BLKBACK_RING_EVENT, &ring->flags);
		wake_up(&ring->event_wq);
	}
}

/* Softirq. */
static void blkback_req_reap_work(struct work_struct *work)
{
	struct blkback_ring *ring = container_of(work, struct blkback_ring,
						 reap_work);

	blkback_req_reap(ring, false);
}

static void blkback_req_held_work(struct work_struct *work)
{
	struct blkback_ring *ring = container_of(to_delayed_work(work),
						 struct blkback_ring,
						 held_work);
	struct llist_node *node, *next;

	for (node = llist_del_all(&ring->held); node; node = next) {
		next = node->next;
		llist_add(node, &ring->done);
	}
	/* The thread goes on meanwhile, and may bring more for ever. */
	blkback_req_reap(ring, false);
}

/* Refuse a request that was never submitted. Answered with its pass. */
static void blkback_req_fail(struct blkback_req *req, int error)
{
	trace_blkback_refused(req, error);
	req->error = error;
	blkback_req_remember(&req->ring->last_refusal, req, req->start);
	llist_add(&req->done, &req->ring->done);
}

/* The block layer is done with it. Any context. */
static void blkback_req_done(struct blkback_req *req)
{
	struct blkback_ring *ring = req->ring;

	WRITE_ONCE(req->state, BLKBACK_REQ_ENDED);
	trace_blkback_ended(req);
	if (req->status) {
		req->error = blk_status_to_errno(req->status);
		/* Only for these does the protocol know "not supported". */
		if (req->error == -EOPNOTSUPP &&
		    (req->io.op == BLKIF_OP_READ ||
		     req->io.op == BLKIF_OP_WRITE))
			req->error = -EIO;
	}

	/*
	 * The ring outlives its last answer by a grace period, see drain; an interrupt,
	 * hard or soft, is a read side of RCU by itself. It brings many requests as a
	 * rule: they are answered at once when it is through. Nothing is lost if the
	 * work is pending: it clears the bit, then looks at the list, with a full
	 * barrier between the two, as llist_add() is one here.
	 */
	if (!in_task()) {
		llist_add(&req->done, &ring->done);
		if (blkback_req_nr_busy(ring) <= 1)
			blkback_req_reap(ring, false);
		else if (!work_pending(&ring->reap_work))
			queue_work(system_bh_wq, &ring->reap_work);
		return;
	}

	rcu_read_lock();
	llist_add(&req->done, &ring->done);
	/* During its own submissions the thread answers at the end of them. */
	if (current != READ_ONCE(ring->thread))
		blkback_req_reap(ring, false);
	rcu_read_unlock();
}

/* --- the way in --- */

static void blkback_req_count(struct blkback_req *req)
{
	struct blkback_stats *stats = &req->ring->stats;
	u64 *ops, *sectors = NULL;

	switch (req->io.op) {
	case BLKIF_OP_READ:
		ops = &stats->rd_req;
		sectors = &stats->rd_sect;
		break;
	case BLKIF_OP_WRITE:
		ops = &stats->wr_req;
		sectors = &stats->wr_sect;
		break;
	case BLKIF_OP_DISCARD:
		ops = &stats->ds_req;
		break;
	default:
		ops = &stats->f_req;
		if (req->io.nr_sectors)
			sectors = &stats->wr_sect;
		break;
	}
	WRITE_ONCE(*ops, *ops + 1);
	if (sectors)
		WRITE_ONCE(*sectors, *sectors + req->io.nr_sectors);
}

/*
 * The data of a pass: in grants that stay mapped, as long as there is room for
 * them; else copied, of small writes, or else mapped for the one request.
 */
static void blkback_req_take_data(struct blkback_ring *ring,
				  struct list_head *batch)
{
	const struct blkback_tally *tally = &ring->tally;
	u64 found = tally->found, mapped = tally->mapped;
	u64 copied = tally->copied, bad = tally->bad_grant;

	if (blkback_map_find(ring, batch)) {
		bool has_room = blkback_map_has_room(ring);

		/* What is short of mappings need not be, if it is small. */
		if (!has_room || unlikely(ring->short_end))
			blkback_copy_take(ring, batch);
		if (!has_room && ring->config->is_persistent)
			WRITE_ONCE(ring->tally.no_room, tally->no_room +
				   tally->copied - copied);
		blkback_map_take(ring, batch);
	}
	trace_blkback_mapped(ring, tally->found - found,
			     tally->mapped - mapped, tally->copied - copied,
			     tally->bad_grant - bad);
	/* Once, as with requests that are refused. */
	if (unlikely(!bad && tally->bad_grant) && __ratelimit(&ring->dev->log))
		dev_warn(&ring->dev->xbdev->dev,
			 "%s: Xen refuses %llu grant(s) of the front's: their requests fail\n",
			 ring->name, tally->bad_grant);
}

static void blkback_req_allow_time(struct blkback_ring *ring)
{
	ring->short_end = ktime_get_ns() + (u64)BLKBACK_SHORT_SECS * NSEC_PER_SEC;
}

/*
 * It lacks pages, or room to map into them. Others bring some back, of this ring
 * or another: it gives back what it has and is tried once more, see finish.
 */
static bool blkback_req_may_wait(const struct blkback_req *req)
{
	u64 end = req->ring->short_end;

	/* Each has its turn, however late: the first of a run was asked for. */
	return req->error == -EAGAIN ||
	       (req->error == -ENOMEM && (!end || ktime_get_ns() < end));
}

static void blkback_req_wait(struct blkback_ring *ring, struct blkback_req *req)
{
	/* What it gives back itself is no reason to try again. */
	ring->short_was += req->nr_mapped;
	WRITE_ONCE(ring->nr_shorts, ring->nr_shorts + 1);
	WRITE_ONCE(req->state, BLKBACK_REQ_SHORT);
	llist_add(&req->done, &ring->done);
}

/* It fails, though nothing is wrong with what the front has put into the ring. */
static void blkback_req_lack(struct blkback_req *req, int error)
{
	req->status = errno_to_blk_status(error);
	blkback_req_fail(req, error);
}

/* Map and submit what was gathered; afterwards @batch is empty. */
static void blkback_req_run(struct blkback_ring *ring, struct list_head *batch)
{
	u32 nr = list_count_nodes(batch);
	struct blkback_req *req, *tmp;
	struct blk_plug plug;

	if (!nr)
		return;
	ring->short_was = READ_ONCE(ring->tally.unmapped);
	blkback_req_take_data(ring, batch);

	blk_start_plug(&plug);
	/* The disk's requests are taken that many at a time, too. */
	plug.nr_ios = min(nr, BLKBACK_REQ_PLUG);
	list_for_each_entry_safe(req, tmp, batch, list) {
		list_del(&req->list);
		if (unlikely(req->error)) {
			if (blkback_req_may_wait(req)) {
				blkback_req_wait(ring, req);
				continue;
			}
			blkback_req_lack(req, req->error);
			continue;
		}
		/* What it has will be given back: no time runs out for others. */
		if (unlikely(ring->short_end))
			blkback_req_allow_time(ring);
		blkback_req_count(req);
		WRITE_ONCE(req->state, BLKBACK_REQ_SUBMITTED);
		trace_blkback_submitted(req);
		blkback_io_submit(req, ring->dev->disk.bdev, blkback_req_done);
	}
	blk_finish_plug(&plug);
}

/* All that it was parsed to is there; of what was taken nothing. */
static void blkback_req_renew(struct blkback_req *req)
{
	u32 i;

	for (i = 0; i < req->io.nr_segs; i++) {
		req->seg[i].page = NULL;
		req->seg[i].map = NULL;
		req->seg[i].is_bad = false;
	}
	req->error = 0;
	WRITE_ONCE(req->state, BLKBACK_REQ_PULLED);
}

/* Are no more requests to be let in? */
static bool blkback_req_must_stop(const struct blkback_ring *ring)
{
	return test_bit(BLKBACK_RING_STOP, &ring->flags);
}

/*
 * Is the disk on its way out, and nobody there who wants the answer? Who is connected
 * still does, of whoever has the disk next.
 */
static bool blkback_req_is_leaving(const struct blkback_ring *ring)
{
	return blkback_req_must_stop(ring) &&
	       READ_ONCE(ring->dev->front_state) != XenbusStateConnected;
}

/*
 * Did somebody give back what was mapped, since requests were found short of it? It may
 * have been before the thread looks; what these had of it may still be on its way.
 */
static bool blkback_req_has_room(const struct blkback_ring *ring)
{
	return (s64)(READ_ONCE(ring->tally.unmapped) - ring->short_was) > 0;
}

/*
 * Wait until what was short may be tried again, for @ms at most. Returns whether
 * something was given back. As long as others of the ring are with the disk, which
 * may be slow, something may be, and no time runs out, but that of a disk on its way
 * out.
 */
static bool blkback_req_rest(struct blkback_ring *ring, u32 ms)
{
	bool is_sure = blkback_req_nr_busy(ring) >
		       ring->nr_shorts + !!ring->barrier;

	if (blkback_req_is_leaving(ring)) {
		ring->short_end = ktime_get_ns();
		return false;
	}
	if (is_sure || !ring->short_end)
		blkback_req_allow_time(ring);
	/* Other rings tell nobody; nor may this one, at the last moment. */
	return wait_event_idle_timeout(ring->idle_wq,
				       blkback_req_has_room(ring) ||
				       blkback_req_is_leaving(ring),
				       msecs_to_jiffies(ms));
}

/* Answer what is done, and try again what was short of pages, until none is. */
static void blkback_req_finish(struct blkback_ring *ring)
{
	struct llist_node *node, *next;
	u32 ms = BLKBACK_SHORT_MS;
	LIST_HEAD(batch);

	blkback_req_reap(ring, true);
	while (unlikely(ring->nr_shorts)) {
		ms = blkback_req_rest(ring, ms) ?
		     BLKBACK_SHORT_MS : min(2 * ms, BLKBACK_SHORT_MAX_MS);
		node = llist_reverse_order(llist_del_all(&ring->shorts));
		/* Who reaps has them in hand. */
		if (!node)
			schedule_timeout_idle(1);
		/* Memory may be what is short. */
		if (test_and_clear_bit(BLKBACK_RING_SHRINK, &ring->flags))
			blkback_req_shrink(ring);
		for (; node; node = next) {
			struct blkback_req *req;

			next = node->next;
			req = llist_entry(node, struct blkback_req, done);
			blkback_req_renew(req);
			list_add_tail(&req->list, &batch);
			WRITE_ONCE(ring->nr_shorts, ring->nr_shorts - 1);
		}
		/* A large one that never gets all of it must not be the first always. */
		list_rotate_left(&batch);
		blkback_req_run(ring, &batch);
		blkback_req_reap(ring, true);
	}
	ring->short_end = 0;
}

/* Room for the segments of a large request; waits rather than fails. */
static int blkback_req_alloc_segs(struct blkback_req *req,
				  struct list_head *batch)
{
	struct blkback_ring *ring = req->ring;
	u32 nr = req->io.nr_segs;

	blkback_req_free_segs(req);
	req->seg = kvmalloc_array(nr, sizeof(*req->seg),
				  GFP_NOIO | __GFP_NOWARN | __GFP_NORETRY);
	if (!req->seg) {
		WRITE_ONCE(ring->tally.no_memory, ring->tally.no_memory + 1);
		/* Let what is ahead go first, then insist, page by page. */
		blkback_req_run(ring, batch);
		blkback_req_reap(ring, true);
		req->seg = kvmalloc_array(nr, sizeof(*req->seg), GFP_NOIO);
	}
	if (!req->seg) {
		req->seg = req->small;
		return -ENOMEM;
	}
	req->room = nr;
	blkback_req_shrink_later(ring);
	return 0;
}

/* Decode and check one request; 0: it may be mapped. */
static int blkback_req_parse(struct blkback_req *req, const u8 *slot,
			     struct list_head *batch)
{
	struct blkback_ring *ring = req->ring;
	const struct blkback_geo *geo = &ring->dev->disk.geo;
	/* As many as the header says are written, and after its check read. */
	struct blkif_request_segment small[BLKIF_MAX_SEGS] __uninitialized;
	struct blkif_request_segment *seg = small;
	int err;
	u32 i;

	req->error = 0;
	req->status = BLK_STS_OK;
	blkback_abi_decode(ring->abi, slot, &req->io, small);
	err = blkback_parse_req(&req->io, geo);
	if (err)
		goto out_no_segs;

	if (req->io.flags & BLKIF_IO_INDIRECT) {
		seg = ring->frames;
		err = blkback_copy_frames(ring, &req->io, seg);
		if (err)
			goto out_no_segs;
	}
	err = blkback_parse_segs(&req->io, seg, geo);
	if (err)
		goto out_no_segs;
	if (req->io.nr_segs > req->room) {
		err = blkback_req_alloc_segs(req, batch);
		if (err)
			goto out_no_segs;
	}

	for (i = 0; i < req->io.nr_segs; i++) {
		req->seg[i] = (struct blkback_seg) {
			.gref = seg[i].gref,
			.first = seg[i].first_sect,
			.nr = seg[i].last_sect - seg[i].first_sect + 1,
		};
	}
	return 0;

out_no_segs:
	/* so that nothing is given back that was never taken */
	req->io.nr_segs = 0;
	return err;
}

static void blkback_req_refuse(struct blkback_req *req, int error)
{
	struct blkback_ring *ring = req->ring;

	/* Once is enough for the log; the counter tells how often. */
	if (!ring->stats.bad_req && __ratelimit(&ring->dev->log))
		dev_warn(&ring->dev->xbdev->dev,
			 "%s: %s at sector %llu refused: %pe\n", ring->name,
			 blkif_op_name(req->io.op), req->io.sector,
			 ERR_PTR(error));
	WRITE_ONCE(ring->stats.bad_req, ring->stats.bad_req + 1);
	blkback_req_fail(req, error);
}

static void blkback_req_hold_barrier(struct blkback_ring *ring,
				     struct blkback_req *req)
{
	WRITE_ONCE(req->state, BLKBACK_REQ_WAITING);
	set_bit(BLKBACK_RING_PARK, &ring->flags);
	WRITE_ONCE(ring->barrier, req);
}

/* Does anybody want the thread to leave the ring for something else, or for good? */
static bool blkback_req_is_called(const struct blkback_ring *ring)
{
	return READ_ONCE(ring->flags) &
	       (BIT(BLKBACK_RING_PARK) | BIT(BLKBACK_RING_REJOIN) |
		BIT(BLKBACK_RING_SHRINK) | BIT(BLKBACK_RING_STOP));
}

static u64 blkback_req_poll_ns(const struct blkback_ring *ring)
{
	u32 us = ring->config->has_busy_poll ? ring->config->busy_poll_us :
					       READ_ONCE(blkback_busy_poll_us);

	return (u64)us * NSEC_PER_USEC;
}

/*
 * Nothing is there: look for more for a while, before an event is asked for. Only
 * if the last time was short, and as long as nobody else wants the processor.
 * Returns whether to look at the ring again.
 */
static bool blkback_req_poll(struct blkback_ring *ring)
{
	u64 limit = blkback_req_poll_ns(ring);

	if (likely(!limit))
		return false;
	ring->rests = ktime_get_ns();
	if (!ring->is_brisk)
		return false;
	WRITE_ONCE(ring->tally.polls, ring->tally.polls + 1);
	while (!need_resched() && single_task_running() &&
	       !blkback_req_is_called(ring) &&
	       ktime_get_ns() - ring->rests < limit) {
		if (blkback_ring_peek(ring)) {
			WRITE_ONCE(ring->tally.poll_hits,
				   ring->tally.poll_hits + 1);
			return true;
		}
		cpu_relax();
	}
	return false;
}

/*
 * One pass over the ring. Returns requests pulled, 0: there is none, or -EAGAIN:
 * no request object is to be had, or what peeking said.
 */
static int blkback_req_pass(struct blkback_ring *ring, u32 max)
{
	LIST_HEAD(batch);
	/* Written by each pull, as far as the layout reads it. */
	u8 slot[BLKIF_MAX_SLOT] __uninitialized;
	struct blkback_req *req;
	int nr, i, err;
	u64 now;

	nr = blkback_ring_peek(ring);
	if (nr <= 0)
		return nr;
	nr = min_t(u32, nr, max);
	now = ktime_get_ns();
	WRITE_ONCE(ring->tally.passes, ring->tally.passes + 1);
	if (unlikely(ring->rests)) {
		ring->is_brisk = now - ring->rests <= blkback_req_poll_ns(ring);
		ring->rests = 0;
	}

	for (i = 0; i < nr; i++) {
		req = blkback_req_take(ring);
		if (!req) {
			WRITE_ONCE(ring->stats.oo_req, ring->stats.oo_req + 1);
			break;
		}
		WRITE_ONCE(req->start, now);
		blkback_ring_pull(ring, slot);
		err = blkback_req_parse(req, slot, &batch);
		WRITE_ONCE(req->state, BLKBACK_REQ_PULLED);
		trace_blkback_pulled(req);
		if (err == -ENOMEM)
			blkback_req_lack(req, err);
		else if (err)
			blkback_req_refuse(req, err);
		else if (unlikely(req->io.op == BLKIF_OP_WRITE_BARRIER))
			blkback_req_hold_barrier(ring, req);
		else
			list_add_tail(&req->list, &batch);
		/* What comes after a barrier stays in the ring. */
		if (unlikely(ring->barrier))
			nr = i + 1;
	}
	blkback_req_run(ring, &batch);
	blkback_req_finish(ring);
	if (unlikely(ring->barrier))
		queue_work(ring->barrier_wq, &ring->dev->barrier_work);
	return i ? i : -EAGAIN;
}

/* The front broke the rules of the ring itself: nothing is read from now on. */
static void blkback_req_break(struct blkback_ring *ring)
{
	ring->bad_prod = READ_ONCE(ring->shared->req_prod);
	set_bit(BLKBACK_RING_BROKEN, &ring->flags);
	/* Tells xenstore, as a thread must not. */
	queue_work(ring->slow_wq, &ring->dev->broken_work);
	if (!__ratelimit(&ring->dev->log))
		return;
	dev_err(&ring->dev->xbdev->dev,
		"%s: front's request index %u cannot be true (ours %u): ring stopped\n",
		ring->name, ring->bad_prod, ring->req_cons);
}

/* All that is there, until an event is armed. Returns whether any was there. */
static bool blkback_req_pull_all(struct blkback_ring *ring)
{
	bool had_work = false;
	int nr;

	do {
		nr = blkback_req_pass(ring, BLKBACK_REQ_BATCH);
		if (nr > 0) {
			had_work = true;
			cond_resched();
		} else if (nr == -EAGAIN) {
			/*
			 * One that comes back wakes us, and one is in flight,
			 * as the first was made at connect.
			 */
			set_bit(BLKBACK_RING_STARVED, &ring->flags);
			/* the flag before the number: pairs with blkback_req_reap() */
			smp_mb__after_atomic();
			if (blkback_req_nr_busy(ring))
				return had_work;
			clear_bit(BLKBACK_RING_STARVED, &ring->flags);
		} else if (nr < 0) {
			blkback_req_break(ring);
			return false;
		}
		if (unlikely(blkback_req_is_called(ring)))
			return had_work;
	} while (nr || blkback_req_poll(ring) || blkback_ring_arm(ring));
	return had_work;
}

/*
 * A barrier of another ring: what the front has put into this one by now comes
 * before it. No more than the ring holds, whatever the front does meanwhile. Says
 * whether there was anything.
 */
static bool blkback_req_park_now(struct blkback_ring *ring)
{
	bool had_work = false;
	int nr, left = 0;

	if (!ring->barrier && !test_bit(BLKBACK_RING_BROKEN, &ring->flags))
		left = blkback_ring_peek(ring);
	while (left > 0 && !ring->barrier && !blkback_req_must_stop(ring)) {
		nr = blkback_req_pass(ring, min(left, BLKBACK_REQ_BATCH));
		if (nr == -EAGAIN)
			wait_event_idle(ring->idle_wq,
					!blkback_req_nr_busy(ring));
		else if (nr > 0)
			left -= nr;
		else	/* broken, or the front took back what it showed */
			break;
		had_work |= nr > 0;
	}
	/* All of that before the mark: pairs with wait_parked. */
	smp_mb__before_atomic();
	set_bit(BLKBACK_RING_PARKED, &ring->flags);
	wake_up(&ring->idle_wq);
	return had_work;
}

/* Is there anything that the thread should look at? */
static bool blkback_req_is_due(const struct blkback_ring *ring)
{
	unsigned long flags = READ_ONCE(ring->flags);

	if (flags & (BIT(BLKBACK_RING_STOP) | BIT(BLKBACK_RING_REJOIN)))
		return true;
	if (flags & BIT(BLKBACK_RING_PARK))
		return !(flags & BIT(BLKBACK_RING_PARKED));
	if (flags & BIT(BLKBACK_RING_SHRINK))
		return true;
	return (flags & BIT(BLKBACK_RING_EVENT)) &&
	       !(flags & BIT(BLKBACK_RING_BROKEN));
}

static int blkback_req_thread(void *arg)
{
	struct blkback_ring *ring = arg;
	unsigned int noio = memalloc_noio_save();
	bool had_work = false;

	/* Below a disk: memory must not be waited for that is written to it. */
	set_freezable();
	blkback_io_join(ring->dev);
	for (;;) {
		wait_event_freezable(ring->event_wq, blkback_req_is_due(ring));
		if (blkback_req_must_stop(ring))
			break;
		if (unlikely(test_bit(BLKBACK_RING_REJOIN, &ring->flags))) {
			clear_bit(BLKBACK_RING_REJOIN, &ring->flags);
			/* pairs with the lock of who names another cgroup */
			smp_mb__after_atomic();
			blkback_io_join(ring->dev);
			/* It may be here from the midst of its work. */
			set_bit(BLKBACK_RING_EVENT, &ring->flags);
			continue;
		}
		if (unlikely(test_bit(BLKBACK_RING_PARK, &ring->flags))) {
			had_work |= blkback_req_park_now(ring);
			continue;
		}
		if (unlikely(test_bit(BLKBACK_RING_SHRINK, &ring->flags))) {
			clear_bit(BLKBACK_RING_SHRINK, &ring->flags);
			blkback_req_shrink(ring);
			/* It may be here from the midst of its work. */
			set_bit(BLKBACK_RING_EVENT, &ring->flags);
			continue;
		}
		clear_bit(BLKBACK_RING_EVENT, &ring->flags);
		/* the flag before the index: pairs with blkback_req_irq() */
		smp_mb__after_atomic();
		had_work |= blkback_req_pull_all(ring);
		/*
		 * An event is acknowledged once what it stood for is pulled, so
		 * that a front cannot send more of them than we can take. That
		 * of a broken ring never is.
		 */
		if (!test_bit(BLKBACK_RING_BROKEN, &ring->flags) &&
		    test_and_clear_bit(BLKBACK_RING_EOI_DUE, &ring->flags))
			xen_irq_lateeoi(ring->irq, had_work ||
					test_bit(BLKBACK_RING_EVENT,
						 &ring->flags) ?
					0 : XEN_EOI_FLAG_SPURIOUS);
		had_work = false;
	}
	blkback_io_leave();
	memalloc_noio_restore(noio);
	clear_bit_unlock(BLKBACK_RING_RUNS, &ring->flags);
	wake_up(&ring->idle_wq);
	/* The ring may go once this has returned. */
	wait_event_idle(ring->event_wq, kthread_should_stop());
	return 0;
}

/**
 * blkback_req_rejoin() - the disk has another cgroup, which the thread is to join
 * @ring: not stopped yet
 *
 * Context: Process.
 */
void blkback_req_rejoin(struct blkback_ring *ring)
{
	set_bit(BLKBACK_RING_REJOIN, &ring->flags);
	wake_up(&ring->event_wq);
}

/**
 * blkback_req_reclaim() - memory is short: free what is not under way, soon
 * @ring: connected
 *
 * Context: Process; does not sleep. The caller holds stat_lock, which the thread will
 * want: so it is told a moment later.
 */
void blkback_req_reclaim(struct blkback_ring *ring)
{
	if (READ_ONCE(ring->nr_reqs) <= 1)
		return;
	/* Not once more while it is about to be: that would put it off. */
	if (!test_and_set_bit(BLKBACK_RING_RECLAIM, &ring->flags))
		mod_delayed_work(ring->slow_wq, &ring->shrink_work, 1);
}

/* --- barriers, for barrier.c --- */

/**
 * blkback_req_park() - have the thread stand still
 * @ring: started
 *
 * Context: Process.
 */
void blkback_req_park(struct blkback_ring *ring)
{
	set_bit(BLKBACK_RING_PARK, &ring->flags);
	wake_up(&ring->event_wq);
}

/**
 * blkback_req_wait_parked() - wait until it does, and nothing is under way
 * @ring: told to park
 *
 * Context: Process, sleeps as long as the disk takes.
 */
void blkback_req_wait_parked(struct blkback_ring *ring)
{
	/* A front may make it take as long as it likes: that is no hang. */
	wait_event_idle(ring->idle_wq,
			(test_bit_acquire(BLKBACK_RING_PARKED, &ring->flags) ||
			 /* pairs with blkback_req_stop() */
			 !smp_load_acquire(&ring->thread)) &&
			blkback_req_is_idle(ring));
}

/**
 * blkback_req_has_barrier() - does the ring wait for a barrier of its own?
 * @ring: parked
 *
 * Context: Process.
 * Return: whether it does.
 */
bool blkback_req_has_barrier(struct blkback_ring *ring)
{
	return ring->barrier;
}

/**
 * blkback_req_run_barrier() - do the barrier that the ring waits for
 * @ring: parked, as all others of the device are; nothing is under way
 *
 * Context: Process, in the thread's stead; sleeps until it has ended.
 */
void blkback_req_run_barrier(struct blkback_ring *ring)
{
	LIST_HEAD(batch);

	list_add(&ring->barrier->list, &batch);
	WRITE_ONCE(ring->barrier, NULL);
	blkback_req_run(ring, &batch);
	blkback_req_finish(ring);
	wait_event_idle(ring->idle_wq, !blkback_req_nr_busy(ring));
}

/**
 * blkback_req_unpark() - let the thread go on
 * @ring: parked, without a barrier
 *
 * Context: Process.
 */
void blkback_req_unpark(struct blkback_ring *ring)
{
	/* In this order: the thread, which may be awake, must not park again. */
	set_bit(BLKBACK_RING_EVENT, &ring->flags);
	/* What was done in the thread's stead comes first. */
	smp_mb__before_atomic();
	clear_bit(BLKBACK_RING_PARK, &ring->flags);
	/* PARK goes first: pairs with the tests of it in the thread */
	smp_mb__after_atomic();
	clear_bit(BLKBACK_RING_PARKED, &ring->flags);
	wake_up(&ring->event_wq);
}

/**
 * blkback_req_irq() - an event of the front
 * @irq:  its number
 * @data: the ring
 *
 * Context: Hard interrupt.
 * Return: IRQ_HANDLED.
 */
irqreturn_t blkback_req_irq(int irq, void *data)
{
	struct blkback_ring *ring = data;

	trace_blkback_event(ring);
	set_bit(BLKBACK_RING_EOI_DUE, &ring->flags);
	set_bit(BLKBACK_RING_EVENT, &ring->flags);
	wake_up(&ring->event_wq);
	return IRQ_HANDLED;
}

/* --- what can be seen from outside --- */

/**
 * blkback_req_look() - a look at a request, which may be under way
 * @req:    one of its ring's list of all
 * @now:    ktime_get_ns()
 * @glance: filled in
 *
 * Takes no lock, so that nothing waits for who looks. A request that ends just
 * now, and is used for another, may show a mixture of both.
 *
 * Context: Any; the ring stays connected meanwhile.
 * Return: false: it is not in flight.
 */
bool blkback_req_look(const struct blkback_req *req, u64 now,
		      struct blkback_glance *glance)
{
	u64 start = READ_ONCE(req->start);

	*glance = (struct blkback_glance) {
		.id = data_race(req->io.id),
		.sector = data_race(req->io.sector),
		.nr_sectors = data_race(req->io.nr_sectors),
		.age = now > start ? now - start : 0,
		.nr_segs = data_race(req->io.nr_segs),
		.op = data_race(req->io.op),
		.state = READ_ONCE(req->state),
	};
	return glance->state != BLKBACK_REQ_FREE;
}

/**
 * blkback_req_state_name() - where a request is, in a word
 * @state: enum blkback_req_state
 *
 * Context: Any.
 * Return: static string.
 */
const char *blkback_req_state_name(u8 state)
{
	static const char * const name[] = {
		[BLKBACK_REQ_FREE]	= "free",
		[BLKBACK_REQ_PULLED]	= "pulled",
		[BLKBACK_REQ_WAITING]	= "waiting",
		[BLKBACK_REQ_SHORT]	= "short",
		[BLKBACK_REQ_SUBMITTED]	= "submitted",
		[BLKBACK_REQ_ENDED]	= "ended",
		[BLKBACK_REQ_HELD]	= "held",
	};

	return state < ARRAY_SIZE(name) ? name[state] : "unknown";
}

/**
 * blkback_req_find_oldest() - what is under way in a ring
 * @ring:   connected
 * @oldest: replaced by the ring's oldest request, if that is not younger; at
 *          first all zero
 *
 * Context: Any; the ring stays connected meanwhile.
 * Return: how many requests are in flight.
 */
u32 blkback_req_find_oldest(const struct blkback_ring *ring,
			    struct blkback_glance *oldest)
{
	const struct blkback_req *req;
	struct blkback_glance glance;
	u64 now = ktime_get_ns();
	u32 nr = 0;

	llist_for_each_entry(req, READ_ONCE(ring->all.first), all) {
		if (!blkback_req_look(req, now, &glance))
			continue;
		nr++;
		if (glance.age >= oldest->age)
			*oldest = glance;
	}
	return nr;
}

/* --- life --- */

/**
 * blkback_req_init() - prepare a ring for requests
 * @ring: zeroed, config and name set
 *
 * Context: Process.
 * Return: 0, -ENOMEM, or what creating the thread said.
 */
int blkback_req_init(struct blkback_ring *ring)
{
	struct blkback_req *req;
	u32 nr = ring->config->max_indirect;

	blkback_io_init(ring);
	init_llist_head(&ring->free);
	init_waitqueue_head(&ring->event_wq);
	init_waitqueue_head(&ring->idle_wq);
	init_llist_head(&ring->done);
	init_llist_head(&ring->held);
	init_llist_head(&ring->shorts);
	INIT_WORK(&ring->reap_work, blkback_req_reap_work);
	INIT_DELAYED_WORK(&ring->held_work, blkback_req_held_work);
	INIT_DELAYED_WORK(&ring->shrink_work, blkback_req_shrink_work);

	if (nr) {
		ring->frames = kcalloc(nr, sizeof(*ring->frames), GFP_KERNEL);
		if (!ring->frames)
			return -ENOMEM;
	}
	req = blkback_req_take(ring);
	if (!req)
		return -ENOMEM;
	llist_add(&req->done, &ring->free);

	ring->thread = kthread_create(blkback_req_thread, ring, "%s",
				      ring->name);
	if (IS_ERR(ring->thread)) {
		int err = PTR_ERR(ring->thread);

		ring->thread = NULL;
		return err;
	}
	return 0;
}

/**
 * blkback_req_start() - let requests in
 * @ring: initialised and connected
 *
 * Context: Process.
 */
void blkback_req_start(struct blkback_ring *ring)
{
	/* What came before we listened is looked for without an event. */
	set_bit(BLKBACK_RING_EVENT, &ring->flags);
	set_bit(BLKBACK_RING_RUNS, &ring->flags);
	wake_up_process(ring->thread);
}

/**
 * blkback_req_stop() - let no more requests in
 * @ring: started or not
 *
 * Context: Process; waits for the thread, which may wait for the disk.
 */
void blkback_req_stop(struct blkback_ring *ring)
{
	set_bit(BLKBACK_RING_STOP, &ring->flags);
	wake_up(&ring->event_wq);
	/* It may serve a front that stays, for as long as the disk takes: no hang. */
	wait_event_idle(ring->idle_wq,
			!test_bit_acquire(BLKBACK_RING_RUNS, &ring->flags));
	if (ring->thread)
		kthread_stop(ring->thread);
	/* A barrier of another ring does not wait for who is gone. */
	smp_store_release(&ring->thread, NULL);
	wake_up(&ring->idle_wq);
}

/**
 * blkback_req_drain() - wait until all requests are answered
 * @ring: stopped
 *
 * Whoever answered last may still be on its way out of here: the ring is freed
 * a grace period later.
 *
 * Context: Process; waits as long as the disk takes.
 */
void blkback_req_drain(struct blkback_ring *ring)
{
	blkback_req_reap(ring, true);
	wait_event_idle(ring->idle_wq, !blkback_req_nr_busy(ring));
	cancel_work_sync(&ring->discard_work);
	cancel_delayed_work_sync(&ring->held_work);
}

/**
 * blkback_req_exit() - free what blkback_req_init() made
 * @ring: stopped; may be half initialised
 *
 * Context: Process.
 */
void blkback_req_exit(struct blkback_ring *ring)
{
	/* Who answered last may have found out late that nothing was left. */
	cancel_work_sync(&ring->reap_work);
	cancel_delayed_work_sync(&ring->shrink_work);
	WARN_ON_ONCE(blkback_req_nr_busy(ring));
	blkback_req_free_all(ring->spare);
	blkback_req_free_all(llist_del_all(&ring->free));
	kfree(ring->frames);
}

/**
 * blkback_req_setup() - once, when the module comes
 *
 * Context: Process.
 * Return: 0, -ENOMEM.
 */
int blkback_req_setup(void)
{
	blkback_req_cache = KMEM_CACHE(blkback_req, 0);
	return blkback_req_cache ? 0 : -ENOMEM;
}

/**
 * blkback_req_teardown() - once, when the module goes
 *
 * Context: Process; no ring is left.
 */
void blkback_req_teardown(void)
{
	kmem_cache_destroy(blkback_req_cache);
}
