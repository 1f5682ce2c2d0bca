/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BLKFRONT_VDEV_H
#define _BLKFRONT_VDEV_H

#include <linux/types.h>

#define BLKFRONT_VDEV_NAME_LEN	32

/**
 * struct blkfront_vdev - what a virtual-device number stands for
 * @name:      disk name, "xvda" or, for a disk that is one partition, "xvda1"
 * @minor:     first minor under major 202
 * @nr_minors: minors that belong to it; 1 for a disk that is one partition
 */
struct blkfront_vdev {
	char	name[BLKFRONT_VDEV_NAME_LEN];
	u32	minor;
	u32	nr_minors;
};

int blkfront_vdev_decode(u32 number, struct blkfront_vdev *vdev);

#endif /* _BLKFRONT_VDEV_H */
