# SPDX-License-Identifier: GPL-2.0-only
# NAME: I/O of a disk in a cgroup: io.max holds, others are free, io.stat counts, no leak
# TIMEOUT: 150
# NEEDS: ours-back

. /lab/tests/feature.sh
cg=/sys/fs/cgroup
run mkdir -p $cg
grep -q " $cg cgroup2 " /proc/mounts || run mount -t cgroup2 none $cg
grep -qw io $cg/cgroup.controllers || skip "the kernel has no io controller"
echo +io >$cg/cgroup.subtree_control || fail "the io controller cannot be had"
run mkdir $cg/slow $cg/slow/none $cg/late

a=$(disk_null a 64 memory_backed=1 discard=1 cache_size=1)
b=$(disk_null b 64 memory_backed=1)
num=$(cat "/sys/class/block/${a##*/}/dev")
# In bytes: of a limit in requests the kernel's throttle loses what is less than one.
iops=20
limit="rbps=$((iops * 4096)) wbps=$((iops * 4096))"

# The first by its key, which a script of the administrator's writes.
script=/tmp/block-slow
cat >$script <<'END'
#!/bin/sh
if [ "$1" = add ]; then
    xenstore-write "$XENBUS_PATH/cgroup" /slow
fi
exec /lab/dom0/block-lab "$@"
END
chmod +x $script
guest_start g "$GUEST" "$a,xvda,w,script=$script"
guest_start h "$GUEST" "$b,xvda"
attr=$(back_dir g 51712)/cgroup
equal "the first guest's cgroup" "$(cat "$attr")" /slow
equal "the other's" "$(cat "$(back_dir h 51712)/cgroup")" ''

# free: so has the first one now.
free()
{
	((rate_g > iops * 3 / 2)) || fail "g has only $rate_g a second, with no limit"
}

# A limit of both disks, so that only the cgroup makes the difference.
for d in "$a" "$b"; do
	echo "$(cat "/sys/class/block/${d##*/}/dev") $limit" \
		>$cg/slow/io.max || fail "io.max"
done
feature_rates 8
feature_limited
feature_rates 5 randwrite
feature_limited

# What the kernel counts is what the back does: reads, writes, flushes, discards.
stat_of()
{
	sed -n "s/^$num .*\b$1=\([0-9]*\).*/\1/p" "$2/io.stat"
}
guest g 'for i in 1 2 3; do
	dd if=/dev/zero of=/dev/xvda bs=4k count=1 seek=$i conv=fsync,notrunc status=none
done; blkdiscard -o 0 -l 8M /dev/xvda'
s=$(back_dir g 51712)/statistics
cat $cg/slow/io.stat
read -r rd_req wr_req f_req rd_sect wr_sect < <(cd "$s" &&
	cat rd_req wr_req f_req rd_sect wr_sect | tr '\n' ' ')
[ "$f_req" -ge 3 ] || fail "three fsyncs made $f_req flushes"
equal "reads" "$(stat_of rios $cg/slow)" "$rd_req"
equal "bytes read" "$(stat_of rbytes $cg/slow)" $((rd_sect * 512))
equal "writes and flushes" "$(stat_of wios $cg/slow)" $((wr_req + f_req))
equal "bytes written" "$(stat_of wbytes $cg/slow)" $((wr_sect * 512))
equal "bytes discarded" "$(stat_of dbytes $cg/slow)" $((8 << 20))

# Another while it runs; none; and what cannot be one, which changes nothing.
echo /late >"$attr" || fail "cannot name another"
equal "the cgroup then" "$(cat "$attr")" /late
feature_rates 4
free
[ "$(stat_of rios $cg/late)" -gt 0 ] || fail "/late counts nothing"
# refused PATH WHY
refused()
{
	local said

	said=$( { echo "$1" >"$attr"; } 2>&1 ) && fail "$1 is taken for a cgroup"
	[[ $said == *"$2" ]] || fail "$1: $said"
}
refused /missing 'No such file or directory'
refused /slow/none 'Operation not supported'
equal "the cgroup still" "$(cat "$attr")" /late
echo /slow >"$attr" || fail "cannot name the first again"
feature_rates 4
feature_limited 30
echo >"$attr" || fail "cannot name none"
equal "the cgroup of none" "$(cat "$attr")" ''
feature_rates 4
free

# It holds for the connections to come.
echo /slow >"$attr" || fail "cannot name the first again"
if [ "$FRONT" = ours ]; then
	guest g 'front_unbind 51712; front_bind 51712; wait_disk xvda'
	wait_for 15 guest_disk_there g xvda || fail "the disk does not come back"
	equal "the cgroup after" "$(cat "$attr")" /slow
	feature_rates 4
	feature_limited 30
fi

# Gone while it is used: I/O goes on, not limited any more, and the cgroup goes
# for good with the disk.
run rmdir $cg/slow/none
guest_send g 'fio --name=r --filename=/dev/xvda --rw=randread --bs=4k --direct=1 \
	--ioengine=io_uring --iodepth=8 --time_based --runtime=5 >/dev/null'
load=$seq
sleep 2
run rmdir $cg/slow
equal "the cgroup gone" "$(cat "$attr")" '/slow (deleted)'
guest_reply g "$load" 60 || fail "I/O fails without the cgroup"
feature_rates 4
free
dying()
{
	sed -n 's/^nr_dying_descendants //p' $cg/cgroup.stat
}
[ "$(dying)" -gt 0 ] || fail "the disk does not hold its cgroup"
guest_stop g
gone()
{
	[ "$(dying)" = 0 ]
}
wait_for 20 gone || fail "$(dying) dead cgroups stay"

# A key that names none: a word in the log, and no limit.
sed -i s,/slow,/missing, $script
GUEST_FRONT=none
guest_start g "$GUEST" "$a,xvda,w,script=$script"
wait_for 10 grep -q . "$(back_dir g 51712)/mode" || fail "no back for the peer"
dmesg | grep -F 'key cgroup: "/missing" is no cgroup with the io controller (-ENOENT)' ||
	fail "no word about a cgroup that is not there"

# A barrier is a work item's to submit, not a thread's.
attr=$(back_dir g 51712)/cgroup
run mkdir $cg/slow
echo /slow >"$attr" || fail "cannot name it anew"
peer g '
page A
connect
fill A 100
req 0 barrier id=1 sector=8 segs=A
req 0 barrier id=2
send 0
expect 0 1..2=ok
close'
equal "two barriers, the kernel's count" "$(stat_of wios $cg/slow) $(stat_of \
	wbytes $cg/slow)" "2 4096"

guest_stop g
guest_stop h
run rmdir $cg/slow $cg/late
wait_for 20 gone || fail "$(dying) dead cgroups stay in the end"
