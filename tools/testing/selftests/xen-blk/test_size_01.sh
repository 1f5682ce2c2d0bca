# SPDX-License-Identifier: GPL-2.0-only
# NAME: what xenblk-size reckons is what Xen, dom0 and the guest count
# TIMEOUT: 180
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

# sized NAME [guest|dom0]: the figure of that name, one disk's if it is not said.
sized()
{
	sed -n "s/.*\"${2:-disk}\": {[^}]*\"$1\": \([0-9]*\).*/\1/p" <<<"$sized"
}

# mapped: how many grants of its disks.
mapped()
{
	echo $(($(grants_of "$(domid g)") - others))
}

at_rest()
{
	[ "$(mapped)" = "$(sized mappings_rest dom0)" ]
}

# granted DISK...: what the front says that it has, beside the rings themselves.
granted()
{
	guest g "cd /sys/kernel/debug/xen-blkfront; cat ${*/%//rings}" |
		awk '$1 == "grants" { n += $2 } END { print n + 0 }'
}

# available: KiB of dom0.
available()
{
	echo 3 >/proc/sys/vm/drop_caches
	sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo
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
dom0=$(available)
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
# What it does not use it gives back by and by.
after=$(guest g "$free")
grants=$(granted xvda)
about 'mapped after the load' "$(mapped)" "$(sized mappings)" 95 100
about 'grants of the front' "$grants" \
	$(($(sized grants) - $(sized mappings_rest))) 95 100
# All else of dom0 changes, too; and Linux makes room for mappings 32768 at a time.
dom0=$((dom0 - $(available)))
say "KiB of dom0: $dom0, reckoned with $(($(sized back) / 1024))"
((dom0 <= $(sized back) / 1024 + 8192)) || fail "dom0 has $dom0 KiB less"
about 'KiB of the guest' $((${before% kB} - ${after% kB})) \
	$(($(sized front) / 1024)) 75 115
guest_stop g

# Two disks, of two rings each.
wait_for 10 no_backs || fail "the back stays behind"
back_load max_queues=2 persistent_grant_unused_seconds=1
one=$(disk_null b 64)
two=$(disk_null c 64)
sized=$(perl /lab/tests/xenblk-size --disks 2 --queues 2 --json) ||
	fail "xenblk-size does not run"
say "$sized"
GUEST_VCPUS=2
guest_start g "$GUEST"
others=$(grants_of "$(domid g)")
channels=$(event_channels "$(domid g)")
guest_attach g "$one,xvda"
guest_attach g "$two,xvdb"
equal 'event channels of two disks' $(($(event_channels "$(domid g)") - channels)) \
	"$(sized event_channels guest)"
equal 'threads' "$( (set +f; cat /proc/[0-9]*/comm 2>/dev/null) |
	grep -c "^$(domid g)\.xvd[ab]-")" "$(sized threads dom0)"
wait_for 10 at_rest || fail "at rest $(mapped) grants of two disks are mapped"
grants=$(($(granted xvda xvdb) + $(sized mappings_rest dom0)))
say "grants of two disks: $grants, reckoned with $(sized grants_rest guest) to $(sized grants guest)"
((grants >= $(sized grants_rest guest) && grants <= $(sized grants guest))) ||
	fail "$grants grants of two disks"
guest_stop g
