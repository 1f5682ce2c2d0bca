// SPDX-License-Identifier: GPL-2.0-only
/*
 * The shared ring of one queue and its event channel: maps the front's pages,
 * copies slots out and answers in. Nothing outside this file points into the
 * ring, and what is decided upon is read once.
 *
 * Each page is a mapping of its own: it is there or it is not, whatever the grants
 * of the others are. So a slot is reached by its byte offset, and may straddle two.
 *
 * Layer: 1 (outside world: shared ring). No lock; see struct blkback_ring.
 */
#include <linux/interrupt.h>

#include <xen/events.h>

#include "blkback.h"
#include "trace.h"

/* Copy between @buf and the ring, @offset bytes from its start; over pages, too. */
static noinline void blkback_ring_copy(struct blkback_ring *ring, u32 offset,
				       u8 *buf, u32 len, bool is_write)
{
	while (len) {
		u32 at = offset % BLKIF_PAGE_SIZE;
		u32 n = min_t(u32, len, BLKIF_PAGE_SIZE - at);
		u8 *shared = ring->page[offset / BLKIF_PAGE_SIZE] + at;

		if (is_write)
			memcpy(shared, buf, n);
		else
			memcpy(buf, shared, n);
		offset += n;
		buf += n;
		len -= n;
	}
}

static u32 blkback_ring_offset(const struct blkback_ring *ring, u32 index)
{
	return BLKIF_RING_HEADER + (index & (ring->config->slots - 1)) *
				   ring->abi->slot_size;
}

/* The place of @len bytes in the ring, or NULL: they straddle two pages. */
static u8 *blkback_ring_at(const struct blkback_ring *ring, u32 offset, u32 len)
{
	u32 at = offset % BLKIF_PAGE_SIZE;

	if (unlikely(at > BLKIF_PAGE_SIZE - len))
		return NULL;
	return ring->page[offset / BLKIF_PAGE_SIZE] + at;
}

static void blkback_ring_unmap(struct blkback_ring *ring)
{
	u32 i;

	for (i = 0; i < BLKIF_MAX_RING_PAGES; i++) {
		if (ring->page[i])
			xenbus_unmap_ring_vfree(ring->dev->xbdev,
						ring->page[i]);
		ring->page[i] = NULL;
	}
	ring->shared = NULL;
}

static int blkback_ring_map(struct blkback_ring *ring, const u32 *gref)
{
	u32 i;
	int err;

	for (i = 0; i < ring->config->ring_pages; i++) {
		grant_ref_t ref = gref[i];

		err = xenbus_map_ring_valloc(ring->dev->xbdev, &ref, 1,
					     &ring->page[i]);
		if (err) {
			blkback_ring_unmap(ring);
			return err;
		}
	}
	ring->shared = ring->page[0];
	return 0;
}

/**
 * blkback_ring_connect() - map the front's ring and bind its event channel
 * @ring:    its config is set; not connected
 * @gref:    grants of the ring's pages, as many as the config says; untrusted
 * @port:    the front's event channel; untrusted
 * @handler: for its events, called with @ring
 *
 * Indices go on where the shared ring says that answers ended, so that a front
 * may hand a ring from one back to the next.
 *
 * Context: Process, sleeps. Events may come before it returns.
 * Return: 0, -EPROTO (indices that cannot be), or what mapping or binding said.
 */
int blkback_ring_connect(struct blkback_ring *ring, const u32 *gref, u32 port,
			 irq_handler_t handler)
{
	struct xenbus_device *xbdev = ring->dev->xbdev;
	u32 req_prod;
	int err;

	err = blkback_ring_map(ring, gref);
	if (err)
		return err;

	ring->rsp_prod = READ_ONCE(ring->shared->rsp_prod);
	ring->req_cons = ring->rsp_prod;
	req_prod = READ_ONCE(ring->shared->req_prod);
	if (!blkif_ring_prod_ok(req_prod, ring->rsp_prod, ring->config->slots)) {
		err = -EPROTO;
		goto out_unmap;
	}

	err = bind_interdomain_evtchn_to_irqhandler_lateeoi(xbdev, port,
							    handler, 0,
							    ring->name, ring);
	if (err < 0)
		goto out_unmap;
	ring->irq = err;
	return 0;

out_unmap:
	blkback_ring_unmap(ring);
	return err;
}

/**
 * blkback_ring_disconnect() - unbind the event channel, unmap the ring
 * @ring: connected or not; nothing uses the shared ring any more
 *
 * Context: Process, sleeps.
 */
void blkback_ring_disconnect(struct blkback_ring *ring)
{
	if (ring->irq > 0)
		unbind_from_irqhandler(ring->irq, ring);
	ring->irq = 0;
	blkback_ring_unmap(ring);
}

/**
 * blkback_ring_peek() - how many requests may be pulled?
 * @ring: connected
 *
 * Never more than there is room for answers, whatever the front says.
 *
 * Context: The ring's thread.
 * Return: number of requests, or -EPROTO: the front's index cannot be true.
 */
