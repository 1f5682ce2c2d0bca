# SPDX-License-Identifier: GPL-2.0-only
# NAME: made over a back that can do little, grown, and back: what is in flight is split
# TIMEOUT: 120
# NEEDS: ours

. /lab/tests/feature.sh
under=$(disk_null a 32 memory_backed=1)
modprobe -q dm-delay
whole="0 65536 linear $under 0"
still="0 65536 delay $under 0 0 $under 0 3600000"
dm=$(disk_dm still "$whole")
little='max_ring_pages=1 max_indirect_segments=0 feature_persistent=0'
GUEST_MEMORY=192
back_load $little
guest_start g "$GUEST" "$dm,xvda"
# has TEXT: KiB of a request and ring pages, as the guest has them.
has()
{
	equal "$1" "$(guest g 'cat /sys/block/xvda/queue/max_hw_sectors_kb') $(
		front_store g 51712 num-ring-pages 2>/dev/null || echo 1)" "$2"
}
writes()
{
	cat "/sys/bus/xen-backend/devices/vbd-$(domid g)-51712/statistics/wr_req"
}
# hold OPTION...: fio writes a MiB at a time, and nothing ends; then it is saved.
hold()
{
	disk_dm_table still "$still"
	guest_send g "fio --name=v --filename=/dev/xvda --ioengine=io_uring --direct=1 \
		--rw=write --bs=1m --size=4m --verify=crc32c --verify_fatal=1 $* 2>&1"
	held=$seq
	wait_for 20 in_flight || fail "$(writes) writes are in flight"
	feature_save_still g still "$whole"
}
in_flight()
{
	[ "$(writes)" = $want ]
}
has 'at first' '44 1'
feature_verify g xvda

# A MiB in flight is 24 requests of 11 pages here; a ring of one page has room for 32.
want=$(($(writes) + 24))
hold --iodepth=1
back_load max_ring_pages=8 max_indirect_segments=256 feature_persistent=1
feature_restore g xvda
guest_reply g "$held" 30 || fail "the writes of before the first move: status $?"
has 'after the first move' '1024 8'
feature_verify g xvda

# Four of them are four requests there, and go on as 96.
want=$(($(writes) + 4))
hold --iodepth=4 --offset=16m
back_load $little
feature_restore g xvda
guest_reply g "$held" 30 || fail "the writes of before the second move: status $?"
equal 'writes that the four became' "$(writes)" 96
has 'after the second move' '44 1'
feature_verify g xvda
guest_run g "dmesg | grep -v 'lab: run' | grep 'I/O error'" &&
	fail "requests failed on the way"
guest_stop g
