# SPDX-License-Identifier: GPL-2.0-only
# NAME: D1: a flush that fails is an error, and flushes go on after it
# TIMEOUT: 60
# NEEDS: ours-front

under=$(disk_null a 32 memory_backed=1 cache_size=1)
sectors=$(blockdev --getsz "$under")
dm=$(disk_dm flaky "0 $sectors linear $under 0")
guest_start g "$GUEST" "$dm,xvda"
equal "the guest's view" "$(guest g 'cat /sys/block/xvda/queue/write_cache')" \
	'write back'

expect_dmesg 'I/O error, dev (xvda|dm-[0-9]+)'
expect_dmesg 'lost async page write'
guest g 'dd if=/dev/zero of=/dev/xvda bs=4k count=1 conv=fsync,notrunc status=none'
modprobe -q dm-flakey
disk_dm_table flaky "0 $sectors flakey $under 0 0 3600 1 error_writes"
# A flush on its own: nothing is dirty, so only its own outcome can be seen.
guest_run g "sync -d /dev/xvda" &&
	fail "a flush that failed below is called good"
disk_dm_table flaky "0 $sectors linear $under 0"
before=$(disk_stat "$under" 16)
guest g 'for i in 1 2 3; do
	dd if=/dev/zero of=/dev/xvda bs=4k count=1 seek=$i conv=fsync,notrunc status=none || exit 1
done'
[ $(($(disk_stat "$under" 16) - before)) -ge 3 ] ||
	fail "three fsyncs made $(($(disk_stat "$under" 16) - before)) flushes"
equal "the guest's view afterwards" \
	"$(guest g 'cat /sys/block/xvda/queue/write_cache')" 'write back'
guest_stop g
