// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way of a request: in from blk-mq, out to the ring, back by the interrupt.
 * blkfront_queue_rq() is the only way in, blkfront_queue_complete() the only
 * way out. A request's tag is its id on the ring.
 *
 * Layer: 2 (flow). Locks: poll_lock, of a ring that is polled; see grant.c and
 * ring.c for those inside. Who finds an answer overdue tries dev->lock.
 */
#include <linux/blk-mq.h>
#include <linux/delay.h>

#include <xen/events.h>

#include "blkfront.h"
#include "trace.h"

/* Set by blkfront_queue_bind(). */
static struct blkfront_ring *blkfront_queue_ring(struct blk_mq_hw_ctx *hctx)
{
	return hctx->driver_data;
}

/* --- slots, where there may be more requests than of them, and pages --- */

static bool blkfront_queue_reserve(struct blkfront_ring *ring)
{
	if (atomic_inc_return(&ring->nr_used) <= ring->slots)
		return true;
	atomic_dec(&ring->nr_used);
	data_race(ring->stats.no_slot++);
	set_bit(BLKFRONT_RING_FULL, &ring->flags);
	/* the flag before the number: pairs with blkfront_queue_unreserve() */
	smp_mb__after_atomic();
	/* Whoever gives one back now sees the flag; did somebody just before? */
	if (atomic_read(&ring->nr_used) >= ring->slots)
		return false;
	if (atomic_inc_return(&ring->nr_used) <= ring->slots)
		return true;
	atomic_dec(&ring->nr_used);
	return false;
}

/* Something was given back that a queue may wait for. */
static void blkfront_queue_wake(struct blkfront_ring *ring)
{
	if (unlikely(test_bit(BLKFRONT_RING_FULL, &ring->flags)) &&
	    test_and_clear_bit(BLKFRONT_RING_FULL, &ring->flags))
		blk_mq_run_hw_queues(ring->dev->gd->queue, true);
}

static void blkfront_queue_unreserve(struct blkfront_ring *ring)
{
	atomic_dec(&ring->nr_used);
	/* the number before the flag: pairs with blkfront_queue_reserve() */
	smp_mb__after_atomic();
	blkfront_queue_wake(ring);
}

/*
 * Do others wait already, for what is in flight to bring something back? Where
 * nothing is, as who had it could not go after all, nobody would end the wait.
 */
static bool blkfront_queue_must_wait(const struct blkfront_ring *ring)
{
	return unlikely(test_bit(BLKFRONT_RING_FULL, &ring->flags)) &&
	       (READ_ONCE(ring->nr_pages_out) || atomic_read(&ring->nr_used));
}

/* --- what goes in parts --- */

/* Did all of it go? */
static bool blkfront_queue_is_whole(struct request *rq,
				    const struct blkfront_req *req)
{
	return req->nr_bytes == blk_rq_bytes(rq) && !req->must_flush;
}

/*
 * More than a slot carries: the block layer takes what is done, and brings the
 * rest. Seldom: pages of 64 KiB and a back without indirect requests, or what
 * was made for the back of before a migration. Of a write that must be flushed each
 * part comes once more for that, marked, before the block layer hears of it: whoever
 * made that part is told then that it is done.
 */
static void blkfront_queue_next_part(struct request *rq,
				     const struct blkfront_req *req)
{
	if (req->must_flush) {
		rq->rq_flags |= RQF_DONTPREP;
	} else {
		rq->rq_flags &= ~RQF_DONTPREP;
		blk_update_request(rq, BLK_STS_OK, req->nr_bytes);
	}
	blk_mq_requeue_request(rq, true);
}

/* --- the way out to the back --- */

/* A flush, or a write, or part of one, that is done but for its flush. */
static bool blkfront_queue_is_flush(struct request *rq)
{
	return req_op(rq) == REQ_OP_FLUSH || (rq->rq_flags & RQF_DONTPREP);
}

/*
 * A back with a cache follows on one without, for which the block layer left out
 * flushes: each write that was made before it knew has one of its own before it ends.
 */
static bool blkfront_queue_must_flush(const struct blkfront_dev *dev,
				      const struct request *rq)
{
	u64 end = READ_ONCE(dev->unsafe_end);

	/* Without iostats a request has no time: then that of each part. */
	return unlikely(end) && (blkfront_queue_start(rq) ?: ktime_get_ns()) < end;
}

