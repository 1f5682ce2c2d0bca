// SPDX-License-Identifier: GPL-2.0-only
/*
 * What can be seen of a device in debugfs: what was agreed upon, where each ring
 * is, what is in flight and for how long, and how long requests took. Reading
 * changes nothing and holds up no request: rings are looked at under stat_lock,
 * which only connecting and disconnecting wait for.
 *
 * Layer: 5 (observation). Locks: stat_lock.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include <xen/blkif-show.h>

#include "blkback.h"

static struct dentry *blkback_debug_root;

/* --- device: what was agreed upon --- */

static const char *blkback_debug_state(enum blkback_dev_state state)
{
	static const char * const name[] = {
		[BLKBACK_DEV_CREATED]	= "created",
		[BLKBACK_DEV_OFFERED]	= "offered",
		[BLKBACK_DEV_CONNECTED]	= "connected",
		[BLKBACK_DEV_CLOSED]	= "closed",
	};

	return state < ARRAY_SIZE(name) ? name[state] : "unknown";
}

static void blkback_debug_disk(struct seq_file *m,
			       const struct blkback_dev *dev)
{
	const struct blkback_disk *disk = &dev->disk;
	const struct blkback_geo *geo = &disk->geo;

	seq_printf(m, "physical_device %x:%x\n", disk->major, disk->minor);
	seq_printf(m, "mode %s\n", dev->policy.mode);
	seq_printf(m, "sectors %llu\n", geo->nr_sectors);
	seq_printf(m, "block_size %u\n", disk->block_size);
	seq_printf(m, "physical_block_size %u\n", disk->phys_block_size);
	seq_printf(m, "flush %u\n", geo->has_flush);
	seq_printf(m, "barrier %u\n", geo->has_barrier);
	seq_printf(m, "discard %u\n", geo->has_discard);
	seq_printf(m, "secure_discard %u\n", geo->has_secure);
}

static void blkback_debug_config(struct seq_file *m,
				 const struct blkback_dev *dev)
{
	const struct blkback_config *config = &dev->config;
	const struct blkback_offer *offer = &dev->offer;

	seq_printf(m, "offered_rings %u\n", offer->max_queues);
	seq_printf(m, "offered_ring_pages %u\n", 1U << offer->max_ring_order);
	seq_printf(m, "offered_indirect %u\n", offer->max_indirect);
	seq_printf(m, "offered_persistent %u\n", offer->has_persistent);
	seq_printf(m, "rings %u\n", config->nr_rings);
	seq_printf(m, "ring_pages %u\n", config->ring_pages);
	seq_printf(m, "slots %u\n", config->slots);
	seq_printf(m, "slot_size %u\n",
		   blkback_abi_get(config->abi)->slot_size);
	seq_printf(m, "indirect %u\n", config->max_indirect);
	seq_printf(m, "persistent %u\n", config->is_persistent);
	if (config->has_max_persistent)
		seq_printf(m, "max_persistent_grants %u\n",
			   config->max_persistent);
	if (config->has_max_copy)
		seq_printf(m, "max_copy_segments %u\n", config->max_copy);
	if (config->has_busy_poll)
		seq_printf(m, "busy_poll_us %u\n", config->busy_poll_us);
}

