# SPDX-License-Identifier: GPL-2.0-only
# NAME: rings of 32-bit x86: each operation, named and by default; and of 64-bit
# TIMEOUT: 60
# NEEDS: ours-back

dev=$(disk_null a 32 memory_backed=1 discard=1 cache_size=1)
GUEST_FRONT=none
guest_start g "$GUEST" "$dev,xvda"

# round ABI PROTOCOL SEED: all that may stand in a slot, and its bytes on the disk.
round()
{
	local s=$3 flushes

	peer_disk_fill "$dev" 0 "$s" 4096
	flushes=$(disk_stat "$dev" 16)
	peer g "
	abi $1
	page D 32
	page E 32
	page F
	connect protocol=$2
	back feature-flush-cache 1
	back feature-discard 1
	# what dom0 wrote
	req 0 read id=1 sector=0 segs=E.0..10
	req 0 read id=0xfedcba9876543210 sector=1000 segs=E.11:1-1,E.12:2-7
	req 0 indirect inner=read id=2 sector=2048 segs=E.13..31 frames=F
	send 0
	expect 0 1..2=ok 0xfedcba9876543210=ok
	same E.0..10 $s
	same E.11:1-1,E.12:2-7 $((s + 1000 * 128))
	same E.13..31 $((s + 2048 * 128))
	# and the other way
	fill D $((s + 5))
	req 0 write id=1 sector=4096 segs=D.0..10
	req 0 write id=0xffffffffffffffff sector=5001 segs=D.11:0-0
	req 0 indirect inner=write id=2 sector=6144 segs=D.12..31 frames=F
	send 0
	expect 0 1..2=ok 0xffffffffffffffff=ok
	req 0 flush id=3
	req 0 discard id=4 sector=8 count=16
	send 0
	expect 0 3..4=ok
	close"
	peer_disk_has "$dev" 4096 $((s + 5)) 88
	peer_disk_has "$dev" 5001 $((s + 5 + 11 * 1024)) 1
	peer_disk_has "$dev" 6144 $((s + 5 + 12 * 1024)) 160
	peer_disk_has "$dev" 0 "$s" 8
	cmp -n 8192 <(dd if="$dev" bs=512 skip=8 count=16 iflag=direct \
		status=none) /dev/zero || fail "sectors 8 to 23 were not discarded"
	peer_disk_has "$dev" 24 $((s + 24 * 128)) 4072
	[ "$(disk_stat "$dev" 16)" -gt "$flushes" ] || fail "no flush came to the disk"
	peer g 'state 1'
}

round 32 x86_32-abi 0x1000000
# Fronts from before the key were of 32 bits.
round 32 none 0x2000000
round 64 x86_64-abi 0x3000000
# The back takes the layout from the key, not from what it finds: a 64-bit slot is
# another request in a 32-bit ring.
peer g "
abi 64
page E
connect protocol=x86_32-abi
fill E 7
req 0 read id=1 sector=16 segs=E
send 0
expect 0 $((1 << 32))=error
same E 7"