/* Grants and slot of one request. */
static blk_status_t blkfront_queue_prep(struct blkfront_ring *ring,
					struct request *rq, struct blkif_io *io,
					struct blkif_request_segment *seg)
{
	struct blkfront_req *req = blk_mq_rq_to_pdu(rq);
	blk_status_t status;

	/* Of a flush that a part of a write has, that part's stays. */
	if (likely(!(rq->rq_flags & RQF_DONTPREP)))
		req->nr_bytes = blk_rq_bytes(rq);
	req->nr_segs = 0;
	req->is_bounced = false;
	req->is_indirect = false;
	req->must_flush = false;

	if (unlikely(blkfront_queue_is_flush(rq))) {
		io->op = ring->dev->geo.flush_op;
		req->op = io->op;
		return BLK_STS_OK;
	}
	switch (req_op(rq)) {
	case REQ_OP_READ:
	case REQ_OP_WRITE:
		io->op = req_op(rq) == REQ_OP_READ ? BLKIF_OP_READ :
						     BLKIF_OP_WRITE;
		io->sector = blk_rq_pos(rq);
		status = blkfront_grant_take(ring, rq, req, io, seg);
		if (status)
			return status;
		req->must_flush = io->op == BLKIF_OP_WRITE &&
				  blkfront_queue_must_flush(ring->dev, rq);
		break;
	case REQ_OP_SECURE_ERASE:
		/* Made for another back: this one would only discard. */
		if (unlikely(!ring->dev->geo.has_secure))
			return BLK_STS_NOTSUPP;
		io->flags = BLKIF_IO_SECURE;
		fallthrough;
	case REQ_OP_DISCARD:
		/* Likewise, and this one never said that it can. */
		if (unlikely(!ring->dev->geo.discard_granularity))
			return BLK_STS_NOTSUPP;
		io->op = BLKIF_OP_DISCARD;
		io->sector = blk_rq_pos(rq);
		io->nr_sectors = blk_rq_sectors(rq);
		break;
	default:
		return BLK_STS_NOTSUPP;
	}

	req->op = io->op;
	return BLK_STS_OK;
}

/* The one way in. @is_last: nothing follows soon. */
static blk_status_t blkfront_queue_one(struct blkfront_ring *ring,
				       struct request *rq, bool is_last)
{
	/* Written as far as it is read. */
	struct blkif_request_segment seg[BLKIF_MAX_SEGS] __uninitialized;
	struct blkfront_req *req = blk_mq_rq_to_pdu(rq);
	struct blkif_io io = {
		.id = blkfront_queue_id(ring, rq),
		.handle = ring->dev->handle,
	};
	blk_status_t status;

	trace_blkfront_queued(ring, rq);
	if (unlikely(blkfront_queue_is_flush(rq) && !ring->dev->geo.flush_op)) {
		/* Made for the back of before; this one has no cache. */
		blkfront_ring_kick(ring);
		blk_mq_start_request(rq);
		req->must_flush = false;
		if (rq->rq_flags & RQF_DONTPREP &&
		    !blkfront_queue_is_whole(rq, req))
			blkfront_queue_next_part(rq, req);
		else
			blk_mq_end_request(rq, BLK_STS_OK);
		return BLK_STS_OK;
	}
	if (blkfront_queue_must_wait(ring) ||
	    (unlikely(ring->may_fill) && !blkfront_queue_reserve(ring))) {
		blkfront_ring_kick(ring);
		/* Runs again soon by itself; most often a slot comes before. */
		return BLK_STS_RESOURCE;
	}
	status = blkfront_queue_prep(ring, rq, &io, seg);
	if (unlikely(status)) {
		if (ring->may_fill && status == BLK_STS_RESOURCE)
			/* Who waits would find as little, and wake this one. */
			atomic_dec(&ring->nr_used);
		else if (ring->may_fill)
			blkfront_queue_unreserve(ring);
		/* What went before must not wait for this one. */
		blkfront_ring_kick(ring);
		return status;
	}
	blk_mq_start_request(rq);
	trace_blkfront_pushed(ring, rq, req);
	/*
	 * From here on it may be answered, by a back that guesses. Pairs with the
	 * acquire in blkfront_queue_find().
	 */
	smp_store_release(&req->state, BLKFRONT_REQ_SUBMITTED);
	blkfront_ring_push(ring, &io, seg, is_last);
	return BLK_STS_OK;
}

