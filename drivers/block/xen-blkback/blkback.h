/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Structures of the back half, each group of members with its owner and lock,
 * and the prototypes of its files, lower layers first.
 */
#ifndef _BLKBACK_H
#define _BLKBACK_H

#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/interrupt.h>
#include <linux/kref.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <xen/blkif-hist.h>
#include <xen/grant_table.h>
#include <xen/xenbus.h>

#include "cache.h"
#include "limits.h"
#include "parse.h"

/* grants of one map or unmap call: those of a request of 1 MiB */
#define BLKBACK_MAP_BATCH	256
/* requests of one pass over a ring */
#define BLKBACK_REQ_BATCH	64

/* of a ring, its thread and its interrupt, as tracepoints show it, too */
#define BLKBACK_NAME_LEN	48

struct blkback_copy;
struct blkback_dev;
struct blkback_ring;

/**
 * struct blkback_map - a grant that stays mapped (map.c)
 * @node:   place in the ring's cache
 * @page:   where it is mapped
 * @handle: Xen's name of the mapping
 */
struct blkback_map {
	struct blkback_cache_node node;
	struct page		*page;
	grant_handle_t		handle;
};

/**
 * struct blkback_seg - one segment of a request, and where its data are
 * @page:   the page, mapped or our own; NULL: none yet
 * @map:    set if the mapping is one that stays
 * @handle: Xen's name of the mapping, if it does not stay
 * @gref:   the front's grant reference
 * @first:  first sector in the page
 * @nr:     sectors
 * @is_copy: the page is our own, copied from the front's
 * @is_bad: Xen refuses the grant
 */
struct blkback_seg {
	struct page		*page;
	struct blkback_map	*map;
	grant_handle_t		handle;
	u32			gref;
	u8			first;
	u8			nr;
	bool			is_copy;
	bool			is_bad;
};

/* segments of a request that are no allocation of their own: 64 KiB of data */
#define BLKBACK_REQ_SEGS	16

enum blkback_req_state {
	BLKBACK_REQ_FREE,
	BLKBACK_REQ_PULLED,	/* on its way to the block layer, or refused */
	BLKBACK_REQ_WAITING,	/* a barrier, for what is before it */
	BLKBACK_REQ_SHORT,	/* for pages, or room to map into them */
	BLKBACK_REQ_SUBMITTED,	/* the block layer's */
	BLKBACK_REQ_ENDED,	/* the disk is done with it */
	BLKBACK_REQ_HELD,	/* which still uses a page of it */
};

/**
 * struct blkback_req - one request of the front
 * @list:       in the pass that pulled it
 * @done:       on the ring's list of free ones, discards to do, or those to answer
 * @ring:       its ring; NULL: is about to be freed
 * @all:        on the ring's list of all there are, until it is freed
 * @start:      when its batch was pulled, in ns
 * @state:      enum blkback_req_state; for who looks, for the histogram, and for
 *              the age of what it gives back
 * @io:         what is asked, checked
 * @seg:        its segments: @small, or allocated if there are or were more
 * @small:      room for a request of 64 KiB
 * @bio:        of a request of so many segments: its only one
 * @vec:        vectors of @bio
 * @end:        called once when all bios have ended
 * @nr_pending: of many bios: those not yet ended, and one while they are being
 *              submitted
 * @status:     what the first bio that failed said
 * @error:      0 or negative errno; the first that happened
 * @room:       segments that @seg has room for
 * @nr_copied:  segments in pages of our own
 * @nr_mapped:  segments in mappings that do not stay
 */
struct blkback_req {
	struct list_head	list;
	struct llist_node	done;
	struct blkback_ring	*ring;
	struct llist_node	all;
	u64			start;
	struct blkif_io		io;
	struct blkback_seg	*seg;
	struct blkback_seg	small[BLKBACK_REQ_SEGS];
	struct bio		bio;
	struct bio_vec		vec[BLKBACK_REQ_SEGS];
	void			(*end)(struct blkback_req *req);
	atomic_t		nr_pending;
	blk_status_t		status;
	u8			state;
	u16			room;
	u16			nr_copied;
	u16			nr_mapped;
	int			error;
};

