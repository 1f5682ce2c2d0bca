// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module: its parameters, and what is set up and torn down with it.
 *
 * Layer: 7 (module).
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/log2.h>
#include <linux/module.h>

#include <xen/xen.h>

#include "blkback.h"

module_param_named(max_queues, blkback_max_queues, uint, 0644);
MODULE_PARM_DESC(max_queues,
		 "Most rings of a disk that are offered to a front (default: CPUs online)");

module_param_named(max_ring_pages, blkback_max_ring_pages, uint, 0444);
MODULE_PARM_DESC(max_ring_pages,
		 "Most pages of a ring, 1 to 64, rounded down to a power of two (default: 16)");

static int blkback_max_ring_page_order = -1;
module_param_named(max_ring_page_order, blkback_max_ring_page_order, int, 0444);
MODULE_PARM_DESC(max_ring_page_order,
		 "The same as the logarithm of max_ring_pages, which it overrides");

module_param_named(max_indirect_segments, blkback_max_indirect_segments, uint,
		   0444);
MODULE_PARM_DESC(max_indirect_segments,
		 "Most 4 KiB segments of one request, up to 4096; 11 or less: no indirect requests (default: 256)");

module_param_named(feature_persistent, blkback_feature_persistent, bool, 0644);
MODULE_PARM_DESC(feature_persistent,
		 "Keep the grants of a front mapped that reuses them (default: y)");

/* What rings have goes by it, theirs too that are at rest. */
static int blkback_main_set_kept(const char *val, const struct kernel_param *kp)
{
	int err = param_set_uint(val, kp);

	if (!err)
		blkback_map_look_all();
	return err;
}

static const struct kernel_param_ops blkback_main_kept_ops = {
	.set = blkback_main_set_kept,
	.get = param_get_uint,
};

module_param_cb(max_persistent_grants, &blkback_main_kept_ops,
		&blkback_max_persistent_grants, 0644);
__MODULE_PARM_TYPE(max_persistent_grants, "uint");
MODULE_PARM_DESC(max_persistent_grants,
		 "Most grants of a ring that stay mapped (default: 1056)");

module_param_cb(persistent_grant_unused_seconds, &blkback_main_kept_ops,
		&blkback_persistent_unused_seconds, 0644);
__MODULE_PARM_TYPE(persistent_grant_unused_seconds, "uint");
MODULE_PARM_DESC(persistent_grant_unused_seconds,
		 "Seconds after which an unused grant is unmapped; 0: never (default: 60)");

module_param_cb(max_buffer_pages, &blkback_main_kept_ops,
		&blkback_max_buffer_pages, 0644);
__MODULE_PARM_TYPE(max_buffer_pages, "uint");
MODULE_PARM_DESC(max_buffer_pages,
		 "Most free pages that a ring keeps to map grants into (default: 1024)");

module_param_named(max_copy_segments, blkback_max_copy_segments, uint, 0644);
MODULE_PARM_DESC(max_copy_segments,
		 "Most 4 KiB segments of a write whose data are copied rather than mapped, if its grants would not stay mapped; 0: never (default: 16)");

module_param_named(busy_poll_us, blkback_busy_poll_us, uint, 0644);
MODULE_PARM_DESC(busy_poll_us,
		 "Microseconds that a ring's thread looks for more before it sleeps, while requests come that fast and its CPU has nothing else to do (default: 0)");

module_param_named(cgroup_parent, blkback_cgroup_parent, charp, 0444);
MODULE_PARM_DESC(cgroup_parent,
		 "Cgroup below which a guest's I/O is done in the one that is named as the guest's number (default: none)");

/* What was asked for on the command line, made to fit, with a word about it. */
static void blkback_main_check_params(void)
{
	unsigned int asked = blkback_max_ring_pages;

	if (!blkback_max_queues)
		blkback_max_queues = num_online_cpus();

	if (blkback_max_ring_page_order >= 0)
		asked = 1U << min(blkback_max_ring_page_order,
				  BLKIF_MAX_RING_ORDER);
	blkback_max_ring_pages = blkif_fit_ring_pages(asked);
	if (blkback_max_ring_pages != asked)
		pr_notice("max_ring_pages %u is not a power of two from 1 to %u: %u it is\n",
			  asked, BLKIF_MAX_RING_PAGES, blkback_max_ring_pages);
	if (blkback_max_ring_page_order > BLKIF_MAX_RING_ORDER)
		pr_notice("max_ring_page_order %d is above %u: %u it is\n",
			  blkback_max_ring_page_order, BLKIF_MAX_RING_ORDER,
			  BLKIF_MAX_RING_ORDER);
	blkback_max_ring_page_order = ilog2(blkback_max_ring_pages);

	if (blkback_max_indirect_segments > BLKIF_MAX_INDIRECT_SEGS) {
		pr_notice("max_indirect_segments %u is above %u: %u it is\n",
			  blkback_max_indirect_segments,
			  BLKIF_MAX_INDIRECT_SEGS, BLKIF_MAX_INDIRECT_SEGS);
		blkback_max_indirect_segments = BLKIF_MAX_INDIRECT_SEGS;
	}
	if (blkback_max_indirect_segments <= BLKIF_MAX_SEGS)
		blkback_max_indirect_segments = 0;
}

static int __init blkback_main_init(void)
{
	int err;

	if (!xen_domain())
		return -ENODEV;
	blkback_main_check_params();

	err = blkback_req_setup();
	if (err)
		return err;
	err = blkback_dev_setup();
	if (err)
		goto out_req_teardown;
	blkback_debug_setup();
	err = blkback_uevent_start(blkback_dev_disk_changed);
	if (err)
		goto out_dev_teardown;
	err = blkback_xenbus_register();
	if (err)
		goto out_uevent_stop;
	return 0;

out_uevent_stop:
	blkback_uevent_stop();
out_dev_teardown:
	blkback_debug_teardown();
	blkback_dev_teardown();
out_req_teardown:
	blkback_req_teardown();
	return err;
}
module_init(blkback_main_init);

static void __exit blkback_main_exit(void)
{
	blkback_xenbus_unregister();
	blkback_uevent_stop();
	blkback_dev_teardown();
	blkback_debug_teardown();
	blkback_req_teardown();
}
module_exit(blkback_main_exit);

MODULE_DESCRIPTION("Xen block device backend driver");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1");
MODULE_ALIAS("xen-backend:vbd");
