# SPDX-License-Identifier: GPL-2.0-only
# NAME: where upstream's back is wrong ours is right: barriers, what Closed means
# TIMEOUT: 180
# NEEDS: ours

. /lab/tests/interop.sh

# A barrier is one for all rings: what came before it, on either, is done before it,
# what came after it begins when it has ended.
under=$(disk_null a 32 memory_backed=1 cache_size=1)
modprobe -q dm-delay
slow=$(disk_dm slow "0 $(blockdev --getsz "$under") delay \
$under 0 0 $under 0 1000 $under 0 100")
barrier()
{
	interop_back "$1" max_queues=2
	GUEST_FRONT=none
	guest_start "$1" "$GUEST" "$slow,xvda"
	peer "$1" '
	page A
	page B
	page C
	page D
	connect queues=2
	back feature-barrier 1
	fill A 100
	fill B 5000
	fill C 9000
	fill D 20000
	req 0 write id=1 sector=8 segs=A
	send 0
	req 1 write id=1 sector=24 segs=D
	send 1
	wait 300
	req 0 barrier id=2 sector=8 segs=B
	req 0 write id=3 sector=32 segs=D
	send 0
	wait 300
	req 1 write id=2 sector=8 segs=C
	send 1
	expect 0 1..3=ok
	expect 1 1..2=ok
	before 0 1 0 2 500
	before 1 1 0 2 500
	before 0 2 0 3 500
	before 0 2 1 2 500
	close'
	peer_disk_has "$under" 8 9000 8
	guest_stop "$1"
}
interop_both D9 back barrier

# Nothing is in flight when the back says that it is closed.
late=$(disk_null b 64 irqmode=2 completion_nsec=4000000000)
closed()
{
	local state front left

	in_flight()
	{
		local r w

		read -r r w <"/sys/class/block/${late##*/}/inflight"
		printf '%d\n' $((r + w))
	}
	busy()
	{
		[ "$(in_flight)" -gt 0 ]
	}
	# What is in flight at the first moment that the state is 6.
	watch()
	{
		xenstore-watch "$state" | while read -r _; do
			if [ "$(xenstore-read "$state" 2>/dev/null)" = 6 ]; then
				in_flight
				break
			fi
		done
	}
	interop_back "$1"
	GUEST_FRONT=none
	guest_start "$1" "$GUEST" "$late,xvda"
	state=$(back_store "$1" 51712)/state
	coproc watch
	# The front says at once that it is closed, too.
	guest_send "$1" "modprobe xen-gntalloc; modprobe -q xen-evtchn
LAB_SCALE=$LAB_SCALE /lab/blkif-front 51712 <<'END'
page D 4
connect
loop 4 req 0 read id={i+1} sector={i*8} segs=D.{i}
send 0
wait 500
state 5
state 6
await 6 within=30
expect 0 1..4=ok
END"
	front=$seq
	wait_for 20 busy || fail "nothing is in flight"
	read -r -t $((20 * LAB_SCALE)) left <&"${COPROC[0]}" || fail "no Closed comes"
	equal "in flight when the back says Closed" "$left" 0
	guest_reply "$1" "$front" 30 || fail "the front says $?"
	guest_stop "$1"
}
interop_both D13 back closed