/**
 * struct blkback_glance - what a look at a request in flight shows
 * @id:         the front's cookie
 * @sector:     first sector
 * @nr_sectors: sectors
 * @age:        since it was pulled, in ns
 * @nr_segs:    segments
 * @op:         BLKIF_OP_*
 * @state:      enum blkback_req_state
 */
struct blkback_glance {
	u64	id;
	u64	sector;
	u64	nr_sectors;
	u64	age;
	u16	nr_segs;
	u8	op;
	u8	state;
};

/**
 * struct blkback_refusal - the last request that was refused
 * @id:     the front's cookie
 * @sector: its first sector
 * @when:   ktime_get_ns()
 * @error:  negative errno; 0: none was refused
 * @op:     its operation
 */
struct blkback_refusal {
	u64	id;
	u64	sector;
	u64	when;
	int	error;
	u8	op;
};

/**
 * struct blkback_stats - what a ring has done; only ever grows
 * @oo_req:  times that no request object was to be had
 * @rd_req:  reads
 * @wr_req:  writes
 * @f_req:   flushes
 * @ds_req:  discards
 * @rd_sect: sectors read
 * @wr_sect: sectors written
 * @bad_req: requests refused
 * @err_req: requests that failed: in the block layer, or for want of a grant, of
 *           memory, or of room to map into
 */
struct blkback_stats {
	u64	oo_req;
	u64	rd_req;
	u64	wr_req;
	u64	f_req;
	u64	ds_req;
	u64	rd_sect;
	u64	wr_sect;
	u64	bad_req;
	u64	err_req;
};

/**
 * struct blkback_tally - what else a ring has met; only ever grows
 * @passes:    batches pulled out of the ring
 * @found:     grants that were mapped already
 * @mapped:    grants mapped
 * @stayed:    of these, those that stayed mapped
 * @bad_grant: grants that could not be mapped, or copied from
 * @copied:    grants copied instead
 * @no_maptrack: grants that Xen had no room to map for this domain
 * @no_share:  times that a request would have had more mapped than a ring may
 * @no_page:   times that no page was to be had to map a grant into
 * @no_room:   grants that would have stayed mapped, but too many had already
 * @no_memory: times that no memory was to be had for a request's segments
 * @polls:     times that the thread looked for more before it went to sleep
 * @poll_hits: of these, those that brought something
 * @rounds:    batches answered
 * @notified:  times that the front was told of answers
 * @unmapped:  grants unmapped that had not stayed
 * @held:      looks at a request that ended while a page of it was still used
 * @hist:      time from pull to answer by BLKIF_OP_*, of all that reached the disk
 *
 * The thread writes those up to @poll_hits, whoever holds REAPING the rest.
 * Numbers of 64 bits and nothing else, so that it can be added up as an array.
 */
struct blkback_tally {
	u64	passes;
	u64	found;
	u64	mapped;
	u64	stayed;
	u64	bad_grant;
	u64	copied;
	u64	no_maptrack;
	u64	no_share;
	u64	no_page;
	u64	no_room;
	u64	no_memory;
	u64	polls;
	u64	poll_hits;
	u64	rounds;
	u64	notified;
	u64	unmapped;
	u64	held;
	struct blkif_hist hist[BLKIF_OP_DISCARD + 1];
};

