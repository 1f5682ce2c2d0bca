// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of one virtual disk: offered, connected, closed, and once more. All
 * that opens, waits or frees runs in the device's one work item, which looks at
 * what both ends want and takes the steps that lead there; callbacks only note
 * what they were told and kick it.
 *
 * Layer: 4 (life). Locks: door_lock > xenwatch's; stat_lock; blkback_dev_lock.
 */
#include <linux/debugfs.h>
#include <linux/slab.h>

#include <xen/blkif-store.h>
#include <xen/xenbus.h>

#include "blkback.h"

/* closing a disk is quick, unless something holds it up: then we say what */
#define BLKBACK_STALL_SECS	5

unsigned int blkback_max_queues;
unsigned int blkback_max_ring_pages = 16;
unsigned int blkback_max_indirect_segments = 256;
bool blkback_feature_persistent = true;
char *blkback_cgroup_parent = "";

static struct workqueue_struct *blkback_dev_wq;
/* apart from the other: what takes its time must not hold up lives */
static struct workqueue_struct *blkback_dev_slow_wq;
/* apart from that one: a barrier waits for discards */
static struct workqueue_struct *blkback_dev_barrier_wq;

static DEFINE_SPINLOCK(blkback_dev_lock);
static LIST_HEAD(blkback_devs);

/* --- statistics --- */

/* Both kinds of counters are arrays of numbers, @size bytes of them. */
static void blkback_dev_add_up(u64 *sum, const u64 *more, size_t size)
{
	size_t i;

	for (i = 0; i < size / sizeof(*sum); i++)
		sum[i] += READ_ONCE(more[i]);
}

static void blkback_dev_stats_add(struct blkback_stats *sum,
				  const struct blkback_stats *more)
{
	blkback_dev_add_up((u64 *)sum, (const u64 *)more, sizeof(*sum));
}

/**
 * blkback_dev_stats() - what the device has done since it was created
 * @dev: the device
 * @sum: filled in
 *
 * Context: Process; takes stat_lock.
 */
void blkback_dev_stats(struct blkback_dev *dev, struct blkback_stats *sum)
{
	u32 i;

	mutex_lock(&dev->stat_lock);
	*sum = dev->past;
	for (i = 0; i < dev->nr_rings; i++)
		blkback_dev_stats_add(sum, &dev->rings[i].stats);
	mutex_unlock(&dev->stat_lock);
}

/**
 * blkback_dev_set_cgroup() - do the disk's I/O in another cgroup, from now on
 * @dev:  the device
 * @path: of the cgroup; empty: in that of the threads themselves
 *
 * Context: Process, sleeps; takes stat_lock.
 * Return: 0, or what blkback_cgroup_set() said.
 */
int blkback_dev_set_cgroup(struct blkback_dev *dev, const char *path)
{
	int err = blkback_cgroup_set(dev, path);
	u32 i;

	if (err)
		return err;
	mutex_lock(&dev->stat_lock);
	for (i = 0; i < dev->nr_rings; i++)
		blkback_req_rejoin(&dev->rings[i]);
	mutex_unlock(&dev->stat_lock);
	return 0;
}

/* --- connect and disconnect --- */

/* Closing takes its time: one line says what for. */
static void blkback_dev_stall_work(struct work_struct *work)
{
	struct blkback_dev *dev = container_of(to_delayed_work(work),
					       struct blkback_dev, stall_work);
	struct blkback_glance oldest = { };
	u32 i, nr = 0;

	mutex_lock(&dev->stat_lock);
	for (i = 0; i < dev->nr_rings; i++)
		nr += blkback_req_find_oldest(&dev->rings[i], &oldest);
	mutex_unlock(&dev->stat_lock);
	if (nr)
		dev_warn(&dev->xbdev->dev,
			 "closing waits for %u request(s); the oldest: %s at sector %llu, %s, %llu s old\n",
			 nr, blkif_op_name(oldest.op), oldest.sector,
			 blkback_req_state_name(oldest.state),
			 div_u64(oldest.age, NSEC_PER_SEC));
	else
		dev_warn(&dev->xbdev->dev,
			 "closing waits for pages of the guest's that something below still uses\n");
}

