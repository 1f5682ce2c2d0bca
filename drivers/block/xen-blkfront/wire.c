// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bytes of a ring slot: requests of ours out, and the verdict on responses
 * that come in. Knows only the native layout, which is what "protocol" says.
 *
 * Layer: 0 (protocol). Takes no lock, allocates nothing.
 */
#include <linux/stddef.h>
#include <linux/string.h>

#include "wire.h"

/**
 * blkfront_wire_encode() - canonical request to a slot
 * @io:   request of ours, trusted
 * @seg:  its segments, @io->nr_segs of them; not read for an indirect request
 *        (they are in the frames) nor for a discard
 * @slot: filled in as far as the request uses it, what pads its fields with zero;
 *        the rest stays as it is. Only written: it may be the peer's, too
 *
 * Context: Any.
 */
void blkfront_wire_encode(const struct blkif_io *io,
			  const struct blkif_request_segment *seg,
			  struct blkif_request *slot)
{
	u32 i;

	if (io->flags & BLKIF_IO_INDIRECT) {
		memset(slot, 0, offsetof(struct blkif_request,
					 u.indirect.indirect_grefs));
		slot->operation = BLKIF_OP_INDIRECT;
		slot->u.indirect.indirect_op = io->op;
		slot->u.indirect.nr_segments = io->nr_segs;
		slot->u.indirect.id = io->id;
		slot->u.indirect.sector_number = io->sector;
		slot->u.indirect.handle = io->handle;
		memcpy(slot->u.indirect.indirect_grefs, io->frame,
		       blkif_nr_frames(io->nr_segs) * sizeof(io->frame[0]));
		return;
	}

	memset(slot, 0, offsetof(struct blkif_request, u.rw.seg));
	slot->operation = io->op;
	if (io->op == BLKIF_OP_DISCARD) {
		slot->u.discard.flag = io->flags & BLKIF_IO_SECURE ?
				       BLKIF_DISCARD_SECURE : 0;
		slot->u.discard.id = io->id;
		slot->u.discard.sector_number = io->sector;
		slot->u.discard.nr_sectors = io->nr_sectors;
		return;
	}

	slot->u.rw.nr_segments = io->nr_segs;
	slot->u.rw.handle = io->handle;
	slot->u.rw.id = io->id;
	slot->u.rw.sector_number = io->sector;
	for (i = 0; i < io->nr_segs; i++) {
		struct blkif_request_segment *s = &slot->u.rw.seg[i];

		/* One by one, so that what pads a segment is zero. */
		memset(s, 0, sizeof(*s));
		s->gref = seg[i].gref;
		s->first_sect = seg[i].first_sect;
		s->last_sect = seg[i].last_sect;
	}
}

/**
 * blkfront_wire_check() - does a response answer what is in flight?
 * @rsp:          private copy of the response; untrusted. The caller has
 *                checked @rsp->id against the ring before it looked anything
 *                up under it
 * @is_in_flight: whether a request under @rsp->id is in the peer's hands
 * @op:           that request's operation (the inner one if indirect)
 * @is_indirect:  that request went as an indirect one. Peers differ in which
 *                of the two operations they echo; both are taken
 *
 * Context: Any.
 * Return: BLKFRONT_RSP_GOOD, or what is wrong with it.
 */
enum blkfront_verdict blkfront_wire_check(const struct blkif_response *rsp,
					  bool is_in_flight, u8 op,
					  bool is_indirect)
{
	if (!is_in_flight)
		return BLKFRONT_RSP_NOT_OURS;
	if (rsp->operation != op &&
	    !(is_indirect && rsp->operation == BLKIF_OP_INDIRECT))
		return BLKFRONT_RSP_BAD_OP;
	if (rsp->status != BLKIF_RSP_OKAY && rsp->status != BLKIF_RSP_ERROR &&
	    rsp->status != BLKIF_RSP_EOPNOTSUPP)
		return BLKFRONT_RSP_BAD_STATUS;
	return BLKFRONT_RSP_GOOD;
}

/**
 * blkfront_wire_verdict_name() - a verdict in words, for the log
 * @verdict: which
 *
 * Context: Any.
 * Return: static string.
 */
const char *blkfront_wire_verdict_name(enum blkfront_verdict verdict)
{
	switch (verdict) {
	case BLKFRONT_RSP_GOOD:
		return "good";
	case BLKFRONT_RSP_BAD_ID:
		return "id beyond the ring";
	case BLKFRONT_RSP_NOT_OURS:
		return "nothing in flight under that id";
	case BLKFRONT_RSP_BAD_OP:
		return "another operation than was asked";
	case BLKFRONT_RSP_BAD_STATUS:
		return "unknown status";
	}
	return "?";
}
