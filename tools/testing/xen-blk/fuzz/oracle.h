/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A second look at a request: read from the slot another way, and judged in 128
 * bits. Comes after the sources that it looks at.
 */
#ifndef _FUZZ_ORACLE_H
#define _FUZZ_ORACLE_H

#include "fuzz.h"

typedef unsigned __int128 u128;

/* The oracle's own reading of a slot. */
static inline void fuzz_decode(const u8 *slot, bool is_32, struct blkif_io *io)
{
	const u8 *body = slot + (is_32 ? 4 : 8);
	u32 i;

	memset(io, 0, sizeof(*io));
	io->op = slot[0];
	io->id = fuzz_le(body, 8);
	io->sector = fuzz_le(body + 8, 8);
	if (io->op == 5) {
		io->flags = (slot[1] & 1) << 1;
		io->nr_sectors = fuzz_le(body + 16, 8);
	} else if (io->op == 6) {
		io->op = slot[1];
		io->flags = 1;
		io->nr_segs = fuzz_le(slot + 2, 2);
		io->handle = fuzz_le(body + 16, 2);
		for (i = 0; i < 8; i++)
			io->frame[i] = fuzz_le(body + 20 + 4 * i, 4);
	} else {
		io->nr_segs = slot[1];
		io->handle = fuzz_le(slot + 2, 2);
	}
}

static inline bool fuzz_fits(const struct blkback_geo *geo, u64 sector, u128 nr)
{
	return (u128)sector + nr <= geo->nr_sectors &&
	       sector % geo->block_sectors == 0 && nr % geo->block_sectors == 0;
}

/* May a header like this go on?  That is all the oracle says of it. */
static inline bool fuzz_header_ok(const struct blkif_io *io,
				  const struct blkback_geo *geo)
{
	bool indirect = io->flags & 1;

	if (io->op != 0 && geo->is_readonly)
		return false;
	switch (io->op) {
	case 0:
	case 1:
		return io->nr_segs >= 1 &&
		       io->nr_segs <= (indirect ? geo->max_indirect : 11);
	case 2:
		return !indirect && geo->has_barrier && io->nr_segs <= 11;
	case 3:
		return !indirect && geo->has_flush && io->nr_segs <= 11;
	case 5:
		return !indirect && geo->has_discard &&
		       (geo->has_secure || !(io->flags & 2)) &&
		       fuzz_fits(geo, io->sector, io->nr_sectors);
	}
	return false;
}

static inline bool fuzz_segs_ok(const struct blkif_io *io,
				const struct blkif_request_segment *seg,
				const struct blkback_geo *geo, u128 *total)
{
	u32 unit = geo->block_sectors < 8 ? geo->block_sectors : 8;
	u32 i;

	*total = 0;
	for (i = 0; i < io->nr_segs; i++) {
		int n = (int)seg[i].last_sect - seg[i].first_sect + 1;

		if (n < 1 || seg[i].last_sect > 7 || n % unit ||
		    seg[i].first_sect % unit)
			return false;
		*total += n;
	}
	return !*total || fuzz_fits(geo, io->sector, *total);
}

#endif /* _FUZZ_ORACLE_H */
