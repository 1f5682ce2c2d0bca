# SPDX-License-Identifier: GPL-2.0-only
# NAME: a disk that gets a cache while it is in use: what was written is on the medium
# TIMEOUT: 60
# NEEDS: ours-back

. /lab/tests/feature.sh
# The guest was told that there is none, and asks for no flush.
dev=$(disk_file a 32)
cache=/sys/block/${dev##*/}/queue/write_cache
echo 'write through' >"$cache" || fail "$dev keeps its cache"
guest_start g "$GUEST" "$dev,xvda"
equal "the guest's view" "$(guest g 'cat /sys/block/xvda/queue/write_cache')" \
	'write through'

write='dd if=/dev/zero of=/dev/xvda bs=4k count=4 oflag=direct conv=notrunc status=none'
equal "flushes of writes without a cache" "$(feature_flushes "$dev" g "$write")" 0
echo 'write back' >"$cache" || fail "$dev has no cache"
n=$(feature_flushes "$dev" g "$write")
((n >= 4)) || fail "four writes through a new cache made $n flushes"
equal "flushes of reads" "$(feature_flushes "$dev" g 'dd if=/dev/xvda of=/dev/null bs=4k count=4 \
	iflag=direct status=none')" 0
echo 'write through' >"$cache"
equal "flushes once it is gone" "$(feature_flushes "$dev" g "$write")" 0
guest_stop g
