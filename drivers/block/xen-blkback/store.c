// SPDX-License-Identifier: GPL-2.0-only
/*
 * The backend's xenstore nodes and the front's, to and from plain structs. What
 * is no number, or beyond its range, is refused with key and value.
 *
 * Layer: 1 (outside world: xenstore). Process context only.
 */
#include <linux/slab.h>

#include <xen/blkif-store.h>
#include <xen/xenbus.h>

#include "blkback.h"

/* One number of ours to be published, or that there is none (any more). */
struct blkback_store_item {
	const char	*key;
	u64		val;
	bool		is_absent;
};

/* For debugfs and sysfs; @text is ours from here on, and may be NULL. */
static void blkback_store_remember(struct blkback_dev *dev, int err, char *text)
{
	mutex_lock(&dev->stat_lock);
	swap(dev->last_error, text);
	dev->last_errno = err;
	mutex_unlock(&dev->stat_lock);
	kfree(text);
}

/**
 * blkback_store_note() - have a reason in xenstore and in debugfs
 * @dev:  the device
 * @err:  negative errno
 * @text: the reason; NULL: there was no memory for it
 *
 * Context: Process, sleeps; takes door_lock, then stat_lock.
 */
void blkback_store_note(struct blkback_dev *dev, int err, const char *text)
{
	char *dir = kasprintf(GFP_KERNEL, "error/%s", dev->xbdev->nodename);

	if (!text)
		text = "no memory to say why";
	mutex_lock(&dev->door_lock);
	if (dir && !test_bit(BLKBACK_DEV_GONE, &dev->flags))
		xenbus_printf(XBT_NIL, dir, "error", "%d %s", -err, text);
	mutex_unlock(&dev->door_lock);
	kfree(dir);
	blkback_store_remember(dev, err, kstrdup(text, GFP_KERNEL));
}

/**
 * blkback_store_fatal() - say why it cannot go on, here and in xenstore
 * @dev: the device; the bus's state becomes Closing
 * @err: negative errno, or a GNTST_* of a grant
 * @fmt: why, as printf()
 *
 * The front can cause this as often as it likes: beyond some messages it is
 * only closed. After the bus took the device away nothing is said at all.
 *
 * Context: Process, sleeps; takes door_lock, then stat_lock.
 */
void blkback_store_fatal(struct blkback_dev *dev, int err, const char *fmt, ...)
{
	char *text;
	va_list args;

	va_start(args, fmt);
	text = kvasprintf(GFP_KERNEL, fmt, args);
	va_end(args);

	dev->not_before = jiffies + HZ;
	mutex_lock(&dev->door_lock);
	if (!test_bit(BLKBACK_DEV_GONE, &dev->flags)) {
		if (__ratelimit(&dev->log))
			xenbus_dev_fatal(dev->xbdev, err, "%s",
					 text ?: "no memory to say why");
		else
			xenbus_switch_state(dev->xbdev, XenbusStateClosing);
	}
	mutex_unlock(&dev->door_lock);
	blkback_store_remember(dev, err, text);
}

/**
 * blkback_store_switch() - announce a state, unless the bus took the device
 * @dev:   the device
 * @state: the state
 *
 * The toolstack may have made a new device of the same name by then.
 *
 * Context: Process, sleeps; takes door_lock.
 */
void blkback_store_switch(struct blkback_dev *dev, enum xenbus_state state)
{
	mutex_lock(&dev->door_lock);
	if (!test_bit(BLKBACK_DEV_GONE, &dev->flags))
		xenbus_switch_state(dev->xbdev, state);
	mutex_unlock(&dev->door_lock);
}

/* The text of a node, NULL if there is none or it is empty. */
static char *blkback_store_read_text(const char *dir, const char *key)
{
	char *text = xenbus_read(XBT_NIL, dir, key, NULL);

	if (XENBUS_IS_ERR_READ(text))
		return XENBUS_EXIST_ERR(PTR_ERR(text)) ? NULL : text;
	return text;
}

/*
 * A number from the node @key of @dir into @val, which keeps its value if the
 * node is absent. Returns 1 if present, 0 if absent, or a negative errno.
 */
