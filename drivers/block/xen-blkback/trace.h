/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints at the doors of the rooms that a request passes, in the order in
 * which it does. Each names the ring as its thread and its interrupt are named
 * (guest, disk, ring), which is what "device and ring" is to an administrator.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM xen_blkback

#if !defined(_BLKBACK_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _BLKBACK_TRACE_H

#include <linux/tracepoint.h>

#include "blkback.h"

#define blkback_trace_op(op)						\
	__print_symbolic(op,						\
			 { BLKIF_OP_READ, "read" },			\
			 { BLKIF_OP_WRITE, "write" },			\
			 { BLKIF_OP_WRITE_BARRIER, "barrier" },		\
			 { BLKIF_OP_FLUSH_DISKCACHE, "flush" },		\
			 { BLKIF_OP_DISCARD, "discard" },		\
			 { BLKIF_OP_INDIRECT, "indirect" })

/* The front sent an event. */
TRACE_EVENT(blkback_event,
	TP_PROTO(const struct blkback_ring *ring),
	TP_ARGS(ring),
	TP_STRUCT__entry(
		__field(u16, domid)
		__array(char, ring, BLKBACK_NAME_LEN)
	),
	TP_fast_assign(
		__entry->domid = ring->dev->xbdev->otherend_id;
		memcpy(__entry->ring, ring->name, BLKBACK_NAME_LEN);
	),
	TP_printk("ring=%s", __entry->ring)
);

DECLARE_EVENT_CLASS(blkback_req,
	TP_PROTO(const struct blkback_req *req),
	TP_ARGS(req),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, sector)
		__field(u64, nr_sectors)
		__field(u16, domid)
		__field(u16, nr_segs)
		__field(u8, op)
		__array(char, ring, BLKBACK_NAME_LEN)
	),
	TP_fast_assign(
		__entry->id = req->io.id;
		__entry->sector = req->io.sector;
		__entry->nr_sectors = req->io.nr_sectors;
		__entry->domid = req->ring->dev->xbdev->otherend_id;
		__entry->nr_segs = req->io.nr_segs;
		__entry->op = req->io.op;
		memcpy(__entry->ring, req->ring->name, BLKBACK_NAME_LEN);
	),
	TP_printk("ring=%s id=%llu op=%s sector=%llu sectors=%llu segs=%u",
		  __entry->ring, __entry->id, blkback_trace_op(__entry->op),
		  __entry->sector, __entry->nr_sectors, __entry->nr_segs)
);

/* Copied out of the ring and parsed; one that is refused has no segments. */
DEFINE_EVENT(blkback_req, blkback_pulled,
	TP_PROTO(const struct blkback_req *req),
	TP_ARGS(req)
);

/* It goes to the block layer now. */
DEFINE_EVENT(blkback_req, blkback_submitted,
	TP_PROTO(const struct blkback_req *req),
	TP_ARGS(req)
);

/* It never goes there, and why. */
TRACE_EVENT(blkback_refused,
	TP_PROTO(const struct blkback_req *req, int error),
	TP_ARGS(req, error),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, sector)
		__field(u64, nr_sectors)
		__field(int, error)
		__field(u16, domid)
		__field(u16, nr_segs)
		__field(u8, op)
		__array(char, ring, BLKBACK_NAME_LEN)
	),
	TP_fast_assign(
		__entry->id = req->io.id;
		__entry->sector = req->io.sector;
		__entry->nr_sectors = req->io.nr_sectors;
		__entry->error = error;
		__entry->domid = req->ring->dev->xbdev->otherend_id;
		__entry->nr_segs = req->io.nr_segs;
		__entry->op = req->io.op;
		memcpy(__entry->ring, req->ring->name, BLKBACK_NAME_LEN);
	),
	TP_printk("ring=%s id=%llu op=%s sector=%llu sectors=%llu segs=%u error=%d",
		  __entry->ring, __entry->id, blkback_trace_op(__entry->op),
		  __entry->sector, __entry->nr_sectors, __entry->nr_segs,
		  __entry->error)
);

