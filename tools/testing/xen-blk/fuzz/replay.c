// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver of the fuzz targets that needs no libFuzzer: the files of the
 * corpus, then random bytes and damaged copies of the corpus. The same in every
 * run.
 */
#include <dirent.h>

#include <linux/compiler.h>

#include "fuzz.h"
#include "../unit/rand.h"

#define REPLAY_MAX	4096	/* bytes of one input */
#define REPLAY_FILES	64
#define REPLAY_RUNS	200000

static u8 replay_file[REPLAY_FILES][REPLAY_MAX];
static size_t replay_size[REPLAY_FILES];
static u32 replay_nr;

static int replay_is_file(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

/* In the order of their names: that of the directory differs from one to the next. */
static void replay_load(const char *dir)
{
	struct dirent **list;
	int i, nr = scandir(dir, &list, replay_is_file, alphasort);

	if (nr < 1 || nr > REPLAY_FILES) {
		fprintf(stderr, "%s: %d files, should be 1 to %d\n", dir, nr,
			REPLAY_FILES);
		exit(1);
	}
	for (i = 0; i < nr; i++) {
		char path[4096];
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s", dir, list[i]->d_name);
		f = fopen(path, "rb");
		if (!f) {
			perror(path);
			exit(1);
		}
		replay_size[i] = fread(replay_file[i], 1, REPLAY_MAX, f);
		fclose(f);
		free(list[i]);
	}
	free(list);
	replay_nr = nr;
}

/* Small values are likelier than large: the limits of most fields are small. */
static size_t replay_make(u64 *rand, u8 *to)
{
	size_t size = rand_below(rand, 200);
	u32 how = rand_below(rand, 4);
	size_t i;

	if (how && replay_nr) {
		u32 from = rand_below(rand, replay_nr);

		size = replay_size[from];
		memcpy(to, replay_file[from], size);
		for (i = 0; size && i < how * 2; i++) {
			u8 *p = &to[rand_below(rand, size)];

			*p = rand_below(rand, 2) ? rand_u64(rand) :
						   rand_below(rand, 9);
		}
		return size;
	}
	for (i = 0; i < size; i++)
		to[i] = rand_below(rand, 3) ? rand_below(rand, 16) :
					      rand_u64(rand);
	return size;
}

/*
 * What a target leaves unwritten on its stack has something in it, another thing for
 * each input, rather than what chance has left there.
 */
static noinline void replay_stain(u8 with)
{
	u8 stack[8192];

	memset(stack, with, sizeof(stack));
	asm volatile("" : : "r" (stack) : "memory");
}

/* Exactly as long as the input, so that a read beyond it is reported. */
static void replay_one(const u8 *data, size_t size)
{
	u8 *exact = malloc(size ? size : 1);

	if (!exact)
		abort();
	memcpy(exact, data, size);
	replay_stain(size + 1);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
}

int main(void)
{
	static u8 buf[REPLAY_MAX];
	u64 rand = 0x9e3779b97f4a7c15ULL;
	u32 i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	replay_load(REPLAY_CORPUS);
	for (i = 0; i < replay_nr; i++)
		replay_one(replay_file[i], replay_size[i]);
	for (i = 0; i < REPLAY_RUNS; i++)
		replay_one(buf, replay_make(&rand, buf));
	printf("ok   fuzz %s: %u files, %u random inputs\n", REPLAY_NAME,
	       replay_nr, REPLAY_RUNS);
	return 0;
}
