# SPDX-License-Identifier: GPL-2.0-only
# NAME: restored on a back that closes at once (XSA-405, XSA-457, XSA-465): the disk goes
# TIMEOUT: 140
# NEEDS: ours

# The guest has the disk open, and the kernel writes back what was written there: no
# task waits for it, so the guest can be suspended.
. /lab/tests/feature.sh
under=$(disk_null a 32 memory_backed=1)
modprobe -q dm-delay
whole="0 65536 linear $under 0"
dm=$(disk_dm still "$whole")
back_load
guest_start g "$GUEST"
guest_attach g "$dm,xvda"
guest g 'wait_disk xvda'
disk_dm_table still "0 65536 delay $under 0 0 $under 0 3600000"
guest_send g 'echo 100 >/proc/sys/vm/dirty_writeback_centisecs
	echo 0 >/proc/sys/vm/dirty_expire_centisecs
	exec 3<>/dev/xvda
	dd if=/dev/urandom bs=64k count=16 status=none >&3
	until [ -e /tmp/enough ]; do sleep 1; done'
holder=$seq
writes()
{
	grep -q ' write ' "/sys/kernel/debug/xen-blkback/vbd-$(domid g)-51712/requests"
}
wait_for 20 writes || fail "nothing is written back"
feature_save_still g still "$whole"

# A script that names a device which dom0 does not have.
cat >/tmp/block-none <<'END'
#!/bin/bash
[ "$1" = add ] || exit 0
xenstore-write "$XENBUS_PATH/physical-device" fe:fe \
	"$XENBUS_PATH/hotplug-status" connected
END
chmod 755 /tmp/block-none
expect_dmesg 'I/O error, dev xvda|lost async page write|opening device|cannot open device'
state_is()
{
	[ "$("$1_store" g 51712 state)" = "$2" ]
}
# The guest comes to itself when the back has been and gone.
come_back()
{
	feature_over g "$dm,xvda,w,script=/tmp/block-none"
	run xl restore -p "$LAB_RUN/guest-g.cfg" /tmp/g.save </dev/null
	xl domid g >"$LAB_RUN/guest-g.id"
	wait_for 10 state_is back 5 ||
		fail "the back is in state $(back_store g 51712 state)"
	run xl unpause g
	wait_for 30 state_is front 6 || fail "the front is in state" \
		"$(front_store g 51712 state), the back in $(back_store g 51712 state)"
}
come_back
guest g 'test ! -e /sys/block/xvda; touch /tmp/enough'
guest_reply g "$holder" 30 || fail "who had it open says $?"
guest g "dmesg | grep -v 'lab: run' | grep -E 'I/O error, dev xvda|lost async page write'"
# And it can be suspended again.
run xl block-detach g xvda </dev/null
wait_for 15 no_backs || fail "the back stays"

# The same before there was a disk: the back had named none when the guest was saved.
cat >/tmp/block-wait <<'END'
#!/bin/bash
[ "$1" != add ] || xenstore-write "$XENBUS_PATH/hotplug-status" connected
END
chmod 755 /tmp/block-wait
disk_spec "$dm,xvda,w,script=/tmp/block-wait"
run xl block-attach g "$spec" </dev/null
wait_for 20 state_is front 3 || fail "the front is in state $(front_store g 51712 state)"
feature_save g
come_back
guest g 'test ! -e /sys/block/xvda'
run xl block-detach g xvda </dev/null
wait_for 15 no_backs || fail "the back stays"
run xl save g /tmp/g.save </dev/null