/* bits of blkback_ring.flags */
enum {
	BLKBACK_RING_EVENT,	/* the front has sent an event */
	BLKBACK_RING_EOI_DUE,	/* which is not acknowledged yet */
	BLKBACK_RING_BROKEN,	/* the front broke the ring: nothing is read */
	BLKBACK_RING_STARVED,	/* the thread waits for a request object */
	BLKBACK_RING_REAPING,	/* someone answers what is done */
	BLKBACK_RING_SQUEEZE,	/* memory is short: keep no spare pages */
	BLKBACK_RING_PARK,	/* a barrier: the thread is to stand still */
	BLKBACK_RING_PARKED,	/* and does */
	BLKBACK_RING_REJOIN,	/* the thread is to look for its cgroup */
	BLKBACK_RING_SHRINK,	/* it is to free request objects */
	BLKBACK_RING_RECLAIM,	/* it is to be told so soon: memory is short */
	BLKBACK_RING_STOP,	/* it is to end */
	BLKBACK_RING_RUNS,	/* it was started, and has not ended; not shown */
};

/*
 * One ring and its thread. Lives from connect to disconnect. What the thread writes for
 * each request lies apart from what is written where requests end, and both from what
 * is only read.
 */
struct blkback_ring {
	struct blkback_dev	*dev;
	const struct blkback_config *config;
	const struct blkback_abi *abi;
	struct workqueue_struct	*slow_wq;	/* for what may take long */
	struct workqueue_struct	*barrier_wq;	/* for what waits for that */
	u32			index;
	char			name[BLKBACK_NAME_LEN];

	/* ring.c: the shared ring */
	int			irq;
	struct blkif_sring	*shared;
	void			*page[BLKIF_MAX_RING_PAGES];

	/* req.c: the thread's, others read req_cons */
	u32			req_cons ____cacheline_aligned_in_smp;
	u32			nr_reqs;	/* request objects */
	struct llist_node	*spare;		/* of these, once from free */
	u64			rests;		/* since when, or 0 */
	bool			is_brisk;	/* its last rest was short */
	u32			bad_prod;	/* the index that broke the ring */
	struct blkback_refusal	last_refusal;
	/* the thread's; who else walks it holds stat_lock, as who takes from it does */
	struct llist_head	all;
	/* segments of one indirect request, as copied */
	struct blkif_request_segment *frames;
	/* the thread sets it, and stands still; the barrier's work clears it */
	struct blkback_req	*barrier;
	/* requests on their way to shorts; whoever submits writes it */
	u32			nr_shorts;
	u64			short_end;	/* they fail then, in ns; 0: there are none */
	u64			short_was;	/* tally.unmapped, once they gave back */
	struct delayed_work	shrink_work;
	u64			shrink_passes;	/* that one's: passes when it last ran */

	/* whoever's holds REAPING; the thread reads rsp_prod, and empties free */
	u32			rsp_prod ____cacheline_aligned_in_smp;
	struct llist_head	free;		/* request objects */
	struct llist_head	held;		/* pages still in use elsewhere */
	struct llist_head	shorts;		/* to be tried once more */
	struct blkback_refusal	last_failure;	/* the disk's */
	struct delayed_work	held_work;

	/* whoever ends a request adds to it */
	struct llist_head	done ____cacheline_aligned_in_smp;
	struct work_struct	reap_work;

	/* anybody's */
	unsigned long		flags ____cacheline_aligned_in_smp;
	struct task_struct	*thread;
	wait_queue_head_t	event_wq;
	wait_queue_head_t	idle_wq;

	/* io.c */
	struct llist_head	discards;
	struct work_struct	discard_work;

	/* map.c: map_lock guards the cache; the first ops are the thread's */
	spinlock_t		map_lock;
	struct blkback_cache	cache;
	struct gnttab_page_cache pages;
	struct delayed_work	purge_work;
	bool			is_purge_far;	/* it waits for what is longest unused */
	struct gnttab_map_grant_ref *map_ops;
	struct blkback_seg	**map_segs;
	struct page		**map_pages;
	/* these are whoever's holds REAPING */
	struct gnttab_unmap_grant_ref *unmap_ops;
	struct page		**unmap_pages;
	u64			purge_passes;	/* the purge's: passes when it last ran */
	struct list_head	map_node;	/* of all rings, see map.c */

