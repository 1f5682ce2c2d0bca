# SPDX-License-Identifier: GPL-2.0-only
# NAME: a disk of 4 KiB blocks
# TIMEOUT: 60
# NEEDS: ours

. /lab/tests/feature.sh
dev=$(disk_file a 32 --sector-size 4096)
guest_start g "$GUEST" "$dev,xvda"
equal 'logical block' "$(guest g 'cat /sys/block/xvda/queue/logical_block_size')" 4096
equal sectors "$(back_store g 51712 sectors)" 65536
feature_verify g xvda --bsrange=4k-1m
guest_run g 'fio --name=h --filename=/dev/xvda --direct=1 --rw=read --bs=512 --size=4k >/dev/null 2>&1' &&
	fail 'half a block could be read'
guest g 'mkfs.ext4 -q -F /dev/xvda && fsck.ext4 -fn /dev/xvda >/dev/null 2>&1'
equal 'requests refused' "$(dmesg |
	grep "vbd-$(domid g)-" | grep -c refused:)" 0
guest_stop g
