/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of the xenstore nodes of a virtual disk, who writes and who reads
 * them, and the one way a node's text becomes a number.
 *
 * Layer: 0 (protocol).
 * Protocol source: xen/include/public/io/blkif.h of the Xen tree.
 */
#ifndef _XEN_BLKIF_STORE_H
#define _XEN_BLKIF_STORE_H

#include <linux/errno.h>
#include <linux/types.h>

/* backend directory, written by the toolstack, read by the back */
#define BLKIF_KEY_PHYSICAL_DEVICE	"physical-device"
#define BLKIF_KEY_MODE			"mode"
#define BLKIF_KEY_DEV			"dev"
#define BLKIF_KEY_REMOVABLE		"removable"
#define BLKIF_KEY_DISCARD_ENABLE	"discard-enable"
#define BLKIF_KEY_CGROUP		"cgroup"
/* the back's parameters of the same names, for this disk */
#define BLKIF_KEY_PARAM_QUEUES		"param-max-queues"
#define BLKIF_KEY_PARAM_RING_PAGES	"param-max-ring-pages"
#define BLKIF_KEY_PARAM_INDIRECT	"param-max-indirect-segments"
#define BLKIF_KEY_PARAM_PERSISTENT	"param-feature-persistent"
#define BLKIF_KEY_PARAM_MAX_PERSISTENT	"param-max-persistent-grants"
#define BLKIF_KEY_PARAM_MAX_COPY	"param-max-copy-segments"
#define BLKIF_KEY_PARAM_BUSY_POLL	"param-busy-poll-us"

/* backend directory, written by the back, read by the front */
#define BLKIF_KEY_SECTORS		"sectors"
#define BLKIF_KEY_SECTOR_SIZE		"sector-size"
#define BLKIF_KEY_PHYS_SECTOR_SIZE	"physical-sector-size"
#define BLKIF_KEY_INFO			"info"
#define BLKIF_KEY_FLUSH			"feature-flush-cache"
#define BLKIF_KEY_BARRIER		"feature-barrier"
#define BLKIF_KEY_DISCARD		"feature-discard"
#define BLKIF_KEY_DISCARD_GRANULARITY	"discard-granularity"
#define BLKIF_KEY_DISCARD_ALIGNMENT	"discard-alignment"
#define BLKIF_KEY_DISCARD_SECURE	"discard-secure"
#define BLKIF_KEY_MAX_INDIRECT		"feature-max-indirect-segments"
#define BLKIF_KEY_MAX_RING_ORDER	"max-ring-page-order"
#define BLKIF_KEY_MAX_RING_PAGES	"max-ring-pages"
#define BLKIF_KEY_MAX_QUEUES		"multi-queue-max-queues"

/* both directories, each side for itself */
#define BLKIF_KEY_STATE			"state"
#define BLKIF_KEY_PERSISTENT		"feature-persistent"

/* frontend directory, written by the toolstack */
#define BLKIF_KEY_VDEV			"virtual-device"
#define BLKIF_KEY_VDEV_EXT		"virtual-device-ext"
#define BLKIF_KEY_DEVICE_TYPE		"device-type"
#define BLKIF_KEY_TRUSTED		"trusted"

/* frontend directory, written by the front, read by the back */
#define BLKIF_KEY_PROTOCOL		"protocol"
#define BLKIF_KEY_RING_ORDER		"ring-page-order"
#define BLKIF_KEY_RING_PAGES		"num-ring-pages"
#define BLKIF_KEY_NUM_QUEUES		"multi-queue-num-queues"

/* frontend directory or its queue-N, written by the front, read by the back */
#define BLKIF_KEY_RING_REF		"ring-ref"
#define BLKIF_FMT_RING_REF		"ring-ref%u"
#define BLKIF_KEY_EVENT_CHANNEL		"event-channel"
#define BLKIF_FMT_QUEUE			"%s/queue-%u"

/**
 * blkif_store_parse() - text of a node to a number
 * @text: the node's text, NUL-terminated; untrusted
 * @max:  largest value allowed
 * @val:  filled in on success only
 *
 * Decimal digits and nothing else: no sign, no base prefix, no trailing junk,
 * no silent wrap.
 *
 * Context: Any.
 * Return: 0, -EINVAL (not a number), -ERANGE (above @max).
 */
static inline int blkif_store_parse(const char *text, u64 max, u64 *val)
{
	u64 v = 0;

	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		u64 digit = (u8)*text - '0';

		if (digit > 9)
			return -EINVAL;
		if (digit > max || v > (max - digit) / 10)
			return -ERANGE;
		v = v * 10 + digit;
	}
	*val = v;
	return 0;
}

#endif /* _XEN_BLKIF_STORE_H */
