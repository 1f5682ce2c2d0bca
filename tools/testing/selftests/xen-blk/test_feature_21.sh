# SPDX-License-Identifier: GPL-2.0-only
# NAME: discard that stops working: an error, and then none is offered any more
# TIMEOUT: 45
# NEEDS: ours-front

dev=$(disk_null a 32 memory_backed=1 discard=1 blocksize=512)
guest_start g "$GUEST" "$dev,xvda"
guest g 'blkdiscard -o 0 -l 1048576 /dev/xvda
	head -c 1048576 /dev/zero | tr "\\000" x |
	dd of=/dev/xvda bs=1M oflag=direct iflag=fullblock status=none'
equal before "$(guest g 'cat /sys/block/xvda/queue/discard_max_bytes | head -c 1')" 2
echo 0 >"/sys/block/${dev##*/}/queue/discard_max_bytes"
# The kernel calls that no error, as nothing is lost; but it must know.
guest g 'blkdiscard -o 0 -l 1048576 /dev/xvda'
equal 'MiB that are as they were' "$(guest g 'head -c 1048576 /dev/xvda | tr -d x | wc -c')" 0
guest g 'wait_for 5 grep -qx 0 /sys/block/xvda/queue/discard_max_bytes'
guest g 'dmesg | grep -v "lab: run" | grep -F "xvda: back refuses to discard"'
# The rest of the disk does not suffer.
guest g 'echo good | dd of=/dev/xvda bs=512 conv=sync,notrunc oflag=direct status=none
	dd if=/dev/xvda bs=512 count=1 iflag=direct status=none | grep good'
guest_stop g
