# SPDX-License-Identifier: GPL-2.0-only
# NAME: D10: what the next back does not offer is gone from the disk after a restore
# TIMEOUT: 120
# NEEDS: ours

. /lab/tests/feature.sh
dev=$(disk_null a 64 memory_backed=1 cache_size=1 discard=1 blocksize=512)
guest_start g "$GUEST" "$dev,xvda"
view()
{
	guest g 'cd /sys/block/xvda/queue
		echo "$(cat write_cache), discard $(cat discard_granularity)"'
}
back_load
equal before "$(view)" 'write back, discard 512'
feature_front_says g 'persistent grants, flush'
again()
{
	feature_save g
	back_load "$1"
	echo "$2" >"/sys/block/${dev##*/}/queue/write_cache"
	sed -i "s/no-discard,//; s/,target=/,$3,target=/" "$LAB_RUN/guest-g.cfg"
	flushes=$(disk_stat "$dev" 16)
	feature_restore g xvda
}
flushed()
{
	[ "$(disk_stat "$dev" 16)" -gt "$flushes" ]
}
again feature_persistent=0 'write through' no-discard
equal 'with less' "$(view)" 'write through, discard 0'
feature_back_says 'grants per request'
feature_verify g xvda
guest_run g 'blkdiscard -l 4096 /dev/xvda' && fail 'it discards'
flushes=$(disk_stat "$dev" 16)
guest g 'dd if=/dev/zero of=/dev/xvda bs=4k count=1 conv=fsync,notrunc status=none'
equal 'flushes' "$(disk_stat "$dev" 16)" "$flushes"
again feature_persistent=1 'write back' discard
equal 'with all again' "$(view)" 'write back, discard 512'
feature_back_says 'persistent grants'
feature_verify g xvda
flushes=$(disk_stat "$dev" 16)
guest g 'blkdiscard -l 4096 /dev/xvda
	dd if=/dev/zero of=/dev/xvda bs=4k count=1 conv=fsync,notrunc status=none'
flushed || fail 'no flush arrives'
guest_stop g
