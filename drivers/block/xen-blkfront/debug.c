// SPDX-License-Identifier: GPL-2.0-only
/*
 * What can be seen of a disk in debugfs: what was agreed upon, where each ring
 * is, what is in flight and for how long, and how long requests took. Reading
 * changes nothing and holds up no request.
 *
 * Layer: 5 (observation). Locks: dev->lock.
 */
#include <linux/blk-mq.h>
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include <xen/blkif-show.h>

#include "blkfront.h"

static struct dentry *blkfront_debug_root;

/* --- device: what was agreed upon --- */

static void blkfront_debug_dev_flags(struct seq_file *m, unsigned long flags)
{
	static const char * const name[] = {
		[BLKFRONT_DEV_GONE]		= "gone",
		[BLKFRONT_DEV_DEAD]		= "dead",
		[BLKFRONT_DEV_NO_FLUSH]		= "no_flush",
		[BLKFRONT_DEV_NO_DISCARD]	= "no_discard",
		[BLKFRONT_DEV_NO_SECURE]	= "no_secure",
		[BLKFRONT_DEV_RESUMED]		= "resumed",
	};

	blkif_show_flags(m, flags, name, ARRAY_SIZE(name));
}

static const char *blkfront_debug_state(enum blkfront_dev_state state)
{
	static const char * const name[] = {
		[BLKFRONT_DEV_CREATED]		= "created",
		[BLKFRONT_DEV_CONNECTING]	= "connecting",
		[BLKFRONT_DEV_CONNECTED]	= "connected",
		[BLKFRONT_DEV_FAILED]		= "failed",
		[BLKFRONT_DEV_CLOSED]		= "closed",
	};

	return state < ARRAY_SIZE(name) ? name[state] : "unknown";
}

static void blkfront_debug_geo(struct seq_file *m,
			       const struct blkfront_geo *geo)
{
	seq_printf(m, "sectors %llu\n", geo->nr_sectors);
	seq_printf(m, "block_size %u\n", geo->block_size);
	seq_printf(m, "physical_block_size %u\n", geo->phys_block_size);
	seq_printf(m, "max_segments %u\n", geo->max_segs);
	seq_printf(m, "max_sectors %u\n", geo->max_sectors);
	seq_printf(m, "persistent %u\n", geo->is_persistent);
	seq_printf(m, "flush %s\n",
		   geo->flush_op ? blkif_op_name(geo->flush_op) : "none");
	seq_printf(m, "discard_granularity %u\n", geo->discard_granularity);
	seq_printf(m, "secure_discard %u\n", geo->has_secure);
	seq_printf(m, "readonly %u\n", geo->is_readonly);
}

