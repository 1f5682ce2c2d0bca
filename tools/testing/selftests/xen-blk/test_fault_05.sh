# SPDX-License-Identifier: GPL-2.0-only
# NAME: each allocation of the front's connect fails once: an error, and a way on
# TIMEOUT: 400
# NEEDS: ours guest-faults

dev=$(disk_file a 16)
other=$(disk_file b 16)
guest_start g "$GUEST" "$other,xvda"
expect_dmesg 'FAULT_INJECTION'
in_guest()
{
	guest_run g 60 "$(cat /lab/tests/fault.sh)
$1"
}
# The guest gives the disk up and takes it again: dom0's toolstack has no part.
connect()
{
	guest_run g 'front_bind 51728' >/dev/null
	wait_for 3 guest_disk_there g xvdb
}
disconnect()
{
	guest_run g '[ ! -e /sys/bus/xen/devices/vbd-51728/driver ] ||
		front_unbind 51728' || fail "$1: cannot be unbound"
	guest g 'test ! -e /sys/block/xvdb'
}
back_waits()
{
	[[ $(back_store g 51728 state) = [26] ]]
}
guest_attach g "$dev,xvdb"
disconnect start
for kind in failslab fail_page_alloc; do
	in_guest "fault_setup $kind xen_blkfront"
	n=0 failed=0
	while :; do
		n=$((n + 1))
		[ $n -le 120 ] || fail "$kind: no end of allocations"
		wait_for 10 back_waits || fail "$kind $n: the back is in state $(back_store g 51728 state)"
		in_guest "fault_nth $kind $n"
		if connect; then
			guest g 'dd if=/dev/xvdb of=/dev/null bs=64k count=16 iflag=direct status=none'
		else
			failed=$((failed + 1))
		fi
		in_guest "fault_fired $kind" || break
		disconnect "$kind $n"
	done
	disconnect "$kind $n"
	wait_for 10 back_waits
	connect
	in_guest "fault_fired $kind" ||
		fail "$kind: what is counted is not known"
	disconnect "$kind, the last"
	say "$kind: $((n - 1)) allocations, $failed of them lead to no disk"
	[ $n -gt 1 ] || fail "$kind: nothing was ever allocated"
done
wait_for 10 back_waits
connect || fail "no disk without faults"
guest g 'dd if=/dev/xvdb of=/dev/null bs=64k count=16 iflag=direct status=none
	dd if=/dev/xvda of=/dev/null bs=64k count=16 iflag=direct status=none'
guest_stop g