/* The grants of a batch: found among those that stay, mapped, copied, or bad. */
TRACE_EVENT(blkback_mapped,
	TP_PROTO(const struct blkback_ring *ring, u32 nr_found, u32 nr_mapped,
		 u32 nr_copied, u32 nr_failed),
	TP_ARGS(ring, nr_found, nr_mapped, nr_copied, nr_failed),
	TP_STRUCT__entry(
		__field(u32, nr_found)
		__field(u32, nr_mapped)
		__field(u32, nr_copied)
		__field(u32, nr_failed)
		__field(u16, domid)
		__array(char, ring, BLKBACK_NAME_LEN)
	),
	TP_fast_assign(
		__entry->nr_found = nr_found;
		__entry->nr_mapped = nr_mapped;
		__entry->nr_copied = nr_copied;
		__entry->nr_failed = nr_failed;
		__entry->domid = ring->dev->xbdev->otherend_id;
		memcpy(__entry->ring, ring->name, BLKBACK_NAME_LEN);
	),
	TP_printk("ring=%s found=%u mapped=%u copied=%u failed=%u",
		  __entry->ring, __entry->nr_found, __entry->nr_mapped,
		  __entry->nr_copied, __entry->nr_failed)
);

/* The block layer is done with it. */
TRACE_EVENT(blkback_ended,
	TP_PROTO(const struct blkback_req *req),
	TP_ARGS(req),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, sector)
		__field(u64, nr_sectors)
		__field(int, error)
		__field(u16, domid)
		__field(u16, nr_segs)
		__field(u8, op)
		__array(char, ring, BLKBACK_NAME_LEN)
	),
	TP_fast_assign(
		__entry->id = req->io.id;
		__entry->sector = req->io.sector;
		__entry->nr_sectors = req->io.nr_sectors;
		__entry->error = blk_status_to_errno(req->status);
		__entry->domid = req->ring->dev->xbdev->otherend_id;
		__entry->nr_segs = req->io.nr_segs;
		__entry->op = req->io.op;
		memcpy(__entry->ring, req->ring->name, BLKBACK_NAME_LEN);
	),
	TP_printk("ring=%s id=%llu op=%s sector=%llu sectors=%llu segs=%u error=%d",
		  __entry->ring, __entry->id, blkback_trace_op(__entry->op),
		  __entry->sector, __entry->nr_sectors, __entry->nr_segs,
		  __entry->error)
);

/* Its answer is in the ring; @latency_ns: since its batch was pulled. */
TRACE_EVENT(blkback_answered,
	TP_PROTO(const struct blkback_req *req, int status, u64 latency_ns),
	TP_ARGS(req, status, latency_ns),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, sector)
		__field(u64, nr_sectors)
		__field(u64, latency_ns)
		__field(int, status)
		__field(u16, domid)
		__field(u16, nr_segs)
		__field(u8, op)
		__array(char, ring, BLKBACK_NAME_LEN)
	),
	TP_fast_assign(
		__entry->id = req->io.id;
		__entry->sector = req->io.sector;
		__entry->nr_sectors = req->io.nr_sectors;
		__entry->latency_ns = latency_ns;
		__entry->status = status;
		__entry->domid = req->ring->dev->xbdev->otherend_id;
		__entry->nr_segs = req->io.nr_segs;
		__entry->op = req->io.op;
		memcpy(__entry->ring, req->ring->name, BLKBACK_NAME_LEN);
	),
	TP_printk("ring=%s id=%llu op=%s sector=%llu sectors=%llu segs=%u status=%d latency_ns=%llu",
		  __entry->ring, __entry->id, blkback_trace_op(__entry->op),
		  __entry->sector, __entry->nr_sectors, __entry->nr_segs,
		  __entry->status, __entry->latency_ns)
);

/* The front sees its answers; @notified: it asked to be told of these, and is. */
TRACE_EVENT(blkback_kicked,
	TP_PROTO(const struct blkback_ring *ring, u32 nr, bool notified),
	TP_ARGS(ring, nr, notified),
	TP_STRUCT__entry(
		__field(u32, nr)
		__field(u16, domid)
		__field(bool, notified)
		__array(char, ring, BLKBACK_NAME_LEN)
	),
	TP_fast_assign(
		__entry->nr = nr;
		__entry->domid = ring->dev->xbdev->otherend_id;
		__entry->notified = notified;
		memcpy(__entry->ring, ring->name, BLKBACK_NAME_LEN);
	),
	TP_printk("ring=%s answers=%u notified=%d", __entry->ring,
		  __entry->nr, __entry->notified)
);

#endif /* _BLKBACK_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
