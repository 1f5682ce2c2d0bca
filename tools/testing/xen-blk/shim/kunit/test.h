/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of KUnit as the tests of layer 0 use, in user space. One file of
 * tests becomes one program: kunit_test_suite() supplies main(), which prints
 * one line per case and, before it, file, line and values of what failed.
 */
#ifndef _SHIM_KUNIT_TEST_H
#define _SHIM_KUNIT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/types.h>
#include <linux/module.h>

#define GFP_KERNEL		0
#define KUNIT_SHIM_ALLOCS	64	/* allocations of one case */
#define KUNIT_SHIM_SHOWN	8	/* failures of one case that are shown */

struct kunit {
	const char	*name;
	unsigned long	nr_failed;
	unsigned int	nr_allocs;
	void		*alloc[KUNIT_SHIM_ALLOCS];
	jmp_buf		leave;
};

struct kunit_case {
	void		(*run_case)(struct kunit *test);
	const char	*name;
};

struct kunit_suite {
	const char		name[256];
	struct kunit_case	*test_cases;
};

#define KUNIT_CASE(fn)		{ .run_case = fn, .name = #fn }

/* Freed after the case, as the kernel does. */
static inline void *kunit_kzalloc(struct kunit *test, size_t size, int gfp)
{
	void *p = calloc(1, size);

	(void)gfp;
	if (!p || test->nr_allocs == KUNIT_SHIM_ALLOCS)
		abort();
	test->alloc[test->nr_allocs++] = p;
	return p;
}

/* Is this failure to be shown?  A sweep that fails would print for minutes. */
static inline bool kunit_shim_failed(struct kunit *test)
{
	test->nr_failed++;
	if (test->nr_failed == KUNIT_SHIM_SHOWN + 1)
		printf("    ... more of the same case not shown\n");
	return test->nr_failed <= KUNIT_SHIM_SHOWN;
}

/* Ends the line; the plain macros have no message. */
static inline __attribute__((__format__(__printf__, 1, 2)))
void kunit_shim_msg(const char *fmt, ...)
{
	va_list ap;

	if (*fmt) {
		printf(" (");
		va_start(ap, fmt);
		vprintf(fmt, ap);
		va_end(ap);
		printf(")");
	}
	printf("\n");
}

#define KUNIT_SHIM_CHECK(test, ok, leaves, show, fmt, ...) do {		\
	if (ok)								\
		break;							\
	if (kunit_shim_failed(test)) {					\
		printf("    %s:%d: ", __FILE__, __LINE__);		\
		show;							\
		kunit_shim_msg(fmt, ##__VA_ARGS__);			\
	}								\
	if (leaves)							\
		longjmp((test)->leave, 1);				\
} while (0)

#define KUNIT_SHIM_BINARY(test, left, op, right, leaves, fmt, ...) do {	\
	__typeof__(left) _l = (left);					\
	__typeof__(right) _r = (right);					\
									\
	KUNIT_SHIM_CHECK(test, _l op _r, leaves,			\
		printf("expected %s %s %s, but %lld (0x%llx) and %lld (0x%llx)", \
		       #left, #op, #right, (long long)_l, (long long)_l, \
		       (long long)_r, (long long)_r), fmt, ##__VA_ARGS__); \
} while (0)

