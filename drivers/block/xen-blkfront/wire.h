/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BLKFRONT_WIRE_H
#define _BLKFRONT_WIRE_H

#include <xen/blkif-proto.h>

/**
 * enum blkfront_verdict - what a response turned out to be
 * @BLKFRONT_RSP_GOOD:       answers what is in flight
 * @BLKFRONT_RSP_BAD_ID:     id beyond the ring
 * @BLKFRONT_RSP_NOT_OURS:   nothing in flight under that id
 * @BLKFRONT_RSP_BAD_OP:     another operation than was asked
 * @BLKFRONT_RSP_BAD_STATUS: a status that the protocol does not know
 */
enum blkfront_verdict {
	BLKFRONT_RSP_GOOD,
	BLKFRONT_RSP_BAD_ID,
	BLKFRONT_RSP_NOT_OURS,
	BLKFRONT_RSP_BAD_OP,
	BLKFRONT_RSP_BAD_STATUS,
};

void blkfront_wire_encode(const struct blkif_io *io,
			  const struct blkif_request_segment *seg,
			  struct blkif_request *slot);
enum blkfront_verdict blkfront_wire_check(const struct blkif_response *rsp,
					  bool is_in_flight, u8 op,
					  bool is_indirect);
const char *blkfront_wire_verdict_name(enum blkfront_verdict verdict);

#endif /* _BLKFRONT_WIRE_H */
