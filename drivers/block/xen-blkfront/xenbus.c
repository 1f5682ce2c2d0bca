// SPDX-License-Identifier: GPL-2.0-only
/*
 * The door to the xenbus: its callbacks, each a note of what was told and a
 * kick to the device.
 *
 * Layer: 6 (door).
 */
#include <xen/xenbus.h>

#include "blkfront.h"

static int blkfront_xenbus_probe(struct xenbus_device *xbdev,
				 const struct xenbus_device_id *id)
{
	int err = blkfront_dev_create(xbdev);

	if (err)
		return err;
	blkfront_debug_add(dev_get_drvdata(&xbdev->dev));
	/* Bound once more, after it was closed: the back waits for this. */
	if (xbdev->state != XenbusStateInitialising)
		xenbus_switch_state(xbdev, XenbusStateInitialising);
	return 0;
}

static void blkfront_xenbus_remove(struct xenbus_device *xbdev)
{
	struct blkfront_dev *dev = dev_get_drvdata(&xbdev->dev);

	/* before it is freed, for blkfront_xenbus_is_ready() */
	dev_set_drvdata(&xbdev->dev, NULL);
	blkfront_dev_destroy(dev);
}

static void blkfront_xenbus_back_changed(struct xenbus_device *xbdev,
					 enum xenbus_state state)
{
	blkfront_dev_back_changed(dev_get_drvdata(&xbdev->dev), state);
}

static int blkfront_xenbus_suspend(struct xenbus_device *xbdev)
{
	blkfront_dev_suspend(dev_get_drvdata(&xbdev->dev));
	return 0;
}

static int blkfront_xenbus_resume(struct xenbus_device *xbdev)
{
	blkfront_dev_resume(dev_get_drvdata(&xbdev->dev));
	return 0;
}

static int blkfront_xenbus_is_ready(struct xenbus_device *xbdev)
{
	struct blkfront_dev *dev = dev_get_drvdata(&xbdev->dev);

	return dev && blkfront_dev_is_ready(dev);
}

static const struct xenbus_device_id blkfront_xenbus_ids[] = {
	{ "vbd" },
	{ "" }
};

static struct xenbus_driver blkfront_xenbus_driver = {
	.ids = blkfront_xenbus_ids,
	.probe = blkfront_xenbus_probe,
	.remove = blkfront_xenbus_remove,
	.suspend = blkfront_xenbus_suspend,
	.resume = blkfront_xenbus_resume,
	.otherend_changed = blkfront_xenbus_back_changed,
	.is_ready = blkfront_xenbus_is_ready,
};

/**
 * blkfront_xenbus_register() - open the door
 *
 * Context: Process; devices may be probed before it returns.
 * Return: 0, or what the bus said.
 */
int blkfront_xenbus_register(void)
{
	return xenbus_register_frontend(&blkfront_xenbus_driver);
}

/**
 * blkfront_xenbus_unregister() - close the door
 *
 * Context: Process.
 */
void blkfront_xenbus_unregister(void)
{
	xenbus_unregister_driver(&blkfront_xenbus_driver);
}
