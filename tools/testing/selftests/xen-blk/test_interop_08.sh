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
	back_change "$1" max_queues=2
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
	back_change "$1"
	interop_closed "$1" "$late"
}
interop_both D13 back closed
