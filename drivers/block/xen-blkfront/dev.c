// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of one virtual disk: connecting, connected, closed. Steps that may
 * wait run in the device's work item, which looks at what the back wants; rings
 * are made in the callback. remove waits for the work, but not for the back: what
 * is in flight then fails.
 *
 * Layer: 4 (life). Locks: dev->lock, not held while the disk does I/O.
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/major.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include <xen/platform_pci.h>
#include <xen/xen.h>
#include <xen/xenbus.h>

#include "blkfront.h"

/*
 * Pages of all rings of a disk, if nobody says how many a ring may have: slots for
 * no more requests than the back keeps grants mapped, by default.
 */
#define BLKFRONT_RING_BUDGET	32

/* how long a back that wants to go has to answer what is in flight */
#define BLKFRONT_CLOSE_MS	5000

/* how long all disks together have to come to rest, before the guest is suspended */
#define BLKFRONT_SUSPEND_MS	5000

/*
 * More than a write takes from asking whether there is a cache to its queue, but for one
 * that a cgroup holds back, or a queue without tags, for longer.
 */
#define BLKFRONT_UNSAFE_SECS	30

unsigned int blkfront_max_queues = 4;
unsigned int blkfront_poll_queues;
unsigned int blkfront_max_ring_pages;
unsigned int blkfront_max_indirect_segments = 256;
bool blkfront_feature_persistent = true;
bool blkfront_trusted = true;

static struct workqueue_struct *blkfront_dev_wq;

/* jiffies that disks took of that; the xenwatch thread's, but for who sets it to 0 */
static unsigned long blkfront_dev_settled;

/* where each state may lead: the moves of lifecycle.rst */
static const u8 blkfront_dev_moves[] = {
	[BLKFRONT_DEV_CREATED] = BIT(BLKFRONT_DEV_CREATED) |
				 BIT(BLKFRONT_DEV_CONNECTING) |
				 BIT(BLKFRONT_DEV_FAILED) |
				 BIT(BLKFRONT_DEV_CLOSED),
	[BLKFRONT_DEV_CONNECTING] = BIT(BLKFRONT_DEV_CREATED) |
				    BIT(BLKFRONT_DEV_CONNECTED) |
				    BIT(BLKFRONT_DEV_FAILED) |
				    BIT(BLKFRONT_DEV_CLOSED),
	[BLKFRONT_DEV_CONNECTED] = BIT(BLKFRONT_DEV_CREATED) |
				   BIT(BLKFRONT_DEV_CLOSED),
	[BLKFRONT_DEV_FAILED] = BIT(BLKFRONT_DEV_CREATED) |
				BIT(BLKFRONT_DEV_CLOSED),
	[BLKFRONT_DEV_CLOSED] = BIT(BLKFRONT_DEV_CREATED),
};

static void blkfront_dev_set_state(struct blkfront_dev *dev,
				   enum blkfront_dev_state state)
{
	lockdep_assert_held(&dev->lock);
	WARN_ON_ONCE(!(blkfront_dev_moves[dev->state] & BIT(state)));
	dev->state = state;
}

/* --- connect and disconnect --- */

static void blkfront_dev_disconnect(struct blkfront_dev *dev)
{
	u32 i;

	for (i = 0; i < dev->nr_rings; i++) {
		blkfront_ring_unbind(&dev->rings[i]);
		blkfront_hold_take(&dev->rings[i]);
		blkfront_ring_disconnect(&dev->rings[i]);
		blkfront_grant_exit(&dev->rings[i]);
	}
	kvfree(dev->rings);
	dev->rings = NULL;
	dev->nr_rings = 0;
}

static int blkfront_dev_connect_rings(struct blkfront_dev *dev)
{
	struct blkfront_ring *ring;
	int err = 0;

	dev->rings = kvcalloc(dev->config.nr_rings, sizeof(*dev->rings),
			      GFP_NOIO);
	if (!dev->rings)
		return -ENOMEM;

	while (dev->nr_rings < dev->config.nr_rings && !err) {
		ring = &dev->rings[dev->nr_rings];
		ring->dev = dev;
		ring->index = dev->nr_rings++;
		snprintf(ring->name, sizeof(ring->name), "blkif-%s-%u",
			 dev->vdev.name, ring->index);
		err = blkfront_grant_init(ring);
		if (!err)
			err = blkfront_ring_connect(ring, dev->config.ring_pages,
						    blkfront_queue_answers);
	}
	if (err)
		blkfront_dev_disconnect(dev);
	return err;
}

