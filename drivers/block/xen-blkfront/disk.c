// SPDX-License-Identifier: GPL-2.0-only
/*
 * The disk as the guest sees it: minors, tag set, queue limits, capacity, and
 * the few ioctls that a CD drive answers.
 *
 * Layer: 1 (outside world: block layer). Locks: blkfront_disk_lock (minors).
 */
#include <linux/blk-mq.h>
#include <linux/cdrom.h>
#include <linux/hdreg.h>
#include <linux/major.h>
#include <linux/module.h>

#include "blkfront.h"

bool blkfront_scan_untrusted = true;

static DEFINE_MUTEX(blkfront_disk_lock);
static LIST_HEAD(blkfront_disk_minors);

/**
 * blkfront_disk_setup() - take the major number of Xen's disks
 *
 * Context: Process, once.
 * Return: 0, -EBUSY (another driver of Xen's disks is loaded).
 */
int blkfront_disk_setup(void)
{
	return register_blkdev(XENVBD_MAJOR, "xvd");
}

/**
 * blkfront_disk_teardown() - give the major number back
 *
 * Context: Process, once; no disk is left.
 */
void blkfront_disk_teardown(void)
{
	unregister_blkdev(XENVBD_MAJOR, "xvd");
}

/* Two numbers may mean the same minors: xvda and hda, or xvda and xvda1. */
static int blkfront_disk_reserve(struct blkfront_dev *dev)
{
	const struct blkfront_vdev *want = &dev->vdev;
	struct blkfront_dev *other;
	int err = 0;

	mutex_lock(&blkfront_disk_lock);
	list_for_each_entry(other, &blkfront_disk_minors, minors) {
		const struct blkfront_vdev *has = &other->vdev;

		if (want->minor < has->minor + has->nr_minors &&
		    has->minor < want->minor + want->nr_minors)
			err = -EBUSY;
	}
	if (!err)
		list_add(&dev->minors, &blkfront_disk_minors);
	mutex_unlock(&blkfront_disk_lock);
	return err;
}

static void blkfront_disk_unreserve(struct blkfront_dev *dev)
{
	mutex_lock(&blkfront_disk_lock);
	list_del_init(&dev->minors);
	mutex_unlock(&blkfront_disk_lock);
}

/* No cylinders here: what fits the size, as partitioning tools expect some. */
static int blkfront_disk_fill_geo(struct gendisk *gd, struct hd_geometry *hg)
{
	hg->heads = 255;
	hg->sectors = 63;
	hg->cylinders = div_u64(get_capacity(gd), 255 * 63);
	return 0;
}

#ifdef COMPAT_GETGEO_BDEV
static int blkfront_disk_getgeo(struct block_device *bdev,
				struct hd_geometry *hg)
{
	return blkfront_disk_fill_geo(bdev->bd_disk, hg);
}
#else
#define blkfront_disk_getgeo blkfront_disk_fill_geo
#endif

/*
 * An opener may outlive the device, so only the disk itself is looked at: its
 * private_data tells a CD drive.
 */
static int blkfront_disk_ioctl(struct block_device *bdev, blk_mode_t mode,
			       unsigned int cmd, unsigned long arg)
{
	void __user *to = (void __user *)arg;

	switch (cmd) {
	case CDROMMULTISESSION:
		return clear_user(to, sizeof(struct cdrom_multisession)) ?
		       -EFAULT : 0;
	case CDROM_GET_CAPABILITY:
		return bdev->bd_disk->private_data ? 0 : -EINVAL;
	default:
		return -ENOTTY;
	}
}

static const struct block_device_operations blkfront_disk_fops = {
	.owner		= THIS_MODULE,
	.getgeo		= blkfront_disk_getgeo,
	.ioctl		= blkfront_disk_ioctl,
	.compat_ioctl	= blkdev_compat_ptr_ioctl,
};

