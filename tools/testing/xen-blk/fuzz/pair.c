// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pure code of both halves on one ring, step by step as the bytes say: the
 * front encodes requests, the back takes, judges and answers them in any order, the
 * front weighs the answers against what it has in flight. On the way requests change
 * places, come twice or are damaged, and so are answers. What was not touched
 * arrives as it was made; what was is refused, or is what a second look at the bytes
 * says. And while nobody has lied, each request has its own answer in the end.
 */
#include "fuzz.h"

#include "../../../../drivers/block/xen-blkfront/wire.c"
#include "../../../../drivers/block/xen-blkback/abi.c"
#include "../../../../drivers/block/xen-blkback/limits.c"
#include "../../../../drivers/block/xen-blkback/parse.c"
#include "../unit/rand.h"
#include "oracle.h"

#define FUZZ_SLOTS	32	/* of a ring of one page, and tags of the front */
#define FUZZ_FRAMES	2	/* of a request, at most */
#define FUZZ_SEGS	(FUZZ_FRAMES * BLKIF_SEGS_PER_FRAME)
#define FUZZ_NOBODY	FUZZ_SLOTS

/* What is in flight under a tag. */
struct fuzz_req {
	struct blkif_io	io;
	s16		status;	/* that the back has answered with */
	bool		is_out;
};

/* What the back has taken, and will answer. */
struct fuzz_taken {
	u64	id;
	u8	op;
	bool	is_good;
};

struct fuzz_slot {
	union {
		struct blkif_request	req;
		u8			byte[BLKIF_MAX_SLOT];
	};
	u32	tag;	/* whose request it has, as it was made; or NOBODY */
};

struct fuzz_pair {
	const struct blkback_abi *abi;
	struct blkback_geo	geo;
	bool			is_32;
	bool			is_calm;	/* nothing will be touched */
	bool			is_honest;	/* nothing was, so far */
	u32			req_prod, req_cons, rsp_prod, rsp_cons;
	struct fuzz_req		req[FUZZ_SLOTS];
	struct fuzz_taken	taken[FUZZ_SLOTS];
	u32			nr_taken;
	struct fuzz_slot	slot[FUZZ_SLOTS];
};

/* Segments of what is in flight: of a slot, or in frames that are granted. */
static struct blkif_request_segment fuzz_seg[FUZZ_SLOTS][FUZZ_SEGS];

/* --- the front --- */

/* Segments of whole blocks; returns their sectors. */
static u64 fuzz_make_segs(struct blkif_request_segment *seg, u32 nr, u32 block,
			  u64 rand)
{
	u32 per_page = 8 / block, i;
	u64 total = 0;

	for (i = 0; i < nr; i++) {
		u32 first = rand_below(&rand, per_page);
		u32 len = 1 + rand_below(&rand, per_page - first);

		seg[i] = (struct blkif_request_segment) {
			.gref = rand_u64(&rand),
			.first_sect = first * block,
			.last_sect = (first + len) * block - 1,
		};
		total += len * block;
	}
	return total;
}

/* A request that a correct front may make of that disk. */
static void fuzz_make(struct fuzz_pair *p, struct fuzz_input *in, u32 tag)
{
	static const u8 ops[] = { 0, 1, 2, 3, 5 };
	struct blkif_io *io = &p->req[tag].io;
	u32 block = p->geo.block_sectors, kind = fuzz_u(in, 1), i;
	u64 room;

	memset(io, 0, sizeof(*io));
	io->id = tag;
	io->op = ops[kind % sizeof(ops)];
	if (io->op == BLKIF_OP_DISCARD) {
		io->nr_sectors = fuzz_u(in, 2) / block * block;
		io->flags = kind & 64 ? BLKIF_IO_SECURE : 0;
	} else if (io->op <= BLKIF_OP_WRITE && kind & 128) {
		io->flags = BLKIF_IO_INDIRECT;
		io->nr_segs = 1 + fuzz_u(in, 2) % p->geo.max_indirect;
		memset(fuzz_seg[tag], 0, sizeof(fuzz_seg[tag]));
		for (i = 0; i < blkif_nr_frames(io->nr_segs); i++)
			io->frame[i] = tag * FUZZ_FRAMES + i;
	} else {
		io->nr_segs = fuzz_u(in, 1) % (BLKIF_MAX_SEGS + 1);
		io->nr_segs += io->op <= BLKIF_OP_WRITE && !io->nr_segs;
	}
	if (io->op != BLKIF_OP_DISCARD) {
		io->handle = fuzz_u(in, 2);
		io->nr_sectors = fuzz_make_segs(fuzz_seg[tag], io->nr_segs,
						block, fuzz_u(in, 2) + 1);
	}
	/* Anywhere on the disk, its last block most of all. */
	room = (p->geo.nr_sectors - io->nr_sectors) / block;
	io->sector = (kind & 32 ? room : fuzz_u(in, 8) % (room + 1)) * block;
}

