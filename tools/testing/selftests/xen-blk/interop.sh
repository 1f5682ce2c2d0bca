# SPDX-License-Identifier: GPL-2.0-only
#
# What a pair of modules must do together.  BACK and GUEST_FRONT say which.

run back_unload
back_load
echo own >"$LAB_RUN/back-args"
want=$(
	case $BACK in
	ours) modinfo -F srcversion /lab/modules/xen-blkback.ko ;;
	upstream) modinfo -F srcversion xen-blkback ;;
	esac
)
equal "the back's srcversion" "$(cat /sys/module/xen_blkback/srcversion)" "$want"
data=$(disk_file a 64)
cached=$(disk_null b 32 memory_backed=1 cache_size=1)
front=$GUEST_FRONT
guest_start g "$GUEST" "$data,xvda" "$cached,xvdb"
if [ "$front" = ours ]; then
	equal "the front's srcversion" \
		"$(guest g 'cat /sys/module/xen_blkfront/srcversion')" \
		"$(modinfo -F srcversion /lab/modules/xen-blkfront.ko)"
fi
guest g 'dmesg | grep -i -E "blkfront|vbd"'
guest g 50 'set -e
	fio --ioengine=io_uring --direct=1 --verify=crc32c --verify_fatal=1 \
	--filename=/dev/xvda --output-format=terse --name=v --rw=randrw \
	--bsrange=512-1m --iodepth=32 --size=16m
	mkfs.ext4 -q -F /dev/xvdb
	mount -t ext4 /dev/xvdb /mnt
	head -c 8000000 /dev/urandom >/mnt/f
	sha256sum /mnt/f | cut -c1-64 >/tmp/s
	sync
	umount /mnt
	fsck.ext4 -fn /dev/xvdb >/dev/null 2>&1
	echo 3 >/proc/sys/vm/drop_caches
	mount -t ext4 -o ro /dev/xvdb /mnt
	test "$(sha256sum /mnt/f | cut -c1-64)" = "$(cat /tmp/s)"
	umount /mnt'
[ "$(disk_stat "$cached" 16)" -gt 0 ] || fail "no flush arrived"
guest_detach g xvdb
guest_stop g