static blk_status_t blkfront_queue_rq(struct blk_mq_hw_ctx *hctx,
				      const struct blk_mq_queue_data *bd)
{
	struct blkfront_dev *dev = hctx->queue->queuedata;

	/* First of all: a dead device may have no rings. */
	if (unlikely(test_bit(BLKFRONT_DEV_DEAD, &dev->flags)))
		return BLK_STS_IOERR;
	return blkfront_queue_one(blkfront_queue_ring(hctx), bd->rq, bd->last);
}

/* What a task gathered, of any of the disk's queues. What is left goes singly. */
static void blkfront_queue_rqs(struct rq_list *rqs)
{
	struct blkfront_ring *ring, *prev = NULL;
	struct rq_list left = { };
	struct request *rq;

	while ((rq = rq_list_pop(rqs))) {
		struct blkfront_dev *dev = rq->q->queuedata;

		if (unlikely(test_bit(BLKFRONT_DEV_DEAD, &dev->flags))) {
			rq_list_add_tail(&left, rq);
			continue;
		}
		ring = blkfront_queue_ring(rq->mq_hctx);
		if (prev && prev != ring)
			blkfront_ring_kick(prev);
		prev = ring;
		if (unlikely(blkfront_queue_one(ring, rq, rq_list_empty(rqs))))
			rq_list_add_tail(&left, rq);
	}
	*rqs = left;
}

/*
 * Called also where all that was to go went back into a queue that stands still, which
 * may have no ring then: those go a grace period after the bit.
 */
static void blkfront_queue_commit(struct blk_mq_hw_ctx *hctx)
{
	struct blkfront_dev *dev = hctx->queue->queuedata;

	if (test_bit_acquire(BLKFRONT_DEV_BOUND, &dev->flags))
		blkfront_ring_kick(blkfront_queue_ring(hctx));
}

/* --- the end of a request --- */

/* The data go where they belong; pages of ours that are free then go to @pages. */
static u32 blkfront_queue_settle(struct blkfront_ring *ring, struct request *rq,
				 struct blkfront_req *req,
				 struct list_head *pages)
{
	trace_blkfront_completed(ring, rq, req);
	if (!req->is_bounced)
		return 0;
	return blkfront_grant_gather(rq, req, req->status == BLK_STS_OK, pages);
}

static void blkfront_queue_give(struct blkfront_ring *ring,
				struct list_head *pages, u32 nr)
{
	if (!nr)
		return;
	blkfront_grant_give(ring, pages, nr);
	blkfront_queue_wake(ring);
}

static void blkfront_queue_set_idle(struct blkfront_req *req)
{
	/* Of what was done with the ring all: pairs with count_ending. */
	smp_store_release(&req->state, BLKFRONT_REQ_IDLE);
}

/* All of them good and whole; of one ring, unless a task polls for several. */
static void blkfront_queue_complete_batch(struct io_comp_batch *batch)
{
	struct blkfront_ring *ring = NULL, *next;
	struct request *rq;
	LIST_HEAD(pages);
	u32 nr = 0;

	rq_list_for_each(&batch->req_list, rq) {
		next = blkfront_queue_ring(rq->mq_hctx);
		if (unlikely(next != ring)) {
			blkfront_queue_give(ring, &pages, nr);
			ring = next;
			nr = 0;
		}
		nr += blkfront_queue_settle(ring, rq, blk_mq_rq_to_pdu(rq),
					    &pages);
	}
	blkfront_queue_give(ring, &pages, nr);
	rq_list_for_each(&batch->req_list, rq)
		blkfront_queue_set_idle(blk_mq_rq_to_pdu(rq));
	blk_mq_end_request_batch(batch);
}

static void blkfront_queue_complete(struct request *rq)
{
	struct blkfront_ring *ring = blkfront_queue_ring(rq->mq_hctx);
	struct blkfront_req *req = blk_mq_rq_to_pdu(rq);
	bool is_again = req->state == BLKFRONT_REQ_AGAIN;
	LIST_HEAD(pages);

	blkfront_queue_give(ring, &pages,
			    blkfront_queue_settle(ring, rq, req, &pages));
	blkfront_queue_set_idle(req);
	/* With a kick, as whoever holds the queue may have let it go by now. */
	if (unlikely(is_again))
		blk_mq_requeue_request(rq, true);
	else if (unlikely(!req->status && !blkfront_queue_is_whole(rq, req)))
		blkfront_queue_next_part(rq, req);
	else
		blk_mq_end_request(rq, req->status);
}

