// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtual-device numbers: from what the toolstack wrote to the disk's name and
 * minors. Every kind of number becomes an xvd disk, the way guests know it.
 *
 * Layer: 0 (protocol). Takes no lock, allocates nothing.
 * Protocol source: xen-vbd-interface(7).
 */
#include <linux/errno.h>
#include <linux/string.h>

#include <xen/interface/io/blkif.h>

#include "vdev.h"

#define BLKFRONT_VDEV_EXT	(1U << 28)	/* disk << 8 | partition */
#define BLKFRONT_VDEV_MINOR_MAX	((1U << 20) - 1)
#define BLKFRONT_VDEV_MAJOR	202

#define BLKFRONT_VDEV_PARTS	16		/* minors of a disk */
#define BLKFRONT_VDEV_EXT_PARTS	256		/* same, extended number */
#define BLKFRONT_VDEV_IDE_PARTS	64		/* same, in an IDE number */

/* The majors that a plain number may carry, and which xvd disk each begins. */
static const struct {
	u8	first, last;	/* majors */
	u8	parts;		/* minors of a disk in this encoding */
	u8	disk;		/* first disk of @first */
	u8	step;		/* disks of one major */
} blkfront_vdev_majors[] = {
	{ BLKFRONT_VDEV_MAJOR, BLKFRONT_VDEV_MAJOR, 16, 0, 16 },
	{ XEN_IDE0_MAJOR, XEN_IDE0_MAJOR, 64, 0, 2 },
	{ XEN_IDE1_MAJOR, XEN_IDE1_MAJOR, 64, 2, 2 },
	{ XEN_SCSI_DISK0_MAJOR, XEN_SCSI_DISK0_MAJOR, 16, 0, 16 },
	{ XEN_SCSI_DISK1_MAJOR, XEN_SCSI_DISK7_MAJOR, 16, 16, 16 },
	{ XEN_SCSI_DISK8_MAJOR, XEN_SCSI_DISK15_MAJOR, 16, 128, 16 },
};

/* Plain number -> disk, and the partition it names (none for IDE). */
static int blkfront_vdev_plain(u32 number, u32 *disk, u32 *part)
{
	u32 major = number >> 8;
	u32 minor = number & 0xff;
	u32 i;

	for (i = 0; i < sizeof(blkfront_vdev_majors) /
			sizeof(blkfront_vdev_majors[0]); i++) {
		u32 first = blkfront_vdev_majors[i].first;
		u32 parts = blkfront_vdev_majors[i].parts;

		if (major < first || major > blkfront_vdev_majors[i].last)
			continue;
		*disk = blkfront_vdev_majors[i].disk + minor / parts +
			(major - first) * blkfront_vdev_majors[i].step;
		*part = parts == BLKFRONT_VDEV_IDE_PARTS ? 0 : minor % parts;
		return 0;
	}
	return -ENODEV;
}

/* 0 -> a, 25 -> z, 26 -> aa: bijective base 26, at most five letters here. */
static char *blkfront_vdev_letters(char *p, u32 disk)
{
	char buf[8];
	u32 n = 0;

	do {
		buf[n++] = 'a' + disk % 26;
		disk /= 26;
	} while (disk--);
	while (n)
		*p++ = buf[--n];
	return p;
}

static char *blkfront_vdev_digits(char *p, u32 number)
{
	char buf[12];
	u32 n = 0;

	do {
		buf[n++] = '0' + number % 10;
		number /= 10;
	} while (number);
	while (n)
		*p++ = buf[--n];
	return p;
}

/**
 * blkfront_vdev_decode() - number of a virtual device to name and minors
 * @number: value of virtual-device or virtual-device-ext
 * @vdev:   filled in on success
 *
 * Context: Any.
 * Return: 0, -ENODEV (a major that is no disk's, or a minor beyond 20 bits).
 */
int blkfront_vdev_decode(u32 number, struct blkfront_vdev *vdev)
{
	u32 parts = BLKFRONT_VDEV_PARTS;
	u32 disk, part;
	char *p;
	int err;

	if (number & BLKFRONT_VDEV_EXT) {
		parts = BLKFRONT_VDEV_EXT_PARTS;
		disk = (number & ~BLKFRONT_VDEV_EXT) / parts;
		part = number % parts;
	} else {
		err = blkfront_vdev_plain(number, &disk, &part);
		if (err)
			return err;
	}
	if (disk > BLKFRONT_VDEV_MINOR_MAX / parts)
		return -ENODEV;

	vdev->minor = disk * parts + part;
	vdev->nr_minors = part ? 1 : parts;

	memset(vdev->name, 0, sizeof(vdev->name));
	memcpy(vdev->name, "xvd", 3);
	p = blkfront_vdev_letters(vdev->name + 3, disk);
	if (part)
		blkfront_vdev_digits(p, part);
	return 0;
}
