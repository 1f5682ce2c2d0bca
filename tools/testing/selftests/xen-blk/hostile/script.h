/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _HOSTILE_SCRIPT_H
#define _HOSTILE_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

#define PAGE		4096u
#define SECTOR		512u
#define MAX_RINGS	16u

/**
 * struct command - a word that a script's line can begin with
 * @name: NULL ends the table
 * @min:  words that must follow
 * @run:  takes all words of the line, NULL after the last
 */
struct command {
	const char	*name;
	unsigned int	min;
	void		(*run)(char **words);
};

void script_run(const struct command *table);
void fail(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
uint64_t number(const char *text);
uint8_t op_number(const char *text);
int status_number(const char *text);
const char *rest_of_line(unsigned int word);
const char *option(char **words, const char *name);
uint64_t option_number(char **words, const char *name, uint64_t otherwise);
uint64_t now_us(void);
unsigned int scaled(unsigned int value);
void script_await(char **words, unsigned int (*state)(void));
void script_expect(char **words, char *text);

/* Of the program itself: what it shows of its state when a line fails. */
void script_show(void);

#endif /* _HOSTILE_SCRIPT_H */