/* A request into the ring, if the tag is free. */
static void fuzz_send(struct fuzz_pair *p, struct fuzz_input *in)
{
	struct fuzz_slot *slot = &p->slot[p->req_prod % FUZZ_SLOTS];
	u32 tag = fuzz_u(in, 1) % FUZZ_SLOTS;
	struct fuzz_req *req = &p->req[tag];

	if (req->is_out)
		return;
	if (p->req_prod - p->rsp_cons == FUZZ_SLOTS) {
		FUZZ_RULE(!p->is_honest);
		return;
	}
	fuzz_make(p, in, tag);
	req->is_out = true;
	blkfront_wire_encode(&req->io, fuzz_seg[tag], &slot->req);
	/* All but the padding moves up. */
	if (p->is_32)
		memmove(slot->byte + 4, slot->byte + 8, BLKIF_MAX_SLOT - 8);
	slot->tag = tag;
	p->req_prod++;
}

/* One answer out of the ring. */
static void fuzz_pull(struct fuzz_pair *p)
{
	enum blkfront_verdict verdict;
	struct blkif_response rsp = { };
	struct fuzz_req *req = NULL;
	bool is_indirect, fits;
	u32 i;

	FUZZ_RULE(blkif_ring_prod_ok(p->rsp_prod, p->rsp_cons,
				     p->req_prod - p->rsp_cons));
	if (p->rsp_cons == p->rsp_prod)
		return;
	memcpy(&rsp, p->slot[p->rsp_cons++ % FUZZ_SLOTS].byte, p->abi->rsp_size);
	if (rsp.id < FUZZ_SLOTS && p->req[rsp.id].is_out)
		req = &p->req[rsp.id];
	is_indirect = req && req->io.flags & BLKIF_IO_INDIRECT;
	fits = req && (rsp.operation == req->io.op ||
		       (is_indirect && rsp.operation == 6)) &&
	       rsp.status <= 0 && rsp.status >= -2;
	verdict = blkfront_wire_check(&rsp, req, req ? req->io.op : 0,
				      is_indirect);
	FUZZ_RULE((verdict == BLKFRONT_RSP_GOOD) == fits);
	if (p->is_honest)
		FUZZ_RULE(fits && rsp.operation == req->io.op &&
			  rsp.status == req->status);
	if (!fits)
		return;
	/* A copy that is under way still may be judged by its bytes only. */
	for (i = 0; i < FUZZ_SLOTS; i++)
		if (p->slot[i].tag == rsp.id)
			p->slot[i].tag = FUZZ_NOBODY;
	req->is_out = false;
}

/* --- the back --- */

/* Grant copy of the frames, those that are granted. */
static bool fuzz_fetch(const struct fuzz_pair *p, const struct blkif_io *io,
		       struct blkif_request_segment *seg)
{
	u32 i, nr;

	for (i = 0; i < io->nr_segs; i += nr) {
		u32 gref = io->frame[i / BLKIF_SEGS_PER_FRAME];
		u32 tag = gref / FUZZ_FRAMES, frame = gref % FUZZ_FRAMES;

		if (tag >= FUZZ_SLOTS || !p->req[tag].is_out ||
		    !(p->req[tag].io.flags & BLKIF_IO_INDIRECT))
			return false;
		nr = min_t(u32, io->nr_segs - i, BLKIF_SEGS_PER_FRAME);
		memcpy(seg + i, fuzz_seg[tag] + frame * BLKIF_SEGS_PER_FRAME,
		       nr * sizeof(*seg));
	}
	return true;
}

