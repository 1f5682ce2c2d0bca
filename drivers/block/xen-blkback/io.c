// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a checked request with its pages to bios, and back to one call when the
 * last of them has ended. Never looks at the ring.
 *
 * Layer: 1 (outside world: block layer). No lock.
 */
#include <linux/bio.h>
#include <linux/kthread.h>

#include "blkback.h"

/**
 * blkback_io_join() - whoever calls this submits for the disk from now on
 * @dev: the device; its cgroup, if it has one, is the thread's for I/O
 *
 * Context: A kernel thread or a work item.
 */
void blkback_io_join(struct blkback_dev *dev)
{
	spin_lock(&dev->cgroup_lock);
	kthread_associate_blkcg(dev->cgroup);
	spin_unlock(&dev->cgroup_lock);
}

/**
 * blkback_io_leave() - and no longer does
 *
 * Context: As joined.
 */
void blkback_io_leave(void)
{
	kthread_associate_blkcg(NULL);
}

/* The only bio of a request, as most have. */
static void blkback_io_end_one(struct bio *bio)
{
	struct blkback_req *req = bio->bi_private;

	req->status = bio->bi_status;
	bio_uninit(bio);
	req->end(req);
}

static void blkback_io_put(struct blkback_req *req)
{
	if (atomic_dec_and_test(&req->nr_pending))
		req->end(req);
}

static void blkback_io_end(struct bio *bio)
{
	struct blkback_req *req = bio->bi_private;

	if (bio->bi_status)
		cmpxchg(&req->status, BLK_STS_OK, bio->bi_status);
	bio_put(bio);
	blkback_io_put(req);
}

static blk_opf_t blkback_io_opf(const struct blkback_req *req)
{
	const struct blkif_io *io = &req->io;
	blk_opf_t opf;

	switch (io->op) {
	case BLKIF_OP_READ:
		return REQ_OP_READ;
	case BLKIF_OP_FLUSH_DISKCACHE:
		return REQ_OP_WRITE | REQ_PREFLUSH;
	case BLKIF_OP_WRITE_BARRIER:
		return REQ_OP_WRITE | REQ_PREFLUSH | REQ_SYNC |
		       (io->nr_segs ? REQ_FUA : 0);
	default:
		/* Somebody in the guest waits: no idling for more of the same. */
		opf = REQ_OP_WRITE | REQ_SYNC | REQ_IDLE;
		/*
		 * Who was told that there is no cache asks for no flush. If there is
		 * one since, each write goes through it; else this is taken off.
		 */
		if (!req->ring->dev->disk.geo.has_flush)
			opf |= REQ_FUA;
		return opf;
	}
}

static void blkback_io_discard(struct blkback_req *req,
			       struct block_device *bdev)
{
	const struct blkif_io *io = &req->io;
	int err;

	if (io->flags & BLKIF_IO_SECURE)
		err = blkdev_issue_secure_erase(bdev, io->sector,
						io->nr_sectors, GFP_NOIO);
	else if (!bdev_max_discard_sectors(bdev))
		/* Switched off meanwhile; the call below would do nothing. */
		err = -EOPNOTSUPP;
	else
		err = blkdev_issue_discard(bdev, io->sector, io->nr_sectors,
					   GFP_NOIO);
	req->status = errno_to_blk_status(err);
	req->end(req);
}

/*
 * Discards may take long, and wait here rather than in the ring's thread. One
 * work item a ring: a guest that discards a lot takes one worker, not all.
 */
static void blkback_io_discard_work(struct work_struct *work)
{
	struct blkback_ring *ring = container_of(work, struct blkback_ring,
						 discard_work);
	struct blkback_dev *dev = ring->dev;
	struct llist_node *node, *next;

	blkback_io_join(dev);
	node = llist_reverse_order(llist_del_all(&ring->discards));
	for (; node; node = next) {
		/* The request is no longer ours once its end was called. */
		next = node->next;
		blkback_io_discard(llist_entry(node, struct blkback_req, done),
				   dev->disk.bdev);
	}
	blkback_io_leave();
}

/**
 * blkback_io_init() - prepare a ring to do discards
 * @ring: zeroed; its discard_work is the caller's to cancel, once idle
 *
 * Context: Process.
 */
void blkback_io_init(struct blkback_ring *ring)
{
	init_llist_head(&ring->discards);
	INIT_WORK(&ring->discard_work, blkback_io_discard_work);
}

/* Segments from @first on, @nr of them; returns the sector after the last. */
static u64 blkback_io_fill(struct bio *bio, const struct blkback_req *req,
			   u32 first, u32 nr, u64 sector)
{
	const struct blkback_seg *seg = &req->seg[first];

	bio->bi_iter.bi_sector = sector;
	for (; nr; nr--, seg++) {
		__bio_add_page(bio, seg->page, seg->nr << BLKIF_SECTOR_SHIFT,
			       seg->first << BLKIF_SECTOR_SHIFT);
		sector += seg->nr;
	}
	return sector;
}

static void blkback_io_submit_one(struct blkback_req *req,
				  struct block_device *bdev, blk_opf_t opf)
{
	u32 nr = req->io.nr_segs;

	bio_init(&req->bio, bdev, req->vec, nr, opf);
	req->bio.bi_private = req;
	req->bio.bi_end_io = blkback_io_end_one;
	blkback_io_fill(&req->bio, req, 0, nr, nr ? req->io.sector : 0);
	submit_bio(&req->bio);
}

static void blkback_io_submit_many(struct blkback_req *req,
				   struct block_device *bdev, blk_opf_t opf)
{
	u64 sector = req->io.sector;
	u32 i, nr;

	atomic_set(&req->nr_pending, 1);
	for (i = 0; i < req->io.nr_segs; i += nr) {
		struct bio *bio;

		nr = min_t(u32, req->io.nr_segs - i, BIO_MAX_VECS);
		bio = bio_alloc(bdev, nr, opf, GFP_NOIO);
		bio->bi_private = req;
		bio->bi_end_io = blkback_io_end;
		sector = blkback_io_fill(bio, req, i, nr, sector);
		atomic_inc(&req->nr_pending);
		submit_bio(bio);
	}
	blkback_io_put(req);
}

/**
 * blkback_io_submit() - hand a request to the block layer
 * @req:  MAPPED: checked, with all its pages
 * @bdev: the disk
 * @end:  called once, in any context, when all of it has ended; the outcome is
 *        in @req->status. It may be called before this returns
 *
 * A segment is never merged with the next by address: the pages are the
 * front's, and neighbours here need not be neighbours in machine memory.
 *
 * Context: Process; may wait for the disk's queue to have room.
 */
void blkback_io_submit(struct blkback_req *req, struct block_device *bdev,
		       void (*end)(struct blkback_req *req))
{
	struct blkback_ring *ring = req->ring;
	blk_opf_t opf;

	req->end = end;
	req->status = BLK_STS_OK;
	if (req->io.op == BLKIF_OP_DISCARD) {
		if (llist_add(&req->done, &ring->discards))
			queue_work(ring->slow_wq, &ring->discard_work);
		return;
	}
	opf = blkback_io_opf(req);
	if (req->io.nr_segs <= BLKBACK_REQ_SEGS)
		blkback_io_submit_one(req, bdev, opf);
	else
		blkback_io_submit_many(req, bdev, opf);
}
