# SPDX-License-Identifier: GPL-2.0-only
# NAME: D7: a disk that the guest's kernel will not have is given up, and comes later, or by a restore
# TIMEOUT: 90
# NEEDS: ours-front

. /lab/tests/feature.sh
a=$(disk_file a 16)
back_load
guest_start g "$GUEST"
id=$(domid g)
# Another disk of that name is in its way.
guest g 'modprobe null_blk nr_devices=0
	mount -t configfs configfs /sys/kernel/config 2>/dev/null
	mkdir /sys/kernel/config/nullb/xvda && cd /sys/kernel/config/nullb/xvda
	echo 16 >size && echo 1 >power && test -b /dev/xvda'
# The kernel itself makes much of it, once.
expect_dmesg 'Call Trace:'
disk_spec "$a,xvda"
run xl block-attach g "$spec" </dev/null
closed()
{
	[ "$(front_store g 51712 state)" = 6 ] &&
		[ "$(back_store g 51712 state)" = 6 ]
}
wait_for 20 closed || fail "front $(front_store g 51712 state), back $(back_store \
	g 51712 state)"
guest g 'dmesg | grep -v "lab: run" | grep "adding disk xvda"'
equal "traces" "$(guest g 'dmesg | grep -v "lab: run" | grep -c "Call Trace:"')" 1
# The one that was there works, and so does whatever else comes.
guest g 'dd if=/dev/xvda of=/dev/null bs=4k count=1 iflag=direct status=none'
guest_attach g "$(disk_file b 16),xvdb"
guest g 'wait_disk xvdb && dd if=/dev/xvdb of=/dev/null bs=4k count=1 iflag=direct status=none'
guest_detach g xvdb
guest g 'echo 0 >/sys/kernel/config/nullb/xvda/power && rmdir /sys/kernel/config/nullb/xvda'
# Saved as it is, given up: the back that comes then offers a disk like any other.
feature_save g
feature_over g "$a,xvda"
feature_restore g xvda
feature_verify g xvda --size=4m
guest_detach g xvda
guest_attach g "$a,xvda"
feature_verify g xvda --size=4m
guest_detach g xvda
guest g 'front_unload && front_load'
guest_stop g