/* The front broke a ring: the reason where it can be seen without the log. */
static void blkback_dev_broken_work(struct work_struct *work)
{
	struct blkback_dev *dev = container_of(work, struct blkback_dev,
					       broken_work);
	char *text = NULL;
	u32 i, nr = 0;

	mutex_lock(&dev->stat_lock);
	for (i = 0; i < dev->nr_rings; i++) {
		const struct blkback_ring *ring = &dev->rings[i];

		if (!test_bit(BLKBACK_RING_BROKEN, &ring->flags) || nr++)
			continue;
		text = kasprintf(GFP_KERNEL,
				 "%s: front's request index %u cannot be true: ring stopped",
				 ring->name, ring->bad_prod);
	}
	mutex_unlock(&dev->stat_lock);
	if (nr)
		blkback_store_note(dev, -EPROTO, text);
	kfree(text);
}

/* No more requests, and none left. */
static void blkback_dev_stop_rings(struct blkback_ring *rings, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		blkback_req_stop(&rings[i]);
	for (i = 0; i < nr; i++)
		blkback_req_drain(&rings[i]);
	/* for who answered last, see blkback_req_done() */
	synchronize_rcu();
}

static void blkback_dev_free_rings(struct blkback_ring *rings, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		blkback_copy_exit(&rings[i]);
		blkback_map_exit(&rings[i]);
		blkback_ring_disconnect(&rings[i]);
		blkback_req_exit(&rings[i]);
	}
	kvfree(rings);
}

static void blkback_dev_disconnect(struct blkback_dev *dev)
{
	struct blkback_ring *rings = dev->rings;
	u32 i, nr = dev->nr_rings;

	if (!rings)
		return;
	queue_delayed_work(blkback_dev_slow_wq, &dev->stall_work,
			   BLKBACK_STALL_SECS * HZ);
	/* Readers of statistics see the rings until nothing moves any more. */
	blkback_dev_stop_rings(rings, nr);
	flush_work(&dev->broken_work);
	blkback_barrier_exit(dev);

	mutex_lock(&dev->stat_lock);
	for (i = 0; i < nr; i++) {
		blkback_dev_stats_add(&dev->past, &rings[i].stats);
		blkback_dev_add_up((u64 *)&dev->past_tally,
				   (const u64 *)&rings[i].tally,
				   sizeof(dev->past_tally));
	}
	dev->rings = NULL;
	dev->nr_rings = 0;
	mutex_unlock(&dev->stat_lock);

	blkback_dev_free_rings(rings, nr);
	cancel_delayed_work_sync(&dev->stall_work);
}

static int blkback_dev_connect_ring(struct blkback_dev *dev,
				    struct blkback_ring *ring,
				    const char *name)
{
	u32 gref[BLKIF_MAX_RING_PAGES], port;
	int err, req_err;

	snprintf(ring->name, sizeof(ring->name), "%s-%u", name, ring->index);
	/* Both begin with what cannot fail and their exits rely on. */
	err = blkback_map_init(ring);
	req_err = blkback_req_init(ring);
	if (!err)
		err = req_err;
	if (err)
		goto out;
	err = blkback_store_read_ring(dev, ring->index, gref, &port);
	if (err)
		return err;
	err = blkback_ring_connect(ring, gref, port, blkback_req_irq);
out:
	if (err)
		blkback_store_fatal(dev, err, "connecting ring %u",
				    ring->index);
	return err;
}

static int blkback_dev_connect_rings(struct blkback_dev *dev)
{
	struct blkback_ring *rings;
	char name[32];
	u32 i;
	int err = 0;

	rings = kvcalloc(dev->config.nr_rings, sizeof(*rings), GFP_KERNEL);
	if (!rings) {
		blkback_store_fatal(dev, -ENOMEM, "allocating %u rings",
				    dev->config.nr_rings);
		return -ENOMEM;
	}
	blkback_store_read_name(dev, name, sizeof(name));

	for (i = 0; i < dev->config.nr_rings && !err; i++) {
		rings[i].dev = dev;
		rings[i].config = &dev->config;
		rings[i].abi = blkback_abi_get(dev->config.abi);
		rings[i].slow_wq = blkback_dev_slow_wq;
		rings[i].barrier_wq = blkback_dev_barrier_wq;
		rings[i].index = i;
		err = blkback_dev_connect_ring(dev, &rings[i], name);
	}
	if (err) {
		blkback_dev_stop_rings(rings, i);
		blkback_dev_free_rings(rings, i);
		return err;
	}

	mutex_lock(&dev->stat_lock);
	dev->rings = rings;
	dev->nr_rings = i;
	mutex_unlock(&dev->stat_lock);
	return 0;
}

