# SPDX-License-Identifier: GPL-2.0-only
# NAME: answers that cannot be (XSA-376): the disk fails, or goes on, and nothing else does
# TIMEOUT: 240
# NEEDS: ours

. /lab/tests/hostile-back.sh
# The table keeps the pages that a back never lets go of, and says so.
expect_dmesg 'g\.e\. .*(still in use|deferring)'
back_start

# one line each: what, the outcome of a read, what the back does, and what the
# front says of it
cat >"$LAB_RUN/rows" <<'EOF_ROWS'
an id beyond all|EIO|answer 0 id=0xffffffffffffffff|id beyond the ring
an id beyond the ring|EIO|answer 0 id=^32|id beyond the ring
an id that is free|EIO|answer 0 id=^1|nothing in flight under that id
answered twice|EIO|answer 0;answer 0|response index that cannot be true
another operation|EIO|answer 0 op=write|another operation than was asked
an operation that is none|EIO|answer 0 op=255|another operation than was asked
status 1|EIO|answer 0 status=1|unknown status
status 32767|EIO|answer 0 status=32767|unknown status
status -32768|EIO|answer 0 status=-32768|unknown status
an index a ring ahead|EIO|publish 0 +33|response index that cannot be true
an index far ahead|EIO|publish 0 +0x7fffffff|response index that cannot be true
an index that goes back|EIO|publish 0 -1|response index that cannot be true
more answers than requests|EIO|answer 0;publish 0 +1|response index that cannot be true
an answer never written|EIO|publish 0 +1|bad response
not unmapped (XSA-396)|EIO|hold 0;answer 0|answered, but not unmapped
EOF_ROWS
mapfile -t rows <"$LAB_RUN/rows"
guest g 'echo 1 >/sys/kernel/tracing/events/xen_blkfront/blkfront_refused/enable'
for row in "${rows[@]}"; do
	IFS='|' read -r what outcome script pattern <<<"$row"
	# What was published by the row itself stays.
	send="send 0"
	[[ $script != *publish* ]] || send="notify 0"
	back_case "$what" "$BACK_READ" "$outcome" "take
${script//;/$'\n'}
$send
gate" "$pattern"
done

# The tracepoint has told each once, with the same words.
guest g 'grep blkfront_refused: /sys/kernel/tracing/trace
	echo 0 >/sys/kernel/tracing/events/xen_blkfront/blkfront_refused/enable' >"$LAB_RUN/traced"
equal 'lies that were traced' "$(wc -l <"$LAB_RUN/traced")" ${#rows[@]}
for row in "${rows[@]}"; do
	IFS= read -r line
	# Of what was never written anything may be wrong.
	why=${row##*|}
	grep -qE "ring=blkif-xvdb-[01] what=[0-9]+ why=.*${why#bad response}" <<<"$line" ||
		fail "${row%%|*}: traced as $line"
done <"$LAB_RUN/traced"

# There is room for it where another is in flight: that one gets no answer.
back_case 'twice, with another in flight' "$BACK_READ & dd if=/dev/xvdb of=/dev/null \
	bs=4k count=1 skip=9 iflag=direct; rc=\$?; wait \$! && exit \$rc" EIO 'take 2
answer 0
answer 0
send 0
gate' 'nothing in flight under that id'
# One that ended with an error has no queue any more when it is answered again.
back_case 'an error, and once more when it is over' "$BACK_READ & dd if=/dev/xvdb \
	of=/dev/null bs=4k count=1 skip=9 iflag=direct; rc=\$?; wait \$!; exit \$rc" EIO 'take 2
answer 0 status=-1
send 0
wait 1000
answer 0 data=none
send 0
gate' 'nothing in flight under that id'
back_case 'an error is an error' "$BACK_READ" EIO 'take
answer 0 status=-1
send 0
gate'
back_case 'a read that is refused' "$BACK_READ" EIO 'take
answer 0 status=-2
send 0
gate'
# What it was to secure may be lost; after that the disk has no cache.
back_case 'a flush that is refused' 'dd if=/dev/zero of=/dev/xvdb bs=4k count=1 \
	oflag=direct conv=fsync' EIO 'serve 1
take
asked 0 flush
answer 0 status=-2
send 0
serve' 'refuses to flush'
back_case 'a flush that is refused, and the next' 'dd if=/dev/zero of=/dev/xvdb bs=4k \
	count=1 oflag=direct conv=fsync; wait_for 10 grep -q through \
	/sys/block/xvdb/queue/write_cache && dd if=/dev/zero of=/dev/xvdb bs=4k count=1 \
	oflag=direct conv=fsync' ok 'serve 1
take
answer 0 status=-2
send 0
forget
serve' 'refuses to flush'
back_case 'nonsense where no answer is' "$BACK_READ" ok 'scribble 0
take
answer 0
send 0
serve'
back_case 'the last one first' "$BACK_READ & dd if=/dev/xvdb of=/dev/null bs=4k \
	count=1 skip=9 iflag=direct && wait \$!" ok 'take 2
answer 1
answer 0
send 0
serve'
back_case 'nonsense where its request was' "$BACK_READ" ok 'take
scribble 0
answer 0
send 0
serve'
BACK_CONNECT='feature-max-indirect-segments=256'
for page in 15 frame; do
	back_case "a later page not unmapped: $page (XSA-396)" '/usr/bin/dd if=/dev/xvdb \
		of=/dev/null bs=64k count=1 iflag=direct' EIO "take
asked 0 read nr=16
hold 0 $page
answer 0
send 0
gate" 'answered, but not unmapped'
done
BACK_CONNECT='trusted=0'
# The same page of the front's serves one after the other: first the back fills it.
back_case 'more than was asked, then nothing at all (XSA-403)' '/usr/bin/dd if=/dev/xvdb of=/tmp/x bs=512 \
	count=1 iflag=direct && cmp -n 512 /tmp/x /dev/zero &&
	/usr/bin/dd if=/dev/xvdb of=/tmp/x bs=4k count=1 iflag=direct && cmp -n 4096 /tmp/x /dev/zero' ok 'take
sees 0 zero
answer 0 data=page
send 0
forget
take
sees 0 zero
answer 0 data=none
send 0
forget
serve'
back_case 'no more of a page than is written (XSA-403)' 'tr "\\000" x </dev/zero | head -c 4096 >/tmp/x
	/usr/bin/dd if=/tmp/x of=/dev/xvdb bs=4k count=1 oflag=direct &&
	/usr/bin/dd if=/tmp/x of=/dev/xvdb bs=512 count=1 seek=3 oflag=direct' ok 'serve 1
take
sees 0 zero
answer 0
send 0
forget
serve'
BACK_CONNECT='feature-persistent=1 multi-queue-max-queues=2'
back_case 'two rings, an id of the other' "$BACK_READ" EIO 'take
answer 0 id=^32
send 0
send 1
gate' 'nothing in flight under that id'
back_end
