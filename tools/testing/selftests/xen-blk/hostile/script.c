// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a front and a back in user space share: the script, its words, its lines.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "script.h"

#define MAX_WORDS	128
#define MAX_LINE	8192

static unsigned int line_nr;
static char line_text[MAX_LINE];
static unsigned int scale = 1;

void fail(const char *fmt, ...)
{
	va_list args;

	script_show();
	printf("line %u: %.200s: ", line_nr, line_text);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	exit(1);
}

uint64_t number(const char *text)
{
	uint64_t value;
	char *end;

	value = strtoull(text, &end, 0);
	if (!*text || *end)
		fail("not a number: %s", text);
	return value;
}

/* What stands behind "name=" in one of the words, or NULL. */
const char *option(char **words, const char *name)
{
	size_t len = strlen(name);

	for (; *words; words++)
		if (!strncmp(*words, name, len) && (*words)[len] == '=')
			return *words + len + 1;
	return NULL;
}

uint64_t option_number(char **words, const char *name, uint64_t otherwise)
{
	const char *text = option(words, name);

	return text ? number(text) : otherwise;
}

uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000ULL + t.tv_nsec / 1000;
}

unsigned int scaled(unsigned int value)
{
	return value * scale;
}

/* --- words that stand for numbers --- */

static const struct { const char *name; uint8_t op; } ops[] = {
	{ "read", 0 }, { "write", 1 }, { "barrier", 2 }, { "flush", 3 },
	{ "packet", 4 }, { "discard", 5 }, { "indirect", 6 },
};

uint8_t op_number(const char *text)
{
	unsigned int i;

	for (i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		if (!strcmp(text, ops[i].name))
			return ops[i].op;
	return number(text);
}

int status_number(const char *text)
{
	if (!strcmp(text, "ok"))
		return 0;
	if (!strcmp(text, "error"))
		return -1;
	if (!strcmp(text, "unsupported"))
		return -2;
	if (!strcmp(text, "any"))
		return 1;
	fail("not an outcome: %s", text);
}

/* The rest of the line, as it is. */
const char *rest_of_line(unsigned int word)
{
	const char *p = line_text;

	while (word--) {
		while (isspace((unsigned char)*p))
			p++;
		while (*p && !isspace((unsigned char)*p))
			p++;
	}
	return *p ? p + 1 : p;
}

/* --- the script --- */

static const struct command *commands;

static void run_line(void)
{
	static char copy[MAX_LINE];
	char *words[MAX_WORDS + 1], *rest = copy, *word;
	unsigned int nr = 0, i;

	strcpy(copy, line_text);
	while ((word = strsep(&rest, " \t")))
		if (*word && nr < MAX_WORDS)
			words[nr++] = word;
	words[nr] = NULL;
	if (!nr)
		return;
	for (i = 0; commands[i].name; i++) {
		if (strcmp(words[0], commands[i].name))
			continue;
		if (nr - 1 < commands[i].min)
			fail("needs more words");
		commands[i].run(words);
		return;
	}
	fail("no such command");
}

/* i, or numbers and i with + - * / % between them, from left to right. */
static uint64_t evaluate(const char *text, const char *end, uint64_t i)
{
	uint64_t value = 0, next;
	char op = '+', *stop;

	while (text < end) {
		if (*text == 'i') {
			next = i;
			text++;
		} else {
			next = strtoull(text, &stop, 0);
			if (stop == text)
				fail("not a number: %.*s", (int)(end - text),
				     text);
			text = stop;
		}
		if ((op == '/' || op == '%') && !next)
			fail("nothing divides by 0");
		switch (op) {
		case '+': value += next; break;
		case '-': value -= next; break;
		case '*': value *= next; break;
		case '/': value /= next; break;
		case '%': value %= next; break;
		default: fail("%c is no operation", op);
		}
		if (text < end)
			op = *text++;
	}
	return value;
}

/* line_text from @from, with each {...} replaced by its value. */
static void substitute(const char *from, uint64_t i)
{
	unsigned int at = 0;
	const char *end;

	while (*from && at < MAX_LINE - 24) {
		end = *from == '{' ? strchr(from, '}') : NULL;
		if (!end) {
			line_text[at++] = *from++;
			continue;
		}
		at += sprintf(line_text + at, "%llu", (unsigned long long)
			      evaluate(from + 1, end, i));
		from = end + 1;
	}
	line_text[at] = 0;
}

static void run_text(const char *text)
{
	uint64_t i, times;
	int skip;

	while (isspace((unsigned char)*text))
		text++;
	if (sscanf(text, "loop %li %n", (long *)&times, &skip) != 1) {
		substitute(text, 0);
		run_line();
		return;
	}
	for (i = 0; i < times; i++) {
		substitute(text + skip, i);
		run_line();
	}
}

/*
 * The command await STATE|STATE... [within=SECONDS]: until what @state returns, the
 * other end's, is one of them.
 */
void script_await(char **w, unsigned int (*state)(void))
{
	uint64_t end = now_us() +
		scaled(option_number(w, "within", 10)) * 1000000ULL;
	char *copy, *rest, *word;

	for (;;) {
		unsigned int is = state();

		copy = strdup(w[1]);
		rest = copy;
		while ((word = strsep(&rest, "|")))
			if (number(word) == is) {
				free(copy);
				return;
			}
		free(copy);
		if (now_us() > end)
			fail("still %u", is);
		nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
	}
}

/*
 * The commands front and back, KEY [TEXT]: the other end's key, whose @text goes here,
 * is that; without: there is none.
 */
void script_expect(char **w, char *text)
{
	const char *wanted = rest_of_line(2);

	if (!w[2] && text)
		fail("it is there: %s", text);
	if (w[2] && (!text || strcmp(text, wanted)))
		fail("it is %s", text ? text : "not there");
	free(text);
}

/* All lines of standard input, with the words in @table, whose last has no name. */
void script_run(const struct command *table)
{
	const char *text = getenv("LAB_SCALE");
	static char line[MAX_LINE];
	size_t len;

	commands = table;
	if (text && atoi(text) > 0)
		scale = atoi(text);
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin)) {
		line_nr++;
		len = strcspn(line, "\n");
		line[len] = 0;
		if (line[strspn(line, " \t")] != '#')
			run_text(line);
	}
}
