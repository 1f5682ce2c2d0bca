// SPDX-License-Identifier: GPL-2.0-only
/*
 * blkif-front: a front in user space that does what a script says, right or
 * wrong, and checks what comes back. The commands are in README.
 *
 *	blkif-front DISK <script
 *
 * Ends with 0 only if all was as the script expects.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front.h"

void script_show(void)
{
	ring_print();
	printf("back's state is %u\n", store_back_state());
}

/* --- xenstore --- */

static void do_write(char **w)
{
	const char *text = rest_of_line(2);

	store_write(w[1], text, strlen(text));
}

/* write-long KEY BYTES: that many digits */
static void do_write_long(char **w)
{
	unsigned int len = number(w[2]);
	char *text = malloc(len + 1);

	memset(text, '1', len);
	store_write(w[1], text, len);
	free(text);
}

static void do_write_hex(char **w)
{
	uint8_t bytes[256];

	store_write(w[1], (char *)bytes,
		    page_hex(w[2], bytes, sizeof(bytes)));
}

static void do_write_gref(char **w)
{
	struct place place;

	if (page_places(w[2], &place, 1) != 1)
		fail("not one page");
	store_print(w[1], "%u", place.gref);
}

static void do_rm(char **w)
{
	store_remove(w[1] ? w[1] : "");
}

static void do_state(char **w)
{
	store_print("state", "%s", w[1]);
}

/* flood KEY TEXT MS: written as fast as it goes */
static void do_flood(char **w)
{
	uint64_t end = now_us() + number(w[3]) * 1000;
	unsigned int nr = 0;

	for (; now_us() < end; nr++)
		store_print(w[1], "%s", w[2]);
	printf("%s was written %u times\n", w[1], nr);
}

static void do_await(char **w)
{
	script_await(w, store_back_state);
}

static void do_back(char **w)
{
	script_expect(w, store_back_read(w[1]));
}

/* --- rings --- */

static void do_abi(char **w)
{
	ring_layout(number(w[1]) == 64);
}

static void do_ring(char **w)
{
	ring_make(number(w[1]), number(w[2]), option_number(w, "from", 0));
}

static void do_unring(char **w)
{
	ring_free(number(w[1]));
}

static void do_keys(char **w)
{
	const char *dir = option(w, "dir");

	ring_keys(number(w[1]), !strcmp(w[2], "multi"), dir ? dir : "");
}

/* All that a front does which keeps to the rules, up to Connected. */
static void do_connect(char **w)
{
	uint32_t queues = option_number(w, "queues", 1), q;
	uint32_t pages = option_number(w, "pages", 1), order = 0;
	const char *keys = option(w, "keys"), *protocol = option(w, "protocol");
	const char *first = option(w, "state");
	bool is_multi;
	char dir[32] = "";

	if (!keys)
		keys = pages > 1 ? "both" : "single";
	is_multi = strcmp(keys, "single") && (pages > 1 || strcmp(keys, "pages"));
	while (1u << order < pages)
		order++;
	store_remove("ring-page-order");
	store_remove("num-ring-pages");
	store_remove("multi-queue-num-queues");
	store_remove("feature-persistent");
	store_remove("protocol");
	for (q = 0; q < queues; q++) {
		ring_make(q, pages, option_number(w, "from", 0));
		if (queues > 1)
			snprintf(dir, sizeof(dir), "queue-%u/", q);
		ring_keys(q, is_multi, dir);
	}
	if (!strcmp(keys, "order") || !strcmp(keys, "both"))
		store_print("ring-page-order", "%u", order);
	if (!strcmp(keys, "pages") || !strcmp(keys, "both"))
		store_print("num-ring-pages", "%u", pages);
	if (queues > 1)
		store_print("multi-queue-num-queues", "%u", queues);
	if (option(w, "persistent"))
		store_print("feature-persistent", "%s", option(w, "persistent"));
	if (!protocol)
		protocol = ring_is_64() ? "x86_64-abi" : "x86_32-abi";
	if (strcmp(protocol, "none"))
		store_print("protocol", "%s", protocol);
	if (option_number(w, "wait", 1))
		do_await((char *[]){ "await", "2", NULL });
	if (first && !strcmp(first, "none"))
		return;
	store_print("state", "%s", first ? first : "3");
	if (!option_number(w, "up", 1))
		return;
	do_await((char *[]){ "await", "4", NULL });
	store_print("state", "4");
}

static void do_close(char **w)
{
	(void)w;
	store_print("state", "5");
	do_await((char *[]){ "await", "5|6", NULL });
	store_print("state", "6");
	do_await((char *[]){ "await", "6", "within=30", NULL });
	ring_collect();
	if (ring_all_unread())
		fail("answers came that nobody asked for");
	ring_free_all();
}

