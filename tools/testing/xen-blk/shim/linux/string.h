/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SHIM_LINUX_STRING_H
#define _SHIM_LINUX_STRING_H

#include <stdio.h>
#include <string.h>

/* The form with an array as destination, which the tests use. */
#define strscpy(dst, src)	snprintf(dst, sizeof(dst), "%s", src)

#endif /* _SHIM_LINUX_STRING_H */
