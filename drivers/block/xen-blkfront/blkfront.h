/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Structures of the front half, each group of members with its owner and lock,
 * and the prototypes of its files, lower layers first.
 */
#ifndef _BLKFRONT_H
#define _BLKFRONT_H

#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include <xen/blkif-hist.h>
#include <xen/grant_table.h>
#include <xen/xenbus.h>

#include "limits.h"
#include "pace.h"
#include "vdev.h"
#include "wire.h"

/* of a ring, its thread and its interrupt, as tracepoints show it, too */
#define BLKFRONT_NAME_LEN	56

struct blkfront_dev;
struct blkfront_ring;

enum blkfront_req_state {
	BLKFRONT_REQ_IDLE,	/* the block layer's */
	BLKFRONT_REQ_SUBMITTED,	/* the peer's, or on its way there */
	BLKFRONT_REQ_ANSWERED,	/* on its way to its end */
	BLKFRONT_REQ_AGAIN,	/* the peer is gone: to be issued once more */
	BLKFRONT_REQ_LATE,	/* the peer's, for longer than it should be */
};

/**
 * struct blkfront_req - what we remember of a request in flight (blk-mq's PDU)
 * @gref:        bounced: not used. Else the grants of its segments, unless
 *               indirect: then they are where the back reads them, in frames
 *               that it cannot write
 * @pages:       bounced: the pages of ours that the data go through, in order
 * @frame:       pages of the indirect frames, blkif_nr_frames() of them; the
 *               grant of each is its private number
 * @nr_bytes:    how much of the request went, from its start; the rest follows
 * @nr_segs:     segments, each with a grant
 * @is_bounced:  the data go through @pages
 * @op:          BLKIF_OP_*, the inner one if indirect
 * @is_indirect: it went as an indirect request
 * @must_flush:  a write, whose flush goes before it ends
 * @state:       enum blkfront_req_state
 * @status:      its outcome, between the response and the end of the request
 */
struct blkfront_req {
	union {
		grant_ref_t	 gref[BLKIF_MAX_SEGS];
		struct list_head pages;
	};
	struct page	*frame[BLKIF_MAX_FRAMES];
	u32		nr_bytes;
	u16		nr_segs;
	u8		op;
	bool		is_bounced;
	bool		is_indirect;
	bool		must_flush;
	u8		state;
	blk_status_t	status;
};

/**
 * struct blkfront_kept - what a back that was given up has mapped of a request's memory
 * @node: on the list of its ring, and then of what is held of that
 * @nr:   segments
 * @seg:  the grant of each, and the page that it holds
 */
struct blkfront_kept {
	struct list_head	node;
	u32			nr;
	struct {
		grant_ref_t	gref;
		struct page	*page;
	} seg[];
};

/* bits of blkfront_ring.flags */
enum {
	BLKFRONT_RING_BROKEN,	/* the back lied: nothing is read any more */
	BLKFRONT_RING_FULL,	/* a queue waits for a slot, or for pages */
	BLKFRONT_RING_LATE,	/* an answer is overdue, which was told */
	BLKFRONT_RING_UNANSWERED, /* given up with requests that the back may have */
};

/**
 * struct blkfront_stats - what a ring has gone through; only ever grows
 * @no_grant:  times that no grant was to be had, and the request waited
 * @no_memory: times that no memory was to be had, and the request waited
 * @no_slot:   times that the ring had no slot, and the request waited
 * @no_page:   times that as many pages were in flight as may be, likewise
 * @kicked:    batches shown to the back
 * @notified:  times that the back was told of them
 * @delayed:   times that an event was asked for later than the next answer
 * @expired:   of these, that answers were looked for as the time was up
 * @failed:    requests to which the back said no
 */
struct blkfront_stats {
	u64	no_grant;
	u64	no_memory;
	u64	no_slot;
	u64	no_page;
	u64	kicked;
	u64	notified;
	u64	delayed;
	u64	expired;
	u64	failed;
};

/**
 * struct blkfront_failure - the last request that the back failed
 * @id:     its id on the ring
 * @sector: first sector
 * @when:   when it was answered, in ns
 * @status: BLKIF_RSP_*
 * @op:     BLKIF_OP_*
 */
struct blkfront_failure {
	u64	id;
	u64	sector;
	u64	when;
	s16	status;
	u8	op;
};

/**
 * struct blkfront_indices - where both ends of a ring are
 * @req_prod:  requests, as we have said
 * @req_event: the request that the back wants to be told of
 * @rsp_prod:  answers, as the back says
 * @rsp_event: the answer that we want to be told of
 * @pushed:    requests pushed
 * @rsp_cons:  answers pulled
 */
