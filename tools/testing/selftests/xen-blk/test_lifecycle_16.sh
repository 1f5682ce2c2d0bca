# SPDX-License-Identifier: GPL-2.0-only
# NAME: a disk's node made anew while the guest stands still: the new disk comes
# TIMEOUT: 60
# NEEDS: ours kernel-7.2

# The guest sees no node go, only another state in what it knows: the bus of 6.12
# takes no notice of that.
. /lab/tests/feature.sh
guest_start g "$GUEST" "$(disk_file a 16),xvda"
grants=$(grants_of "$(domid g)")
expect_dmesg 'I/O error, dev xvda'
for mb in 24 32; do
	run xl pause g
	run xl block-detach --force g xvda </dev/null
	wait_for 15 no_backs || fail "the back stays"
	disk_spec "$(disk_file "b$mb" $mb),xvda"
	run xl block-attach g "$spec" </dev/null
	run xl unpause g
	wait_for 15 guest_disk_there g xvda ||
		fail "front $(front_store g 51712 state), back $(back_store g \
			51712 state)"
	guest g "wait_for 10 test \$((\$(cat /sys/block/xvda/size) / 2048)) = $mb"
	feature_verify g xvda --size=4m
done
say "grants mapped: $grants, now $(grants_of "$(domid g)")"
guest_stop g
