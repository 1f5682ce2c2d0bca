# SPDX-License-Identifier: GPL-2.0-only
# NAME: where upstream's front is wrong ours is right: flushes, restores, grants, blocks
# TIMEOUT: 430
# NEEDS: ours

. /lab/tests/feature.sh
. /lab/tests/interop.sh
under=$(disk_file a 32)
sectors=$(blockdev --getsz "$under")
whole="0 $sectors linear $under 0"
modprobe -q dm-flakey
modprobe -q dm-delay
dm=$(disk_dm table "$whole")
expect_dmesg 'I/O error, dev (xvda|dm-[0-9]+)'
expect_dmesg 'lost async page write'

# fsyncs GUEST COUNT: writes, each with a flush.
fsyncs()
{
	guest "$1" "for i in \$(seq $2); do
		dd if=/dev/zero of=/dev/xvda bs=4k count=1 seek=\$i conv=fsync,notrunc \
			status=none || exit 1
	done"
}
# A flush that fails below the back is an error, and those after it arrive.
flush()
{
	local before called=bad

	back_change ours
	GUEST_FRONT=$1
	guest_start "$1" "$GUEST" "$dm,xvda"
	fsyncs "$1" 1
	disk_dm_table table "0 $sectors flakey $under 0 0 3600 1 error_writes"
	guest_run "$1" 'sync -d /dev/xvda' && called=good
	disk_dm_table table "$whole"
	before=$(disk_stat "$under" 16)
	fsyncs "$1" 3
	before=$(($(disk_stat "$under" 16) - before))
	equal "a flush that fails, and how many of three after it arrive" \
		"$called $((before < 3 ? before : 3))" 'bad 3'
	guest_stop "$1"
}
interop_both D1 front flush

# A flush is in flight at a save, and the next back has fewer queues.
queues()
{
	local sent requests

	in_flight()
	{
		awk '$3 == "flush" { n++ } END { exit !n }' "$requests"
	}
	disk_dm_table table "0 $sectors delay $under 0 0 $under 0 0 $under 0 3600000"
	back_change ours max_queues=2
	GUEST_FRONT=$1
	GUEST_ARGS=max_queues=2
	guest_start "$1" "$GUEST" "$dm,xvda"
	# No task of the guest's sleeps uninterruptibly for it: such a guest is not suspended.
	guest_send "$1" 'fio --name=f --filename=/dev/xvda --ioengine=io_uring --direct=1 \
		--rw=write --bs=512 --size=512 --sync=dsync --output-format=terse 2>&1'
	sent=$seq
	requests=/sys/kernel/debug/xen-blkback/vbd-$(domid "$1")-51712/requests
	wait_for 10 in_flight || fail "no flush is in flight: $(cat "$requests")"
	feature_save_still "$1" table "$whole"
	back_change ours max_queues=1
	feature_restore "$1" xvda
	guest_reply "$1" "$sent" 20 || fail "a flush of before the save says $?"
	feature_verify "$1" xvda --size=2m
	guest_stop "$1"
}
interop_both D6 front queues
disk_dm_table table "$whole"

# What the next back does not offer is not on the disk after a restore.
offers()
{
	view()
	{
		guest "$1" 'cd /sys/block/xvda/queue
			echo "$(cat write_cache), discard $(($(cat discard_max_bytes) > 0))"'
	}
	echo 'write back' >"/sys/block/${under##*/}/queue/write_cache"
	back_change ours
	GUEST_FRONT=$1
	guest_start "$1" "$GUEST" "$under,xvda"
	equal 'what the disk has' "$(view "$1")" 'write back, discard 1'
	feature_save "$1"
	echo 'write through' >"/sys/block/${under##*/}/queue/write_cache"
	feature_over "$1" "$under,xvda,w,no-discard"
	feature_restore "$1" xvda
	feature_verify "$1" xvda --size=2m
	equal 'what the disk has on a back with less' "$(view "$1")" \
		'write through, discard 0'
	guest_stop "$1"
}
interop_both D10 front offers

# Disks for which no grants are left fail alone, and one connects when there are some.
grants()
{
	local v names=(xvdb xvdc xvdd xvde xvdf xvdg xvdh xvdi) name n=0

	settled()
	{
		local s

		s=$(front_store "$1" "$2" state) && [[ $s = [456] ]]
	}
	reads()
	{
		guest "$1" "wait_disk $2 &&
			dd if=/dev/$2 of=/dev/null bs=4k count=16 iflag=direct status=none"
	}
	back_change ours max_ring_page_order=4 max_queues=2
	# Of 2048 grants most are taken by others; a disk's rings take 32.
	GUEST_CONFIG='max_grant_frames = 4'
	GUEST_ARGS='max_ring_page_order=4 max_queues=2 feature_persistent=0'
	GUEST_FRONT=$1
	guest_start "$1" "$GUEST" "$under,xvda,r"
	guest "$1" 'modprobe xen-gntalloc limit=16384 && modprobe -q xen-evtchn
		(echo "page taken 1850"; echo "echo taken"; echo "wait 10000000") |
			/lab/blkif-front 51712 >/tmp/taken 2>&1 &
		taken() { grep -q taken /tmp/taken; }
		wait_for 100 taken'
	for name in "${names[@]}"; do
		v=$(vdev_number $name)
		disk_spec "$under,$name,r"
		run xl block-attach "$1" "$spec" </dev/null
		wait_for 20 settled "$1" "$v" ||
			fail "$name: front $(front_store "$1" "$v" state)"
		wait_for 2 guest_disk_there "$1" "$name" || break
		n=$((n + 1))
	done
	say "$1: $n disks more connect, then $name does not"
	((n > 1 && n < ${#names[@]})) || fail "$n disks more: no grants ran out"
	guest "$1" "test ! -e /sys/block/$name"
	reads "$1" xvda
	reads "$1" "${names[n - 1]}"
	xl block-detach "$1" "$name" </dev/null || fail "$name cannot be detached: front \
$(front_store "$1" "$v" state), back $(back_store "$1" "$v" state)"
	guest_detach "$1" xvdb
	guest_detach "$1" xvdc
	guest_attach "$1" "$under,$name,r"
	reads "$1" "$name"
	guest_stop "$1"
}
interop_both D12 front grants

# A block that no front can take: it says so, and there is no disk of another one.
blocks()
{
	local back_pid said

	GUEST_FRONT=$1
	guest_start "$1" "$GUEST"
	rm -f "$LAB_RUN/gate.1"
	LAB_SCALE=$LAB_SCALE BACK_GATE=$LAB_RUN/gate /lab/blkif-back "$(domid "$1")" \
		51728 <<-END >"$LAB_RUN/back.out" 2>&1 &
	start sector-size=65536
	show
	await 3
	map
	state 4
	serve
	close
	END
	back_pid=$!
	settled()
	{
		local s

		s=$(front_store "$1" 51728 state) && [[ $s = [456] ]]
	}
	wait_for 20 settled "$1" ||
		fail "front $(front_store "$1" 51728 state): $(cat "$LAB_RUN/back.out")"
	said=$(guest "$1" 'cat /sys/block/xvdb/queue/logical_block_size 2>/dev/null; true')
	: >"$LAB_RUN/gate.1"
	run wait $back_pid
	equal 'blocks of a disk whose back says 65536' "$said" ''
	guest_stop "$1"
}
interop_both D11 front blocks