static int blkback_store_read_u64(struct blkback_dev *dev, const char *dir,
				  const char *key, u64 max, u64 *val)
{
	char *text = blkback_store_read_text(dir, key);
	int err;

	if (!text)
		return 0;
	if (IS_ERR(text)) {
		blkback_store_fatal(dev, PTR_ERR(text), "reading %s/%s",
				    dir, key);
		return PTR_ERR(text);
	}
	err = blkif_store_parse(text, max, val);
	if (err)
		blkback_store_fatal(dev, err,
				    "%s/%s is \"%*pE\", not a number up to %llu",
				    dir, key, (int)strnlen(text, 40), text,
				    max);
	kfree(text);
	return err ? err : 1;
}

static int blkback_store_read_must(struct blkback_dev *dev, const char *dir,
				   const char *key, u64 max, u64 *val)
{
	int ret = blkback_store_read_u64(dev, dir, key, max, val);

	if (ret)
		return ret < 0 ? ret : 0;
	blkback_store_fatal(dev, -ENOENT, "%s/%s is missing", dir, key);
	return -ENOENT;
}

/**
 * blkback_store_read_params() - what the toolstack says in place of parameters
 * @dev:   the device
 * @offer: the module's parameters on entry
 *
 * What it says wrong is reported, and the module's goes on.
 *
 * Context: Process, sleeps.
 * Return: whether it says anything.
 */
bool blkback_store_read_params(struct blkback_dev *dev,
			       struct blkback_offer *offer)
{
	const char *dir = dev->xbdev->nodename;
	bool has_any = false;
	u32 i;

	for (i = 0; i < BLKBACK_NR_PARAMS; i++) {
		const struct blkback_param_rule *rule = &blkback_limits_rules[i];
		char *text = blkback_store_read_text(dir, rule->key);

		if (IS_ERR_OR_NULL(text))
			continue;
		if (!blkback_limits_tune(offer, i, text))
			has_any = true;
		else if (__ratelimit(&dev->log))
			dev_warn(&dev->xbdev->dev,
				 "%s/%s is \"%*pE\", not %s: the module's parameter goes on\n",
				 dir, rule->key, (int)strnlen(text, 40), text,
				 rule->range);
		kfree(text);
	}
	return has_any;
}

/* Published by ours or another driver; @max if it says more, 0 if nothing. */
static u32 blkback_store_read_told(struct blkback_dev *dev, const char *key,
				   u32 max)
{
	return min(xenbus_read_unsigned(dev->xbdev->nodename, key, 0), max);
}

/**
 * blkback_store_read_before() - what a driver before us has told a front
 * @dev:    the device, just made; what was said of a cache is filled in
 * @before: filled in, as far as the front builds on it
 *
 * Context: Process, sleeps.
 * Return: whether a front is connected, to rings that another driver has served.
 */
bool blkback_store_read_before(struct blkback_dev *dev,
			       struct blkback_offer *before)
{
	if (xenbus_read_unsigned(dev->front_dir, BLKIF_KEY_STATE, 0) !=
	    XenbusStateConnected ||
	    !xenbus_exists(XBT_NIL, dev->xbdev->nodename, BLKIF_KEY_SECTORS))
		return false;
	before->max_queues = blkback_store_read_told(dev, BLKIF_KEY_MAX_QUEUES,
						     U16_MAX);
	before->max_ring_order =
		blkback_store_read_told(dev, BLKIF_KEY_MAX_RING_ORDER,
					BLKIF_MAX_RING_ORDER);
	before->max_indirect =
		blkback_store_read_told(dev, BLKIF_KEY_MAX_INDIRECT,
					BLKIF_MAX_INDIRECT_SEGS);
	before->has_persistent =
		blkback_store_read_told(dev, BLKIF_KEY_PERSISTENT, 1);
	dev->told_flush = blkback_store_read_told(dev, BLKIF_KEY_FLUSH, 1);
	dev->told_barrier = blkback_store_read_told(dev, BLKIF_KEY_BARRIER, 1);
	return true;
}

/**
 * blkback_store_read_cgroup() - the cgroup that the toolstack names
 * @dev: the device
 *
 * Context: Process, sleeps.
 * Return: its path, for the caller to free, or NULL: it names none.
 */
char *blkback_store_read_cgroup(struct blkback_dev *dev)
{
	char *text = blkback_store_read_text(dev->xbdev->nodename,
					     BLKIF_KEY_CGROUP);

	return IS_ERR(text) ? NULL : text;
}