static bool fuzz_judge(const struct fuzz_pair *p, const u8 *slot,
		       struct blkif_io *io, struct blkif_request_segment *seg)
{
	blkback_abi_decode(p->abi, slot, io, seg);
	return !blkback_parse_req(io, &p->geo) &&
	       (!(io->flags & BLKIF_IO_INDIRECT) || fuzz_fetch(p, io, seg)) &&
	       !blkback_parse_segs(io, seg, &p->geo);
}

static bool fuzz_second_look(const struct fuzz_pair *p, const u8 *slot,
			     struct blkif_io *io,
			     struct blkif_request_segment *seg)
{
	u128 total;

	fuzz_decode(slot, p->is_32, io);
	if (!fuzz_header_ok(io, &p->geo))
		return false;
	if (io->op == 5)
		return true;
	if (!(io->flags & 1))
		memcpy(seg, slot + (p->is_32 ? 20 : 24),
		       io->nr_segs * sizeof(*seg));
	else if (!fuzz_fetch(p, io, seg))
		return false;
	if (!fuzz_segs_ok(io, seg, &p->geo, &total))
		return false;
	io->nr_sectors = total;
	return true;
}

/* One request out of the ring. */
static void fuzz_take(struct fuzz_pair *p)
{
	static struct blkif_request_segment seg[FUZZ_SEGS], again[FUZZ_SEGS];
	struct fuzz_slot slot = p->slot[p->req_cons % FUZZ_SLOTS];
	struct blkif_io io, want;
	u32 tag = slot.tag, i;
	bool ok;

	FUZZ_RULE(blkif_ring_prod_ok(p->req_prod, p->req_cons, FUZZ_SLOTS) &&
		  blkif_ring_prod_ok(p->req_prod, p->rsp_prod, FUZZ_SLOTS));
	if (p->req_cons == p->req_prod)
		return;
	p->req_cons++;
	/* The padding is compared, too. */
	memset(&io, 0, sizeof(io));
	ok = fuzz_judge(p, slot.byte, &io, seg);
	FUZZ_RULE(ok == fuzz_second_look(p, slot.byte, &want, again));
	FUZZ_RULE(io.id == want.id && io.op == want.op);
	/* Beyond those there is nothing, or what a slot had before. */
	i = io.flags & BLKIF_IO_INDIRECT ? blkif_nr_frames(io.nr_segs) : 0;
	for (; i < BLKIF_MAX_FRAMES; i++)
		io.frame[i] = want.frame[i] = 0;
	if (ok) {
		FUZZ_RULE(!memcmp(&io, &want, sizeof(io)));
		FUZZ_RULE(!memcmp(seg, again, io.nr_segs * sizeof(*seg)));
	}
	if (tag != FUZZ_NOBODY) {
		FUZZ_RULE(ok && !memcmp(&io, &p->req[tag].io, sizeof(io)));
		FUZZ_RULE(!memcmp(seg, fuzz_seg[tag], io.nr_segs * sizeof(*seg)));
	}
	p->taken[p->nr_taken++] = (struct fuzz_taken) { io.id, io.op, ok };
}

/* The answer to one of those taken goes into the ring. */
static void fuzz_answer(struct fuzz_pair *p, struct fuzz_input *in)
{
	static const s16 statuses[] = { 0, 0, -1, -2 };
	u32 which = fuzz_u(in, 1);
	struct fuzz_taken *t;
	u8 rsp[BLKBACK_MAX_RSP];
	s16 status;

	if (!p->nr_taken)
		return;
	t = &p->taken[which % p->nr_taken];
	status = t->is_good ? statuses[which >> 6] : BLKIF_RSP_ERROR;
	blkback_abi_encode_rsp(p->abi, rsp, t->id, t->op, status);
	memcpy(p->slot[p->rsp_prod++ % FUZZ_SLOTS].byte, rsp, p->abi->rsp_size);
	if (t->id < FUZZ_SLOTS)
		p->req[t->id].status = status;
	*t = p->taken[--p->nr_taken];
}

/* --- what happens on the way --- */

/* One of the requests that the back has not taken, or NULL. */
static struct fuzz_slot *fuzz_under_way(struct fuzz_pair *p,
					struct fuzz_input *in)
{
	u32 which = fuzz_u(in, 1), nr = p->req_prod - p->req_cons;

	return nr ? &p->slot[(p->req_cons + which % nr) % FUZZ_SLOTS] : NULL;
}