static int blkback_debug_device_show(struct seq_file *m, void *unused)
{
	struct blkback_dev *dev = m->private;

	mutex_lock(&dev->stat_lock);
	seq_printf(m, "domid %u\n", dev->xbdev->otherend_id);
	seq_printf(m, "front %s\n", dev->front_dir);
	seq_printf(m, "state %s\n", blkback_debug_state(READ_ONCE(dev->state)));
	seq_printf(m, "front_state %s\n",
		   xenbus_strstate(READ_ONCE(dev->front_state)));
	seq_printf(m, "gone %u\n", test_bit(BLKBACK_DEV_GONE, &dev->flags));
	blkback_debug_disk(m, dev);
	if (dev->rings)
		blkback_debug_config(m, dev);
	if (dev->last_error)
		seq_printf(m, "last_error %d %s\n", dev->last_errno,
			   dev->last_error);
	mutex_unlock(&dev->stat_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(blkback_debug_device);

/* --- rings: indices, pools, counters --- */

static void blkback_debug_flags(struct seq_file *m, unsigned long flags)
{
	static const char * const name[] = {
		[BLKBACK_RING_EVENT]	= "event",
		[BLKBACK_RING_EOI_DUE]	= "eoi_due",
		[BLKBACK_RING_BROKEN]	= "broken",
		[BLKBACK_RING_STARVED]	= "starved",
		[BLKBACK_RING_REAPING]	= "reaping",
		[BLKBACK_RING_SQUEEZE]	= "squeeze",
		[BLKBACK_RING_PARK]	= "park",
		[BLKBACK_RING_PARKED]	= "parked",
		[BLKBACK_RING_REJOIN]	= "rejoin",
		[BLKBACK_RING_SHRINK]	= "shrink",
		[BLKBACK_RING_RECLAIM]	= "reclaim",
		[BLKBACK_RING_STOP]	= "stop",
	};

	blkif_show_flags(m, flags, name, ARRAY_SIZE(name));
}

static void blkback_debug_indices(struct seq_file *m,
				  const struct blkback_ring *ring)
{
	struct blkback_indices at;

	blkback_ring_look(ring, &at);
	seq_printf(m, "req_prod %u\n", at.req_prod);
	seq_printf(m, "req_event %u\n", at.req_event);
	seq_printf(m, "req_cons %u\n", at.req_cons);
	seq_printf(m, "rsp_prod %u\n", at.rsp_prod);
	seq_printf(m, "rsp_event %u\n", at.rsp_event);
	seq_printf(m, "rsp_prod_private %u\n", at.answers);
	seq_printf(m, "waiting %d\n", at.req_prod - at.req_cons);
	seq_printf(m, "unanswered %u\n", at.req_cons - at.answers);
}

static void blkback_debug_stats(struct seq_file *m,
				const struct blkback_stats *stats)
{
	seq_printf(m, "rd_req %llu\n", READ_ONCE(stats->rd_req));
	seq_printf(m, "wr_req %llu\n", READ_ONCE(stats->wr_req));
	seq_printf(m, "f_req %llu\n", READ_ONCE(stats->f_req));
	seq_printf(m, "ds_req %llu\n", READ_ONCE(stats->ds_req));
	seq_printf(m, "rd_sect %llu\n", READ_ONCE(stats->rd_sect));
	seq_printf(m, "wr_sect %llu\n", READ_ONCE(stats->wr_sect));
	seq_printf(m, "oo_req %llu\n", READ_ONCE(stats->oo_req));
	seq_printf(m, "bad_req %llu\n", READ_ONCE(stats->bad_req));
	seq_printf(m, "err_req %llu\n", READ_ONCE(stats->err_req));
}

static void blkback_debug_tally(struct seq_file *m,
				const struct blkback_tally *tally)
{
	seq_printf(m, "passes %llu\n", READ_ONCE(tally->passes));
	seq_printf(m, "rounds %llu\n", READ_ONCE(tally->rounds));
	seq_printf(m, "notified %llu\n", READ_ONCE(tally->notified));
	seq_printf(m, "grants_found %llu\n", READ_ONCE(tally->found));
	seq_printf(m, "grants_mapped %llu\n", READ_ONCE(tally->mapped));
	seq_printf(m, "grants_unmapped %llu\n", READ_ONCE(tally->unmapped));
	seq_printf(m, "grants_copied %llu\n", READ_ONCE(tally->copied));
	seq_printf(m, "bad_grant %llu\n", READ_ONCE(tally->bad_grant));
	seq_printf(m, "no_maptrack %llu\n", READ_ONCE(tally->no_maptrack));
	seq_printf(m, "no_share %llu\n", READ_ONCE(tally->no_share));
	seq_printf(m, "no_page %llu\n", READ_ONCE(tally->no_page));
	seq_printf(m, "no_room %llu\n", READ_ONCE(tally->no_room));
	seq_printf(m, "no_memory %llu\n", READ_ONCE(tally->no_memory));
	seq_printf(m, "polls %llu\n", READ_ONCE(tally->polls));
	seq_printf(m, "poll_hits %llu\n", READ_ONCE(tally->poll_hits));
	seq_printf(m, "held %llu\n", READ_ONCE(tally->held));
}

static void blkback_debug_pools(struct seq_file *m,
				const struct blkback_ring *ring)
{
	const struct blkback_tally *tally = &ring->tally;
	u64 gone = READ_ONCE(tally->unmapped) + READ_ONCE(tally->stayed);

	seq_printf(m, "requests %u\n", READ_ONCE(ring->nr_reqs));
	seq_printf(m, "grants_kept %u\n", READ_ONCE(ring->cache.nr));
	seq_printf(m, "grants_lent %lld\n", READ_ONCE(tally->mapped) - gone);
	seq_printf(m, "pages_spare %u\n", READ_ONCE(ring->pages.num_pages));
	seq_printf(m, "pages_spare_copy %u\n",
		   READ_ONCE(ring->nr_copy_pages));
}

static void blkback_debug_last(struct seq_file *m, const char *what,
			       const struct blkback_refusal *last)
{
	blkif_show_last(m, what, READ_ONCE(last->error), last->op, last->id,
			last->sector, last->when);
}

static void blkback_debug_faults(struct seq_file *m,
				 const struct blkback_ring *ring)
{
	if (test_bit(BLKBACK_RING_BROKEN, &ring->flags))
		seq_printf(m, "broken front's request index %u cannot be true\n",
			   ring->bad_prod);
	blkback_debug_last(m, "refusal", &ring->last_refusal);
	blkback_debug_last(m, "failure", &ring->last_failure);
}

static int blkback_debug_rings_show(struct seq_file *m, void *unused)
{
	struct blkback_dev *dev = m->private;
	u32 i;

	mutex_lock(&dev->stat_lock);
	for (i = 0; i < dev->nr_rings; i++) {
		const struct blkback_ring *ring = &dev->rings[i];

		seq_printf(m, "ring %u\n", i);
		seq_printf(m, "name %s\n", ring->name);
		seq_printf(m, "irq %d\n", ring->irq);
		blkback_debug_flags(m, READ_ONCE(ring->flags));
		blkback_debug_indices(m, ring);
		blkback_debug_pools(m, ring);
		blkback_debug_stats(m, &ring->stats);
		blkback_debug_tally(m, &ring->tally);
		blkback_debug_faults(m, ring);
	}
	/* What earlier connections left, so that nothing is ever lost. */
	seq_puts(m, "ring past\n");
	blkback_debug_stats(m, &dev->past);
	blkback_debug_tally(m, &dev->past_tally);
	mutex_unlock(&dev->stat_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(blkback_debug_rings);

/* --- requests: what is in flight --- */

static int blkback_debug_requests_show(struct seq_file *m, void *unused)
{
	struct blkback_dev *dev = m->private;
	const struct blkback_req *req;
	struct blkback_glance glance;
	u64 now = ktime_get_ns();
	u32 i;

	seq_puts(m, "# ring id op sector sectors segs state age_us\n");
	mutex_lock(&dev->stat_lock);
	for (i = 0; i < dev->nr_rings; i++)
		llist_for_each_entry(req, READ_ONCE(dev->rings[i].all.first),
				     all) {
			if (!blkback_req_look(req, now, &glance))
				continue;
			seq_printf(m, "%u %llu %s %llu %llu %u %s %llu\n", i,
				   glance.id, blkif_op_name(glance.op),
				   glance.sector, glance.nr_sectors,
				   glance.nr_segs,
				   blkback_req_state_name(glance.state),
				   div_u64(glance.age, NSEC_PER_USEC));
		}
	mutex_unlock(&dev->stat_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(blkback_debug_requests);

/* --- latency: how long they took --- */

static int blkback_debug_latency_show(struct seq_file *m, void *unused)
{
	struct blkback_dev *dev = m->private;
	char name[16];
	u32 i;

	seq_puts(m, BLKIF_SHOW_HIST);
	mutex_lock(&dev->stat_lock);
	for (i = 0; i < dev->nr_rings; i++) {
		snprintf(name, sizeof(name), "%u", i);
		blkif_show_hists(m, name, dev->rings[i].tally.hist,
				 ARRAY_SIZE(dev->rings[i].tally.hist));
	}
	blkif_show_hists(m, "past", dev->past_tally.hist,
			 ARRAY_SIZE(dev->past_tally.hist));
	mutex_unlock(&dev->stat_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(blkback_debug_latency);

/* --- where the files are --- */

static void blkback_debug_fill(struct blkback_dev *dev, const char *name)
{
	struct dentry *dir = debugfs_create_dir(name, blkback_debug_root);

	debugfs_create_file("device", 0400, dir, dev, &blkback_debug_device_fops);
	debugfs_create_file("rings", 0400, dir, dev, &blkback_debug_rings_fops);
	debugfs_create_file("requests", 0400, dir, dev,
			    &blkback_debug_requests_fops);
	debugfs_create_file("latency", 0400, dir, dev,
			    &blkback_debug_latency_fops);
	dev->debugfs = dir;
}

/**
 * blkback_debug_add() - show a device
 * @dev: the device; whoever destroys it takes its directory away
 *
 * Context: Process.
 */
void blkback_debug_add(struct blkback_dev *dev)
{
	blkback_debug_fill(dev, dev_name(&dev->xbdev->dev));
}

/**
 * blkback_debug_gone() - the bus takes a device away
 * @dev: the device; it may live on for what is in flight
 *
 * What holds it can be seen still, under a name that leaves room for a new device
 * of the same name.
 *
 * Context: Process, sleeps; waits for who reads.
 */
void blkback_debug_gone(struct blkback_dev *dev)
{
	static atomic_t serial;
	char name[64];

	debugfs_remove(dev->debugfs);
	snprintf(name, sizeof(name), "%s-gone-%d", dev_name(&dev->xbdev->dev),
		 atomic_inc_return(&serial));
	blkback_debug_fill(dev, name);
}

/**
 * blkback_debug_setup() - once, when the module comes
 *
 * Context: Process.
 */
void blkback_debug_setup(void)
{
	blkback_debug_root = debugfs_create_dir("xen-blkback", NULL);
}

/**
 * blkback_debug_teardown() - once, when the module goes
 *
 * Context: Process; no device is left.
 */
void blkback_debug_teardown(void)
{
	debugfs_remove(blkback_debug_root);
}