int blkback_ring_peek(struct blkback_ring *ring)
{
	u32 slots = ring->config->slots;
	u32 prod = READ_ONCE(ring->shared->req_prod);
	u32 rsp_prod;

	/*
	 * Requests before the index, and our own rsp_prod after it: the front
	 * reuses a slot only once it has seen the answer that freed it. Pairs
	 * with the barrier in blkback_ring_kick() by way of the front.
	 */
	virt_rmb();
	rsp_prod = READ_ONCE(ring->rsp_prod);
	if (!blkif_ring_prod_ok(prod, rsp_prod, slots) ||
	    !blkif_ring_prod_ok(prod, ring->req_cons, slots))
		return -EPROTO;
	return min(prod - ring->req_cons, slots - (ring->req_cons - rsp_prod));
}

/**
 * blkback_ring_pull() - copy one request out of the ring
 * @ring: connected; blkback_ring_peek() counted this request
 * @slot: BLKIF_MAX_SLOT bytes, filled with the slot's content, and behind a slot
 *        that is shorter with anything or nothing; untrusted
 *
 * Context: The ring's thread.
 */
void blkback_ring_pull(struct blkback_ring *ring, u8 *slot)
{
	u32 offset = blkback_ring_offset(ring, ring->req_cons);
	const u8 *shared = blkback_ring_at(ring, offset, BLKIF_MAX_SLOT);

	/* A number that is known is copied faster; nobody looks beyond the slot. */
	if (likely(shared))
		memcpy(slot, shared, BLKIF_MAX_SLOT);
	else
		blkback_ring_copy(ring, offset, slot, ring->abi->slot_size,
				  false);
	/* The copy is what counts from here on, not the shared bytes. */
	barrier();
	WRITE_ONCE(ring->req_cons, ring->req_cons + 1);
}

/**
 * blkback_ring_arm() - ask for an event at the next request
 * @ring: connected
 *
 * Context: The ring's thread.
 * Return: true if requests came in meanwhile: look again, no event will come.
 */
bool blkback_ring_arm(struct blkback_ring *ring)
{
	WRITE_ONCE(ring->shared->req_event, ring->req_cons + 1);
	/* pairs with the front's barrier between its index and req_event */
	virt_mb();
	return READ_ONCE(ring->shared->req_prod) != ring->req_cons;
}

/* An answer that straddles two pages. */
static noinline void blkback_ring_push_split(struct blkback_ring *ring,
					     u32 offset, u64 id, u8 op,
					     s16 status)
{
	u8 rsp[BLKBACK_MAX_RSP];

	blkback_abi_encode_rsp(ring->abi, rsp, id, op, status);
	blkback_ring_copy(ring, offset, rsp, ring->abi->rsp_size, true);
}

/**
 * blkback_ring_push() - put one answer into the ring
 * @ring:   connected
 * @id:     of the request, as pulled
 * @op:     its operation, the inner one if indirect
 * @status: BLKIF_RSP_*
 *
 * The front sees it after blkback_ring_kick().
 *
 * Context: Any; the caller holds REAPING.
 */
void blkback_ring_push(struct blkback_ring *ring, u64 id, u8 op, s16 status)
{
	u32 offset = blkback_ring_offset(ring, ring->rsp_prod);
	u8 *shared = blkback_ring_at(ring, offset, ring->abi->rsp_size);

	if (likely(shared))
		blkback_abi_encode_rsp(ring->abi, shared, id, op, status);
	else
		blkback_ring_push_split(ring, offset, id, op, status);
	/* pairs with the READ_ONCE in blkback_ring_peek() */
	WRITE_ONCE(ring->rsp_prod, ring->rsp_prod + 1);
}

/**
 * blkback_ring_kick() - show the answers to the front, notify it if it asked
 * @ring: connected
 * @nr:   answers pushed since the last kick
 *
 * Context: Any; the caller holds REAPING.
 */
void blkback_ring_kick(struct blkback_ring *ring, u32 nr)
{
	u32 new = ring->rsp_prod;
	bool is_due;

	/* answers before the index */
	virt_wmb();
	WRITE_ONCE(ring->shared->rsp_prod, new);
	/* index before the front's wish: pairs with its arming of rsp_event */
	virt_mb();
	is_due = blkif_ring_event_due(READ_ONCE(ring->shared->rsp_event), new,
				      new - nr);
	trace_blkback_kicked(ring, nr, is_due);
	if (!is_due)
		return;
	WRITE_ONCE(ring->tally.notified, ring->tally.notified + 1);
	notify_remote_via_irq(ring->irq);
}

/**
 * blkback_ring_look() - where both ends are, for who watches
 * @ring: connected
 * @at:   filled in; one number may be a moment younger than the next
 *
 * Context: Any; the ring stays connected meanwhile.
 */
void blkback_ring_look(const struct blkback_ring *ring,
		       struct blkback_indices *at)
{
	*at = (struct blkback_indices) {
		.req_prod = READ_ONCE(ring->shared->req_prod),
		.req_event = READ_ONCE(ring->shared->req_event),
		.rsp_prod = READ_ONCE(ring->shared->rsp_prod),
		.rsp_event = READ_ONCE(ring->shared->rsp_event),
		.req_cons = data_race(ring->req_cons),
		.answers = READ_ONCE(ring->rsp_prod),
	};
}
