# SPDX-License-Identifier: GPL-2.0-only
# NAME: no answers, lost events, event storms, a back that vanishes; erases (D3), FUA (D5)
# TIMEOUT: 240
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
# Whether a flush comes to its end is the back's affair, that the disk goes is not.
back_case 'a flush without an answer: a detach ends it' '/usr/bin/dd if=/dev/zero \
	of=/dev/xvdb bs=4k count=1 oflag=direct conv=fsync' EIO 'serve 1
take
asked 0 flush'
# D5: to force 64 KiB to the medium is a write of its own, of more segments than a
# slot has, and a barrier without data after it; none but that can flush here.
BACK_CONNECT='feature-barrier=1 feature-flush-cache=0 feature-max-indirect-segments=256'
back_case 'D5: a barrier, no flush, indirect requests: FUA' 'dd if=/dev/urandom of=/tmp/x \
	bs=64k count=1 2>/dev/null && /usr/bin/dd if=/tmp/x of=/dev/xvdb bs=64k count=1 \
	oflag=direct,dsync && dd if=/dev/xvdb of=/tmp/y bs=64k count=1 iflag=direct &&
	cmp /tmp/x /tmp/y' ok 'take
asked 0 write nr=16
answer 0
send 0
forget
take
asked 0 barrier nr=0
answer 0
send 0
forget
serve'
# Who has no cache is not asked to empty it.
BACK_CONNECT='feature-flush-cache=0'
back_case 'neither flush nor barrier: FUA' '/usr/bin/dd if=/dev/zero of=/dev/xvdb bs=4k \
	count=1 oflag=direct,dsync' ok 'take
asked 0 write nr=1
answer 0
send 0
gate'
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
# The driver lets go while the back has a read: what that was granted is nobody else's
# by the time that the back's disk wakes up, whatever others are granted meanwhile.
back_case 'given up, and done much later' "$BACK_READ & sleep 1
	echo vbd-51728 >/sys/bus/xen/drivers/vbd/unbind; wait
	fio --name=o --filename=/dev/xvda --ioengine=io_uring --direct=1 --rw=randread \
		--bs=64k --iodepth=32 --size=4m --output-format=terse >/dev/null" any 'take
gate
gone 0'
# The guest has a processor for others left.
back_case 'a storm of events (XSA-391)' 'dd if=/dev/xvda of=/dev/null bs=64k count=32 iflag=direct &&
	'"$BACK_READ" ok 'storm 0 5000
serve'
back_end