static void blkfront_dev_allow(struct blkfront_allow *allow)
{
	*allow = (struct blkfront_allow) {
		.max_queues = min(blkfront_max_queues, num_online_cpus()),
		.max_polled = min(blkfront_poll_queues, num_online_cpus()),
		.max_ring_order = blkfront_max_ring_pages ?
				  ilog2(blkfront_max_ring_pages) :
				  BLKIF_MAX_RING_ORDER,
		.ring_budget = blkfront_max_ring_pages ?
			       0 : BLKFRONT_RING_BUDGET,
		.max_indirect = blkfront_max_indirect_segments,
		.page_sectors = PAGE_SECTORS,
		.has_persistent = READ_ONCE(blkfront_feature_persistent),
	};
}

/*
 * It cannot go on, and the reason was told: only the back's going, or another
 * back after a suspend, leads on from here. Who has a disk already does not ask
 * to be closed: what is held would fail, and the next back may be a right one.
 */
static void blkfront_dev_failed(struct blkfront_dev *dev)
{
	blkfront_dev_set_state(dev, BLKFRONT_DEV_FAILED);
	if (!dev->gd)
		xenbus_switch_state(dev->xbdev, XenbusStateClosing);
}

/*
 * What we allow and what the back offers; after a suspend the disk's queues
 * are there already, and more rings than of them are of no use.
 */
static int blkfront_dev_negotiate(struct blkfront_dev *dev)
{
	struct blkfront_offer offer;
	int err;

	err = blkfront_store_read_offer(dev, &offer);
	if (err)
		return err;
	blkfront_dev_allow(&dev->allow);
	if (dev->gd) {
		dev->allow.max_queues = dev->tag_set.nr_hw_queues;
		dev->allow.max_polled = 0;
	}
	dev->is_trusted = READ_ONCE(blkfront_trusted) &&
			  blkfront_store_is_trusted(dev);
	blkfront_limits_connect(&dev->allow, &offer, &dev->config);
	return 0;
}

/* The back has said what it offers: rings, and tell it where they are. */
static void blkfront_dev_connect(struct blkfront_dev *dev)
{
	int err;

	if (blkfront_dev_negotiate(dev)) {
		blkfront_dev_failed(dev);
		return;
	}

	err = blkfront_dev_connect_rings(dev);
	if (err) {
		blkfront_store_error(dev, err,
				     "connecting %u ring(s) of %u page(s)",
				     dev->config.nr_rings,
				     dev->config.ring_pages);
		blkfront_dev_failed(dev);
		return;
	}
	err = blkfront_store_write_rings(dev);
	if (err) {
		blkfront_dev_disconnect(dev);
		blkfront_store_error(dev, err, "publishing the rings");
		blkfront_dev_failed(dev);
		return;
	}
	blkfront_dev_set_state(dev, BLKFRONT_DEV_CONNECTING);
	/* The time that a back of before had left is not this one's. */
	cancel_delayed_work(&dev->fail_work);
	xenbus_switch_state(dev->xbdev, XenbusStateInitialised);
}

/* Not under the lock, either: it waits for what is in flight. */
static void blkfront_dev_drop(struct blkfront_dev *dev)
{
	mutex_unlock(&dev->lock);
	blkfront_disk_drop(dev);
	mutex_lock(&dev->lock);
}

static int blkfront_dev_read_geo(struct blkfront_dev *dev,
				 struct blkfront_geo *geo)
{
	struct blkfront_props props;
	struct blkif_refusal why;
	int err;

	err = blkfront_store_read_props(dev, &props);
	if (err)
		return err;
	err = blkfront_limits_disk(&dev->allow, &props, geo, &why);
	if (err)
		blkfront_store_error(dev, err,
				     "%s/%s is %llu: no disk can be like that",
				     dev->xbdev->otherend, why.key, why.value);
	return err;
}