static int blkfront_debug_device_show(struct seq_file *m, void *unused)
{
	struct blkfront_dev *dev = m->private;

	mutex_lock(&dev->lock);
	seq_printf(m, "handle %u\n", dev->handle);
	seq_printf(m, "back_domid %u\n", dev->xbdev->otherend_id);
	seq_printf(m, "state %s\n", blkfront_debug_state(dev->state));
	seq_printf(m, "back_state %s\n",
		   xenbus_strstate(READ_ONCE(dev->back_state)));
	blkfront_debug_dev_flags(m, READ_ONCE(dev->flags));
	seq_printf(m, "held %u\n", dev->is_held);
	seq_printf(m, "trusted %u\n", dev->is_trusted);
	seq_printf(m, "rings %u\n", dev->nr_rings);
	seq_printf(m, "ring_pages %u\n", dev->config.ring_pages);
	seq_printf(m, "slots %u\n", dev->config.slots);
	if (dev->gd) {
		seq_printf(m, "queues %u\n", dev->tag_set.nr_hw_queues);
		seq_printf(m, "queue_depth %u\n", dev->tag_set.queue_depth);
		blkfront_debug_geo(m, &dev->geo);
	}
	if (dev->last_error)
		seq_printf(m, "last_error %d %s\n", dev->last_errno,
			   dev->last_error);
	mutex_unlock(&dev->lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(blkfront_debug_device);

/* --- rings: indices, pools, counters --- */

static void blkfront_debug_ring_flags(struct seq_file *m, unsigned long flags)
{
	static const char * const name[] = {
		[BLKFRONT_RING_BROKEN]	= "broken",
		[BLKFRONT_RING_FULL]	= "full",
		[BLKFRONT_RING_LATE]	= "late",
		[BLKFRONT_RING_UNANSWERED] = "unanswered",
	};

	blkif_show_flags(m, flags, name, ARRAY_SIZE(name));
}

static void blkfront_debug_indices(struct seq_file *m,
				   const struct blkfront_ring *ring)
{
	struct blkfront_indices at;

	blkfront_ring_look(ring, &at);
	seq_printf(m, "req_prod %u\n", at.req_prod);
	seq_printf(m, "req_event %u\n", at.req_event);
	seq_printf(m, "rsp_prod %u\n", at.rsp_prod);
	seq_printf(m, "rsp_event %u\n", at.rsp_event);
	seq_printf(m, "req_prod_private %u\n", at.pushed);
	seq_printf(m, "rsp_cons %u\n", at.rsp_cons);
	seq_printf(m, "in_flight %u\n", at.pushed - at.rsp_cons);
}

static void blkfront_debug_ring(struct seq_file *m,
				const struct blkfront_ring *ring)
{
	const struct blkfront_failure *last = &ring->last_failure;
	const struct blkfront_stats *stats = &ring->stats;

	seq_printf(m, "ring %u\n", ring->index);
	seq_printf(m, "name %s\n", ring->name);
	seq_printf(m, "irq %d\n", ring->irq);
	blkfront_debug_ring_flags(m, READ_ONCE(ring->flags));
	blkfront_debug_indices(m, ring);
	seq_printf(m, "grants %u\n", READ_ONCE(ring->nr_grants));
	seq_printf(m, "grants_free %u\n", READ_ONCE(ring->nr_free));
	seq_printf(m, "pages_free %u\n", READ_ONCE(ring->nr_pages_free));
	seq_printf(m, "pages_out %u\n", READ_ONCE(ring->nr_pages_out));
	seq_printf(m, "kicked %llu\n", READ_ONCE(stats->kicked));
	seq_printf(m, "notified %llu\n", READ_ONCE(stats->notified));
	seq_printf(m, "delayed %llu\n", READ_ONCE(stats->delayed));
	seq_printf(m, "expired %llu\n", READ_ONCE(stats->expired));
	seq_printf(m, "no_grant %llu\n", READ_ONCE(stats->no_grant));
	seq_printf(m, "no_memory %llu\n", READ_ONCE(stats->no_memory));
	seq_printf(m, "no_slot %llu\n", READ_ONCE(stats->no_slot));
	seq_printf(m, "no_page %llu\n", READ_ONCE(stats->no_page));
	seq_printf(m, "failed %llu\n", READ_ONCE(stats->failed));
	blkif_show_last(m, "failure", READ_ONCE(last->status), last->op,
			last->id, last->sector, last->when);
	if (test_bit(BLKFRONT_RING_BROKEN, &ring->flags))
		seq_printf(m, "broken %s (%llu)\n",
			   READ_ONCE(ring->broken_why) ?: "just now",
			   READ_ONCE(ring->broken_what));
}

static int blkfront_debug_rings_show(struct seq_file *m, void *unused)
{
	struct blkfront_dev *dev = m->private;
	u32 i;

	mutex_lock(&dev->lock);
	for (i = 0; i < dev->nr_rings; i++)
		blkfront_debug_ring(m, &dev->rings[i]);
	mutex_unlock(&dev->lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(blkfront_debug_rings);

/* --- requests: what is in flight --- */

static const char *blkfront_debug_req_state(u8 state)
{
	static const char * const name[] = {
		[BLKFRONT_REQ_IDLE]		= "idle",
		[BLKFRONT_REQ_SUBMITTED]	= "submitted",
		[BLKFRONT_REQ_LATE]		= "late",
		[BLKFRONT_REQ_ANSWERED]		= "answered",
		[BLKFRONT_REQ_AGAIN]		= "again",
	};

	return state < ARRAY_SIZE(name) ? name[state] : "unknown";
}

static bool blkfront_debug_request(struct request *rq, void *data)
{
	const struct blkfront_req *req = blk_mq_rq_to_pdu(rq);
	u32 queue = rq->mq_hctx->queue_num;
	struct seq_file *m = data;
	struct blkfront_dev *dev = m->private;
	u64 age = blkfront_queue_age(rq, ktime_get_ns());

	seq_printf(m, "%u %llu %s %llu %u %u %s %llu\n", queue,
		   ((u64)queue << dev->tag_shift) + rq->tag,
		   blkif_op_name(data_race(req->op)), (u64)blk_rq_pos(rq),
		   data_race(req->nr_bytes) >> BLKIF_SECTOR_SHIFT,
		   data_race(req->nr_segs),
		   blkfront_debug_req_state(READ_ONCE(req->state)),
		   div_u64(age, NSEC_PER_USEC));
	return true;
}

/* The block layer's list of requests takes no lock of the flow. */
static int blkfront_debug_requests_show(struct seq_file *m, void *unused)
{
	struct blkfront_dev *dev = m->private;

	seq_puts(m, "# queue id op sector sectors segs state age_us\n");
	mutex_lock(&dev->lock);
	if (dev->gd)
		blk_mq_tagset_busy_iter(&dev->tag_set, blkfront_debug_request,
					m);
	mutex_unlock(&dev->lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(blkfront_debug_requests);

/* --- latency: how long they took --- */

static int blkfront_debug_latency_show(struct seq_file *m, void *unused)
{
	struct blkfront_dev *dev = m->private;
	char name[16];
	u32 i;

	seq_puts(m, BLKIF_SHOW_HIST);
	mutex_lock(&dev->lock);
	for (i = 0; i < dev->nr_rings; i++) {
		snprintf(name, sizeof(name), "%u", i);
		blkif_show_hists(m, name, dev->rings[i].hist,
				 ARRAY_SIZE(dev->rings[i].hist));
	}
	mutex_unlock(&dev->lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(blkfront_debug_latency);

/* --- where the files are --- */

/**
 * blkfront_debug_add() - show a device
 * @dev: the device; whoever destroys it takes its directory away
 *
 * Two devices may claim the same disk (xvda and hda): only one of them gets it,
 * and the other one is shown by its number.
 *
 * Context: Process.
 */
void blkfront_debug_add(struct blkfront_dev *dev)
{
	struct dentry *dir = debugfs_lookup(dev->vdev.name, blkfront_debug_root);
	char name[sizeof(dev->vdev.name) + 12];

	strscpy(name, dev->vdev.name);
	if (!IS_ERR_OR_NULL(dir)) {
		dput(dir);
		snprintf(name, sizeof(name), "%s-%u", dev->vdev.name,
			 dev->handle);
	}
	dir = debugfs_create_dir(name, blkfront_debug_root);
	debugfs_create_file("device", 0400, dir, dev,
			    &blkfront_debug_device_fops);
	debugfs_create_file("rings", 0400, dir, dev,
			    &blkfront_debug_rings_fops);
	debugfs_create_file("requests", 0400, dir, dev,
			    &blkfront_debug_requests_fops);
	debugfs_create_file("latency", 0400, dir, dev,
			    &blkfront_debug_latency_fops);
	dev->debugfs = dir;
}

/**
 * blkfront_debug_setup() - once, when the module comes
 *
 * Context: Process.
 */
void blkfront_debug_setup(void)
{
	blkfront_debug_root = debugfs_create_dir("xen-blkfront", NULL);
}

/**
 * blkfront_debug_teardown() - once, when the module goes
 *
 * Context: Process; no device is left.
 */
void blkfront_debug_teardown(void)
{
	debugfs_remove(blkfront_debug_root);
}