/* --- the way back --- */

/* Something for the device's work to see to. */
static void blkfront_queue_kick_dev(struct blkfront_dev *dev)
{
	queue_work(dev->wq, &dev->work);
}

/* The back broke the rules: nothing is read from it any more. */
static void blkfront_queue_broken(struct blkfront_ring *ring, const char *why,
				  u64 what)
{
	struct blkfront_dev *dev = ring->dev;

	if (test_and_set_bit(BLKFRONT_RING_BROKEN, &ring->flags))
		return;
	trace_blkfront_refused(ring, what, why);
	WRITE_ONCE(ring->broken_what, what);
	WRITE_ONCE(ring->broken_why, why);
	if (!test_and_set_bit(BLKFRONT_DEV_DEAD, &dev->flags))
		dev_err(&dev->xbdev->dev,
			"%s: bad response (%llu): %s: disk fails from now on\n",
			ring->name, what, why);
	mod_delayed_work(dev->wq, &dev->fail_work, 0);
}

/* Is it the peer's to answer? */
static bool blkfront_queue_is_out(u8 state)
{
	return state == BLKFRONT_REQ_SUBMITTED || state == BLKFRONT_REQ_LATE;
}

/* The one translation of what the protocol says to what the block layer says. */
static blk_status_t blkfront_queue_status(struct blkfront_ring *ring,
					  struct request *rq, s16 status)
{
	if (status == BLKIF_RSP_OKAY)
		return BLK_STS_OK;
	if (status != BLKIF_RSP_EOPNOTSUPP)
		return BLK_STS_IOERR;
	/*
	 * Withdrawn: the limits that say that there is no such thing follow from
	 * the work. This one fails: of a flush as an error of the disk, as what it
	 * was to secure may be lost, and fsync() takes "not supported" for success.
	 */
	if (blkfront_queue_is_flush(rq)) {
		set_bit(BLKFRONT_DEV_NO_FLUSH, &ring->dev->flags);
		WRITE_ONCE(ring->dev->unsafe_end, 0);
		blkfront_queue_kick_dev(ring->dev);
		/* Who has written did not ask: there is no cache, it says. */
		return req_op(rq) == REQ_OP_FLUSH ? BLK_STS_IOERR : BLK_STS_OK;
	}
	switch (req_op(rq)) {
	case REQ_OP_SECURE_ERASE:
		set_bit(BLKFRONT_DEV_NO_SECURE, &ring->dev->flags);
		break;
	case REQ_OP_DISCARD:
		set_bit(BLKFRONT_DEV_NO_DISCARD, &ring->dev->flags);
		break;
	default:
		return BLK_STS_IOERR;
	}
	blkfront_queue_kick_dev(ring->dev);
	return BLK_STS_NOTSUPP;
}

/* How long it took, if the block layer keeps times; and if it failed, that. */
static void blkfront_queue_note(struct blkfront_ring *ring,
				const struct request *rq,
				const struct blkfront_req *req, s16 status,
				u64 now)
{
	u64 start = blkfront_queue_start(rq);

	if (likely(start))
		blkif_hist_add(&ring->hist[req->op], now - start);
	if (likely(status == BLKIF_RSP_OKAY))
		return;
	ring->stats.failed++;
	ring->last_failure = (struct blkfront_failure) {
		.id = blkfront_queue_id(ring, rq),
		.sector = blk_rq_pos(rq),
		.when = now,
		.status = status,
		.op = req->op,
	};
}

/*
 * The request in flight on @ring under an id, or NULL. One that is over has no queue
 * any more; so the number says whose ring it is, as blkfront_queue_bind() has it.
 */
