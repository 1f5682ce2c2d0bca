/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BLKBACK_LIMITS_H
#define _BLKBACK_LIMITS_H

#include <xen/blkif-proto.h>

#include "abi.h"

/**
 * struct blkback_offer - what we allow, as published before the front connects
 * @max_queues:     rings, at least 1
 * @max_ring_order: log2 of ring pages, 0..6
 * @max_indirect:   segments of an indirect request; 0: none
 * @max_persistent: grants of a ring that stay mapped, if @has_max_persistent;
 *                  else what the module's parameter says at the time
 * @max_copy:       segments of a request that is copied, if @has_max_copy; else
 *                  likewise
 * @busy_poll_us:   how long a thread looks for more, if @has_busy_poll; else
 *                  likewise
 * @has_persistent: we keep grants mapped if the front does
 * @has_max_persistent: this disk has a number of its own
 * @has_max_copy:   likewise
 * @has_busy_poll:  likewise
 */
struct blkback_offer {
	u32	max_queues;
	u32	max_ring_order;
	u32	max_indirect;
	u32	max_persistent;
	u32	max_copy;
	u32	busy_poll_us;
	bool	has_persistent;
	bool	has_max_persistent;
	bool	has_max_copy;
	bool	has_busy_poll;
};

/* what the toolstack may say of one disk, in place of the module's parameters */
enum blkback_param {
	BLKBACK_PARAM_QUEUES,
	BLKBACK_PARAM_RING_PAGES,
	BLKBACK_PARAM_INDIRECT,
	BLKBACK_PARAM_PERSISTENT,
	BLKBACK_PARAM_MAX_PERSISTENT,
	BLKBACK_PARAM_MAX_COPY,
	BLKBACK_PARAM_BUSY_POLL,
	BLKBACK_NR_PARAMS
};

/**
 * struct blkback_param_rule - one such parameter
 * @key:   its node
 * @range: what it may be, in words
 * @max:   largest number that it may be
 */
struct blkback_param_rule {
	const char	*key;
	const char	*range;
	u32		max;
};

extern const struct blkback_param_rule blkback_limits_rules[BLKBACK_NR_PARAMS];

/**
 * struct blkback_ask - what the front wrote
 * @protocol:        text of "protocol"; empty: absent
 * @nr_queues:       "multi-queue-num-queues"; 1 if absent
 * @ring_order:      "ring-page-order", if @has_ring_order
 * @ring_pages:      "num-ring-pages", if @has_ring_pages
 * @has_ring_order:  key present (which, even at 0, renames the ring grants)
 * @has_ring_pages:  key present
 * @has_persistent:  "feature-persistent" is not zero
 */
struct blkback_ask {
	char	protocol[32];
	u64	nr_queues;
	u64	ring_order;
	u64	ring_pages;
	bool	has_ring_order;
	bool	has_ring_pages;
	bool	has_persistent;
};

/**
 * struct blkback_config - the outcome; never changed while connected
 * @abi:            layout of the slots
 * @nr_rings:       rings of the device
 * @ring_pages:     pages of each ring
 * @slots:          slots of each ring
 * @max_indirect:   segments of an indirect request; 0: none
 * @max_persistent: grants of a ring that stay mapped, if @has_max_persistent
 * @max_lent:       grants that a ring has mapped for requests under way
 * @is_multi_ref:   ring grants are named ring-refN rather than ring-ref
 * @is_persistent:  both sides keep grants
 * @max_copy:       segments of a request that is copied, if @has_max_copy
 * @busy_poll_us:   how long a thread looks for more, if @has_busy_poll
 * @has_max_persistent: see there
 * @has_max_copy:   see there
 * @has_busy_poll:  see there
 */
struct blkback_config {
	enum blkback_abi_id abi;
	u32	nr_rings;
	u32	ring_pages;
	u32	slots;
	u32	max_indirect;
	u32	max_persistent;
	u32	max_lent;
	u32	max_copy;
	u32	busy_poll_us;
	bool	is_multi_ref;
	bool	is_persistent;
	bool	has_max_persistent;
	bool	has_max_copy;
	bool	has_busy_poll;
};

int blkback_limits_tune(struct blkback_offer *offer, enum blkback_param param,
			const char *text);
void blkback_limits_widen(struct blkback_offer *offer,
			  const struct blkback_offer *before);
int blkback_limits_negotiate(const struct blkback_offer *offer,
			     const struct blkback_ask *ask,
			     struct blkback_config *config,
			     struct blkif_refusal *why);

#endif /* _BLKBACK_LIMITS_H */
