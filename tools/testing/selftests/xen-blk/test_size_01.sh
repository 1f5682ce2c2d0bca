# SPDX-License-Identifier: GPL-2.0-only
# NAME: what xenblk-size reckons is what Xen and the guest count
# TIMEOUT: 60
# NEEDS: ours

# Deep and slow enough that all slots are in use, by the largest requests.
dev=$(disk_null a 256 irqmode=2 completion_nsec=50000000 hw_queue_depth=128)
back_load max_persistent_grants=9000
GUEST_VCPUS=1
GUEST_ARGS=max_persistent_grants=9000
GUEST_MEMORY=512
guest_start g "$GUEST" "$dev,xvda"
sized=$(perl /lab/tests/xenblk-size --queues 1 --max-persistent 9000 --json) ||
	fail "xenblk-size does not run"
say "$sized"

# sized NAME: the first figure of that name, which is one disk's.
sized()
{
	sed -n "s/.*\"disk\": {[^}]*\"$1\": \([0-9]*\).*/\1/p" <<<"$sized"
}

# about WHAT GOT WANTED PERCENT: not more than reckoned, nor far below.
about()
{
	say "$1: $2, reckoned with $3"
	(($2 <= $3 && $2 * 100 >= $3 * (100 - $4))) ||
		fail "$1: $2, reckoned with $3"
}

free='echo 3 >/proc/sys/vm/drop_caches; sed -n "s/^MemFree: *//p" /proc/meminfo'
about 'mapped at rest' "$(grants_of "$(domid g)")" "$(sized mappings_rest)" 0
before=$(guest g "$free")
guest g 40 'fio --name=deep --filename=/dev/xvda --ioengine=io_uring --direct=1 \
	--rw=write --bs=1m --iodepth=64 --time_based --runtime=5 \
	--output-format=terse >/dev/null'
about 'mapped after the load' "$(grants_of "$(domid g)")" "$(sized mappings)" 5
after=$(guest g "$free")
about 'KiB of the guest' $((${before% kB} - ${after% kB})) \
	$(($(sized front) / 1024)) 25
before=$(event_channels "$(domid g)")
guest_attach g "$(disk_file b 16),xvdb"
equal 'event channels of another disk' \
	$(($(event_channels "$(domid g)") - before)) "$(sized event_channels)"
guest_stop g
