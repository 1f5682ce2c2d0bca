# SPDX-License-Identifier: GPL-2.0-only
# NAME: resize up and down: an idle guest is told at once, a busy one goes on
# TIMEOUT: 90
# NEEDS: ours

. /lab/tests/feature.sh
dev=$(disk_file a 32)
dm=$(disk_dm lin "0 65536 linear $dev 0")
guest_start g "$GUEST" "$dev,xvda" "$dm,xvdb"

# size_is DISK MB: the guest's idea of it, soon.
size_is()
{
	guest g "wait_size $1 $2"
}

# At rest: nobody but the event can bring it on.  The guest's own users are told.
size_is xvda 32
events=$(guest g 'cat /sys/kernel/uevent_seqnum')
disk_file_size "$dev" 48
size_is xvda 48
equal sectors "$(back_store g 51712 sectors)" 98304
[ "$(guest g 'cat /sys/kernel/uevent_seqnum')" -gt "$events" ] ||
	fail "no uevent in the guest"
guest g 'dmesg | grep -v "lab: run" |
	grep -F "xvda: detected capacity change from 65536 to 98304"'
guest g 'dd if=/dev/xvda of=/dev/null bs=1M skip=47 count=1 iflag=direct status=none'

# Up and down while data are written and read.
feature_load g --bsrange=512-256k --iodepth=32 --size=16m
for mb in 64 24 40 24; do
	disk_file_size "$dev" $mb
	size_is xvda $mb
done
feature_load_end g
equal "bytes beyond the end" "$(guest g 'dd if=/dev/xvda bs=4k skip=6143 count=2 \
	iflag=direct status=none | wc -c')" 4096
# Nothing was asked for that was not there.
equal "requests refused meanwhile" \
	"$(cat "$(back_dir g 51712)/statistics/bad_req")" 0

# A file system grows with a device mapper's disk, mounted.
guest g 'mkfs.ext4 -q -F /dev/xvdb 16m && mount -t ext4 /dev/xvdb /mnt && echo kept >/mnt/f'
disk_file_size "$dev" 40
disk_dm_table lin "0 81920 linear $dev 0"
size_is xvdb 40
guest g 'resize2fs /dev/xvdb && test "$(df -m /mnt | awk "NR == 2 { print \$2 }")" -gt 30
	umount /mnt && fsck.ext4 -fn /dev/xvdb && mount -t ext4 /dev/xvdb /mnt && grep kept /mnt/f && umount /mnt'
guest_stop g
