# SPDX-License-Identifier: GPL-2.0-only
# NAME: moved to a back with a cache: a write that was under way is done when it is flushed
# TIMEOUT: 90
# NEEDS: ours

# A write stands still below a back without a cache, and is issued again to one with,
# where it stands still, too, and then its flush does: who made it had no reason to ask
# for one, and may rely on it once it is done. It goes in three parts there, each of which
# has a flush: it may have been made by several, who are told when their part is done.
. /lab/tests/feature.sh
under=$(disk_null a 32 memory_backed=1 cache_size=1)
modprobe -q dm-delay
whole="0 65536 linear $under 0"
hour=3600000
still="0 65536 delay $under 0 0 $under 0 $hour $under 0 0"
# Writes for a while, flushes until the table is another one.
unsafe="0 65536 delay $under 0 0 $under 0 $((8000 * LAB_SCALE)) $under 0 $hour"
dm=$(disk_dm slow "$still")
cache=/sys/block/${dm##*/}/queue/write_cache
echo 'write through' >"$cache" || fail "the cache cannot be hidden"
back_load
guest_start g "$GUEST" "$dm,xvda"
equal 'the cache before' "$(guest g 'cat /sys/block/xvda/queue/write_cache')" \
	'write through'
guest_send g "fio --name=w --filename=/dev/xvda --ioengine=io_uring --direct=1 \
	--rw=write --bs=128k --size=128k 2>&1"
write=$seq
in_flight()
{
	grep -q "$1" "/sys/kernel/debug/xen-blkback/vbd-$(domid g)-51712/requests"
}
wait_for 20 in_flight write || fail "no write is in flight"
feature_save_still g slow "$whole"

back_load max_indirect_segments=0
disk_dm_table slow "$unsafe"
echo 'write back' >"$cache" || fail "the cache cannot be shown"
flushes=$(disk_stat "$under" 16)
feature_restore g xvda
flushed()
{
	[ "$(disk_stat "$under" 16)" -gt "$flushes" ]
}
wait_for 20 in_flight write || fail "the write is not issued again"
nap 3
flushed && fail "the flush passed by what was under way"
wait_for 30 in_flight flush || fail "the front does not flush by itself"
guest_reply g "$write" 1
[ $? = 124 ] || fail "the write is done before its flush"
disk_dm_table slow "$whole"
wait_for 20 flushed || fail "the flush is not done"
guest_reply g "$write" 30 || fail "the write of before the save: status $?"
n=$(($(disk_stat "$under" 16) - flushes))
[ $n -ge 3 ] || fail "three parts of a write had $n flushes"
equal 'the cache now' "$(guest g 'cat /sys/block/xvda/queue/write_cache')" 'write back'
# Who writes later knows of the cache, and asks for a flush where one is wanted.
guest g 'sleep 31'
flushes=$(disk_stat "$under" 16)
guest g '/usr/bin/dd if=/dev/zero of=/dev/xvda bs=4k count=4 oflag=direct status=none'
flushed && fail "a write that asks for no flush has one"
guest g '/usr/bin/dd if=/dev/zero of=/dev/xvda bs=4k count=1 conv=fsync status=none'
flushed || fail "a write that asks for a flush has none"
guest_stop g
