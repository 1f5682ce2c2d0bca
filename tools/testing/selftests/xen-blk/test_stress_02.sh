# SPDX-License-Identifier: GPL-2.0-only
# NAME: disks attached and detached in use, over and over, leave nothing behind
# TIMEOUT: 150
# CYCLES: 200 4
# NEEDS: ours

a=$(disk_file a 16)
b=$(disk_file b 16)
back_load
GUEST_EXTRA=$(slabs_exact)
guest_start g "$GUEST"
id=$(domid g)
bare=$(grants_of "$id")
guest_attach g "$a,xvda"
guest_send g 'until [ -e /tmp/enough ]; do
		fio --name=load --filename=/dev/xvda --ioengine=io_uring --direct=1 \
			--verify=crc32c --verify_fatal=1 --rw=randrw \
			--bsrange=512-64k --iodepth=8 --size=4m --rate_iops=100 \
			--output-format=terse >/tmp/load 2>&1 ||
			{ cat /tmp/load; exit 1; }
	done'
load=$seq

gone()
{
	! xenstore-exists "/local/domain/$id/device/vbd/51728" &&
		! xenstore-exists "/local/domain/0/backend/vbd/$id/51728"
}
in_use()
{
	[ "$(disk_stat "$b" 5)" -gt "$1" ]
}
# round NUMBER: two of three are asked, one is cut off.
round()
{
	local dd before

	before=$(disk_stat "$b" 5)
	guest_attach g "$b,xvdb"
	guest_send g 'wait_disk xvdb || exit 1
		while /usr/bin/dd if=/dev/zero of=/dev/xvdb bs=64k count=32 oflag=direct \
			conv=notrunc,nocreat status=none 2>/dev/null; do
			:
		done
		wait_for 30 test ! -e /sys/block/xvdb'
	dd=$seq
	wait_for 20 in_use "$before" || fail "round $1: no write arrives"
	if (($1 % 3)); then
		guest_detach g xvdb
	else
		run xl block-detach --force g xvdb </dev/null
		wait_for 15 no_dir "/sys/bus/xen-backend/devices/vbd-$id-51728" ||
			fail "round $1: the back stays"
	fi
	guest_reply g "$dd" 30 || fail "round $1: the guest's writer says $?"
	wait_for 5 gone || fail "round $1: the stores are not empty"
}
count()
{
	guest g slab_counts | sed 's/^/guest-/'
	slab_counts | sed 's/^/dom0-/'
}
expect_dmesg 'I/O error, dev xvdb'
# The first rounds pay for what is kept for good (caches, per-cpu parts).
for ((i = 1; i <= 6; i++)); do
	round $i
done
before=$(count)
channels="$(event_channels 0) $(event_channels "$id")"
grants=$(grants_of "$id")
for ((i = 1; i <= CYCLES; i++)); do
	round "$i"
	((i % 20)) || say "$i rounds"
done
after=$(count)
paste -d' ' <(echo "$before") <(echo "$after") | awk '$2 != $4'
mapped=$(($(grants_of "$id") - grants))
say "pages of the guest mapped by others: $grants, then $mapped more"
# One for each that is cut off, a third of them, would be a leak; what the load itself
# comes and goes with is less. A grant of its that stays mapped has an object in dom0, and
# so has what waits in a terminal, 256 bytes in each.
most=$((CYCLES / 4 > 20 ? CYCLES / 4 : 20))
names=$(
	grown "$(grep guest- <<<"$before")" "$(grep guest- <<<"$after")" $most
	grown "$(grep dom0- <<<"$before" | grep -v -- -1k)" \
		"$(grep dom0- <<<"$after" | grep -v -- -1k)" \
		$((most + (mapped > 0 ? mapped : 0)))
	grown "$(grep dom0-.*-1k <<<"$before")" "$(grep dom0-.*-1k <<<"$after")" $((64 + most))
)
[ -z "$names" ] || fail "grows: $names"
equal "event channels of dom0 and guest" \
	"$(event_channels 0) $(event_channels "$id")" "$channels"
((mapped <= 64)) || fail "grants stay mapped"
guest g 'touch /tmp/enough'
guest_reply g "$load" 60 || fail "the load says $?"
guest_detach g xvda
equal "grants mapped at the end" "$(grants_of "$id")" "$bare"
guest_stop g