/* The lock is dropped for what reads the disk: it must not keep remove out. */
static void blkfront_dev_add_disk(struct blkfront_dev *dev)
{
	int err;

	mutex_unlock(&dev->lock);
	err = blkfront_disk_add(dev);
	mutex_lock(&dev->lock);
	if (err) {
		blkfront_store_error(dev, err, "adding disk %s",
				     dev->vdev.name);
		xenbus_switch_state(dev->xbdev, XenbusStateClosing);
	} else {
		dev_info(&dev->xbdev->dev,
			 "%s: %u ring(s)%s of %u page(s), up to %u KiB a request, %s%s%s%s\n",
			 dev->vdev.name, dev->nr_rings,
			 dev->nr_polled ? ", some polled," : "",
			 dev->config.ring_pages, dev->geo.max_sectors / 2,
			 dev->geo.is_persistent ? "persistent grants" :
						  "grants per request",
			 dev->is_trusted ? "" : ", untrusted back",
			 dev->geo.flush_op == BLKIF_OP_WRITE_BARRIER ?
			 ", flush by barrier" :
			 dev->geo.flush_op ? ", flush" : "",
			 dev->geo.is_readonly ? ", read-only" : "");
	}
}

/* The queues may use the rings. */
static void blkfront_dev_bind(struct blkfront_dev *dev)
{
	u32 i;

	for (i = 0; i < dev->nr_rings; i++)
		blkfront_grant_reserve(&dev->rings[i]);
	blkfront_queue_bind(dev);
}

/* Back after a suspend. The disk stayed, and with it what it promised. */
static void blkfront_dev_reconnected(struct blkfront_dev *dev,
				     const struct blkfront_geo *geo)
{
	if (geo->block_size != dev->geo.block_size) {
		blkfront_store_error(dev, -EINVAL,
				     "this back's blocks are %u bytes, the disk's are %u",
				     geo->block_size, dev->geo.block_size);
		blkfront_dev_failed(dev);
		return;
	}
	/* What was made for larger requests goes in parts from now on. */
	dev->geo = *geo;
	blkfront_dev_set_state(dev, BLKFRONT_DEV_CONNECTED);
	blkfront_dev_bind(dev);
	xenbus_switch_state(dev->xbdev, XenbusStateConnected);
	/* Whoever wrote, or writes just now, had no reason to ask for a flush. */
	if (!geo->flush_op)
		WRITE_ONCE(dev->unsafe_end, 0);
	else if (!blkfront_disk_has_cache(dev))
		WRITE_ONCE(dev->unsafe_end, U64_MAX);
	blkfront_queue_release_all(dev);
	/*
	 * Whoever sets one of the disk's limits just now waits for what was held,
	 * and we for them: not before it goes on, nor under the lock.
	 */
	mutex_unlock(&dev->lock);
	blkfront_disk_update(dev, geo);
	if (READ_ONCE(dev->unsafe_end) == U64_MAX && blkfront_disk_has_cache(dev))
		WRITE_ONCE(dev->unsafe_end, ktime_get_ns() +
			   (u64)BLKFRONT_UNSAFE_SECS * NSEC_PER_SEC);
	mutex_lock(&dev->lock);
	blkfront_disk_resize(dev);
}

/* The back has said what its disk is: show it, or go on with it. */
static void blkfront_dev_connected(struct blkfront_dev *dev)
{
	struct blkfront_geo geo;
	int err;

	if (blkfront_dev_read_geo(dev, &geo)) {
		blkfront_dev_failed(dev);
		return;
	}
	if (dev->gd) {
		blkfront_dev_reconnected(dev, &geo);
		return;
	}
	dev->geo = geo;
	err = blkfront_disk_create(dev, &blkfront_queue_ops);
	if (err) {
		blkfront_store_error(dev, err, "creating disk %s",
				     dev->vdev.name);
		blkfront_dev_failed(dev);
		return;
	}
	blkfront_dev_bind(dev);
	blkfront_dev_set_state(dev, BLKFRONT_DEV_CONNECTED);
	xenbus_switch_state(dev->xbdev, XenbusStateConnected);
	blkfront_dev_add_disk(dev);
}

/*
 * Of all it says again, only the size may be another than before. Programs are told of
 * each, and so of no more than one a second.
 */
