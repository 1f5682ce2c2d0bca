// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the front asks for, held against what we offered: the connection's
 * configuration, or a refusal that names the key.
 *
 * Layer: 0 (protocol). Takes no lock, allocates nothing.
 */
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include <xen/blkif-store.h>

#include "limits.h"

/* a disk of more is no disk: it has an event channel of the guest's for each */
#define BLKBACK_LIMITS_QUEUES	1024
/* grants that a disk has mapped for requests under way, 64 MiB of data */
#define BLKBACK_LIMITS_LENT	16384U

const struct blkback_param_rule blkback_limits_rules[BLKBACK_NR_PARAMS] = {
	[BLKBACK_PARAM_QUEUES] = {
		BLKIF_KEY_PARAM_QUEUES, "1 to 1024", BLKBACK_LIMITS_QUEUES
	},
	[BLKBACK_PARAM_RING_PAGES] = {
		BLKIF_KEY_PARAM_RING_PAGES, "a power of two from 1 to 64",
		BLKIF_MAX_RING_PAGES
	},
	[BLKBACK_PARAM_INDIRECT] = {
		BLKIF_KEY_PARAM_INDIRECT, "0 to 4096", BLKIF_MAX_INDIRECT_SEGS
	},
	[BLKBACK_PARAM_PERSISTENT] = {
		BLKIF_KEY_PARAM_PERSISTENT, "0 or 1", 1
	},
	[BLKBACK_PARAM_MAX_PERSISTENT] = {
		BLKIF_KEY_PARAM_MAX_PERSISTENT, "0 to 4294967295", ~0U
	},
	[BLKBACK_PARAM_MAX_COPY] = {
		BLKIF_KEY_PARAM_MAX_COPY, "0 to 4096", BLKIF_MAX_INDIRECT_SEGS
	},
	[BLKBACK_PARAM_BUSY_POLL] = {
		BLKIF_KEY_PARAM_BUSY_POLL, "0 to 1000000", 1000000
	},
};

/**
 * blkback_limits_tune() - one parameter for this disk, in place of the module's
 * @offer: changed on success only
 * @param: which
 * @text:  the toolstack's text of it
 *
 * Context: Any.
 * Return: 0, -EINVAL (no number), -ERANGE (beyond what the rule says).
 */
int blkback_limits_tune(struct blkback_offer *offer, enum blkback_param param,
			const char *text)
{
	u64 val;
	int err;

	err = blkif_store_parse(text, blkback_limits_rules[param].max, &val);
	if (err)
		return err;
	switch (param) {
	case BLKBACK_PARAM_QUEUES:
		if (!val)
			return -ERANGE;
		offer->max_queues = val;
		break;
	case BLKBACK_PARAM_RING_PAGES:
		if (!val || (val & (val - 1)))
			return -ERANGE;
		offer->max_ring_order = __builtin_ctzll(val);
		break;
	case BLKBACK_PARAM_INDIRECT:
		offer->max_indirect = val > BLKIF_MAX_SEGS ? val : 0;
		break;
	case BLKBACK_PARAM_PERSISTENT:
		offer->has_persistent = val;
		break;
	case BLKBACK_PARAM_MAX_PERSISTENT:
		offer->max_persistent = val;
		offer->has_max_persistent = true;
		break;
	case BLKBACK_PARAM_MAX_COPY:
		offer->max_copy = val;
		offer->has_max_copy = true;
		break;
	default:
		offer->busy_poll_us = val;
		offer->has_busy_poll = true;
		break;
	}
	return 0;
}

/**
 * blkback_limits_widen() - an offer takes the place of one that was made before
 * @offer:  the new one
 * @before: which the front may have read by then, and is still entitled to
 *
 * Context: Any.
 */
void blkback_limits_widen(struct blkback_offer *offer,
			  const struct blkback_offer *before)
{
	offer->max_queues = max(offer->max_queues, before->max_queues);
	offer->max_ring_order = max(offer->max_ring_order,
				    before->max_ring_order);
	offer->max_indirect = max(offer->max_indirect, before->max_indirect);
}