static struct request *blkfront_queue_find(const struct blkfront_ring *ring,
					   u64 id)
{
	const struct blkfront_dev *dev = ring->dev;
	const struct blk_mq_tag_set *set = &dev->tag_set;
	u64 queue = id >> dev->tag_shift;
	u32 tag = id & (set->queue_depth - 1);
	struct blkfront_req *req;
	struct request *rq;

	if (queue >= set->nr_hw_queues || !set->tags[queue])
		return NULL;
	if (queue != ring->index && (u32)queue % dev->nr_rings != ring->index)
		return NULL;
	rq = blk_mq_tag_to_rq(set->tags[queue], tag);
	if (!rq || rq->tag != tag)
		return NULL;
	req = blk_mq_rq_to_pdu(rq);
	/* pairs with the release in blkfront_queue_one() */
	return blkfront_queue_is_out(smp_load_acquire(&req->state)) ? rq : NULL;
}

/* One answer, to be ended with @batch. False: the connection has ended. */
static bool blkfront_queue_answer(struct blkfront_ring *ring,
				  const struct blkif_response *rsp, u64 now,
				  struct io_comp_batch *batch)
{
	struct request *rq = blkfront_queue_find(ring, rsp->id);
	struct blkfront_req *req = rq ? blk_mq_rq_to_pdu(rq) : NULL;
	enum blkfront_verdict verdict;

	verdict = blkfront_wire_check(rsp, req, req ? req->op : 0,
				      req && req->is_indirect);
	if (unlikely(verdict != BLKFRONT_RSP_GOOD)) {
		if (rsp->id >> ring->dev->tag_shift >=
		    ring->dev->tag_set.nr_hw_queues)
			verdict = BLKFRONT_RSP_BAD_ID;
		blkfront_queue_broken(ring, blkfront_wire_verdict_name(verdict),
				      rsp->id);
		return false;
	}
	trace_blkfront_answered(ring, rq, req, rsp->status, now);
	if (unlikely(blk_should_fake_timeout(rq->q)))
		return true;
	if (unlikely(!blkfront_grant_end(ring, req, true))) {
		/* The request stays in flight, for the work to fail it. */
		blkfront_queue_broken(ring, "answered, but not unmapped",
				      rsp->id);
		return false;
	}
	blkfront_queue_note(ring, rq, req, rsp->status, now);
	req->status = blkfront_queue_status(ring, rq, rsp->status);
	WRITE_ONCE(req->state, BLKFRONT_REQ_ANSWERED);
	if (unlikely(ring->may_fill))
		blkfront_queue_unreserve(ring);
	if (!blkfront_queue_is_whole(rq, req) ||
	    !blk_mq_add_to_batch(rq, batch, req->status,
				 blkfront_queue_complete_batch))
		blk_mq_complete_request(rq);
	return true;
}

/* Returns how many there were, or -EPROTO: the back lies. */
static int blkfront_queue_pull(struct blkfront_ring *ring,
			       struct io_comp_batch *batch)
{
	struct blkif_response rsp;
	int i, nr, nr_all = 0;
	u64 now = 0;

	do {
		nr = blkfront_ring_peek(ring);
		if (unlikely(nr < 0)) {
			blkfront_queue_broken(ring,
					      "response index that cannot be true",
					      READ_ONCE(ring->shared->rsp_prod));
			return -EPROTO;
		}
		nr_all += nr;
		if (nr)
			now = ktime_get_ns();
		for (i = 0; i < nr; i++) {
			blkfront_ring_pull(ring, &rsp);
			if (!blkfront_queue_answer(ring, &rsp, now, batch))
				return -EPROTO;
		}
	} while (blkfront_ring_arm(ring, nr, now));
	return nr_all;
}

/* The same, of a ring that several may poll at a time. Softirqs are off. */
static int blkfront_queue_pull_polled(struct blkfront_ring *ring,
				      struct io_comp_batch *batch)
{
	int nr;

	/* Who holds it does what there is to do. */
	if (!spin_trylock(&ring->poll_lock))
		return 0;
	nr = blkfront_queue_pull(ring, batch);
	spin_unlock(&ring->poll_lock);
	return nr;
}

/**
 * blkfront_queue_answers() - the back has answered
 * @ring: the ring
 *
 * An event that brought nothing is acknowledged as such, and the kernel takes
 * the next ones of that kind more slowly; one that ended in a lie is not
 * acknowledged.
 *
 * Context: Softirq, the ring's answer_work.
 * Return: XEN_EOI_FLAG_*, or -EPROTO: the back lies.
 */
