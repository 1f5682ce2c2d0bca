// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any request of ours is encoded so that the other side's fields lie where the
 * protocol has them, and any answer gets the verdict that the rule gives it.
 */
#include "fuzz.h"

#include "../../../../drivers/block/xen-blkfront/wire.c"

/* What the request does not use stays as it was. */
static void fuzz_rest(const u8 *p, u32 from)
{
	for (; from < sizeof(struct blkif_request); from++)
		FUZZ_RULE(p[from] == 0xa5);
}

static void fuzz_encode(struct fuzz_input *in)
{
	struct blkif_request_segment seg[BLKIF_MAX_SEGS];
	struct blkif_request slot;
	const u8 *p = (const u8 *)&slot;
	struct blkif_io io;
	u32 frames, i;

	fuzz_bytes(in, seg, sizeof(seg));
	memset(&io, 0, sizeof(io));
	io.id = fuzz_u(in, 8);
	io.sector = fuzz_u(in, 8);
	io.nr_sectors = fuzz_u(in, 8);
	io.handle = fuzz_u(in, 2);
	io.op = fuzz_u(in, 1) % 6;
	io.flags = fuzz_u(in, 1) & (BLKIF_IO_INDIRECT | BLKIF_IO_SECURE);
	io.nr_segs = fuzz_u(in, 2) %
		     (io.flags & BLKIF_IO_INDIRECT ? 4097 : 12);
	fuzz_bytes(in, io.frame, sizeof(io.frame));

	memset(&slot, 0xa5, sizeof(slot));
	blkfront_wire_encode(&io, seg, &slot);
	FUZZ_RULE(fuzz_le(p + 8, 8) == io.id);
	FUZZ_RULE(fuzz_le(p + 16, 8) == io.sector);
	FUZZ_RULE(!fuzz_le(p + 4, 4));
	if (io.flags & BLKIF_IO_INDIRECT) {
		frames = (io.nr_segs + 511) / 512;
		FUZZ_RULE(p[0] == 6 && p[1] == io.op);
		FUZZ_RULE(fuzz_le(p + 2, 2) == io.nr_segs);
		FUZZ_RULE(fuzz_le(p + 24, 2) == io.handle);
		FUZZ_RULE(!fuzz_le(p + 26, 2));
		FUZZ_RULE(!memcmp(p + 28, io.frame, frames * 4));
		fuzz_rest(p, 28 + frames * 4);
	} else if (io.op == 5) {
		FUZZ_RULE(p[0] == 5 && p[1] == !!(io.flags & BLKIF_IO_SECURE));
		FUZZ_RULE(!fuzz_le(p + 2, 2));
		FUZZ_RULE(fuzz_le(p + 24, 8) == io.nr_sectors);
		fuzz_rest(p, 32);
	} else {
		FUZZ_RULE(p[0] == io.op && p[1] == io.nr_segs);
		FUZZ_RULE(fuzz_le(p + 2, 2) == io.handle);
		for (i = 0; i < io.nr_segs; i++) {
			/* without what pads a segment */
			FUZZ_RULE(!memcmp(p + 24 + i * 8, &seg[i], 6));
			FUZZ_RULE(!fuzz_le(p + 24 + i * 8 + 6, 2));
		}
		fuzz_rest(p, 24 + io.nr_segs * 8);
	}
}

static void fuzz_check(struct fuzz_input *in)
{
	struct blkif_response rsp;
	enum blkfront_verdict verdict;
	bool in_flight, is_indirect, fits;
	u8 bits, op;

	fuzz_bytes(in, &rsp, sizeof(rsp));
	bits = fuzz_u(in, 1);
	op = fuzz_u(in, 1);
	in_flight = bits & 1;
	is_indirect = bits & 2;
	verdict = blkfront_wire_check(&rsp, in_flight, op, is_indirect);

	fits = rsp.operation == op || (is_indirect && rsp.operation == 6);
	FUZZ_RULE((verdict == BLKFRONT_RSP_GOOD) ==
		  (in_flight && fits && rsp.status <= 0 && rsp.status >= -2));
	FUZZ_RULE((verdict == BLKFRONT_RSP_NOT_OURS) == !in_flight);
	FUZZ_RULE((verdict == BLKFRONT_RSP_BAD_OP) == (in_flight && !fits));
	FUZZ_RULE(*blkfront_wire_verdict_name(verdict) != '?');
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input in = { data, size };

	fuzz_check(&in);
	fuzz_encode(&in);
	return 0;
}