static bool blkback_store_parse_device(const char *text, u32 *major, u32 *minor)
{
	char junk;

	return sscanf(text, "%x:%x%c", major, minor, &junk) == 2 &&
	       *major <= MAJOR(~0U) && *minor <= MINORMASK;
}

/**
 * blkback_store_check_disk() - does the toolstack name another disk now?
 * @dev: the device, its disk open, which it stays
 *
 * Context: Process, sleeps.
 */
void blkback_store_check_disk(struct blkback_dev *dev)
{
	char *text = blkback_store_read_text(dev->xbdev->nodename,
					     BLKIF_KEY_PHYSICAL_DEVICE);
	u32 major, minor;

	if (IS_ERR_OR_NULL(text))
		return;
	if (!blkback_store_parse_device(text, &major, &minor) ||
	    major != dev->disk.major || minor != dev->disk.minor)
		dev_warn_ratelimited(&dev->xbdev->dev,
				     "%s changed from %x:%x to \"%*pE\": ignored\n",
				     BLKIF_KEY_PHYSICAL_DEVICE,
				     dev->disk.major, dev->disk.minor,
				     (int)strnlen(text, 40), text);
	kfree(text);
}

/**
 * blkback_store_read_disk() - what the toolstack says of the disk
 * @dev:      the device
 * @major:    filled in
 * @minor:    filled in
 * @policy:   filled in
 *
 * All of it is policy, and comes from our own directory only, but for the
 * device's type, which only the front's has.
 *
 * Context: Process, sleeps.
 * Return: 0, -ENOENT (the hotplug script has not run yet), -EINVAL (reported).
 */
int blkback_store_read_disk(struct blkback_dev *dev, u32 *major, u32 *minor,
			    struct blkback_policy *policy)
{
	const char *dir = dev->xbdev->nodename;
	u64 discard = 1, removable = 0;
	char *text;
	int n;

	text = blkback_store_read_text(dir, BLKIF_KEY_PHYSICAL_DEVICE);
	if (IS_ERR_OR_NULL(text))
		return -ENOENT;
	if (!blkback_store_parse_device(text, major, minor)) {
		blkback_store_fatal(dev, -EINVAL,
				    "%s/%s is \"%.40s\", not major:minor", dir,
				    BLKIF_KEY_PHYSICAL_DEVICE, text);
		kfree(text);
		return -EINVAL;
	}
	kfree(text);

	text = blkback_store_read_text(dir, BLKIF_KEY_MODE);
	if (IS_ERR_OR_NULL(text)) {
		blkback_store_fatal(dev, -EINVAL, "%s/%s is missing", dir,
				    BLKIF_KEY_MODE);
		return -EINVAL;
	}
	strscpy(policy->mode, text);
	kfree(text);

	text = blkback_store_read_text(dev->front_dir,
				       BLKIF_KEY_DEVICE_TYPE);
	policy->is_cdrom = !IS_ERR_OR_NULL(text) && !strcmp(text, "cdrom");
	if (!IS_ERR(text))
		kfree(text);

	n = blkback_store_read_u64(dev, dir, BLKIF_KEY_DISCARD_ENABLE, U32_MAX,
				   &discard);
	if (n < 0)
		return n;
	n = blkback_store_read_u64(dev, dir, BLKIF_KEY_REMOVABLE, U32_MAX,
				   &removable);
	if (n < 0)
		return n;
	policy->can_discard = discard;
	policy->is_removable = removable;
	return 0;
}

/**
 * blkback_store_read_front() - what the front asks for
 * @dev: the device
 * @ask: filled in whole
 *
 * Context: Process, sleeps.
 * Return: 0, or negative errno (reported).
 */
