// SPDX-License-Identifier: GPL-2.0-only
/*
 * What can be seen of a device in sysfs: names and formats that xentop and
 * libxenstat parse, and the cgroup, which may be set. Reading changes nothing.
 *
 * Layer: 5 (observation).
 */
#include <linux/device.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include <xen/xenbus.h>

#include "blkback.h"

static struct blkback_dev *blkback_stat_dev(struct device *device)
{
	return dev_get_drvdata(device);
}

static ssize_t physical_device_show(struct device *device,
				    struct device_attribute *attr, char *buf)
{
	struct blkback_dev *dev = blkback_stat_dev(device);

	return sysfs_emit(buf, "%x:%x\n", READ_ONCE(dev->disk.major),
			  READ_ONCE(dev->disk.minor));
}
static DEVICE_ATTR_RO(physical_device);

static ssize_t mode_show(struct device *device, struct device_attribute *attr,
			 char *buf)
{
	return sysfs_emit(buf, "%s\n", blkback_stat_dev(device)->policy.mode);
}
static DEVICE_ATTR_RO(mode);

static ssize_t cgroup_show(struct device *device, struct device_attribute *attr,
			   char *buf)
{
	return blkback_cgroup_show(blkback_stat_dev(device), buf);
}

static ssize_t cgroup_store(struct device *device,
			    struct device_attribute *attr, const char *buf,
			    size_t count)
{
	char *path = kstrndup(buf, count, GFP_KERNEL);
	int err;

	if (!path)
		return -ENOMEM;
	err = blkback_dev_set_cgroup(blkback_stat_dev(device), strim(path));
	kfree(path);
	return err ? err : count;
}
static DEVICE_ATTR_RW(cgroup);

static ssize_t last_error_show(struct device *device,
			       struct device_attribute *attr, char *buf)
{
	struct blkback_dev *dev = blkback_stat_dev(device);
	ssize_t len = 0;

	mutex_lock(&dev->stat_lock);
	if (dev->last_error)
		len = sysfs_emit(buf, "%d %s\n", dev->last_errno,
				 dev->last_error);
	mutex_unlock(&dev->stat_lock);
	return len;
}
static DEVICE_ATTR_RO(last_error);

static struct attribute *blkback_stat_attrs[] = {
	&dev_attr_cgroup.attr,
	&dev_attr_physical_device.attr,
	&dev_attr_mode.attr,
	&dev_attr_last_error.attr,
	NULL
};

static const struct attribute_group blkback_stat_group = {
	.attrs = blkback_stat_attrs,
};

/* One attribute per counter, by the counter's own name. */
#define BLKBACK_STAT(name)						\
static ssize_t name##_show(struct device *device,			\
			   struct device_attribute *attr, char *buf)	\
{									\
	struct blkback_stats sum;					\
									\
	blkback_dev_stats(blkback_stat_dev(device), &sum);		\
	return sysfs_emit(buf, "%llu\n", sum.name);			\
}									\
static DEVICE_ATTR_RO(name)

BLKBACK_STAT(oo_req);
BLKBACK_STAT(rd_req);
BLKBACK_STAT(wr_req);
BLKBACK_STAT(f_req);
BLKBACK_STAT(ds_req);
BLKBACK_STAT(rd_sect);
BLKBACK_STAT(wr_sect);
BLKBACK_STAT(bad_req);
BLKBACK_STAT(err_req);

static struct attribute *blkback_stat_counters[] = {
	&dev_attr_oo_req.attr,
	&dev_attr_rd_req.attr,
	&dev_attr_wr_req.attr,
	&dev_attr_f_req.attr,
	&dev_attr_ds_req.attr,
	&dev_attr_rd_sect.attr,
	&dev_attr_wr_sect.attr,
	&dev_attr_bad_req.attr,
	&dev_attr_err_req.attr,
	NULL
};

static const struct attribute_group blkback_stat_counter_group = {
	.name = "statistics",
	.attrs = blkback_stat_counters,
};

const struct attribute_group *blkback_stat_groups[] = {
	&blkback_stat_group,
	&blkback_stat_counter_group,
	NULL
};
