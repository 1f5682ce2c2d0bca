# SPDX-License-Identifier: GPL-2.0-only
# NAME: keys and states that cannot be: refused by name, and then connected
# TIMEOUT: 270
# NEEDS: ours-back

. /lab/tests/hostile.sh
dev=$(disk_null a 32 memory_backed=1)
hostile_disk "$dev"
spare=$(disk_null b 32)
back_load max_queues=2
hostile_start "$dev,xvda" "$spare,xvdb" "$spare,xvdc" "$spare,xvdd" "$spare,xvde"

tidy='state 6
await 6 within=20
rm ring-ref
rm ring-ref0
rm ring-ref1
rm event-channel
rm queue-0
rm queue-1
rm protocol
rm ring-page-order
rm num-ring-pages
rm multi-queue-num-queues
rm feature-persistent
state 1
await 2'

# bad LINES PATTERN [CONNECT OPTIONS]: good keys, but for the lines: refused with
# a word that matches.
script="" patterns=()
bad()
{
	script+="connect state=none ${3:-}
$1
state 3
await 5
loop ${4:-1} unring {i}
$tidy
"
	patterns+=("$2")
}
# good WHAT: all bad ones so far, then none.
good()
{
	hostile_case "$1" "$script
page D
connect
req 0 read id=1 segs=D
send 0
expect 0 1=ok
same D $HOSTILE_SEED
close
$tidy" "${patterns[@]}"
	script="" patterns=()
}

# Grants of the ring.
bad 'rm ring-ref' 'ring-ref is missing'
for v in abc '' -1 8junk ' 8' 4294967296 4294967304 0x18 18446744073709551617; do
	bad "write ring-ref $v" 'ring-ref is ("|missing)'
done
bad 'write-long ring-ref 1900' 'ring-ref is "1+"'
good "the ring's grant"
# The bus says which grant it was, too.
bad 'write ring-ref 4294967295' 'connecting ring 0'
bad 'write ring-ref 100000' 'connecting ring 0'
# Of the reserved ones the first two are rings of the guest's own to dom0.
bad 'write ring-ref 2' 'connecting ring 0'
bad 'write ring-ref 7' 'connecting ring 0'
bad 'write-hex ring-ref 393939390032' 'connecting ring 0'
bad 'page O domain=77
write-gref ring-ref O' 'connecting ring 0'
bad 'page R ro
write-gref ring-ref R' 'connecting ring 0'
bad 'page X
write-gref ring-ref X
end X' 'connecting ring 0'
# The same page twice is the front's own affair.
hostile_case 'a ring of one page twice' "connect pages=2 state=none
write-gref ring-ref1 ring0.0
state 3
await 4
close
$tidy"
# Of keys that disagree those count that the protocol says, and no other is looked at.
hostile_case 'another number of pages, and another grant, beside the order' "connect pages=2 state=none keys=both
write num-ring-pages 16
write ring-ref 4294967295
state 3
await 4
close
$tidy"
hostile_case 'a ring and a port beside those of the queues' "connect queues=2 state=none
write ring-ref abc
write event-channel 4294967295
state 3
await 4
close
$tidy"
good "the ring's grants"
# Its size.
bad 'rm ring-ref1' 'ring-ref1 is missing' 'pages=2'
bad 'write ring-page-order 0' 'ring-ref0 is missing'
for v in 5 31 32 4294967295; do
	bad "write ring-page-order $v" 'ring-page-order is [0-9]+: not offered'
done
for v in -1 abc 4294967296; do
	bad "write ring-page-order $v" 'ring-page-order is "'
done
for v in 0 3 32 4294967295; do
	bad "write num-ring-pages $v" 'num-ring-pages is [0-9]+: not offered'
done
good "the ring's size"
# Queues.
for v in 0 3 4294967295; do
	bad "write multi-queue-num-queues $v" \
		'multi-queue-num-queues is [0-9]+: not offered'
done
bad 'write multi-queue-num-queues -1' 'multi-queue-num-queues is "'
bad 'write multi-queue-num-queues 2' 'queue-0/event-channel is missing'
bad 'rm queue-1' 'queue-1/event-channel is missing' 'queues=2' 2
bad 'rm queue-1/ring-ref' 'queue-1/ring-ref is missing' 'queues=2' 2
good "queues, none among them (CVE-2026-45890)"
# Events.
bad 'rm event-channel' 'event-channel is missing'
bad 'write event-channel abc' 'event-channel is "'
bad 'write event-channel 4000' 'connecting ring 0'
bad 'write event-channel 4294967295' 'connecting ring 0'
# Bound already, by the guest's own xenstore; and one that is for somebody else.
bad 'write event-channel 1' 'connecting ring 0'
bad 'bind 0 77
keys 0 single' 'connecting ring 0'
bad 'unbind 0' 'connecting ring 0'
bad 'keys 0 single dir=queue-1/' 'connecting ring 1' 'queues=2' 2
good "events"
# What it speaks, and the rest.
for v in foo x86_64-abi2 X86_64-ABI; do
	bad "write protocol $v" 'protocol is ".*": unknown'
done
bad 'write-long protocol 1900' 'protocol is ".*": unknown'
bad 'write-hex protocol 1b5b324a0a07ff' 'protocol is ".*": unknown'
bad 'write feature-persistent abc' 'feature-persistent is "'
good "protocol and flags"

# Written over and over while they are read: connected with one of them, or refused.
peer h "$(for i in {1..5}; do
	echo "connect pages=2 state=none
state 3
loop 100 write ring-page-order {i%3}
await 4|5
$tidy
unring 0"
done)" 90
good "keys that change while they are read"

# States. Of these the bus makes no state at all: the disk is gone.
id=$(domid h)
for v in xvdb:abc xvdc:0 xvdd:4294967296; do
	HOSTILE_VDEV=$(vdev_number "${v%:*}")
	hostile_case "state ${v#*:}" "state ${v#*:}"
	wait_for 15 no_dir "/sys/bus/xen-backend/devices/vbd-$id-$HOSTILE_VDEV" ||
		fail "state ${v#*:} leaves a back"
done
HOSTILE_VDEV=51712
for v in -5 7 8 99; do
	script+="state $v
await 5
$tidy
"
	patterns+=("front's state is $v")
done
script+="state 3junk
await 5
$tidy
"
patterns+=('is missing')
good "states"
hostile_disk_same "$dev"
hostile_end
