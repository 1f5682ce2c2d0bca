/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BLKBACK_ABI_H
#define _BLKBACK_ABI_H

#include <xen/blkif-proto.h>

/* bytes of the largest answer of any layout, whatever our own is */
#define BLKBACK_MAX_RSP	16

/**
 * enum blkback_abi_id - layouts of a ring slot that a front may speak
 * @BLKBACK_ABI_64: natural alignment of 64-bit x86 and of Arm (and ours)
 * @BLKBACK_ABI_32: natural alignment of 32-bit x86
 * @BLKBACK_ABI_NR: number of layouts
 */
enum blkback_abi_id {
	BLKBACK_ABI_64,
	BLKBACK_ABI_32,
	BLKBACK_ABI_NR
};

/**
 * struct blkback_abi - where the fields of one layout are, in bytes
 * @slot_size:   one ring slot
 * @rsp_size:    bytes of a slot that a response fills
 * @id:          offset of id in every request
 * @sector:      offset of sector_number
 * @seg:         offset of the first segment of read, write and flush
 * @nr_sectors:  offset of nr_sectors of a discard
 * @ind_handle:  offset of handle of an indirect request
 * @ind_frame:   offset of the first frame grant of an indirect request
 *
 * What stands in the first four bytes (operation, nr_segments or flag or
 * indirect_op, handle or nr_segments) is the same in all layouts.
 */
struct blkback_abi {
	u8	slot_size;
	u8	rsp_size;
	u8	id;
	u8	sector;
	u8	seg;
	u8	nr_sectors;
	u8	ind_handle;
	u8	ind_frame;
};

const struct blkback_abi *blkback_abi_get(enum blkback_abi_id id);
void blkback_abi_decode(const struct blkback_abi *abi, const u8 *slot,
			struct blkif_io *io,
			struct blkif_request_segment *seg);
void blkback_abi_encode_rsp(const struct blkback_abi *abi, u8 *slot,
			    u64 id, u8 op, s16 status);

#endif /* _BLKBACK_ABI_H */
