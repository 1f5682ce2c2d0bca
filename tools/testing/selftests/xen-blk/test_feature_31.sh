# SPDX-License-Identifier: GPL-2.0-only
# NAME: 1 MiB takes three calls for its grants, 4 KiB that stay mapped none, nothing empty
# TIMEOUT: 120
# NEEDS: ours

. /lab/tests/feature.sh
dev=$(disk_null a 64 memory_backed=1)
events=/sys/kernel/tracing

# What Xen is asked for, and for how many at once: the third argument, of the copy
# the second.
calls_begin()
{
	mountpoint -q "$events" || run mount -t tracefs tracefs "$events"
	printf '%s\n' 'p:lab/map gnttab_map_refs nr=%cx:u32' \
		'p:lab/unmap gnttab_unmap_refs nr=%cx:u32' \
		'p:lab/copy gnttab_batch_copy nr=%si:u32' \
		>"$events/kprobe_events" || fail "no probe can be set"
	echo >"$events/trace"
	echo 1 >"$events/events/lab/enable"
}

# calls_end: sets $calls, and fails if one of them was for nothing.
calls_end()
{
	echo 0 >"$events/events/lab/enable"
	calls=$(grep -cE ' (map|unmap|copy): ' "$events/trace")
	grep -E ' (map|unmap|copy): ' "$events/trace" | cut -d: -f2- |
		sort | uniq -c | sort -rn | head -n 8
	! grep -E ' (map|unmap|copy): .* nr=0$' "$events/trace" ||
		fail "a call for nothing"
	echo >"$events/kprobe_events"
}

# fio_reads SIZE BLOCK: that much, one after the other.
fio_reads()
{
	guest g "fio --name=n --filename=/dev/xvda --direct=1 --rw=read --bs=$2 \
		--size=$1 --iodepth=1 --output-format=terse" >/dev/null
}

back_load feature_persistent=0
guest_start g "$GUEST" "$dev,xvda"
feature_verify g xvda
calls_begin
fio_reads 16m 1m
calls_end
say "16 requests of 1 MiB: $calls calls"
((calls <= 3 * 16)) || fail "$calls calls for 16 requests of 1 MiB"
((calls >= 2 * 16)) || fail "only $calls calls: how were 4096 pages mapped?"
guest_stop g

# With grants that stay, there is nothing to ask for once all are mapped.
back_load feature_persistent=1
guest_start g "$GUEST" "$dev,xvda"
fio_reads 4m 4k
calls_begin
fio_reads 4m 4k
calls_end
say "1024 requests of 4 KiB: $calls calls"
((calls <= 8)) || fail "$calls calls for grants that stay"
guest_stop g
