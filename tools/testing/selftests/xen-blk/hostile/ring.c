// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared rings: their pages, their event channels, slots in either layout, and
 * the answers that were found on them, each with its time.
 */
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <xenevtchn.h>

#include "front.h"

#define SLOT_FILL(bits)							\
static void slot_fill##bits(void *at, const struct request *req)	\
{									\
	struct indirect##bits ind = {					\
		.op = req->op, .inner = req->inner, .nr = req->inner_nr,\
		.id = req->id, .sector = req->sector,			\
		.handle = req->handle,					\
	};								\
	struct discard##bits discard = {				\
		.op = req->op, .flag = req->flag, .handle = req->handle,\
		.id = req->id, .sector = req->sector,			\
		.count = req->count,					\
	};								\
	struct rw##bits rw = {						\
		.op = req->op, .nr = req->nr, .handle = req->handle,	\
		.id = req->id, .sector = req->sector,			\
	};								\
									\
	memcpy(ind.frame, req->frame, sizeof(ind.frame));		\
	memcpy(rw.seg, req->seg, sizeof(rw.seg));			\
	if (req->op == 6)						\
		memcpy(at, &ind, sizeof(ind));				\
	else if (req->op == 5)						\
		memcpy(at, &discard, sizeof(discard));			\
	else								\
		memcpy(at, &rw, sizeof(rw));				\
}

SLOT_FILL(64)
SLOT_FILL(32)

struct ring {
	struct group	*group;
	struct shared	*shared;
	uint32_t	slots, slot_size;
	uint32_t	req_prod, rsp_cons;
	bool		is_64, is_bound, is_blind;
	evtchn_port_t	port;
	struct answer	*answers;
	uint32_t	nr_answers;
	/* operation by id, so that an answer can be held against it */
	struct { uint64_t id; uint8_t op; } *sent;
	uint32_t	nr_sent;
};

static struct ring rings[MAX_RINGS];
static bool layout_64 = true;
static xenevtchn_handle *events;

void ring_layout(bool is_64)
{
	layout_64 = is_64;
}

bool ring_is_64(void)
{
	return layout_64;
}

static struct ring *ring_of(uint32_t q)
{
	if (q >= MAX_RINGS || !rings[q].shared)
		fail("no ring %u", q);
	return &rings[q];
}

/* More room for arrays that grow one by one. */
static void *ring_grow(void *array, uint32_t nr, size_t size)
{
	if (nr & (nr - 1))
		return array;
	array = realloc(array, size * (nr ? nr * 2 : 1));
	if (!array)
		fail("no memory");
	return array;
}

/* @from: where both indices begin */
void ring_make(uint32_t q, uint32_t pages, uint32_t from)
{
	uint32_t slots = 1;
	struct ring *ring;
	char name[16];

	if (q >= MAX_RINGS || rings[q].shared)
		fail("no room for ring %u", q);
	if (!events)
		events = xenevtchn_open(NULL, 0);
	if (!events)
		fail("no events: %m");
	ring = &rings[q];
	memset(ring, 0, sizeof(*ring));
	snprintf(name, sizeof(name), "ring%u", q);
	ring->group = page_make(name, pages, store_back_domain(), true);
	ring->shared = (struct shared *)ring->group->addr;
	ring->is_64 = layout_64;
	ring->slot_size = layout_64 ? sizeof(struct rw64) : sizeof(struct rw32);
	while (slots * 2 * ring->slot_size + HEADER <= pages * PAGE)
		slots *= 2;
	ring->slots = slots;
	ring->req_prod = from;
	ring->rsp_cons = from;
	ring->shared->req_prod = from;
	ring->shared->rsp_prod = from;
	ring->shared->req_event = from + 1;
	ring->shared->rsp_event = from + 1;
	ring_bind(q, store_back_domain());
}

void ring_unbind(uint32_t q)
{
	struct ring *ring = ring_of(q);

	if (ring->is_bound && xenevtchn_unbind(events, ring->port))
		fail("cannot unbind: %m");
	ring->is_bound = false;
}

