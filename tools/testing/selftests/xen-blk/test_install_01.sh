# SPDX-License-Identifier: GPL-2.0-only
# NAME: Debian package installed, upgraded, removed: a guest boots from its disk each time
# TIMEOUT: 240
# NEEDS: package

[ "$KERNEL" = 6.12 ] || skip "the package's initramfs is one of kernel 6.12"
# A root file system for initramfs-tools to find; the disk driver is not on it.
mkdir -p /tmp/disks
run truncate -s 300M /tmp/disks/a
dev=$(disk_file a 300)
run mkfs.ext4 -q -O ^has_journal "$dev"
run mount -t ext4 "$dev" /mnt
# Two archives, one after the other.
(cd /mnt && cpio -id --quiet && cpio -iud --quiet) </lab/guest.initrd ||
	fail "cannot fill the guest's root"
(set +f; rm -rf /mnt/usr/lib/modules/*/kernel/drivers/block/xen-blkfront* \
	/mnt/lab/xen-blkfront.ko)
run umount /mnt
second=$(disk_file b 16)

for state in installed upgraded removed; do
	say "== $state"
	package=/lab/package/$state
	wait_for 10 no_backs || fail "a back of the last guest stays"
	back_unload
	run insmod "$package.xen-blkback.ko"
	echo "$state" >"$LAB_RUN/back-args"
	equal 'srcversion of the back' "$(cat /sys/module/xen_blkback/srcversion)" \
		"$(cat "$package.back.srcversion")"
	GUEST_RAMDISK=$package.initrd
	GUEST_MEMORY=512
	GUEST_FRONT=none
	# Parameters as the administrator's page has them; upstream's front has others.
	tuned="xen_blkfront.max_ring_pages=64 xen_blkfront.max_queues=8"
	[ $state != removed ] || tuned=""
	GUEST_EXTRA="root=/dev/xvda rw init=/init $tuned"
	guest_start g "$GUEST" "$dev,xvda" "$second,xvdb"
	wait_for 15 guest_disk_there g xvdb || fail "xvdb does not come up"
	equal 'root file system' \
		"$(guest g 'sed -n "s/^\([^ ]*\) \/ .*/\1/p" /proc/mounts | tail -n 1')" /dev/xvda
	# The kernel's own has neither.
	for what in version srcversion; do
		equal "$what of the front" \
			"$(guest g "cat /sys/module/xen_blkfront/$what 2>/dev/null || true")" \
			"$(cat "$package.$what")"
	done
	[ $state = removed ] || equal "parameters of the kernel's command line" \
		"$(guest g 'cd /sys/module/xen_blkfront/parameters
			echo $(cat max_ring_pages max_queues)')" '64 8'
	guest g 40 'fio --name=v --filename=/dev/xvdb --ioengine=io_uring --direct=1 \
		--rw=randrw --bsrange=512-64k --iodepth=16 --size=8m --verify=crc32c \
		--verify_fatal=1 --output-format=terse >/dev/null'
	guest g 'mount -o remount,ro /'
	guest_stop g
done
equal 'versions' "$(cd /lab/package && cat installed.version upgraded.version removed.version)" \
	"$(printf '0.1\n0.2')"
