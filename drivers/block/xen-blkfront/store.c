// SPDX-License-Identifier: GPL-2.0-only
/*
 * The frontend's xenstore nodes and the back's, to and from plain structs. What
 * is no number, or beyond its range, is refused with key and value.
 *
 * Layer: 1 (outside world: xenstore). Process context only.
 */
#include <linux/slab.h>

#include <xen/blkif-store.h>
#include <xen/interface/io/protocols.h>
#include <xen/xenbus.h>

#include "blkfront.h"

/* One number to be read, and where it goes; it keeps its value if absent. */
struct blkfront_store_field {
	const char	*key;
	u64		*val;
	bool		is_must;
};

/* For debugfs: dev->lock, or nobody has the device yet. */
static void blkfront_store_remember(struct blkfront_dev *dev, int err,
				    const char *text)
{
	kfree(dev->last_error);
	dev->last_error = kstrdup(text, GFP_NOIO);
	dev->last_errno = err;
}

/**
 * blkfront_store_note() - have a reason in xenstore and in debugfs
 * @dev:  the device
 * @err:  negative errno
 * @text: the reason; NULL: there was no memory for it
 *
 * Context: Process, sleeps; under dev->lock, or nobody has the device yet.
 */
void blkfront_store_note(struct blkfront_dev *dev, int err, const char *text)
{
	char *dir = kasprintf(GFP_NOIO, "error/%s", dev->xbdev->nodename);

	if (!text)
		text = "no memory to say why";
	if (dir)
		xenbus_printf(XBT_NIL, dir, "error", "%d %s", -err, text);
	kfree(dir);
	blkfront_store_remember(dev, err, text);
}

/**
 * blkfront_store_error() - say what is wrong, in the log as well
 * @dev: the device
 * @err: negative errno
 * @fmt: what, as printf()
 *
 * The back can cause this as often as it likes: beyond some nothing is said. The
 * state is the caller's to change.
 *
 * Context: Process, sleeps; under dev->lock, or nobody has the device yet.
 */
void blkfront_store_error(struct blkfront_dev *dev, int err, const char *fmt,
			  ...)
{
	va_list args;
	char *text;

	if (!__ratelimit(&dev->log))
		return;
	va_start(args, fmt);
	text = kvasprintf(GFP_NOIO, fmt, args);
	va_end(args);
	xenbus_dev_error(dev->xbdev, err, "%s", text ?: "no memory to say why");
	if (text)
		blkfront_store_remember(dev, err, text);
	kfree(text);
}

/*
 * A number from the node @key of @dir. Returns 1 if present, 0 if absent, or a
 * negative errno (reported, as often as the log bears it; the state is the
 * caller's to change).
 */
static int blkfront_store_read_u64(struct blkfront_dev *dev, const char *dir,
				   const char *key, u64 *val)
{
	char *text = xenbus_read(XBT_NIL, dir, key, NULL);
	int err;

	if (XENBUS_IS_ERR_READ(text)) {
		err = PTR_ERR(text);
		if (XENBUS_EXIST_ERR(err))
			return 0;
		blkfront_store_error(dev, err, "reading %s/%s", dir, key);
		return err;
	}
	err = blkif_store_parse(text, U64_MAX, val);
	if (err)
		blkfront_store_error(dev, err,
				     "%s/%s is \"%*pE\", not a number", dir,
				     key, (int)strnlen(text, 40), text);
	kfree(text);
	return err ? err : 1;
}

static int blkfront_store_read(struct blkfront_dev *dev, const char *dir,
			       const struct blkfront_store_field *fields,
			       u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		int ret = blkfront_store_read_u64(dev, dir, fields[i].key,
						  fields[i].val);
		if (ret < 0)
			return ret;
		if (!ret && fields[i].is_must) {
			blkfront_store_error(dev, -ENOENT, "%s/%s is missing",
					     dir, fields[i].key);
			return -ENOENT;
		}
	}
	return 0;
}

/**
 * blkfront_store_read_vdev() - the number that the toolstack gave the disk
 * @dev:    the device
 * @number: filled in
 *
 * Context: Process, sleeps.
 * Return: 0, -ENOENT (no number), or what is wrong with it (reported).
 */