/* What may be another after a resume: @lim keeps the rest. */
static void blkfront_disk_features(const struct blkfront_geo *geo,
				   struct queue_limits *lim)
{
	lim->features &= ~BLK_FEAT_WRITE_CACHE;
	if (geo->flush_op)
		lim->features |= BLK_FEAT_WRITE_CACHE;
	lim->physical_block_size = geo->phys_block_size;
	lim->io_min = geo->phys_block_size;
	lim->max_hw_sectors = geo->max_sectors;
	lim->max_segments = geo->max_segs;
	lim->max_hw_discard_sectors = geo->discard_granularity ? UINT_MAX : 0;
	lim->discard_granularity = geo->discard_granularity;
	lim->discard_alignment = geo->discard_alignment;
	lim->max_secure_erase_sectors = geo->has_secure ? UINT_MAX : 0;
}

static void blkfront_disk_limits(const struct blkfront_geo *geo,
				 struct queue_limits *lim)
{
	*lim = (struct queue_limits) {
		.logical_block_size	= geo->block_size,
		/* What lies in one page, and so in as few grants as can be. */
		.max_segment_size	= PAGE_SIZE,
		.seg_boundary_mask	= PAGE_SIZE - 1,
		/* Both ends of a segment lie on a logical block. */
		.dma_alignment		= geo->block_size - 1,
	};
	blkfront_disk_features(geo, lim);
}

/**
 * blkfront_disk_create() - make the disk, not yet visible
 * @dev: its vdev, config and geo are set
 * @ops: what blk-mq calls
 *
 * Context: Process, sleeps; under dev->lock.
 * Return: 0, -EBUSY (its minors are in use), or what the block layer said.
 */
int blkfront_disk_create(struct blkfront_dev *dev, const struct blk_mq_ops *ops)
{
	const struct blkfront_geo *geo = &dev->geo;
	struct queue_limits lim;
	struct gendisk *gd;
	int err;

	err = blkfront_disk_reserve(dev);
	if (err)
		return err;

	dev->nr_polled = dev->config.nr_polled;
	dev->tag_set = (struct blk_mq_tag_set) {
		.ops		= ops,
		.driver_data	= dev,
		.nr_maps	= dev->nr_polled ? HCTX_MAX_TYPES : 1,
		.nr_hw_queues	= dev->nr_rings,
		.queue_depth	= dev->config.slots,
		.numa_node	= NUMA_NO_NODE,
		.cmd_size	= sizeof(struct blkfront_req),
		/* The host schedules, who knows the disk. */
		.flags		= BLK_MQ_F_NO_SCHED_BY_DEFAULT,
	};
	err = blk_mq_alloc_tag_set(&dev->tag_set);
	if (err)
		goto out_unreserve;

	blkfront_disk_limits(geo, &lim);
	gd = blk_mq_alloc_disk(&dev->tag_set, &lim, dev);
	if (IS_ERR(gd)) {
		err = PTR_ERR(gd);
		goto out_free_tag_set;
	}
	strscpy(gd->disk_name, dev->vdev.name);
	gd->major = XENVBD_MAJOR;
	gd->first_minor = dev->vdev.minor;
	gd->minors = dev->vdev.nr_minors;
	gd->fops = &blkfront_disk_fops;
	gd->private_data = geo->is_cdrom ? gd : NULL;
	if (geo->is_removable || geo->is_cdrom)
		gd->flags |= GENHD_FL_REMOVABLE;
	/* The kernel's parsers of tables are not shown what anybody may write. */
	if (!dev->is_trusted && !READ_ONCE(blkfront_scan_untrusted))
		set_bit(GD_SUPPRESS_PART_SCAN, &gd->state);
	set_disk_ro(gd, geo->is_readonly);
	set_capacity(gd, geo->nr_sectors);
	WRITE_ONCE(dev->gd, gd);
	return 0;

out_free_tag_set:
	blk_mq_free_tag_set(&dev->tag_set);
out_unreserve:
	blkfront_disk_unreserve(dev);
	return err;
}

/**
 * blkfront_disk_add() - show the disk, which reads its partition table
 * @dev: the device, its disk created, its rings running
 *
 * Context: Process, sleeps for I/O; not under dev->lock.
 * Return: 0, or what the block layer said.
 */
