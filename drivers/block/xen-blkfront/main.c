// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module: its parameters, and what is set up and torn down with it.
 *
 * Layer: 7 (module).
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/log2.h>
#include <linux/major.h>
#include <linux/module.h>
#include <linux/string.h>

#include <xen/platform_pci.h>
#include <xen/xen.h>

#include "blkfront.h"

module_param_named(max_queues, blkfront_max_queues, uint, 0444);
MODULE_PARM_DESC(max_queues,
		 "Most rings of a disk, at most one a CPU (default: 4)");

module_param_named(poll_queues, blkfront_poll_queues, uint, 0444);
MODULE_PARM_DESC(poll_queues,
		 "Rings beside those, whose answers are polled for by who asks for that, at most one a CPU (default: 0)");

module_param_named(max_ring_pages, blkfront_max_ring_pages, uint, 0444);
MODULE_PARM_DESC(max_ring_pages,
		 "Most pages of a ring, 1 to 64, rounded down to a power of two; 0: what the back offers, up to 32 for all rings of a disk (default: 0)");

static int blkfront_max_ring_page_order = -1;
module_param_named(max_ring_page_order, blkfront_max_ring_page_order, int,
		   0444);
MODULE_PARM_DESC(max_ring_page_order,
		 "The same as the logarithm of max_ring_pages, which it overrides");

module_param_named(max_indirect_segments, blkfront_max_indirect_segments, uint,
		   0444);
MODULE_PARM_DESC(max_indirect_segments,
		 "Most 4 KiB segments of one request, up to 4096; 11 or less: no indirect requests (default: 256)");

module_param_named(max_persistent_grants, blkfront_max_persistent_grants, uint,
		   0644);
MODULE_PARM_DESC(max_persistent_grants,
		 "Most pages of the front's own in flight on a ring, but at least one a slot (default: 1056)");

/* What is given at load is made to fit later; then no more than can be is taken. */
static bool blkfront_main_is_loaded;

static int blkfront_main_set_irq_delay(const char *val,
				       const struct kernel_param *kp)
{
	int err = param_set_uint_minmax(val, kp, 0, blkfront_main_is_loaded ?
					BLKFRONT_PACE_MAX_US : UINT_MAX);

	if (err)
		pr_err("irq_delay_us: %.*s is no number from 0 to %u\n",
		       (int)strcspn(val, "\n"), val, BLKFRONT_PACE_MAX_US);
	return err;
}

static const struct kernel_param_ops blkfront_main_irq_delay_ops = {
	.set = blkfront_main_set_irq_delay,
	.get = param_get_uint,
};

module_param_cb(irq_delay_us, &blkfront_main_irq_delay_ops,
		&blkfront_irq_delay_us, 0644);
__MODULE_PARM_TYPE(irq_delay_us, "uint");
MODULE_PARM_DESC(irq_delay_us,
		 "Microseconds that an answer may wait for more to share its interrupt, while they come that fast and the CPU is busy; up to 10000, 0: none may (default: 50)");

module_param_named(feature_persistent, blkfront_feature_persistent, bool, 0644);
MODULE_PARM_DESC(feature_persistent,
		 "Reuse grants, if the back keeps them mapped (default: y)");

module_param_named(trusted, blkfront_trusted, bool, 0644);
MODULE_PARM_DESC(trusted,
		 "Trust backs with the memory around the data (default: y)");

module_param_named(scan_untrusted, blkfront_scan_untrusted, bool, 0644);
MODULE_PARM_DESC(scan_untrusted,
		 "Look for partitions on disks of backs that are not trusted, too (default: y)");

module_param_named(timeout_fails, blkfront_timeout_fails, bool, 0644);
MODULE_PARM_DESC(timeout_fails,
		 "Fail a disk that leaves a request unanswered for twice its io_timeout (default: n, wait on)");

/* Said in pages, or as their logarithm; or not at all, which is 0 and -1. */
static void blkfront_main_fit_ring_pages(void)
{
	unsigned int asked = blkfront_max_ring_pages;

	if (blkfront_max_ring_page_order >= 0)
		asked = 1U << min(blkfront_max_ring_page_order,
				  BLKIF_MAX_RING_ORDER);
	if (!asked)
		return;
	blkfront_max_ring_pages = blkif_fit_ring_pages(asked);
	if (blkfront_max_ring_pages != asked)
		pr_notice("max_ring_pages %u is not a power of two from 1 to %u: %u it is\n",
			  asked, BLKIF_MAX_RING_PAGES, blkfront_max_ring_pages);
	if (blkfront_max_ring_page_order > BLKIF_MAX_RING_ORDER)
		pr_notice("max_ring_page_order %d is above %u: %u it is\n",
			  blkfront_max_ring_page_order, BLKIF_MAX_RING_ORDER,
			  BLKIF_MAX_RING_ORDER);
	blkfront_max_ring_page_order = ilog2(blkfront_max_ring_pages);
}

/* What was asked for on the command line, made to fit, with a word about it. */
static void blkfront_main_check_params(void)
{
	if (!blkfront_max_queues)
		blkfront_max_queues = 1;

	blkfront_main_fit_ring_pages();

	if (blkfront_max_indirect_segments > BLKIF_MAX_INDIRECT_SEGS) {
		pr_notice("max_indirect_segments %u is above %u: %u it is\n",
			  blkfront_max_indirect_segments,
			  BLKIF_MAX_INDIRECT_SEGS, BLKIF_MAX_INDIRECT_SEGS);
		blkfront_max_indirect_segments = BLKIF_MAX_INDIRECT_SEGS;
	}

	if (blkfront_irq_delay_us > BLKFRONT_PACE_MAX_US) {
		pr_notice("irq_delay_us %u is above %u: %u it is\n",
			  blkfront_irq_delay_us, BLKFRONT_PACE_MAX_US,
			  BLKFRONT_PACE_MAX_US);
		blkfront_irq_delay_us = BLKFRONT_PACE_MAX_US;
	}
	blkfront_main_is_loaded = true;
}

static int __init blkfront_main_init(void)
{
	int err;

	if (!xen_domain() || !xen_has_pv_disk_devices())
		return -ENODEV;
	blkfront_main_check_params();

	err = blkfront_dev_setup();
	if (err)
		return err;
	err = blkfront_disk_setup();
	if (err) {
		pr_warn("major %d is taken: is another xen-blkfront loaded?\n",
			XENVBD_MAJOR);
		goto out_teardown_dev;
	}
	blkfront_debug_setup();
	err = blkfront_xenbus_register();
	if (err)
		goto out_teardown_debug;
	return 0;

out_teardown_debug:
	blkfront_debug_teardown();
	blkfront_disk_teardown();
out_teardown_dev:
	blkfront_dev_teardown();
	return err;
}
module_init(blkfront_main_init);

static void __exit blkfront_main_exit(void)
{
	blkfront_xenbus_unregister();
	blkfront_debug_teardown();
	blkfront_disk_teardown();
	blkfront_hold_teardown();
	blkfront_dev_teardown();
}
module_exit(blkfront_main_exit);

MODULE_DESCRIPTION("Xen block device frontend driver");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1");
MODULE_ALIAS_BLOCKDEV_MAJOR(XENVBD_MAJOR);
MODULE_ALIAS("xen:vbd");
MODULE_ALIAS("xenblk");
