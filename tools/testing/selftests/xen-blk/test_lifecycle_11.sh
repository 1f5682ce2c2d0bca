# SPDX-License-Identifier: GPL-2.0-only
# NAME: D13: the back is Closed when nothing is in flight any more, and not before
# TIMEOUT: 60
# NEEDS: ours-back

# A disk whose every request takes four seconds.
dev=$(disk_null a 64 irqmode=2 completion_nsec=4000000000)
GUEST_FRONT=none
guest_start g "$GUEST" "$dev,xvda"
id=$(domid g)
state=$(back_store g 51712)/state
in_flight()
{
	local r w
	read -r r w <"/sys/class/block/${dev##*/}/inflight"
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
coproc watch
# The front says that it is closed at once, and takes its pages away.
guest_send g "modprobe xen-gntalloc; modprobe -q xen-evtchn
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
sleep 1
say "after a second: state $(xenstore-read "$state"), $(in_flight) in flight"
read -r -t $((20 * LAB_SCALE)) left <&"${COPROC[0]}" || fail "no Closed comes"
equal "in flight when it says Closed" "$left" 0
guest_reply g "$front" 30 || fail "the front says $?"
guest_stop g
