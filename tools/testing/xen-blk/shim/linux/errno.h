/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * No guard and nothing else: the C library's <errno.h> comes through here for
 * the numbers, and a guard of ours would hide them from it.
 */
#include_next <linux/errno.h>
