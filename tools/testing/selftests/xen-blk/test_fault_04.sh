# SPDX-License-Identifier: GPL-2.0-only
# NAME: each allocation of the back's connect and requests fails once: an error, and a way on
# TIMEOUT: 700
# NEEDS: ours faults

. /lab/tests/fault.sh
dev=$(disk_file a 16)
other=$(disk_file b 16)
guest_start g "$GUEST" "$other,xvda"
expect_dmesg 'FAULT_INJECTION'
persistent=/sys/module/xen_blkback/parameters/feature_persistent

# It has come as far as it comes: up, or one end gives up.
settled()
{
	guest_disk_there g xvdb && return
	case $(front_store g 51728 state)$(back_store g 51728 state) in
	*[56]*) ;;
	*) return 1 ;;
	esac
}
# attach: true if the disk comes up. It may come up without what failed.
attach()
{
	disk_spec "$dev,xvdb"
	xl block-attach g "$spec" </dev/null >/dev/null 2>&1
	wait_for 4 settled
	guest_disk_there g xvdb
}
# detach: whatever state it is in.
detach()
{
	xl block-detach g xvdb </dev/null >/dev/null 2>&1
	wait_for 5 no_dir "$(back_dir g 51728)" ||
		xl block-detach --force g xvdb </dev/null >/dev/null 2>&1
	wait_for 10 no_dir "$(back_dir g 51728)" || fail "$1: the back stays"
	guest g 'wait_for 100 test ! -e /sys/block/xvdb'
}
io()
{
	guest g "$(cat /lab/tests/fault.sh)
		fault_io xvdb"
}
for row in 'failslab 1' 'fail_page_alloc 1' 'failslab 0' 'fail_page_alloc 0'; do
	read -r kind keep <<<"$row"
	echo "$keep" >$persistent
	fault_setup $kind xen_blkback
	n=0 failed=0
	while :; do
		n=$((n + 1))
		[ $n -le 300 ] || fail "$kind: no end of allocations"
		fault_nth $kind $n
		if attach; then
			io
		else
			failed=$((failed + 1))
		fi
		detach "$kind $n"
		fault_fired $kind || break
	done
	# All were counted: the next one is the first of another connect.
	! attach || io
	detach "$kind, the last"
	fault_fired $kind || fail "$kind: what is counted is not known"
	say "$kind, persistent $keep: $((n - 1)) allocations, $failed of them lead to no disk"
	[ $n -gt 1 ] || fail "$kind: nothing was ever allocated"
done
echo 1 >$persistent
attach || fail "no disk without faults"
io
guest g 'dd if=/dev/xvda of=/dev/null bs=64k count=16 iflag=direct status=none'
guest_stop g