static int blkback_limits_abi(const char *protocol,
			      enum blkback_abi_id *abi)
{
	/*
	 * An absent key means the 32-bit layout on x86: that is what fronts
	 * from before the key spoke, and what upstream and QEMU assume.
	 */
	if (!*protocol) {
#if defined(__x86_64__) || defined(__i386__)
		*abi = BLKBACK_ABI_32;
#else
		*abi = BLKBACK_ABI_64;
#endif
		return 0;
	}
	if (!strcmp(protocol, "x86_32-abi")) {
		*abi = BLKBACK_ABI_32;
		return 0;
	}
	if (!strcmp(protocol, "x86_64-abi") || !strcmp(protocol, "arm-abi")) {
		*abi = BLKBACK_ABI_64;
		return 0;
	}
	return -EINVAL;
}

/*
 * ring-page-order wins where both schemes are present, as fronts that write
 * both mean the same and upstream reads only that one.
 */
static int blkback_limits_ring(const struct blkback_offer *offer,
			       const struct blkback_ask *ask,
			       struct blkback_config *config,
			       struct blkif_refusal *why)
{
	u64 n;

	if (ask->has_ring_order) {
		if (ask->ring_order > offer->max_ring_order)
			return blkif_refuse(why, BLKIF_KEY_RING_ORDER,
					    ask->ring_order);
		config->ring_pages = 1U << ask->ring_order;
		config->is_multi_ref = true;
		return 0;
	}
	if (!ask->has_ring_pages)
		return 0;

	n = ask->ring_pages;
	if (!n || (n & (n - 1)) || n > 1ULL << offer->max_ring_order)
		return blkif_refuse(why, BLKIF_KEY_RING_PAGES, n);
	config->ring_pages = n;
	config->is_multi_ref = n > 1;
	return 0;
}

/*
 * What Xen can map for this domain is for all disks: one has no more than its share
 * for requests under way, whatever rings it has, and a ring enough for any request.
 */
static u32 blkback_limits_lent(const struct blkback_config *config)
{
	u32 least = max_t(u32, config->max_indirect, BLKIF_MAX_SEGS);

	return max(BLKBACK_LIMITS_LENT / config->nr_rings, least);
}

/**
 * blkback_limits_negotiate() - what the front asks, what we offered -> config
 * @offer:  ours
 * @ask:    the front's, as numbers and flags; untrusted
 * @config: filled in whole on success
 * @why:    filled in on refusal
 *
 * Context: Any.
 * Return: 0, -EINVAL (refused; @why says what).
 */
int blkback_limits_negotiate(const struct blkback_offer *offer,
			     const struct blkback_ask *ask,
			     struct blkback_config *config,
			     struct blkif_refusal *why)
{
	int err;

	memset(config, 0, sizeof(*config));
	config->ring_pages = 1;

	if (blkback_limits_abi(ask->protocol, &config->abi))
		return blkif_refuse(why, BLKIF_KEY_PROTOCOL, 0);

	if (!ask->nr_queues || ask->nr_queues > offer->max_queues)
		return blkif_refuse(why, BLKIF_KEY_NUM_QUEUES, ask->nr_queues);
	config->nr_rings = ask->nr_queues;

	err = blkback_limits_ring(offer, ask, config, why);
	if (err)
		return err;

	/* Rounded down, the number is the same for the smaller slots of 32 bit. */
	config->slots = blkif_ring_slots(config->ring_pages, BLKIF_MAX_SLOT);
	config->max_indirect = offer->max_indirect;
	config->is_persistent = offer->has_persistent && ask->has_persistent;
	config->max_lent = blkback_limits_lent(config);
	config->max_persistent = offer->max_persistent;
	config->has_max_persistent = offer->has_max_persistent;
	config->max_copy = offer->max_copy;
	config->has_max_copy = offer->has_max_copy;
	config->busy_poll_us = offer->busy_poll_us;
	config->has_busy_poll = offer->has_busy_poll;
	return 0;
}
