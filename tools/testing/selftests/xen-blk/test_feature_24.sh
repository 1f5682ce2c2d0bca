# SPDX-License-Identifier: GPL-2.0-only
# NAME: I/O of a disk in a cgroup: io.max holds, others are free, io.stat counts
# TIMEOUT: 150
# NEEDS: ours-back

. /lab/tests/feature.sh
feature_cgroups
echo +io >$cg/cgroup.subtree_control || fail "the io controller cannot be had"
run mkdir $cg/slow

a=$(disk_null a 64 memory_backed=1 discard=1 cache_size=1)
b=$(disk_null b 64 memory_backed=1)
feature_script /slow
guest_start g "$GUEST" "$a,xvda,w,script=$script"
guest_start h "$GUEST" "$b,xvda"
equal "the first guest's cgroup" "$(cat "$(back_dir g 51712)/cgroup")" /slow
equal "the other's" "$(cat "$(back_dir h 51712)/cgroup")" ''

# A limit of both disks, so that only the cgroup makes the difference.
feature_limit $cg/slow "$a" "$b"
feature_rates 8
feature_limited
feature_rates 5 randwrite
feature_limited

# What the kernel counts is what the back does: reads, writes, flushes, discards.
counted()
{
	feature_counted $cg/slow "$a" "$1"
}
guest g 'for i in 1 2 3; do
	dd if=/dev/zero of=/dev/xvda bs=4k count=1 seek=$i conv=fsync,notrunc status=none
done; blkdiscard -o 0 -l 8M /dev/xvda'
s=$(back_dir g 51712)/statistics
cat $cg/slow/io.stat
read -r rd_req wr_req f_req rd_sect wr_sect < <(cd "$s" &&
	cat rd_req wr_req f_req rd_sect wr_sect | tr '\n' ' ')
[ "$f_req" -ge 3 ] || fail "three fsyncs made $f_req flushes"
equal "reads" "$(counted rios)" "$rd_req"
equal "bytes read" "$(counted rbytes)" $((rd_sect * 512))
equal "writes and flushes" "$(counted wios)" $((wr_req + f_req))
equal "bytes written" "$(counted wbytes)" $((wr_sect * 512))
equal "bytes discarded" "$(counted dbytes)" $((8 << 20))

# The limit by itself, closely: with nobody else at work.
feature_held g $cg/slow "$a"
guest_stop g
guest_stop h
run rmdir $cg/slow
