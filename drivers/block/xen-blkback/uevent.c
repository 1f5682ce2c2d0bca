// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's word that a block device has changed, as udev hears it: nothing
 * else tells that the size of a device is another now, short of asking it again
 * and again.
 *
 * Layer: 1 (outside world: uevents). No lock; one work item reads the socket.
 */
#include <linux/kobject.h>
#include <linux/net.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <linux/socket.h>

#include <net/net_namespace.h>
#include <net/sock.h>

#include "blkback.h"

/* the group that the kernel itself sends to, as udevd hears it */
#define BLKBACK_UEVENT_GROUP	1
/* with room for the path that comes before the variables */
#define BLKBACK_UEVENT_MAX	(UEVENT_BUFFER_SIZE + 1024)

static struct socket *blkback_uevent_sock;
static void (*blkback_uevent_changed)(dev_t devt);

/* Strings one after the other, @len bytes in all, the last one terminated. */
static bool blkback_uevent_parse(const char *text, int len, dev_t *devt)
{
	const char *end = text + len;
	unsigned int major = 0, minor = 0;
	bool is_block = false;
	int nr = 0;

	if (strncmp(text, "change@", 7))
		return false;
	for (; text < end; text += strlen(text) + 1) {
		if (!strcmp(text, "SUBSYSTEM=block"))
			is_block = true;
		else
			nr += sscanf(text, "MAJOR=%u", &major) +
			      sscanf(text, "MINOR=%u", &minor);
	}
	*devt = MKDEV(major, minor);
	return is_block && nr == 2;
}

static void blkback_uevent_work(struct work_struct *work)
{
	/* Must not fail: a queue that is never emptied stays deaf for ever. */
	char *buf = kmalloc(BLKBACK_UEVENT_MAX + 1, GFP_KERNEL | __GFP_NOFAIL);
	dev_t devt;
	int len;

	do {
		struct msghdr msg = { };
		struct kvec vec = {
			.iov_base = buf, .iov_len = BLKBACK_UEVENT_MAX,
		};

		len = kernel_recvmsg(blkback_uevent_sock, &msg, &vec, 1,
				     vec.iov_len, MSG_DONTWAIT);
		if (len >= 0) {
			buf[len] = '\0';
			if (blkback_uevent_parse(buf, len, &devt))
				blkback_uevent_changed(devt);
		} else if (len == -ENOBUFS) {
			/* Some came too fast: it may have been any. */
			blkback_uevent_changed(0);
		}
	} while (len >= 0 || len == -ENOBUFS);
	kfree(buf);
}

static DECLARE_WORK(blkback_uevent_reader, blkback_uevent_work);

static void blkback_uevent_ready(struct sock *sk)
{
	schedule_work(&blkback_uevent_reader);
}

/**
 * blkback_uevent_start() - listen from now on
 * @changed: called in process context with the device that has changed; with 0
 *           if it may have been any
 *
 * Context: Process, once.
 * Return: 0, or what making the socket said.
 */
int blkback_uevent_start(void (*changed)(dev_t devt))
{
	struct sockaddr_nl addr = {
		.nl_family = AF_NETLINK,
		.nl_groups = BLKBACK_UEVENT_GROUP,
	};
	int err;

	blkback_uevent_changed = changed;
	err = sock_create_kern(&init_net, PF_NETLINK, SOCK_RAW,
			       NETLINK_KOBJECT_UEVENT, &blkback_uevent_sock);
	if (err)
		return err;
	blkback_uevent_sock->sk->sk_data_ready = blkback_uevent_ready;
	/* Told that some were lost it must be read, or no more will come. */
	blkback_uevent_sock->sk->sk_error_report = blkback_uevent_ready;
	/* void: its type differs from kernel to kernel */
	err = kernel_bind(blkback_uevent_sock, (void *)&addr, sizeof(addr));
	if (err)
		blkback_uevent_stop();
	return err;
}

/**
 * blkback_uevent_stop() - listen no more
 *
 * Context: Process, once; waits for @changed to return.
 */
void blkback_uevent_stop(void)
{
	disable_work_sync(&blkback_uevent_reader);
	/* Waits for the kernel's broadcast that may be on its way to it. */
	sock_release(blkback_uevent_sock);
}
