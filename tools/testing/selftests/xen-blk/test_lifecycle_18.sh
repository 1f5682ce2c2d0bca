# SPDX-License-Identifier: GPL-2.0-only
# NAME: front unbound and bound at once: the back sees that it is another one
# TIMEOUT: 120
# NEEDS: ours

# Nobody waits for the back in between, which may see no state but the last, and with
# requests in flight may take its time to see any.
under=$(disk_null a 32 memory_backed=1)
modprobe -q dm-delay
quick="0 65536 linear $under 0"
slow="0 65536 delay $under 0 1000"
dm=$(disk_dm slow "$quick")
back_load max_queues=2
GUEST_ARGS="max_queues=2 scan_untrusted=0"
guest_start g "$GUEST" "$dm,xvda,w,untrusted"
guest g 'echo first >/tmp/w
	dd if=/tmp/w of=/dev/xvda bs=512 conv=sync,notrunc oflag=direct status=none'
again='front_unbind 51712; front_bind 51712
	wait_for 20 test -e /sys/block/xvda'
reads='dd if=/dev/xvda bs=512 count=1 iflag=direct status=none | grep -q first'
for round in {1..10}; do
	guest g "$again && $reads" || fail "round $round"
	wait_for 15 guest_disk_there g xvda || fail "round $round: front $(front_store \
		g 51712 state), back $(back_store g 51712 state)"
done
disk_dm_table slow "$slow"
for round in {1..5}; do
	guest g "dd if=/dev/zero of=/dev/xvda bs=64k count=4 seek=8 oflag=direct 2>/dev/null &
		dd if=/dev/xvda of=/dev/null bs=64k skip=9 iflag=direct 2>/dev/null &
		sleep 0.3
		$again && $reads && wait" || fail "slow, round $round"
	wait_for 15 guest_disk_there g xvda || fail "slow, round $round: front $(front_store \
		g 51712 state), back $(back_store g 51712 state)"
done
guest_stop g
