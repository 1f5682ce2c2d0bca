# SPDX-License-Identifier: GPL-2.0-only
# NAME: the last sector is there, one past it is not
# TIMEOUT: 45

# An odd number of sectors: the end is not on a page.
dev=$(disk_file a 8)
losetup -d "$dev"
truncate -s $((20001 * 512)) /tmp/disks/a
dev=$(losetup -f --show /tmp/disks/a)
guest_start g "$GUEST" "$dev,xvda"
guest g 'set -e
	test "$(blockdev --getsz /dev/xvda)" = 20001
	echo last >/tmp/l
	dd if=/tmp/l of=/dev/xvda bs=512 seek=20000 conv=notrunc,sync oflag=direct status=none
	dd if=/dev/xvda bs=512 skip=20000 iflag=direct status=none | head -c 4 | grep -q last
	# One past the end gives no data and takes none.
	test "$(dd if=/dev/xvda bs=512 skip=20001 count=1 iflag=direct status=none | wc -c)" = 0
	! dd if=/tmp/l of=/dev/xvda bs=512 seek=20001 conv=notrunc,sync oflag=direct status=none
	# Across the end only what is there.
	test "$(dd if=/dev/xvda bs=4096 skip=2500 count=1 iflag=direct status=none | wc -c)" = 512'
equal "the last sector in dom0" \
	"$(dd if=/tmp/disks/a bs=512 skip=20000 count=1 status=none | head -c 4)" last
equal "the file's size" "$(stat -c %s /tmp/disks/a)" $((20001 * 512))
guest_stop g