/* --- pages --- */

static void do_page(char **w)
{
	uint32_t nr = 1, i = 2;

	if (w[2] && isdigit((unsigned char)*w[2]))
		nr = number(w[i++]);
	page_make(w[1], nr, option_number(w, "domain", store_back_domain()),
		  !w[i] || strcmp(w[i], "ro"));
}

static void do_end(char **w)
{
	page_end(w[1]);
}

static void do_fill(char **w)
{
	page_fill(w[1], number(w[2]));
}

static void do_same(char **w)
{
	page_same(w[1], number(w[2]));
}

static void do_poke(char **w)
{
	page_poke(w[1], number(w[2]), w[3]);
}

static void do_peek(char **w)
{
	page_peek(w[1], number(w[2]), w[3]);
}

static void do_flip(char **w)
{
	page_flip(w[1], number(w[2]), w[3], w[4]);
}

static void do_flip_end(char **w)
{
	(void)w;
	page_flip_end();
}

/* --- requests --- */

/* Segments into indirect frames, as many as fit where there is memory. */
static void fill_frames(const struct place *frame, unsigned int nr_frames,
			const struct place *place, unsigned int nr)
{
	unsigned int per = PAGE / sizeof(struct segment), i;
	struct segment *seg;

	for (i = 0; i < nr && i / per < nr_frames; i++) {
		if (!frame[i / per].page)
			continue;
		seg = (struct segment *)frame[i / per].page + i % per;
		*seg = (struct segment){ .gref = place[i].gref,
					 .first = place[i].first,
					 .last = place[i].last };
	}
}

static void do_req(char **w)
{
	static struct place place[MAX_SEGS];
	struct place frame[MAX_FRAMES];
	const char *segs = option(w, "segs"), *frames = option(w, "frames");
	unsigned int nr = 0, nr_frames = 0, i;
	struct request req = { .op = op_number(w[2]) };
	const char *inner = option(w, "inner");

	req.id = option_number(w, "id", 0);
	req.sector = option_number(w, "sector", 0);
	req.handle = option_number(w, "handle", 0);
	req.count = option_number(w, "count", 0);
	req.flag = option_number(w, "flag", 0);
	if (inner)
		req.inner = op_number(inner);
	if (segs)
		nr = page_places(segs, place, MAX_SEGS);
	if (frames) {
		nr_frames = page_places(frames, frame, MAX_FRAMES);
		for (i = 0; i < nr_frames; i++)
			req.frame[i] = frame[i].gref;
		fill_frames(frame, nr_frames, place, nr);
	} else {
		for (i = 0; i < nr && i < DIRECT_SEGS; i++)
			req.seg[i] = (struct segment){
				.gref = place[i].gref,
				.first = place[i].first,
				.last = place[i].last,
			};
	}
	req.nr = option_number(w, "nr", nr);
	req.inner_nr = option_number(w, "nr", nr);
	ring_put(number(w[1]), &req, option(w, "slot") ?
		 (int64_t)option_number(w, "slot", 0) : -1);
}

static void do_publish(char **w)
{
	ring_publish(number(w[1]), w[2], w[2] ? number(w[2]) : 0);
}

static void do_notify(char **w)
{
	ring_notify(number(w[1]));
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
		ring_notify(number(w[1]));
}

static void do_unbind(char **w)
{
	ring_unbind(number(w[1]));
}

/* bind Q DOMAIN: a new port, which is another domain's */
static void do_bind(char **w)
{
	ring_bind(number(w[1]), number(w[2]));
}

static void do_index(char **w)
{
	ring_set(number(w[1]), w[2], number(w[3]));
}

static void do_indexis(char **w)
{
	uint32_t is = ring_get(number(w[1]), w[2]);

	if (is != (uint32_t)number(w[3]))
		fail("it is %u", is);
}

/* --- answers --- */

static void wait_answers(uint32_t q, unsigned int nr, unsigned int seconds)
{
	uint64_t end = now_us() + seconds * 1000000ULL;

	for (;;) {
		ring_collect();
		if (ring_unread(q) >= nr)
			return;
		if (now_us() > end)
			fail("%u answers of %u", ring_unread(q), nr);
		ring_sleep(5);
	}
}

