# SPDX-License-Identifier: GPL-2.0-only
# NAME: fronts that skip states, write keys in their own style, or come again
# TIMEOUT: 90
# NEEDS: ours-back

dev=$(disk_null a 32 memory_backed=1)
GUEST_FRONT=none
guest_start g "$GUEST" "$dev,xvda"

seed=0
# peer_use SCRIPT: with USE in it for a request there and back.
peer_use()
{
	local use

	seed=$((seed + 10000))
	printf -v use '%s\n' "fill D $seed" 'fill E 0' \
		'req 0 write id=1 sector=8 segs=D' 'send 0' 'expect 0 1=ok' \
		'req 0 read id=2 sector=8 segs=E' 'send 0' 'expect 0 2=ok' \
		"same E $seed"
	peer g "page D
page E
${1//USE/$use}"
	peer_disk_has "$dev" 8 "$seed" 8
}

# GRUB: waits for nothing, says Initialised, later stays there; closes with 6.
peer_use "connect wait=0 state=3 up=0
await 4
USE
state 6
await 6
unring 0
rm ring-ref
rm event-channel
state 1
await 2"
# OVMF, U-Boot, Mini-OS: Connected at once, their keys together with it; 5, 6, 1.
peer_use "connect wait=0 state=4 up=0
await 4
USE
state 5
await 5
state 6
await 6
unring 0
rm ring-ref
rm event-channel
rm protocol
state 1
await 2"
# The same in one breath, before the back has seen the last one go.
peer_use "connect wait=0 state=4 up=0
await 4
USE
state 6
await 6
unring 0
state 1
connect wait=0 state=4 up=0
await 4
USE
close
state 1"
# A state twice, and the back's Connected answered twice.
peer_use "connect
state 4
state 3
state 4
USE
state 4
wait 100
USE
close
state 1"
# Another size of ring, another layout, other keys each time.
peer_use "$(for pages in 1 4 1 16 2; do
	echo "await 2
connect pages=$pages
USE
close
abi $((pages == 4 ? 32 : 64))
state 1"
done)"
# Keys of an earlier connection stay behind where they mean nothing.
peer_use "connect pages=4 keys=order
USE
close
state 1
await 2
connect keys=single
USE
close"
# Comes and goes without connecting.
peer_use "state 1
await 2
state 5
await 5
state 6
await 6
state 1
await 2
state 6
await 6
state 1
connect
USE"
guest_stop g