int blkfront_store_read_vdev(struct blkfront_dev *dev, u32 *number)
{
	const char *dir = dev->xbdev->nodename;
	u64 val;
	int ret;

	ret = blkfront_store_read_u64(dev, dir, BLKIF_KEY_VDEV, &val);
	if (!ret)
		ret = blkfront_store_read_u64(dev, dir, BLKIF_KEY_VDEV_EXT,
					      &val);
	if (ret < 0)
		return ret;
	if (!ret || val > U32_MAX) {
		blkfront_store_error(dev, -ENOENT, "no %s in %s",
				     BLKIF_KEY_VDEV, dir);
		return -ENOENT;
	}
	*number = val;
	return 0;
}

/**
 * blkfront_store_is_disk() - does the toolstack call it a disk?
 * @dev: the device
 *
 * A guest with emulated drives has its CD there too, and takes no second one.
 *
 * Context: Process, sleeps.
 * Return: false for a CD drive, and where nothing is said.
 */
bool blkfront_store_is_disk(struct blkfront_dev *dev)
{
	char *text = xenbus_read(XBT_NIL, dev->xbdev->nodename,
				 BLKIF_KEY_DEVICE_TYPE, NULL);
	bool is_disk;

	if (IS_ERR(text))
		return false;
	is_disk = strncmp(text, "cdrom", 5);
	kfree(text);
	return is_disk;
}

/**
 * blkfront_store_read_offer() - what the back offers before we connect
 * @dev:   the device
 * @offer: filled in whole
 *
 * Context: Process, sleeps.
 * Return: 0, or negative errno (reported).
 */
int blkfront_store_read_offer(struct blkfront_dev *dev,
			      struct blkfront_offer *offer)
{
	const char *dir = dev->xbdev->otherend;
	const struct blkfront_store_field fields[] = {
		{ BLKIF_KEY_MAX_QUEUES, &offer->max_queues },
		{ BLKIF_KEY_MAX_RING_PAGES, &offer->max_ring_pages },
	};
	int ret;

	*offer = (struct blkfront_offer) { .max_queues = 1 };
	ret = blkfront_store_read_u64(dev, dir, BLKIF_KEY_MAX_RING_ORDER,
				      &offer->max_ring_order);
	if (ret < 0)
		return ret;
	offer->has_ring_order = ret;
	return blkfront_store_read(dev, dir, fields, ARRAY_SIZE(fields));
}

/**
 * blkfront_store_read_props() - what the back says of its disk
 * @dev:   the device
 * @props: filled in whole
 *
 * Context: Process, sleeps.
 * Return: 0, or negative errno (reported).
 */
int blkfront_store_read_props(struct blkfront_dev *dev,
			      struct blkfront_props *props)
{
	u64 flush = 0, barrier = 0, discard = 0, secure = 0, persistent = 0;
	const struct blkfront_store_field fields[] = {
		{ BLKIF_KEY_SECTORS, &props->nr_sectors, true },
		{ BLKIF_KEY_INFO, &props->info, true },
		{ BLKIF_KEY_SECTOR_SIZE, &props->block_size },
		{ BLKIF_KEY_PHYS_SECTOR_SIZE, &props->phys_block_size },
		{ BLKIF_KEY_MAX_INDIRECT, &props->max_indirect },
		{ BLKIF_KEY_DISCARD_GRANULARITY, &props->discard_granularity },
		{ BLKIF_KEY_DISCARD_ALIGNMENT, &props->discard_alignment },
		{ BLKIF_KEY_FLUSH, &flush },
		{ BLKIF_KEY_BARRIER, &barrier },
		{ BLKIF_KEY_DISCARD, &discard },
		{ BLKIF_KEY_DISCARD_SECURE, &secure },
		{ BLKIF_KEY_PERSISTENT, &persistent },
	};
	int err;

	memset(props, 0, sizeof(*props));
	err = blkfront_store_read(dev, dev->xbdev->otherend, fields,
				  ARRAY_SIZE(fields));
	props->has_flush = flush;
	props->has_barrier = barrier;
	props->has_discard = discard;
	props->has_secure = secure;
	props->has_persistent = persistent;
	return err;
}

/**
 * blkfront_store_is_trusted() - does the toolstack trust the back?
 * @dev: the device
 *
 * Context: Process, sleeps.
 * Return: false if it says that it does not, or says nonsense.
 */
