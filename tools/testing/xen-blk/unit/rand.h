/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers that are the same in every run, so that a failure comes again. */
#ifndef _UNIT_RAND_H
#define _UNIT_RAND_H

#include <linux/types.h>

/* xorshift64* */
static inline u64 rand_u64(u64 *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dULL;
}

/* 0 .. @n - 1 */
static inline u32 rand_below(u64 *state, u32 n)
{
	return (rand_u64(state) >> 32) % n;
}

#endif /* _UNIT_RAND_H */
