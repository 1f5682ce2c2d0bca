// SPDX-License-Identifier: GPL-2.0-only
/*
 * Has a command run in a guest, by its agent (guest/agent.c, which says how), and brings
 * back what it has to say. One program, as each that is started costs dom0 a tenth of a
 * second here.
 *
 * NOTE is the beginning of the names of a guest's files: NOTE.id has its domain, NOTE.seq
 * the number of the last command, NOTE.lock is held while there is a new one.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include <xenstore.h>

/* A message of xenstore has 4096 bytes, with the path. */
#define PIECE		3000
/* Exit status: no answer came; there was nothing that could be asked. */
#define NO_ANSWER	124
#define NO_GUEST	125

static const char usage[] =
	"usage: guest-call send NOTE COMMAND             prints the command's number\n"
	"       guest-call reply NOTE NUMBER SECONDS     prints its output\n"
	"       guest-call run NOTE SECONDS COMMAND      both\n"
	"       guest-call there NOTE SECONDS            waits for the agent\n";

static struct xs_handle *store;
static uint32_t domid;

static void die(const char *what)
{
	fprintf(stderr, "guest-call: %s: %s\n", what, strerror(errno));
	exit(NO_GUEST);
}

static const char *path_of(const char *fmt, ...)
{
	static char path[128];
	int at = snprintf(path, sizeof(path), "/local/domain/%u/", domid);
	va_list args;

	va_start(args, fmt);
	vsnprintf(path + at, sizeof(path) - at, fmt, args);
	va_end(args);
	return path;
}

/* A number in a file; 0: there is no file, or no number in it. */
static uint32_t file_number(const char *note, const char *what)
{
	uint32_t value = 0;
	char name[256];
	FILE *from;

	snprintf(name, sizeof(name), "%s.%s", note, what);
	from = fopen(name, "r");
	if (!from)
		return 0;
	if (fscanf(from, "%u", &value) != 1)
		value = 0;
	fclose(from);
	return value;
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ULL + t.tv_nsec / 1000000;
}

static void put(const char *path, const char *data, size_t len)
{
	if (!xs_write(store, XBT_NULL, path, data, len))
		die(path);
}

static void put_number(const char *path, uint32_t value)
{
	char text[16];

	put(path, text, sprintf(text, "%u", value));
}

static uint32_t next_number(const char *note)
{
	uint32_t seq = file_number(note, "seq") + 1;
	char name[256];
	FILE *to;

	snprintf(name, sizeof(name), "%s.seq", note);
	to = fopen(name, "w");
	if (!to)
		die(name);
	fprintf(to, "%u\n", seq);
	fclose(to);
	return seq;
}

static uint32_t send_command(const char *note, const char *text)
{
	size_t left = strlen(text), len;
	uint32_t seq, n = 0;
	char name[256];
	int lock;

	snprintf(name, sizeof(name), "%s.lock", note);
	lock = open(name, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	if (lock < 0 || flock(lock, LOCK_EX))
		die(name);
	seq = next_number(note);
	for (; left; left -= len, text += len) {
		len = left < PIECE ? left : PIECE;
		put(path_of("data/cmd/%u/%u", seq, n++), text, len);
	}
	put_number(path_of("data/cmd/%u/n", seq), n);
	put_number(path_of("data/cmd/seq"), seq);
	close(lock);
	return seq;
}

/*
 * What is at a path as soon as there is something, for the caller to free; NULL: that
 * was not in time, or the guest has gone.
 */
static char *await(const char *path, uint32_t seconds)
{
	uint64_t end = now_ms() + seconds * 1000ULL, now;
	struct pollfd fd = { .fd = xs_fileno(store), .events = POLLIN };
	char *text, *is_there, *copy = strdup(path);
	unsigned int len;

	if (!xs_watch(store, copy, ""))
		die("watching");
	for (;;) {
		text = xs_read(store, XBT_NULL, copy, &len);
		if (text)
			break;
		is_there = xs_read(store, XBT_NULL, path_of("domid"), &len);
		free(is_there);
		now = now_ms();
		if (!is_there || now >= end || poll(&fd, 1, end - now) <= 0)
			break;
		free(xs_check_watch(store));
	}
	free(copy);
	return text;
}

static int reply(const char *note, uint32_t seq, uint32_t seconds)
{
	const char *name = strrchr(note, '-');
	char path[64], *text;
	unsigned int len;
	uint32_t n, i;
	int rc;

	snprintf(path, sizeof(path), "data/re/%u/st", seq);
	text = await(path_of("%s", path), seconds);
	if (!text) {
		printf("(no answer from %s in %u s)\n", name ? name + 1 : note,
		       seconds);
		return NO_ANSWER;
	}
	if (sscanf(text, "%d %u", &rc, &n) != 2)
		die("the agent's answer");
	free(text);
	for (i = 0; i < n; i++) {
		text = xs_read(store, XBT_NULL, path_of("data/re/%u/%u", seq, i),
			       &len);
		if (!text)
			die("a piece of the answer");
		fwrite(text, 1, len, stdout);
		free(text);
	}
	xs_rm(store, XBT_NULL, path_of("data/re/%u", seq));
	xs_rm(store, XBT_NULL, path_of("data/cmd/%u", seq));
	return rc;
}

static uint32_t number(const char *text)
{
	char *end;
	uint32_t value = strtoul(text, &end, 10);

	if (!*text || *end) {
		fprintf(stderr, "guest-call: not a number: %s\n", text);
		exit(NO_GUEST);
	}
	return value;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 3 ? argv[1] : "";
	const char *note = argc > 3 ? argv[2] : "";

	domid = file_number(note, "id");
	store = xs_open(0);
	if (!store)
		die("xenstore");
	if (!strcmp(verb, "send") && argc == 4 && domid) {
		printf("%u\n", send_command(note, argv[3]));
		return 0;
	}
	if (!strcmp(verb, "reply") && argc == 5 && domid)
		return reply(note, number(argv[3]), number(argv[4]));
	if (!strcmp(verb, "run") && argc == 5 && domid)
		return reply(note, send_command(note, argv[4]), number(argv[3]));
	if (!strcmp(verb, "there") && argc == 4 && domid)
		return !await(path_of("data/agent"), number(argv[3]));
	fputs(usage, stderr);
	return NO_GUEST;
}
