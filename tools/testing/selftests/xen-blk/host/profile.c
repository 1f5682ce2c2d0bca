// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin of QEMU that counts what the machine executes: for each block of code,
 * by its address and the page of the machine that it lies in, how many
 * instructions.  The page tells dom0's kernel from the guest's, whose addresses
 * are the same.  Exact, where samples are not: repeated runs give the same.
 *
 * Loaded with fifo=PATH; a line in the fifo names a file, which gets a line a
 * block: its address, its page, the instructions executed so far.
 *
 * What of QEMU's interface (version 1) is used is declared here, as Debian's QEMU
 * comes without its header.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
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

EXPORT int qemu_plugin_version = 1;

/* A block of code. Once made, it stays: translated code adds to its count. */
struct block {
	struct block	*next;
	uint64_t	vaddr;
	uint64_t	page;
	uint64_t	nr_insns;
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

static void block_translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	uint64_t nr = qemu_plugin_tb_n_insns(tb);
	uintptr_t haddr;
	struct block *b;

	(void)id;
	haddr = (uintptr_t)qemu_plugin_insn_haddr(qemu_plugin_tb_get_insn(tb, 0));
	pthread_mutex_lock(&lock);
	b = block_get(qemu_plugin_tb_vaddr(tb), haddr >> 12, nr);
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
					" %" PRIu64 "\n", b->vaddr, b->page,
					b->nr_insns, b->count);
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
