// SPDX-License-Identifier: GPL-2.0-only
/*
 * A slot of any bytes, in either layout, against a disk of any shape. The
 * oracle reads the slot a second way and judges it in 128 bits; the two must
 * agree on accepted or refused, and on everything that is accepted.
 */
#include "fuzz.h"

#include "../../../../drivers/block/xen-blkback/abi.c"
#include "../../../../drivers/block/xen-blkback/parse.c"
#include "oracle.h"

static void fuzz_geo(struct fuzz_input *in, struct blkback_geo *geo)
{
	u8 bits = fuzz_u(in, 1);

	memset(geo, 0, sizeof(*geo));
	geo->is_readonly = bits & 1;
	geo->has_flush = !(bits & 2);
	geo->has_barrier = !(bits & 4);
	geo->has_discard = !(bits & 8);
	geo->has_secure = !(bits & 16);
	geo->block_sectors = 1U << (bits >> 5);
	geo->max_indirect = fuzz_u(in, 2) % 4097;
	geo->nr_sectors = fuzz_u(in, 8);
}

static void fuzz_answer(const struct blkback_abi *abi, bool is_32,
			const struct blkif_io *io)
{
	u8 rsp[16], want[16];

	memset(want, 0, sizeof(want));
	memset(rsp, 0xa5, sizeof(rsp));
	memset(want + 12, is_32 ? 0xa5 : 0, 4);
	memcpy(want, &io->id, 8);
	want[8] = io->op;
	want[10] = 0xff;
	want[11] = 0xff;
	blkback_abi_encode_rsp(abi, rsp, io->id, io->op, -1);
	FUZZ_RULE(!memcmp(rsp, want, sizeof(rsp)));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct blkif_request_segment seg[BLKIF_MAX_INDIRECT_SEGS];
	struct fuzz_input in = { data, size };
	struct blkif_io io, want;
	struct blkback_geo geo;
	u8 slot[BLKIF_MAX_SLOT];
	bool is_32, ok;
	u128 total;

	fuzz_geo(&in, &geo);
	is_32 = fuzz_u(&in, 1) & 1;
	fuzz_bytes(&in, slot, sizeof(slot));

	memset(seg, 0xa5, BLKIF_MAX_SEGS * sizeof(*seg));
	memset(&io, 0, sizeof(io));
	blkback_abi_decode(blkback_abi_get(is_32), slot, &io, seg);
	fuzz_decode(slot, is_32, &want);
	FUZZ_RULE(!memcmp(&io, &want, sizeof(io)));
	fuzz_answer(blkback_abi_get(is_32), is_32, &io);

	ok = !blkback_parse_req(&io, &geo);
	FUZZ_RULE(ok == fuzz_header_ok(&want, &geo));
	FUZZ_RULE(!memcmp(&io, &want, sizeof(io)));
	if (!ok || io.op == BLKIF_OP_DISCARD)
		return 0;

	if (io.flags & BLKIF_IO_INDIRECT)
		fuzz_bytes(&in, seg, io.nr_segs * sizeof(*seg));
	else
		FUZZ_RULE(!memcmp(seg, slot + (is_32 ? 20 : 24),
				  io.nr_segs * sizeof(*seg)));
	ok = !blkback_parse_segs(&io, seg, &geo);
	FUZZ_RULE(ok == fuzz_segs_ok(&want, seg, &geo, &total));
	FUZZ_RULE(io.nr_sectors == (ok ? total : 0));
	return 0;
}
