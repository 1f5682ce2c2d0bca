// SPDX-License-Identifier: GPL-2.0-only
/*
 * The negotiation of both sides with any numbers from the other: the outcome
 * is always within what was allowed, and what the front chooses from a back's
 * offer, that back accepts.
 */
#include "fuzz.h"

#include "../../../../drivers/block/xen-blkfront/limits.c"
#include "../../../../drivers/block/xen-blkfront/vdev.c"
#include "../../../../drivers/block/xen-blkback/abi.c"
#include "../../../../drivers/block/xen-blkback/limits.c"

static bool fuzz_pow2(u64 n)
{
	return __builtin_popcountll(n) == 1;
}

static void fuzz_allow(struct fuzz_input *in, struct blkfront_allow *allow)
{
	memset(allow, 0, sizeof(*allow));
	allow->max_queues = fuzz_u(in, 1) + 1;
	allow->max_ring_order = fuzz_u(in, 1) % 7;
	allow->ring_budget = fuzz_u(in, 1) % 65;
	allow->max_indirect = fuzz_u(in, 2) % 4097;
	allow->has_persistent = fuzz_u(in, 1) & 1;
	allow->page_sectors = 8U << fuzz_u(in, 1) % 5;
}

static void fuzz_front(struct fuzz_input *in)
{
	struct blkfront_config config;
	struct blkfront_offer offer;
	struct blkfront_allow allow;
	u64 pages;

	fuzz_allow(in, &allow);
	offer.max_queues = fuzz_u(in, 8);
	offer.max_ring_order = fuzz_u(in, 8);
	offer.max_ring_pages = fuzz_u(in, 8);
	offer.has_ring_order = fuzz_u(in, 1) & 1;
	allow.max_polled = fuzz_u(in, 1);
	blkfront_limits_connect(&allow, &offer, &config);

	FUZZ_RULE(config.nr_rings > config.nr_polled);
	FUZZ_RULE(config.nr_polled <= allow.max_polled);
	FUZZ_RULE(config.nr_rings <= allow.max_queues + config.nr_polled);
	FUZZ_RULE(config.nr_rings == 1 || config.nr_rings <= offer.max_queues);
	pages = config.ring_pages;
	FUZZ_RULE(fuzz_pow2(pages) && pages <= 1U << allow.max_ring_order);
	if (offer.has_ring_order)
		FUZZ_RULE(offer.max_ring_order > 6 ||
			  pages <= 1U << offer.max_ring_order);
	else
		FUZZ_RULE(pages == 1 || pages <= offer.max_ring_pages);
	FUZZ_RULE(!allow.ring_budget || pages == 1 ||
		  pages * config.nr_rings <= allow.ring_budget);
	FUZZ_RULE(fuzz_pow2(config.slots));
	FUZZ_RULE(64 + config.slots * 112 <= pages * 4096);
}

static void fuzz_disk(struct fuzz_input *in)
{
	struct blkif_refusal why = { NULL, 0 };
	struct blkfront_props props;
	struct blkfront_allow allow;
	struct blkfront_geo geo;

	fuzz_allow(in, &allow);
	memset(&props, 0, sizeof(props));
	props.nr_sectors = fuzz_u(in, 8);
	props.block_size = fuzz_u(in, 8);
	props.phys_block_size = fuzz_u(in, 8);
	props.info = fuzz_u(in, 8);
	props.max_indirect = fuzz_u(in, 8);
	props.has_flush = fuzz_u(in, 1) & 1;
	memset(&geo, 0xa5, sizeof(geo));
	if (blkfront_limits_disk(&allow, &props, &geo, &why)) {
		FUZZ_RULE(why.key);
		return;
	}
	FUZZ_RULE(!why.key);
	FUZZ_RULE(geo.nr_sectors == props.nr_sectors);
	FUZZ_RULE(geo.nr_sectors <= ~0ULL >> 1 >> 9);
	FUZZ_RULE(fuzz_pow2(geo.block_size));
	FUZZ_RULE(geo.block_size >= 512 && geo.block_size <= 4096);
	FUZZ_RULE(!props.block_size || geo.block_size == props.block_size);
	FUZZ_RULE(fuzz_pow2(geo.phys_block_size));
	FUZZ_RULE(geo.phys_block_size >= geo.block_size);
	FUZZ_RULE(geo.max_segs >= 11 && geo.max_segs <= 4096);
	FUZZ_RULE(geo.max_segs == 11 || (geo.max_segs <= props.max_indirect &&
					 geo.max_segs <= allow.max_indirect));
	FUZZ_RULE(geo.max_sectors == (geo.max_segs * 8 > allow.page_sectors ?
				      geo.max_segs * 8 : allow.page_sectors));
	FUZZ_RULE(!props.has_flush ||
		  geo.flush_op == BLKIF_OP_FLUSH_DISKCACHE);
	FUZZ_RULE(geo.is_readonly == (props.info >> 2 & 1));
}

