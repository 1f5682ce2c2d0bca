# SPDX-License-Identifier: GPL-2.0-only
# NAME: discard reaches the device, with the right range
# TIMEOUT: 60
# NEEDS: ours

dev=$(disk_null a 32 memory_backed=1 discard=1 blocksize=512)
guest_start g "$GUEST" "$dev,xvda"
equal feature-discard "$(back_store g 51712 feature-discard)" 1
equal discard-secure "$(back_store g 51712 discard-secure)" 0
guest g 'head -c 8388608 /dev/zero | tr "\\000" x | dd of=/dev/xvda bs=1M oflag=direct iflag=fullblock status=none'
before=$(disk_stat "$dev" 14)
guest g 'blkdiscard -o 1048576 -l 2097152 /dev/xvda'
equal 'sectors discarded' $(($(disk_stat "$dev" 14) - before)) 4096
equal 'counted' "$(cat "$(back_dir g 51712)/statistics/ds_req")" \
	"$(disk_stat "$dev" 12)"
for mb in 0 1 2 3; do
	want=x
	((mb == 1 || mb == 2)) && want=''
	equal "MiB $mb" "$(dd if="$dev" bs=1M skip=$mb count=1 iflag=direct status=none |
		tr -d '\000' | head -c 1)" "$want"
done
# The device cannot erase, so nothing says that it can.
guest_run g 'blkdiscard -s -l 4096 /dev/xvda 2>/dev/null' && fail 'it erased'
guest_stop g
