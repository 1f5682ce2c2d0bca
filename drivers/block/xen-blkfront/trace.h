/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints at the doors of the rooms that a request passes, in the order in
 * which it does. Each names the ring as its interrupt is named, disk and ring.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM xen_blkfront

#if !defined(_BLKFRONT_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _BLKFRONT_TRACE_H

#include <linux/tracepoint.h>

#include "blkfront.h"

#define blkfront_trace_op(op)						\
	__print_symbolic(op,						\
			 { REQ_OP_READ, "read" },			\
			 { REQ_OP_WRITE, "write" },			\
			 { REQ_OP_FLUSH, "flush" },			\
			 { REQ_OP_DISCARD, "discard" },			\
			 { REQ_OP_SECURE_ERASE, "erase" })

/* The block layer brings a request; it may bring it once more after a while. */
TRACE_EVENT(blkfront_queued,
	TP_PROTO(const struct blkfront_ring *ring, const struct request *rq),
	TP_ARGS(ring, rq),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, sector)
		__field(u32, nr_sectors)
		__field(u8, op)
		__array(char, ring, BLKFRONT_NAME_LEN)
	),
	TP_fast_assign(
		__entry->id = blkfront_queue_id(ring, rq);
		__entry->sector = blk_rq_pos(rq);
		__entry->nr_sectors = blk_rq_sectors(rq);
		__entry->op = req_op(rq);
		memcpy(__entry->ring, ring->name, BLKFRONT_NAME_LEN);
	),
	TP_printk("ring=%s id=%llu op=%s sector=%llu sectors=%u",
		  __entry->ring, __entry->id, blkfront_trace_op(__entry->op),
		  __entry->sector, __entry->nr_sectors)
);

/* It goes into the ring, all of it or what a slot can carry. */
TRACE_EVENT(blkfront_pushed,
	TP_PROTO(const struct blkfront_ring *ring, const struct request *rq,
		 const struct blkfront_req *req),
	TP_ARGS(ring, rq, req),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, sector)
		__field(u32, nr_sectors)
		__field(u16, nr_segs)
		__field(u8, op)
		__array(char, ring, BLKFRONT_NAME_LEN)
	),
	TP_fast_assign(
		__entry->id = blkfront_queue_id(ring, rq);
		__entry->sector = blk_rq_pos(rq);
		__entry->nr_sectors = req->nr_bytes >> BLKIF_SECTOR_SHIFT;
		__entry->nr_segs = req->nr_segs;
		__entry->op = req_op(rq);
		memcpy(__entry->ring, ring->name, BLKFRONT_NAME_LEN);
	),
	TP_printk("ring=%s id=%llu op=%s sector=%llu sectors=%u segs=%u",
		  __entry->ring, __entry->id, blkfront_trace_op(__entry->op),
		  __entry->sector, __entry->nr_sectors, __entry->nr_segs)
);

/* The back sees requests; @notified: it asked to be told of these, and is. */
TRACE_EVENT(blkfront_kicked,
	TP_PROTO(const struct blkfront_ring *ring, u32 nr, bool notified),
	TP_ARGS(ring, nr, notified),
	TP_STRUCT__entry(
		__field(u32, nr)
		__field(bool, notified)
		__array(char, ring, BLKFRONT_NAME_LEN)
	),
	TP_fast_assign(
		__entry->nr = nr;
		__entry->notified = notified;
		memcpy(__entry->ring, ring->name, BLKFRONT_NAME_LEN);
	),
	TP_printk("ring=%s requests=%u notified=%d", __entry->ring,
		  __entry->nr, __entry->notified)
);

/* The back sent an event. */
TRACE_EVENT(blkfront_event,
	TP_PROTO(const struct blkfront_ring *ring),
	TP_ARGS(ring),
	TP_STRUCT__entry(
		__array(char, ring, BLKFRONT_NAME_LEN)
	),
	TP_fast_assign(
		memcpy(__entry->ring, ring->name, BLKFRONT_NAME_LEN);
	),
	TP_printk("ring=%s", __entry->ring)
);

/* The back lies: the connection ends. @what: the answer's id, or an index. */
TRACE_EVENT(blkfront_refused,
	TP_PROTO(const struct blkfront_ring *ring, u64 what, const char *why),
	TP_ARGS(ring, what, why),
	TP_STRUCT__entry(
		__field(u64, what)
		__array(char, ring, BLKFRONT_NAME_LEN)
		__string(why, why)
	),
	TP_fast_assign(
		__entry->what = what;
		memcpy(__entry->ring, ring->name, BLKFRONT_NAME_LEN);
		__assign_str(why);
	),
	TP_printk("ring=%s what=%llu why=%s", __entry->ring, __entry->what,
		  __get_str(why))
);

/*
 * The back's answer was checked, and is good or bad news; latency_ns: since the
 * block layer made the request, 0 if it keeps no times (iostats is off).
 */
TRACE_EVENT(blkfront_answered,
	TP_PROTO(const struct blkfront_ring *ring, const struct request *rq,
		 const struct blkfront_req *req, int status, u64 now),
	TP_ARGS(ring, rq, req, status, now),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, sector)
		__field(u64, latency_ns)
		__field(u32, nr_sectors)
		__field(int, status)
		__field(u16, nr_segs)
		__field(u8, op)
		__array(char, ring, BLKFRONT_NAME_LEN)
	),
	TP_fast_assign(
		__entry->id = blkfront_queue_id(ring, rq);
		__entry->sector = blk_rq_pos(rq);
		__entry->latency_ns = blkfront_queue_age(rq, now);
		__entry->nr_sectors = req->nr_bytes >> BLKIF_SECTOR_SHIFT;
		__entry->status = status;
		__entry->nr_segs = req->nr_segs;
		__entry->op = req_op(rq);
		memcpy(__entry->ring, ring->name, BLKFRONT_NAME_LEN);
	),
	TP_printk("ring=%s id=%llu op=%s sector=%llu sectors=%u segs=%u status=%d latency_ns=%llu",
		  __entry->ring, __entry->id, blkfront_trace_op(__entry->op),
		  __entry->sector, __entry->nr_sectors, __entry->nr_segs,
		  __entry->status, __entry->latency_ns)
);

/*
 * It goes back to the block layer; latency_ns: since that made it, 0 if it keeps
 * no times (iostats is off).
 */
TRACE_EVENT(blkfront_completed,
	TP_PROTO(const struct blkfront_ring *ring, const struct request *rq,
		 const struct blkfront_req *req),
	TP_ARGS(ring, rq, req),
	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, sector)
		__field(u64, latency_ns)
		__field(u32, nr_sectors)
		__field(int, error)
		__field(u8, op)
		__array(char, ring, BLKFRONT_NAME_LEN)
	),
	TP_fast_assign(
		__entry->id = blkfront_queue_id(ring, rq);
		__entry->sector = blk_rq_pos(rq);
		__entry->nr_sectors = req->nr_bytes >> BLKIF_SECTOR_SHIFT;
		__entry->latency_ns = blkfront_queue_age(rq, ktime_get_ns());
		__entry->error = blk_status_to_errno(req->status);
		__entry->op = req_op(rq);
		memcpy(__entry->ring, ring->name, BLKFRONT_NAME_LEN);
	),
	TP_printk("ring=%s id=%llu op=%s sector=%llu sectors=%u error=%d latency_ns=%llu",
		  __entry->ring, __entry->id, blkfront_trace_op(__entry->op),
		  __entry->sector, __entry->nr_sectors, __entry->error,
		  __entry->latency_ns)
);

#endif /* _BLKFRONT_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
