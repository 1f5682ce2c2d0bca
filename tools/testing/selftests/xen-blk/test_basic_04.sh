# SPDX-License-Identifier: GPL-2.0-only
# NAME: mkfs.ext4, copy a tree, unmount, fsck, checksums
# TIMEOUT: 60

dev=$(disk_file a 64)
guest_start g "$GUEST" "$dev,xvda"
guest g 45 'set -e
	mkfs.ext4 -q -F /dev/xvda
	mount -t ext4 /dev/xvda /mnt
	mkdir /mnt/tree
	cp -a /usr/bin /usr/lib /etc /mnt/tree/ 2>/dev/null
	(cd /usr && find bin lib -type f | head -n 400 | sort | xargs md5sum) >/tmp/sums
	sync
	umount /mnt
	fsck.ext4 -fn /dev/xvda >/tmp/fsck 2>&1 || { cat /tmp/fsck; exit 1; }
	tail -n 1 /tmp/fsck
	echo 3 >/proc/sys/vm/drop_caches
	mount -t ext4 -o ro /dev/xvda /mnt
	(cd /mnt/tree && md5sum -c -s /tmp/sums)
	wc -l </tmp/sums
	umount /mnt'
guest_stop g
# dom0 sees the same file system.
run fsck.ext4 -fn "$dev"
