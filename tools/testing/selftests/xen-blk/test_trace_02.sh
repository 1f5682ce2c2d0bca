# SPDX-License-Identifier: GPL-2.0-only
# NAME: what a front does wrong is named: refused with reason, broken, bad grants
# TIMEOUT: 60
# NEEDS: ours-back

. /lab/tests/trace.sh
dev=$(disk_null a 16 memory_backed=1)
GUEST_FRONT=none
guest_start g "$GUEST" "$dev,xvda"
back=$(trace_dir g)
# How long the front stays to be looked at, in ms.
stay=$((4000 * LAB_SCALE))

echo >/sys/kernel/tracing/trace
filter=/sys/kernel/tracing/events/xen_blkback/blkback_refused/filter
echo "domid == $(domid g)" >$filter || fail "no filter by guest"
echo 1 >/sys/kernel/tracing/events/xen_blkback/enable
# Beyond the disk; no segments; an operation that is none; a grant that is none.
peer g "page D
connect
req 0 read id=71 sector=32768 segs=D
send 0
expect 0 71=error
req 0 write id=72 sector=8 nr=0 segs=D
send 0
expect 0 72=error
req 0 77 id=73 sector=16 segs=D
send 0
expect 0 73=unsupported
req 0 read id=74 sector=24 segs==4000
send 0
expect 0 74=error
req 0 read id=75 sector=24 segs=D
send 0
expect 0 75=ok
wait $stay
close
state 1" &
peer=$!
counted()
{
	[ "$(trace_key "$back/rings" rd_req)" -eq 1 ]
}
wait_for 20 counted
# At once: the front does not stay for long.
cp "$back/rings" "$back/latency" /tmp/
cat /tmp/rings /tmp/latency
equal bad_req "$(trace_key /tmp/rings bad_req)" 3
equal err_req "$(trace_key /tmp/rings err_req)" 1
equal bad_grant "$(trace_key /tmp/rings bad_grant)" 1
grep '^last_refusal ' /tmp/rings |
	grep -E -- '-14 op read id 74 sector 24 age_ms [0-9]+$' ||
	fail "the last refusal is not told"
# Only what reached the disk is in the histogram.
equal "histogram of reads" "$(trace_hist /tmp/latency read)" 1
wait $peer || fail "the front's script"
echo 0 >/sys/kernel/tracing/events/xen_blkback/enable
echo 0 >$filter
grep blkback_refused: /sys/kernel/tracing/trace | sed 's/.*blkback/blkback/' >/tmp/refused
cat /tmp/refused
# ERANGE, EINVAL, EOPNOTSUPP, EFAULT
equal "reasons" "$(sed 's/.*id=\([0-9]*\) .*error=/\1 /' /tmp/refused | tr '\n' ,)" \
	'71 -34,72 -22,73 -95,74 -14,'

# An index that cannot be true: the ring is broken, and says so.
peer g "connect
send 0 33
wait $stay
close
state 1" &
peer=$!
broken()
{
	cp "$back/rings" /tmp/ && grep '^broken ' /tmp/rings
}
wait_for 20 broken || fail "the broken ring does not say so"
cat /tmp/rings
grep -q '^flags.* broken' /tmp/rings || fail "no flag of a broken ring"
grep -q "^broken front's request index 33 " /tmp/rings ||
	fail "the index is not named"
# And where the toolstack looks.
said="front's request index 33 cannot be true"
told()
{
	xenstore-read "/local/domain/0/error/backend/vbd/$(domid g)/51712/error" |
		grep -F "$said" && grep -F "$said" "$(back_dir g 51712)/last_error"
}
wait_for 10 told || fail "neither xenstore nor sysfs has the reason"
wait $peer || fail "the front's script"
guest_stop g
