# SPDX-License-Identifier: GPL-2.0-only
# NAME: a disk's node made anew while the guest stands still, in use: the new disk comes
# TIMEOUT: 60
# NEEDS: ours kernel-7.2

# The guest sees no node go, only another state in what it knows: the bus of 6.12
# takes no notice of that.
. /lab/tests/feature.sh
guest_start g "$GUEST" "$(disk_file a 16),xvda"
grants=$(grants_of "$(domid g)")
expect_dmesg 'I/O error, dev xvda'
for mb in 24 32; do
	guest_send g 'fio --name=l --filename=/dev/xvda --ioengine=io_uring --direct=1 \
		--rw=randrw --bs=4k --size=4m --iodepth=8 --time_based --runtime=600 2>&1'
	sleep 1
	run xl pause g
	run xl block-detach --force g xvda </dev/null
	wait_for 15 no_backs || fail "the back stays"
	disk_spec "$(disk_file "b$mb" $mb),xvda"
	run xl block-attach g "$spec" </dev/null
	run xl unpause g
	# What is in flight fails, now or with the old disk's end.
	guest_reply g "$seq" 30 && fail "fio went on over another disk"
	[ $? != 124 ] || fail "fio hangs"
	wait_for 15 guest_disk_there g xvda ||
		fail "front $(front_store g 51712 state), back $(back_store g \
			51712 state)"
	guest g "wait_size xvda $mb"
	feature_verify g xvda --size=4m
done
say "grants mapped: $grants, now $(grants_of "$(domid g)")"
guest_stop g
