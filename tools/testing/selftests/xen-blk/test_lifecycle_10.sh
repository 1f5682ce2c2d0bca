# SPDX-License-Identifier: GPL-2.0-only
# NAME: the back's module: not removed in use; replaced under a paused and a busy guest
# TIMEOUT: 120
# NEEDS: ours

. /lab/tests/feature.sh
dev=$(disk_file a 32)
back_load max_queues=2
GUEST_ARGS="max_queues=2"
guest_start g "$GUEST" "$dev,xvda"
id=$(domid g)
feature_load g --bsrange=512-256k --iodepth=32 --size=16m

# In use: it says so, and nothing happens.
why=$(rmmod xen_blkback 2>&1) && fail "it is removed in use"
say "rmmod: $why"
[[ $why == *'in use'* ]] || fail "rmmod does not say why"
[ "$(cat /sys/module/xen_blkback/refcnt)" -gt 0 ] || fail "it counts no user"
before=$(disk_stat "$dev" 5)
feature_goes_on "$dev" "$before" || fail "no write arrives any more"

# The rings outlive the driver: the next one goes on where their answers ended.
back_driver()
{
	echo "vbd-$id-51712" >"/sys/bus/xen-backend/drivers/vbd/$1" ||
		fail "cannot $1 the device"
}
# What is in flight is answered first.
module_free()
{
	[ "$(cat /sys/module/xen_blkback/refcnt)" = 0 ]
}
again()
{
	back_driver unbind
	wait_for 15 module_free || fail "$1: $(cat \
		/sys/module/xen_blkback/refcnt) users of the module"
	run rmmod xen_blkback
	run insmod /lab/modules/xen-blkback.ko max_queues=2
	# It finds the device by itself.
	wait_for 15 guest_disk_there g xvda ||
		fail "$1: front $(front_store g 51712 state), back $(back_store \
			g 51712 state)"
}
run xl pause g
again paused
run xl unpause g
before=$(disk_stat "$dev" 5)
feature_goes_on "$dev" "$before" || fail "paused: no write arrives any more"
for round in 1 2 3; do
	again "busy $round"
	before=$(disk_stat "$dev" 5)
	feature_goes_on "$dev" "$before" ||
		fail "busy $round: no write arrives any more"
done
feature_load_end g
feature_verify g xvda
guest_run g "dmesg | grep -v 'lab: run' | grep 'I/O error'" &&
	fail "requests failed on the way"
guest_detach g xvda
guest_stop g
