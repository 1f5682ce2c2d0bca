# SPDX-License-Identifier: GPL-2.0-only
# NAME: small writes whose grants do not stay are copied; reads, and large ones, mapped
# TIMEOUT: 150
# NEEDS: ours

. /lab/tests/feature.sh
. /lab/tests/hostile.sh
. /lab/tests/trace.sh
dev=$(disk_null a 32 memory_backed=1)
back_load max_copy_segments=4
param=/sys/module/xen_blkback/parameters/max_copy_segments
GUEST_ARGS=feature_persistent=0
guest_start g "$GUEST" "$dev,xvda"

# counts GUEST: grants copied, mapped, found mapped, and bad ones.
counts()
{
	local key file

	file=$(trace_dir "$1")/rings
	for key in grants_copied grants_mapped grants_found bad_grant; do
		trace_key "$file" $key
	done | xargs
}

# moved RW SIZE COPIED MAPPED: what 1 MiB in requests of that size takes.
moved()
{
	local before after

	read -ra before <<<"$(counts g)"
	trace_fio g --rw="$1" --bs="$2" --iodepth=8 --size=1m
	read -ra after <<<"$(counts g)"
	equal "grants copied, mapped of $1 of $2" \
		"$((after[0] - before[0])) $((after[1] - before[1]))" "$3 $4"
}

moved randwrite 4k 256 0
moved randwrite 16k 256 0
moved randwrite 32k 0 256
moved randread 4k 0 256
feature_verify g xvda
# At once, and at all sizes.
echo 0 >$param
moved randwrite 4k 0 256
echo 4096 >$param
moved randread 64k 0 256
moved randwrite 128k 256 0
feature_verify g xvda
equal "bad grants" "$(counts g | cut -d ' ' -f 4)" 0

# What is not needed is not kept.
spare()
{
	trace_key "$(trace_dir g)/rings" pages_spare_copy
}
no_spare()
{
	[ "$(spare)" -eq 0 ]
}
feature_verify g xvda --bsrange=512-16k
spare
wait_for 20 no_spare || fail "$(spare) pages are kept at rest"
moved randwrite 4k 256 0
guest_stop g

# A front of words: parts of pages, grants that are bad, a disk that fails.
hostile_disk "$dev"
sectors=$(blockdev --getsz "$dev")
dm=$(disk_dm holed "0 $sectors linear $dev 0")
disk_dm_table holed "0 16384 linear $dev 0
16384 64 error
16448 $((sectors - 16448)) linear $dev 16448"
GUEST_FRONT=none
guest_start h "$GUEST" "$dm,xvda"
peer h "page D 12
page E
page R ro
page O domain=77
fill D 5
fill E 7
fill R 9
connect
# a part of a page, in, and what is beside it stays
req 0 read id=1 sector=8 segs=E:3-4
send 0
expect 0 1=ok
same E:3-4 $((HOSTILE_SEED + 8 * 128))
same E:0-2 7
same E:5-7 $((7 + 5 * 128))
# and out
req 0 write id=2 sector=20000 segs=D.0:2-5,D.1:7-7
send 0
expect 0 2=ok
# grants that are none, may not be written to, or are another domain's
fill E 7
req 0 read id=3 segs==0xffffffff
req 0 read id=4 segs=R
req 0 write id=5 segs=D.0,=100000
req 0 read id=6 segs=E,=100000
req 0 read id=7 segs=O
req 0 write id=8 segs=O
send 0
expect 0 3..8=error
same R 9
# which may be read from
req 0 write id=9 sector=20008 segs=R
send 0
expect 0 9=ok
# what could not be read leaves the page as it is
fill E 7
req 0 read id=10 sector=16384 segs=E
req 0 read id=11 sector=16440 segs=D.2,D.3
req 0 write id=12 sector=16384 segs=D.2
send 0
expect 0 10..12=error
same E 7
same D.2 $((5 + 2 * 1024))
# and the ring goes on
req 0 read id=13 sector=0 segs=E
send 0
expect 0 13=ok
same E $HOSTILE_SEED
close
state 1"
hostile_disk_same "$dev"
peer_disk_has "$dev" 20000 $((5 + 2 * 128)) 4
peer_disk_has "$dev" 20004 $((5 + 1024 + 7 * 128)) 1
peer_disk_has "$dev" 20008 9 8
equal "grants copied, mapped, found, bad" "$(counts h)" "7 6 0 6"

# A front that keeps its grants, of which the back keeps 8: those stay mapped, the
# others are copied to be written, in one request too.
echo 8 >/sys/module/xen_blkback/parameters/max_persistent_grants
peer h "page D 12
connect persistent=1
req 0 read id=1 sector=0 segs=D.0..3
send 0
expect 0 1=ok
req 0 read id=2 sector=32 segs=D.4..7
send 0
expect 0 2=ok
req 0 read id=3 sector=64 segs=D.8..11
send 0
expect 0 3=ok
same D $HOSTILE_SEED
fill D 1
req 0 read id=4 sector=0 segs=D.6..9
send 0
expect 0 4=ok
same D.6..9 $HOSTILE_SEED
same D.0..5 1
fill D 600000
req 0 write id=5 sector=24000 segs=D.7..8
send 0
expect 0 5=ok
close
state 1"
peer_disk_has "$dev" 24000 $((600000 + 7 * 1024)) 16
equal "grants copied, mapped, found, bad, then" "$(counts h)" \
	"$((7 + 1)) $((6 + 8 + 4 + 2)) 3 6"
guest_stop h