static int blkback_dev_negotiate(struct blkback_dev *dev)
{
	struct blkif_refusal why;
	struct blkback_ask ask;
	int err;

	err = blkback_store_read_front(dev, &ask);
	if (err)
		return err;
	err = blkback_limits_negotiate(&dev->offer, &ask, &dev->config, &why);
	if (!err)
		return 0;
	if (!strcmp(why.key, BLKIF_KEY_PROTOCOL))
		blkback_store_fatal(dev, err, "%s/%s is \"%*pE\": unknown",
				    dev->front_dir, why.key,
				    (int)strlen(ask.protocol), ask.protocol);
	else
		blkback_store_fatal(dev, err, "%s/%s is %llu: not offered",
				    dev->front_dir, why.key, why.value);
	return err;
}

/*
 * What the disk is like, but for its cache where another driver told the front of one, or
 * of none: it flushes, or has each write forced, by that.
 */
static void blkback_dev_read_geo(struct blkback_dev *dev)
{
	struct blkback_geo *geo = &dev->disk.geo;

	blkback_disk_read_geo(&dev->disk, &dev->policy);
	geo->max_indirect = dev->config.max_indirect;
	if (!dev->is_heir)
		return;
	geo->has_flush = dev->told_flush && !geo->is_readonly;
	geo->has_barrier = dev->told_barrier && !geo->is_readonly;
}

/* Both sides are ready: rings, then what the disk is, then requests. */
static void blkback_dev_connect(struct blkback_dev *dev)
{
	int err;
	u32 i;

	if (blkback_dev_negotiate(dev))
		return;
	err = blkback_disk_flush_pages(&dev->disk);
	/* That may take long; by now the directory may be another front's. */
	if (test_bit(BLKBACK_DEV_GONE, &dev->flags))
		return;
	if (err) {
		blkback_store_fatal(dev, err, "writing back dom0's cache");
		return;
	}
	blkback_dev_read_geo(dev);
	if (blkback_dev_connect_rings(dev))
		return;
	err = blkback_store_write_disk(dev);
	if (err) {
		blkback_store_fatal(dev, err, "publishing the disk");
		blkback_dev_disconnect(dev);
		return;
	}
	for (i = 0; i < dev->nr_rings; i++)
		blkback_req_start(&dev->rings[i]);
	dev->state = BLKBACK_DEV_CONNECTED;
	dev->is_untold = false;
	blkback_store_switch(dev, XenbusStateConnected);
	if (!__ratelimit(&dev->log))
		return;
	dev_info(&dev->xbdev->dev,
		 "connected: %u ring(s) of %u page(s), %u-byte slots, %s%s\n",
		 dev->config.nr_rings, dev->config.ring_pages,
		 dev->rings->abi->slot_size,
		 dev->config.is_persistent ? "persistent grants" : "grants per request",
		 dev->disk.geo.is_readonly ? ", read-only" : "");
}

/* --- the steps --- */

/* The disk may have another size than the front knows. */
static void blkback_dev_resize(struct blkback_dev *dev)
{
	u64 nr = bdev_nr_sectors(dev->disk.bdev);
	int err;

	if (nr != dev->disk.geo.nr_sectors) {
		dev_info_ratelimited(&dev->xbdev->dev,
				     "disk resized from %llu to %llu sectors\n",
				     dev->disk.geo.nr_sectors, nr);
		/* Requests are held against it from now on. */
		WRITE_ONCE(dev->disk.geo.nr_sectors, nr);
		dev->is_untold = true;
	}
	if (!dev->is_untold)
		return;
	err = blkback_store_write_size(dev);
	/* Who is on the way out need not be told. */
	dev->is_untold = err && err != -ENODEV && err != -ENOENT;
	if (dev->is_untold) {
		dev->not_before = jiffies + HZ;
		blkback_dev_kick(dev);
	}
}

/*
 * At first, after a close, and once the hotplug script, which runs after the
 * first offer, may have said what this disk is to have. Who comes in the place of
 * another driver, under a front that is connected, goes on with what that had said.
 */