int blkfront_queue_answers(struct blkfront_ring *ring)
{
	DEFINE_IO_COMP_BATCH(batch);
	int nr;

	if (unlikely(test_bit(BLKFRONT_RING_BROKEN, &ring->flags)))
		return -EPROTO;
	if (unlikely(ring->is_polled))
		nr = blkfront_queue_pull_polled(ring, &batch);
	else
		nr = blkfront_queue_pull(ring, &batch);
	/* Also those before a lie: they are answered. */
	if (!rq_list_empty(&batch.req_list))
		batch.complete(&batch);
	if (nr < 0)
		return nr;
	return nr ? 0 : XEN_EOI_FLAG_SPURIOUS;
}

/* Somebody waits for what has no event; @batch, if any, is the caller's to end. */
static int blkfront_queue_poll(struct blk_mq_hw_ctx *hctx,
			       struct io_comp_batch *batch)
{
	struct blkfront_dev *dev = hctx->queue->queuedata;
	struct blkfront_ring *ring;
	int nr = 0;

	/* Rings go a grace period after the bit; of what is in @batch none go. */
	rcu_read_lock();
	if (test_bit_acquire(BLKFRONT_DEV_BOUND, &dev->flags)) {
		ring = blkfront_queue_ring(hctx);
		if (ring->is_polled &&
		    !test_bit(BLKFRONT_RING_BROKEN, &ring->flags)) {
			local_bh_disable();
			nr = blkfront_queue_pull_polled(ring, batch);
			local_bh_enable();
		}
	}
	rcu_read_unlock();
	return max(nr, 0);
}

/* Those that are polled come last, and serve nobody else. */
static void blkfront_queue_map(struct blk_mq_tag_set *set)
{
	struct blkfront_dev *dev = set->driver_data;
	struct blk_mq_queue_map *map = &set->map[HCTX_TYPE_DEFAULT];

	map->nr_queues = set->nr_hw_queues - dev->nr_polled;
	blk_mq_map_queues(map);
	if (!dev->nr_polled)
		return;
	/* The core has one for these too, unless told, and all of it is queue 0. */
	set->map[HCTX_TYPE_READ].nr_queues = 0;
	map = &set->map[HCTX_TYPE_POLL];
	map->queue_offset = set->nr_hw_queues - dev->nr_polled;
	map->nr_queues = dev->nr_polled;
	blk_mq_map_queues(map);
}

/* --- no answer --- */

/* Once a request, and once a ring for as long as it brings no answer. */
static void blkfront_queue_report_late(struct blkfront_ring *ring,
				       struct request *rq)
{
	struct blkfront_dev *dev = ring->dev;
	struct blkfront_indices at;

	blkfront_ring_look(ring, &at);
	if (test_and_set_bit(BLKFRONT_RING_LATE, &ring->flags) &&
	    ring->late_cons == at.rsp_cons)
		return;
	ring->late_cons = at.rsp_cons;
	if (__ratelimit(&dev->log))
		dev_warn(&dev->xbdev->dev,
			 "%s: no answer to operation %u at sector %llu for %u ms: requests pushed %u, shown %u, event from %u; answers there %u, taken %u, event from %u\n",
			 ring->name, req_op(rq), (u64)blk_rq_pos(rq),
			 jiffies_to_msecs(rq->timeout),
			 at.pushed, READ_ONCE(ring->req_kicked), at.req_event,
			 at.rsp_prod, at.rsp_cons, at.rsp_event);
}

/* It was given as much time again, and both ends were woken. */
static void blkfront_queue_fail_late(struct blkfront_ring *ring)
{
	struct blkfront_dev *dev = ring->dev;

	if (!test_and_set_bit(BLKFRONT_DEV_DEAD, &dev->flags))
		dev_err(&dev->xbdev->dev,
			"%s: still no answer: disk fails from now on\n",
			ring->name);
	mod_delayed_work(dev->wq, &dev->fail_work, 0);
}

/*
 * A request has waited for as long as the disk's io_timeout says. An event may
 * have been lost, either way: both ends are woken. The lock is tried, as who
 * holds it may wait for us.
 */
static enum blk_eh_timer_return blkfront_queue_timeout(struct request *rq)
{
	struct blkfront_dev *dev = rq->q->queuedata;
	struct blkfront_req *req = blk_mq_rq_to_pdu(rq);
	struct blkfront_ring *ring;
	u8 state;