static void blkfront_dev_resize(struct blkfront_dev *dev)
{
	struct blkfront_geo geo;

	if (time_in_range(jiffies, dev->resized, dev->resized + HZ - 1)) {
		queue_delayed_work(dev->wq, &dev->again_work, HZ);
		return;
	}
	if (blkfront_dev_read_geo(dev, &geo) ||
	    geo.nr_sectors == dev->geo.nr_sectors)
		return;
	dev->resized = jiffies;
	dev->geo.nr_sectors = geo.nr_sectors;
	blkfront_disk_resize(dev);
}

static void blkfront_dev_again_work(struct work_struct *work)
{
	struct blkfront_dev *dev = container_of(to_delayed_work(work),
						struct blkfront_dev, again_work);

	queue_work(dev->wq, &dev->work);
}

/* --- close --- */

/* What the back has still to answer gets some time, whatever it says meanwhile. */
static void blkfront_dev_drain(struct blkfront_dev *dev)
{
	unsigned long end = jiffies + msecs_to_jiffies(BLKFRONT_CLOSE_MS);

	while (blk_mq_queue_inflight(dev->gd->queue) &&
	       !test_bit(BLKFRONT_DEV_DEAD, &dev->flags) &&
	       time_before(jiffies, end))
		msleep(20);
}

/* Does the back want to go, or has it gone? */
static bool blkfront_dev_back_goes(const struct blkfront_dev *dev)
{
	enum xenbus_state state = READ_ONCE(dev->back_state);

	return state == XenbusStateClosing || state == XenbusStateClosed;
}

/* Of what the back lied, where it can be seen without the log. */
static void blkfront_dev_note_broken(struct blkfront_dev *dev)
{
	char *text;
	u32 i;

	for (i = 0; i < dev->nr_rings; i++) {
		const struct blkfront_ring *ring = &dev->rings[i];

		if (!test_bit(BLKFRONT_RING_BROKEN, &ring->flags) ||
		    !READ_ONCE(ring->broken_why))
			continue;
		text = kasprintf(GFP_NOIO, "%s: bad response (%llu): %s",
				 ring->name, ring->broken_what,
				 ring->broken_why);
		blkfront_store_note(dev, -EPROTO, text);
		kfree(text);
		return;
	}
}

/*
 * The back lies, or wants to go and had its time: what waits for it fails. Apart
 * from the other work, which may be what waits.
 */
static void blkfront_dev_fail_work(struct work_struct *work)
{
	struct blkfront_dev *dev = container_of(to_delayed_work(work),
						struct blkfront_dev, fail_work);

	mutex_lock(&dev->lock);
	/* Not because of a back of before, which was closed when we came. */
	if (dev->state != BLKFRONT_DEV_CREATED &&
	    (test_bit(BLKFRONT_DEV_DEAD, &dev->flags) ||
	     blkfront_dev_back_goes(dev))) {
		set_bit(BLKFRONT_DEV_DEAD, &dev->flags);
		blkfront_queue_fail_all(dev);
		blkfront_dev_note_broken(dev);
	}
	mutex_unlock(&dev->lock);
}

/* The back wants to go. Openers and file systems see errors from here on. */
static void blkfront_dev_close(struct blkfront_dev *dev)
{
	if (dev->gd) {
		/* Held, it is no back's to answer; and what follows waits for it. */
		if (dev->is_held) {
			set_bit(BLKFRONT_DEV_DEAD, &dev->flags);
			blkfront_queue_fail_all(dev);
		}
		mutex_unlock(&dev->lock);
		if (dev->is_added)
			blk_mark_disk_dead(dev->gd);
		blkfront_dev_drain(dev);
		mutex_lock(&dev->lock);
		set_bit(BLKFRONT_DEV_DEAD, &dev->flags);
		blkfront_queue_fail_all(dev);
		mutex_unlock(&dev->lock);
		blkfront_disk_remove(dev);
		mutex_lock(&dev->lock);
		blkfront_disk_destroy(dev);
	}
	blkfront_dev_disconnect(dev);
	cancel_delayed_work(&dev->fail_work);
	blkfront_dev_set_state(dev, BLKFRONT_DEV_CLOSED);
	xenbus_frontend_closed(dev->xbdev);
}

/* --- the steps --- */

