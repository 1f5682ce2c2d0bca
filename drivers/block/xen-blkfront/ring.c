// SPDX-License-Identifier: GPL-2.0-only
/*
 * The shared ring of one queue and its event channel: grants its pages, copies
 * slots in and answers out. Nothing outside this file points into the ring, and
 * nothing in it is read twice.
 *
 * Layer: 1 (outside world: shared ring). Locks: lock (the way out); the way in
 * is answer_work's alone or, of a ring that is polled, poll_lock's.
 */
#include <linux/sched.h>
#include <linux/sched/stat.h>
#include <linux/vmalloc.h>

#include <xen/events.h>
#include <xen/page.h>

#include "blkfront.h"
#include "trace.h"

unsigned int blkfront_irq_delay_us = 50;

static struct blkif_request *blkfront_ring_slot(struct blkfront_ring *ring,
						u32 index)
{
	return &ring->shared->ring[index & (ring->slots - 1)].req;
}

/*
 * A page that the back still maps is kept by the grant table until it lets go;
 * it is never reused before that. Each grant gives up a reference to its page. One
 * may be no longer ours to end.
 */
static void blkfront_ring_free_pages(struct blkfront_ring *ring)
{
	u32 i;

	if (ring->shared)
		vunmap(ring->shared);
	ring->shared = NULL;
	for (i = 0; i < ring->nr_pages; i++)
		if (ring->gref[i] != INVALID_GRANT_REF)
			gnttab_end_foreign_access(ring->gref[i],
						  ring->page[i / XEN_PFN_PER_PAGE]);
	ring->nr_pages = 0;
}

/* Grant ring page @i, 4 KiB of a page that holds a reference for each of them. */
static int blkfront_ring_grant_page(struct blkfront_ring *ring, u32 i)
{
	struct page **page = &ring->page[i / XEN_PFN_PER_PAGE];
	u32 piece = i % XEN_PFN_PER_PAGE;
	unsigned long gfn;
	int gref;

	if (piece)
		get_page(*page);
	else
		*page = alloc_page(GFP_NOIO | __GFP_ZERO);
	if (!*page)
		return -ENOMEM;
	gfn = pfn_to_gfn(page_to_xen_pfn(*page) + piece);
	gref = gnttab_grant_foreign_access(ring->dev->xbdev->otherend_id, gfn,
					   0);
	if (gref < 0) {
		put_page(*page);
		return gref;
	}
	ring->gref[i] = gref;
	ring->nr_pages++;
	return 0;
}

/* nr_pages counts those granted, also when it fails half way. */
static int blkfront_ring_alloc_pages(struct blkfront_ring *ring, u32 nr_pages)
{
	int err;

	while (ring->nr_pages < nr_pages) {
		err = blkfront_ring_grant_page(ring, ring->nr_pages);
		if (err)
			return err;
	}
	/* One after the other as the back sees them, whatever a page is here. */
	ring->shared = vmap(ring->page, DIV_ROUND_UP(nr_pages, XEN_PFN_PER_PAGE),
			    VM_MAP, PAGE_KERNEL);
	return ring->shared ? 0 : -ENOMEM;
}

/* Not here: answers may bring much to copy. */
static irqreturn_t blkfront_ring_irq(int irq, void *data)
{
	struct blkfront_ring *ring = data;

	/* It may come before the bind has returned. */
	WRITE_ONCE(ring->irq, irq);
	trace_blkfront_event(ring);
	WRITE_ONCE(ring->has_event, true);
	queue_work(system_bh_wq, &ring->answer_work);
	return IRQ_HANDLED;
}

/*
 * Was the guest moved since the ring was connected? Then its port is not its any more,
 * from before anything of the guest runs on, and what it holds is not to be taken: see
 * blkfront_dev_resume().
 */
static bool blkfront_ring_is_old(const struct blkfront_ring *ring)
{
	return (int)irq_from_evtchn(ring->port) != ring->irq;
}

/*
 * Softirq, never twice at a time; for an event, which stays masked until it is
 * acknowledged, so that there is one at most; or because the time is up. That run may
 * take the answers that an event on its way stands for.
 */
