# SPDX-License-Identifier: GPL-2.0-only
# What the target kernel's headers lack or have otherwise: one line each, found
# out by looking, not by version.
compat-inc := $(srctree)/include/linux

compat-flag = $(shell grep -qs $(1) $(compat-inc)/$(2) && echo $(3))

compat-flags := \
	$(call compat-flag,BLK_MQ_F_SHOULD_MERGE,blk-mq.h,-DCOMPAT_SHOULD_MERGE) \
	$(call compat-flag,getgeo..struct.block_device,blkdev.h,-DCOMPAT_GETGEO_BDEV) \
	$(call compat-flag,void.hrtimer_init,hrtimer.h,-DCOMPAT_HRTIMER_INIT)
