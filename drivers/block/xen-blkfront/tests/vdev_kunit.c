// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtual-device numbers: the ones that people know by name, and all of them
 * against a second way of working them out.
 *
 * Layer: test of 0. Also built in user space by tools/testing/xen-blk.
 */
#include <kunit/test.h>
#include <linux/module.h>

#include "../vdev.c"

static void blkfront_vdev_test_known(struct kunit *test)
{
	static const struct {
		u32		number;
		const char	*name;	/* NULL: refused */
		u32		minor, nr_minors;
	} cases[] = {
		/* xvd */
		{ 51712, "xvda", 0, 16 },
		{ 51713, "xvda1", 1, 1 },
		{ 51727, "xvda15", 15, 1 },
		{ 51728, "xvdb", 16, 16 },
		{ 202 << 8 | 255, "xvdp15", 255, 1 },
		/* hd: two majors of two disks each, the partition is lost */
		{ 768, "xvda", 0, 16 },
		{ 769, "xvda", 0, 16 },
		{ 831, "xvda", 0, 16 },
		{ 832, "xvdb", 16, 16 },
		{ 5632, "xvdc", 32, 16 },
		{ 5696, "xvdd", 48, 16 },
		{ 22 << 8 | 255, "xvdf", 80, 16 },
		/* sd, in three runs of majors */
		{ 2048, "xvda", 0, 16 },
		{ 2049, "xvda1", 1, 1 },
		{ 8 << 8 | 0xf0, "xvdp", 240, 16 },
		{ 65 << 8, "xvdq", 256, 16 },
		{ 65 << 8 | 0x90, "xvdz", 400, 16 },
		{ 65 << 8 | 0xa0, "xvdaa", 416, 16 },
		{ 65 << 8 | 0xa3, "xvdaa3", 419, 1 },
		{ 71 << 8 | 0xf0, "xvddx", 2032, 16 },
		{ 128 << 8, "xvddy", 2048, 16 },
		{ 135 << 8 | 0xff, "xvdiv15", 4095, 1 },
		/* extended */
		{ 1 << 28, "xvda", 0, 256 },
		{ 1 << 28 | 1, "xvda1", 1, 1 },
		{ 1 << 28 | 255, "xvda255", 255, 1 },
		{ 1 << 28 | 16 << 8, "xvdq", 4096, 256 },
		{ 1 << 28 | 25 << 8, "xvdz", 6400, 256 },
		{ 1 << 28 | 26 << 8, "xvdaa", 6656, 256 },
		{ 1 << 28 | 51 << 8, "xvdaz", 13056, 256 },
		{ 1 << 28 | 52 << 8, "xvdba", 13312, 256 },
		{ 1 << 28 | 701 << 8, "xvdzz", 179456, 256 },
		{ 1 << 28 | 702 << 8, "xvdaaa", 179712, 256 },
		{ 1 << 28 | 702 << 8 | 10, "xvdaaa10", 179722, 1 },
		{ 1 << 28 | 4095 << 8, "xvdfan", 1048320, 256 },
		{ 1 << 28 | 4095 << 8 | 255, "xvdfan255", 1048575, 1 },
		/* no disk's */
		{ 0, NULL }, { 1, NULL }, { 255, NULL }, { 2 << 8, NULL },
		{ 4 << 8, NULL }, { 7 << 8, NULL }, { 9 << 8, NULL },
		{ 21 << 8, NULL }, { 23 << 8, NULL }, { 64 << 8, NULL },
		{ 72 << 8, NULL }, { 127 << 8, NULL }, { 136 << 8, NULL },
		{ 201 << 8, NULL }, { 203 << 8, NULL }, { 255 << 8, NULL },
		{ 0xffff, NULL }, { 0x10000, NULL }, { 458 << 8, NULL },
		{ (256 + 202) << 8, NULL }, { (65536 + 202) << 8, NULL },
		{ (1 << 28) - 1, NULL },
		{ 1 << 28 | 4096 << 8, NULL }, { 1 << 28 | 1 << 27, NULL },
		{ 1U << 29, NULL }, { 1U << 29 | 51712, NULL },
		{ 3U << 28, NULL }, { 3U << 28 | 1, NULL },
		{ 1U << 31, NULL }, { 1U << 31 | 51712, NULL },
		{ 0x90000000, NULL }, { 0xffffffff, NULL },
	};
	struct blkfront_vdev vdev;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		int err = blkfront_vdev_decode(cases[i].number, &vdev);

		KUNIT_EXPECT_EQ_MSG(test, err, cases[i].name ? 0 : -ENODEV,
				    "number %u", cases[i].number);
		if (err || !cases[i].name)
			continue;
		KUNIT_EXPECT_STREQ_MSG(test, vdev.name, cases[i].name,
				       "number %u", cases[i].number);
		KUNIT_EXPECT_EQ_MSG(test, vdev.minor, cases[i].minor,
				    "number %u", cases[i].number);
		KUNIT_EXPECT_EQ_MSG(test, vdev.nr_minors, cases[i].nr_minors,
				    "number %u", cases[i].number);
	}
}

/* The second way: a case per major, letters by counting names up. */
static int blkfront_vdev_test_disk(u32 number, u32 *disk, u32 *part)
{
	u32 minor = number % 256;

	*part = minor % 16;
	switch (number / 256) {
	case 202:
	case 8:
		*disk = minor / 16;
		return 0;
	case 3:
		*disk = minor / 64;
		*part = 0;
		return 0;
	case 22:
		*disk = 2 + minor / 64;
		*part = 0;
		return 0;
	case 65 ... 71:
		*disk = (number / 256 - 64) * 16 + minor / 16;
		return 0;
	case 128 ... 135:
		*disk = (number / 256 - 120) * 16 + minor / 16;
		return 0;
	default:
		return -ENODEV;
	}
}