int blkback_store_read_front(struct blkback_dev *dev, struct blkback_ask *ask)
{
	const char *dir = dev->front_dir;
	u64 persistent = 0;
	char *text;
	int ret;

	memset(ask, 0, sizeof(*ask));
	ask->nr_queues = 1;

	text = blkback_store_read_text(dir, BLKIF_KEY_PROTOCOL);
	if (IS_ERR(text)) {
		blkback_store_fatal(dev, PTR_ERR(text), "reading %s/%s",
				    dir, BLKIF_KEY_PROTOCOL);
		return PTR_ERR(text);
	}
	if (text)
		strscpy(ask->protocol, text, sizeof(ask->protocol));
	kfree(text);

	ret = blkback_store_read_u64(dev, dir, BLKIF_KEY_NUM_QUEUES, U32_MAX,
				     &ask->nr_queues);
	if (ret < 0)
		return ret;
	ret = blkback_store_read_u64(dev, dir, BLKIF_KEY_RING_ORDER, U32_MAX,
				     &ask->ring_order);
	if (ret < 0)
		return ret;
	ask->has_ring_order = ret;
	ret = blkback_store_read_u64(dev, dir, BLKIF_KEY_RING_PAGES, U32_MAX,
				     &ask->ring_pages);
	if (ret < 0)
		return ret;
	ask->has_ring_pages = ret;
	ret = blkback_store_read_u64(dev, dir, BLKIF_KEY_PERSISTENT, U32_MAX,
				     &persistent);
	if (ret < 0)
		return ret;
	ask->has_persistent = persistent;
	return 0;
}

/**
 * blkback_store_read_ring() - the grants and the port of one ring
 * @dev:   the device, its config negotiated
 * @index: which ring
 * @gref:  filled in, config.ring_pages of them
 * @port:  filled in
 *
 * Context: Process, sleeps.
 * Return: 0, or negative errno (reported).
 */
int blkback_store_read_ring(struct blkback_dev *dev, u32 index, u32 *gref,
			    u32 *port)
{
	const struct blkback_config *config = &dev->config;
	const char *dir = dev->front_dir;
	char *path, key[sizeof(BLKIF_KEY_RING_REF) + 10];
	u64 val = 0;
	int err;
	u32 i;

	path = config->nr_rings > 1 ?
	       kasprintf(GFP_KERNEL, BLKIF_FMT_QUEUE, dir, index) :
	       kstrdup(dir, GFP_KERNEL);
	if (!path) {
		blkback_store_fatal(dev, -ENOMEM, "reading ring %u", index);
		return -ENOMEM;
	}

	err = blkback_store_read_must(dev, path, BLKIF_KEY_EVENT_CHANNEL,
				      U32_MAX, &val);
	*port = val;
	for (i = 0; i < config->ring_pages && !err; i++) {
		if (config->is_multi_ref)
			snprintf(key, sizeof(key), BLKIF_FMT_RING_REF, i);
		else
			strscpy(key, BLKIF_KEY_RING_REF);
		err = blkback_store_read_must(dev, path, key, U32_MAX, &val);
		gref[i] = val;
	}
	kfree(path);
	return err;
}

/**
 * blkback_store_read_name() - the name that the device's threads bear
 * @dev:  the device
 * @name: filled in: the guest's number and the disk's name in the guest
 * @len:  bytes of @name
 *
 * Administrators find the threads by it, to give them a cgroup or a CPU.
 *
 * Context: Process, sleeps.
 */
void blkback_store_read_name(struct blkback_dev *dev, char *name, size_t len)
{
	char *text = blkback_store_read_text(dev->xbdev->nodename,
					     BLKIF_KEY_DEV);
	const char *disk = IS_ERR_OR_NULL(text) ? "vbd" : text;

	if (!strncmp(disk, "/dev/", 5))
		disk += 5;
	snprintf(name, len, "%d.%.20s", dev->xbdev->otherend_id, disk);
	if (!IS_ERR(text))
		kfree(text);
}

/*
 * May these be written? Not if the toolstack has removed the directory, which
 * would be made again; and a state not over another that it has written, such
 * as Closing, which the front would never see.
 */
static int blkback_store_may_write(struct xenbus_transaction xbt,
				   const char *dir,
				   const struct blkback_store_item *item)
{
	int state;

	if (!xenbus_exists(xbt, dir, "frontend"))
		return -ENOENT;
	if (strcmp(item->key, BLKIF_KEY_STATE))
		return 0;
	return xenbus_scanf(xbt, dir, item->key, "%d", &state) == 1 &&
	       state == item->val ? 0 : -ENODEV;
}

