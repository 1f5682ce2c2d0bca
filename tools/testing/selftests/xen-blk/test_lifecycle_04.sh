# SPDX-License-Identifier: GPL-2.0-only
# NAME: guest destroyed, or crashing, with I/O in flight; the back lets go of everything
# TIMEOUT: 120

# A disk whose every request takes two seconds.
dev=$(disk_null a 256 irqmode=2 completion_nsec=2000000000)
before=$(event_channels 0)
busy()
{
	local r w
	read -r r w <"/sys/class/block/${dev##*/}/inflight"
	[ $((r + w)) -gt 0 ]
}
no_zombies()
{
	! xl list | grep -q null
}
# Whoever opens it alone gets it only if nobody has it.
released()
{
	losetup -d "$file" && ! losetup -l -n -O NAME | grep -qxF "$file"
}
no_more_channels()
{
	[ "$(event_channels 0)" -le "$before" ]
}
# The guest's last words.
expect_dmesg 'Kernel panic|Call Trace:'
for end in destroyed crashed; do
	file=$(disk_file b 32)
	guest_start g "$GUEST" "$file,xvdb"
	id=$(domid g)
	guest_attach g "$dev,xvda"
	guest_send g 'for d in xvda xvdb; do fio --name=l --filename=/dev/$d \
		--ioengine=io_uring --direct=1 --rw=randrw --bsrange=4k-256k --iodepth=64 \
		--time_based --runtime=10000 >/dev/null 2>&1 & done; wait'
	wait_for 30 busy || fail "no I/O in flight"
	say "in flight: $(cat "/sys/class/block/${dev##*/}/inflight")"
	if [ $end = destroyed ]; then
		guest_destroy g
	else
		guest_send g 'echo c >/proc/sysrq-trigger'
		wait_for 20 domain_gone "$id" || fail "it does not crash: $(xl list)"
	fi
	for v in 51712 51728; do
		wait_for 20 no_dir "/sys/bus/xen-backend/devices/vbd-$id-$v" ||
			fail "$end: the back of $v stays"
	done
	wait_for 10 no_zombies || fail "$end: the domain stays: $(xl list)"
	wait_for 10 released || fail "$end: the back holds the disk"
	wait_for 5 no_more_channels ||
		fail "$end: event channels: $before, now $(event_channels 0)"
	equal "grants mapped in dom0" "$(grants_of "$id")" 0
done
run back_unload
