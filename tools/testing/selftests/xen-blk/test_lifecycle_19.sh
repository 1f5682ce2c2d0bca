# SPDX-License-Identifier: GPL-2.0-only
# NAME: a disk taken away by force and attached again: old writes come before new ones
# TIMEOUT: 60
# NEEDS: ours

under=$(disk_null a 32 memory_backed=1)
modprobe -q dm-delay
whole="0 65536 linear $under 0"
still="0 65536 delay $under 0 0 $under 0 3600000 $under 0 0"
dm=$(disk_dm slow "$whole")
back_load
guest_start g "$GUEST" "$dm,xvda"
id=$(domid g)
expect_dmesg 'I/O error, dev xvda'
# write TEXT: to the first sector.
write='/usr/bin/dd of=/dev/xvda bs=512 conv=sync,notrunc oflag=direct status=none'
disk_dm_table slow "$still"
guest_send g "echo old | $write"
old=$seq
in_flight()
{
	grep -q write "/sys/kernel/debug/xen-blkback/vbd-$id-51712/requests"
}
wait_for 20 in_flight || fail "no write is in flight"
# It waits in vain for the back to close, and says so; not for long.
timeout $((30 * LAB_SCALE)) xl block-detach --force g xvda </dev/null ||
	[ $? != 124 ] || fail "xl block-detach hangs"
wait_for 30 no_dir "/sys/bus/xen-backend/devices/vbd-$id-51712" || fail "the back stays"
guest_reply g "$old" 30 && fail "the write is done"

disk_spec "$dm,xvda"
run xl block-attach g "$spec" </dev/null
first()
{
	dd if="$under" bs=512 count=1 iflag=direct status=none | tr -d '\000'
}
connected()
{
	[ "$(back_store g 51712 state)" = 4 ]
}
wait_for 3 connected && fail "it connects while an old write may still come"
[ "$(first)" != old ] || fail "the write was not held"
disk_dm_table slow "$whole"
wait_for 20 guest_disk_there g xvda || fail "it does not connect when the old write is done"
equal 'the old write' "$(first)" old
guest g "wait_disk xvda; echo new | $write"
equal 'the new one' "$(first)" new
guest_stop g
