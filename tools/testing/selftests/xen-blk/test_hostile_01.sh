# SPDX-License-Identifier: GPL-2.0-only
# NAME: requests that are wrong in themselves: each refused, the ring goes on
# TIMEOUT: 170
# NEEDS: ours-back

. /lab/tests/hostile.sh
dev=$(disk_null a 32 memory_backed=1 discard=1 cache_size=1)
end=$(blockdev --getsz "$dev")
max=$(printf '%u' $((-1)))
hostile_disk "$dev"
large=$(disk_null b 32 memory_backed=1 blocksize=4096)
hostile_start "$dev,xvda" "$dev,xvdb,r" "$large,xvdc" "$dev,xvdd,w,no-discard"

hostile_requests 'operations that are none' '
req 0 packet id=1 segs=D.0
req 0 7 id=2 segs=D.0
req 0 8 id=3
req 0 255 id=4 segs=D.0..10
send 0
expect 0 1..4=unsupported' 'refused: .*95|EOPNOTSUPP'

hostile_requests 'a wrong one 320 times, told once (XSA-157)' "$(for i in {1..10}; do
	echo "loop 32 req 0 read id={i+1} nr=0
send 0
expect 0 1..32=error"
done)" 'EINVAL'

hostile_requests 'numbers of segments (XSA-513)' '
req 0 read id=1 nr=0
req 0 read id=2 nr=12 segs=D.0..10
req 0 read id=3 nr=255 segs=D.0..10
req 0 write id=4 nr=0
req 0 write id=5 nr=12 segs=D.0..10
req 0 write id=6 nr=255 segs=D.0..10
req 0 flush id=7 nr=12 segs=D.0..10
req 0 barrier id=8 nr=12 segs=D.0..10
req 0 barrier id=9 nr=255 segs=D.0..10
send 0
expect 0 1..9=error
loop 21 req 0 {i%2} id={i+1} nr={i+12} segs=D.0..10
send 0
expect 0 1..21=error
same D 1' 'EINVAL'

# One sector a segment, and each way to be no part of a page.
hostile_requests 'sectors of segments (XSA-513)' "
req 0 read id=1 sector=0 segs=D.0:1-0
req 0 write id=2 sector=0 segs=D.0:7-6
req 0 write id=3 sector=0 segs=D.0:0-8
req 0 read id=4 sector=0 segs=D.0:0-8
req 0 write id=5 sector=0 segs=D.0:8-8
req 0 read id=6 sector=0 segs=D.0:8-255
req 0 read id=7 sector=0 segs=D.0:0-255
req 0 read id=8 sector=0 segs=D.0:255-255
req 0 write id=9 sector=0 segs=D.0..9,D.10:3-9
send 0
expect 0 1..9=error
loop 31 req 0 {i%2} id={i+11} segs=D.0:0-{i*8+15}
send 0
expect 0 11..41=error
same D 1
req 0 read id=10 sector=64 segs=D.0:0-0,D.1:7-7,D.2:3-3,D.3:4-4,D.4:1-1,D.5:2-2,D.6:5-5,D.7:6-6,D.8:0-0,D.9:7-7,D.10:3-3
send 0
expect 0 10=ok
same D.0:0-0,D.1:7-7,D.2:3-3,D.3:4-4,D.4:1-1,D.5:2-2,D.6:5-5,D.7:6-6,D.8:0-0,D.9:7-7,D.10:3-3 $((HOSTILE_SEED + 64 * 128))
same D.0:1-1 129
same D.10:4-4 $((1 + 10 * 1024 + 4 * 128))" 'EINVAL'

hostile_requests 'sectors of the disk' "
req 0 read id=1 sector=$end segs=D.0:0-0
req 0 write id=2 sector=$((end - 1)) segs=D.0:0-1
req 0 write id=3 sector=$max segs=D.0:0-0
req 0 write id=4 sector=$max segs=D.0
req 0 read id=5 sector=$((1 << 55)) segs=D.0
req 0 write id=6 sector=$((-8 & 0x7fffffffffffffff)) segs=D.0
req 0 flush id=7 sector=$max segs=D.0
req 0 barrier id=8 sector=$((end - 7)) segs=D.0
send 0
expect 0 1..8=error
req 0 read id=9 sector=$((end - 1)) segs=D.0:0-0
req 0 flush id=10 sector=$max
req 0 barrier id=11 sector=$end
send 0
expect 0 9..11=ok" 'ERANGE'