static void blkback_dev_offer(struct blkback_dev *dev)
{
	struct blkback_offer before = dev->offer;
	bool is_again = dev->state == BLKBACK_DEV_OFFERED;
	struct blkback_offer offer = {
		.max_queues = max(READ_ONCE(blkback_max_queues), 1U),
		.max_ring_order = ilog2(READ_ONCE(blkback_max_ring_pages)),
		.max_indirect = READ_ONCE(blkback_max_indirect_segments),
		.has_persistent = READ_ONCE(blkback_feature_persistent),
	};
	int err;

	if (!is_again)
		dev->is_heir = dev->state == BLKBACK_DEV_CREATED &&
			       blkback_store_read_before(dev, &before);
	if (!blkback_store_read_params(dev, &offer) && is_again) {
		/* What was said wrong of the disk may have stopped it. */
		blkback_store_switch(dev, XenbusStateInitWait);
		return;
	}
	/* A front that was told of none ends its grants with each request. */
	if (dev->is_heir && !before.has_persistent)
		offer.has_persistent = false;
	if (dev->is_heir)
		blkback_limits_widen(&offer, &before);
	dev->offer = offer;
	err = blkback_store_write_offer(dev);
	if (err) {
		blkback_store_fatal(dev, err, "publishing what is offered");
		return;
	}
	if (is_again)
		blkback_limits_widen(&dev->offer, &before);
	dev->state = BLKBACK_DEV_OFFERED;
	blkback_store_switch(dev, XenbusStateInitWait);
}

/*
 * The toolstack's, or else the guest's own. The disk has no rings yet that would
 * have to be told.
 */
static void blkback_dev_enter_cgroup(struct blkback_dev *dev)
{
	char *path = blkback_store_read_cgroup(dev);
	const char *source = "key " BLKIF_KEY_CGROUP;
	int err;

	if (!path && *blkback_cgroup_parent) {
		path = kasprintf(GFP_KERNEL, "%s/%u", blkback_cgroup_parent,
				 dev->xbdev->otherend_id);
		source = "parameter cgroup_parent";
	}
	if (!path)
		return;
	err = blkback_cgroup_set(dev, path);
	if (err)
		dev_warn(&dev->xbdev->dev,
			 "%s: \"%.200s\" is no cgroup with the io controller (%pe): I/O goes on without\n",
			 source, path, ERR_PTR(err));
	kfree(path);
}

static void blkback_dev_open_disk(struct blkback_dev *dev)
{
	struct blkback_policy policy;
	u32 major, minor;
	int err;

	/* What was good enough to open it is not asked for again. */
	if (dev->disk.file) {
		blkback_store_check_disk(dev);
		return;
	}
	err = blkback_store_read_disk(dev, &major, &minor, &policy);
	if (err)
		return;
	dev->policy = policy;
	blkback_dev_enter_cgroup(dev);
	err = blkback_disk_open(&dev->disk, major, minor, &dev->policy,
				&dev->xbdev->dev);
	if (err)
		blkback_store_fatal(dev, err, "opening device %x:%x",
				    major, minor);
	else if (dev->state == BLKBACK_DEV_OFFERED)
		blkback_dev_offer(dev);
}

static void blkback_dev_kill_watch(struct xenbus_watch *watch,
				   const char *path, const char *token)
{
	struct blkback_dev *dev = container_of(watch, struct blkback_dev,
					       kill_watch);
	struct xenbus_device *xbdev = dev->xbdev;

	if (!test_and_clear_bit(BLKBACK_DEV_UNREGISTER, &dev->flags))
		return;
	/*
	 * Both in one callback: once it sees Closed the toolstack may make a
	 * new device of the same name, and this one must be gone by then.
	 */
	if (READ_ONCE(dev->front_state) != XenbusStateUnknown)
		xenbus_switch_state(xbdev, XenbusStateClosed);
	/* Ends in blkback_dev_gone(). */
	device_unregister(&xbdev->dev);
}

/*
 * A device may be unregistered only by the xenwatch thread, as the xenbus core
 * does it there too. A watch fires once when it is set: that is our way in.
 */