/* Woken up elsewhere: the rings and grants of before mean nothing here. */
static void blkfront_dev_resumed(struct blkfront_dev *dev)
{
	cancel_delayed_work(&dev->fail_work);
	blkfront_queue_hold_all(dev);
	blkfront_dev_disconnect(dev);
	/* That the back before lied is nothing to the one that comes. */
	clear_bit(BLKFRONT_DEV_DEAD, &dev->flags);
	/* Nor what it took back. */
	clear_bit(BLKFRONT_DEV_NO_FLUSH, &dev->flags);
	clear_bit(BLKFRONT_DEV_NO_DISCARD, &dev->flags);
	clear_bit(BLKFRONT_DEV_NO_SECURE, &dev->flags);
	/* Also where an earlier back had gone: this one offers a disk. */
	blkfront_dev_set_state(dev, BLKFRONT_DEV_CREATED);
}

static void blkfront_dev_step(struct blkfront_dev *dev)
{
	switch (READ_ONCE(dev->back_state)) {
	case XenbusStateConnected:
		if (dev->state == BLKFRONT_DEV_CONNECTING)
			blkfront_dev_connected(dev);
		else if (dev->state == BLKFRONT_DEV_CONNECTED)
			blkfront_dev_resize(dev);
		break;
	case XenbusStateClosed:
		/* Of an earlier time, see blkfront_dev_greet(). */
		if (dev->state == BLKFRONT_DEV_CREATED)
			break;
		fallthrough;
	case XenbusStateClosing:
		/* On its way to answer the Closed that was said there. */
		if (dev->state == BLKFRONT_DEV_CREATED &&
		    dev->xbdev->state == XenbusStateClosed)
			break;
		if (dev->state != BLKFRONT_DEV_CLOSED)
			blkfront_dev_close(dev);
		break;
	default:
		break;
	}
}

/* A suspend came to nothing: the back is that of before, and what was held goes. */
static void blkfront_dev_go_on(struct blkfront_dev *dev)
{
	WRITE_ONCE(blkfront_dev_settled, 0);
	blkfront_queue_release_all(dev);
}

/* Each step that may have to wait. */
static void blkfront_dev_work(struct work_struct *work)
{
	struct blkfront_dev *dev = container_of(work, struct blkfront_dev,
						work);
	unsigned int noio = memalloc_noio_save();

	mutex_lock(&dev->lock);
	if (dev->state == BLKFRONT_DEV_CONNECTED &&
	    !(dev->flags & BLKFRONT_DEV_STILL)) {
		if (dev->is_held)
			blkfront_dev_go_on(dev);
		if (dev->flags & BLKFRONT_DEV_WITHDRAWN)
			blkfront_dev_drop(dev);
	}
	if (!(dev->flags & BLKFRONT_DEV_STILL))
		blkfront_dev_step(dev);
	mutex_unlock(&dev->lock);
	memalloc_noio_restore(noio);
}

/* What a back says to a device that has not connected yet. */
static void blkfront_dev_greet(struct blkfront_dev *dev,
			       enum xenbus_state state)
{
	switch (state) {
	case XenbusStateInitWait:
		/* Not while it has a Closed of ours to answer. */
		if (dev->xbdev->state != XenbusStateClosed)
			blkfront_dev_connect(dev);
		break;
	case XenbusStateInitialised:
	case XenbusStateConnected:
		/*
		 * To rings of an earlier time: whose they were has gone, which
		 * the back may not see, as we came so soon.
		 */
		xenbus_switch_state(dev->xbdev, XenbusStateClosed);
		break;
	case XenbusStateClosed:
		/* Now it has seen it, and begins anew when it sees us. */
		xenbus_switch_state(dev->xbdev, XenbusStateInitialising);
		break;
	default:
		break;
	}
}

/*
 * The steps that are taken in the xenwatch thread: they lead out of the state
 * Initialising and into it, and the bus (from 7.2 on) takes a device for a new one
 * if that happens while it looks. They wait for nobody: memory, grants, xenstore.
 */
static void blkfront_dev_connect_now(struct blkfront_dev *dev,
				     enum xenbus_state state)
{
	/* A resume runs below file systems and swap. */
	unsigned int noio = memalloc_noio_save();

