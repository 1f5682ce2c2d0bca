// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages that the back is granted, in groups with names, and the words that stand
 * for parts of them.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xengnttab.h>

#include "front.h"

static xengntshr_handle *grants;
static struct group *groups;

static struct group *page_find(const char *name)
{
	struct group *g;

	for (g = groups; g; g = g->next)
		if (!strcmp(g->name, name))
			return g;
	return NULL;
}

struct group *page_make(const char *name, uint32_t nr, uint16_t domain,
			bool writable)
{
	struct group *g;

	if (!grants)
		grants = xengntshr_open(NULL, 0);
	if (!grants)
		fail("no grants: %m");
	if (page_find(name))
		fail("there is a %s already", name);
	g = calloc(1, sizeof(*g));
	if (!g || strlen(name) >= sizeof(g->name))
		fail("bad name %s", name);
	strcpy(g->name, name);
	g->nr = nr;
	g->gref = calloc(nr, sizeof(*g->gref));
	if (!g->gref)
		fail("no memory");
	g->addr = xengntshr_share_pages(grants, domain, nr, g->gref, writable);
	if (!g->addr)
		fail("cannot grant %u pages: %m", nr);
	g->next = groups;
	groups = g;
	return g;
}

/* The kernel keeps the page itself for as long as the back has it mapped. */
void page_end(const char *name)
{
	struct group *g = page_find(name);

	if (!g)
		fail("no pages %s", name);
	if (g->addr)
		xengntshr_unshare(grants, g->addr, g->nr);
	g->addr = NULL;
}

void page_forget(const char *name)
{
	struct group **link = &groups;
	struct group *g;

	page_end(name);
	while (strcmp((*link)->name, name))
		link = &(*link)->next;
	g = *link;
	*link = g->next;
	free(g->gref);
	free(g);
}

/* NAME[.FROM[..TO]][:FIRST-LAST] or =GREF[:FIRST-LAST] */
static unsigned int page_place(char *text, struct place *place,
			       unsigned int max)
{
	uint32_t from = 0, to = 0, first = 0, last = 7, i;
	char *sects = strchr(text, ':'), *dot, *end;
	struct group *g;

	if (sects) {
		*sects++ = 0;
		end = strchr(sects, '-');
		if (!end)
			fail("not FIRST-LAST: %s", sects);
		*end++ = 0;
		first = number(sects);
		last = number(end);
	}
	if (*text == '=') {
		if (!max)
			fail("too many segments");
		*place = (struct place){ .gref = number(text + 1),
					 .first = first, .last = last };
		return 1;
	}
	dot = strchr(text, '.');
	if (dot)
		*dot++ = 0;
	g = page_find(text);
	if (!g)
		fail("no pages %s", text);
	to = g->nr - 1;
	if (dot) {
		end = strstr(dot, "..");
		if (end) {
			*end = 0;
			end += 2;
		}
		from = number(dot);
		to = end ? number(end) : from;
	}
	if (from > to || to >= g->nr)
		fail("%s has %u pages", text, g->nr);
	if (to - from >= max)
		fail("too many segments");
	for (i = from; i <= to; i++)
		*place++ = (struct place){
			.gref = g->gref[i],
			.page = g->addr ? g->addr + i * PAGE : NULL,
			.first = first, .last = last,
		};
	return to - from + 1;
}

/* Those of a list with commas between them; returns how many. */
unsigned int page_places(const char *text, struct place *place,
			 unsigned int max)
{
	char *copy = strdup(text), *rest = copy, *word;
	unsigned int nr = 0;

	while ((word = strsep(&rest, ",")))
		if (*word)
			nr += page_place(word, place + nr, max - nr);
	free(copy);
	return nr;
}

/*
 * Words of 32 bits that count up from @seed, through all places in their order.
 * Checked, or written.
 */
static void page_count(const char *text, uint32_t seed, bool is_check)
{
	static struct place place[MAX_SEGS];
	unsigned int nr = page_places(text, place, MAX_SEGS), i;
	uint32_t at, *word;

	for (i = 0; i < nr; i++) {
		if (!place[i].page || place[i].first > place[i].last ||
		    place[i].last > 7)
			fail("no memory at place %u", i);
		at = place[i].first * SECTOR;
		for (; at < (place[i].last + 1) * SECTOR; at += 4, seed++) {
			word = (uint32_t *)(place[i].page + at);
			if (!is_check)
				*word = seed;
			else if (*word != seed)
				fail("place %u, byte %u: %#x, should be %#x",
				     i, at, *word, seed);
		}
	}
}

void page_fill(const char *text, uint32_t seed)
{
	page_count(text, seed, false);
}

void page_same(const char *text, uint32_t seed)
{
	page_count(text, seed, true);
}

/* Bytes from hexadecimal digits; returns how many. */
unsigned int page_hex(const char *text, uint8_t *bytes, unsigned int max)
{
	unsigned int nr = 0, v;

	for (; *text; text += 2) {
		if (nr == max || sscanf(text, "%2x", &v) != 1 || !text[1])
			fail("not bytes: %s", text);
		bytes[nr++] = v;
	}
	return nr;
}

static uint8_t *page_at(const char *where, uint32_t offset, unsigned int len)
{
	struct place place;

	if (page_places(where, &place, 1) != 1 || !place.page)
		fail("no page %s", where);
	if (offset > PAGE || len > PAGE - offset)
		fail("beyond the page");
	return place.page + offset;
}

void page_poke(const char *where, uint32_t offset, const char *hex)
{
	uint8_t bytes[256];
	unsigned int nr = page_hex(hex, bytes, sizeof(bytes));

	memcpy(page_at(where, offset, nr), bytes, nr);
}

void page_peek(const char *where, uint32_t offset, const char *hex)
{
	uint8_t bytes[256];
	unsigned int nr = page_hex(hex, bytes, sizeof(bytes)), i;
	uint8_t *is = page_at(where, offset, nr);

	for (i = 0; i < nr; i++)
		if (is[i] != bytes[i])
			fail("byte %u is %02x, should be %02x", offset + i,
			     is[i], bytes[i]);
}

/* --- another processor, which writes meanwhile --- */

static struct {
	pthread_t	thread;
	uint8_t		*at, bytes[2][16];
	unsigned int	nr;
	bool		is_on;
	volatile bool	stop;
} flip;

static void *page_flip_thread(void *arg)
{
	unsigned int round = 0, i;
	volatile uint8_t *at = flip.at;

	(void)arg;
	while (!flip.stop) {
		for (i = 0; i < flip.nr; i++)
			at[i] = flip.bytes[round & 1][i];
		round++;
	}
	return NULL;
}

/* Writes @a and @b in turn until page_flip_end(). */
void page_flip(const char *where, uint32_t offset, const char *a,
	       const char *b)
{
	if (flip.is_on)
		fail("something is flipped already");
	flip.nr = page_hex(a, flip.bytes[0], sizeof(flip.bytes[0]));
	if (page_hex(b, flip.bytes[1], sizeof(flip.bytes[1])) != flip.nr)
		fail("not as many bytes");
	flip.at = page_at(where, offset, flip.nr);
	flip.stop = false;
	if (pthread_create(&flip.thread, NULL, page_flip_thread, NULL))
		fail("no thread");
	flip.is_on = true;
}

void page_flip_end(void)
{
	if (!flip.is_on)
		fail("nothing is flipped");
	flip.stop = true;
	pthread_join(flip.thread, NULL);
	flip.is_on = false;
}
