/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stands in for the kernel's header, which needs the hypercall interface of an
 * architecture. Same guard, so that the kernel's stays out if it is found.
 */
#ifndef __XEN_PUBLIC_GRANT_TABLE_H__
#define __XEN_PUBLIC_GRANT_TABLE_H__

#include <linux/types.h>

typedef u32 grant_ref_t;

#endif /* __XEN_PUBLIC_GRANT_TABLE_H__ */
