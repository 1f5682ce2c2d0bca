# SPDX-License-Identifier: GPL-2.0-only
# NAME: D12: disks for which no grants are left fail alone; they connect when some are
# TIMEOUT: 90
# NEEDS: ours-front

. /lab/tests/feature.sh
a=$(disk_file a 16)
back_load max_ring_pages=64 max_queues=2
# Four pages of grants, 512 on each; a disk's rings take 128.
GUEST_CONFIG='max_grant_frames = 4'
GUEST_ARGS="max_ring_pages=64 max_queues=2 feature_persistent=0"
guest_start g "$GUEST"
id=$(domid g)
names=(xvda xvdb xvdc xvdd xvde xvdf xvdg xvdh xvdi xvdj xvdk xvdl xvdm xvdn)
settled()
{
	local s

	s=$(front_store g "$1" state) && [[ $s = [456] ]]
}
connected=()
for name in "${names[@]}"; do
	v=$(vdev_number $name)
	disk_spec "$a,$name,r"
	run xl block-attach g "$spec" </dev/null
	wait_for 20 settled "$v" || fail "$name: front $(front_store g "$v" state)"
	if ! wait_for 2 guest_disk_there g $name; then
		say "$name: front $(front_store g "$v" state): $(front_store g "$v" \
			state 2>&1)"
		break
	fi
	connected+=("$name")
done
n=${#connected[@]}
say "$n disks connected, then $name did not"
[ "$n" -gt 1 ] && [ "$n" -lt ${#names[@]} ] || fail "$n disks: no grants ran out"
guest g "dmesg | grep -v 'lab: run' | grep -E 'vbd-$v: .*(connecting|publishing|-28|-12)'"
guest g "test ! -e /sys/block/$name"
# Those that have theirs work, though slots and segments share what is left.
for name in "${connected[0]}" "${connected[n - 1]}"; do
	guest g 60 "dd if=/dev/$name of=/dev/null bs=64k count=16 iflag=direct status=none"
done
# The failed one goes, and comes when there is room.
name=${names[n]}
guest_detach g "$name"
guest_detach g "${connected[0]}"
guest_detach g "${connected[1]}"
guest_attach g "$a,$name,r"
guest g "wait_disk $name && dd if=/dev/$name of=/dev/null bs=64k count=16 iflag=direct status=none"
guest_stop g
