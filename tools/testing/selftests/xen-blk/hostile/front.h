/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _HOSTILE_FRONT_H
#define _HOSTILE_FRONT_H

#include "script.h"
#include "slot.h"

#define MAX_SEGS	4096u

/* store.c: the front's directory in xenstore, and the back's */
void store_open(const char *disk);
uint16_t store_back_domain(void);
void store_write(const char *key, const char *value, unsigned int len);
void store_print(const char *key, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void store_remove(const char *key);
char *store_back_read(const char *key);
unsigned int store_back_state(void);

/**
 * struct group - pages that were granted together
 * @next: the next group
 * @name: how a script calls it
 * @nr:   pages
 * @gref: their grants; the numbers stay when the grants have ended
 * @addr: their memory, one after the other; NULL: ended
 */
struct group {
	struct group	*next;
	char		name[16];
	uint32_t	nr;
	uint32_t	*gref;
	uint8_t		*addr;
};

/**
 * struct place - one segment of a script: a part of a page, or a bare number
 * @gref: the grant
 * @page: its memory, NULL if there is none
 * @first: first sector
 * @last: last sector; beyond the page if the script wants it
 */
struct place {
	uint32_t	gref;
	uint8_t		*page;
	uint32_t	first, last;
};

/* page.c: pages, and the words of a script that stand for parts of them */
struct group *page_make(const char *name, uint32_t nr, uint16_t domain,
			bool writable);
void page_end(const char *name);
void page_forget(const char *name);
unsigned int page_places(const char *text, struct place *place,
			 unsigned int max);
void page_fill(const char *text, uint32_t seed);
void page_same(const char *text, uint32_t seed);
unsigned int page_hex(const char *text, uint8_t *bytes, unsigned int max);
void page_poke(const char *where, uint32_t offset, const char *hex);
void page_peek(const char *where, uint32_t offset, const char *hex);
void page_flip(const char *where, uint32_t offset, const char *a,
	       const char *b);
void page_flip_end(void);

/* One request, before it is any layout's bytes. */
struct request {
	uint8_t		op, nr, inner, flag;
	uint16_t	inner_nr, handle;
	uint64_t	id, sector, count;
	struct segment	seg[DIRECT_SEGS];
	uint32_t	frame[MAX_FRAMES];
};

/* One answer, as it was found. */
struct answer {
	uint64_t	id, when;
	int16_t		status;
	uint8_t		op;
	bool		is_read;
};

/* ring.c: shared rings, their events, and the answers on them */
void ring_layout(bool is_64);
bool ring_is_64(void);
void ring_make(uint32_t q, uint32_t pages, uint32_t from);
void ring_free(uint32_t q);
void ring_free_all(void);
void ring_keys(uint32_t q, bool is_multi, const char *dir);
uint32_t ring_slots(uint32_t q);
void ring_put(uint32_t q, const struct request *req, int64_t slot);
void ring_publish(uint32_t q, bool has_number, uint32_t number);
void ring_notify(uint32_t q);
void ring_bind(uint32_t q, uint16_t domain);
void ring_unbind(uint32_t q);
void ring_set(uint32_t q, const char *field, uint32_t value);
uint32_t ring_get(uint32_t q, const char *field);
void ring_collect(void);
void ring_sleep(unsigned int ms);
unsigned int ring_unread(uint32_t q);
struct answer *ring_answer(uint32_t q, uint64_t id, bool unread_only);
bool ring_answer_is_echo(uint32_t q, const struct answer *answer);
void ring_print(void);
unsigned int ring_all_unread(void);

#endif /* _HOSTILE_FRONT_H */
