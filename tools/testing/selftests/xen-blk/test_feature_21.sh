# SPDX-License-Identifier: GPL-2.0-only
# NAME: discard that stops working: an error, and then none is offered any more
# TIMEOUT: 45
# NEEDS: ours-front

dev=$(disk_null a 32 memory_backed=1 discard=1 blocksize=512)
guest_start g "$GUEST" "$dev,xvda"
guest g 'blkdiscard -o 0 -l 1048576 /dev/xvda'
equal before "$(guest g 'cat /sys/block/xvda/queue/discard_max_bytes | head -c 1')" 2
echo 0 >"/sys/block/${dev##*/}/queue/discard_max_bytes"
guest_run g 'blkdiscard -o 0 -l 1048576 /dev/xvda' && fail 'it says that it discarded'
guest g 'wait_for 5 test "$(cat /sys/block/xvda/queue/discard_max_bytes)" = 0'
guest g 'dmesg | grep -F "xvda: back refuses to discard"'
# The rest of the disk does not suffer.
guest g 'echo good | dd of=/dev/xvda bs=512 conv=sync,notrunc oflag=direct status=none
	dd if=/dev/xvda bs=512 count=1 iflag=direct status=none | grep good'
guest_stop g
