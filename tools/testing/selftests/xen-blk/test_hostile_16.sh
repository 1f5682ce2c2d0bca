# SPDX-License-Identifier: GPL-2.0-only
# NAME: small writes without end to a disk that waits (XSA-300): a share is copied, the rest mapped
# TIMEOUT: 120
# NEEDS: ours-back

. /lab/tests/hostile.sh
. /lab/tests/trace.sh
modprobe -q dm-delay
under=$(disk_null a 64 memory_backed=1)
sectors=$(blockdev --getsz "$under")
slow=$(disk_dm slow "0 $sectors delay $under 0 0 $under 0 8000")
hostile_disk "$under"
hostile_start "$slow,xvda"

# All that a ring of 16 pages takes, of 11 segments each: 22 MiB, 8 of which may be copies.
guest_send h "[ -c /dev/xen/gntalloc ] || modprobe xen-gntalloc limit=16384
	modprobe -q xen-evtchn
	LAB_SCALE=$LAB_SCALE /lab/blkif-front 51712 <<'END'
page D 55
fill D 1
connect pages=16
loop 512 req 0 write id={i+1} sector={i*88+16384} segs=D.{i%5*11}..{i%5*11+10}
send 0
expect 0 1..512=ok within=60
fill D 5
req 0 write id=600 sector=16384 segs=D.0..10
send 0
expect 0 600=ok within=30
wait 4000
close
END"
writer=$seq
rings=$(trace_dir h)/rings
copied()
{
	[ -e "$rings" ] && [ $(($(trace_key "$rings" grants_copied) +
		$(trace_key "$rings" grants_mapped))) -ge 5632 ]
}
wait_for 30 copied || fail "not all writes are under way: $(cat "$rings")"
say "$(grep grants_ "$rings")"
equal "segments copied" "$(trace_key "$rings" grants_copied)" $((2048 / 11 * 11))

# What they had is free again: the next one is copied.
again()
{
	[ "$(trace_key "$rings" grants_copied)" -eq $((2048 / 11 * 11 + 11)) ]
}
wait_for 60 again || fail "the last write is not copied: $(grep grants_ "$rings")"
guest_reply h "$writer" 60 || fail "the writes say $?"
hostile_row back 'small writes without end' '1..512=ok'
peer_disk_has "$under" 16384 5 88 || fail "the last write is not there"
peer_disk_has "$under" $((16384 + 88)) $((1 + 11 * 1024)) 8 || fail "the second write is not there"
hostile_disk_same "$under"
hostile_end
