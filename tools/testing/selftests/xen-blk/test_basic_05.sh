# SPDX-License-Identifier: GPL-2.0-only
# NAME: a flush in the guest reaches the backing device
# TIMEOUT: 45

# A disk with a volatile cache.
dev=$(disk_null a 64 memory_backed=1 cache_size=1)
grep -q 'write back' "/sys/class/block/${dev##*/}/queue/write_cache" ||
	fail "the backing disk has no cache to flush"
guest_start g "$GUEST" "$dev,xvda"
equal feature-flush-cache "$(back_store g 51712 feature-flush-cache)" 1
equal "the guest's view" "$(guest g 'cat /sys/block/xvda/queue/write_cache')" \
	'write back'
before=$(disk_stat "$dev" 16)
guest g 'for i in 1 2 3 4 5; do
	dd if=/dev/zero of=/dev/xvda bs=4k count=1 seek=$i conv=notrunc,fsync status=none || exit 1
done'
after=$(disk_stat "$dev" 16)
say "flushes: $before before, $after after five fsyncs"
[ $((after - before)) -ge 5 ] || fail "five fsyncs made $((after - before)) flushes"
# Plain writes make none.
guest g 'dd if=/dev/zero of=/dev/xvda bs=4k count=64 oflag=direct conv=notrunc status=none'
equal "flushes after plain writes" "$(disk_stat "$dev" 16)" "$after"
equal "the back's own count" \
	"$(cat "$(back_dir g 51712)/statistics/f_req")" $((after - before))
guest_stop g