	/* copy.c: made when it is needed; how many pages lie there */
	struct blkback_copy	*copy;
	u32			nr_copy_pages;

	/* the thread writes all but err_req, which is the reaper's */
	struct blkback_stats	stats;
	struct blkback_tally	tally;

	/* the purge's: it has work in it, which must not lie on a stack */
	struct gntab_unmap_queue_data drop;
};

/**
 * struct blkback_indices - where both ends of a ring are
 * @req_prod:  requests, as the front says
 * @req_event: the request that we want to be told of
 * @rsp_prod:  answers, as we have said
 * @rsp_event: the answer that the front wants to be told of
 * @req_cons:  requests pulled
 * @answers:   answers pushed
 */
struct blkback_indices {
	u32	req_prod;
	u32	req_event;
	u32	rsp_prod;
	u32	rsp_event;
	u32	req_cons;
	u32	answers;
};

/**
 * struct blkback_policy - what the toolstack decided about a disk (store.c)
 * @mode:         writable if there is a w in it
 * @is_cdrom:     it calls it a CD drive
 * @is_removable: it calls it removable
 * @can_discard:  discard may be offered
 */
struct blkback_policy {
	char	mode[8];
	bool	is_cdrom;
	bool	is_removable;
	bool	can_discard;
};

/* The backing device. disk.c; the device's work only. */
struct blkback_disk {
	struct file		*file;
	struct block_device	*bdev;
	u32			major, minor;
	u32			info;		/* VDISK_* */
	u32			block_size;
	u32			phys_block_size;
	dev_t			whole;		/* of a partition: of its disk */
	u32			discard_granularity;	/* bytes */
	u32			discard_alignment;	/* bytes */
	struct blkback_geo	geo;
};

enum blkback_dev_state {
	BLKBACK_DEV_CREATED,	/* nothing offered yet */
	BLKBACK_DEV_OFFERED,	/* InitWait: the front may connect */
	BLKBACK_DEV_CONNECTED,	/* rings run */
	BLKBACK_DEV_CLOSED,	/* drained and released */
};

/* bits of blkback_dev.flags */
enum {
	BLKBACK_DEV_GONE,	/* remove was called */
	BLKBACK_DEV_DESTROYED,	/* released for the last time */
	BLKBACK_DEV_UNREGISTER,	/* drained; xenwatch may unregister it */
};

/* One virtual disk of one guest. Lives from probe to its last request. */
struct blkback_dev {
	struct list_head	node;		/* of all devices, see dev.c */
	struct kref		ref;
	struct xenbus_device	*xbdev;		/* counted */
	char			*front_dir;	/* the front's path in xenstore */
	struct delayed_work	work;
	struct work_struct	barrier_work;
	struct delayed_work	stall_work;	/* closing takes long */
	struct work_struct	broken_work;	/* a ring was stopped */
	struct dentry		*debugfs;
	unsigned long		flags;
	enum xenbus_state	front_state;	/* xenwatch writes, work reads */
	unsigned long		not_before;	/* jiffies; the work's next run */
	struct ratelimit_state	log;		/* of what the front can cause */

	/* door_lock: nothing of ours is written to xenstore once GONE is set */
	struct mutex		door_lock;
	struct xenbus_watch	store_watch;
	struct xenbus_watch	kill_watch;

	/* the work only */
	enum blkback_dev_state	state;
	bool			is_untold;	/* the front knows an old size */
	bool			is_heir;	/* of a driver that had connected */
	bool			told_flush;	/* by that one: of the disk's cache */
	bool			told_barrier;	/* and of this */
	struct blkback_offer	offer;
	struct blkback_config	config;
	struct blkback_disk	disk;
	struct blkback_policy	policy;

	/* what I/O is done in; NULL: in that of the threads themselves */
	spinlock_t		cgroup_lock;
	struct cgroup_subsys_state *cgroup;	/* counted */

