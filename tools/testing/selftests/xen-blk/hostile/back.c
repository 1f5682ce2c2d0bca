// SPDX-License-Identifier: GPL-2.0-only
/*
 * blkif-back: a back in user space that serves a disk to a guest's front as a
 * script says, right or wrong. It makes the device itself, in a directory that
 * no driver of dom0 looks at. The commands are in README.
 *
 *	blkif-back GUEST-DOMAIN DISK <script
 *
 * Ends with 0 only if all was as the script expects; the device is gone then.
 */
#include <ctype.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <xenevtchn.h>
#include <xengnttab.h>
#include <xenstore.h>

#include "script.h"
#include "slot.h"

#define DISK_SECTORS	16384u
#define MAX_PAGES	64u
#define FRAME_SEGS	(PAGE / sizeof(struct segment))
#define MAX_REQ_SEGS	(MAX_FRAMES * FRAME_SEGS)
#define MAX_TAKEN	4096u
#define NR_HOLDS	16u

static uint32_t guest, vdev;
static uint8_t *disk;

static struct xs_handle *store;
static xengnttab_handle *grants;
static xenevtchn_handle *events;

struct ring {
	struct shared	*shared;
	uint32_t	pages, slots;
	uint32_t	req_cons, rsp_prod;
	evtchn_port_t	port;
	bool		is_bound;
};

static struct ring rings[MAX_RINGS];
static uint32_t nr_rings;

/* A request as it was found on its ring, with all its segments. */
struct taken {
	uint32_t	q, nr;
	uint8_t		op, echo;
	uint64_t	id, sector, count;
	struct segment	*seg;
	uint32_t	frame;		/* the first of an indirect request, or 0 */
};

static struct taken taken[MAX_TAKEN];
static uint32_t nr_taken;
static void *hold[NR_HOLDS];
static uint32_t nr_holds;

/* --- xenstore: both ends' directories are ours to make --- */

static const char *path_of(bool is_front, const char *key)
{
	static char path[2][256];
	static int turn;
	char *p = path[turn ^= 1];

	if (is_front)
		snprintf(p, sizeof(path[0]), "/local/domain/%u/device/vbd/%u%s%s",
			 guest, vdev, *key ? "/" : "", key);
	else
		snprintf(p, sizeof(path[0]),
			 "/local/domain/0/backend/hostile/%u/%u%s%s",
			 guest, vdev, *key ? "/" : "", key);
	return p;
}

