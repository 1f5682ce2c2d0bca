# SPDX-License-Identifier: GPL-2.0-only
# NAME: blocks of 512 bytes on sectors of 4 KiB: the guest knows both
# TIMEOUT: 60
# NEEDS: ours

. /lab/tests/feature.sh
# Neither loop nor null_blk tells two sizes.
dev=$(disk_scsi 32 sector_size=512 physblk_exp=3 delay=0)
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
