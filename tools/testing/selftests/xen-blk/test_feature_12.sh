# SPDX-License-Identifier: GPL-2.0-only
# NAME: blocks of 512 bytes on sectors of 4 KiB: the guest knows both
# TIMEOUT: 60
# NEEDS: ours

. /lab/tests/feature.sh
# A disk of SCSI's test driver: neither loop nor null_blk tells two sizes.
scsi_disk()
{
	local d

	for d in $(set +f; echo /sys/block/sd*); do
		grep -q scsi_debug "$d/device/model" && dev=/dev/${d##*/} &&
			[ -b "$dev" ] && return 0
	done
	return 1
}

run modprobe sd_mod
run modprobe scsi_debug dev_size_mb=32 sector_size=512 physblk_exp=3 delay=0
wait_for 10 scsi_disk || fail "scsi_debug made no disk"
equal "logical block of $dev" "$(blockdev --getss "$dev")" 512
equal "physical block of $dev" "$(blockdev --getpbsz "$dev")" 4096
guest_start g "$GUEST" "$dev,xvda"
equal sector-size "$(back_store g 51712 sector-size)" 512
equal physical-sector-size "$(back_store g 51712 physical-sector-size)" 4096
equal sectors "$(back_store g 51712 sectors)" 65536
equal 'logical block' "$(guest g 'cat /sys/block/xvda/queue/logical_block_size')" 512
equal 'physical block' "$(guest g 'cat /sys/block/xvda/queue/physical_block_size')" 4096
equal 'minimum io' "$(guest g 'cat /sys/block/xvda/queue/minimum_io_size')" 4096
feature_verify g xvda
# A sector in the middle of a physical block leaves its neighbours alone.
guest g 'set -e
	head -c 4096 /dev/urandom >/tmp/block
	dd if=/tmp/block of=/dev/xvda bs=4096 oflag=direct status=none
	dd if=/dev/zero of=/dev/xvda bs=512 seek=3 count=1 oflag=direct status=none
	dd if=/dev/zero of=/tmp/block bs=512 seek=3 count=1 conv=notrunc status=none
	dd if=/dev/xvda bs=4096 count=1 iflag=direct status=none | cmp - /tmp/block'
guest g 'mkfs.ext4 -q -F /dev/xvda && fsck.ext4 -fn /dev/xvda >/dev/null 2>&1'
guest_stop g
run rmmod scsi_debug
