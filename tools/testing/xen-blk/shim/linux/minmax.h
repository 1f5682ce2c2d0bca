/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _SHIM_LINUX_MINMAX_H
#define _SHIM_LINUX_MINMAX_H

/* Without the kernel's check of signedness; the kernel build has that. */
#define min(x, y) ({				\
	__typeof__(x) _x = (x);			\
	__typeof__(y) _y = (y);			\
	_x < _y ? _x : _y; })
#define max(x, y) ({				\
	__typeof__(x) _x = (x);			\
	__typeof__(y) _y = (y);			\
	_x > _y ? _x : _y; })
#define min_t(type, x, y)	min((type)(x), (type)(y))
#define max_t(type, x, y)	max((type)(x), (type)(y))
#define clamp(v, lo, hi)	min(max(v, lo), hi)

#endif /* _SHIM_LINUX_MINMAX_H */
