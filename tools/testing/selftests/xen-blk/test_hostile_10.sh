# SPDX-License-Identifier: GPL-2.0-only
# NAME: a back's states skipped, backwards, nonsense; sizes that flap; 30 rounds of that
# TIMEOUT: 270
# NEEDS: ours

. /lab/tests/hostile-back.sh
back_start

back_offer 'connected from the start, to whoever was here before' 'start state=4
show
await 6
state 6
await 1
state 2
await 3
map
close'
back_offer 'the same, and gone' 'start state=3
show
await 6
vanish'
# The front reads the partition table as it makes the disk.
for end in close vanish; do
	back_offer "$end while the partitions are read" "connect
take
$end"
done
for state in 5 6 7 99 -3 abc 4294967298; do
	back_offer "state $state from the start" "start state=$state
show
wait 300
vanish"
done
back_offer 'offered 20 times, then closing before there is a disk (CVE-2022-49689)' 'start
show
await 3
loop 20 state 2
map
close'
# What it says of itself while it is connected changes nothing but its size.
for state in 1 2 3 7 99 -3 abc; do
	back_case "state $state while connected" "$BACK_READ" ok "state $state
wait 200
serve"
done
back_case 'no state while connected' "$BACK_READ" ok 'withdraw state
wait 200
serve'
back_case 'closed, no closing' 'true' ok 'state 6
await 6'
back_case 'closed, then connected' 'true' ok 'state 6
await 6
state 4
wait 300'
back_case 'closing, then connected' 'true' ok 'state 5
state 4
wait 300'
back_case 'connected 300 times' "$BACK_READ" ok 'loop 300 state 4
serve'
back_case 'closing with a read unanswered, then connected' "$BACK_READ" EIO 'take
state 5
wait 100
state 4
gate'
# The front's driver leaves the disk while the back says more and more of it.
BACK_LAST=vanish
back_case 'states while the front goes (CVE-2026-43249)' "front_unbind $BACK_VDEV" ok \
	'loop 1000 state 4
gate'
BACK_LAST=close
back_case 'a size that flaps, and goes' "$BACK_READ" ok 'loop 50 offer sectors {i*8+8}
loop 50 state 4
offer sectors 0
state 4
offer sectors 16384
state 4
wait 300
serve'
# Programs hear of each size: of one a second, and of the last.
back_case 'a size that changes all the time' "events() { cat /sys/kernel/uevent_seqnum; }
	n=\$(events) t=\$(date +%s); $BACK_READ || exit 1
	n=\$((\$(events) - n)) t=\$((\$(date +%s) - t))
	echo \$n events in \$t s, \$(cat /sys/block/xvdb/size) sectors
	[ \$n -ge 2 ] && [ \$n -le \$((t + 3)) ] && [ \$(cat /sys/block/xvdb/size) = 9216 ]" ok "$(
	for i in {1..128}; do
		printf 'offer sectors %d\nstate 4\nwait 20\n' $((8192 + i * 8))
	done)
wait 3000
serve"
back_case 'a size that is none' "$BACK_READ" ok 'offer sectors abc
state 4
wait 500
serve' 'sectors is "abc", not a number'

count()
{
	guest g slab_counts
}
# Requests in flight, the lie, the end, in turn.
round()
{
	BACK_CONNECT=feature-persistent=$((rounds++ % 2))
	BACK_LAST=vanish
	back_case 'vanished' "$BACK_READ" EIO 'take'
	BACK_LAST=close
	back_case 'lied to' "$BACK_READ" EIO 'take
answer 0 id=77777
send 0
gate' 'id beyond the ring'
}
rounds=0
hostile_innocent_stop
no_leak count round
hostile_innocent_start
back_end