/* Whatever the toolstack writes, the offer stays one that can be made. */
static void fuzz_tune(struct fuzz_input *in, const struct blkback_offer *before)
{
	struct blkback_offer offer = *before;
	u32 param = fuzz_u(in, 1) % BLKBACK_NR_PARAMS;
	char text[12] = { };

	fuzz_bytes(in, text, sizeof(text) - 1);
	if (blkback_limits_tune(&offer, param, text)) {
		FUZZ_RULE(!memcmp(&offer, before, sizeof(offer)));
		return;
	}
	FUZZ_RULE(offer.max_queues >= 1 && offer.max_queues <= 1024);
	FUZZ_RULE(offer.max_ring_order <= 6);
	FUZZ_RULE(offer.max_indirect <= 4096);
	FUZZ_RULE(offer.max_indirect == before->max_indirect ||
		  !offer.max_indirect || offer.max_indirect > 11);
	FUZZ_RULE(offer.max_copy <= 4096);
	FUZZ_RULE(offer.busy_poll_us <= 1000000);
	blkback_limits_widen(&offer, before);
	FUZZ_RULE(offer.max_queues >= before->max_queues);
	FUZZ_RULE(offer.max_ring_order >= before->max_ring_order);
	FUZZ_RULE(offer.max_indirect >= before->max_indirect);
}

static void fuzz_back(struct fuzz_input *in)
{
	struct blkif_refusal why = { NULL, 0 };
	struct blkback_config config;
	struct blkback_offer offer;
	struct blkback_ask ask;

	memset(&offer, 0, sizeof(offer));
	offer.max_queues = fuzz_u(in, 1) + 1;
	offer.max_ring_order = fuzz_u(in, 1) % 7;
	offer.max_indirect = fuzz_u(in, 2) % 4097;
	offer.has_persistent = fuzz_u(in, 1) & 1;
	memset(&ask, 0, sizeof(ask));
	ask.nr_queues = fuzz_u(in, 8);
	ask.ring_order = fuzz_u(in, 8);
	ask.ring_pages = fuzz_u(in, 8);
	ask.has_ring_order = fuzz_u(in, 1) & 1;
	ask.has_ring_pages = fuzz_u(in, 1) & 1;
	ask.has_persistent = fuzz_u(in, 1) & 1;
	fuzz_bytes(in, ask.protocol, sizeof(ask.protocol) - 1);
	fuzz_tune(in, &offer);
	if (blkback_limits_negotiate(&offer, &ask, &config, &why)) {
		FUZZ_RULE(why.key);
		return;
	}
	FUZZ_RULE(!why.key);
	FUZZ_RULE(config.abi < BLKBACK_ABI_NR);
	FUZZ_RULE(config.nr_rings >= 1 && config.nr_rings <= offer.max_queues);
	FUZZ_RULE(config.nr_rings == ask.nr_queues);
	FUZZ_RULE(config.max_lent >= 11 && config.max_lent >= config.max_indirect);
	FUZZ_RULE((u64)(config.max_lent - 1) * config.nr_rings < 16384 ||
		  config.max_lent == 11 || config.max_lent == config.max_indirect ||
		  config.nr_rings * config.max_lent == 16384);
	FUZZ_RULE(fuzz_pow2(config.ring_pages));
	FUZZ_RULE(config.ring_pages <= 1U << offer.max_ring_order);
	FUZZ_RULE(config.is_multi_ref || config.ring_pages == 1);
	FUZZ_RULE(!ask.has_ring_order || config.is_multi_ref);
	FUZZ_RULE(64 + config.slots * blkback_abi_get(config.abi)->slot_size <=
		  config.ring_pages * 4096);
	FUZZ_RULE(!config.is_persistent ||
		  (ask.has_persistent && offer.has_persistent));
}

static void fuzz_vdev(struct fuzz_input *in)
{
	u32 number = fuzz_u(in, 4);
	struct blkfront_vdev vdev;
	size_t len;

	memset(&vdev, 0xa5, sizeof(vdev));
	if (blkfront_vdev_decode(number, &vdev))
		return;
	len = strnlen(vdev.name, sizeof(vdev.name));
	FUZZ_RULE(len >= 4 && len <= 9 && !memcmp(vdev.name, "xvd", 3));
	FUZZ_RULE(vdev.nr_minors == 1 || vdev.nr_minors == 16 ||
		  vdev.nr_minors == 256);
	FUZZ_RULE(vdev.minor + vdev.nr_minors <= 1U << 20);
	FUZZ_RULE(vdev.nr_minors == 1 || vdev.minor % vdev.nr_minors == 0);
	FUZZ_RULE((vdev.nr_minors == 1) == (vdev.name[len - 1] <= '9'));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input in = { data, size };

	switch (fuzz_u(&in, 1) % 4) {
	case 0:
		fuzz_front(&in);
		break;
	case 1:
		fuzz_disk(&in);
		break;
	case 2:
		fuzz_back(&in);
		break;
	default:
		fuzz_vdev(&in);
		break;
	}
	return 0;
}
