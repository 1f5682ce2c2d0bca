# SPDX-License-Identifier: GPL-2.0-only
# NAME: back unloaded and loaded 10 times, a disk each time: no leak
# TIMEOUT: 200

dev=$(disk_file a 16)
guest_start g "$GUEST"
round()
{
	run back_unload
	back_load
	guest_attach g "$dev,xvda"
	guest g 'dd if=/dev/xvda of=/dev/null bs=256k count=16 iflag=direct status=none'
	guest_detach g xvda
}
kilobytes()
{
	awk -v n="$1:" '$1 == n { print $2 }' /proc/meminfo
}
round
round
channels=$(event_channels 0)
vmalloc=$(kilobytes VmallocUsed)
free=$(kilobytes MemFree)
no_leak slab_counts round
say "vmalloc: $vmalloc kB, now $(kilobytes VmallocUsed)"
say "free: $free kB, now $(kilobytes MemFree)"
equal "event channels" "$(event_channels 0)" "$channels"
(($(kilobytes VmallocUsed) - vmalloc < 1024)) || fail "vmalloc grows"
((free - $(kilobytes MemFree) < 40960)) || fail "memory is not given back"
run back_unload
# Nothing of the module may be left behind by its removal.
[ ! -d /sys/bus/xen-backend/drivers/vbd ] || fail "the driver is still there"
left=$(awk '$1 ~ /blkback|xen_blk/ && $2 > 0' /proc/slabinfo)
[ -z "$left" ] || fail "slabs left: $left"
guest_stop g
