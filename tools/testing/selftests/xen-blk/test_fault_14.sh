# SPDX-License-Identifier: GPL-2.0-only
# NAME: a thin pool runs full: writes fail until there is room, reads do not
# TIMEOUT: 90

. /lab/tests/feature.sh
modprobe -q dm-thin-pool || skip "the kernel has no thin pools"
meta=$(disk_null m 16 memory_backed=1)
data=$(disk_null d 64 memory_backed=1)
# Of 64 KiB a piece; at first for 16 MiB of the disk's 48.
pool=$(disk_dm pool "0 32768 thin-pool $meta $data 128 0 1 error_if_no_space")
dmsetup message "${pool##*/}" 0 'create_thin 0' || dmsetup message pool 0 'create_thin 0' ||
	fail "no thin disk"
thin=$(disk_dm thin "0 98304 thin $pool 0")
other=$(disk_null o 32 memory_backed=1)
guest_start g "$GUEST" "$thin,xvda" "$other,xvdb"
feature_verify g xvda --size=8m
expect_dmesg 'I/O error, dev (xvda|dm-[0-9]+)'
expect_dmesg 'reached low water mark|out-of-data-space|no free space'
guest_run g 'dd if=/dev/zero of=/dev/xvda bs=1M count=40 seek=8 oflag=direct status=none' &&
	fail "40 MiB fit into 16"
[ "$(cat "$(back_dir g 51712)/statistics/err_req")" -gt 0 ] || fail "no request failed"
# What is there is there, and others do not notice.
guest g 'dd if=/dev/xvda of=/dev/null bs=1M count=48 iflag=direct status=none'
feature_verify g xvdb --size=4m
disk_dm_table pool "0 131072 thin-pool $meta $data 128 0 1 error_if_no_space"
guest g 'dd if=/dev/zero of=/dev/xvda bs=1M count=40 seek=8 oflag=direct status=none'
feature_verify g xvda --size=16m
guest_stop g
