# SPDX-License-Identifier: GPL-2.0-only
# NAME: more under way than a ring may have mapped, in a slow disk: what waits for it is done
# TIMEOUT: 120
# NEEDS: ours

# 80 MiB of reads on one ring, of which 64 MiB are mapped at a time. The disk answers
# nothing for longer than a request waits that nothing is sure to help; then the device is
# unbound meanwhile.
. /lab/tests/feature.sh
. /lab/tests/trace.sh
back_load max_ring_pages=4
under=$(disk_null a 128)
modprobe -q dm-delay
whole="0 262144 linear $under 0"
still="0 262144 delay $under 0 3600000"
dm=$(disk_dm slow "$whole")
GUEST_MEMORY=320
GUEST_ARGS='feature_persistent=0 max_ring_pages=4'
guest_start g "$GUEST" "$dm,xvda"
guest g 'echo none >/sys/block/xvda/queue/scheduler'
short()
{
	grep -q ' short ' "$(trace_dir g)/requests"
}
# hold: reads that are not answered, and others that wait for room.
hold()
{
	disk_dm_table slow "$still"
	guest_send g 'fio --name=r --filename=/dev/xvda --ioengine=io_uring --direct=1 --rw=read \
		--bs=1m --iodepth=80 --size=80m --output-format=terse 2>&1'
	wait_for 30 short || fail "nothing waits for room: $(cat "$(trace_dir g)/rings")"
	[ "$(trace_key "$(trace_dir g)/rings" no_share)" -gt 0 ] ||
		fail "what waits does not wait for the ring's own"
}
device=vbd-$(domid g)-51712
errors=/sys/bus/xen-backend/devices/$device/statistics/err_req

hold
# Not scaled: the driver's clock is no other here.
sleep 36
short || fail "what waited does not any more"
equal 'requests that failed' "$(cat "$errors")" 0
disk_dm_table slow "$whole"
guest_reply g "$seq" 60 || fail "a slow disk: fio says $?"
equal 'requests that failed' "$(cat "$errors")" 0

# hangs: those of dom0 that wait for the back as the kernel takes for a hang.
hangs()
{
	local dir

	set +f
	for dir in /proc/[0-9]*; do
		grep -q '^State:.*D' "$dir/status" 2>/dev/null || continue
		grep -l ' blkback_' "$dir/stack" 2>/dev/null
	done
}
hold
back_driver unbind g 51712
sleep 2
equal 'who waits for the thread as for what hangs' "$(hangs)" ''
disk_dm_table slow "$whole"
back_driver bind g 51712
guest_reply g "$seq" 60 || fail "unbound meanwhile: fio says $?"
guest_run g "dmesg | grep -v 'lab: run' | grep 'I/O error'" &&
	fail "requests failed on the way"

# A guest that goes wants no answers: what waits for room ends, however long the disk takes.
hold
dir=$(trace_dir g)
guest_destroy g
# Once the toolstack has taken the device away it has another name there.
left()
{
	cat $(set +f; echo $dir*/requests)
}
none_short()
{
	left | grep -q ' submitted ' && ! left | grep ' short '
}
wait_for 20 none_short || fail "what the guest left still waits for room: $(
	left | awk '{ n[$7]++ } END { for (state in n) print state, n[state] }')"
equal 'who waits for the thread as for what hangs' "$(hangs)" ''
disk_dm_table slow "$whole"
wait_for 20 no_backs || fail "the back stays behind"
