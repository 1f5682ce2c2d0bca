// SPDX-License-Identifier: GPL-2.0-only
/*
 * The front's directory in xenstore, to write whatever a script likes into, and
 * the back's, to read.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xenstore.h>

#include "front.h"

static struct xs_handle *store;
static char front_dir[64];
static char *back_dir;
static uint16_t back_domain;

static const char *store_path(const char *dir, const char *key)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s%s%s", dir, *key ? "/" : "", key);
	return path;
}

/* A guest's paths begin at its own directory. */
void store_open(const char *disk)
{
	unsigned int len;
	char *text;

	store = xs_open(0);
	if (!store)
		fail("no xenstore: %m");
	snprintf(front_dir, sizeof(front_dir), "device/vbd/%s", disk);
	text = xs_read(store, XBT_NULL, store_path(front_dir, "backend-id"),
		       &len);
	if (!text)
		fail("no disk %s", disk);
	back_domain = atoi(text);
	free(text);
	back_dir = xs_read(store, XBT_NULL, store_path(front_dir, "backend"),
			   &len);
	if (!back_dir)
		fail("disk %s has no back", disk);
}

uint16_t store_back_domain(void)
{
	return back_domain;
}

void store_write(const char *key, const char *value, unsigned int len)
{
	if (!xs_write(store, XBT_NULL, store_path(front_dir, key), value, len))
		fail("cannot write %s: %m", key);
}

void store_print(const char *key, const char *fmt, ...)
{
	char text[64];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	store_write(key, text, strlen(text));
}

/* The key "" is the whole directory; what is not there is gone already. */
void store_remove(const char *key)
{
	xs_rm(store, XBT_NULL, store_path(front_dir, key));
}

/* NULL if there is none; the caller frees it. */
char *store_back_read(const char *key)
{
	unsigned int len;

	return xs_read(store, XBT_NULL, store_path(back_dir, key), &len);
}

/* 0: no back (any more). */
unsigned int store_back_state(void)
{
	char *text = store_back_read("state");
	unsigned int state = text ? atoi(text) : 0;

	free(text);
	return state;
}