static void blkfront_ring_answer_work(struct work_struct *work)
{
	struct blkfront_ring *ring = container_of(work, struct blkfront_ring,
						  answer_work);
	bool had_event = READ_ONCE(ring->has_event);
	int eoi;

	if (unlikely(blkfront_ring_is_old(ring)))
		return;
	/* Not else: one that comes now has this run once more. */
	if (had_event)
		WRITE_ONCE(ring->has_event, false);
	WRITE_ONCE(ring->is_delayed, false);
	eoi = ring->answer(ring);
	if (eoi < 0)
		return;
	if (had_event)
		xen_irq_lateeoi(ring->irq, ring->has_taken ? 0 : eoi);
	ring->has_taken = !had_event && !eoi;
}

/* Whatever has come by now has waited for more for long enough. */
static enum hrtimer_restart blkfront_ring_delay_over(struct hrtimer *timer)
{
	struct blkfront_ring *ring = container_of(timer, struct blkfront_ring,
						  delay_timer);

	/* Else they were taken, and the next one is told of as it comes. */
	if (READ_ONCE(ring->is_delayed)) {
		ring->stats.expired++;
		queue_work(system_bh_wq, &ring->answer_work);
	}
	return HRTIMER_NORESTART;
}

/**
 * blkfront_ring_connect() - grant a ring to the back, open an event channel
 * @ring:     its device and name are set; not connected
 * @nr_pages: pages of 4 KiB, a power of two up to 64
 * @answer:   takes what the back has answered
 *
 * Context: Process, sleeps (without I/O: a resume may run below a file system).
 * Return: 0, -ENOMEM, -ENOSPC (no grants), or what the event channel said.
 */
int blkfront_ring_connect(struct blkfront_ring *ring, u32 nr_pages,
			  blkfront_answer_fn answer)
{
	int err;

	spin_lock_init(&ring->lock);
	spin_lock_init(&ring->poll_lock);
	ring->answer = answer;
	INIT_WORK(&ring->answer_work, blkfront_ring_answer_work);
	hrtimer_setup(&ring->delay_timer, blkfront_ring_delay_over,
		      CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED);
	err = blkfront_ring_alloc_pages(ring, nr_pages);
	if (err)
		goto out_free_pages;

	ring->slots = blkif_ring_slots(nr_pages, sizeof(struct blkif_request));
	ring->req_prod = 0;
	ring->req_kicked = 0;
	ring->rsp_cons = 0;
	SHARED_RING_INIT(ring->shared);

	err = xenbus_alloc_evtchn(ring->dev->xbdev, &ring->port);
	if (err)
		goto out_free_pages;
	err = bind_evtchn_to_irqhandler_lateeoi(ring->port, blkfront_ring_irq,
						0, ring->name, ring);
	if (err < 0) {
		xenbus_free_evtchn(ring->dev->xbdev, ring->port);
		goto out_free_pages;
	}
	ring->irq = err;
	return 0;

out_free_pages:
	blkfront_ring_free_pages(ring);
	return err;
}

/**
 * blkfront_ring_unbind() - take no more events; waits for who takes answers
 * @ring: connected or not
 *
 * Context: Process, sleeps.
 */
void blkfront_ring_unbind(struct blkfront_ring *ring)
{
	if (ring->irq > 0) {
		ring->has_back = !blkfront_ring_is_old(ring);
		disable_work_sync(&ring->answer_work);
		/* Only the work starts it. */
		hrtimer_cancel(&ring->delay_timer);
		irq_update_affinity_hint(ring->irq, NULL);
		unbind_from_irqhandler(ring->irq, ring);
	}
	ring->irq = 0;
}

/**
 * blkfront_ring_spread() - have events come to the processors that wait for them
 * @ring: connected, or unbound since, as the back lied
 * @cpus: which these are; valid until the ring is unbound
 *
 * Context: Process, sleeps.
 */
void blkfront_ring_spread(struct blkfront_ring *ring,
			  const struct cpumask *cpus)
{
	if (ring->irq <= 0)
		return;
	/* Nothing depends on it: answers are taken wherever they come. */
	irq_set_affinity_and_hint(ring->irq, cpus);
}