#define KUNIT_SHIM_POINTER(test, left, op, right, leaves) do {		\
	const void *_l = (left);					\
	const void *_r = (right);					\
									\
	KUNIT_SHIM_CHECK(test, _l op _r, leaves,			\
		printf("expected %s %s %s, but %p and %p",		\
		       #left, #op, #right, _l, _r), "");	\
} while (0)

#define KUNIT_SHIM_STR(test, left, right, fmt, ...) do {		\
	const char *_l = (left);					\
	const char *_r = (right);					\
									\
	KUNIT_SHIM_CHECK(test, !strcmp(_l, _r), 0,			\
		printf("expected %s == %s, but \"%s\" and \"%s\"",	\
		       #left, #right, _l, _r), fmt, ##__VA_ARGS__);	\
} while (0)

static inline void kunit_shim_show_mem(const char *l, const char *r,
				       const void *pl, const void *pr,
				       size_t size)
{
	const u8 *a = pl, *b = pr;
	size_t i;

	for (i = 0; i < size && a[i] == b[i]; i++)
		;
	printf("expected %s == %s, but byte %zu is 0x%02x and 0x%02x",
	       l, r, i, a[i], b[i]);
}

#define KUNIT_SHIM_MEM(test, left, right, size, fmt, ...) do {		\
	const void *_l = (left);					\
	const void *_r = (right);					\
									\
	KUNIT_SHIM_CHECK(test, !memcmp(_l, _r, size), 0,		\
		kunit_shim_show_mem(#left, #right, _l, _r, size),	\
		fmt, ##__VA_ARGS__);					\
} while (0)

#define KUNIT_SHIM_BOOL(test, cond, want, leaves, fmt, ...)		\
	KUNIT_SHIM_CHECK(test, (want) ? !!(cond) : !(cond), leaves,	\
		printf("expected %s to be %s", #cond, want ? "true" : "false"), \
		fmt, ##__VA_ARGS__)

#define KUNIT_FAIL(test, fmt, ...)					\
	KUNIT_SHIM_CHECK(test, 0, 0, printf("failed"), fmt, ##__VA_ARGS__)

#define KUNIT_EXPECT_EQ(test, l, r)	KUNIT_SHIM_BINARY(test, l, ==, r, 0, "")
#define KUNIT_EXPECT_NE(test, l, r)	KUNIT_SHIM_BINARY(test, l, !=, r, 0, "")
#define KUNIT_EXPECT_LT(test, l, r)	KUNIT_SHIM_BINARY(test, l, <, r, 0, "")
#define KUNIT_EXPECT_LE(test, l, r)	KUNIT_SHIM_BINARY(test, l, <=, r, 0, "")
#define KUNIT_EXPECT_GT(test, l, r)	KUNIT_SHIM_BINARY(test, l, >, r, 0, "")
#define KUNIT_EXPECT_GE(test, l, r)	KUNIT_SHIM_BINARY(test, l, >=, r, 0, "")
#define KUNIT_ASSERT_EQ(test, l, r)	KUNIT_SHIM_BINARY(test, l, ==, r, 1, "")
#define KUNIT_EXPECT_EQ_MSG(test, l, r, fmt, ...) \
	KUNIT_SHIM_BINARY(test, l, ==, r, 0, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_NE_MSG(test, l, r, fmt, ...) \
	KUNIT_SHIM_BINARY(test, l, !=, r, 0, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_LE_MSG(test, l, r, fmt, ...) \
	KUNIT_SHIM_BINARY(test, l, <=, r, 0, fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_EQ_MSG(test, l, r, fmt, ...) \
	KUNIT_SHIM_BINARY(test, l, ==, r, 1, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_TRUE(test, c)	KUNIT_SHIM_BOOL(test, c, 1, 0, "")
#define KUNIT_EXPECT_FALSE(test, c)	KUNIT_SHIM_BOOL(test, c, 0, 0, "")
#define KUNIT_ASSERT_TRUE(test, c)	KUNIT_SHIM_BOOL(test, c, 1, 1, "")
#define KUNIT_EXPECT_TRUE_MSG(test, c, fmt, ...) \
	KUNIT_SHIM_BOOL(test, c, 1, 0, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_FALSE_MSG(test, c, fmt, ...) \
	KUNIT_SHIM_BOOL(test, c, 0, 0, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_PTR_EQ(test, l, r)	KUNIT_SHIM_POINTER(test, l, ==, r, 0)
#define KUNIT_EXPECT_PTR_NE(test, l, r)	KUNIT_SHIM_POINTER(test, l, !=, r, 0)
#define KUNIT_ASSERT_NOT_NULL(test, p)	KUNIT_SHIM_POINTER(test, p, !=, NULL, 1)
#define KUNIT_EXPECT_STREQ(test, l, r)	KUNIT_SHIM_STR(test, l, r, "")
#define KUNIT_EXPECT_STREQ_MSG(test, l, r, fmt, ...) \
	KUNIT_SHIM_STR(test, l, r, fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_MEMEQ(test, l, r, n) KUNIT_SHIM_MEM(test, l, r, n, "")
#define KUNIT_EXPECT_MEMEQ_MSG(test, l, r, n, fmt, ...) \
	KUNIT_SHIM_MEM(test, l, r, n, fmt, ##__VA_ARGS__)

static inline bool kunit_shim_run_case(const struct kunit_suite *suite,
				       const struct kunit_case *c)
{
	static struct kunit test;

	memset(&test, 0, sizeof(test));
	test.name = c->name;
	if (!setjmp(test.leave))
		c->run_case(&test);
	while (test.nr_allocs)
		free(test.alloc[--test.nr_allocs]);
	printf("%s %s: %s\n", test.nr_failed ? "FAIL" : "ok  ",
	       suite->name, c->name);
	return !test.nr_failed;
}

static inline int kunit_shim_run(const struct kunit_suite *suite)
{
	const struct kunit_case *c;
	int rc = 0;

	/* Whole lines even if the next thing is a sanitizer's abort. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (c = suite->test_cases; c->run_case; c++)
		if (!kunit_shim_run_case(suite, c))
			rc = 1;
	return rc;
}

#define kunit_test_suite(suite)						\
	int main(void) { return kunit_shim_run(&suite); }

#endif /* _SHIM_KUNIT_TEST_H */
