// SPDX-License-Identifier: GPL-2.0-only
/*
 * A front and a back as two threads on one ring, with the index arithmetic of
 * blkif-proto.h. ThreadSanitizer watches the slots: an index published before
 * its slot is a race. An event that is not sent when it is due is a hang, which
 * the time limit of the wait turns into a failure.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#include <kunit/test.h>
#include <xen/blkif-proto.h>

#define RING_PAIR_REQS		50000
#define RING_PAIR_WAIT_S	20

/* Two of these, requests and responses, over the same slots. */
struct ring_pair_index {
	u32	prod, event;
};

struct ring_pair {
	struct ring_pair_index	req, rsp;
	u64			slot[2048][2];
	u32			slots;
	u32			start;	/* first index: close to the wrap */
	u32			batch;	/* most that is pushed at once */
	sem_t			to_back, to_front;
	u32			nr_events;
	u32			bad;
	bool			hung;
};

static u32 ring_pair_load(u32 *p)
{
	return __atomic_load_n(p, __ATOMIC_SEQ_CST);
}

static void ring_pair_store(u32 *p, u32 v)
{
	__atomic_store_n(p, v, __ATOMIC_SEQ_CST);
}

static void ring_pair_fault(struct ring_pair *rp)
{
	__atomic_fetch_add(&rp->bad, 1, __ATOMIC_RELAXED);
}

/* Publish up to @new; pairs with the look back in ring_pair_wait(). */
static void ring_pair_push(struct ring_pair *rp, struct ring_pair_index *index,
			   u32 old, u32 new, sem_t *peer)
{
	if (old == new)
		return;
	ring_pair_store(&index->prod, new);
	if (!blkif_ring_event_due(ring_pair_load(&index->event), new, old))
		return;
	__atomic_fetch_add(&rp->nr_events, 1, __ATOMIC_RELAXED);
	sem_post(peer);
}

/* Ask for an event at the next entry, look again, and only then sleep. */
static bool ring_pair_wait(struct ring_pair *rp, struct ring_pair_index *index,
			   u32 cons, sem_t *sem)
{
	struct timespec until;

	ring_pair_store(&index->event, cons + 1);
	if (ring_pair_load(&index->prod) != cons)
		return true;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += RING_PAIR_WAIT_S;
	while (sem_timedwait(sem, &until))
		if (errno != EINTR) {
			__atomic_store_n(&rp->hung, true, __ATOMIC_RELAXED);
			return false;
		}
	return true;
}

static void *ring_pair_back(void *arg)
{
	struct ring_pair *rp = arg;
	u32 cons = rp->start, answered = rp->start;
	u32 mask = rp->slots - 1;

	while (answered != rp->start + RING_PAIR_REQS) {
		u32 prod = ring_pair_load(&rp->req.prod);
		u32 old = answered;

		if (!blkif_ring_prod_ok(prod, answered, rp->slots))
			ring_pair_fault(rp);
		while (cons != prod && answered - old < rp->batch) {
			u64 id = rp->slot[cons & mask][0];

			if (rp->slot[cons & mask][1] != ~id)
				ring_pair_fault(rp);
			cons++;
			/* The answer goes where a request was. */
			rp->slot[answered & mask][0] = id;
			rp->slot[answered & mask][1] = id ^ 0x5555;
			answered++;
		}
		ring_pair_push(rp, &rp->rsp, old, answered, &rp->to_front);
		if (cons == prod && answered != rp->start + RING_PAIR_REQS &&
		    !ring_pair_wait(rp, &rp->req, cons, &rp->to_back))
			break;
	}
	return NULL;
}

static void *ring_pair_front(void *arg)
{
	struct ring_pair *rp = arg;
	u32 prod = rp->start, cons = rp->start;
	u32 end = rp->start + RING_PAIR_REQS;
	u32 mask = rp->slots - 1;

	while (cons != end) {
		u32 seen, old = prod;

		while (prod != end && prod - cons < rp->slots &&
		       prod - old < rp->batch) {
			rp->slot[prod & mask][0] = prod;
			rp->slot[prod & mask][1] = ~(u64)prod;
			prod++;
		}
		ring_pair_push(rp, &rp->req, old, prod, &rp->to_back);

		seen = ring_pair_load(&rp->rsp.prod);
		if (!blkif_ring_prod_ok(seen, cons, prod - cons))
			ring_pair_fault(rp);
		if (seen == cons && (prod == end || prod - cons == rp->slots) &&
		    !ring_pair_wait(rp, &rp->rsp, cons, &rp->to_front))
			break;
		for (; cons != seen; cons++)
			if (rp->slot[cons & mask][0] != cons ||
			    rp->slot[cons & mask][1] != ((u64)cons ^ 0x5555))
				ring_pair_fault(rp);
	}
	return NULL;
}

static void ring_pair_run(struct kunit *test, u32 pages, u32 start, u32 batch)
{
	static struct ring_pair rp;
	pthread_t back, front;

	memset(&rp, 0, sizeof(rp));
	rp.slots = blkif_ring_slots(pages, 112);
	rp.start = start;
	rp.batch = batch;
	rp.req.prod = start;
	rp.rsp.prod = start;
	rp.req.event = start + 1;
	rp.rsp.event = start + 1;
	sem_init(&rp.to_back, 0, 0);
	sem_init(&rp.to_front, 0, 0);
	KUNIT_ASSERT_EQ(test, pthread_create(&back, NULL, ring_pair_back, &rp),
			0);
	KUNIT_ASSERT_EQ(test, pthread_create(&front, NULL, ring_pair_front, &rp),
			0);
	pthread_join(front, NULL);
	pthread_join(back, NULL);
	KUNIT_EXPECT_FALSE_MSG(test, rp.hung, "a due event was not sent");
	KUNIT_EXPECT_EQ_MSG(test, rp.bad, 0, "pages %u start %u", pages, start);
	KUNIT_EXPECT_EQ(test, rp.rsp.prod, start + RING_PAIR_REQS);
	/* Never more than one per request and one per response. */
	KUNIT_EXPECT_LE(test, rp.nr_events, 2 * RING_PAIR_REQS);
}

static void ring_pair_one_page(struct kunit *test)
{
	ring_pair_run(test, 1, 0, 8);
}

static void ring_pair_one_by_one(struct kunit *test)
{
	ring_pair_run(test, 1, 12345, 1);
}

static void ring_pair_large(struct kunit *test)
{
	ring_pair_run(test, 64, 7, 100);
}

static void ring_pair_wrap(struct kunit *test)
{
	ring_pair_run(test, 2, 0u - RING_PAIR_REQS / 2, 8);
}

static struct kunit_case ring_pair_cases[] = {
	KUNIT_CASE(ring_pair_one_page),
	KUNIT_CASE(ring_pair_one_by_one),
	KUNIT_CASE(ring_pair_large),
	KUNIT_CASE(ring_pair_wrap),
	{}
};

static struct kunit_suite ring_pair_suite = {
	.name = "ring_pair",
	.test_cases = ring_pair_cases,
};
kunit_test_suite(ring_pair_suite);
