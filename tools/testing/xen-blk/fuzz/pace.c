// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which answer to be told of, whenever and however many answers come: never more than
 * are under way, none late when there is one request at a time, and fewer at once when
 * they do not come. And the histograms of both halves: each time lies in its bucket.
 */
#include "fuzz.h"

#include <xen/blkif-hist.h>

#include "../../../../drivers/block/xen-blkfront/pace.c"

#define FUZZ_PACE_STEPS	200

static void fuzz_pace(struct fuzz_input *in)
{
	u32 limit = fuzz_u(in, 3) % (BLKFRONT_PACE_MAX_US * 1000 + 1);
	struct blkfront_pace pace = { };
	u32 wait = 1, next, i;
	u64 now = fuzz_u(in, 6);

	for (i = 0; in->size && i < FUZZ_PACE_STEPS; i++) {
		u32 shape = fuzz_u(in, 1);
		struct blkfront_taken taken = {
			.nr = fuzz_u(in, 2) % 2049,
			.is_idle = shape & 1,
		};

		taken.left = fuzz_u(in, 2) % (2049 - taken.nr);
		if (shape & 2)
			taken.nr = taken.nr % 2, taken.left = 0;
		now += fuzz_u(in, shape & 4 ? 5 : 3);
		taken.now = now;
		/* what was live may change between two of them */
		if (shape & 8)
			limit = fuzz_u(in, 3) % (BLKFRONT_PACE_MAX_US * 1000 + 1);

		next = blkfront_pace_next(&pace, &taken, limit);
		FUZZ_RULE(next >= 1 && next == pace.wait && pace.last == now);
		FUZZ_RULE(next == 1 || next <= taken.nr + taken.left);
		FUZZ_RULE(pace.gap <= limit);
		FUZZ_RULE(next == 1 || (u64)next * pace.gap <= limit);
		/* a quarter more at a time, and half as many when they do not come */
		FUZZ_RULE(next <= wait + wait / 4 + 1);
		if (taken.is_idle || taken.nr < wait)
			FUZZ_RULE(next == 1 || next <= wait / 2);
		FUZZ_RULE(taken.nr + taken.left > 1 || next == 1);
		wait = next;
	}
}

static void fuzz_hist(struct fuzz_input *in)
{
	struct blkif_hist hist = { };
	u64 sum = 0, nr = 0;
	u32 i, bucket;

	while (in->size && nr < FUZZ_PACE_STEPS) {
		u64 ns = fuzz_u(in, 1 + fuzz_u(in, 1) % 8);

		bucket = blkif_hist_bucket(ns);
		FUZZ_RULE(bucket < BLKIF_HIST_BUCKETS);
		FUZZ_RULE(blkif_hist_low(bucket) <= ns);
		if (bucket + 1 < BLKIF_HIST_BUCKETS) {
			FUZZ_RULE(ns < blkif_hist_low(bucket + 1));
			/* a quarter of a power of two wide, the first 256 ns */
			FUZZ_RULE(bucket < 4 || blkif_hist_low(bucket + 1) -
				  blkif_hist_low(bucket) <= blkif_hist_low(bucket) / 4);
		}
		blkif_hist_add(&hist, ns);
		sum += ns;
		nr++;
	}
	FUZZ_RULE(hist.sum == sum);
	for (i = 0; i < BLKIF_HIST_BUCKETS; i++)
		nr -= hist.bucket[i];
	FUZZ_RULE(!nr);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input in = { data, size };

	if (fuzz_u(&in, 1) % 4)
		fuzz_pace(&in);
	else
		fuzz_hist(&in);
	return 0;
}
