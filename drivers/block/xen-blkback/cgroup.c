// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cgroup that a disk's I/O is done in, so that the kernel's controllers limit
 * and count it: found by its path, and held as long as it is named. Whoever submits
 * for the disk takes it on, see blkback_io_join(); requests know nothing of it.
 *
 * Layer: 1 (outside world: cgroups). Locks: cgroup_lock, innermost.
 */
#include <linux/cgroup.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <linux/sysfs.h>

#include "blkback.h"

/* The io controller's part of a cgroup, held. */
static struct cgroup_subsys_state *blkback_cgroup_find(const char *path)
{
	struct cgroup *cgrp = cgroup_get_from_path(path);
	struct cgroup_subsys_state *css;

	if (IS_ERR(cgrp))
		return ERR_CAST(cgrp);
	css = cgroup_get_e_css(cgrp, &io_cgrp_subsys);
	/* What it returns is the next one above that has the controller. */
	if (css->cgroup != cgrp) {
		css_put(css);
		css = ERR_PTR(-EOPNOTSUPP);
	}
	cgroup_put(cgrp);
	return css;
}

static void blkback_cgroup_swap(struct blkback_dev *dev,
				struct cgroup_subsys_state *css)
{
	spin_lock(&dev->cgroup_lock);
	swap(dev->cgroup, css);
	spin_unlock(&dev->cgroup_lock);
	if (css)
		css_put(css);
}

/**
 * blkback_cgroup_exit() - let go of it
 * @dev: the device; no thread of it is left
 *
 * Context: Process.
 */
void blkback_cgroup_exit(struct blkback_dev *dev)
{
	blkback_cgroup_swap(dev, NULL);
}

/**
 * blkback_cgroup_set() - do the disk's I/O in another cgroup
 * @dev:  the device; its threads are still to be told
 * @path: as the caller sees the hierarchy of version 2; empty: in none
 *
 * Context: Process, sleeps.
 * Return: 0, -ENOENT and alike (there is no such cgroup), -EOPNOTSUPP (it has no
 * io controller).
 */
int blkback_cgroup_set(struct blkback_dev *dev, const char *path)
{
	struct cgroup_subsys_state *css = NULL;

	if (*path) {
		css = blkback_cgroup_find(path);
		if (IS_ERR(css))
			return PTR_ERR(css);
	}
	blkback_cgroup_swap(dev, css);
	return 0;
}

/**
 * blkback_cgroup_show() - which it is
 * @dev: the device
 * @buf: a page, filled in: its path as the caller sees it, and a newline
 *
 * Context: Process, sleeps.
 * Return: bytes in @buf, or negative errno.
 */
ssize_t blkback_cgroup_show(struct blkback_dev *dev, char *buf)
{
	struct cgroup_subsys_state *css;
	int len = 0;

	spin_lock(&dev->cgroup_lock);
	css = dev->cgroup;
	if (css)
		css_get(css);
	spin_unlock(&dev->cgroup_lock);

	if (css) {
		len = cgroup_path_ns(css->cgroup, buf, PATH_MAX,
				     current->nsproxy->cgroup_ns);
		if (len >= 0 && !(css->flags & CSS_ONLINE))
			len += sysfs_emit_at(buf, len, " (deleted)");
		css_put(css);
	}
	return len < 0 ? len : len + sysfs_emit_at(buf, len, "\n");
}