/* The name after @name: xvda, xvdb .. xvdz, xvdaa, xvdab, as an odometer. */
static void blkfront_vdev_test_next(char *name)
{
	size_t len = strlen(name);
	size_t i = len;

	while (i > 3) {
		i--;
		if (name[i] != 'z') {
			name[i]++;
			return;
		}
		name[i] = 'a';
	}
	name[len] = 'a';
	name[len + 1] = '\0';
}

/* The letters of every disk that 20 bits of minors can hold. */
static void blkfront_vdev_test_letters(struct kunit *test)
{
	char name[BLKFRONT_VDEV_NAME_LEN] = "xvda";
	struct blkfront_vdev vdev;
	u32 disk;

	for (disk = 0; disk < 4096; disk++) {
		u32 number = 1 << 28 | disk << 8;

		KUNIT_ASSERT_EQ(test, blkfront_vdev_decode(number, &vdev), 0);
		KUNIT_EXPECT_STREQ_MSG(test, vdev.name, name, "disk %u", disk);
		KUNIT_EXPECT_EQ(test, vdev.minor, disk * 256);
		KUNIT_EXPECT_EQ(test, vdev.nr_minors, 256);
		blkfront_vdev_test_next(name);
	}
}

/*
 * Is @name what @disk and @part should be called? Uses the decoder's letters of
 * an extended number, which the case above has checked one by one.
 */
static void blkfront_vdev_test_name(struct kunit *test, u32 number,
				    const char *name, u32 disk, u32 part)
{
	char want[BLKFRONT_VDEV_NAME_LEN];
	struct blkfront_vdev plain;
	size_t len;

	KUNIT_ASSERT_EQ(test, blkfront_vdev_decode(1 << 28 | disk << 8, &plain),
			0);
	memcpy(want, plain.name, sizeof(want));
	len = strlen(want);
	if (part >= 100)
		want[len++] = '0' + part / 100;
	if (part >= 10)
		want[len++] = '0' + part / 10 % 10;
	if (part)
		want[len++] = '0' + part % 10;
	want[len] = '\0';
	KUNIT_EXPECT_STREQ_MSG(test, name, want, "number %u", number);
}

static void blkfront_vdev_test_all_plain(struct kunit *test)
{
	u32 number;

	for (number = 0; number <= 0xffff; number++) {
		u32 disk = 0, part = 0;
		struct blkfront_vdev vdev;
		int want = blkfront_vdev_test_disk(number, &disk, &part);
		int err;

		memset(&vdev, 0xa5, sizeof(vdev));
		err = blkfront_vdev_decode(number, &vdev);
		KUNIT_EXPECT_EQ_MSG(test, err, want, "number %u", number);
		if (err || want)
			continue;
		KUNIT_EXPECT_EQ_MSG(test, vdev.minor, disk * 16 + part,
				    "number %u", number);
		KUNIT_EXPECT_EQ_MSG(test, vdev.nr_minors, part ? 1 : 16,
				    "number %u", number);
		blkfront_vdev_test_name(test, number, vdev.name, disk, part);
		/* The rest of the name is zero, not what was on the stack. */
		KUNIT_EXPECT_EQ(test, vdev.name[BLKFRONT_VDEV_NAME_LEN - 1], 0);
	}
}

static void blkfront_vdev_test_extended(struct kunit *test)
{
	struct blkfront_vdev vdev;
	u32 n;

	/* 20 bits of minors: every seventh of them, so all partitions too. */
	for (n = 0; n < 1 << 20; n += 7) {
		KUNIT_ASSERT_EQ(test, blkfront_vdev_decode(1 << 28 | n, &vdev),
				0);
		KUNIT_EXPECT_EQ_MSG(test, vdev.minor, n, "n %u", n);
		KUNIT_EXPECT_EQ_MSG(test, vdev.nr_minors, n % 256 ? 1 : 256,
				    "n %u", n);
		blkfront_vdev_test_name(test, n, vdev.name, n / 256, n % 256);
	}
}

/* Beyond 20 bits nothing is a disk, and nothing is written. */
static void blkfront_vdev_test_beyond(struct kunit *test)
{
	struct blkfront_vdev vdev, before;
	u64 n;

	memset(&vdev, 0xa5, sizeof(vdev));
	memset(&before, 0xa5, sizeof(before));
	for (n = 0x10000; n <= 0xffffffff; n += 65521) {
		if (n >= 1 << 28 && n < (1 << 28) + (1 << 20))
			continue;
		KUNIT_EXPECT_EQ_MSG(test, blkfront_vdev_decode(n, &vdev),
				    -ENODEV, "number 0x%llx", n);
		KUNIT_EXPECT_MEMEQ(test, &vdev, &before, sizeof(vdev));
	}
	KUNIT_EXPECT_EQ(test, blkfront_vdev_decode((1 << 28) + (1 << 20), &vdev),
			-ENODEV);
}

static struct kunit_case blkfront_vdev_test_cases[] = {
	KUNIT_CASE(blkfront_vdev_test_known),
	KUNIT_CASE(blkfront_vdev_test_letters),
	KUNIT_CASE(blkfront_vdev_test_all_plain),
	KUNIT_CASE(blkfront_vdev_test_extended),
	KUNIT_CASE(blkfront_vdev_test_beyond),
	{}
};

static struct kunit_suite blkfront_vdev_test_suite = {
	.name = "xen_blkfront_vdev",
	.test_cases = blkfront_vdev_test_cases,
};

kunit_test_suite(blkfront_vdev_test_suite);

MODULE_DESCRIPTION("KUnit tests of the device numbers of xen-blkfront");
MODULE_LICENSE("GPL");
