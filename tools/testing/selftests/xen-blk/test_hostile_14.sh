# SPDX-License-Identifier: GPL-2.0-only
# NAME: what a back fails or refuses: flushes, forced writes, barriers, discards, erases
# TIMEOUT: 150
# NEEDS: ours

# Failed, the same may be asked again; refused, it is not there any more.  Who relies on
# data being safe, or gone, is told in either case.
. /lab/tests/hostile-back.sh
back_start
flush='/usr/bin/dd if=/dev/zero of=/dev/xvdb bs=4k count=1 oflag=direct conv=fsync,notrunc'
forced='/usr/bin/dd if=/dev/zero of=/dev/xvdb bs=4k count=1 oflag=direct,dsync conv=notrunc'
cache=/sys/block/xvdb/queue/write_cache

# second OP STATUS: the first request is done, the second, of that kind, gets that.
second()
{
	printf 'serve 1\ntake\nasked 0 %s\nanswer 0 status=%s\nsend 0\nforget\nserve' "$@"
}
# first OP STATUS: the first one gets it.
first()
{
	printf 'take\nasked 0 %s\nanswer 0 status=%s\nsend 0\nforget\nserve' "$@"
}

back_case 'a flush fails, the next is made' \
	"$flush 2>/tmp/out && exit 1; cat /tmp/out; grep back $cache && $flush && exit 3" \
	EIO "$(second flush -1)"
back_case 'a forced write fails' "$forced" EIO "$(first write -1)"
back_case 'the flush of a forced write fails' "$forced" EIO "$(second flush -1)"
back_case 'the flush of a forced write is refused' \
	"$forced && exit 1; wait_for 10 grep through $cache && $forced" ok \
	"$(second flush -2)" 'refuses to flush'
BACK_CONNECT='feature-barrier=1 feature-flush-cache=0'
back_case 'a barrier fails, the next is made' \
	"$flush && exit 1; grep back $cache && $flush" ok "$(second 'barrier nr=0' -1)"
back_case 'a barrier is refused' \
	"$flush && exit 1; wait_for 10 grep through $cache && $flush" ok \
	"$(second 'barrier nr=0' -2)" 'refuses to flush'
back_case 'the barrier of a forced write is refused' "$forced" EIO \
	"$(second 'barrier nr=0' -2)" 'refuses to flush'
BACK_CONNECT='feature-discard=1 discard-granularity=512 discard-secure=1'
discard='blkdiscard -l 65536 /dev/xvdb'
erase='blkdiscard -s -l 65536 /dev/xvdb'
none='[ "$(cat /sys/block/xvdb/queue/discard_max_bytes)" = 0 ]'
back_case 'a discard fails, the next is made' "$discard && exit 1; $discard" ok \
	"$(first discard -1)"
back_case 'a discard is refused' \
	"$discard; none() { $none; }; wait_for 10 none && ! $discard" ok \
	"$(first discard -2)" 'refuses to discard'
back_case 'an erase fails' "$erase" EIO "$(first discard -1)"
back_case 'an erase is refused, discards are not' "! $erase && $discard &&
	! { $none; }" ok "$(first discard -2)" 'refuses to erase'
back_case 'a discard is answered as a read' "$discard" EIO 'take
asked 0 discard
answer 0 op=read
send 0
gate' 'another operation than was asked'
back_end