/* A port that @domain may bind to, in place of the one that there was. */
void ring_bind(uint32_t q, uint16_t domain)
{
	struct ring *ring = ring_of(q);
	int port;

	ring_unbind(q);
	port = xenevtchn_bind_unbound_port(events, domain);
	if (port < 0)
		fail("no event channel: %m");
	ring->port = port;
	ring->is_bound = true;
}

void ring_free(uint32_t q)
{
	struct ring *ring = ring_of(q);
	char name[16];

	ring_unbind(q);
	snprintf(name, sizeof(name), "ring%u", q);
	ring->shared = NULL;
	page_forget(name);
	free(ring->answers);
	free(ring->sent);
	memset(ring, 0, sizeof(*ring));
}

void ring_free_all(void)
{
	uint32_t q;

	for (q = 0; q < MAX_RINGS; q++)
		if (rings[q].shared)
			ring_free(q);
}

/* @dir: "" or "queue-N/" */
void ring_keys(uint32_t q, bool is_multi, const char *dir)
{
	struct ring *ring = ring_of(q);
	char key[64];
	uint32_t i;

	for (i = 0; i < (is_multi ? ring->group->nr : 1); i++) {
		if (is_multi)
			snprintf(key, sizeof(key), "%sring-ref%u", dir, i);
		else
			snprintf(key, sizeof(key), "%sring-ref", dir);
		store_print(key, "%u", ring->group->gref[i]);
	}
	snprintf(key, sizeof(key), "%sevent-channel", dir);
	store_print(key, "%u", ring->port);
}

uint32_t ring_slots(uint32_t q)
{
	return ring_of(q)->slots;
}

static uint8_t *ring_slot(struct ring *ring, uint32_t index)
{
	return (uint8_t *)ring->shared + HEADER +
	       (index & (ring->slots - 1)) * ring->slot_size;
}

/* @slot: an index, or negative: the next one, which it takes */
void ring_put(uint32_t q, const struct request *req, int64_t slot)
{
	struct ring *ring = ring_of(q);
	uint32_t index = slot < 0 ? ring->req_prod++ : slot;

	if (ring->is_64)
		slot_fill64(ring_slot(ring, index), req);
	else
		slot_fill32(ring_slot(ring, index), req);
	ring->sent = ring_grow(ring->sent, ring->nr_sent, sizeof(*ring->sent));
	ring->sent[ring->nr_sent].id = req->id;
	ring->sent[ring->nr_sent++].op = req->op == 6 ? req->inner : req->op;
}

/* Without a number: all that was put so far. */
void ring_publish(uint32_t q, bool has_number, uint32_t number)
{
	struct ring *ring = ring_of(q);

	__sync_synchronize();
	ring->shared->req_prod = has_number ? number : ring->req_prod;
	__sync_synchronize();
}

void ring_notify(uint32_t q)
{
	if (xenevtchn_notify(events, ring_of(q)->port))
		fail("cannot notify: %m");
}

static volatile uint32_t *ring_field(uint32_t q, const char *field)
{
	struct shared *shared = ring_of(q)->shared;

	if (!strcmp(field, "req_prod"))
		return &shared->req_prod;
	if (!strcmp(field, "req_event"))
		return &shared->req_event;
	if (!strcmp(field, "rsp_prod"))
		return &shared->rsp_prod;
	if (!strcmp(field, "rsp_event"))
		return &shared->rsp_event;
	fail("a ring has no %s", field);
}

/* Once rsp_event was set by the script, we no longer move it. */
void ring_set(uint32_t q, const char *field, uint32_t value)
{
	*ring_field(q, field) = value;
	__sync_synchronize();
	if (!strcmp(field, "rsp_event"))
		ring_of(q)->is_blind = true;
}

uint32_t ring_get(uint32_t q, const char *field)
{
	return *ring_field(q, field);
}

/* --- answers --- */