static void put(bool is_front, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void put(bool is_front, const char *key, const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (!xs_write(store, XBT_NULL, path_of(is_front, key), text,
		      strlen(text)))
		fail("cannot write %s: %m", key);
}

/* NULL if there is none; the caller frees it. */
static char *get(bool is_front, const char *key)
{
	unsigned int len;

	return xs_read(store, XBT_NULL, path_of(is_front, key), &len);
}

static bool get_number(const char *key, uint32_t *value)
{
	char *text = get(true, key);

	if (!text)
		return false;
	*value = number(text);
	free(text);
	return true;
}

/* 0: none (any more). */
static unsigned int front_state(void)
{
	char *text = get(true, "state");
	unsigned int state = text ? atoi(text) : 0;

	free(text);
	return state;
}

static void make_dir(bool is_front)
{
	struct xs_permissions perms[2] = {
		{ .id = is_front ? guest : 0, .perms = XS_PERM_NONE },
		{ .id = is_front ? 0 : guest, .perms = XS_PERM_READ },
	};
	const char *path = path_of(is_front, "");

	if (!xs_mkdir(store, XBT_NULL, path) ||
	    !xs_set_permissions(store, XBT_NULL, path, perms, 2))
		fail("cannot make %s: %m", path);
}

static void do_offer(char **w)
{
	const char *text = rest_of_line(2);

	if (!xs_write(store, XBT_NULL, path_of(false, w[1]), text, strlen(text)))
		fail("cannot write it: %m");
}

/* offer-long KEY BYTES: that many digits */
static void do_offer_long(char **w)
{
	unsigned int len = number(w[2]);
	char *text = malloc(len);

	memset(text, '1', len);
	if (!xs_write(store, XBT_NULL, path_of(false, w[1]), text, len))
		fail("cannot write it: %m");
	free(text);
}

static void do_withdraw(char **w)
{
	xs_rm(store, XBT_NULL, path_of(false, w[1] ? w[1] : ""));
}

/* hide KEY: the guest may not read it */
static void do_hide(char **w)
{
	struct xs_permissions none = { .id = 0, .perms = XS_PERM_NONE };

	if (!xs_set_permissions(store, XBT_NULL, path_of(false, w[1]), &none, 1))
		fail("cannot hide it: %m");
}

static void do_state(char **w)
{
	put(false, "state", "%s", rest_of_line(1));
	(void)w;
}

/* Both directories; the front comes to life when it sees its own. */
static void do_start(char **w)
{
	make_dir(false);
	put(false, "frontend", "%s", path_of(true, ""));
	put(false, "frontend-id", "%u", guest);
	put(false, "online", "1");
	put(false, "sectors", "%u", DISK_SECTORS);
	put(false, "sector-size", "%u", SECTOR);
	put(false, "info", "0");
	put(false, "feature-flush-cache", "1");
	put(false, "state", "%s", option(w, "state") ? : "2");
	for (w++; *w; w++) {
		char *text = strchr(*w, '=');

		if (!text)
			fail("not KEY=TEXT: %s", *w);
		*text++ = 0;
		if (strcmp(*w, "state") && strcmp(*w, "trusted"))
			put(false, *w, "%s", text);
		*--text = '=';
	}
}

/* The front's directory, last: what it sees is there by then. */
static void do_show(char **w)
{
	make_dir(true);
	put(true, "backend", "%s", path_of(false, ""));
	put(true, "backend-id", "0");
	put(true, "virtual-device", "%u", vdev);
	put(true, "device-type", "disk");
	put(true, "handle", "%u", vdev);
	put(true, "trusted", "%s", option(w, "trusted") ? : "1");
	put(true, "state", "1");
}

static void do_await(char **w)
{
	script_await(w, front_state);
}

static void do_front(char **w)
{
	script_expect(w, get(true, w[1]));
}

/* --- rings --- */

static struct ring *ring_of(const char *word)
{
	uint32_t q = number(word);

	if (q >= nr_rings || !rings[q].shared)
		fail("no ring %u", q);
	return &rings[q];
}

static uint8_t *slot_of(struct ring *ring, uint32_t index)
{
	return (uint8_t *)ring->shared + HEADER +
	       (index & (ring->slots - 1)) * sizeof(struct rw64);
}

static void map_ring(struct ring *ring, const char *dir, uint32_t pages)
{
	uint32_t gref[MAX_PAGES], i, port;
	char key[64];
	int local;

	for (i = 0; i < pages; i++) {
		snprintf(key, sizeof(key), pages > 1 ? "%sring-ref%u" :
			 "%sring-ref", dir, i);
		if (!get_number(key, &gref[i]))
			fail("the front has no %s", key);
	}
	snprintf(key, sizeof(key), "%sevent-channel", dir);
	if (!get_number(key, &port))
		fail("the front has no %s", key);
	memset(ring, 0, sizeof(*ring));
	ring->shared = xengnttab_map_domain_grant_refs(grants, pages, guest,
						       gref,
						       PROT_READ | PROT_WRITE);
	if (!ring->shared)
		fail("cannot map the ring: %m");
	local = xenevtchn_bind_interdomain(events, guest, port);
	if (local < 0)
		fail("cannot bind the port: %m");
	ring->port = local;
	ring->is_bound = true;
	ring->pages = pages;
	ring->slots = 1;
	while (ring->slots * 2 * sizeof(struct rw64) + HEADER <= pages * PAGE)
		ring->slots *= 2;
	ring->shared->req_event = 1;
}

static void do_map(char **w)
{
	uint32_t pages = 1, order, q;
	char dir[32];

	(void)w;
	nr_rings = 1;
	if (get_number("ring-page-order", &order))
		pages = 1u << order;
	get_number("multi-queue-num-queues", &nr_rings);
	if (nr_rings > MAX_RINGS || pages > MAX_PAGES)
		fail("%u rings of %u pages", nr_rings, pages);
	for (q = 0; q < nr_rings; q++) {
		snprintf(dir, sizeof(dir), "queue-%u/", q);
		map_ring(&rings[q], nr_rings > 1 ? dir : "", pages);
	}
}

static void unbind(struct ring *ring)
{
	if (ring->is_bound)
		xenevtchn_unbind(events, ring->port);
	ring->is_bound = false;
}

static void unmap_all(void)
{
	uint32_t q;

	while (nr_holds)
		xengnttab_unmap(grants, hold[--nr_holds], 1);
	for (q = 0; q < nr_rings; q++) {
		unbind(&rings[q]);
		if (rings[q].shared)
			xengnttab_unmap(grants, rings[q].shared,
					rings[q].pages);
		rings[q].shared = NULL;
	}
	nr_rings = 0;
	nr_taken = 0;
}

/* Start and show, if the script did not, up to Connected. */
static void do_connect(char **w)
{
	char *state = get(false, "state");

	if (!state)
		do_start(w);
	free(state);
	do_show(w);
	do_await((char *[]){ "await", "3|4", NULL });
	do_map(w);
	put(false, "state", "4");
	do_await((char *[]){ "await", "4", NULL });
}

/* As a good back goes; what it still has mapped is let go first. */
static void do_close(char **w)
{
	put(false, "state", "5");
	do_await((char *[]){ "await", "6", w[1] ? : "within=20", NULL });
	unmap_all();
	put(false, "state", "6");
	xs_rm(store, XBT_NULL, path_of(true, ""));
	xs_rm(store, XBT_NULL, path_of(false, ""));
}

/* As a toolstack that asks nobody. */
static void do_vanish(char **w)
{
	(void)w;
	xs_rm(store, XBT_NULL, path_of(false, ""));
	xs_rm(store, XBT_NULL, path_of(true, ""));
	unmap_all();
}

/* --- requests --- */

/* The segments of an indirect request, from its frames. */
static void read_frames(struct taken *t, const struct indirect64 *ind)
{
	uint32_t i, nr = t->nr, n;

	for (i = 0; i < MAX_FRAMES && nr; i++) {
		struct segment *at = xengnttab_map_grant_ref(grants, guest,
						ind->frame[i], PROT_READ);

		if (!at)
			fail("cannot map frame %u: %m", i);
		n = nr < FRAME_SEGS ? nr : FRAME_SEGS;
		memcpy(t->seg + i * FRAME_SEGS, at, n * sizeof(*at));
		nr -= n;
		xengnttab_unmap(grants, at, 1);
	}
}

static void take_one(uint32_t q)
{
	struct ring *ring = &rings[q];
	union {
		struct rw64		rw;
		struct discard64	discard;
		struct indirect64	ind;
	} slot;
	struct taken *t;

	if (nr_taken == MAX_TAKEN)
		fail("too many requests");
	t = &taken[nr_taken++];
	memcpy(&slot, slot_of(ring, ring->req_cons++), sizeof(slot));
	*t = (struct taken) { .q = q, .op = slot.rw.op, .echo = slot.rw.op,
			      .id = slot.rw.id, .sector = slot.rw.sector };
	if (t->op == 6) {
		t->op = slot.ind.inner;
		t->echo = t->op;
		t->nr = slot.ind.nr;
		t->frame = slot.ind.frame[0];
	} else if (t->op == 5) {
		t->count = slot.discard.count;
		return;
	} else {
		t->nr = slot.rw.nr;
	}
	if (t->nr > (slot.rw.op == 6 ? MAX_REQ_SEGS : DIRECT_SEGS))
		fail("%u segments", t->nr);
	t->seg = calloc(t->nr, sizeof(*t->seg));
	if (slot.rw.op == 6)
		read_frames(t, &slot.ind);
	else
		memcpy(t->seg, slot.rw.seg, t->nr * sizeof(*t->seg));
}

/*
 * What the test does meanwhile opens gates, one after the other: files with the
 * name that BACK_GATE says and a number, from 1 on.
 */
static unsigned int gate = 1;

static bool gate_opens(void)
{
	const char *name = getenv("BACK_GATE");
	char path[256];

	snprintf(path, sizeof(path), "%s.%u", name ? name : "", gate);
	if (access(path, F_OK))
		return false;
	gate++;
	return true;
}

/* All that is there, on all rings. Asks for an event at the next. */
static uint32_t take_all(void)
{
	uint32_t before = nr_taken, q;

	for (q = 0; q < nr_rings; q++) {
		struct shared *shared = rings[q].shared;

		do {
			__sync_synchronize();
			while (rings[q].req_cons != shared->req_prod)
				take_one(q);
			shared->req_event = rings[q].req_cons + 1;
			__sync_synchronize();
		} while (rings[q].req_cons != shared->req_prod);
	}
	return nr_taken - before;
}

/* The event that came, or -1 after @ms. */
static int sleep_event(unsigned int ms)
{
	struct pollfd fd = { .events = POLLIN, .fd = xenevtchn_fd(events) };
	int port;

	if (poll(&fd, 1, ms) <= 0)
		return -1;
	port = xenevtchn_pending(events);
	if (port >= 0)
		xenevtchn_unmask(events, port);
	return port;
}

/* take [NR]: so many requests, which stay unanswered */
static void do_take(char **w)
{
	uint64_t end = now_us() +
		scaled(option_number(w, "within", 20)) * 1000000ULL;
	uint32_t nr = w[1] && isdigit((unsigned char)*w[1]) ? number(w[1]) : 1;

	for (nr += nr_taken; take_all(), nr_taken < nr; sleep_event(20))
		if (now_us() > end)
			fail("%u requests", nr_taken);
}

/* asked NR OP [nr=N]: that request is this operation, and of so many segments */
static void do_asked(char **w)
{
	uint32_t nr = number(w[1]);

	if (nr >= nr_taken)
		fail("only %u were taken", nr_taken);
	if (taken[nr].op != op_number(w[2]) ||
	    taken[nr].nr != option_number(w, "nr", taken[nr].nr))
		fail("it is operation %u, %u segments", taken[nr].op,
		     taken[nr].nr);
}

/* Data of a request to or from our memory. @whole: all of each page. */
static void move(const struct taken *t, bool whole)
{
	uint64_t at = t->sector * SECTOR;
	uint32_t i, len;
	uint8_t *page;

	for (i = 0; i < t->nr; i++) {
		const struct segment *seg = &t->seg[i];

		len = (seg->last + 1 - seg->first) * SECTOR;
		if (seg->last > 7 || at + len > DISK_SECTORS * SECTOR)
			fail("a segment beyond page or disk");
		page = xengnttab_map_grant_ref(grants, guest, seg->gref,
				t->op ? PROT_READ : PROT_READ | PROT_WRITE);
		if (!page)
			fail("cannot map grant %u: %m", seg->gref);
		if (t->op)
			memcpy(disk + at, page + seg->first * SECTOR, len);
		else if (whole)
			memset(page, 0xee, PAGE);
		if (!t->op)
			memcpy(page + seg->first * SECTOR, disk + at, len);
		xengnttab_unmap(grants, page, 1);
		at += len;
	}
}

static void put_answer(struct ring *ring, uint64_t id, uint8_t op,
		       int16_t status)
{
	uint8_t *slot = slot_of(ring, ring->rsp_prod++);
	struct answer64 a = { .id = id, .op = op, .status = status };

	memcpy(slot, &a, sizeof(a));
}

/* Another id; ^N: bits of the right one turned over. */
static uint64_t answer_id(char **w, uint64_t right)
{
	const char *text = option(w, "id");

	if (!text)
		return right;
	return *text == '^' ? right ^ number(text + 1) : number(text);
}

/* answer NR: the request that was taken as the NRth, counted from 0 */
static void do_answer(char **w)
{
	uint32_t nr = number(w[1]);
	const char *status = option(w, "status");
	const char *data = option(w, "data");
	const char *op = option(w, "op");
	struct taken *t = &taken[nr];

	if (nr >= nr_taken)
		fail("only %u were taken", nr_taken);
	if (!data || strcmp(data, "none"))
		move(t, data && !strcmp(data, "page"));
	put_answer(&rings[t->q], answer_id(w, t->id),
		   op ? op_number(op) : t->echo,
		   status ? strtol(status, NULL, 0) : 0);
}

static void forget(void)
{
	uint32_t i;

	for (i = 0; i < nr_taken; i++)
		free(taken[i].seg);
	nr_taken = 0;
}

static void do_forget(char **w)
{
	(void)w;
	forget();
}

static void publish(struct ring *ring)
{
	uint32_t old = ring->shared->rsp_prod;

	__sync_synchronize();
	ring->shared->rsp_prod = ring->rsp_prod;
	__sync_synchronize();
	/* what was asked for with rsp_event */
	if (ring->rsp_prod - ring->shared->rsp_event < ring->rsp_prod - old)
		xenevtchn_notify(events, ring->port);
}

/*
 * serve [NR]: as a good back, for so many requests, or until the next gate
 * opens. silent=1: without events.
 */
static void do_serve(char **w)
{
	bool has_end = w[1] && isdigit((unsigned char)*w[1]);
	bool is_silent = option_number(w, "silent", 0);
	uint32_t apart = option_number(w, "apart", 0);
	uint32_t left = has_end ? number(w[1]) : 1, i, q;

	while (has_end ? left : !gate_opens()) {
		if (!take_all()) {
			sleep_event(10);
			continue;
		}
		for (i = 0; i < nr_taken; i++) {
			if (taken[i].op < 2)
				move(&taken[i], false);
			put_answer(&rings[taken[i].q], taken[i].id,
				   taken[i].echo, 0);
			if (apart) {
				publish(&rings[taken[i].q]);
				usleep(apart);
			}
		}
		left -= nr_taken < left ? nr_taken : left;
		forget();
		for (q = 0; q < nr_rings; q++) {
			if (is_silent)
				rings[q].shared->rsp_prod = rings[q].rsp_prod;
			else
				publish(&rings[q]);
		}
	}
}

/* gate: until the next one opens; requests are taken, and stay unanswered */
static void do_gate(char **w)
{
	(void)w;
	while (!gate_opens()) {
		take_all();
		sleep_event(20);
	}
}

/* sees NR zero: of its pages all but what a write says is to be written */
static void do_sees(char **w)
{
	uint32_t i, at, nr = number(w[1]);

	if (nr >= nr_taken || strcmp(w[2], "zero"))
		fail("nothing to see");
	for (i = 0; i < taken[nr].nr; i++) {
		const struct segment *seg = &taken[nr].seg[i];
		uint32_t first = seg->first * SECTOR;
		uint32_t end = taken[nr].op ? (seg->last + 1) * SECTOR : first;
		uint8_t *page = xengnttab_map_grant_ref(grants, guest, seg->gref,
							PROT_READ);

		if (!page)
			fail("cannot map grant %u: %m", seg->gref);
		for (at = 0; at < PAGE; at++)
			if ((at < first || at >= end) && page[at])
				fail("page %u has %#x at %u", i, page[at], at);
		xengnttab_unmap(grants, page, 1);
	}
}

/* hold NR [N|frame]: map that page of a request, the first; keep it until the end */
static void do_hold(char **w)
{
	uint32_t nr = number(w[1]), n = 0, gref;

	if (nr >= nr_taken || nr_holds == NR_HOLDS)
		fail("nothing to hold");
	if (w[2] && !strcmp(w[2], "frame")) {
		gref = taken[nr].frame;
	} else {
		n = w[2] ? number(w[2]) : 0;
		gref = n < taken[nr].nr ? taken[nr].seg[n].gref : 0;
	}
	if (!gref)
		fail("nothing to hold");
	hold[nr_holds] = xengnttab_map_grant_ref(grants, guest, gref, PROT_READ);
	if (!hold[nr_holds++])
		fail("cannot map it: %m");
}

/* gone N: the first page of number N cannot be mapped any more */
static void do_gone(char **w)
{
	uint32_t nr = number(w[1]);

	if (nr >= nr_taken || !taken[nr].nr)
		fail("nothing to map");
	if (xengnttab_map_grant_ref(grants, guest, taken[nr].seg[0].gref,
				    PROT_READ))
		fail("grant %u of it can still be mapped",
		     taken[nr].seg[0].gref);
}

/* publish Q [N]: rsp_prod to what was put, or to that; +N and -N: from there */
static void do_publish(char **w)
{
	struct ring *ring = ring_of(w[1]);
	uint32_t to = ring->rsp_prod;

	if (w[2] && (*w[2] == '+' || *w[2] == '-'))
		to += strtol(w[2], NULL, 0);
	else if (w[2])
		to = number(w[2]);
	__sync_synchronize();
	ring->shared->rsp_prod = to;
	__sync_synchronize();
}

static void do_notify(char **w)
{
	if (xenevtchn_notify(events, ring_of(w[1])->port))
		fail("cannot notify: %m");
}

static void do_send(char **w)
{
	do_publish(w);
	do_notify(w);
}

static void do_storm(char **w)
{
	uint64_t end = now_us() + number(w[2]) * 1000;

	while (now_us() < end)
		do_notify(w);
}

static void do_unbind(char **w)
{
	unbind(ring_of(w[1]));
}

/* scribble Q: nonsense into every slot that no request is in */
static void do_scribble(char **w)
{
	struct ring *ring = ring_of(w[1]);
	uint32_t i, k;
	uint8_t *slot;

	for (i = ring->shared->req_prod; i - ring->req_cons < ring->slots; i++)
		for (slot = slot_of(ring, i), k = 0; k < sizeof(struct rw64); k++)
			slot[k] = rand();
}

/* event Q: one comes, and is taken for nothing */
static void do_event(char **w)
{
	uint64_t end = now_us() +
		scaled(option_number(w, "within", 10)) * 1000000ULL;
	struct ring *ring = ring_of(w[1]);

	while (sleep_event(20) != (int)ring->port)
		if (now_us() > end)
			fail("no event");
}

static void do_wait(char **w)
{
	uint64_t end = now_us() + number(w[1]) * 1000;

	while (now_us() < end)
		sleep_event(20);
}

static void do_echo(char **w)
{
	(void)w;
	printf("%s\n", rest_of_line(1));
}

void script_show(void)
{
	uint32_t q;

	printf("front's state is %u, %u requests taken\n", front_state(),
	       nr_taken);
	for (q = 0; q < nr_rings; q++)
		if (rings[q].shared)
			printf("ring %u: %u slots, req_prod %u event %u, rsp_prod %u event %u\n",
			       q, rings[q].slots, rings[q].shared->req_prod,
			       rings[q].shared->req_event,
			       rings[q].shared->rsp_prod,
			       rings[q].shared->rsp_event);
}

static const struct command commands[] = {
	{ "start", 0, do_start }, { "show", 0, do_show },
	{ "offer", 1, do_offer }, { "offer-long", 2, do_offer_long },
	{ "withdraw", 0, do_withdraw }, { "hide", 1, do_hide },
	{ "state", 0, do_state }, { "await", 1, do_await },
	{ "front", 1, do_front },
	{ "map", 0, do_map }, { "connect", 0, do_connect },
	{ "close", 0, do_close }, { "vanish", 0, do_vanish },
	{ "serve", 0, do_serve }, { "take", 0, do_take },
	{ "answer", 1, do_answer }, { "forget", 0, do_forget },
	{ "asked", 2, do_asked },
	{ "sees", 2, do_sees }, { "hold", 1, do_hold }, { "gone", 1, do_gone },
	{ "scribble", 1, do_scribble },
	{ "publish", 1, do_publish }, { "notify", 1, do_notify },
	{ "send", 1, do_send }, { "storm", 2, do_storm },
	{ "unbind", 1, do_unbind }, { "event", 1, do_event },
	{ "gate", 0, do_gate }, { "wait", 1, do_wait }, { "echo", 0, do_echo },
	{ NULL, 0, NULL },
};

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: blkif-back GUEST-DOMAIN DISK <script\n");
		return 2;
	}
	guest = number(argv[1]);
	vdev = number(argv[2]);
	store = xs_open(0);
	grants = xengnttab_open(NULL, 0);
	events = xenevtchn_open(NULL, 0);
	disk = calloc(DISK_SECTORS, SECTOR);
	if (!store || !grants || !events || !disk)
		fail("no xenstore, grants, events or memory: %m");
	script_run(commands);
	return 0;
}