hostile_requests 'discards' "
back discard-secure 0
req 0 discard id=1 sector=$((max - 7)) count=16
send 0
expect 0 1=error
req 0 discard id=2 sector=$end count=1
req 0 discard id=3 sector=0 count=$((end + 1))
req 0 discard id=4 sector=8 count=$max
req 0 discard id=5 sector=$max count=$max
req 0 discard id=6 sector=$max count=0
send 0
expect 0 2..6=error
req 0 discard id=7 sector=0 count=8 flag=1
send 0
expect 0 7=unsupported
req 0 discard id=8 sector=16384 count=8 flag=0xfe
send 0
expect 0 8=ok" 'ERANGE'

HOSTILE_VDEV=51728
hostile_requests 'changes of a disk that is read-only (CVE-2013-2140, XSA-142)' '
back info 4
back feature-discard 0
back feature-flush-cache 0
back feature-barrier 0
req 0 write id=1 sector=0 segs=D.0
req 0 indirect inner=write id=2 sector=8 segs=D.0..11 frames=F.0
send 0
expect 0 1..2=error
req 0 discard id=3 sector=0 count=8
req 0 flush id=4
req 0 flush id=5 sector=0 segs=D.0
req 0 barrier id=6 sector=0 segs=D.0
req 0 barrier id=7
req 0 discard id=8 sector=0 count=8 flag=1
send 0
expect 0 3..8=unsupported' 'EROFS'
HOSTILE_VDEV=51760
hostile_requests 'discards of a disk that may be written, but not that' '
back info 0
back feature-discard 0
req 0 discard id=1 sector=0 count=8
req 0 discard id=2 sector=0 count=8 flag=1
send 0
expect 0 1..2=unsupported' 'EOPNOTSUPP|95'
HOSTILE_VDEV=51744
hostile_case 'parts of blocks of 4 KiB' 'page D 2
page E
fill D 1
connect
back sector-size 4096
req 0 write id=1 sector=0 segs=D.0:0-3
req 0 read id=2 sector=4 segs=D.0
req 0 write id=3 sector=0 segs=D.0:4-7,D.1:0-3
req 0 read id=4 sector=1 segs=D.0:0-0
send 0
expect 0 1..4=error
same D 1
req 0 write id=5 sector=8 segs=D.0
send 0
expect 0 5=ok
req 0 read id=6 sector=8 segs=E
send 0
expect 0 6=ok
same E 1
close
state 1' 'EINVAL'
cmp -n 4096 <(dd if="$large" bs=4096 count=1 iflag=direct status=none) /dev/zero ||
	fail "a part of a block was written"
HOSTILE_VDEV=51712

# Nothing of this is wrong: as many pieces as there can be, as small as they can be, none
# at all, and lengths of nothing.
sectors=$(for i in {0..15}; do
	printf "D.$i:%d-%d," 0 0 1 1 2 2 3 3 4 4 5 5 6 6 7 7
done)
sectors=${sectors%,}
hostile_requests 'right, and as odd as can be (XSA-423, XSA-424, XSA-432, XSA-448)' "
loop 16 req 0 flush id={i+1} nr=0
loop 8 req 0 barrier id={i+17} nr=0
loop 8 req 0 discard id={i+25} sector={i*8+16384} count=0
send 0
expect 0 1..32=ok
req 0 indirect inner=write id=33 sector=16385 segs=$sectors,$sectors frames=F.0
send 0
expect 0 33=ok
fill D 0
req 0 read id=34 sector=16385 segs=D.0..10
send 0
expect 0 34=ok
same D.0..10 1
fill D 0
req 0 indirect inner=read id=35 sector=16385 segs=$sectors,$sectors frames=F.1
send 0
expect 0 35=ok
same D 1"

# None of these is wrong: a number is the front's affair, and the disk is the
# ring's.
hostile_requests 'identities, handles' "
req 0 read id=5 handle=0xffff sector=0 segs=D.0
req 0 read id=5 handle=51728 sector=0 segs=D.1
req 0 read id=5 sector=0 segs=D.2
req 0 read id=$max sector=0 segs=D.3
send 0
expect 0 5=ok 5=ok 5=ok $max=ok
same D.0 $HOSTILE_SEED
same D.2 $HOSTILE_SEED"

# What an answer does not fill is not dom0's memory either.
hostile_requests 'bytes around an answer (XSA-216)' '
req 0 read id=0xa5a5a5a5a5a5a5a5 sector=0 segs=D.0
send 0
expect 0 0xa5a5a5a5a5a5a5a5=ok
peek ring0.0 64 a5a5a5a5a5a5a5a5
peek ring0.0 72 0000000000000000'
hostile_disk_same "$dev"

round()
{
	peer h "page D 12
connect
req 0 7 id=1
req 0 write id=2 nr=200
req 0 write id=3 sector=$end segs=D.0
req 0 discard id=4 sector=$end count=4
req 0 write id=5 segs=D.0:4-2
send 0
expect 0 1=unsupported 2..5=error
close
state 1"
}
no_leak slab_counts round
hostile_disk_same "$dev"
hostile_end
