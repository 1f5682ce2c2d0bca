# SPDX-License-Identifier: GPL-2.0-only
# NAME: a device of the back unbound and bound at once, with requests in flight: the disk stays
# TIMEOUT: 60
# NEEDS: ours-back

# What is in flight keeps the rings longer than a new device takes to come.
dev=$(disk_null a 32 irqmode=2 completion_nsec=1000000000)
guest_start g "$GUEST" "$dev,xvda"
device=vbd-$(domid g)-51712

# The driver of before lets go when its last request has its answer, and not before.
for round in 1 2 3; do
	guest_send g 'dd if=/dev/xvda of=/dev/null bs=4k count=2 iflag=direct status=none'
	wait_for 10 grep -q submitted "/sys/kernel/debug/xen-blkback/$device/requests" ||
		fail "round $round: nothing is in flight"
	back_driver unbind g 51712
	back_driver bind g 51712
	guest_reply g "$seq" 30 || fail "round $round: dd says $?"
	wait_for 15 guest_disk_there g xvda ||
		fail "round $round: front $(front_store g 51712 state), back $(back_store \
			g 51712 state)"
done
guest_run g "dmesg | grep -v 'lab: run' | grep 'I/O error'" &&
	fail "requests failed on the way"
guest_stop g
