// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the back offers, held against what we allow: the shape of the
 * connection, and then the disk as numbers, or a refusal that names the key.
 *
 * Layer: 0 (protocol). Takes no lock, allocates nothing.
 */
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include <xen/blkif-store.h>

#include "limits.h"

/* bytes that a signed 64-bit offset reaches, in sectors */
#define BLKFRONT_MAX_SECTORS	(((1ULL << 63) - 1) >> BLKIF_SECTOR_SHIFT)

static bool blkfront_limits_is_pow2(u64 n)
{
	return n && !(n & (n - 1));
}

/**
 * blkfront_limits_connect() - what they offer, what we allow -> connection
 * @allow:  ours
 * @offer:  the back's, as numbers; untrusted
 * @config: filled in whole
 *
 * Whatever the offer is, there is a connection that fits it: one ring of one
 * page is always allowed. Of more, those to be polled come first: they were asked
 * for.
 *
 * Context: Any.
 */
void blkfront_limits_connect(const struct blkfront_allow *allow,
			     const struct blkfront_offer *offer,
			     struct blkfront_config *config)
{
	u64 queues = offer->max_queues;
	u64 pages = 1;

	if (!queues)
		queues = 1;
	config->nr_polled = queues - 1 < allow->max_polled ? queues - 1 :
							     allow->max_polled;
	queues -= config->nr_polled;
	if (queues > allow->max_queues)
		queues = allow->max_queues;
	config->nr_rings = queues + config->nr_polled;

	if (offer->has_ring_order)
		pages = 1ULL << (offer->max_ring_order < BLKIF_MAX_RING_ORDER ?
				 offer->max_ring_order : BLKIF_MAX_RING_ORDER);
	else if (offer->max_ring_pages)
		pages = blkif_fit_ring_pages(min(offer->max_ring_pages,
						 (u64)BLKIF_MAX_RING_PAGES));
	if (pages > 1ULL << allow->max_ring_order)
		pages = 1ULL << allow->max_ring_order;
	while (allow->ring_budget && pages > 1 &&
	       pages * config->nr_rings > allow->ring_budget)
		pages /= 2;

	config->ring_pages = pages;
	config->slots = blkif_ring_slots(pages, sizeof(struct blkif_request));
}

/* A piece that is no number of blocks makes no sense: a physical block, then. */
static void blkfront_limits_discard(const struct blkfront_props *props,
				    struct blkfront_geo *geo)
{
	u64 granularity = props->discard_granularity;

	if (!props->has_discard || geo->is_readonly)
		return;
	if (!granularity || granularity > 1U << 31 ||
	    granularity % geo->block_size)
		granularity = geo->phys_block_size;
	geo->discard_granularity = granularity;
	geo->discard_alignment = props->discard_alignment % granularity;
	if (geo->discard_alignment % geo->block_size)
		geo->discard_alignment = 0;
	geo->has_secure = props->has_secure;
}

/**
 * blkfront_limits_disk() - what they say of the disk -> limits as numbers
 * @allow: ours
 * @props: the back's, as numbers; untrusted
 * @geo:   filled in whole on success
 * @why:   filled in on refusal
 *
 * A hint that makes no sense (physical block) is dropped; what data depend on
 * (size, logical block) is refused.
 *
 * Context: Any.
 * Return: 0, -EINVAL (refused; @why says what).
 */
int blkfront_limits_disk(const struct blkfront_allow *allow,
			 const struct blkfront_props *props,
			 struct blkfront_geo *geo, struct blkif_refusal *why)
{
	u64 block = props->block_size ? props->block_size : BLKIF_SECTOR_SIZE;
	u64 phys = props->phys_block_size;
	u64 segs = props->max_indirect;

	memset(geo, 0, sizeof(*geo));

	if (props->nr_sectors > BLKFRONT_MAX_SECTORS)
		return blkif_refuse(why, BLKIF_KEY_SECTORS, props->nr_sectors);
	if (!blkfront_limits_is_pow2(block) || block < BLKIF_SECTOR_SIZE ||
	    block > BLKIF_PAGE_SIZE)
		return blkif_refuse(why, BLKIF_KEY_SECTOR_SIZE, block);
	if (!blkfront_limits_is_pow2(phys) || phys < block || phys > 1U << 30)
		phys = block;

	if (segs > allow->max_indirect)
		segs = allow->max_indirect;
	if (segs < BLKIF_MAX_SEGS)
		segs = BLKIF_MAX_SEGS;

	geo->nr_sectors = props->nr_sectors;
	geo->block_size = block;
	geo->phys_block_size = phys;
	geo->max_segs = segs;
	geo->max_sectors = segs * BLKIF_PAGE_SECTORS;
	if (geo->max_sectors < allow->page_sectors)
		geo->max_sectors = allow->page_sectors;
	geo->is_readonly = props->info & VDISK_READONLY;
	geo->is_removable = props->info & VDISK_REMOVABLE;
	geo->is_cdrom = props->info & VDISK_CDROM;
	/* A barrier also flushes, before and after what it carries. */
	if (props->has_flush)
		geo->flush_op = BLKIF_OP_FLUSH_DISKCACHE;
	else if (props->has_barrier)
		geo->flush_op = BLKIF_OP_WRITE_BARRIER;
	geo->is_persistent = allow->has_persistent && props->has_persistent;
	blkfront_limits_discard(props, geo);
	return 0;
}
