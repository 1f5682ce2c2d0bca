/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SHIM_LINUX_MODULE_H
#define _SHIM_LINUX_MODULE_H

#define MODULE_LICENSE(text)		_Static_assert(sizeof(text) > 1, "")
#define MODULE_DESCRIPTION(text)	_Static_assert(sizeof(text) > 1, "")

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#endif /* _SHIM_LINUX_MODULE_H */
