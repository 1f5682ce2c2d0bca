// SPDX-License-Identifier: GPL-2.0-only
/*
 * The backing device: opens and closes it, and reads its size, blocks and
 * abilities as numbers.
 *
 * Layer: 1 (outside world: block device). Process context only.
 */
#include <linux/blkdev.h>
#include <linux/file.h>
#include <linux/pagemap.h>

#include "blkback.h"

/**
 * blkback_disk_read_geo() - what the device is like now
 * @disk:   open; its numbers are filled in
 * @policy: what the toolstack decided
 *
 * Context: Process; no request is under way.
 */
void blkback_disk_read_geo(struct blkback_disk *disk,
			   const struct blkback_policy *policy)
{
	bool is_readonly = !strchr(policy->mode, 'w');
	struct block_device *bdev = disk->bdev;
	struct blkback_geo *geo = &disk->geo;

	disk->block_size = bdev_logical_block_size(bdev);
	disk->phys_block_size = bdev_physical_block_size(bdev);

	memset(geo, 0, sizeof(*geo));
	geo->nr_sectors = bdev_nr_sectors(bdev);
	geo->block_sectors = disk->block_size >> BLKIF_SECTOR_SHIFT;
	geo->is_readonly = is_readonly;
	geo->has_flush = !is_readonly && bdev_write_cache(bdev);
	geo->has_barrier = geo->has_flush;

	disk->discard_granularity = 0;
	disk->discard_alignment = 0;
	geo->has_discard = policy->can_discard && !is_readonly &&
			   bdev_max_discard_sectors(bdev);
	if (!geo->has_discard)
		return;
	disk->discard_granularity = bdev_discard_granularity(bdev);
	disk->discard_alignment = bdev_discard_alignment(bdev);
	geo->has_secure = bdev_max_secure_erase_sectors(bdev);
}

/**
 * blkback_disk_open() - open the backing device
 * @disk:     closed; filled in on success
 * @major:    of the device
 * @minor:    of the device
 * @policy:   what the toolstack decided
 * @dev:      for messages
 *
 * Context: Process, sleeps.
 * Return: 0, or what opening it said.
 */
int blkback_disk_open(struct blkback_disk *disk, u32 major, u32 minor,
		      const struct blkback_policy *policy, struct device *dev)
{
	bool is_readonly = !strchr(policy->mode, 'w');
	struct file *file;

	file = bdev_file_open_by_dev(MKDEV(major, minor),
				     is_readonly ? BLK_OPEN_READ :
						   BLK_OPEN_READ | BLK_OPEN_WRITE,
				     NULL, NULL);
	if (IS_ERR(file)) {
		dev_err(dev, "cannot open device %x:%x (mode %s): %pe\n",
			major, minor, policy->mode, file);
		return PTR_ERR(file);
	}
	disk->file = file;
	disk->bdev = file_bdev(file);
	disk->major = major;
	disk->minor = minor;
	disk->whole = disk_devt(disk->bdev->bd_disk);
	blkback_disk_read_geo(disk, policy);

	disk->info = is_readonly ? VDISK_READONLY : 0;
	if (policy->is_cdrom || disk_to_cdi(disk->bdev->bd_disk))
		disk->info |= VDISK_CDROM;
	if (policy->is_removable ||
	    disk->bdev->bd_disk->flags & GENHD_FL_REMOVABLE)
		disk->info |= VDISK_REMOVABLE;
	return 0;
}

/**
 * blkback_disk_flush_pages() - forget what dom0 has cached of the device
 * @disk: open
 *
 * The front is about to read and write below dom0's page cache.
 *
 * Context: Process, sleeps for I/O.
 * Return: 0, or what writing back said.
 */
int blkback_disk_flush_pages(struct blkback_disk *disk)
{
	int err = sync_blockdev(disk->bdev);

	if (!err)
		invalidate_inode_pages2(disk->file->f_mapping);
	return err;
}

/**
 * blkback_disk_close() - close the backing device
 * @disk: open or closed; nothing is in flight
 *
 * A process may want the device for itself as soon as this returns.
 *
 * Context: Process, sleeps.
 */
void blkback_disk_close(struct blkback_disk *disk)
{
	if (!disk->file)
		return;
	get_file(disk->file);
	bdev_fput(disk->file);
	/* From a kernel thread fput() would leave the last one for later. */
	__fput_sync(disk->file);
	disk->file = NULL;
	disk->bdev = NULL;
}
