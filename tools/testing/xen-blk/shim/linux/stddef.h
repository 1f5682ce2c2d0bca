/* SPDX-License-Identifier: GPL-2.0-only */
/* offsetof(), and what other uapi headers expect of this name. */
#include_next <linux/stddef.h>
#include <stddef.h>