/* One transaction with all of @items. door_lock held, the device not gone. */
static int blkback_store_write_once(const char *dir,
				    const struct blkback_store_item *items,
				    u32 nr)
{
	struct xenbus_transaction xbt;
	int err;
	u32 i;

	err = xenbus_transaction_start(&xbt);
	if (err)
		return err;
	err = blkback_store_may_write(xbt, dir, items);
	for (i = 0; i < nr && !err; i++) {
		if (items[i].is_absent)
			/* fails if it never was there, which is as good */
			xenbus_rm(xbt, dir, items[i].key);
		else
			err = xenbus_printf(xbt, dir, items[i].key, "%llu",
					    items[i].val);
	}
	if (err) {
		xenbus_transaction_end(xbt, 1);
		return err;
	}
	return xenbus_transaction_end(xbt, 0);
}

/* Publish numbers of ours, so that the front sees all or none. */
static int blkback_store_write(struct blkback_dev *dev,
			       const struct blkback_store_item *items, u32 nr)
{
	int err;

	mutex_lock(&dev->door_lock);
	do {
		err = test_bit(BLKBACK_DEV_GONE, &dev->flags) ? -ENODEV :
		      blkback_store_write_once(dev->xbdev->nodename, items, nr);
	} while (err == -EAGAIN);
	mutex_unlock(&dev->door_lock);
	return err;
}

/**
 * blkback_store_write_offer() - publish what we allow, before the front connects
 * @dev: the device, its offer set
 *
 * Both spellings of the ring's size are written, as blkif.h asks.
 *
 * Context: Process, sleeps.
 * Return: 0, or what xenstore said.
 */
int blkback_store_write_offer(struct blkback_dev *dev)
{
	const struct blkback_offer *offer = &dev->offer;
	const struct blkback_store_item items[] = {
		{ BLKIF_KEY_MAX_QUEUES, offer->max_queues },
		{ BLKIF_KEY_MAX_RING_ORDER, offer->max_ring_order },
		{ BLKIF_KEY_MAX_RING_PAGES, 1ULL << offer->max_ring_order },
		{ BLKIF_KEY_MAX_INDIRECT, offer->max_indirect,
		  !offer->max_indirect },
	};

	return blkback_store_write(dev, items, ARRAY_SIZE(items));
}

/**
 * blkback_store_write_disk() - publish what the disk is, as the rings connect
 * @dev: the device, its disk open
 *
 * Context: Process, sleeps.
 * Return: 0, or what xenstore said.
 */
int blkback_store_write_disk(struct blkback_dev *dev)
{
	const struct blkback_disk *disk = &dev->disk;
	const struct blkback_store_item items[] = {
		{ BLKIF_KEY_SECTORS, disk->geo.nr_sectors },
		{ BLKIF_KEY_INFO, disk->info },
		{ BLKIF_KEY_SECTOR_SIZE, disk->block_size },
		{ BLKIF_KEY_PHYS_SECTOR_SIZE, disk->phys_block_size },
		{ BLKIF_KEY_FLUSH, disk->geo.has_flush },
		{ BLKIF_KEY_BARRIER, disk->geo.has_barrier },
		{ BLKIF_KEY_PERSISTENT, dev->offer.has_persistent },
		{ BLKIF_KEY_DISCARD, disk->geo.has_discard },
		{ BLKIF_KEY_DISCARD_GRANULARITY, disk->discard_granularity },
		{ BLKIF_KEY_DISCARD_ALIGNMENT, disk->discard_alignment },
		{ BLKIF_KEY_DISCARD_SECURE, disk->geo.has_secure },
	};

	/* Where there is no discard, the last three say nothing. */
	return blkback_store_write(dev, items, disk->geo.has_discard ?
				   ARRAY_SIZE(items) : ARRAY_SIZE(items) - 3);
}

/**
 * blkback_store_write_size() - tell the front that the disk has another size
 * @dev: the device, connected, its disk's geo is what is told
 *
 * What the front watches is our state: the same one again makes it look.
 *
 * Context: Process, sleeps.
 * Return: 0, -ENODEV (somebody has written another state), -ENOENT (the
 * directory is gone), or what xenstore said.
 */
int blkback_store_write_size(struct blkback_dev *dev)
{
	const struct blkback_store_item items[] = {
		{ BLKIF_KEY_STATE, XenbusStateConnected },
		{ BLKIF_KEY_SECTORS, dev->disk.geo.nr_sectors },
	};

	return blkback_store_write(dev, items, ARRAY_SIZE(items));
}
