// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin of QEMU that counts what the machine executes: for each block of code,
 * by its address and the page of the machine that it lies in, how many
 * instructions, and how many of them are atomic.  The page tells dom0's kernel from
 * the guest's, whose addresses are the same.  Exact, where samples are not: repeated
 * runs give the same.
 *
 * Loaded with fifo=PATH; a line in the fifo names a file, which gets a line a
 * block: its address, its page, its instructions, those executed so far, and how many
 * of the block's are atomic.
 *
 * What of QEMU's interface (version 1) is used is declared here, as Debian's QEMU
 * comes without its header.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define NR_BUCKETS (1 << 18)

struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef void (*tb_trans_fn)(uint64_t id, struct qemu_plugin_tb *tb);
enum { INLINE_ADD_U64 };

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, tb_trans_fn fn);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, int op,
					      void *counter, uint64_t add);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb,
						 size_t i);
void *qemu_plugin_insn_haddr(const struct qemu_plugin_insn *insn);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);

EXPORT int qemu_plugin_version = 1;

/* A block of code. Once made, it stays: translated code adds to its count. */
struct block {
	struct block	*next;
	uint64_t	vaddr;
	uint64_t	page;
	uint64_t	nr_insns;
	uint64_t	nr_atomic;
	uint64_t	count;
};

static struct block *buckets[NR_BUCKETS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *fifo;

static struct block *block_get(uint64_t vaddr, uint64_t page, uint64_t nr_insns)
{
	uint64_t hash = (vaddr ^ page << 7 ^ nr_insns << 1) * 0x9e3779b97f4a7c15u;
	struct block **link = &buckets[hash >> 46];
	struct block *b;

	for (b = *link; b; b = b->next)
		if (b->vaddr == vaddr && b->page == page &&
		    b->nr_insns == nr_insns)
			return b;
	b = calloc(1, sizeof(*b));
	if (!b)
		abort();
	b->vaddr = vaddr;
	b->page = page;
	b->nr_insns = nr_insns;
	b->next = *link;
	*link = b;
	return b;
}

/* Would it be one with a lock prefix, if it had that? P: its opcode, N bytes. */
static bool may_be_locked(const uint8_t *p, size_t n)
{
	static const uint8_t one[] = {
		0x00, 0x01, 0x08, 0x09, 0x10, 0x11, 0x18, 0x19, 0x20, 0x21,
		0x28, 0x29, 0x30, 0x31, 0x80, 0x81, 0x83,
	};
	static const uint8_t two[] = {
		0xab, 0xb0, 0xb1, 0xb3, 0xba, 0xbb, 0xc0, 0xc1, 0xc7,
	};
	uint8_t reg;

	if (n < 2)
		return false;
	if (p[0] == 0x0f)
		return memchr(two, p[1], sizeof(two));
	reg = p[1] >> 3 & 7;
	if (p[0] == 0xf6 || p[0] == 0xf7)
		return reg == 2 || reg == 3;
	if (p[0] == 0xfe || p[0] == 0xff)
		return reg < 2;
	return memchr(one, p[0], sizeof(one));
}

/*
 * A lock prefix, or an exchange with memory. With one processor the kernel makes its lock
 * prefixes those of the data segment, which nothing else of its code has there: counted
 * as what they are with more.
 */
static bool is_atomic(const uint8_t *p, size_t n)
{
	bool segment = false;

	for (; n; p++, n--) {
		if (*p == 0xf0)
			return true;
		if (*p == 0x3e)
			segment = true;
		else if (!memchr("\x26\x2e\x36\x64\x65\x66\x67\xf2\xf3", *p, 9))
			break;
	}
	if (n && (*p & 0xf0) == 0x40)
		p++, n--;
	if (n > 1 && (*p == 0x86 || *p == 0x87))
		return p[1] >> 6 != 3;
	return segment && may_be_locked(p, n);
}

static uint64_t count_atomic(const struct qemu_plugin_tb *tb, uint64_t nr)
{
	const struct qemu_plugin_insn *insn;
	uint64_t i, found = 0;

	for (i = 0; i < nr; i++) {
		insn = qemu_plugin_tb_get_insn(tb, i);
		found += is_atomic(qemu_plugin_insn_data(insn),
				   qemu_plugin_insn_size(insn));
	}
	return found;
}

static void block_translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	uint64_t nr = qemu_plugin_tb_n_insns(tb);
	uintptr_t haddr;
	struct block *b;

	(void)id;
	haddr = (uintptr_t)qemu_plugin_insn_haddr(qemu_plugin_tb_get_insn(tb, 0));
	pthread_mutex_lock(&lock);
	b = block_get(qemu_plugin_tb_vaddr(tb), haddr >> 12, nr);
	b->nr_atomic = count_atomic(tb, nr);
	pthread_mutex_unlock(&lock);
	qemu_plugin_register_vcpu_tb_exec_inline(tb, INLINE_ADD_U64, &b->count,
						 nr);
}

static void dump(const char *path)
{
	FILE *f = fopen(path, "w");
	struct block *b;
	size_t i;

	if (!f) {
		fprintf(stderr, "profile: %s: %s\n", path, strerror(errno));
		return;
	}
	pthread_mutex_lock(&lock);
	for (i = 0; i < NR_BUCKETS; i++)
		for (b = buckets[i]; b; b = b->next)
			if (b->count)
				fprintf(f, "%" PRIx64 " %" PRIx64 " %" PRIu64
					" %" PRIu64 " %" PRIu64 "\n", b->vaddr,
					b->page, b->nr_insns, b->count,
					b->nr_atomic);
	pthread_mutex_unlock(&lock);
	if (fclose(f))
		fprintf(stderr, "profile: %s: %s\n", path, strerror(errno));
}

static void *serve(void *arg)
{
	char line[256];
	FILE *f;

	(void)arg;
	while ((f = fopen(fifo, "r"))) {
		while (fgets(line, sizeof(line), f)) {
			line[strcspn(line, "\n")] = 0;
			dump(line);
		}
		fclose(f);
	}
	return NULL;
}

EXPORT int qemu_plugin_install(uint64_t id, const void *info, int argc,
			       char **argv)
{
	pthread_t thread;

	(void)info;
	if (argc != 1 || strncmp(argv[0], "fifo=", 5)) {
		fprintf(stderr, "profile: fifo=PATH is wanted\n");
		return -1;
	}
	fifo = strdup(argv[0] + 5);
	qemu_plugin_register_vcpu_tb_trans_cb(id, block_translated);
	return fifo ? pthread_create(&thread, NULL, serve, NULL) : -1;
}
