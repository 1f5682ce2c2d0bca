/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BLKFRONT_LIMITS_H
#define _BLKFRONT_LIMITS_H

#include <xen/blkif-proto.h>

/**
 * struct blkfront_allow - what we allow, from the module parameters
 * @max_queues:     rings whose answers come by events, at least 1
 * @max_polled:     rings beside those, whose answers are polled for
 * @max_ring_order: log2 of ring pages, 0..6
 * @ring_budget:    pages of all rings of a disk together, but at least one each;
 *                  0: no bound
 * @max_indirect:   segments of an indirect request, 0..4096
 * @page_sectors:   512-byte sectors of a page of ours, which a request of the
 *                  block layer must be able to hold
 * @has_persistent: we keep grants if the back does
 */
struct blkfront_allow {
	u32	max_queues;
	u32	max_polled;
	u32	max_ring_order;
	u32	ring_budget;
	u32	max_indirect;
	u32	page_sectors;
	bool	has_persistent;
};

/**
 * struct blkfront_offer - what the back offers before we connect
 * @max_queues:      "multi-queue-max-queues", 1 if absent
 * @max_ring_order:  "max-ring-page-order", if @has_ring_order
 * @max_ring_pages:  "max-ring-pages", the other spelling; 0 if absent
 * @has_ring_order:  key present
 */
struct blkfront_offer {
	u64	max_queues;
	u64	max_ring_order;
	u64	max_ring_pages;
	bool	has_ring_order;
};

/**
 * struct blkfront_config - shape of a connection; never changed while it lasts
 * @nr_rings:   rings of the device
 * @nr_polled:  the last of them, whose answers are polled for; not all
 * @ring_pages: pages of each ring, a power of two
 * @slots:      slots of each ring, which is the depth of its queue
 */
struct blkfront_config {
	u32	nr_rings;
	u32	nr_polled;
	u32	ring_pages;
	u32	slots;
};

/**
 * struct blkfront_props - what the back says of its disk, once connected
 * @nr_sectors:       "sectors", 512 bytes each
 * @block_size:       "sector-size", bytes, 0 if absent
 * @phys_block_size:  "physical-sector-size", bytes, 0 if absent
 * @info:             "info", VDISK_* bits
 * @max_indirect:     "feature-max-indirect-segments", 0 if absent
 * @discard_granularity: "discard-granularity", bytes
 * @discard_alignment:   "discard-alignment", bytes
 * @has_flush:        "feature-flush-cache"
 * @has_barrier:      "feature-barrier"
 * @has_discard:      "feature-discard"
 * @has_secure:       "discard-secure"
 * @has_persistent:   "feature-persistent"
 */
struct blkfront_props {
	u64	nr_sectors;
	u64	block_size;
	u64	phys_block_size;
	u64	info;
	u64	max_indirect;
	u64	discard_granularity;
	u64	discard_alignment;
	bool	has_flush;
	bool	has_barrier;
	bool	has_discard;
	bool	has_secure;
	bool	has_persistent;
};

/**
 * struct blkfront_geo - the disk as the block layer is told
 * @nr_sectors:       size, 512 bytes each
 * @block_size:       logical block, bytes
 * @phys_block_size:  physical block, bytes, at least @block_size
 * @max_segs:         4 KiB segments that one slot of the ring can carry, at least
 *                    11; a request of more goes one part after the other
 * @max_sectors:      512-byte sectors of one request of the block layer
 * @is_readonly:      writes are refused
 * @is_removable:     medium may go
 * @is_cdrom:         it is a CD drive
 * @discard_granularity: bytes; 0: no discard
 * @discard_alignment:   offset of the first such piece, bytes
 * @has_secure:       discard can erase, too
 * @flush_op:         there is a cache, and this operation without data empties it;
 *                    0: there is none
 * @is_persistent:    both sides keep grants: data go through pages of ours
 */
struct blkfront_geo {
	u64	nr_sectors;
	u32	block_size;
	u32	phys_block_size;
	u32	max_segs;
	u32	max_sectors;
	u32	discard_granularity;
	u32	discard_alignment;
	bool	has_secure;
	bool	is_readonly;
	bool	is_removable;
	bool	is_cdrom;
	bool	is_persistent;
	u8	flush_op;
};

void blkfront_limits_connect(const struct blkfront_allow *allow,
			     const struct blkfront_offer *offer,
			     struct blkfront_config *config);
int blkfront_limits_disk(const struct blkfront_allow *allow,
			 const struct blkfront_props *props,
			 struct blkfront_geo *geo, struct blkif_refusal *why);

#endif /* _BLKFRONT_LIMITS_H */
