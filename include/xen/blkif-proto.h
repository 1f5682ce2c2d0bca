/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arithmetic of the blkif protocol that both halves share: sectors, segments,
 * indirect frames, ring indices, and the canonical form of one request.
 * Owns no state and calls nothing.
 *
 * Layer: 0 (protocol). Also built in user space by tools/testing/xen-blk.
 * Protocol source: xen/interface/io/blkif.h and ring.h.
 */
#ifndef _XEN_BLKIF_PROTO_H
#define _XEN_BLKIF_PROTO_H

#include <linux/errno.h>
#include <linux/types.h>
#include <xen/interface/io/blkif.h>

/* Sectors on the wire are 512 bytes, whatever the disk's logical block is. */
#define BLKIF_SECTOR_SHIFT	9
#define BLKIF_SECTOR_SIZE	(1U << BLKIF_SECTOR_SHIFT)

/* Granted pages are 4 KiB, whatever PAGE_SIZE is on either side. */
#define BLKIF_PAGE_SHIFT	12
#define BLKIF_PAGE_SIZE		(1U << BLKIF_PAGE_SHIFT)
#define BLKIF_PAGE_SECTORS	(BLKIF_PAGE_SIZE >> BLKIF_SECTOR_SHIFT)

#define BLKIF_MAX_SEGS		BLKIF_MAX_SEGMENTS_PER_REQUEST
#define BLKIF_MAX_FRAMES	BLKIF_MAX_INDIRECT_PAGES_PER_REQUEST
#define BLKIF_SEGS_PER_FRAME	\
	(BLKIF_PAGE_SIZE / (u32)sizeof(struct blkif_request_segment))
#define BLKIF_MAX_INDIRECT_SEGS	(BLKIF_MAX_FRAMES * BLKIF_SEGS_PER_FRAME)

#define BLKIF_MAX_RING_PAGES	64
#define BLKIF_MAX_RING_ORDER	6
/* struct blkif_sring up to its first slot */
#define BLKIF_RING_HEADER	64
/* bytes of the largest request slot of any ABI */
#define BLKIF_MAX_SLOT		112

/* @flags of struct blkif_io */
#define BLKIF_IO_INDIRECT	(1U << 0)	/* segments are in granted frames */
#define BLKIF_IO_SECURE		(1U << 1)	/* discard must erase */

/**
 * struct blkif_io - one request in canonical form, the same for every ABI
 * @id:         the front's cookie, echoed in the response
 * @sector:     first sector on the disk (512 bytes each)
 * @nr_sectors: length; filled in from the segments, except for a discard
 * @frame:      grants of the indirect frames, blkif_nr_frames(@nr_segs) valid
 * @nr_segs:    segments of data
 * @handle:     the front's name of the disk; never acted on
 * @op:         BLKIF_OP_*; for an indirect request the inner operation
 * @flags:      BLKIF_IO_*
 */
struct blkif_io {
	u64	id;
	u64	sector;
	u64	nr_sectors;
	u32	frame[BLKIF_MAX_FRAMES];
	u16	nr_segs;
	u16	handle;
	u8	op;
	u8	flags;
};

/**
 * struct blkif_refusal - why a peer's wishes cannot be met
 * @key:   the xenstore key at fault (static string)
 * @value: its value as a number, as far as it was one
 */
struct blkif_refusal {
	const char	*key;
	u64		value;
};

/**
 * blkif_refuse() - fill in a refusal
 * @why:   filled in
 * @key:   the xenstore key at fault (static string)
 * @value: its value
 *
 * Context: Any.
 * Return: -EINVAL, for the caller to hand on.
 */
static inline int blkif_refuse(struct blkif_refusal *why, const char *key,
			       u64 value)
{
	why->key = key;
	why->value = value;
	return -EINVAL;
}

/**
 * blkif_rounddown_pow2() - largest power of two that is not above @n
 * @n: a number above zero
 *
 * Context: Any.
 * Return: the power of two.
 */
static inline u32 blkif_rounddown_pow2(u32 n)
{
	return 1U << (31 - __builtin_clz(n));
}

/**
 * blkif_fit_ring_pages() - the largest ring that there is, not above a wish
 * @pages: pages wished for, any number
 *
 * Context: Any.
 * Return: a power of two from 1 to BLKIF_MAX_RING_PAGES.
 */
static inline u32 blkif_fit_ring_pages(u32 pages)
{
	if (!pages)
		return 1;
	return blkif_rounddown_pow2(pages < BLKIF_MAX_RING_PAGES ?
				    pages : BLKIF_MAX_RING_PAGES);
}

/**
 * blkif_ring_slots() - slots of a ring
 * @pages:     ring pages of 4 KiB, 1..64
 * @slot_size: bytes of one slot of the ABI
 *
 * Context: Any. Source: __RING_SIZE() of ring.h.
 * Return: number of slots, a power of two.
 */
static inline u32 blkif_ring_slots(u32 pages, u32 slot_size)
{
	return blkif_rounddown_pow2((pages * BLKIF_PAGE_SIZE -
				     BLKIF_RING_HEADER) / slot_size);
}

/**
 * blkif_ring_prod_ok() - can the peer's producer index be true?
 * @prod:  the peer's index, a private copy
 * @cons:  the last index of ours that bounds it
 * @slots: slots of the ring
 *
 * Context: Any. Indices run freely and wrap at 2^32.
 * Return: false if it claims more entries than the ring holds.
 */
static inline bool blkif_ring_prod_ok(u32 prod, u32 cons, u32 slots)
{
	return prod - cons <= slots;
}

/**
 * blkif_ring_event_due() - did a push pass the index the peer waits for?
 * @event: the peer's req_event or rsp_event
 * @new:   producer index after the push
 * @old:   producer index before the push
 *
 * Context: Any. Source: RING_PUSH_*_AND_CHECK_NOTIFY() of ring.h.
 * Return: true if the peer asked to be notified.
 */
static inline bool blkif_ring_event_due(u32 event, u32 new, u32 old)
{
	return new - event < new - old;
}

/**
 * blkif_nr_frames() - indirect frames needed for a number of segments
 * @nr_segs: segments, 0..BLKIF_MAX_INDIRECT_SEGS
 *
 * Context: Any.
 * Return: number of frames of 512 segments.
 */
static inline u32 blkif_nr_frames(u32 nr_segs)
{
	return (nr_segs + BLKIF_SEGS_PER_FRAME - 1) / BLKIF_SEGS_PER_FRAME;
}

/**
 * blkif_op_name() - an operation's name for logs
 * @op: BLKIF_OP_*
 *
 * Context: Any.
 * Return: static string, never NULL.
 */
static inline const char *blkif_op_name(u8 op)
{
	switch (op) {
	case BLKIF_OP_READ:
		return "read";
	case BLKIF_OP_WRITE:
		return "write";
	case BLKIF_OP_WRITE_BARRIER:
		return "barrier";
	case BLKIF_OP_FLUSH_DISKCACHE:
		return "flush";
	case BLKIF_OP_DISCARD:
		return "discard";
	case BLKIF_OP_INDIRECT:
		return "indirect";
	default:
		return "unknown";
	}
}

#endif /* _XEN_BLKIF_PROTO_H */
