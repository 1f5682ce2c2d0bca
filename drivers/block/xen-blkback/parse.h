/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BLKBACK_PARSE_H
#define _BLKBACK_PARSE_H

#include <xen/blkif-proto.h>

/**
 * struct blkback_geo - what a request is held against
 * @nr_sectors:    size of the disk, 512-byte sectors; may change at any time
 * @block_sectors: logical block, 512-byte sectors, a power of two
 * @max_indirect:  segments an indirect request may have; 0: none offered
 * @is_readonly:   the toolstack's mode is not w
 * @has_flush:     flush was offered
 * @has_barrier:   barrier was offered
 * @has_discard:   discard was offered
 * @has_secure:    secure discard was offered
 */
struct blkback_geo {
	u64	nr_sectors;
	u32	block_sectors;
	u16	max_indirect;
	bool	is_readonly;
	bool	has_flush;
	bool	has_barrier;
	bool	has_discard;
	bool	has_secure;
};

int blkback_parse_req(struct blkif_io *io, const struct blkback_geo *geo);
int blkback_parse_segs(struct blkif_io *io,
		       const struct blkif_request_segment *seg,
		       const struct blkback_geo *geo);

#endif /* _BLKBACK_PARSE_H */
