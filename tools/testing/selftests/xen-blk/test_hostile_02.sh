# SPDX-License-Identifier: GPL-2.0-only
# NAME: indirect requests that are wrong, and requests that change under the back
# TIMEOUT: 150
# NEEDS: ours-back

. /lab/tests/hostile.sh
dev=$(disk_null a 32 memory_backed=1 discard=1)
hostile_disk "$dev"
back_load max_indirect_segments=1024
hostile_start "$dev,xvda"

hostile_requests 'operations within' '
back feature-max-indirect-segments 1024
req 0 indirect inner=indirect id=1 segs=D.0..11 frames=F.0
req 0 indirect inner=barrier id=2 segs=D.0..11 frames=F.0
req 0 indirect inner=flush id=3 segs=D.0..11 frames=F.0
req 0 indirect inner=discard id=4 segs=D.0..11 frames=F.0
req 0 indirect inner=255 id=5 segs=D.0..11 frames=F.0
send 0
expect 0 1..5=error' 'EINVAL'

hostile_requests 'numbers of segments' '
req 0 indirect inner=read id=1 nr=0 segs=D.0 frames=F.0
req 0 indirect inner=write id=2 nr=1025 segs=D.0 frames=F.0..2
req 0 indirect inner=write id=3 nr=4097 segs=D.0 frames=F
req 0 indirect inner=write id=4 nr=65535 segs=D.0 frames=F
send 0
expect 0 1..4=error
same D 1
req 0 indirect inner=read id=5 sector=0 segs=D.0 frames=F.0
req 0 indirect inner=read id=6 sector=0 segs=D.0..10 frames=F.1
req 0 indirect inner=read id=7 sector=0 segs=D.0..11 frames=F.2
send 0
expect 0 5..7=ok' 'EINVAL'

# The largest one, whose last segments are in the second frame.
many=$(printf 'D,%.0s' {1..64})
hostile_requests 'segments' "
req 0 indirect inner=read id=1 sector=0 segs=$many frames=F.0..1
poke F.1 4092 00080000
send 0
expect 0 1=error
req 0 indirect inner=write id=2 sector=0 segs=$many frames=F.0..1
poke F.1 4092 07060000
send 0
expect 0 2=error
req 0 indirect inner=write id=3 sector=0 segs=$many frames=F.0..1
poke F.0 4 00ff0000
send 0
expect 0 3=error
same D 1
req 0 indirect inner=read id=4 sector=0 segs=$many frames=F.0..1
send 0
expect 0 4=ok
same D $((HOSTILE_SEED + 1008 * 8 * 128))
fill D 1" 'EINVAL'

# Frames that are none, are not the back's to read, or are something else.
hostile_requests 'frames' "
page X
page O domain=77
page R ro
req 0 indirect inner=read id=1 sector=0 segs=D.0..11 frames==0xffffffff
req 0 indirect inner=read id=2 sector=0 segs=D.0..11 frames==100000
req 0 indirect inner=write id=3 sector=0 segs=D.0..11 frames=O
req 0 indirect inner=read id=4 sector=0 nr=600 segs=D.0..11 frames=F.0,=0xffffffff
send 0
expect 0 1..4=error
same D 1
req 0 indirect inner=read id=5 sector=0 segs=D.0..11 frames=R
send 0
expect 0 5=ok
# what is in a page of data, or of the ring, is taken for segments
fill X 0xffffff00
req 0 indirect inner=read id=6 sector=0 nr=12 frames=X
req 0 indirect inner=read id=7 sector=0 nr=12 frames=ring0.0
send 0
expect 0 6..7=error
end X
req 0 indirect inner=read id=8 sector=0 nr=12 segs=D.0..11 frames=X
send 0
expect 0 8=error" 'EFAULT'

# What the back has checked must be what it does, whatever another processor of
# the guest writes meanwhile; what is beside a request's part of a page stays.
batches()
{
	local i

	for i in {1..12}; do
		printf '%s\n' "$1" 'send 0' 'expect 0 1..32=any'
	done
}
untouched='same G.0,G.1:0-1 77
same G.1:6-7 1869
same G.2 2125'
hostile_case 'a frame that changes (XSA-155)' "page D 16
page G 3
page F
fill G 77
connect
req 0 indirect inner=read id=0 sector=8 segs=G.1:2-5,D.0..11 frames=F
send 0
expect 0 0=ok
flip F 4 02050000 02ff0000
$(batches 'loop 32 req 0 indirect inner=read id={i+1} sector=8 nr=13 frames=F')
flip-end
$untouched
close
state 1" 'EINVAL'

hostile_case 'a segment that changes (XSA-155)' "page D 16
page G 3
fill G 77
connect
flip ring0.0 92 0205 02ff
$(batches 'loop 32 req 0 read id={i+1} sector=8 segs=G.1:2-5,D.0..9')
flip-end
$untouched
close
state 1" 'EINVAL'

# Rewritten after it was published: the answer is to what was there first.
hostile_requests 'a slot that is used again' '
req 0 read id=1 sector=0 segs=D.0
send 0
expect 0 1=ok
req 0 write id=2 sector=0 segs=D.1 slot=0
quiet 0 300'
hostile_disk_same "$dev"
hostile_end
