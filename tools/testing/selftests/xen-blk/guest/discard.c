// SPDX-License-Identifier: GPL-2.0-only
/*
 * discard DEVICE OFFSET BYTES: as blkdiscard does, but no task sleeps in the kernel
 * for it: a guest that has such tasks cannot be suspended.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/blkdev.h>
#include <linux/io_uring.h>

/* Two entries: the ring is never more than half used. */
#define ENTRIES		2

static void die(const char *what)
{
	fprintf(stderr, "discard: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void *map(int ring, size_t bytes, off_t what)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_POPULATE, ring, what);

	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

static int wait_one(int ring, const unsigned int *head, const unsigned int *tail,
		    unsigned int submit)
{
	long done;

	while (__atomic_load_n(tail, __ATOMIC_ACQUIRE) == *head) {
		done = syscall(__NR_io_uring_enter, ring, submit, 1,
			       IORING_ENTER_GETEVENTS, NULL, 0);
		/* A suspend interrupts it. */
		if (done < 0 && errno != EINTR)
			return -1;
		submit = 0;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct io_uring_params par = { 0 };
	struct io_uring_sqe *sqe;
	struct io_uring_cqe *cqe;
	int fd, ring;
	char *rings;

	if (argc != 4) {
		fprintf(stderr, "usage: discard DEVICE OFFSET BYTES\n");
		return 2;
	}
	fd = open(argv[1], O_RDWR);
	if (fd < 0)
		die(argv[1]);
	ring = syscall(__NR_io_uring_setup, ENTRIES, &par);
	if (ring < 0)
		die("io_uring");
	/* Both rings are in this. */
	rings = map(ring, par.cq_off.cqes + par.cq_entries * sizeof(*cqe),
		    IORING_OFF_SQ_RING);
	sqe = map(ring, ENTRIES * sizeof(*sqe), IORING_OFF_SQES);

	*sqe = (struct io_uring_sqe) {
		.opcode	= IORING_OP_URING_CMD,
		.fd	= fd,
		.cmd_op	= BLOCK_URING_CMD_DISCARD,
		.addr	= strtoull(argv[2], NULL, 0),
		.addr3	= strtoull(argv[3], NULL, 0),
	};
	((unsigned int *)(rings + par.sq_off.array))[0] = 0;
	__atomic_store_n((unsigned int *)(rings + par.sq_off.tail), 1,
			 __ATOMIC_RELEASE);
	if (wait_one(ring, (unsigned int *)(rings + par.cq_off.head),
		     (unsigned int *)(rings + par.cq_off.tail), 1))
		die("io_uring_enter");
	cqe = (struct io_uring_cqe *)(rings + par.cq_off.cqes);
	errno = -cqe->res;
	if (cqe->res < 0)
		die(argv[1]);
	return 0;
}