int blkfront_disk_add(struct blkfront_dev *dev)
{
	int err = device_add_disk(&dev->xbdev->dev, dev->gd, NULL);

	dev->is_added = !err;
	return err;
}

/**
 * blkfront_disk_remove() - hide the disk
 * @dev: the device; what is in flight has ended or is about to
 *
 * Context: Process, sleeps until nothing is in flight.
 */
void blkfront_disk_remove(struct blkfront_dev *dev)
{
	if (dev->is_added)
		del_gendisk(dev->gd);
	dev->is_added = false;
}

/**
 * blkfront_disk_destroy() - free the disk, but for what its openers hold
 * @dev: the device; its disk is hidden, or was never made
 *
 * Context: Process, sleeps.
 */
void blkfront_disk_destroy(struct blkfront_dev *dev)
{
	if (!dev->gd)
		return;
	put_disk(dev->gd);
	WRITE_ONCE(dev->gd, NULL);
	blk_mq_free_tag_set(&dev->tag_set);
	blkfront_disk_unreserve(dev);
}

/**
 * blkfront_disk_update() - another back serves the disk, with other abilities
 * @dev: the device, connected
 * @geo: as read afresh
 *
 * Requests go on meanwhile: those made for the limits of before go in parts.
 *
 * Context: Process, sleeps; not under dev->lock.
 */
void blkfront_disk_update(struct blkfront_dev *dev,
			  const struct blkfront_geo *geo)
{
	struct request_queue *q = dev->gd->queue;
	struct queue_limits lim = queue_limits_start_update(q);

	blkfront_disk_features(geo, &lim);
	if (queue_limits_commit_update(q, &lim))
		dev_warn(&dev->xbdev->dev, "cannot change the disk's limits\n");
	set_disk_ro(dev->gd, geo->is_readonly);
}

/**
 * blkfront_disk_has_cache() - must who writes to the disk ask for a flush?
 * @dev: the device, its disk made
 *
 * Context: Any.
 * Return: what the disk's limits say, which is less than what the back offered if
 * it refused a flush.
 */
bool blkfront_disk_has_cache(const struct blkfront_dev *dev)
{
	return dev->gd->queue->limits.features & BLK_FEAT_WRITE_CACHE;
}

/**
 * blkfront_disk_resize() - the back's disk may have another size now
 * @dev: the device, its geo read afresh
 *
 * Context: Process, sleeps.
 */
void blkfront_disk_resize(struct blkfront_dev *dev)
{
	/* Says so in the log, and to udev, if it is another size. */
	set_capacity_and_notify(dev->gd, dev->geo.nr_sectors);
}

/**
 * blkfront_disk_drop() - the back does not do after all what it offered
 * @dev: the device; bits of its flags say what is dropped, and are cleared
 *
 * Context: Process, sleeps until nothing is in flight.
 */
void blkfront_disk_drop(struct blkfront_dev *dev)
{
	struct request_queue *q = dev->gd->queue;
	struct queue_limits lim = queue_limits_start_update(q);
	const char *what = "flush";

	if (test_and_clear_bit(BLKFRONT_DEV_NO_FLUSH, &dev->flags))
		lim.features &= ~BLK_FEAT_WRITE_CACHE;
	if (test_and_clear_bit(BLKFRONT_DEV_NO_SECURE, &dev->flags)) {
		lim.max_secure_erase_sectors = 0;
		what = "erase";
	}
	if (test_and_clear_bit(BLKFRONT_DEV_NO_DISCARD, &dev->flags)) {
		lim.max_hw_discard_sectors = 0;
		lim.max_secure_erase_sectors = 0;
		what = "discard";
	}
	if (queue_limits_commit_update_frozen(q, &lim))
		dev_warn(&dev->xbdev->dev, "cannot change the disk's limits\n");
	dev_warn(&dev->xbdev->dev, "%s: back refuses to %s\n",
		 dev->gd->disk_name, what);
}
