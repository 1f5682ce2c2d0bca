// SPDX-License-Identifier: GPL-2.0-only
/*
 * The indices of a ring, begun anywhere, so that they wrap. The peer's goes on,
 * goes back, or is any number. Where everything stands is kept in 64 bits, and
 * what the arithmetic says is checked by counting one by one. The end that looks is
 * a back in front of requests or a front in front of answers: a lie that it does
 * not notice never has it take more than there is.
 */
#include "fuzz.h"

#include <xen/blkif-proto.h>

/* @done <= @cons <= @prod: answered, taken, and shown by the peer. */
struct fuzz_ring {
	u64	done, cons, prod;
	u32	slots;
};

/* Is @index one of @from .. @from + @nr?  Which one, in @at. */
static bool fuzz_find(u64 from, u32 nr, u32 index, u64 *at)
{
	for (*at = from; *at <= from + nr; ++*at)
		if ((u32)*at == index)
			return true;
	return false;
}

/* An event is due if one of the indices after @old, up to @new, is waited for. */
static void fuzz_event(u64 old, u64 new, u32 event)
{
	bool is_due = false;
	u64 i;

	for (i = old + 1; i <= new; i++)
		is_due |= (u32)i == event;
	FUZZ_RULE(blkif_ring_event_due(event, new, old) == is_due);
}

/* The peer's next index: near to where it stands, or any. */
static u32 fuzz_index(struct fuzz_input *in, const struct fuzz_ring *r)
{
	s8 step = fuzz_u(in, 1);

	return step == -128 ? fuzz_u(in, 4) : (u32)r->prod + step;
}

/* As the back looks at requests; false: it has found a lie. */
static bool fuzz_back(struct fuzz_input *in, struct fuzz_ring *r)
{
	u32 prod = fuzz_index(in, r), nr;
	u64 at, from;
	bool ok;

	ok = blkif_ring_prod_ok(prod, r->done, r->slots) &&
	     blkif_ring_prod_ok(prod, r->cons, r->slots);
	/* Beyond what was taken, and with room for an answer each. */
	FUZZ_RULE(ok == fuzz_find(r->cons, r->slots - (r->cons - r->done),
				  prod, &at));
	if (!ok)
		return false;
	from = r->prod;
	r->prod = at;
	if (at > from)
		fuzz_event(from, at, from + fuzz_u(in, 1) - 8);
	nr = fuzz_u(in, 1) % (r->prod - r->cons + 1);
	r->cons += nr;
	nr = fuzz_u(in, 1) % (r->cons - r->done + 1);
	fuzz_event(r->done, r->done + nr, r->done + fuzz_u(in, 1) - 8);
	r->done += nr;
	return true;
}

/* As the front looks at answers: @done is taken, @cons was shown to the back. */
static bool fuzz_front(struct fuzz_input *in, struct fuzz_ring *r)
{
	u32 prod = fuzz_index(in, r);
	u64 at;
	bool ok;

	ok = blkif_ring_prod_ok(prod, r->done, r->cons - r->done);
	FUZZ_RULE(ok == fuzz_find(r->done, r->cons - r->done, prod, &at));
	if (!ok)
		return false;
	r->prod = at;
	r->done = at;
	/* All free slots at most are filled again. */
	r->cons += fuzz_u(in, 1) % (r->slots - (r->cons - r->done) + 1);
	return true;
}

static void fuzz_sizes(u32 pages, u32 slot_size)
{
	u32 slots = blkif_ring_slots(pages, slot_size);
	u32 room = pages * 4096 - 64;

	FUZZ_RULE(__builtin_popcount(slots) == 1);
	FUZZ_RULE(slots * slot_size <= room && slots * 2 * slot_size > room);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct fuzz_ring r = { };
	bool is_back, ok = true;
	u32 pages;

	is_back = fuzz_u(&in, 1) & 1;
	pages = 1 + fuzz_u(&in, 1) % BLKIF_MAX_RING_PAGES;
	fuzz_sizes(pages, 112);
	fuzz_sizes(pages, 108);
	r.slots = blkif_ring_slots(pages % 4 + 1, 112);
	r.done = fuzz_u(&in, 1) & 1 ? ~0U - fuzz_u(&in, 1) : fuzz_u(&in, 4);
	r.cons = r.done;
	r.prod = r.done;
	while (in.size && ok) {
		ok = is_back ? fuzz_back(&in, &r) : fuzz_front(&in, &r);
		FUZZ_RULE(r.cons - r.done <= r.slots);
	}
	return 0;
}