static void fuzz_swap(struct fuzz_pair *p, struct fuzz_input *in)
{
	struct fuzz_slot *a = fuzz_under_way(p, in), *b = fuzz_under_way(p, in);
	struct fuzz_slot slot;

	if (!a)
		return;
	slot = *a;
	*a = *b;
	*b = slot;
}

static void fuzz_double(struct fuzz_pair *p, struct fuzz_input *in)
{
	struct fuzz_slot *slot = fuzz_under_way(p, in);

	if (!slot || p->req_prod - p->rsp_cons == FUZZ_SLOTS)
		return;
	p->slot[p->req_prod++ % FUZZ_SLOTS] = *slot;
	p->is_honest = false;
}

static void fuzz_damage(struct fuzz_pair *p, struct fuzz_input *in)
{
	struct fuzz_slot *slot = fuzz_under_way(p, in);
	u32 at = fuzz_u(in, 1) % BLKIF_MAX_SLOT;

	if (!slot)
		return;
	slot->byte[at] ^= fuzz_u(in, 1);
	slot->tag = FUZZ_NOBODY;
	p->is_honest = false;
}

static void fuzz_damage_answer(struct fuzz_pair *p, struct fuzz_input *in)
{
	u32 which = fuzz_u(in, 1), nr = p->rsp_prod - p->rsp_cons;
	u32 at = fuzz_u(in, 1) % p->abi->rsp_size;

	if (!nr)
		return;
	p->slot[(p->rsp_cons + which % nr) % FUZZ_SLOTS].byte[at] ^=
		fuzz_u(in, 1);
	p->is_honest = false;
}

/* --- the whole --- */

static void fuzz_setup(struct fuzz_pair *p, struct fuzz_input *in)
{
	static const char * const protocols[] = {
		"x86_64-abi", "x86_32-abi", "arm-abi",
	};
	struct blkback_offer offer = { .max_queues = 1 };
	struct blkback_ask ask = { .nr_queues = 1 };
	u32 bits = fuzz_u(in, 1), i;
	struct blkback_config config;
	struct blkif_refusal why;

	memset(p, 0, sizeof(*p));
	strcpy(ask.protocol, protocols[bits % 3]);
	FUZZ_RULE(!blkback_limits_negotiate(&offer, &ask, &config, &why));
	FUZZ_RULE(config.slots == FUZZ_SLOTS);
	p->is_32 = bits % 3 == 1;
	p->abi = blkback_abi_get(config.abi);
	p->geo = (struct blkback_geo) {
		.block_sectors = 1U << (bits >> 6),
		.max_indirect = FUZZ_SEGS,
		.has_flush = true,
		.has_barrier = true,
		.has_discard = true,
		.has_secure = true,
		.nr_sectors = (1 << 16) + (fuzz_u(in, 8) >> 1),
	};
	p->is_honest = true;
	p->is_calm = bits & 32;
	/* Indices wrap soon. */
	p->req_prod = -(bits >> 2 & 7);
	p->req_cons = p->req_prod;
	p->rsp_prod = p->req_prod;
	p->rsp_cons = p->req_prod;
	for (i = 0; i < FUZZ_SLOTS; i++)
		p->slot[i].tag = FUZZ_NOBODY;
}

static void fuzz_step(struct fuzz_pair *p, struct fuzz_input *in)
{
	switch (fuzz_u(in, 1) % (p->is_calm ? 13 : 16)) {
	case 0 ... 5:
		fuzz_send(p, in);
		break;
	case 6 ... 7:
		fuzz_take(p);
		break;
	case 8 ... 9:
		fuzz_answer(p, in);
		break;
	case 10 ... 11:
		fuzz_pull(p);
		break;
	case 12:
		fuzz_swap(p, in);
		break;
	case 13:
		fuzz_double(p, in);
		break;
	case 14:
		fuzz_damage(p, in);
		break;
	default:
		fuzz_damage_answer(p, in);
		break;
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input in = { data, size };
	static struct fuzz_pair p;
	u32 i;

	fuzz_setup(&p, &in);
	while (in.size)
		fuzz_step(&p, &in);
	while (p.rsp_cons != p.req_prod) {
		fuzz_take(&p);
		fuzz_answer(&p, &in);
		fuzz_pull(&p);
	}
	for (i = 0; i < FUZZ_SLOTS; i++)
		FUZZ_RULE(!p.is_honest || !p.req[i].is_out);
	return 0;
}
