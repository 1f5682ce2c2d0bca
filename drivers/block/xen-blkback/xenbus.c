// SPDX-License-Identifier: GPL-2.0-only
/*
 * The door to the xenbus: its callbacks, each a note of what was told and a
 * kick to the device. Nothing here waits.
 *
 * Layer: 6 (door).
 */
#include <linux/module.h>

#include <xen/blkif-store.h>
#include <xen/xenbus.h>

#include "blkback.h"

static void blkback_xenbus_store_changed(struct xenbus_watch *watch,
					 const char *path, const char *token)
{
	blkback_dev_kick(container_of(watch, struct blkback_dev, store_watch));
}

static int blkback_xenbus_probe(struct xenbus_device *xbdev,
				const struct xenbus_device_id *id)
{
	struct blkback_dev *dev = blkback_dev_create(xbdev);
	int err;

	if (!dev) {
		xenbus_dev_fatal(xbdev, -ENOMEM, "allocating the device");
		return -ENOMEM;
	}
	dev_set_drvdata(&xbdev->dev, dev);
	blkback_debug_add(dev);

	/* Fires once at once, too, which makes the first offer. */
	err = xenbus_watch_pathfmt(xbdev, &dev->store_watch, NULL,
				   blkback_xenbus_store_changed, "%s/%s",
				   xbdev->nodename, BLKIF_KEY_PHYSICAL_DEVICE);
	if (err) {
		dev_set_drvdata(&xbdev->dev, NULL);
		blkback_debug_gone(dev);
		blkback_dev_gone(dev);
		return err;
	}
	return 0;
}

static void blkback_xenbus_remove(struct xenbus_device *xbdev)
{
	struct blkback_dev *dev = dev_get_drvdata(&xbdev->dev);

	dev_set_drvdata(&xbdev->dev, NULL);
	blkback_debug_gone(dev);
	blkback_dev_gone(dev);
}

static void blkback_xenbus_front_changed(struct xenbus_device *xbdev,
					 enum xenbus_state state)
{
	struct blkback_dev *dev = dev_get_drvdata(&xbdev->dev);

	WRITE_ONCE(dev->front_state, state);
	blkback_dev_kick(dev);
}

static void blkback_xenbus_reclaim(struct xenbus_device *xbdev)
{
	struct blkback_dev *dev = dev_get_drvdata(&xbdev->dev);

	if (dev)
		blkback_dev_reclaim(dev);
}

static const struct xenbus_device_id blkback_xenbus_ids[] = {
	{ "vbd" },
	{ "" }
};

static struct xenbus_driver blkback_xenbus_driver = {
	.ids = blkback_xenbus_ids,
	.allow_rebind = true,
	.probe = blkback_xenbus_probe,
	.remove = blkback_xenbus_remove,
	.otherend_changed = blkback_xenbus_front_changed,
	.reclaim_memory = blkback_xenbus_reclaim,
	.driver.dev_groups = blkback_stat_groups,
};

/**
 * blkback_xenbus_register() - open the door
 *
 * Context: Process; devices may be probed before it returns.
 * Return: 0, or what the bus said.
 */
int blkback_xenbus_register(void)
{
	return xenbus_register_backend(&blkback_xenbus_driver);
}

/**
 * blkback_xenbus_unregister() - close the door
 *
 * Context: Process.
 */
void blkback_xenbus_unregister(void)
{
	xenbus_unregister_driver(&blkback_xenbus_driver);
}