static void ring_collect_one(struct ring *ring, uint32_t q)
{
	uint32_t prod = ring->shared->rsp_prod;
	struct answer *a;
	uint8_t *slot;

	if (prod - ring->rsp_cons > ring->slots)
		fail("ring %u: answers from %u to %u", q, ring->rsp_cons, prod);
	__sync_synchronize();
	for (; ring->rsp_cons != prod; ring->rsp_cons++) {
		ring->answers = ring_grow(ring->answers, ring->nr_answers,
					  sizeof(*ring->answers));
		slot = ring_slot(ring, ring->rsp_cons);
		a = &ring->answers[ring->nr_answers++];
		memset(a, 0, sizeof(*a));
		memcpy(&a->id, slot, sizeof(a->id));
		a->op = slot[offsetof(struct answer64, op)];
		memcpy(&a->status, slot + offsetof(struct answer64, status),
		       sizeof(a->status));
		a->when = now_us();
	}
	if (!ring->is_blind)
		ring->shared->rsp_event = ring->rsp_cons + 1;
	__sync_synchronize();
}

/* All that has come, on all rings. */
void ring_collect(void)
{
	uint32_t q;

	for (q = 0; q < MAX_RINGS; q++)
		if (rings[q].shared)
			ring_collect_one(&rings[q], q);
}

/* Until an event comes, or a while has passed. */
void ring_sleep(unsigned int ms)
{
	struct pollfd fd = { .events = POLLIN };
	xenevtchn_port_or_error_t port;

	if (!events) {
		nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000L }, NULL);
		return;
	}
	fd.fd = xenevtchn_fd(events);
	if (poll(&fd, 1, ms) <= 0)
		return;
	port = xenevtchn_pending(events);
	if (port >= 0)
		xenevtchn_unmask(events, port);
}

unsigned int ring_unread(uint32_t q)
{
	struct ring *ring = ring_of(q);
	unsigned int nr = 0;
	uint32_t i;

	for (i = 0; i < ring->nr_answers; i++)
		nr += !ring->answers[i].is_read;
	return nr;
}

unsigned int ring_all_unread(void)
{
	unsigned int nr = 0;
	uint32_t q;

	for (q = 0; q < MAX_RINGS; q++)
		if (rings[q].shared)
			nr += ring_unread(q);
	return nr;
}

/* The first one with this id, or NULL. */
struct answer *ring_answer(uint32_t q, uint64_t id, bool unread_only)
{
	struct ring *ring = ring_of(q);
	uint32_t i;

	for (i = 0; i < ring->nr_answers; i++)
		if (ring->answers[i].id == id &&
		    !(unread_only && ring->answers[i].is_read))
			return &ring->answers[i];
	return NULL;
}

/* Does it bear the operation of a request with that id, if there was one? */
bool ring_answer_is_echo(uint32_t q, const struct answer *answer)
{
	struct ring *ring = ring_of(q);
	bool was_sent = false;
	uint32_t i;

	for (i = 0; i < ring->nr_sent; i++) {
		if (ring->sent[i].id != answer->id)
			continue;
		if (ring->sent[i].op == answer->op)
			return true;
		was_sent = true;
	}
	return !was_sent;
}

void ring_print(void)
{
	uint32_t q, i;

	for (q = 0; q < MAX_RINGS; q++) {
		struct ring *ring = &rings[q];

		if (!ring->shared)
			continue;
		printf("ring %u: %u slots, req_prod %u event %u, rsp_prod %u event %u\n",
		       q, ring->slots, ring->shared->req_prod,
		       ring->shared->req_event, ring->shared->rsp_prod,
		       ring->shared->rsp_event);
		for (i = ring->nr_answers > 20 ? ring->nr_answers - 20 : 0;
		     i < ring->nr_answers; i++)
			printf("  %9.3f ms: id %llu op %u status %d%s\n",
			       ring->answers[i].when / 1000.0,
			       (unsigned long long)ring->answers[i].id,
			       ring->answers[i].op, ring->answers[i].status,
			       ring->answers[i].is_read ? "" : ", not asked for");
	}
}