	/* stat_lock: rings may be looked at while it is held */
	struct mutex		stat_lock;
	struct blkback_ring	*rings;
	u32			nr_rings;
	struct blkback_stats	past;		/* of rings that are gone */
	struct blkback_tally	past_tally;
	char			*last_error;	/* what ended a connection */
	int			last_errno;
};

/* ring.c */
int blkback_ring_connect(struct blkback_ring *ring, const u32 *gref, u32 port,
			 irq_handler_t handler);
void blkback_ring_disconnect(struct blkback_ring *ring);
int blkback_ring_peek(struct blkback_ring *ring);
void blkback_ring_pull(struct blkback_ring *ring, u8 *slot);
bool blkback_ring_arm(struct blkback_ring *ring);
void blkback_ring_look(const struct blkback_ring *ring,
		       struct blkback_indices *at);
void blkback_ring_push(struct blkback_ring *ring, u64 id, u8 op, s16 status);
void blkback_ring_kick(struct blkback_ring *ring, u32 nr);

/* map.c: parameters, each looked at whenever it is needed, see look_all */
extern unsigned int blkback_max_persistent_grants;
extern unsigned int blkback_persistent_unused_seconds;
extern unsigned int blkback_max_buffer_pages;
int blkback_map_init(struct blkback_ring *ring);
void blkback_map_exit(struct blkback_ring *ring);
bool blkback_map_find(struct blkback_ring *ring, struct list_head *reqs);
bool blkback_map_has_room(const struct blkback_ring *ring);
void blkback_map_take(struct blkback_ring *ring, struct list_head *reqs);
bool blkback_map_is_held(const struct blkback_req *req);
void blkback_map_give(struct blkback_ring *ring, struct llist_node *reqs);
void blkback_map_reclaim(struct blkback_ring *ring);
void blkback_map_look_all(void);

/* copy.c: the parameter, looked at whenever it is needed */
extern unsigned int blkback_max_copy_segments;
void blkback_copy_take(struct blkback_ring *ring, struct list_head *reqs);
void blkback_copy_give(struct blkback_ring *ring, struct llist_node *reqs,
		       u32 max);
int blkback_copy_frames(struct blkback_ring *ring, const struct blkif_io *io,
			struct blkif_request_segment *seg);
void blkback_copy_reclaim(struct blkback_ring *ring);
void blkback_copy_exit(struct blkback_ring *ring);

/* disk.c */
int blkback_disk_open(struct blkback_disk *disk, u32 major, u32 minor,
		      const struct blkback_policy *policy, struct device *dev);
int blkback_disk_flush_pages(struct blkback_disk *disk);
void blkback_disk_read_geo(struct blkback_disk *disk,
			   const struct blkback_policy *policy);
void blkback_disk_close(struct blkback_disk *disk);

/* cgroup.c */
#ifdef CONFIG_BLK_CGROUP
int blkback_cgroup_set(struct blkback_dev *dev, const char *path);
ssize_t blkback_cgroup_show(struct blkback_dev *dev, char *buf);
void blkback_cgroup_exit(struct blkback_dev *dev);
#else
static inline int blkback_cgroup_set(struct blkback_dev *dev, const char *path)
{
	return -EOPNOTSUPP;
}

static inline ssize_t blkback_cgroup_show(struct blkback_dev *dev, char *buf)
{
	return -EOPNOTSUPP;
}

static inline void blkback_cgroup_exit(struct blkback_dev *dev)
{
}
#endif

/* io.c */
void blkback_io_join(struct blkback_dev *dev);
void blkback_io_leave(void);
void blkback_io_init(struct blkback_ring *ring);
void blkback_io_submit(struct blkback_req *req, struct block_device *bdev,
		       void (*end)(struct blkback_req *req));

