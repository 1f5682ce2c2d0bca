# SPDX-License-Identifier: GPL-2.0-only
# NAME: a read-only disk refuses writes and stays as it was
# TIMEOUT: 45

dev=$(disk_file a 16)
head -c 16M /dev/urandom >/tmp/disks/fill
dd if=/tmp/disks/fill of="$dev" bs=1M conv=fsync status=none
sum=$(sha256sum </tmp/disks/a)
guest_start g "$GUEST" "$dev,xvda,r"
guest g 'set -e
	test "$(cat /sys/block/xvda/ro)" = 1
	test "$(blockdev --getro /dev/xvda)" = 1
	! dd if=/dev/zero of=/dev/xvda bs=4k count=1 conv=notrunc oflag=direct status=none
	# The guest changes its mind: it is not for the guest to decide.
	blockdev --setrw /dev/xvda || true
	dd if=/dev/zero of=/dev/xvda bs=4k count=4 conv=notrunc oflag=direct status=none || true
	dd if=/dev/xvda of=/dev/null bs=1M iflag=direct status=none'
equal "the disk's content" "$(sha256sum </tmp/disks/a)" "$sum"
guest_stop g
# The back and the guest are told of refused writes.
expect_dmesg 'I/O error, dev xvda'