/* ID=STATUS or FROM..TO=STATUS; false: the word is something else */
static bool parse_expected(const char *word, uint64_t *from, uint64_t *to,
			   int *status)
{
	char text[64], *is, *dots;

	if (!isdigit((unsigned char)*word))
		return false;
	snprintf(text, sizeof(text), "%s", word);
	is = strchr(text, '=');
	if (!is)
		fail("not ID=OUTCOME: %s", word);
	*is++ = 0;
	dots = strstr(text, "..");
	if (dots)
		*dots = 0;
	*from = number(text);
	*to = dots ? number(dots + 2) : *from;
	*status = status_number(is);
	return true;
}

static void check_answer(uint32_t q, uint64_t id, int status)
{
	struct answer *a = ring_answer(q, id, true);

	if (!a)
		fail("no answer to %llu", (unsigned long long)id);
	a->is_read = true;
	if (a->status > 0 || a->status < -2)
		fail("%llu: %d is no status", (unsigned long long)id, a->status);
	if (status != 1 && a->status != status)
		fail("%llu: %d", (unsigned long long)id, a->status);
	if (!ring_answer_is_echo(q, a))
		fail("%llu: operation %u", (unsigned long long)id, a->op);
}

/* Exactly these, in any order. */
static void do_expect(char **w)
{
	unsigned int seconds = scaled(option_number(w, "within", 10)), i;
	uint32_t q = number(w[1]);
	uint64_t from, to, id;
	unsigned int nr = 0;
	int status;

	for (i = 2; w[i]; i++)
		if (parse_expected(w[i], &from, &to, &status))
			nr += to - from + 1;
	wait_answers(q, nr, seconds);
	for (i = 2; w[i]; i++) {
		if (!parse_expected(w[i], &from, &to, &status))
			continue;
		for (id = from; id - from < to - from + 1; id++)
			check_answer(q, id, status);
	}
	if (ring_unread(q))
		fail("%u more answers", ring_unread(q));
}

static void do_quiet(char **w)
{
	uint64_t end = now_us() + number(w[2]) * 1000;
	uint32_t q = number(w[1]);

	do {
		ring_collect();
		if (ring_unread(q))
			fail("an answer came");
		ring_sleep(5);
	} while (now_us() < end);
}

static const struct answer *must_answer(const char *q, const char *id)
{
	const struct answer *a = ring_answer(number(q), number(id), false);

	if (!a)
		fail("no answer %s on ring %s", id, q);
	return a;
}

static void do_before(char **w)
{
	const struct answer *a = must_answer(w[1], w[2]);
	const struct answer *b = must_answer(w[3], w[4]);
	uint64_t least = w[5] ? number(w[5]) * 1000 : 0;

	if (a->when + least >= b->when)
		fail("%lld us between them", (long long)(b->when - a->when));
}

static void do_print(char **w)
{
	(void)w;
	ring_collect();
	ring_print();
}

static void do_wait(char **w)
{
	uint64_t end = now_us() + number(w[1]) * 1000;

	while (now_us() < end)
		ring_sleep(5);
}

static void do_echo(char **w)
{
	(void)w;
	printf("%s\n", rest_of_line(1));
}

/* --- the script --- */

static const struct command commands[] = {
	{ "write", 1, do_write }, { "write-long", 2, do_write_long },
	{ "write-hex", 2, do_write_hex }, { "write-gref", 2, do_write_gref },
	{ "rm", 0, do_rm },
	{ "state", 1, do_state }, { "flood", 3, do_flood },
	{ "await", 1, do_await }, { "back", 1, do_back },
	{ "abi", 1, do_abi }, { "ring", 2, do_ring }, { "unring", 1, do_unring },
	{ "keys", 2, do_keys }, { "connect", 0, do_connect },
	{ "close", 0, do_close },
	{ "page", 1, do_page }, { "end", 1, do_end }, { "fill", 2, do_fill },
	{ "same", 2, do_same }, { "poke", 3, do_poke }, { "peek", 3, do_peek },
	{ "flip", 4, do_flip }, { "flip-end", 0, do_flip_end },
	{ "req", 2, do_req }, { "publish", 1, do_publish },
	{ "notify", 1, do_notify }, { "send", 1, do_send },
	{ "storm", 2, do_storm }, { "unbind", 1, do_unbind },
	{ "bind", 2, do_bind },
	{ "index", 3, do_index }, { "indexis", 3, do_indexis },
	{ "expect", 2, do_expect }, { "quiet", 2, do_quiet },
	{ "before", 4, do_before }, { "print", 0, do_print },
	{ "wait", 1, do_wait }, { "echo", 0, do_echo },
	{ NULL, 0, NULL },
};

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: blkif-front DISK <script\n");
		return 2;
	}
	store_open(argv[1]);
	script_run(commands);
	ring_collect();
	if (ring_all_unread())
		fail("the script ends: answers came that nobody asked for");
	return 0;
}
