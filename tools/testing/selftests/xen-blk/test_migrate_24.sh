# SPDX-License-Identifier: GPL-2.0-only
# NAME: saved over a back that lied, or with a barrier in flight: well over the next one
# TIMEOUT: 130
# NEEDS: ours

. /lab/tests/hostile-back.sh
. /lab/tests/feature.sh
good=$(disk_file good 16)
guest_start g "$GUEST"
back_run 'connect
serve
take
answer 0 id=77777
send 0
gate'
guest g "wait_disk xvdb"
# It is open all the time.
guest_send g 'exec 3</dev/xvdb
	touch /tmp/open
	until [ -e /tmp/enough ]; do sleep 1; done
	head -c 4096 <&3 | wc -c'
holder=$seq
guest g "wait_for $((10 * LAB_SCALE)) test -e /tmp/open"
back_open 1
rc=0
guest_run g 30 "$BACK_READ" >"$LAB_RUN/command.out" 2>&1 || rc=$?
back_outcome 'the lie' EIO $rc
back_says 'the lie' 0 'id beyond the ring'

# over_good: saved, and the back goes; restored over the good one.
over_good()
{
	feature_save_begin g
	back_open 2
	run wait "$saver"
	wait "$back_pid" || fail "blkif-back: $(tail -n 1 "$LAB_RUN/back.out")"
	feature_over g "$good,xvdb"
	feature_restore g xvdb
}
over_good
back_says 'the lie' 0 'id beyond the ring'
feature_verify g xvdb --size=4m
guest g 'touch /tmp/enough'
equal 'what its opener reads now' "$(guest_reply g "$holder" 30)" 4096
guest_detach g xvdb

# A write whose data were taken and whose barrier was not: here it is a flush.
back_run 'connect feature-barrier=1 feature-flush-cache=0
serve
serve 1
take
asked 0 barrier nr=0
gate'
guest g "wait_disk xvdb"
back_open 1
guest_send g 'fio --name=w --filename=/dev/xvdb --ioengine=io_uring --direct=1 --rw=write \
	--bs=4k --size=4k --sync=dsync 2>&1'
writer=$seq
barrier()
{
	guest_run g 'grep " barrier .* submitted " /sys/kernel/debug/xen-blkfront/xvdb/requests'
}
wait_for 20 barrier || fail "no barrier is in flight: $(cat "$LAB_RUN/back.out")
$(guest g 'cat /sys/kernel/debug/xen-blkfront/xvdb/requests')"
flushes=$(disk_stat "$good" 16)
over_good
guest_reply g "$writer" 30 || fail "the write: status $?"
[ "$(disk_stat "$good" 16)" -gt "$flushes" ] || fail "what was a barrier is no flush"
feature_verify g xvdb --size=4m
guest_stop g
