// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs in a guest what dom0's guest-call asks for. A command arrives in
 * data/cmd/NUMBER/{n,0,1,...}, n pieces of text, and is announced by data/cmd/seq, the
 * highest number so far; the answer goes to data/re/NUMBER: pieces of the output, then
 * "st" with exit status and number of pieces. Each command runs beside the others: one
 * that hangs stops none.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xenstore.h>

/* A guest's node has 2048 bytes, what belongs to it aside. */
#define PIECE	1800
#define BEFORE	"/tmp/agent.seq"

static void die(const char *what)
{
	fprintf(stderr, "agent: %s: %m\n", what);
	exit(1);
}

static struct xs_handle *store_open(void)
{
	struct xs_handle *xs = xs_open(0);

	if (!xs)
		die("xenstore");
	return xs;
}

static const char *path_of(const char *fmt, ...)
{
	static char path[64];
	va_list args;

	va_start(args, fmt);
	vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);
	return path;
}

/* 0: there is none. */
static uint32_t store_number(struct xs_handle *xs, const char *path)
{
	unsigned int len;
	char *text = xs_read(xs, XBT_NULL, path, &len);
	uint32_t value = text ? strtoul(text, NULL, 10) : 0;

	free(text);
	return value;
}

static void store_put(struct xs_handle *xs, const char *path, const void *data,
		      size_t len)
{
	if (!xs_write(xs, XBT_NULL, path, data, len))
		die(path);
}

/* The command as a script, its first line for the log of the guest. */
static void fetch(struct xs_handle *xs, uint32_t seq, const char *script)
{
	uint32_t n = store_number(xs, path_of("data/cmd/%u/n", seq)), i;
	FILE *to = fopen(script, "w"), *log = fopen("/dev/kmsg", "w");
	unsigned int len;
	char *text;

	if (!to)
		die(script);
	fputs(". /lab/guest-lib.sh\n", to);
	for (i = 0; i < n; i++) {
		text = xs_read(xs, XBT_NULL, path_of("data/cmd/%u/%u", seq, i),
			       &len);
		if (!text)
			die("a piece of a command");
		fwrite(text, 1, len, to);
		if (!i && log)
			fprintf(log, "lab: run %u: %.*s\n", seq,
				(int)strcspn(text, "\n"), text);
		free(text);
	}
	fputs("\n", to);
	if (fclose(to))
		die(script);
	if (log)
		fclose(log);
}

/* Its exit status, as a shell has it. */
static int execute(const char *script, const char *out)
{
	int status, fd;
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (!pid) {
		fd = open(out, O_CREAT | O_TRUNC | O_WRONLY, 0600);
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		close(fd);
		fd = open("/dev/null", O_RDONLY);
		dup2(fd, STDIN_FILENO);
		close(fd);
		execl("/bin/sh", "sh", script, NULL);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void answer(struct xs_handle *xs, uint32_t seq, int rc, const char *out)
{
	char piece[PIECE], end[32];
	FILE *from = fopen(out, "r");
	uint32_t n = 0;
	size_t len;

	if (!from)
		die(out);
	while ((len = fread(piece, 1, sizeof(piece), from)))
		store_put(xs, path_of("data/re/%u/%u", seq, n++), piece, len);
	fclose(from);
	snprintf(end, sizeof(end), "%d %u", rc, n);
	store_put(xs, path_of("data/re/%u/st", seq), end, strlen(end));
}

/* One command, in a process of its own, which has no xenstore while it runs. */
static void run(uint32_t seq)
{
	struct xs_handle *xs = store_open();
	char script[32], out[32];
	int rc;

	snprintf(script, sizeof(script), "/tmp/cmd.%u", seq);
	snprintf(out, sizeof(out), "/tmp/out.%u", seq);
	fetch(xs, seq, script);
	xs_close(xs);
	rc = execute(script, out);
	xs = store_open();
	answer(xs, seq, rc, out);
	xs_close(xs);
	unlink(script);
	unlink(out);
}

/* What an agent before this one has begun. */
static uint32_t last_before(void)
{
	FILE *from = fopen(BEFORE, "r");
	uint32_t last = 0;

	if (from) {
		if (fscanf(from, "%u", &last) != 1)
			last = 0;
		fclose(from);
	}
	return last;
}

static void note_last(uint32_t last)
{
	FILE *to = fopen(BEFORE, "w");

	if (!to)
		die(BEFORE);
	fprintf(to, "%u\n", last);
	fclose(to);
}

int main(void)
{
	struct xs_handle *xs = store_open();
	uint32_t last = last_before(), seq;
	unsigned int nr;
	pid_t pid;

	if (!xs_watch(xs, "data/cmd/seq", ""))
		die("watching");
	store_put(xs, "data/agent", "ready", strlen("ready"));
	for (;;) {
		free(xs_read_watch(xs, &nr));
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		seq = store_number(xs, "data/cmd/seq");
		while (last < seq) {
			note_last(++last);
			pid = fork();
			if (pid < 0)
				die("fork");
			if (!pid) {
				xs_daemon_destroy_postfork(xs);
				run(last);
				_exit(0);
			}
		}
	}
}
