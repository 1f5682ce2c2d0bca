# SPDX-License-Identifier: GPL-2.0-only
# NAME: no answers, lost events, event storms, a back that vanishes; erases (D3)
# TIMEOUT: 180
# NEEDS: ours

. /lab/tests/hostile-back.sh
back_start
short='echo 1000 >/sys/block/xvdb/queue/io_timeout'
policy=/sys/module/xen_blkfront/parameters/timeout_fails

back_case 'no answer: a detach ends it' "$BACK_READ" EIO 'take'
# The command ends only when the back has gone.
BACK_LAST=
back_case 'the back vanishes under a request' "$BACK_READ" EIO 'take
vanish'
BACK_LAST=close
# D3: an erase has fields of its own, not those of a read or a write.
BACK_CONNECT='feature-discard=1 discard-granularity=512 discard-secure=1'
erase='blkdiscard -s -l 65536 /dev/xvdb'
back_case 'an erase' "$erase" ok 'serve'
back_case 'an erase in flight: a detach ends it' "$erase" EIO 'take'
BACK_LAST=
back_case 'the back vanishes under an erase' "$erase" EIO 'take
vanish'
BACK_LAST=close
BACK_CONNECT=
# Either end may lose an event; nobody else wakes it.
back_case 'an answer without an event' "$short; $BACK_READ" ok 'serve 1 silent=1
gate' 'no answer to operation 0 .*answers there'
back_case 'a request whose event was lost' "$short; $BACK_READ" ok 'event 0
event 0 within=20
serve' 'no answer to operation 0'
back_case 'the port is closed' "$short; $BACK_READ" ok 'unbind 0
take
answer 0
publish 0
gate' 'no answer to operation 0'
# Told once while nothing moves, however many wait.
back_case 'late, but not lost' "$short; for i in 1 2 3; do
	dd if=/dev/xvdb of=/dev/null bs=4k count=1 skip=\$((i * 9)) iflag=direct &
	done; wait" any 'take 3
wait 8000
answer 0
answer 1
answer 2
send 0
serve' 'no answer to operation 0'
back_case 'no answer, and the disk may fail' "$short; echo Y >$policy; $BACK_READ" \
	EIO 'take
gate' 'no answer to operation 0' 'still no answer: disk fails'
guest g "echo N >$policy"
# The guest has a processor for others left.
back_case 'a storm of events' 'dd if=/dev/xvda of=/dev/null bs=64k count=32 iflag=direct &&
	'"$BACK_READ" ok 'storm 0 5000
serve'
back_end