/**
 * blkfront_ring_disconnect() - unbind the event channel, end access to the ring
 * @ring: connected or not; nothing is on its way in or out
 *
 * Context: Process, sleeps.
 */
void blkfront_ring_disconnect(struct blkfront_ring *ring)
{
	blkfront_ring_unbind(ring);
	blkfront_ring_free_pages(ring);
}

/**
 * blkfront_ring_disarm() - ask for no events: answers are polled for
 * @ring: connected, nothing in flight
 *
 * One may come nevertheless, every four billion answers or when the back likes:
 * then the answers are taken as ever.
 *
 * Context: Process, sleeps.
 */
void blkfront_ring_disarm(struct blkfront_ring *ring)
{
	WRITE_ONCE(ring->is_polled, true);
	/* An event that nobody asked for may have it run, and ask for the next. */
	flush_work(&ring->answer_work);
	/* The one before the next: it never comes. */
	WRITE_ONCE(ring->shared->rsp_event, ring->rsp_cons);
}

/* Show the back what was pushed. True if it wants to be told. */
static bool blkfront_ring_publish(struct blkfront_ring *ring)
{
	u32 old = ring->req_kicked, new = ring->req_prod;
	bool is_due;

	if (old == new)
		return false;
	WRITE_ONCE(ring->req_kicked, new);
	/* requests before the index */
	virt_wmb();
	WRITE_ONCE(ring->shared->req_prod, new);
	/* index before the back's wish: pairs with its arming of req_event */
	virt_mb();
	is_due = blkif_ring_event_due(READ_ONCE(ring->shared->req_event), new,
				      old);
	trace_blkfront_kicked(ring, new - old, is_due);
	ring->stats.kicked++;
	ring->stats.notified += is_due;
	return is_due;
}

/**
 * blkfront_ring_push() - put one request into the ring
 * @ring:    connected
 * @io:      the request
 * @seg:     its segments, see blkfront_wire_encode()
 * @is_last: nothing follows soon: show it to the back
 *
 * There is always room: a request has a tag or, where there are more tags than
 * slots, was counted, and neither is free before its answer has been pulled.
 *
 * Context: Process; takes lock, does not sleep.
 */
void blkfront_ring_push(struct blkfront_ring *ring,
			const struct blkif_io *io,
			const struct blkif_request_segment *seg, bool is_last)
{
	bool notify = false;

	spin_lock(&ring->lock);
	blkfront_wire_encode(io, seg, blkfront_ring_slot(ring, ring->req_prod));
	ring->req_prod++;
	if (is_last)
		notify = blkfront_ring_publish(ring);
	spin_unlock(&ring->lock);

	if (notify)
		notify_remote_via_irq(ring->irq);
}

/**
 * blkfront_ring_kick() - show the back what was pushed, tell it if it asked
 * @ring: connected
 *
 * Context: Process; takes lock, does not sleep.
 */
void blkfront_ring_kick(struct blkfront_ring *ring)
{
	bool notify;

	spin_lock(&ring->lock);
	notify = blkfront_ring_publish(ring);
	spin_unlock(&ring->lock);

	if (notify)
		notify_remote_via_irq(ring->irq);
}

/**
 * blkfront_ring_peek() - how many answers may be pulled?
 * @ring: connected
 *
 * Context: The ring's answer_work, or under poll_lock.
 * Return: number of answers, or -EPROTO: the back's index cannot be true.
 */
int blkfront_ring_peek(struct blkfront_ring *ring)
{
	u32 prod = READ_ONCE(ring->shared->rsp_prod);
	u32 kicked;

	/*
	 * Answers after the index, and what we had let it see by then: pairs
	 * with the back's barrier between the two.
	 */
	virt_rmb();
	kicked = READ_ONCE(ring->req_kicked);
	if (!blkif_ring_prod_ok(prod, ring->rsp_cons, kicked - ring->rsp_cons))
		return -EPROTO;
	return prod - ring->rsp_cons;
}

/**
 * blkfront_ring_pull() - copy one answer out of the ring
 * @ring: connected; blkfront_ring_peek() counted this answer
 * @rsp:  filled in; untrusted
 *
 * Context: The ring's answer_work, or under poll_lock.
 */
