# SPDX-License-Identifier: GPL-2.0-only
# NAME: each field of a request that changes under the back (XSA-155)
# TIMEOUT: 150
# CYCLES: 4 100
# NEEDS: ours-back

# Another processor of the guest rewrites it all the time. Answers come to the same slot,
# and may be changed there, too: that they come is seen, that what is beside a request's
# part of a page stays, and what the disk has where no request may write.
. /lab/tests/hostile.sh
dev=$(disk_null a 32 memory_backed=1 discard=1)
hostile_disk "$dev"
hostile_start "$dev,xvda"

# changes WHAT OFFSET HEX HEX REQUEST: so many rounds of 32 of them.
changes()
{
	local i

	hostile_case "$1" "page D 16
page G 3
page F
fill G 77
connect
# the frame, for who needs one
req 0 indirect inner=read id=0 sector=0 segs=G.1:2-5,D.0..11 frames=F
send 0
expect 0 0=ok
fill G 77
flip ring0.0 $2 $3 $4
$(for ((i = 1; i <= CYCLES; i++)); do
	printf '%s\n' "loop 32 req 0 $5" 'send 0' "wait $((300 * LAB_SCALE))" \
		"indexis 0 rsp_prod $((i * 32 + 1))"
done)
flip-end
same G.0,G.1:0-1 77
same G.1:6-7 1869
same G.2 2125
state 5
await 5
state 6
await 6
unring 0
state 1" '?(EINVAL|EFAULT|ERANGE|EOPNOTSUPP|22|14|34|95|Xen refuses)'
}

# What is rewritten is one slot, which each of the 32 comes to in turn.
read='read id={i+1} sector=16384 segs=G.1:2-5,D.0..9'
changes 'an operation' 64 00 ff "$read"
changes 'a number of segments' 65 0b ff "$read"
changes 'a handle' 66 0000 ffff "$read"
changes 'an identity' 72 01 ee "$read"
changes 'a sector' 87 00 ff "$read"
changes 'a grant' 91 00 ff "$read"
changes 'where a segment begins' 92 02 05 "$read"
changes 'where a segment ends' 93 05 02 "$read"
indirect='indirect inner=read id={i+1} sector=16384 nr=13 frames=F'
changes 'an operation within' 65 00 ff "$indirect"
changes 'a number of segments, indirect' 67 00 ff "$indirect"
changes 'a frame' 95 00 ff "$indirect"
discard='discard id={i+1} sector=32768 count=8'
changes 'a discard that is to be secure' 65 00 ff "$discard"
changes 'how much to discard' 95 00 ff "$discard"
hostile_disk_same "$dev"
hostile_end
