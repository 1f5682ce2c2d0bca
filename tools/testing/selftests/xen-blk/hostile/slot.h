/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _HOSTILE_SLOT_H
#define _HOSTILE_SLOT_H

#include <stdint.h>

#define HEADER		64u
#define MAX_FRAMES	8u
#define DIRECT_SEGS	11u

/* The page that a ring begins with. */
struct shared {
	volatile uint32_t	req_prod, req_event, rsp_prod, rsp_event;
};

/* as the protocol has it, in all layouts */
struct segment {
	uint32_t	gref;
	uint8_t		first, last;
	uint16_t	pad;
};

/*
 * The slots, as a compiler for either machine lays them out: 32-bit x86 aligns
 * 64-bit numbers to 4 bytes.
 */
typedef uint64_t narrow64 __attribute__((aligned(4)));

#define SLOT_TYPES(bits, wide)						\
struct rw##bits {							\
	uint8_t		op, nr;						\
	uint16_t	handle;						\
	wide		id, sector;					\
	struct segment	seg[DIRECT_SEGS];				\
};									\
struct discard##bits {							\
	uint8_t		op, flag;					\
	uint16_t	handle;						\
	wide		id, sector, count;				\
};									\
struct indirect##bits {							\
	uint8_t		op, inner;					\
	uint16_t	nr;						\
	wide		id, sector;					\
	uint16_t	handle, pad;					\
	uint32_t	frame[MAX_FRAMES];				\
};									\
struct answer##bits {							\
	wide		id;						\
	uint8_t		op;						\
	int16_t		status;						\
}

SLOT_TYPES(64, uint64_t);
SLOT_TYPES(32, narrow64);

_Static_assert(sizeof(struct rw64) == 112, "slot");
_Static_assert(sizeof(struct rw32) == 108, "slot");
_Static_assert(sizeof(struct answer64) == 16, "answer");
_Static_assert(sizeof(struct answer32) == 12, "answer");

#endif /* _HOSTILE_SLOT_H */