struct blkfront_indices {
	u32	req_prod;
	u32	req_event;
	u32	rsp_prod;
	u32	rsp_event;
	u32	pushed;
	u32	rsp_cons;
};

/**
 * typedef blkfront_answer_fn - takes what the back has answered
 * @ring: the ring
 *
 * Context: Softirq.
 * Return: flags for the event's acknowledgment, or a negative errno: the ring
 * takes no event any more.
 */
typedef int (*blkfront_answer_fn)(struct blkfront_ring *ring);

/* One ring. Lives from connect to disconnect. */
struct blkfront_ring {
	struct blkfront_dev	*dev;
	u32			index;
	char			name[BLKFRONT_NAME_LEN];

	/* ring.c: set at connect; a page may hold several of the ring's pages */
	struct page		*page[BLKIF_MAX_RING_PAGES];
	grant_ref_t		gref[BLKIF_MAX_RING_PAGES];
	struct blkif_sring	*shared;
	u32			nr_pages;
	u32			slots;
	evtchn_port_t		port;
	int			irq;
	bool			has_back;	/* or the guest was moved: set at unbind */
	blkfront_answer_fn	answer;
	struct work_struct	answer_work;
	bool			has_event;	/* its handler was run, the work not yet */
	bool			has_taken;	/* the work did, without an event */

	/* ring.c: lock guards the way out; never taken in an interrupt */
	spinlock_t		lock ____cacheline_aligned_in_smp;
	u32			req_prod;
	u32			req_kicked;	/* what the back knows of it */

	/* grant.c */
	spinlock_t		grant_lock ____cacheline_aligned_in_smp; /* to low_free */
	grant_ref_t		grant_head;
	u32			nr_free;	/* references in grant_head */
	u32			nr_grants;	/* references we own */
	struct list_head	pages;		/* granted, last used first */
	u32			nr_pages_free;	/* on that list */
	u32			nr_pages_out;	/* in flight */
	u32			min_pages;	/* never fewer at rest for others' sake */
	u32			low_pages;	/* the fewest at rest, since last purge */
	u32			low_free;	/* and the fewest in stock */
	struct list_head	kept;		/* given up, see hold.c */
	struct delayed_work	purge_work;
	unsigned long		flags;
	struct blkfront_stats	stats;
	bool			outlives_try;	/* a grant does, to end it: set at init */
	bool			tries_no_more;	/* one did not, and the back had it */

	bool			is_polled;	/* no events are asked for */

	/* queue.c: under dev->lock */
	u32			late_cons;	/* rsp_cons when that was told */

	/* requests of several queues may come here after a resume */
	bool			may_fill;	/* more of them than slots */
	atomic_t		nr_used;	/* slots, if it may fill */
	const char		*broken_why;	/* of what the back lied */
	u64			broken_what;

	/* answer_work's, and of a polled ring whoever's holds poll_lock */
	u32			rsp_cons ____cacheline_aligned_in_smp;
	spinlock_t		poll_lock;	/* rsp_cons of a polled ring */
	struct blkfront_pace	pace;
	bool			is_delayed;	/* an event is asked for later */
	struct hrtimer		delay_timer;	/* answers wait no longer */
	struct blkfront_failure	last_failure;
	/* from the block layer's making a request to its answer, by BLKIF_OP_* */
	struct blkif_hist	hist[BLKIF_OP_DISCARD + 1];
};

enum blkfront_dev_state {
	BLKFRONT_DEV_CREATED,	/* no ring yet */
	BLKFRONT_DEV_CONNECTING, /* rings are there; the back is to connect */
	BLKFRONT_DEV_CONNECTED,	/* the disk is there */
	BLKFRONT_DEV_FAILED,	/* cannot go on; waits for the back to go */
	BLKFRONT_DEV_CLOSED,	/* no ring any more */
};

/* bits of blkfront_dev.flags */
enum {
	BLKFRONT_DEV_GONE,	/* remove was called */
	BLKFRONT_DEV_DEAD,	/* no request gets an answer any more */
	BLKFRONT_DEV_NO_FLUSH,	/* the back withdrew it: limits must follow */
	BLKFRONT_DEV_NO_DISCARD, /* likewise */
	BLKFRONT_DEV_NO_SECURE,	/* likewise */
	BLKFRONT_DEV_RESUMED,	/* woken up with a new back */
	BLKFRONT_DEV_BOUND,	/* queues have their rings: to poll, to kick */
};