void blkfront_ring_pull(struct blkfront_ring *ring, struct blkif_response *rsp)
{
	memcpy(rsp, blkfront_ring_slot(ring, ring->rsp_cons), sizeof(*rsp));
	/* The copy is what counts from here on, not the shared bytes. */
	barrier();
	ring->rsp_cons++;
}

/*
 * Has the processor that the event came to nothing else to do? Softirqs have threads
 * of their own where there are many, and always with PREEMPT_RT.
 */
static bool blkfront_ring_is_alone(void)
{
	return is_idle_task(current) ||
	       (current->flags & PF_KTHREAD && single_task_running());
}

/* Which answer, from the next one on, the back is to tell of. */
static u32 blkfront_ring_pace(struct blkfront_ring *ring, u32 nr, u64 now,
			      u32 limit)
{
	struct blkfront_taken taken = {
		.now = nr ? now : ktime_get_ns(),
		.nr = nr,
		.left = READ_ONCE(ring->req_kicked) - ring->rsp_cons,
		.is_idle = blkfront_ring_is_alone(),
	};

	return blkfront_pace_next(&ring->pace, &taken, limit);
}

/**
 * blkfront_ring_arm() - ask for an event at the next answer, or at one that comes
 *                       soon after it; if any are asked for
 * @ring: connected
 * @nr:   how many answers were pulled since it was asked for the last time
 * @now:  when, in ns, if there were any
 *
 * Where it is not the next answer, those before it wait for irq_delay_us at most.
 *
 * Context: Softirq: the ring's answer_work, or under poll_lock.
 * Return: true if answers came in meanwhile: look again, no event will come.
 */
bool blkfront_ring_arm(struct blkfront_ring *ring, u32 nr, u64 now)
{
	u32 limit = READ_ONCE(blkfront_irq_delay_us) * (u32)NSEC_PER_USEC;
	u32 wait = 1;

	if (ring->is_polled)
		return false;
	if (limit)
		wait = blkfront_ring_pace(ring, nr, now, limit);
	WRITE_ONCE(ring->is_delayed, wait > 1);
	WRITE_ONCE(ring->shared->rsp_event, ring->rsp_cons + wait);
	/* pairs with the back's barrier between its index and rsp_event */
	virt_mb();
	if (READ_ONCE(ring->shared->rsp_prod) - ring->rsp_cons >= wait)
		return true;
	if (unlikely(wait > 1)) {
		ring->stats.delayed++;
		hrtimer_start(&ring->delay_timer, ns_to_ktime(limit),
			      HRTIMER_MODE_REL_PINNED);
	}
	return false;
}

/**
 * blkfront_ring_look() - where both ends are, for who watches
 * @ring: connected
 * @at:   filled in; one number may be a moment younger than the next
 *
 * Context: Any; the ring stays connected meanwhile.
 */
void blkfront_ring_look(const struct blkfront_ring *ring,
			struct blkfront_indices *at)
{
	*at = (struct blkfront_indices) {
		.req_prod = READ_ONCE(ring->shared->req_prod),
		.req_event = READ_ONCE(ring->shared->req_event),
		.rsp_prod = READ_ONCE(ring->shared->rsp_prod),
		.rsp_event = READ_ONCE(ring->shared->rsp_event),
		.pushed = data_race(ring->req_prod),
		.rsp_cons = data_race(ring->rsp_cons),
	};
}

/**
 * blkfront_ring_nudge() - make up for events that may have been lost
 * @ring: connected
 *
 * The back is told of what was pushed, whether it asked for that or not, and
 * answers that are there are taken.
 *
 * Context: Process; takes lock.
 */
void blkfront_ring_nudge(struct blkfront_ring *ring)
{
	spin_lock(&ring->lock);
	blkfront_ring_publish(ring);
	spin_unlock(&ring->lock);
	notify_remote_via_irq(ring->irq);
	/* Not if there are none: that would count as an event without work. */
	if (READ_ONCE(ring->shared->rsp_prod) != READ_ONCE(ring->rsp_cons))
		queue_work(system_bh_wq, &ring->answer_work);
}