static void blkback_dev_unregister(struct blkback_dev *dev)
{
	int err = 0;

	mutex_lock(&dev->door_lock);
	if (!test_bit(BLKBACK_DEV_GONE, &dev->flags) && !dev->kill_watch.node) {
		set_bit(BLKBACK_DEV_UNREGISTER, &dev->flags);
		err = xenbus_watch_pathfmt(dev->xbdev, &dev->kill_watch, NULL,
					   blkback_dev_kill_watch, "%s",
					   dev->xbdev->nodename);
	}
	mutex_unlock(&dev->door_lock);
	if (err) {
		/* No memory, most likely: try again in a while. */
		dev->not_before = jiffies + HZ;
		blkback_dev_kick(dev);
	}
}

/* Is that one gone, with writes to our disk that may still be under way? */
static bool blkback_dev_has_same_disk(const struct blkback_dev *dev,
				      const struct blkback_dev *elder)
{
	return test_bit(BLKBACK_DEV_GONE, &elder->flags) &&
	       READ_ONCE(elder->disk.major) == dev->disk.major &&
	       READ_ONCE(elder->disk.minor) == dev->disk.minor;
}

/*
 * Has an earlier device of the same bus device still to let go of its rings? Or
 * (@or_disk) one of the same disk that was taken away by force, of its requests? They
 * would come after those that we let in now.
 */
static bool blkback_dev_has_elder(struct blkback_dev *dev, bool or_disk)
{
	struct blkback_dev *elder;
	bool found = false;

	spin_lock(&blkback_dev_lock);
	list_for_each_entry(elder, &blkback_devs, node) {
		if (elder == dev)
			break;
		found |= elder->xbdev == dev->xbdev ||
			 (or_disk && blkback_dev_has_same_disk(dev, elder));
	}
	spin_unlock(&blkback_dev_lock);
	return found;
}

/* The front has gone. What it leaves ends here, and takes its time. */
static void blkback_dev_close(struct blkback_dev *dev, bool has_front)
{
	blkback_dev_disconnect(dev);
	/* Nor is Closed said for a device of before, bound anew, that has still some. */
	if (blkback_dev_has_elder(dev, false)) {
		dev->not_before = jiffies + HZ / 20;
		blkback_dev_kick(dev);
		return;
	}
	dev->state = BLKBACK_DEV_CLOSED;
	if (has_front && xenbus_dev_is_online(dev->xbdev)) {
		/* Another front may be here by now: that has not closed. */
		if (READ_ONCE(dev->front_state) == XenbusStateClosed)
			blkback_store_switch(dev, XenbusStateClosed);
		return;
	}
	/* Before Closed: the toolstack then wants the device for itself. */
	blkback_disk_close(&dev->disk);
	blkback_dev_unregister(dev);
}

/* The front has rings for us, which another driver may have had before. */
static void blkback_dev_take_rings(struct blkback_dev *dev)
{
	if (blkback_dev_has_elder(dev, true)) {
		dev->not_before = jiffies + HZ / 20;
		blkback_dev_kick(dev);
		return;
	}
	blkback_dev_connect(dev);
}

static void blkback_dev_step(struct blkback_dev *dev)
{
	enum xenbus_state front = READ_ONCE(dev->front_state);

	switch (front) {
	case XenbusStateInitialising:
		/* It has begun anew, too soon for its going to be seen. */
		if (dev->state == BLKBACK_DEV_CONNECTED) {
			blkback_dev_disconnect(dev);
			dev->state = BLKBACK_DEV_CLOSED;
		}
		blkback_dev_open_disk(dev);
		if (dev->state == BLKBACK_DEV_CLOSED)
			blkback_dev_offer(dev);
		break;
	case XenbusStateInitWait:
		blkback_dev_open_disk(dev);
		break;
	case XenbusStateInitialised:
	case XenbusStateConnected:
		blkback_dev_open_disk(dev);
		/* Some fronts go here without having waited for our offer. */
		if (dev->state != BLKBACK_DEV_CONNECTED && dev->disk.file)
			blkback_dev_take_rings(dev);
		else if (dev->state == BLKBACK_DEV_CONNECTED)
			blkback_dev_resize(dev);
		break;
	case XenbusStateClosing:
		blkback_store_switch(dev, XenbusStateClosing);
		break;
	case XenbusStateClosed:
		blkback_dev_close(dev, true);
		break;
	case XenbusStateUnknown:
		blkback_dev_close(dev, false);
		break;
	default:
		blkback_store_fatal(dev, -EINVAL,
				    "front's state is %d: not known here",
				    front);
		break;
	}
}

