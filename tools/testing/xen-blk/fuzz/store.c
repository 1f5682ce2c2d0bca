// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text of a xenstore node of any bytes, against a reading in 128 bits that
 * stops growing once it is beyond everything.
 */
#include "fuzz.h"

#include <xen/blkif-store.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct fuzz_input in = { data, size };
	unsigned __int128 v = 0;
	u64 max, val = 0xdead;
	bool bad = false, too_large = false;
	char *text;
	size_t i;
	int err;

	max = fuzz_u(&in, 8);
	text = malloc(in.size + 1);
	if (!text)
		abort();
	memcpy(text, in.data, in.size);
	text[in.size] = '\0';

	/* What is wrong first is what is told. */
	for (i = 0; text[i] && !bad && !too_large; i++) {
		bad = text[i] < '0' || text[i] > '9';
		v = v * 10 + (text[i] - '0');
		too_large = !bad && v > max;
	}
	bad |= !i;
	err = blkif_store_parse(text, max, &val);
	FUZZ_RULE(err == (bad ? -EINVAL : too_large ? -ERANGE : 0));
	FUZZ_RULE(val == (err ? 0xdead : (u64)v));
	free(text);
	return 0;
}
