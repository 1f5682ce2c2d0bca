# SPDX-License-Identifier: GPL-2.0-only
# NAME: ring indices and events that cannot be: the ring stops, nothing else does
# TIMEOUT: 170
# NEEDS: ours-back

. /lab/tests/hostile.sh
dev=$(disk_null a 32 memory_backed=1)
hostile_disk "$dev"
hostile_start "$dev,xvda" "$(disk_null b 32),xvdb"

# The ring's thread: what it has used of a processor, in ticks.
ticks()
{
	awk '{ sub(/.*\) /, ""); print $12 + $13 }' \
		"/proc/$(pgrep "^$(domid h)\.xvda")/stat"
}

# One way each to break a ring; then it is silent, costs nothing, and the disk
# may be closed and connected again.
for to in 33 1000 $((1 << 31)) $((-1 & 0xffffffff)) $((-32 & 0xffffffff)); do
	hostile_case "an index of $to (CVE-2010-4247, XSA-39)" "page D
connect
send 0 $to
quiet 0 300
req 0 read id=1 segs=D
send 0
quiet 0 300" 'ring stopped'
	before=$(ticks) || fail "the ring has no thread"
	sleep 1
	[ $(($(ticks) - before)) -lt 20 ] ||
		fail "the thread of a ring that is stopped runs"
	hostile_case "after an index of $to" "page D
close
state 1
connect
req 0 read id=1 segs=D
send 0
expect 0 1=ok
same D $HOSTILE_SEED
close
state 1"
done

# Backwards once something was asked: answers stay what they are.
hostile_case 'an index that goes back' '
page D
connect from=100
req 0 read id=1 segs=D
req 0 read id=2 segs=D
send 0
expect 0 1..2=ok
send 0 101
quiet 0 300
close
state 1' 'ring stopped'

# Requests that were there before the back was: as many as fit are done.
hostile_case 'requests from before' '
page D
connect from=0xfffffff0 state=none
loop 32 req 0 read id={i+1} sector={i*8} segs=D
publish 0
state 3
await 4
state 4
expect 0 1..32=ok
close
state 1'
hostile_case 'more requests from before than fit' '
connect state=none
publish 0 33
state 3
await 5
state 6
await 6
unring 0
state 1' 'connecting ring 0'

# Answers end somewhere else than requests do; nothing is at stake but the front.
hostile_case 'what the front may write as it likes' "page D
connect
loop 40 index 0 rsp_event {i*107374182}
index 0 req_event 77
req 0 read id=1 segs=D
send 0
expect 0 1=ok
index 0 rsp_prod 1000000
index 0 rsp_prod 1
index 0 req_event 0xffffffff
req 0 read id=2 segs=D
send 0
expect 0 2=ok
same D $HOSTILE_SEED
close
state 1"

# Answers that nobody takes are written over by the next ones, and nothing is kept
# for them.
hostile_case 'answers that are never taken (XSA-392)' "page D
connect
$(for i in 1 2 3; do
	echo "loop 32 req 0 read id={i+1} sector={i*8} segs=D
send 0
wait $((500 * LAB_SCALE))
indexis 0 rsp_prod $((i * 32))"
done)
state 5
await 5
state 6
await 6
unring 0
state 1"

# The disk's data over the ring's own indices.
hostile_case 'a read into the ring itself' '
page D
connect
req 0 read id=1 segs=ring0.0
send 0
wait 300
notify 0
wait 300
state 5
await 5
state 6
await 6
unring 0
state 1' 'ring stopped'

# Events without work, as fast as they go: another disk of the same guest and
# dom0 itself go on meanwhile.
guest_send h "LAB_SCALE=$LAB_SCALE /lab/blkif-front 51712 <<'END'
connect
storm 0 8000
close
state 1
END"
storm=$seq
sleep 2
HOSTILE_VDEV=51728
hostile_case 'a disk beside a storm of events (XSA-332)' 'page D
connect
loop 32 req 0 read id={i+1} sector={i*8} segs=D
send 0
expect 0 1..32=ok
close
state 1'
start=$EPOCHSECONDS
guest_attach g "$(disk_null c 8),xvdb"
guest_detach g xvdb
[ $((EPOCHSECONDS - start)) -lt $((20 * LAB_SCALE)) ] ||
	fail "a disk of another guest took $((EPOCHSECONDS - start)) s during the storm"
said=$(guest_reply h "$storm" 60) || fail "the storm: $said"
# The kernel counts what the back calls an event for nothing, and how late it takes more.
for count in spurious_events jiffies_eoi_delayed; do
	n=$(cat "/sys/bus/xen-backend/devices/vbd-$(domid h)-51712/xenbus/$count")
	say "$count: $n"
	[ "$n" -gt 10 ] || fail "$count is $n after 8 s of events for nothing"
done
hostile_disk_same "$dev"
hostile_end
