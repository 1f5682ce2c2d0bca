# SPDX-License-Identifier: GPL-2.0-only
# NAME: a back's memory by use: given back at rest and when memory is short, nothing wakes
# TIMEOUT: 240
# NEEDS: ours

. /lab/tests/feature.sh
. /lab/tests/trace.sh
# Slow enough that requests are under way at once.
dev=$(disk_null a 64 memory_backed=1 irqmode=2 completion_nsec=5000000)
unused=/sys/module/xen_blkback/parameters/persistent_grant_unused_seconds
events=/sys/kernel/tracing
mountpoint -q $events || run mount -t tracefs tracefs $events
work=$events/events/workqueue/workqueue_execute_start/enable

# has KEY TEST NUMBER...: of all rings.
has()
{
	while [ $# -gt 0 ]; do
		[ "$(trace_key "$(trace_dir g)/rings" "$1")" "$2" "$3" ] || return 1
		shift 3
	done
}

# must WHAT KEY TEST NUMBER...: now.
must()
{
	has "${@:2}" || fail "$1: not ${*:2}: $(grep -E \
		'^(requests|grants_kept|pages_spare)' "$(trace_dir g)/rings")"
}

# must_soon WHAT KEY TEST NUMBER...
must_soon()
{
	wait_for 40 has "${@:2}" || must "$@"
}

# load: large requests, small writes, and no more.
load()
{
	guest g "fio --ioengine=io_uring --direct=1 --filename=/dev/xvda --rw=write --bs=1m \
		--size=32m --iodepth=16 --output-format=terse --name=l >/dev/null &&
		fio --ioengine=io_uring --direct=1 --filename=/dev/xvda --rw=randwrite \
		--bs=4k --size=4m --iodepth=64 --output-format=terse --name=s >/dev/null"
	must "after a load" requests -gt 8
}

# squeezed KEY TEST NUMBER...: dom0's memory is short, and that becomes true.
squeezed()
{
	echo 2 >/proc/sys/vm/drop_caches
	nap 0.3
	has "$@"
}

# ran FUNCTION: how often work of that name did, since the trace was emptied.
ran()
{
	grep -c "function $1" $events/trace
}

# quiet: nobody of the back's does anything, for longer than anything may wait.
quiet()
{
	local thread woken

	thread=$(pgrep -f "^\[?$(domid g)\.xvda-") || fail "there is no thread"
	woken=$(awk '/^voluntary/ { print $2 }' "/proc/$thread/status")
	echo >$events/trace
	sleep 13
	equal "work done at rest, $1" "$(grep 'function blkback_' $events/trace)" ""
	equal "wake-ups of the thread at rest, $1" \
		"$(awk '/^voluntary/ { print $2 }' "/proc/$thread/status")" "$woken"
}

back_load max_queues=1 persistent_grant_unused_seconds=0
guest_start g "$GUEST" "$dev,xvda"
echo 1 >$work || fail "no tracepoint of work"
echo >$events/trace

# Grants that are kept for ever stay; all else goes, and then nobody looks again.
load
must_soon "at rest" requests -eq 1 pages_spare -eq 0 pages_spare_copy -eq 0
must "at rest" grants_kept -ge 256
[ "$(ran blkback_req_shrink_work)" -gt 0 ] || fail "the trace shows no work of the back's"
quiet "grants kept for ever"

# They go when memory is short, and come again.
wait_for 20 squeezed grants_kept -eq 0 pages_spare -eq 0 ||
	must "memory is short" grants_kept -eq 0 pages_spare -eq 0
feature_verify g xvda
must "used again" grants_kept -gt 32 requests -gt 1

# A limit that is set at rest counts at once; what is due goes by itself.
must_soon "at rest" requests -eq 1
echo >$events/trace
echo 4 >$unused || fail "the parameter cannot be set"
must_soon "a limit" grants_kept -eq 0 pages_spare -eq 0
looks=$(ran blkback_map_purge_work)
((looks > 0 && looks <= 5)) || fail "the purge looked $looks times for what is due once"
quiet "grants that are kept for 4 s"

# One who asks for little has not come to rest; but what it does not use is to be had,
# under the eyes of who looks on.
echo 0 >$unused
load
guest_send g 'fio --name=r --filename=/dev/xvda --ioengine=io_uring --direct=1 --rw=randread \
	--bs=4k --rate_iops=5 --time_based --runtime=600 --output-format=terse >/dev/null'
nap 13
must "in use" requests -gt 8
while :; do
	cat "$(trace_dir g)/requests" >/dev/null
	nap 0.01
done &
reader=$!
wait_for 20 squeezed requests -le 3 || must "memory is short, in use" requests -le 3
guest g 'kill $(pidof fio)'
guest_reply g "$seq" 30 || :
kill $reader
feature_verify g xvda
guest_stop g

# Grants that are not kept leave spare pages, which go at rest.
wait_for 10 no_backs || fail "the back stays behind"
back_load max_queues=1 feature_persistent=0
guest_start g "$GUEST" "$dev,xvda"
load
must "after a load" pages_spare -gt 0
must_soon "at rest" requests -eq 1 pages_spare -eq 0 pages_spare_copy -eq 0
quiet "grants that are not kept"
feature_verify g xvda
echo 0 >$work
guest_stop g
