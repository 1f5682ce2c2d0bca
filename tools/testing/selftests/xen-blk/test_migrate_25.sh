# SPDX-License-Identifier: GPL-2.0-only
# NAME: D3, D10: a discard in flight at a save, restored over a back that has none
# TIMEOUT: 120
# NEEDS: ours

# A discard and a write stand still below the back until the guest is suspended.
. /lab/tests/feature.sh
under=$(disk_null a 32 memory_backed=1 discard=1 blocksize=512)
modprobe -q dm-delay
whole="0 65536 linear $under 0"
still="0 65536 delay $under 0 0 $under 0 3600000"
dm=$(disk_dm still "$whole")
back_load
guest_start g "$GUEST" "$dm,xvda"
disk_dm_table still "$still"
guest_send g '/lab/discard /dev/xvda 17825792 1048576 2>&1'
discard=$seq
guest_send g 'fio --name=w --filename=/dev/xvda --ioengine=io_uring --direct=1 \
	--rw=write --bs=64k --size=1m --iodepth=4 --verify=crc32c --verify_fatal=1 2>&1'
write=$seq
in_flight()
{
	local requests=/sys/kernel/debug/xen-blkback/vbd-$(domid g)-51712/requests

	awk '$3 == "discard" { d++ } $3 == "write" { w++ }
		END { exit !(d == 1 && w == 4) }' "$requests" || {
		cat "$requests"
		return 1
	}
}
wait_for 20 in_flight >/dev/null || fail "in flight: $(in_flight)"
feature_save_still g still "$whole"
feature_over g "$dm,xvda,w,no-discard"
done_before=$(disk_stat "$under" 12)
feature_restore g xvda
equal 'bytes that the disk discards' "$(guest g 'cat /sys/block/xvda/queue/discard_max_bytes')" 0

# It is a hint: who gave it is told that it is not followed, or nothing.
status=0
said=$(guest_reply g "$discard" 30) || status=$?
say "the discard: status $status, $said"
[ $status = 0 ] || grep -qi 'not supported' <<<"$said" ||
	fail "the discard of before the save: status $status, $said"
equal 'discards that reach the disk' "$(disk_stat "$under" 12)" "$done_before"
guest_reply g "$write" 30 || fail "the writes of before the save: status $?"
equal 'requests that the back refuses' \
	"$(cat "$(back_dir g 51712)/statistics/bad_req")" 0
feature_verify g xvda
guest_stop g
