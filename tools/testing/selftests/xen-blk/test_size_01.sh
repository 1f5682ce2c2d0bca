# SPDX-License-Identifier: GPL-2.0-only
# NAME: what xenblk-size reckons is what Xen and the guest count
# TIMEOUT: 120
# NEEDS: ours

# Slow enough that all that fio asks for is in flight at once, by the largest requests.
dev=$(disk_null a 256 irqmode=2 completion_nsec=1000000000 hw_queue_depth=128)
back_load max_persistent_grants=9000 persistent_grant_unused_seconds=1
GUEST_VCPUS=1
GUEST_ARGS="max_indirect_segments=128 max_persistent_grants=9000"
GUEST_MEMORY=512
sized=$(perl /lab/tests/xenblk-size --queues 1 --segments 128 --depth 64 \
	--max-persistent 9000 --json) ||
	fail "xenblk-size does not run"
say "$sized"

# What it thinks the structures take is what they take.
run perl /lab/tests/xenblk-size --check /lab/modules/xen-blkback.ko \
	/lab/modules/xen-blkfront.ko

# sized NAME: the first figure of that name, which is one disk's.
sized()
{
	sed -n "s/.*\"disk\": {[^}]*\"$1\": \([0-9]*\).*/\1/p" <<<"$sized"
}

# mapped: how many grants of its disks.
mapped()
{
	echo $(($(grants_of "$(domid g)") - others))
}

at_rest()
{
	[ "$(mapped)" = "$(sized mappings_rest)" ]
}

# about WHAT GOT WANTED LEAST MOST: within these percentages.
about()
{
	say "$1: $2, reckoned with $3"
	(($2 * 100 >= $3 * $4 && $2 * 100 <= $3 * $5)) ||
		fail "$1: $2, reckoned with $3"
}

guest_start g "$GUEST"
# Its console and its way to xenstore.
others=$(grants_of "$(domid g)")
channels=$(event_channels "$(domid g)")
guest_attach g "$dev,xvda"
equal 'event channels' $(($(event_channels "$(domid g)") - channels)) \
	"$(sized event_channels)"
free='echo 3 >/proc/sys/vm/drop_caches; sed -n "s/^MemFree: *//p" /proc/meminfo'

# What looked for partitions is unmapped by then; from now on nothing is.
wait_for 10 at_rest || fail "at rest $(mapped) grants are mapped"
echo 3600 >/sys/module/xen_blkback/parameters/persistent_grant_unused_seconds
load='fio --name=deep --ioengine=io_uring --direct=1 --rw=write --bs=512k \
	--iodepth=64 --time_based --runtime=5 --output-format=terse >/dev/null'
# What the same load leaves behind of itself, not of Xen's disk.
guest g 60 "modprobe null_blk && $load --filename=/dev/nullb0"
before=$(guest g "$free")
guest g 60 "$load --filename=/dev/xvda"
about 'mapped after the load' "$(mapped)" "$(sized mappings)" 95 100
after=$(guest g "$free")
about 'KiB of the guest' $((${before% kB} - ${after% kB})) \
	$(($(sized front) / 1024)) 75 115
guest_stop g
