// SPDX-License-Identifier: GPL-2.0-only
/*
 * The judge of requests: first the header, then the segments, against the disk
 * and what was offered. The only place where a front's numbers are checked;
 * what passes here may be relied upon above.
 *
 * Layer: 0 (protocol). Takes no lock, allocates nothing.
 */
#include <linux/compiler.h>
#include <linux/errno.h>

#include "parse.h"

/* Is sector .. sector + nr - 1 on the disk? Written so that nothing wraps. */
static bool blkback_parse_in_range(u64 sector, u64 nr, u64 nr_sectors)
{
	return nr <= nr_sectors && sector <= nr_sectors - nr;
}

static int blkback_parse_discard(const struct blkif_io *io,
				 const struct blkback_geo *geo)
{
	if (!geo->has_discard)
		return -EOPNOTSUPP;
	if (geo->is_readonly)
		return -EROFS;
	if ((io->flags & BLKIF_IO_SECURE) && !geo->has_secure)
		return -EOPNOTSUPP;
	if (!blkback_parse_in_range(io->sector, io->nr_sectors,
				    READ_ONCE(geo->nr_sectors)))
		return -ERANGE;
	if ((io->sector | io->nr_sectors) & (geo->block_sectors - 1))
		return -EINVAL;
	return 0;
}

/**
 * blkback_parse_req() - check the header of one request
 * @io:  request as decoded; untrusted
 * @geo: the disk and the offers
 *
 * After 0 the operation is one that was offered and that the disk's mode
 * allows, and @io->nr_segs is within its bound: 1..11 for read and write, 0..11
 * for flush and barrier, 1..@geo->max_indirect for indirect, 0 for discard. The
 * range of a discard is checked here too; that of the others by
 * blkback_parse_segs().
 *
 * Context: Any. Takes no lock, does not sleep.
 * Return: 0, -EOPNOTSUPP (operation not offered), -EROFS (read-only disk),
 * -EINVAL (bad count, nesting or alignment), -ERANGE (beyond the disk).
 */
int blkback_parse_req(struct blkif_io *io, const struct blkback_geo *geo)
{
	bool may_be_empty = false;
	u32 max = BLKIF_MAX_SEGS;

	if (io->flags & BLKIF_IO_INDIRECT) {
		if (!geo->max_indirect)
			return -EOPNOTSUPP;
		if (io->op != BLKIF_OP_READ && io->op != BLKIF_OP_WRITE)
			return -EINVAL;
		max = geo->max_indirect;
	}

	switch (io->op) {
	case BLKIF_OP_READ:
		break;
	case BLKIF_OP_WRITE:
		if (geo->is_readonly)
			return -EROFS;
		break;
	case BLKIF_OP_FLUSH_DISKCACHE:
		if (!geo->has_flush)
			return -EOPNOTSUPP;
		if (geo->is_readonly)
			return -EROFS;
		may_be_empty = true;
		break;
	case BLKIF_OP_WRITE_BARRIER:
		if (!geo->has_barrier)
			return -EOPNOTSUPP;
		if (geo->is_readonly)
			return -EROFS;
		may_be_empty = true;
		break;
	case BLKIF_OP_DISCARD:
		return blkback_parse_discard(io, geo);
	default:
		return -EOPNOTSUPP;
	}

	if (io->nr_segs > max || (!io->nr_segs && !may_be_empty))
		return -EINVAL;
	return 0;
}

/**
 * blkback_parse_segs() - check the segments of one request
 * @io:  request, header already parsed; @io->nr_sectors is filled in
 * @seg: private copy of the @io->nr_segs segments (never shared memory)
 * @geo: the disk
 *
 * A segment lies within its page, starts and ends on the disk's logical block
 * (or the page, where the block is larger), and the whole lies on the disk. A
 * discard has no segments, and keeps its length.
 *
 * Context: Any. Takes no lock, does not sleep.
 * Return: 0, -EINVAL (bad sectors or alignment), -ERANGE (beyond the disk).
 */
int blkback_parse_segs(struct blkif_io *io,
		       const struct blkif_request_segment *seg,
		       const struct blkback_geo *geo)
{
	u32 mask = (geo->block_sectors < BLKIF_PAGE_SECTORS ?
		    geo->block_sectors : BLKIF_PAGE_SECTORS) - 1;
	u64 total = 0;
	u32 i;

	if (io->op == BLKIF_OP_DISCARD)
		return 0;
	io->nr_sectors = 0;
	for (i = 0; i < io->nr_segs; i++) {
		u32 first = seg[i].first_sect;
		u32 last = seg[i].last_sect;

		if (first > last || last >= BLKIF_PAGE_SECTORS)
			return -EINVAL;
		if ((first | (last + 1)) & mask)
			return -EINVAL;
		total += last - first + 1;
	}
	if (!total)
		return 0;
	if ((io->sector | total) & (geo->block_sectors - 1))
		return -EINVAL;
	if (!blkback_parse_in_range(io->sector, total,
				    READ_ONCE(geo->nr_sectors)))
		return -ERANGE;
	io->nr_sectors = total;
	return 0;
}
