# SPDX-License-Identifier: GPL-2.0-only
# NAME: one guest has all that Xen can map for dom0: requests of others wait, none fails
# TIMEOUT: 120
# NEEDS: ours

# The hog asks for the same pages, over and over, on ten rings, from a disk that does not
# answer: for more than the lab's Xen can map. The first is alone for a while, and has no
# more than a ring's share of that.
. /lab/tests/feature.sh
. /lab/tests/trace.sh
back_load max_queues=10
good=$(disk_null good 32 memory_backed=1)
under=$(disk_null bad 32)
modprobe -q dm-delay
whole="0 65536 linear $under 0"
dm=$(disk_dm still "0 65536 delay $under 0 3600000")
GUEST_ARGS=feature_persistent=0
guest_start g "$GUEST" "$good,xvda"
feature_verify g xvda --size=2m
GUEST_FRONT=none
guest_start h "$GUEST" "$dm,xvda"

state()
{
	grep -q " $2 " "$(trace_dir "$1")/requests"
}
# A page can be mapped 127 times at once: each is asked for by a request of two rings, 52
# times at most.
requests=""
for ring in {0..9}; do
	segs=""
	for page in {0..4}; do
		segs+=$(printf "D.{i*5+$((ring / 2 * 350 + page))},%.0s" {1..51})
	done
	requests+="loop 70 req $ring indirect inner=read id={i+1} segs=${segs}D.{i*5} frames=F.{i+$((ring * 70))}
"
done
peer h "page D 1750
page F 700
connect queues=10 pages=4
$requests
send 0
wait 3000
$(printf 'send %d\n' {1..9})
$(printf 'expect %d 1..70=any within=100\n' {0..9})
close" 300 &
hog=$!
full()
{
	[ "$(trace_key "$(trace_dir h)/rings" no_maptrack)" -gt 0 ]
}
wait_for 60 full || fail "Xen can map all of that: $(cat "$(trace_dir h)/rings")"
state h short || fail "nothing of the hog's waits"
[ "$(trace_key "$(trace_dir h)/rings" no_share)" -gt 0 ] || fail "a ring has as many mapped as it likes"
guest_send g "fio --name=w --filename=/dev/xvda --ioengine=io_uring --direct=1 --rw=randread \
	--bs=4k --iodepth=8 --size=1m --output-format=terse 2>&1"
load=$seq
# It may have what the hog gives back between its tries.
nap 5
disk_dm_table still "$whole"
guest_reply g "$load" 60 || fail "the other guest's requests fail"
# Of those some may have waited for too long; but each is answered.
wait $hog || fail "not all of the hog's are answered"
equal 'requests of g that failed' "$(cat "$(back_dir g 51712)/statistics/err_req")" 0
feature_verify g xvda --size=4m
guest_stop g
guest_destroy h
