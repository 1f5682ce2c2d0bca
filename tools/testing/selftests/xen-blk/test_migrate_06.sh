# SPDX-License-Identifier: GPL-2.0-only
# NAME: D4: saved while connecting, resumed twice, saved over a disk that does not fit
# TIMEOUT: 180
# NEEDS: ours

. /lab/tests/feature.sh
dev=$(disk_file a 16)
other=$(disk_null b 16 blocksize=4096)
# A toolstack that does not find the disk: the back waits, and so does the front.
cat >/tmp/block-none <<-'EOF2'
	#!/bin/bash
	[ "$1" != add ] || xenstore-write "$XENBUS_PATH/hotplug-status" connected
EOF2
chmod 755 /tmp/block-none

# over TARGET SCRIPT: what a restore finds from now on.
over()
{
	feature_over g "$1,xvda,w,script=$2"
}
# front_is STATE: and stays there.
front_is()
{
	at()
	{
		[ "$(front_store g 51712 state)" = "$1" ]
	}
	wait_for 20 at "$1" || fail "front's state is $(front_store g 51712 \
		state), should be $1"
	sleep 2
	at "$1" || fail "front's state is $(front_store g 51712 state), not $1 any more"
}

# Not from the start: a guest that boots waits long for its disks.
back_load
guest_start g "$GUEST"
disk_spec "$dev,xvda,w,script=/tmp/block-none"
run xl block-attach g "$spec" </dev/null
front_is 3
# Before there is a disk, twice.
for target in none none lab; do
	script=/tmp/block-none
	[ $target = none ] || script=/lab/dom0/block-lab
	feature_save g
	over "$dev" $script
	if [ $target = none ]; then
		feature_restore g
		front_is 3
		guest g 'test ! -e /sys/block/xvda'
	else
		feature_restore g xvda
	fi
done
guest g 'wait_disk xvda'
say "the first disk came after $(domid g) domains"

# With requests in flight: nobody there, twice; then a disk of other blocks.
# Not more of them than the ring has slots: who waits for one cannot be suspended.
feature_load g --bsrange=512-64k --iodepth=8 --size=8m
sleep 1
for round in 1 2; do
	feature_save g
	over "$dev" /tmp/block-none
	feature_restore g
	front_is 3
done
feature_save g
over "$other" /lab/dom0/block-lab
feature_restore g
told()
{
	guest g 'dmesg | grep -v "lab: run" | grep "blocks are 4096 bytes"'
}
wait_for 20 told || fail "the guest does not say what is wrong"
sleep 7
say "over other blocks: front $(front_store g 51712 state), back $(back_store g \
	51712 state)"
feature_save g
over "$dev" /lab/dom0/block-lab
before=$(disk_stat "$dev" 5)
feature_restore g xvda
feature_goes_on "$dev" "$before" || fail "no write arrives any more"
feature_load_end g
feature_verify g xvda --size=8m
guest_run g "dmesg | grep -v 'lab: run' | grep 'I/O error'" &&
	fail "requests failed on the way"
guest_stop g
rm -f /tmp/block-none
