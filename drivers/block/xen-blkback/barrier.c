// SPDX-License-Identifier: GPL-2.0-only
/*
 * Barriers: what is in any of the rings when one is met has ended when it starts,
 * and nothing that comes later starts before it has ended. The threads of all
 * rings stand still meanwhile; a ring without barriers pays one test of a bit in
 * a pass.
 *
 * Layer: 3 (order). One work item a device: one barrier at a time.
 */
#include <linux/sched/mm.h>

#include "blkback.h"

static struct blkback_ring *blkback_barrier_find(struct blkback_dev *dev)
{
	u32 i;

	for (i = 0; i < dev->nr_rings; i++)
		if (blkback_req_has_barrier(&dev->rings[i]))
			return &dev->rings[i];
	return NULL;
}

static void blkback_barrier_work(struct work_struct *work)
{
	struct blkback_dev *dev = container_of(work, struct blkback_dev,
					       barrier_work);
	unsigned int noio = memalloc_noio_save();
	struct blkback_ring *ring;
	u32 i;

	blkback_io_join(dev);
	for (i = 0; i < dev->nr_rings; i++)
		blkback_req_park(&dev->rings[i]);
	for (i = 0; i < dev->nr_rings; i++)
		blkback_req_wait_parked(&dev->rings[i]);
	while ((ring = blkback_barrier_find(dev)))
		blkback_req_run_barrier(ring);
	for (i = 0; i < dev->nr_rings; i++)
		blkback_req_unpark(&dev->rings[i]);
	blkback_io_leave();
	memalloc_noio_restore(noio);
}

/**
 * blkback_barrier_init() - prepare a device for barriers
 * @dev: the device; its rings queue its barrier_work
 *
 * Context: Any.
 */
void blkback_barrier_init(struct blkback_dev *dev)
{
	INIT_WORK(&dev->barrier_work, blkback_barrier_work);
}

/**
 * blkback_barrier_exit() - wait until no barrier is under way
 * @dev: the device, its rings stopped and drained
 *
 * Context: Process, sleeps.
 */
void blkback_barrier_exit(struct blkback_dev *dev)
{
	cancel_work_sync(&dev->barrier_work);
}