/* no step is taken with the back that there was */
#define BLKFRONT_DEV_STILL	(BIT(BLKFRONT_DEV_GONE) | \
				 BIT(BLKFRONT_DEV_RESUMED))
#define BLKFRONT_DEV_WITHDRAWN	(BIT(BLKFRONT_DEV_NO_FLUSH) | \
				 BIT(BLKFRONT_DEV_NO_DISCARD) | \
				 BIT(BLKFRONT_DEV_NO_SECURE))

/* One virtual disk. Lives from probe to remove. */
struct blkfront_dev {
	struct xenbus_device	*xbdev;
	struct workqueue_struct	*wq;
	struct work_struct	work;
	struct delayed_work	fail_work;	/* ends what waits for the back */
	struct delayed_work	again_work;	/* has work run once more, later */
	unsigned long		resized;	/* when the size last changed */
	struct ratelimit_state	log;		/* of what the back can cause */
	struct shrinker		*shrinker;	/* NULL: there was no memory for it */
	struct dentry		*debugfs;
	struct mutex		lock;		/* whoever acts on the device */
	unsigned long		flags;
	enum xenbus_state	back_state;	/* xenwatch writes, work reads */

	/* under lock */
	enum blkfront_dev_state	state;
	u32			handle;
	struct blkfront_vdev	vdev;
	struct blkfront_allow	allow;
	struct blkfront_config	config;
	struct blkfront_geo	geo;
	bool			is_trusted;	/* the back may see our memory */
	bool			is_held;	/* the queue waits for another back */
	char			*last_error;	/* what was wrong with a connection */
	int			last_errno;

	/* under lock; the flow reads rings while the queue runs */
	struct blkfront_ring	*rings;
	u32			nr_rings;

	/* who makes a request later knows of the cache; ns, 0: everybody does */
	u64			unsafe_end;

	/* disk.c */
	struct blk_mq_tag_set	tag_set;
	u32			nr_polled;	/* of the disk's queues, the last */
	u32			tag_shift;	/* id on a ring: queue, then tag */
	struct gendisk		*gd;
	struct list_head	minors;		/* disk.c's list of minors in use */
	bool			is_added;
};

/* ring.c: a parameter, looked at whenever answers were taken */
extern unsigned int blkfront_irq_delay_us;
int blkfront_ring_connect(struct blkfront_ring *ring, u32 nr_pages,
			  blkfront_answer_fn answer);
void blkfront_ring_disconnect(struct blkfront_ring *ring);
void blkfront_ring_unbind(struct blkfront_ring *ring);
void blkfront_ring_disarm(struct blkfront_ring *ring);
void blkfront_ring_spread(struct blkfront_ring *ring,
			  const struct cpumask *cpus);
void blkfront_ring_push(struct blkfront_ring *ring,
			const struct blkif_io *io,
			const struct blkif_request_segment *seg, bool is_last);
void blkfront_ring_kick(struct blkfront_ring *ring);
int blkfront_ring_peek(struct blkfront_ring *ring);
void blkfront_ring_pull(struct blkfront_ring *ring, struct blkif_response *rsp);
bool blkfront_ring_arm(struct blkfront_ring *ring, u32 nr, u64 now);
void blkfront_ring_look(const struct blkfront_ring *ring,
			struct blkfront_indices *at);
void blkfront_ring_nudge(struct blkfront_ring *ring);

/* grant.c: a parameter, looked at whenever it is needed */
extern unsigned int blkfront_max_persistent_grants;
int blkfront_grant_init(struct blkfront_ring *ring);
void blkfront_grant_exit(struct blkfront_ring *ring);
void blkfront_grant_reserve(struct blkfront_ring *ring);
u32 blkfront_grant_spare(const struct blkfront_ring *ring);
u32 blkfront_grant_shrink(struct blkfront_ring *ring, u32 nr);
blk_status_t blkfront_grant_take(struct blkfront_ring *ring,
				 struct request *rq, struct blkfront_req *req,
				 struct blkif_io *io,
				 struct blkif_request_segment *seg);
bool blkfront_grant_end(struct blkfront_ring *ring, struct blkfront_req *req,
			bool is_answered);
u32 blkfront_grant_gather(struct request *rq, struct blkfront_req *req,
			  bool is_good, struct list_head *pages);
void blkfront_grant_give(struct blkfront_ring *ring, struct list_head *pages,
			 u32 nr);

