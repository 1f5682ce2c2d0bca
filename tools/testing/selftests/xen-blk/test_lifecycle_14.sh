# SPDX-License-Identifier: GPL-2.0-only
# NAME: a disk grows, shrinks and grows below a mounted ext4 in use, which grows with it
# TIMEOUT: 120
# NEEDS: ours

. /lab/tests/feature.sh
dev=$(disk_file a 32)
guest_start g "$GUEST" "$dev,xvda"

# resize MB: the backing file, and the guest knows soon.
resize()
{
	disk_file_size "$dev" "$1"
	guest g "wait_size xvda $1"
}
# fs_size [MB]: mounted and in use, the file system grows to that, or to all of the
# disk; it then has so many blocks.
fs_size()
{
	guest g 60 "resize2fs /dev/xvda ${1:+${1}M} 2>&1 &&
		test \$(dumpe2fs -h /dev/xvda 2>/dev/null |
			sed -n 's/^Block count: *//p') = $((${1:-$mb} * 256))"
}
guest g 'mkfs.ext4 -q -F -b 4096 /dev/xvda 24m && mount -t ext4 /dev/xvda /mnt &&
	echo kept >/mnt/f && sync'
FEATURE_FILE=/mnt/data feature_load g --bsrange=4k-128k --iodepth=16 --size=8m \
	--fsync=32
# The file system takes a part of what came, so that the disk may shrink again.
for step in 64:40 48:44 96:; do
	mb=${step%:*}
	resize "$mb"
	fs_size "${step#*:}"
	say "the disk has $mb MiB, the file system ${step#*:}"
	sleep 1
done
feature_load_end g 60
guest g 'dd if=/dev/zero of=/mnt/full bs=1M count=80 conv=fsync status=none &&
	rm /mnt/full && umount /mnt && fsck.ext4 -fn /dev/xvda &&
	mount -t ext4 /dev/xvda /mnt && grep kept /mnt/f && umount /mnt'
guest_run g "dmesg | grep -v 'lab: run' | grep -E 'I/O error|EXT4-fs error'" &&
	fail "requests failed on the way"
guest_stop g
run fsck.ext4 -fn "$dev"
