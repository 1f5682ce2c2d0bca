# SPDX-License-Identifier: GPL-2.0-only
# NAME: D9: barriers: order over two rings, data, refusals, closing while one waits
# TIMEOUT: 90
# NEEDS: ours-back

# A disk whose writes take a second: what waits for what can be seen.
under=$(disk_null a 32 memory_backed=1 cache_size=1)
sectors=$(blockdev --getsz "$under")
modprobe -q dm-delay
dev=$(disk_dm slow "0 $sectors delay $under 0 0 $under 0 1000 $under 0 100")
bare=$(disk_null b 32 memory_backed=1)
back_load max_queues=8
GUEST_FRONT=none
guest_start g "$GUEST" "$dev,xvda" "$under,xvdb,r" "$bare,xvdc" "$under,xvdd"

flushes=$(disk_stat "$under" 16)
peer g '
page A
page B
page C
page D 4
connect queues=2
back feature-barrier 1
back feature-flush-cache 1
fill A 100
fill B 5000
fill C 9000
fill D 20000
# all before it, on either ring, on the same sectors among others
req 0 write id=1 sector=8 segs=A
req 0 write id=2 sector=16 segs=D.0
send 0
req 1 write id=1 sector=24 segs=D.1
send 1
wait 300
req 0 barrier id=3 sector=8 segs=B
# in the same pass as the barrier, and after it
req 0 write id=4 sector=32 segs=D.2
send 0
wait 300
req 1 write id=2 sector=8 segs=C
send 1
expect 0 1..4=ok
expect 1 1..2=ok
before 0 1 0 3 500
before 0 2 0 3 500
before 1 1 0 3 500
before 0 3 0 4 500
before 0 3 1 2 500
# a barrier on each ring at once, and one without data
req 0 barrier id=5 sector=40 segs=D.3
req 1 barrier id=6
send 0
send 1
expect 0 5=ok
expect 1 6=ok
close
state 1'
peer_disk_has "$under" 8 9000 8
peer_disk_has "$under" 16 20000 24
peer_disk_has "$under" 40 $((20000 + 3 * 1024)) 8
[ $(($(disk_stat "$under" 16) - flushes)) -ge 3 ] ||
	fail "three barriers made $(($(disk_stat "$under" 16) - flushes)) flushes"

# What another ring holds already when the barrier is met, more than one pass of
# it, comes before.
peer g '
page D 16
connect queues=2 pages=16
loop 512 req 0 write id={i+1} sector={i*8+4096} segs=D.{i%16}
req 1 barrier id=1
send 0
send 1
expect 0 1..512=ok within=30
expect 1 1=ok
before 0 1 1 1 1
before 0 512 1 1 1
close
state 1' 90

# What was not offered is refused as such, and does nothing.
peer_disk_fill "$under" 8 100 8
for disk in 51728 51744; do
	peer g '
	page A
	connect
	back feature-barrier 0
	fill A 777
	req 0 barrier id=1 sector=8 segs=A
	req 0 barrier id=2
	send 0
	expect 0 1..2=unsupported
	close' 60 "$disk"
done
peer_disk_has "$under" 8 100 8
cmp -n 16384 "$bare" /dev/zero || fail "a refused barrier wrote"

# Requests that were taken are answered before the back is closed; those behind
# the barrier were not taken.
peer g '
page D 3
fill D 300
connect queues=2
req 0 write id=1 sector=8 segs=D.0
send 0
req 1 write id=1 sector=16 segs=D.1
req 1 barrier id=2 sector=24 segs=D.2
send 1
wait 200
req 0 write id=2 sector=32 segs=D.0
send 0
state 5
await 5
state 6
await 6 within=20
expect 0 1=ok
expect 1 1..2=ok'
peer_disk_has "$under" 8 300 24
cmp -n 4096 <(dd if="$under" bs=512 skip=32 count=8 iflag=direct status=none) \
	<(peer_pattern $((20000 + 2 * 1024)) 8) ||
	fail "the write behind the barrier was done"

# Many at once on all rings, closed at no particular time.
peer g 'page D 8
'"$(for i in {1..15}; do
	echo "state 1
connect queues=8
loop 64 req {i%8} barrier id={i} sector={i*8} segs=D.{i%8}
loop 8 send {i}
wait $((i * 7 % 40))
state 5
await 5
state 6
await 6 within=20
loop 8 unring {i}"
done)" 120 51760
for disk in 51712 51728 51744 51760; do
	equal "back of $disk" "$(back_store g "$disk" state)" 6
done
guest_stop g
