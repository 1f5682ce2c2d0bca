/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the fuzz targets share: taking values off the input, and the end of a
 * run that broke a rule. A target is LLVMFuzzerTestOneInput() and nothing more;
 * libFuzzer drives it under "make fuzz", replay.c under "make check".
 */
#ifndef _FUZZ_H
#define _FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/types.h>

struct fuzz_input {
	const u8	*data;
	size_t		size;
};

/* Bytes that are not there are zero. */
static inline void fuzz_bytes(struct fuzz_input *in, void *to, size_t size)
{
	size_t n = size < in->size ? size : in->size;

	memset(to, 0, size);
	memcpy(to, in->data, n);
	in->data += n;
	in->size -= n;
}

static inline u64 fuzz_u(struct fuzz_input *in, size_t bytes)
{
	u64 v = 0;

	fuzz_bytes(in, &v, bytes);
	return v;
}

/* A number as it lies in memory, the lowest byte first. */
static inline u64 fuzz_le(const u8 *p, u32 bytes)
{
	u64 v = 0;

	while (bytes--)
		v = v << 8 | p[bytes];
	return v;
}

#define FUZZ_RULE(cond) do {						\
	if (!(cond)) {							\
		printf("    %s:%d: broken: %s\n", __FILE__, __LINE__, #cond); \
		fflush(stdout);						\
		abort();						\
	}								\
} while (0)

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#endif /* _FUZZ_H */