	mutex_lock(&dev->lock);
	if (test_and_clear_bit(BLKFRONT_DEV_RESUMED, &dev->flags))
		blkfront_dev_resumed(dev);
	if (dev->state == BLKFRONT_DEV_CREATED &&
	    !test_bit(BLKFRONT_DEV_GONE, &dev->flags))
		blkfront_dev_greet(dev, state);
	mutex_unlock(&dev->lock);
	memalloc_noio_restore(noio);
}

/**
 * blkfront_dev_back_changed() - the back has a new state
 * @dev:   the device
 * @state: the back's
 *
 * Context: The xenwatch thread.
 */
void blkfront_dev_back_changed(struct blkfront_dev *dev,
			       enum xenbus_state state)
{
	WRITE_ONCE(dev->back_state, state);
	blkfront_dev_connect_now(dev, state);
	queue_work(dev->wq, &dev->work);
	if (blkfront_dev_back_goes(dev))
		queue_delayed_work(dev->wq, &dev->fail_work,
				   msecs_to_jiffies(BLKFRONT_CLOSE_MS));
}

/**
 * blkfront_dev_suspend() - the guest is about to be suspended
 * @dev: the device
 *
 * What the back has of writes it does, also while the guest runs elsewhere and writes
 * to the same place: so it is waited for, but not for ever, and nothing follows. The
 * work, which stands still until all is over, has it go on if the back is still there.
 *
 * Hibernation is none of Xen's: it writes to disks that were told of it.
 *
 * Context: Process, sleeps. The xenwatch thread, or who hibernates; works of the
 * device's and tasks stand still.
 */
void blkfront_dev_suspend(struct blkfront_dev *dev)
{
	unsigned long start = jiffies;
	u32 nr = 0;

	if (!(current->flags & PF_KTHREAD))
		return;
	mutex_lock(&dev->lock);
	if (dev->state == BLKFRONT_DEV_CONNECTED && !dev->is_held &&
	    !test_bit(BLKFRONT_DEV_DEAD, &dev->flags)) {
		nr = blkfront_queue_settle_all(dev, start +
				msecs_to_jiffies(BLKFRONT_SUSPEND_MS) -
				READ_ONCE(blkfront_dev_settled));
		queue_work(dev->wq, &dev->work);
	}
	mutex_unlock(&dev->lock);
	WRITE_ONCE(blkfront_dev_settled,
		   blkfront_dev_settled + jiffies - start);
	if (nr)
		dev_warn(&dev->xbdev->dev,
			 "suspended while the back has %u request(s), which it may do after those that follow\n",
			 nr);
}

/**
 * blkfront_dev_resume() - the guest goes on, with a new back
 * @dev: the device
 *
 * The back's first state follows, and with it all the rest. Until then nobody takes
 * what a ring has of answers: of what the back wrote into pages that it kept mapped, the
 * image of a live migration need not have the last. Those requests are made again.
 *
 * Context: The xenwatch thread; no task runs that could poll.
 */
void blkfront_dev_resume(struct blkfront_dev *dev)
{
	WRITE_ONCE(dev->back_state, XenbusStateUnknown);
	WRITE_ONCE(blkfront_dev_settled, 0);
	/* For who polls; blkfront_ring_is_old() is for the rest. */
	clear_bit(BLKFRONT_DEV_BOUND, &dev->flags);
	set_bit(BLKFRONT_DEV_RESUMED, &dev->flags);
}

/**
 * blkfront_dev_is_ready() - may booting go on?
 * @dev: the device
 *
 * Context: Any.
 * Return: true once the disk is there.
 */
bool blkfront_dev_is_ready(struct blkfront_dev *dev)
{
	return READ_ONCE(dev->is_added);
}

/* --- life of the object --- */

/**
 * blkfront_dev_setup() - once, when the module comes
 *
 * The works stand still while the guest is suspended: what they read of the
 * back then changes under them.
 *
 * Context: Process.
 * Return: 0, -ENOMEM.
 */
int blkfront_dev_setup(void)
{
	blkfront_dev_wq = alloc_workqueue("xen-blkfront",
					  WQ_UNBOUND | WQ_MEM_RECLAIM |
					  WQ_FREEZABLE, 0);
	if (!blkfront_dev_wq)
		return -ENOMEM;
	blkfront_hold_setup(blkfront_dev_wq);
	return 0;
}

