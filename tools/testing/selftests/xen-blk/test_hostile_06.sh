# SPDX-License-Identifier: GPL-2.0-only
# NAME: fronts that flap, vanish, or die with requests under way
# TIMEOUT: 290
# NEEDS: ours-back

. /lab/tests/hostile.sh
under=$(disk_null a 32 memory_backed=1)
sectors=$(blockdev --getsz "$under")
modprobe -q dm-delay
slow=$(disk_dm slow "0 $sectors delay $under 0 3000 $under 0 3000")
hostile_disk "$under"
slowest=$(disk_dm slowest "0 $sectors delay $under 0 8000 $under 0 8000")
hostile_start "$under,xvda" "$slow,xvdb" "$slow,xvdc" "$slow,xvdd" "$slowest,xvde"
id=$(domid h)

# threads: those of the back for h's disks.
threads()
{
	grep -l "^$id\.xvd" $(set +f; echo /proc/[0-9]*/comm) 2>/dev/null | wc -l
}

HOSTILE_VDEV=51712
hostile_case 'connected and closed, one after the other (XSA-350)' "$(for i in {1..25}; do
	echo "connect
state 6
await 6
unring 0
state 1"
done)"
hostile_case 'connected and closed, with requests' "page D
$(for i in {1..15}; do
	echo "connect
loop 32 req 0 read id={i+1} sector={i*8} segs=D
send 0
state $((i % 2 ? 5 : 6))
state 6
await 6
unring 0
state 1"
done)"
# Once the back has let go of its end Xen drops them.
hostile_case 'events while it closes (XSA-331)' "$(for i in {1..15}; do
	echo "connect
state $((i % 2 ? 5 : 6))
storm 0 50
state 6
storm 0 50
await 6
unring 0
state 1"
done)"
# The back sees some of these, and none for long; its own states are of another
# time than they seem, until it has caught up.
hostile_case 'states that nobody waits for (CVE-2010-3699)' "connect wait=0 up=0
$(for i in {1..100}; do
	echo "state 6
state 1
state 3
state 5
state 4"
done)
state 5
wait 3000
await 5
state 6
await 6 within=20
unring 0
state 1
await 2
page D
connect
req 0 read id=1 segs=D
send 0
expect 0 1=ok
same D $HOSTILE_SEED
close
state 1"
# By then the back has asked for an event, and looks for nothing by itself.
hostile_case 'the port closed, then events of others' "page D
connect
req 0 read id=1 segs=D
send 0
expect 0 1=ok
wait 1000
unbind 0
req 0 read id=2 segs=D
publish 0
wait 300
close
state 1"
# What was agreed on stays agreed on.
hostile_case 'keys rewritten while connected (XSA-175, XSA-178)' "page D
connect
write ring-ref 1
write event-channel 9999
write protocol foo
write feature-persistent 1
write multi-queue-num-queues 77
rm ring-ref
write state 4
wait 200
req 0 read id=1 segs=D
send 0
expect 0 1=ok
same D $HOSTILE_SEED
close
rm protocol
rm multi-queue-num-queues
state 1"
# More states than are handled: none of them is kept for long, and another disk comes
# and goes meanwhile.
say 'case: states as fast as they are written (XSA-349)'
lines=$(hostile_log | wc -l)
slabs=$(slab_counts)
guest_send h "/lab/blkif-front 51712 <<'END'
flood state 1 $((8000 * LAB_SCALE))
END"
flood=$seq
sleep 2
start=$EPOCHSECONDS
guest_attach g "$(disk_null c 8),xvdb"
guest_detach g xvdb
[ $((EPOCHSECONDS - start)) -lt $((20 * LAB_SCALE)) ] ||
	fail "a disk of another guest took $((EPOCHSECONDS - start)) s during the flood"
more=$(grown "$slabs" "$(slab_counts)" 2000)
[ -z "$more" ] || fail "grows with states: $more"
said=$(guest_reply h "$flood" 60) || fail "the flood: $said"
say "$said"
hostile_says 'states as fast as they are written' "$lines"
round()
{
	peer h "$(for i in 1 2 3; do
		echo "connect
state $((i + 3))
state 6
await 6
unring 0
state 1"
	done)"
}
no_leak slab_counts round

# gone VDEV: its back is, once what was under way has ended.
gone()
{
	wait_for 15 no_dir "/sys/bus/xen-backend/devices/vbd-$id-$1" ||
		fail "the back of $1 stays"
}
# The whole directory goes, or only the state, with requests in the disk.
HOSTILE_VDEV=51728
hostile_case 'a directory removed with requests under way (CVE-2010-3699)' 'page D 8
connect
loop 8 req 0 write id={i+1} sector={i*8+16384} segs=D.{i}
send 0
wait 200
rm'
gone 51728
HOSTILE_VDEV=51744
hostile_case 'a state removed with requests under way' 'page D 8
connect persistent=1
loop 8 req 0 write id={i+1} sector={i*8+16384} segs=D.{i}
send 0
wait 200
rm state
expect 0 1..8=ok'
gone 51744
HOSTILE_VDEV=51760
hostile_case 'closed with requests under way, reads and writes' 'page D 8
connect
loop 8 req 0 {i%2} id={i+1} sector={i*8+16384} segs=D.{i}
send 0
wait 200
state 6
await 6 within=20
expect 0 1..8=ok
unring 0
state 1
await 2'
HOSTILE_VDEV=51712
equal "threads of h's disks" "$(threads)" 0

# The domain itself, with a ring full of requests in the slowest disk: what they
# have mapped goes when they have ended, not before and not never.
guest_send h "LAB_SCALE=$LAB_SCALE /lab/blkif-front 51776 <<'END'
page D 32
connect
loop 32 req 0 {i%2} id={i+1} sector={i*8+16384} segs=D.{i}
send 0
wait 60000
END"
taken()
{
	[ "$(cat "$(back_dir h 51776)/statistics/rd_req")" -eq 16 ]
}
wait_for 20 taken || fail "the last disk has no requests"
start=$EPOCHSECONDS
hostile_destroy
say "all gone $((EPOCHSECONDS - start)) s after the guest"
equal "threads of h's disks" "$(threads)" 0
hostile_disk_same "$under"
