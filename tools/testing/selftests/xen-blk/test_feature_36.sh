# SPDX-License-Identifier: GPL-2.0-only
# NAME: a driver that takes over goes on with what the front was told of a cache
# TIMEOUT: 60
# NEEDS: ours-back

. /lab/tests/feature.sh
dev=$(disk_file a 32)
cache=/sys/block/${dev##*/}/queue/write_cache

# begin CACHE: a guest that is told of it.
begin()
{
	echo "$1" >"$cache" || fail "$dev cannot have: $1"
	guest_start g "$GUEST" "$dev,xvda"
	equal "the guest's view" "$(guest g 'cat /sys/block/xvda/queue/write_cache')" "$1"
}
# take_over CACHE: the driver goes and comes; the disk has another cache by then.
take_over()
{
	back_driver unbind g 51712
	echo "$1" >"$cache"
	back_driver bind g 51712
}
write='dd if=/dev/zero of=/dev/xvda bs=4k count=4 oflag=direct conv=notrunc status=none'

# Told of none, it asks for no flush, and relies on each write that is done.
begin 'write through'
take_over 'write back'
n=$(feature_flushes "$dev" g "$write") || exit
((n >= 4)) || fail "four writes through a cache that the guest knows nothing of made $n flushes"
equal "feature-flush-cache" "$(back_store g 51712 feature-flush-cache)" 0
guest_stop g

# Told of one, it flushes, and that is no error.
begin 'write back'
take_over 'write through'
guest g "${write/trunc/trunc,fsync}"
equal "feature-flush-cache" "$(back_store g 51712 feature-flush-cache)" 1
guest_run g "dmesg | grep -v 'lab: run' | grep -i 'error, dev xvda'" && fail "a flush failed"
echo 'write back' >"$cache"
n=$(feature_flushes "$dev" g "${write/trunc/trunc,fsync}") || exit
((n >= 1)) || fail "a flush of the guest's does not reach the cache"
guest_stop g