	if (!mutex_trylock(&dev->lock))
		return BLK_EH_RESET_TIMER;
	/* Only then has the queue a ring. */
	if (dev->state != BLKFRONT_DEV_CONNECTED ||
	    (dev->flags & (BLKFRONT_DEV_STILL | BIT(BLKFRONT_DEV_DEAD))))
		goto out_unlock;
	ring = blkfront_queue_ring(rq->mq_hctx);
	/* An answer that comes now wins: it writes the state without a look. */
	state = cmpxchg(&req->state, BLKFRONT_REQ_SUBMITTED, BLKFRONT_REQ_LATE);
	if (state == BLKFRONT_REQ_SUBMITTED)
		blkfront_queue_report_late(ring, rq);
	else if (state == BLKFRONT_REQ_LATE &&
		 READ_ONCE(blkfront_timeout_fails))
		blkfront_queue_fail_late(ring);
	blkfront_ring_nudge(ring);
out_unlock:
	mutex_unlock(&dev->lock);
	return BLK_EH_RESET_TIMER;
}

const struct blk_mq_ops blkfront_queue_ops = {
	.queue_rq	= blkfront_queue_rq,
	.queue_rqs	= blkfront_queue_rqs,
	.commit_rqs	= blkfront_queue_commit,
	.complete	= blkfront_queue_complete,
	.map_queues	= blkfront_queue_map,
	.poll		= blkfront_queue_poll,
	.timeout	= blkfront_queue_timeout,
};

/**
 * blkfront_queue_bind() - have each queue of the disk use a ring
 * @dev: the device, its disk created, its rings connected
 *
 * After a resume there may be fewer rings than queues, and fewer slots than tags:
 * queues share rings then, and wait for slots. A ring's events come to the
 * processors of its first queue. It is polled if nobody waits for events.
 *
 * Context: Process, sleeps; under dev->lock. The queue does not run.
 */
void blkfront_queue_bind(struct blkfront_dev *dev)
{
	const struct blk_mq_tag_set *set = &dev->tag_set;
	u32 share = DIV_ROUND_UP(set->nr_hw_queues, dev->nr_rings);
	struct blk_mq_hw_ctx *hctx;
	unsigned long i;

	dev->tag_shift = ilog2(set->queue_depth);
	queue_for_each_hw_ctx(dev->gd->queue, hctx, i) {
		struct blkfront_ring *ring = &dev->rings[i % dev->nr_rings];

		ring->may_fill = share * set->queue_depth > ring->slots;
		hctx->driver_data = ring;
		/* Polled queues are the last: a ring of theirs is theirs only. */
		if (i < dev->nr_rings && hctx->type == HCTX_TYPE_POLL)
			blkfront_ring_disarm(ring);
		else if (dev->nr_rings > 1 && i < dev->nr_rings)
			blkfront_ring_spread(ring, hctx->cpumask);
	}
	/* rings before the bit: pairs with blkfront_queue_poll() and commit */
	smp_mb__before_atomic();
	set_bit(BLKFRONT_DEV_BOUND, &dev->flags);
}

/* --- without the back --- */

/* What is in flight ends here; @data: the state it is left in. */
static bool blkfront_queue_recall(struct request *rq, void *data)
{
	enum blkfront_req_state *state = data;
	struct blkfront_req *req = blk_mq_rq_to_pdu(rq);
	struct blkfront_ring *ring;

	if (!blkfront_queue_is_out(READ_ONCE(req->state)))
		return true;
	ring = blkfront_queue_ring(rq->mq_hctx);
	/* The one of another host knows nothing of them; this one may do them yet. */
	if (ring->has_back)
		set_bit(BLKFRONT_RING_UNANSWERED, &ring->flags);
	blkfront_grant_end(ring, req, false);
	req->status = BLK_STS_IOERR;
	WRITE_ONCE(req->state, *state);
	blk_mq_complete_request(rq);
	return true;
}

static bool blkfront_queue_count_ending(struct request *rq, void *data)
{
	struct blkfront_req *req = blk_mq_rq_to_pdu(rq);
	/* pairs with the release in blkfront_queue_set_idle() */
	u8 state = smp_load_acquire(&req->state);
	u32 *nr = data;

	*nr += state == BLKFRONT_REQ_ANSWERED || state == BLKFRONT_REQ_AGAIN;
	return true;
}