static void blkback_dev_destroy(struct blkback_dev *dev)
{
	if (test_and_set_bit(BLKBACK_DEV_DESTROYED, &dev->flags))
		return;
	blkback_dev_disconnect(dev);
	/* The kernel counts an event with the bus's device, which may go below. */
	synchronize_rcu();
	blkback_disk_close(&dev->disk);
	/* The next one of the same bus device may connect. */
	spin_lock(&blkback_dev_lock);
	list_del(&dev->node);
	spin_unlock(&blkback_dev_lock);
	/* Waits for who reads there. */
	debugfs_remove(dev->debugfs);
	blkback_dev_put(dev);
}

static void blkback_dev_work(struct work_struct *work)
{
	struct blkback_dev *dev = container_of(to_delayed_work(work),
					       struct blkback_dev, work);

	if (test_bit(BLKBACK_DEV_GONE, &dev->flags)) {
		blkback_dev_destroy(dev);
	} else if (!READ_ONCE(dev->kill_watch.node)) {
		/* Else it is on its way out, and the front is too late. */
		if (dev->state == BLKBACK_DEV_CREATED)
			blkback_dev_offer(dev);
		blkback_dev_step(dev);
	}
	blkback_dev_put(dev);
}

/* --- life of the object --- */

/**
 * blkback_dev_setup() - once, when the module comes
 *
 * The queues have no rescuer: what dom0 writes to get memory back seldom goes to
 * a disk of a guest's, less so behind its discards and barriers.
 *
 * Context: Process.
 * Return: 0, -ENOMEM.
 */
int blkback_dev_setup(void)
{
	blkback_dev_wq = alloc_workqueue("xen-blkback", WQ_UNBOUND,
					 WQ_MAX_ACTIVE);
	blkback_dev_slow_wq = alloc_workqueue("xen-blkback-slow", WQ_UNBOUND,
					      WQ_MAX_ACTIVE);
	blkback_dev_barrier_wq = alloc_workqueue("xen-blkback-barrier",
						 WQ_UNBOUND, WQ_MAX_ACTIVE);
	if (blkback_dev_wq && blkback_dev_slow_wq && blkback_dev_barrier_wq)
		return 0;
	blkback_dev_teardown();
	return -ENOMEM;
}

/**
 * blkback_dev_teardown() - once, when the module goes
 *
 * Context: Process; no device is left, but the work of one may be returning.
 */
void blkback_dev_teardown(void)
{
	if (blkback_dev_wq)
		destroy_workqueue(blkback_dev_wq);
	if (blkback_dev_slow_wq)
		destroy_workqueue(blkback_dev_slow_wq);
	if (blkback_dev_barrier_wq)
		destroy_workqueue(blkback_dev_barrier_wq);
}

static void blkback_dev_release(struct kref *ref)
{
	struct blkback_dev *dev = container_of(ref, struct blkback_dev, ref);

	blkback_cgroup_exit(dev);
	put_device(&dev->xbdev->dev);
	kfree(dev->last_error);
	kfree(dev->front_dir);
	kfree(dev);
	/*
	 * The last of a device may be its work, after the bus has let go of
	 * the module. Unloading waits for the work itself, see main.c.
	 */
	module_put(THIS_MODULE);
}

/**
 * blkback_dev_put() - let go of a device
 * @dev: the device, held
 *
 * Context: Process.
 */
void blkback_dev_put(struct blkback_dev *dev)
{
	kref_put(&dev->ref, blkback_dev_release);
}

/**
 * blkback_dev_create() - a new device
 * @xbdev: the bus's device; held until the last reference is gone
 *
 * Context: Process.
 * Return: the device, held once for blkback_dev_gone(), or NULL: no memory.
 */
struct blkback_dev *blkback_dev_create(struct xenbus_device *xbdev)
{
	struct blkback_dev *dev = kzalloc(sizeof(*dev), GFP_KERNEL);

