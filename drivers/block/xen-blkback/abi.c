// SPDX-License-Identifier: GPL-2.0-only
/*
 * The layouts of a ring slot, from one table: bytes of a private copy of a slot
 * to one canonical form, and an answer back to bytes. Decides nothing about
 * whether a request is right; that is parse.c.
 *
 * Layer: 0 (protocol). Takes no lock, allocates nothing.
 */
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include "abi.h"

static const struct blkback_abi blkback_abis[BLKBACK_ABI_NR] = {
	[BLKBACK_ABI_64] = {
		.slot_size = 112, .rsp_size = 16,
		.id = 8, .sector = 16, .seg = 24, .nr_sectors = 24,
		.ind_handle = 24, .ind_frame = 28,
	},
	[BLKBACK_ABI_32] = {
		.slot_size = 108, .rsp_size = 12,
		.id = 4, .sector = 12, .seg = 20, .nr_sectors = 20,
		.ind_handle = 20, .ind_frame = 24,
	},
};

#ifndef CONFIG_X86_32
static_assert(sizeof(struct blkif_request) == 112);
static_assert(offsetof(struct blkif_request, u.rw.id) == 8);
static_assert(offsetof(struct blkif_request, u.rw.sector_number) == 16);
static_assert(offsetof(struct blkif_request, u.rw.seg) == 24);
static_assert(offsetof(struct blkif_request, u.discard.nr_sectors) == 24);
static_assert(offsetof(struct blkif_request, u.indirect.handle) == 24);
static_assert(offsetof(struct blkif_request, u.indirect.indirect_grefs) == 28);
static_assert(sizeof(struct blkif_response) == 16);
#endif
static_assert(sizeof(struct blkif_request_segment) == 8);
static_assert(offsetof(struct blkif_request, u.rw.nr_segments) == 1);
static_assert(offsetof(struct blkif_request, u.rw.handle) == 2);
static_assert(offsetof(struct blkif_request, u.indirect.indirect_op) == 1);
static_assert(offsetof(struct blkif_request, u.indirect.nr_segments) == 2);

/**
 * blkback_abi_get() - the layout of an ABI
 * @id: which one, below BLKBACK_ABI_NR
 *
 * Context: Any.
 * Return: constant table entry.
 */
const struct blkback_abi *blkback_abi_get(enum blkback_abi_id id)
{
	return &blkback_abis[id];
}

static __always_inline u16 blkback_abi_u16(const u8 *p)
{
	u16 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static __always_inline u64 blkback_abi_u64(const u8 *p)
{
	u64 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/**
 * blkback_abi_decode() - one slot to canonical form
 * @abi:  layout of the slot
 * @slot: private copy of the slot, @abi->slot_size bytes; untrusted content
 * @io:   filled in, unchecked; @io->nr_sectors only for a discard, else 0;
 *        @io->frame only for an indirect request, else left alone
 * @seg:  room for BLKIF_MAX_SEGS; as many are filled in as the request says,
 *        at most that many
 *
 * Context: Any. Every slot decodes to something; blkback_parse_req() judges.
 */
void blkback_abi_decode(const struct blkback_abi *abi, const u8 *slot,
			struct blkif_io *io,
			struct blkif_request_segment *seg)
{
	u32 nr = 0;

	io->op = slot[0];
	io->id = blkback_abi_u64(slot + abi->id);
	io->sector = blkback_abi_u64(slot + abi->sector);
	io->nr_sectors = 0;
	io->nr_segs = 0;
	io->handle = 0;
	io->flags = 0;

	switch (io->op) {
	case BLKIF_OP_DISCARD:
		io->flags = slot[1] & BLKIF_DISCARD_SECURE ? BLKIF_IO_SECURE : 0;
		io->nr_sectors = blkback_abi_u64(slot + abi->nr_sectors);
		break;
	case BLKIF_OP_INDIRECT:
		io->op = slot[1];
		io->flags = BLKIF_IO_INDIRECT;
		io->nr_segs = blkback_abi_u16(slot + 2);
		io->handle = blkback_abi_u16(slot + abi->ind_handle);
		memcpy(io->frame, slot + abi->ind_frame, sizeof(io->frame));
		break;
	default:
		io->nr_segs = slot[1];
		io->handle = blkback_abi_u16(slot + 2);
		nr = io->nr_segs < BLKIF_MAX_SEGS ? io->nr_segs : BLKIF_MAX_SEGS;
		memcpy(seg, slot + abi->seg, nr * sizeof(*seg));
		break;
	}
}

/**
 * blkback_abi_encode_rsp() - an answer to the bytes of a slot
 * @abi:    layout of the slot
 * @slot:   @abi->rsp_size bytes, each of which is written, padding as zero, and
 *          none is read: may be shared
 * @id:     cookie of the request, as decoded
 * @op:     operation of the request, the inner one if indirect
 * @status: BLKIF_RSP_*
 *
 * Context: Any.
 */
void blkback_abi_encode_rsp(const struct blkback_abi *abi, u8 *slot,
			    u64 id, u8 op, s16 status)
{
	memcpy(slot, &id, sizeof(id));
	slot[8] = op;
	slot[9] = 0;
	memcpy(slot + 10, &status, sizeof(status));
	if (abi->rsp_size == BLKBACK_MAX_RSP)
		memset(slot + 12, 0, BLKBACK_MAX_RSP - 12);
}