bool blkfront_store_is_trusted(struct blkfront_dev *dev)
{
	u64 trusted = 1;

	return blkfront_store_read_u64(dev, dev->xbdev->nodename,
				       BLKIF_KEY_TRUSTED, &trusted) >= 0 &&
	       trusted;
}

static int blkfront_store_write_ring(struct xenbus_transaction xbt,
				     const struct blkfront_ring *ring,
				     const char *dir)
{
	char key[sizeof(BLKIF_KEY_RING_REF) + 10];
	int err = 0;
	u32 i;

	for (i = 0; i < ring->nr_pages && !err; i++) {
		if (ring->nr_pages > 1)
			snprintf(key, sizeof(key), BLKIF_FMT_RING_REF, i);
		else
			strscpy(key, BLKIF_KEY_RING_REF);
		err = xenbus_printf(xbt, dir, key, "%u", ring->gref[i]);
	}
	if (!err)
		err = xenbus_printf(xbt, dir, BLKIF_KEY_EVENT_CHANNEL, "%u",
				    ring->port);
	return err;
}

static int blkfront_store_write_queue(struct xenbus_transaction xbt,
				      const struct blkfront_ring *ring,
				      const char *dir)
{
	char *path = kasprintf(GFP_NOIO, BLKIF_FMT_QUEUE, dir, ring->index);
	int err;

	if (!path)
		return -ENOMEM;
	err = blkfront_store_write_ring(xbt, ring, path);
	kfree(path);
	return err;
}

/*
 * Keys whose very presence means something, and which a boot loader or an
 * earlier connection of other shape may have left.
 */
static void blkfront_store_clear(struct xenbus_transaction xbt, const char *dir)
{
	static const char * const keys[] = {
		BLKIF_KEY_RING_ORDER, BLKIF_KEY_RING_PAGES,
		BLKIF_KEY_NUM_QUEUES, BLKIF_KEY_RING_REF,
		BLKIF_KEY_EVENT_CHANNEL,
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(keys); i++)
		if (xenbus_exists(xbt, dir, keys[i]))
			xenbus_rm(xbt, dir, keys[i]);
}

static int blkfront_store_write_all(struct xenbus_transaction xbt,
				    struct blkfront_dev *dev)
{
	const struct blkfront_config *config = &dev->config;
	const char *dir = dev->xbdev->nodename;
	u32 i;
	int err;

	blkfront_store_clear(xbt, dir);
	err = xenbus_printf(xbt, dir, BLKIF_KEY_PROTOCOL, "%s",
			    XEN_IO_PROTO_ABI_NATIVE);
	if (!err)
		err = xenbus_printf(xbt, dir, BLKIF_KEY_PERSISTENT, "%u",
				    dev->allow.has_persistent);
	if (!err && config->ring_pages > 1)
		err = xenbus_printf(xbt, dir, BLKIF_KEY_RING_ORDER, "%u",
				    ilog2(config->ring_pages));
	if (!err && config->ring_pages > 1)
		err = xenbus_printf(xbt, dir, BLKIF_KEY_RING_PAGES, "%u",
				    config->ring_pages);
	if (!err && dev->nr_rings == 1)
		return blkfront_store_write_ring(xbt, &dev->rings[0], dir);
	if (!err)
		err = xenbus_printf(xbt, dir, BLKIF_KEY_NUM_QUEUES, "%u",
				    dev->nr_rings);
	for (i = 0; i < dev->nr_rings && !err; i++)
		err = blkfront_store_write_queue(xbt, &dev->rings[i], dir);
	return err;
}

/**
 * blkfront_store_write_rings() - publish the rings, in one transaction
 * @dev: the device, its rings connected
 *
 * Context: Process, sleeps.
 * Return: 0, or what xenstore said.
 */
int blkfront_store_write_rings(struct blkfront_dev *dev)
{
	struct xenbus_transaction xbt;
	int err;

	do {
		err = xenbus_transaction_start(&xbt);
		if (err)
			return err;
		err = blkfront_store_write_all(xbt, dev);
		if (err) {
			xenbus_transaction_end(xbt, 1);
			return err;
		}
		err = xenbus_transaction_end(xbt, 0);
	} while (err == -EAGAIN);
	return err;
}
