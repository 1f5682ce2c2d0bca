# SPDX-License-Identifier: GPL-2.0-only
# NAME: unbound and bound with requests in a disk that hangs, then detached: Closed once they are done
# TIMEOUT: 90
# NEEDS: ours

. /lab/tests/trace.sh
below=$(disk_null a 16 memory_backed=1)
dev=$(disk_dm slow "0 32768 linear $below 0")
guest_start g "$GUEST" "$dev,xvda"
id=$(domid g)
device=vbd-$id-51712
run dmsetup suspend --nolockfs --noflush slow
guest_send g 'dd if=/dev/zero of=/dev/xvda bs=4k seek=8 count=1 oflag=direct \
	conv=notrunc status=none'
writer=$seq
wait_for 10 grep -q submitted "$(trace_dir g)/requests" || fail "no write is in flight"
back_driver unbind g 51712
back_driver bind g 51712

# The front is rid of it after 5 s, and what the first driver has is still in the disk.
xl block-detach g xvda >/tmp/detach 2>&1 </dev/null &
detach=$!
front_closed()
{
	[ "$(front_store g 51712 state)" = 6 ]
}
wait_for 30 front_closed || fail "front $(front_store g 51712 state)"
guest_reply g "$writer" 30
[[ $? != @(0|124) ]] || fail "the write is done, or hangs"
sleep 3
[ -d "/sys/bus/xen-backend/devices/$device" ] || fail "the bus has no device any more"
state=$(back_store g 51712 state)
[ "$state" != 6 ] || fail "the back says Closed, with a write in the disk"
say "the back's state meanwhile: $state"

run dmsetup resume slow
wait_for 20 no_backs || fail "the back stays: state $(back_store g 51712 state)"
# xl gives up after ten seconds, and keeps what it knows of the disk until asked again.
wait $detach || run xl block-detach g xvda
guest_attach g "$dev,xvda"
guest g 'dd if=/dev/xvda of=/dev/null bs=4k count=16 iflag=direct status=none'
guest_stop g
