# SPDX-License-Identifier: GPL-2.0-only
# NAME: offers that make no sense (blocks of 64 KiB: D11): refused by name, or the best made of them
# TIMEOUT: 420
# NEEDS: ours

. /lab/tests/hostile-back.sh
back_start

# What is read before there is a ring, and after the back has connected; - stands
# for no text, which is as good as no key.
early='max-ring-page-order abc
max-ring-page-order -1
max-ring-pages 0x10
multi-queue-max-queues 18446744073709551616
multi-queue-max-queues 4junk'
late='sectors abc
sectors -
sectors -1
sectors 18446744073709551615
sectors 9223372036854775808
sectors 18446744073709551616
sector-size 3
sector-size 256
sector-size 1536
sector-size 8192
sector-size 65536
sector-size 18446744073709551615
info read-only
feature-max-indirect-segments -1
feature-flush-cache yes
feature-barrier 0x1
discard-secure abc'
taken='sectors 0
sector-size 0
sector-size 4096
physical-sector-size 7
physical-sector-size 0
physical-sector-size 4294967295
feature-max-indirect-segments 0
feature-max-indirect-segments 1
feature-max-indirect-segments 11
feature-max-indirect-segments 12
feature-max-indirect-segments 4294967295
max-ring-page-order 31
max-ring-page-order 18446744073709551615
max-ring-pages 4294967295
max-ring-pages 3
multi-queue-max-queues 0
multi-queue-max-queues 4294967295
info 4294967295
discard-granularity 0
discard-granularity 3
discard-granularity 4294967295
discard-secure 18446744073709551615
discard-alignment 18446744073709551615'

while read -r key value; do
	back_offer "$key is '$value'" "start
offer $key $value
show
await 5
close" "$key is \"$value\", not a number"
done <<<"$early"
while read -r key value; do
	[ "$value" != - ] || value=
	back_offer "$key is '$value'" "start
offer $key $value
show
await 3
map
state 4
await 5
close" "$key is"
done <<<"$late"
back_offer 'a number of 4000 digits' 'start
offer-long sectors 4000
show
await 3
map
state 4
await 5
close' 'sectors is "1{40}", not a number'
for key in sectors info; do
	back_offer "no $key" "start
withdraw $key
show
await 3
map
state 4
await 5
close" "$key is missing"
done
back_offer 'sectors that may not be read' 'start
hide sectors
show
await 3
map
state 4
await 5
close' 'reading .*/sectors'
# One of these each is a disk, which a good back may go on with.
while read -r key value; do
	BACK_CONNECT="$key=$value feature-discard=1"
	back_case "$key is $value" '[ "$(blockdev --getsz /dev/xvdb)" = 0 ] ||
	'"$BACK_READ" ok serve
done <<<"$taken"
# Who may be trusted the toolstack says; if it says nonsense, nobody is.
BACK_CONNECT='trusted=abc'
back_case 'trusted is abc' "$BACK_READ" ok serve 'trusted is "abc", not a number'
BACK_CONNECT=
back_case 'and one that makes sense' "$BACK_READ" ok serve
back_end
