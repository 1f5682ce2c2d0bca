# SPDX-License-Identifier: GPL-2.0-only
# NAME: restore over another size, other physical blocks, read-only: what has it open stays
# TIMEOUT: 150
# NEEDS: ours

# The disk has a partition, with a file system in use; where it lies may change.
. /lab/tests/feature.sh
file=$(disk_file a 32)
printf 'start=2048,size=40960\n' | run sfdisk -q "$file"
back_load
guest_start g "$GUEST" "$file,xvda"
guest g 'wait_disk xvda1; mkfs.ext4 -q -F -b 4096 /dev/xvda1 &&
	mount -t ext4 /dev/xvda1 /mnt && echo kept >/mnt/f && sync'
FEATURE_FILE=/mnt/data feature_load g --bsrange=4k-128k --iodepth=16 --size=8m \
	--fsync=32
view()
{
	guest g 'cd /sys/block/xvda && echo $(($(cat size) / 2048)) \
		$(($(cat xvda1/size) / 2048)) $(cat ro queue/logical_block_size \
			queue/physical_block_size queue/minimum_io_size)'
}
# over WHAT DEVICE MODE VIEW: MiB of the disk and of its partition, read-only, blocks
# and the least that is good to write.
over()
{
	feature_over g "$2,xvda,$3"
	feature_restore g xvda
	equal "$1" "$(wait_for 10 view_is "$4"; view)" "$4"
	say "$1: domain $(domid g), size, partition, read-only, blocks: $4"
}
view_is()
{
	[ "$(view)" = "$1" ]
}
equal 'at first' "$(view)" '32 20 0 512 512 512'

feature_save g
disk_file_size "$file" 48
over grown "$file" w '48 20 0 512 512 512'
guest g 'dmesg | grep -v "lab: run" |
	grep -F "xvda: detected capacity change from 65536 to 98304"'
sleep 1

# Moved to a smaller disk of larger blocks.
feature_save g
scsi=$(disk_scsi 24 sector_size=512 physblk_exp=3 delay=0)
run dd if="$file" of="$scsi" bs=1M count=24 oflag=direct status=none
over shrunk "$scsi" w '24 20 0 512 4096 4096'
before=$(disk_stat "$scsi" 5)
feature_goes_on "$scsi" "$before" || fail "no write arrives any more"
sleep 1

feature_save g
run dd if="$scsi" of="$file" bs=1M oflag=direct conv=notrunc status=none
over 'as before' "$file" w '48 20 0 512 512 512'
before=$(disk_stat "$file" 5)
feature_goes_on "$file" "$before" || fail "no write arrives any more"
feature_load_end g 60
guest_run g "dmesg | grep -v 'lab: run' | grep -E 'I/O error|EXT4-fs error'" &&
	fail "requests failed on the way"
guest g 'umount /mnt && fsck.ext4 -fn /dev/xvda1'

feature_save g
over read-only "$file" r '48 20 1 512 512 512'
guest_run g 'dd if=/dev/zero of=/dev/xvda bs=4k count=1 conv=notrunc,nocreat oflag=direct status=none 2>/dev/null' &&
	fail "a read-only disk is written"
guest g 'mount -t ext4 -o ro,noload /dev/xvda1 /mnt && grep kept /mnt/f && umount /mnt'
feature_save g
over writable "$file" w '48 20 0 512 512 512'
guest g 'mount -t ext4 /dev/xvda1 /mnt && grep kept /mnt/f && umount /mnt'
guest_stop g