	if (!dev)
		return NULL;
	/* The bus frees its own as soon as it has taken the device away. */
	dev->front_dir = kstrdup(xbdev->otherend, GFP_KERNEL);
	if (!dev->front_dir) {
		kfree(dev);
		return NULL;
	}
	kref_init(&dev->ref);
	INIT_DELAYED_WORK(&dev->work, blkback_dev_work);
	INIT_DELAYED_WORK(&dev->stall_work, blkback_dev_stall_work);
	INIT_WORK(&dev->broken_work, blkback_dev_broken_work);
	blkback_barrier_init(dev);
	ratelimit_state_init(&dev->log, 5 * HZ, 10);
	ratelimit_set_flags(&dev->log, RATELIMIT_MSG_ON_RELEASE);
	dev->not_before = jiffies;
	spin_lock_init(&dev->cgroup_lock);
	mutex_init(&dev->door_lock);
	mutex_init(&dev->stat_lock);
	dev->front_state = XenbusStateInitialising;
	dev->xbdev = xbdev;
	get_device(&xbdev->dev);
	__module_get(THIS_MODULE);
	spin_lock(&blkback_dev_lock);
	list_add_tail(&dev->node, &blkback_devs);
	spin_unlock(&blkback_dev_lock);
	return dev;
}

/**
 * blkback_dev_kick() - something changed: have the work look
 * @dev: the device
 *
 * Soon after a failure it waits a little first, as the front may ask for the
 * next one at once.
 *
 * Context: Any that may not sleep either.
 */
void blkback_dev_kick(struct blkback_dev *dev)
{
	unsigned long now = jiffies, until = READ_ONCE(dev->not_before);
	/* No more than was ever asked for, should jiffies have wrapped. */
	unsigned long wait = time_before(now, until) ?
			     min_t(unsigned long, until - now, HZ) : 0;

	kref_get(&dev->ref);
	if (!queue_delayed_work(blkback_dev_wq, &dev->work, wait))
		blkback_dev_put(dev);
}

/**
 * blkback_dev_disk_changed() - a block device of dom0 has changed
 * @devt: which, or that of the disk it is on; 0: any
 *
 * Context: Process.
 */
void blkback_dev_disk_changed(dev_t devt)
{
	struct blkback_dev *dev;

	spin_lock(&blkback_dev_lock);
	list_for_each_entry(dev, &blkback_devs, node) {
		const struct blkback_disk *disk = &dev->disk;

		if (!devt || devt == READ_ONCE(disk->whole) ||
		    devt == MKDEV(READ_ONCE(disk->major),
				  READ_ONCE(disk->minor)))
			blkback_dev_kick(dev);
	}
	spin_unlock(&blkback_dev_lock);
}

static void blkback_dev_unwatch(struct xenbus_watch *watch)
{
	if (!watch->node)
		return;
	unregister_xenbus_watch(watch);
	kfree(watch->node);
	watch->node = NULL;
}

/**
 * blkback_dev_gone() - the bus takes the device away
 * @dev: the device; the caller's reference goes with this
 *
 * Does not wait for what is in flight: the work does, and then frees it all.
 *
 * Context: Process; the xenwatch thread or a writer to sysfs.
 */
void blkback_dev_gone(struct blkback_dev *dev)
{
	kref_get(&dev->ref);
	mutex_lock(&dev->door_lock);
	set_bit(BLKBACK_DEV_GONE, &dev->flags);
	mutex_unlock(&dev->door_lock);
	/* Nobody sets a watch from here on. */
	blkback_dev_unwatch(&dev->store_watch);
	blkback_dev_unwatch(&dev->kill_watch);
	/* True: it was queued already, and holds the device for that. */
	if (mod_delayed_work(blkback_dev_wq, &dev->work, 0))
		blkback_dev_put(dev);
}

/**
 * blkback_dev_reclaim() - memory is short: give back soon what is not in use
 * @dev: the device
 *
 * Context: Process.
 */
void blkback_dev_reclaim(struct blkback_dev *dev)
{
	u32 i;

	if (!mutex_trylock(&dev->stat_lock))
		return;
	for (i = 0; i < dev->nr_rings; i++) {
		blkback_copy_reclaim(&dev->rings[i]);
		blkback_map_reclaim(&dev->rings[i]);
		blkback_req_reclaim(&dev->rings[i]);
	}
	mutex_unlock(&dev->stat_lock);
}