/* hold.c */
void blkfront_hold_setup(struct workqueue_struct *wq);
void blkfront_hold_teardown(void);
void blkfront_hold_take(struct blkfront_ring *ring);

/* store.c */
void blkfront_store_note(struct blkfront_dev *dev, int err, const char *text);
__printf(3, 4)
void blkfront_store_error(struct blkfront_dev *dev, int err, const char *fmt,
			  ...);
int blkfront_store_read_vdev(struct blkfront_dev *dev, u32 *number);
bool blkfront_store_is_disk(struct blkfront_dev *dev);
int blkfront_store_read_offer(struct blkfront_dev *dev,
			      struct blkfront_offer *offer);
int blkfront_store_read_props(struct blkfront_dev *dev,
			      struct blkfront_props *props);
bool blkfront_store_is_trusted(struct blkfront_dev *dev);
int blkfront_store_write_rings(struct blkfront_dev *dev);

/* disk.c: a parameter, looked at when a disk is made */
extern bool blkfront_scan_untrusted;
int blkfront_disk_setup(void);
void blkfront_disk_teardown(void);
int blkfront_disk_create(struct blkfront_dev *dev,
			 const struct blk_mq_ops *ops);
int blkfront_disk_add(struct blkfront_dev *dev);
void blkfront_disk_remove(struct blkfront_dev *dev);
void blkfront_disk_destroy(struct blkfront_dev *dev);
void blkfront_disk_update(struct blkfront_dev *dev,
			  const struct blkfront_geo *geo);
bool blkfront_disk_has_cache(const struct blkfront_dev *dev);
void blkfront_disk_resize(struct blkfront_dev *dev);
void blkfront_disk_drop(struct blkfront_dev *dev);

/* queue.c; the parameter is looked at when an answer is overdue */
extern bool blkfront_timeout_fails;
extern const struct blk_mq_ops blkfront_queue_ops;

/* A request's id on its ring: queue, then tag. */
static inline u64 blkfront_queue_id(const struct blkfront_ring *ring,
				    const struct request *rq)
{
	return ((u64)rq->mq_hctx->queue_num << ring->dev->tag_shift) + rq->tag;
}

/*
 * When the block layer made a request, in ns; 0: it keeps no times (iostats is off),
 * whatever it left there of another one.
 */
static inline u64 blkfront_queue_start(const struct request *rq)
{
	return rq->rq_flags & RQF_IO_STAT || req_op(rq) == REQ_OP_FLUSH ?
	       rq->start_time_ns : 0;
}

/* How long that is ago; 0: it is not known. */
static inline u64 blkfront_queue_age(const struct request *rq, u64 now)
{
	u64 start = blkfront_queue_start(rq);

	return start ? now - start : 0;
}

int blkfront_queue_answers(struct blkfront_ring *ring);
void blkfront_queue_bind(struct blkfront_dev *dev);
void blkfront_queue_fail_all(struct blkfront_dev *dev);
void blkfront_queue_hold_all(struct blkfront_dev *dev);
u32 blkfront_queue_settle_all(struct blkfront_dev *dev, unsigned long end);
void blkfront_queue_release_all(struct blkfront_dev *dev);

/* shrinker.c */
void blkfront_shrinker_create(struct blkfront_dev *dev);
void blkfront_shrinker_destroy(struct blkfront_dev *dev);

/* dev.c: parameters, each taken over when a device connects */
extern unsigned int blkfront_max_queues;
extern unsigned int blkfront_poll_queues;
extern unsigned int blkfront_max_ring_pages;
extern unsigned int blkfront_max_indirect_segments;
extern bool blkfront_feature_persistent;
extern bool blkfront_trusted;
int blkfront_dev_setup(void);
void blkfront_dev_teardown(void);
int blkfront_dev_create(struct xenbus_device *xbdev);
void blkfront_dev_destroy(struct blkfront_dev *dev);
void blkfront_dev_back_changed(struct blkfront_dev *dev,
			       enum xenbus_state state);
void blkfront_dev_suspend(struct blkfront_dev *dev);
void blkfront_dev_resume(struct blkfront_dev *dev);
bool blkfront_dev_is_ready(struct blkfront_dev *dev);

/* debug.c */
void blkfront_debug_setup(void);
void blkfront_debug_teardown(void);
void blkfront_debug_add(struct blkfront_dev *dev);

/* xenbus.c */
int blkfront_xenbus_register(void);
void blkfront_xenbus_unregister(void);

#endif /* _BLKFRONT_H */