static bool blkfront_queue_count_out(struct request *rq, void *data)
{
	struct blkfront_req *req = blk_mq_rq_to_pdu(rq);
	u32 *nr = data;

	*nr += blkfront_queue_is_out(READ_ONCE(req->state));
	return true;
}

/* How many requests there are of those that @fn counts. */
static u32 blkfront_queue_count(struct blkfront_dev *dev, busy_tag_iter_fn *fn)
{
	u32 nr = 0;

	blk_mq_tagset_busy_iter(&dev->tag_set, fn, &nr);
	return nr;
}

/*
 * Until nothing is between its answer and its end. Not blk-mq's own wait for
 * that: it also waits for writes that a flush is to follow, and that flush
 * waits for the queue, which stands still.
 */
static void blkfront_queue_wait_ending(struct blkfront_dev *dev)
{
	while (blkfront_queue_count(dev, blkfront_queue_count_ending))
		msleep(20);
}

static void blkfront_queue_recall_all(struct blkfront_dev *dev,
				      enum blkfront_req_state state)
{
	u32 i;

	/*
	 * Nobody polls after this, nobody commits and nobody pushes: it waits for a
	 * grace period, however often the queue was stopped before.
	 */
	clear_bit(BLKFRONT_DEV_BOUND, &dev->flags);
	blk_mq_quiesce_queue(dev->gd->queue);
	for (i = 0; i < dev->nr_rings; i++)
		blkfront_ring_unbind(&dev->rings[i]);
	blk_mq_tagset_busy_iter(&dev->tag_set, blkfront_queue_recall, &state);
	blkfront_queue_wait_ending(dev);
}

static void blkfront_queue_release(struct blkfront_dev *dev)
{
	if (dev->is_held)
		blk_mq_unquiesce_queue(dev->gd->queue);
	dev->is_held = false;
	blk_mq_kick_requeue_list(dev->gd->queue);
}

/**
 * blkfront_queue_fail_all() - end all that is in flight or held with an error
 * @dev: the device, its DEAD bit set: what comes later fails at once
 *
 * Context: Process, sleeps; under dev->lock. The rings are connected or gone.
 */
void blkfront_queue_fail_all(struct blkfront_dev *dev)
{
	if (!dev->gd)
		return;
	blkfront_queue_recall_all(dev, BLKFRONT_REQ_ANSWERED);
	blk_mq_unquiesce_queue(dev->gd->queue);
	blkfront_queue_release(dev);
}

/**
 * blkfront_queue_hold_all() - keep what is in flight for another back
 * @dev: the device; its queue stands still until it is released, or failed
 *
 * Context: Process, sleeps; under dev->lock.
 */
void blkfront_queue_hold_all(struct blkfront_dev *dev)
{
	if (!dev->gd)
		return;
	blkfront_queue_recall_all(dev, BLKFRONT_REQ_AGAIN);
	/* However often it is held, it is released once. */
	if (dev->is_held)
		blk_mq_unquiesce_queue(dev->gd->queue);
	dev->is_held = true;
}

/**
 * blkfront_queue_settle_all() - hold what comes, and wait for what the back has
 * @dev: the device, connected; its queue stands still until it is released, or failed
 * @end: until when, in jiffies
 *
 * Context: Process, sleeps; under dev->lock.
 * Return: how many requests the back has still.
 */
u32 blkfront_queue_settle_all(struct blkfront_dev *dev, unsigned long end)
{
	u32 i, nr;

	blk_mq_quiesce_queue(dev->gd->queue);
	dev->is_held = true;
	for (;;) {
		nr = blkfront_queue_count(dev, blkfront_queue_count_out);
		if (!nr || time_after_eq(jiffies, end))
			return nr;
		/* Who polls stands still, too. */
		for (i = 0; i < dev->nr_rings; i++)
			if (dev->rings[i].is_polled)
				blkfront_ring_nudge(&dev->rings[i]);
		msleep(10);
	}
}

/**
 * blkfront_queue_release_all() - go on, first with what was held
 * @dev: the device, connected
 *
 * Context: Process; under dev->lock.
 */
void blkfront_queue_release_all(struct blkfront_dev *dev)
{
	if (dev->gd)
		blkfront_queue_release(dev);
}