/* store.c */
void blkback_store_note(struct blkback_dev *dev, int err, const char *text);
__printf(3, 4)
void blkback_store_fatal(struct blkback_dev *dev, int err, const char *fmt, ...);
void blkback_store_switch(struct blkback_dev *dev, enum xenbus_state state);
int blkback_store_read_disk(struct blkback_dev *dev, u32 *major, u32 *minor,
			    struct blkback_policy *policy);
void blkback_store_check_disk(struct blkback_dev *dev);
bool blkback_store_read_before(struct blkback_dev *dev,
			       struct blkback_offer *before);
bool blkback_store_read_params(struct blkback_dev *dev,
			       struct blkback_offer *offer);
char *blkback_store_read_cgroup(struct blkback_dev *dev);
int blkback_store_read_front(struct blkback_dev *dev, struct blkback_ask *ask);
int blkback_store_read_ring(struct blkback_dev *dev, u32 index, u32 *gref,
			    u32 *port);
void blkback_store_read_name(struct blkback_dev *dev, char *name, size_t len);
int blkback_store_write_offer(struct blkback_dev *dev);
int blkback_store_write_disk(struct blkback_dev *dev);
int blkback_store_write_size(struct blkback_dev *dev);

/* uevent.c */
int blkback_uevent_start(void (*changed)(dev_t devt));
void blkback_uevent_stop(void);

/* req.c; the parameter is looked at before each rest */
extern unsigned int blkback_busy_poll_us;
void blkback_req_start(struct blkback_ring *ring);
void blkback_req_stop(struct blkback_ring *ring);
void blkback_req_drain(struct blkback_ring *ring);
int blkback_req_init(struct blkback_ring *ring);
void blkback_req_exit(struct blkback_ring *ring);
void blkback_req_rejoin(struct blkback_ring *ring);
void blkback_req_reclaim(struct blkback_ring *ring);
void blkback_req_park(struct blkback_ring *ring);
void blkback_req_wait_parked(struct blkback_ring *ring);
bool blkback_req_has_barrier(struct blkback_ring *ring);
void blkback_req_run_barrier(struct blkback_ring *ring);
void blkback_req_unpark(struct blkback_ring *ring);
irqreturn_t blkback_req_irq(int irq, void *ring);
bool blkback_req_look(const struct blkback_req *req, u64 now,
		      struct blkback_glance *glance);
const char *blkback_req_state_name(u8 state);
u32 blkback_req_find_oldest(const struct blkback_ring *ring,
			    struct blkback_glance *oldest);
int blkback_req_setup(void);
void blkback_req_teardown(void);

/* barrier.c */
void blkback_barrier_init(struct blkback_dev *dev);
void blkback_barrier_exit(struct blkback_dev *dev);

/* dev.c: parameters, each taken over when a device makes its offer */
extern unsigned int blkback_max_queues;
extern unsigned int blkback_max_ring_pages;
extern unsigned int blkback_max_indirect_segments;
extern bool blkback_feature_persistent;
extern char *blkback_cgroup_parent;
int blkback_dev_setup(void);
void blkback_dev_teardown(void);
struct blkback_dev *blkback_dev_create(struct xenbus_device *xbdev);
void blkback_dev_kick(struct blkback_dev *dev);
void blkback_dev_put(struct blkback_dev *dev);
void blkback_dev_gone(struct blkback_dev *dev);
void blkback_dev_reclaim(struct blkback_dev *dev);
void blkback_dev_disk_changed(dev_t devt);
int blkback_dev_set_cgroup(struct blkback_dev *dev, const char *path);
void blkback_dev_stats(struct blkback_dev *dev, struct blkback_stats *sum);

/* debug.c */
void blkback_debug_setup(void);
void blkback_debug_teardown(void);
void blkback_debug_add(struct blkback_dev *dev);
void blkback_debug_gone(struct blkback_dev *dev);

/* stat.c */
extern const struct attribute_group *blkback_stat_groups[];

/* xenbus.c */
int blkback_xenbus_register(void);
void blkback_xenbus_unregister(void);

#endif /* _BLKBACK_H */
