# SPDX-License-Identifier: GPL-2.0-only
# NAME: one guest has all that Xen can map for dom0: requests of others wait, none fails
# TIMEOUT: 150
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
spare=$(disk_null spare 32)
disks=("$spare,xvdk,r" "$spare,xvdl,r")
for disk in {a..j}; do
	disks+=("$dm,xvd$disk,r")
done
guest_start h "$GUEST" "${disks[@]}"

# rings NUMBER: what the back says of that one of the hog's disks.
rings()
{
	echo "$(trace_dir h $((51712 + 16 * $1)))/rings"
}
# Two more, each with a request that will never get all it asks for, as there is not so much
# left: it is made once the hog has the rest.
large=""
for page in {0..254}; do
	large+="D.$page,"
done
guest h '[ -c /dev/xen/gntalloc ] || modprobe xen-gntalloc limit=16384; modprobe -q xen-evtchn'
waiters=()
for persistent in 0 1; do
	guest_send h "{
			echo 'page D 256
page F
connect persistent=$persistent'
			wait_for $((60 * LAB_SCALE)) test -e /tmp/full
			echo 'req 0 indirect inner=read id=1 segs=${large%,} frames=F
req 0 read id=2 segs=D.255
send 0
expect 0 2=ok
expect 0 1=any within=100
close'
		} | LAB_SCALE=$LAB_SCALE /lab/blkif-front $((51872 + 16 * persistent)) 2>&1"
	waiters+=("$seq")
done
connected()
{
	[ "$(back_store h 51872 state) $(back_store h 51888 state)" = '4 4' ]
}
wait_for 20 connected || fail "the two that wait are not connected"
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

# Who stands behind such a request is not held up by it; and what stays mapped for a front
# that keeps its grants goes to others.
guest h 'touch /tmp/full'
let_go()
{
	local r

	r=$(rings 11)
	[ -e "$r" ] && awk '$7 == "short" && $8 > 5000000 { n++ } END { exit !n }' \
		"${r%/*}/requests" && [ "$(trace_key "$r" grants_kept)" -eq 0 ]
}
wait_for 25 let_go || fail "what stays mapped is kept from others: $(cat "$(rings 11)")"

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
for waiter in "${waiters[@]}"; do
	said=$(guest_reply h "$waiter" 120) || fail "who waits says $said"
done
equal 'requests of g that failed' "$(cat "$(back_dir g 51712)/statistics/err_req")" 0
feature_verify g xvda --size=4m
guest_stop g
guest_destroy h