/**
 * blkfront_dev_teardown() - once, when the module goes
 *
 * Context: Process; no device is left.
 */
void blkfront_dev_teardown(void)
{
	destroy_workqueue(blkfront_dev_wq);
}

/* Disks that a guest with emulated drives has already, or may have. */
static bool blkfront_dev_is_wanted(struct blkfront_dev *dev, u32 number)
{
	/* PVH counts as HVM, but nothing is emulated there. */
	if (!xen_hvm_domain() || xen_pvh_domain())
		return true;
	if (xen_has_pv_and_legacy_disk_devices() && !(number >> 28) &&
	    number >> 8 != XENVBD_MAJOR) {
		dev_info(&dev->xbdev->dev,
			 "virtual device %#x is an emulated drive's\n", number);
		return false;
	}
	return blkfront_store_is_disk(dev);
}

/**
 * blkfront_dev_create() - a new device, driver data of @xbdev
 * @xbdev: the bus's device
 *
 * Context: Process, sleeps.
 * Return: 0, -ENOMEM, -ENODEV (not ours to drive), or a store error (reported).
 */
int blkfront_dev_create(struct xenbus_device *xbdev)
{
	struct blkfront_dev *dev;
	u32 number;
	int err;

	dev = kzalloc(sizeof(*dev), GFP_KERNEL);
	if (!dev)
		return -ENOMEM;
	dev->xbdev = xbdev;
	dev->wq = blkfront_dev_wq;
	mutex_init(&dev->lock);
	INIT_WORK(&dev->work, blkfront_dev_work);
	INIT_DELAYED_WORK(&dev->fail_work, blkfront_dev_fail_work);
	INIT_DELAYED_WORK(&dev->again_work, blkfront_dev_again_work);
	dev->resized = jiffies - HZ;
	ratelimit_state_init(&dev->log, 5 * HZ, 10);
	ratelimit_set_flags(&dev->log, RATELIMIT_MSG_ON_RELEASE);
	INIT_LIST_HEAD(&dev->minors);
	dev->back_state = XenbusStateUnknown;

	err = blkfront_store_read_vdev(dev, &number);
	if (err)
		goto out_free;
	if (!blkfront_dev_is_wanted(dev, number)) {
		err = -ENODEV;
		goto out_free;
	}
	err = blkfront_vdev_decode(number, &dev->vdev);
	if (err) {
		blkfront_store_error(dev, err,
				     "virtual device %#x is no disk's: choose an xvd name",
				     number);
		xenbus_switch_state(xbdev, XenbusStateClosing);
		goto out_free;
	}
	err = kstrtou32(strrchr(xbdev->nodename, '/') + 1, 0, &dev->handle);
	if (err)
		dev->handle = 0;
	blkfront_shrinker_create(dev);
	dev_set_drvdata(&xbdev->dev, dev);
	return 0;

out_free:
	kfree(dev->last_error);
	kfree(dev);
	return err;
}

/**
 * blkfront_dev_destroy() - the bus takes the device away
 * @dev: the device; freed
 *
 * The back may be dead: what waits for it fails.
 *
 * Context: Process, sleeps.
 */
void blkfront_dev_destroy(struct blkfront_dev *dev)
{
	mutex_lock(&dev->lock);
	set_bit(BLKFRONT_DEV_GONE, &dev->flags);
	set_bit(BLKFRONT_DEV_DEAD, &dev->flags);
	/* Also frees a work that waits for the disk. */
	blkfront_queue_fail_all(dev);
	mutex_unlock(&dev->lock);
	/* Nor may a response that comes now queue them again. */
	disable_delayed_work_sync(&dev->again_work);
	disable_work_sync(&dev->work);
	disable_delayed_work_sync(&dev->fail_work);
	/* Waits for who reads there: from here on nothing is under the lock. */
	debugfs_remove(dev->debugfs);
	blkfront_shrinker_destroy(dev);

	if (dev->gd && dev->is_added)
		blk_mark_disk_dead(dev->gd);
	blkfront_disk_remove(dev);
	blkfront_disk_destroy(dev);
	blkfront_dev_disconnect(dev);
	mutex_destroy(&dev->lock);
	kfree(dev->last_error);
	kfree(dev);
}
