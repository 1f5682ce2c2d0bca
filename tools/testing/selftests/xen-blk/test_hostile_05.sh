# SPDX-License-Identifier: GPL-2.0-only
# NAME: grants that are none, end early, or come twice; kept ones among them
# TIMEOUT: 200
# NEEDS: ours-back

. /lab/tests/hostile.sh
. /lab/tests/trace.sh
under=$(disk_null a 32 memory_backed=1)
sectors=$(blockdev --getsz "$under")
modprobe -q dm-delay
dev=$(disk_dm slow "0 $sectors delay $under 0 0 $under 0 0")
slow=$(disk_dm slower "0 $sectors delay $under 0 1000 $under 0 1000")
hostile_disk "$under"
hostile_start "$dev,xvda" "$slow,xvdb"

# at N PLACE [COUNT]: so many segments, the one at N is that place.
at()
{
	local i segs=""

	for ((i = 0; i < ${3:-11}; i++)); do
		if ((i == $1)); then
			segs+=,$2
		else
			segs+=,D.$((i % 16))
		fi
	done
	printf '%s\n' "${segs#,}"
}

# What is kept mapped, and what is not, have ways of their own.
for HOSTILE_CONNECT in persistent=0 persistent=1; do
	say "connections with $HOSTILE_CONNECT"
	hostile_requests 'grants that are none' "
req 0 read id=1 sector=0 segs=$(at 0 =0xffffffff)
req 0 read id=2 sector=0 segs=$(at 5 =100000)
req 0 read id=3 sector=0 segs=$(at 10 =0xfffffffe)
req 0 write id=4 sector=0 segs=$(at 0 =0xffffffff)
req 0 write id=5 sector=0 segs=$(at 10 =100000)
req 0 write id=6 sector=0 segs=$(at 3 =100000)
send 0
expect 0 1..6=error" 'Xen refuses [1-6] grant'

	hostile_requests 'grants that are none, in indirect requests (XSA-365, XSA-371)' "
$(n=0
for i in 0 10 11 12 31 32 33 63 64 128 254 255; do
	n=$((n + 1))
	printf 'req 0 indirect inner=%s id=%d sector=0 segs=%s frames=F.0\n' \
		$((n & 1)) $n \
		"$(at $i =0xffffffff 256)"
	printf 'send 0\nexpect 0 %d=error\n' $n
done)" 'Xen refuses 1 grant'

	hostile_requests 'grants of another domain, to read only, ended (XSA-361, XSA-362)' "
page O domain=77
page R ro
page X
fill R $HOSTILE_SEED
req 0 read id=1 sector=0 segs=D.0,O
req 0 write id=2 sector=0 segs=O,D.0
req 0 read id=3 sector=0 segs=R
req 0 read id=4 sector=0 segs=D.0,R
send 0
expect 0 1..4=error
same R $HOSTILE_SEED
end X
req 0 read id=5 sector=0 segs=X
req 0 write id=6 sector=0 segs=X
send 0
expect 0 5..6=error" 'Xen refuses'

	# Xen counts mappings of a grant in eight bits.
	hostile_requests 'a grant many times' "
req 0 read id=1 sector=0 segs=D.0,D.0
req 0 read id=2 sector=0 segs=D.0,D.0,D.0,D.0,D.0,D.0,D.0,D.0,D.0,D.0,D.0
req 0 indirect inner=read id=3 sector=0 segs=$(at -1 '' 255 | sed 's/D\.[0-9]*/D.0/g') frames=F.0
send 0
expect 0 1..2=ok 3=any
loop 4 req 0 indirect inner=read id={i+4} sector=0 segs=$(at -1 '' 256 | sed 's/D\.[0-9]*/D.1/g') frames=F.{i+1}
send 0
expect 0 4..7=any" '?Xen refuses'
done

# A page of data that can only be read is enough for a write that keeps nothing.
HOSTILE_CONNECT=persistent=0
hostile_requests 'a write from what can only be read' "
page R ro
fill R 4242
req 0 write id=1 sector=16384 segs=R
send 0
expect 0 1=ok"
peer_disk_has "$under" 16384 4242 8
# One that may be kept has to serve reads, too.
HOSTILE_CONNECT=persistent=1
hostile_requests 'the same, of a grant to be kept' "
page R ro
req 0 write id=1 sector=16384 segs=R
send 0
expect 0 1=error" 'Xen refuses 1 grant'
HOSTILE_CONNECT=persistent=0

# no_room: grants that would have been kept, but too many were.
no_room()
{
	trace_key "$(trace_dir h)/rings" no_room
}
before=$(no_room)
# More different grants than are kept, all over, then the same ones again.
hostile_case 'more grants than are kept (XSA-300)' "page M 1400
connect persistent=1
$(for round in 1 2; do
	for ((i = 0; i < 140; i += 28)); do
		printf 'loop 28 req 0 read id={i+1} sector=0 segs='
		for k in {0..9}; do
			printf 'M.{i+%d*10+%d},' "$i" "$k"
		done
		printf '\nsend 0\nexpect 0 1..28=ok\n'
	done
done)
close
state 1"
[ $(($(no_room) - before)) -ge $((1400 - 1056)) ] ||
	fail "of 1400 grants only $(($(no_room) - before)) were not kept"

# Ended, and given to another page, while it is kept: the front's own loss.
hostile_case 'a grant that is kept, then ended' "page X
page Y
connect persistent=1
req 0 read id=1 sector=0 segs=X
send 0
expect 0 1=ok
same X $HOSTILE_SEED
end X
page Z
req 0 read id=2 sector=0 segs=X
req 0 read id=3 sector=0 segs=Z
req 0 read id=4 sector=0 segs=Y
send 0
expect 0 2..3=any 4=ok
same Y $HOSTILE_SEED
close
state 1" '?Xen refuses'

# Ended while the disk reads into it: Xen keeps the page for as long.
HOSTILE_VDEV=51728
for keep in 0 1; do
	hostile_case "a grant that ends on the way (persistent $keep)" "page X 11
page Y 11
connect persistent=$keep
req 0 read id=1 sector=0 segs=X
req 0 write id=2 sector=16384 segs=Y
send 0
wait 300
end X
end Y
page Z 22
fill Z 99
expect 0 1..2=ok
same Z 99
close
state 1"
done
HOSTILE_VDEV=51712

round()
{
	peer h "page D 12
page R ro
page F
connect persistent=$((RANDOM & 1))
req 0 read id=1 sector=0 segs=$(at 7 =100000)
req 0 read id=2 sector=0 segs=D.0,R,D.1
req 0 indirect inner=read id=3 sector=0 segs=D.0..11,=100000,D.1 frames=F
req 0 indirect inner=read id=4 sector=0 segs=D.0..11 frames==100000
send 0
expect 0 1..4=error
close
state 1"
}
no_leak slab_counts round
hostile_disk_same "$under"
hostile_end
