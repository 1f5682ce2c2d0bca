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
# What is in flight is answered first.
module_free()
{
	[ "$(cat /sys/module/xen_blkback/refcnt)" = 0 ]
}
# again WHAT [PARAMETER...]
again()
{
	back_driver unbind g 51712
	wait_for 15 module_free || fail "$1: $(cat \
		/sys/module/xen_blkback/refcnt) users of the module"
	run rmmod xen_blkback
	run insmod /lab/modules/xen-blkback.ko "${@:2}"
	# It finds the device by itself.
	wait_for 15 guest_disk_there g xvda ||
		fail "$1: front $(front_store g 51712 state), back $(back_store \
			g 51712 state)"
}
run xl pause g
again paused max_queues=2
run xl unpause g
before=$(disk_stat "$dev" 5)
feature_goes_on "$dev" "$before" || fail "paused: no write arrives any more"
# busy WHAT [PARAMETER...]: the load goes on
busy()
{
	again "$@"
	before=$(disk_stat "$dev" 5)
	feature_goes_on "$dev" "$before" || fail "$1: no write arrives any more"
}
# whole WHAT: no request has failed.
whole()
{
	feature_load_end g
	feature_verify g xvda
	guest_run g "dmesg | grep -v 'lab: run' | grep 'I/O error'" &&
		fail "$1: requests failed on the way"
	guest_detach g xvda
}
busy 'once' max_queues=2
# The front goes on as it was told, whatever the next driver would tell it.
busy 'less than it was told' max_queues=1 max_ring_pages=1 max_indirect_segments=0
busy 'and more' max_queues=2 max_ring_pages=64 max_indirect_segments=1024
whole 'told of all'

wait_for 15 module_free || fail "the back does not let go"
run rmmod xen_blkback
run insmod /lab/modules/xen-blkback.ko max_queues=2 feature_persistent=0
guest_attach g "$dev,xvda"
feature_load g --bsrange=512-256k --iodepth=32 --size=16m
busy 'grants may stay, but the front was told of none' max_queues=2
persistent()
{
	sed -n 's/^persistent //p' "/sys/kernel/debug/xen-blkback/vbd-$id-51712/device"
}
equal 'grants that stay' "$(persistent)" 0
busy 'twice' max_queues=2
equal 'grants that stay' "$(persistent)" 0
whole 'told of no persistent grants'
# Attached anew it is told of them.
guest_attach g "$dev,xvda"
equal 'grants that stay, attached anew' "$(persistent)" 1
guest_detach g xvda
guest_stop g
