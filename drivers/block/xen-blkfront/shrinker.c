// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages that a disk keeps granted for its next requests, given back when the guest
 * is short of memory, rather than when they were not needed for a while.
 *
 * Layer: 3 (memory). Locks: dev->lock, if nobody has it.
 */
#include <linux/shrinker.h>

#include "blkfront.h"

static unsigned long blkfront_shrinker_count(struct shrinker *shrinker,
					     struct shrink_control *sc)
{
	struct blkfront_dev *dev = shrinker->private_data;
	unsigned long nr = 0;
	u32 i;

	/* Who has it may be one of us that waits for memory. */
	if (!mutex_trylock(&dev->lock))
		return 0;
	for (i = 0; i < dev->nr_rings; i++)
		nr += blkfront_grant_spare(&dev->rings[i]);
	mutex_unlock(&dev->lock);
	return nr ?: SHRINK_EMPTY;
}

static unsigned long blkfront_shrinker_scan(struct shrinker *shrinker,
					    struct shrink_control *sc)
{
	struct blkfront_dev *dev = shrinker->private_data;
	unsigned long nr = 0;
	u32 i;

	if (!mutex_trylock(&dev->lock))
		return SHRINK_STOP;
	for (i = 0; i < dev->nr_rings && nr < sc->nr_to_scan; i++)
		nr += blkfront_grant_shrink(&dev->rings[i],
					    sc->nr_to_scan - nr);
	mutex_unlock(&dev->lock);
	/* What is left the back still maps. */
	return nr ?: SHRINK_STOP;
}

/**
 * blkfront_shrinker_create() - from now on the disk's spare memory can be had
 * @dev: its lock is initialised
 *
 * Context: Process, sleeps. Without memory for it the disk goes without.
 */
void blkfront_shrinker_create(struct blkfront_dev *dev)
{
	dev->shrinker = shrinker_alloc(0, "xen-blkfront:%s", dev->vdev.name);
	if (!dev->shrinker)
		return;
	dev->shrinker->count_objects = blkfront_shrinker_count;
	dev->shrinker->scan_objects = blkfront_shrinker_scan;
	dev->shrinker->private_data = dev;
	shrinker_register(dev->shrinker);
}

/**
 * blkfront_shrinker_destroy() - and no longer
 * @dev: the device
 *
 * Context: Process, sleeps until nobody is at its memory any more.
 */
void blkfront_shrinker_destroy(struct blkfront_dev *dev)
{
	shrinker_free(dev->shrinker);
}
