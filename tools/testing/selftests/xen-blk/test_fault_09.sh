# SPDX-License-Identifier: GPL-2.0-only
# NAME: one guest has all that Xen can map for dom0: requests of others wait, none fails
# TIMEOUT: 120
# NEEDS: ours

# The hog asks for the same pages, over and over, on ten disks, one below all of which does
# not answer: for more than the lab's Xen can map. The first is alone for a while, and has
# no more than a disk's share of that.
. /lab/tests/feature.sh
. /lab/tests/trace.sh
back_load
good=$(disk_null good 32 memory_backed=1)
under=$(disk_null bad 32)
modprobe -q dm-delay
whole="0 65536 linear $under 0"
dm=$(disk_dm still "0 65536 delay $under 0 3600000")
GUEST_ARGS=feature_persistent=0
guest_start g "$GUEST" "$good,xvda"
feature_verify g xvda --size=2m
GUEST_FRONT=none
disks=()
for disk in {a..j}; do
	disks+=("$dm,xvd$disk,r")
done
guest_start h "$GUEST" "${disks[@]}"

# rings NUMBER: what the back says of that one of the hog's disks.
rings()
{
	echo "$(trace_dir h $((51712 + 16 * $1)))/rings"
}
# A page can be mapped 127 times at once: each is asked for 52 times at most.
segs=""
for page in {0..4}; do
	segs+=$(printf "D.{i*5+$page},%.0s" {1..51})
done
hogs=()
for disk in {0..9}; do
	peer h "page D 350
page F 70
connect pages=4
loop 70 req 0 indirect inner=read id={i+1} segs=${segs}D.{i*5} frames=F.{i}
wait $((disk ? 6000 : 0))
send 0
expect 0 1..70=any within=100
close" 300 $((51712 + 16 * disk)) &
	hogs+=($!)
done
full()
{
	local disk

	for disk in {0..9}; do
		[ "$(trace_key "$(rings $disk)" no_maptrack)" -gt 0 ] && return
	done
	return 1
}
wait_for 60 full || fail "Xen can map all of that: $(for disk in {0..9}; do
	cat "$(rings $disk)"; done)"
short()
{
	grep -q ' short ' $(set +f; echo $(trace_dir h '*')/requests)
}
short || fail "nothing of the hog's waits"
[ "$(trace_key "$(rings 0)" no_share)" -gt 0 ] || fail "a disk has as many mapped as it likes"
guest_send g "fio --name=w --filename=/dev/xvda --ioengine=io_uring --direct=1 --rw=randread \
	--bs=4k --iodepth=8 --size=1m --output-format=terse 2>&1"
load=$seq
# It may have what the hog gives back between its tries, which are a few in a second: what
# a try itself had, and gave back, is no reason for the next.
tried()
{
	local disk n=0

	for disk in {0..9}; do
		n=$((n + $(trace_key "$(rings $disk)" grants_unmapped)))
	done
	echo $n
}
tries=$(tried) start=$EPOCHREALTIME
nap 5
tries=$(($(tried) - tries))
took=$(((${EPOCHREALTIME/./} - ${start/./}) / 1000))
say "mapped and given back by the hog's ten rings: $tries in $took ms"
# Each at most once in 160 ms; one that spins has ten times as many, or more.
((tries < took * 20)) || fail "the hog's rings try all the time"
disk_dm_table still "$whole"
guest_reply g "$load" 60 || fail "the other guest's requests fail"
# Of those some may have waited for too long; but each is answered.
for hog in "${hogs[@]}"; do
	wait "$hog" || fail "not all of the hog's are answered"
done
equal 'requests of g that failed' "$(cat "$(back_dir g 51712)/statistics/err_req")" 0
feature_verify g xvda --size=4m
guest_stop g
guest_destroy h
