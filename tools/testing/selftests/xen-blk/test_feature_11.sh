# SPDX-License-Identifier: GPL-2.0-only
# NAME: 4 KiB blocks by null_blk: the last one, one past it, a file system, a flush
# TIMEOUT: 60
# NEEDS: ours

. /lab/tests/feature.sh
dev=$(disk_null a 32 memory_backed=1 cache_size=1 blocksize=4096)
guest_start g "$GUEST" "$dev,xvda"
equal sector-size "$(back_store g 51712 sector-size)" 4096
equal sectors "$(back_store g 51712 sectors)" 65536
for key in logical_block_size physical_block_size minimum_io_size; do
	equal $key "$(guest g "cat /sys/block/xvda/queue/$key")" 4096
done
equal 'the size in 512-byte units' "$(guest g 'cat /sys/block/xvda/size')" 65536
feature_verify g xvda --bsrange=4k-1m
guest g 'set -e
	echo last >/tmp/l
	dd if=/tmp/l of=/dev/xvda bs=4096 seek=8191 conv=notrunc,sync oflag=direct status=none
	dd if=/dev/xvda bs=4096 skip=8191 iflag=direct status=none | head -c 4 | grep -q last
	test "$(dd if=/dev/xvda bs=4096 skip=8192 count=1 iflag=direct status=none | wc -c)" = 0
	! dd if=/tmp/l of=/dev/xvda bs=4096 seek=8192 conv=notrunc,sync oflag=direct status=none 2>/dev/null'
equal 'the last block in dom0' \
	"$(dd if="$dev" bs=4096 skip=8191 iflag=direct status=none | head -c 4)" last
# One sector into a block, or a block from one: the disk has no such address.
# The shell's own dd would go on without O_DIRECT.
for at in 'skip=1 bs=512' 'skip=0 bs=512' 'skip=65535 bs=512'; do
	guest_run g "/usr/bin/dd if=/dev/xvda of=/dev/null $at count=1 iflag=direct status=none 2>/dev/null" &&
		fail "read by $at"
done
flushes=$(disk_stat "$dev" 16)
guest g 50 'set -e
	mkfs.ext4 -q -F /dev/xvda
	mount -t ext4 /dev/xvda /mnt
	head -c 4000000 /dev/urandom >/mnt/f
	sha256sum /mnt/f | cut -c1-64 >/tmp/s
	umount /mnt
	fsck.ext4 -fn /dev/xvda >/dev/null 2>&1
	echo 3 >/proc/sys/vm/drop_caches
	mount -t ext4 -o ro /dev/xvda /mnt
	test "$(sha256sum /mnt/f | cut -c1-64)" = "$(cat /tmp/s)"
	umount /mnt'
[ "$(disk_stat "$dev" 16)" -gt "$flushes" ] || fail 'no flush arrived'
id=$(domid g)
guest_stop g
equal 'requests refused' "$(dmesg | grep "vbd-$id-" | grep -c refused:)" 0
run fsck.ext4 -fn "$dev"
