# SPDX-License-Identifier: GPL-2.0-only
# NAME: each allocation of the front's connect and requests fails once: an error, and a way on
# TIMEOUT: 700
# NEEDS: ours guest-faults

dev=$(disk_file a 16)
other=$(disk_file b 16)
guest_start g "$GUEST" "$other,xvda"
expect_dmesg 'FAULT_INJECTION'
guest_attach g "$dev,xvdb"

# The guest gives the disk up and takes it again, dom0's toolstack has no part. All
# of it is one command: there are a hundred allocations.
cat >"$LAB_RUN/sweep" <<'EOF_SWEEP'
dir=device/vbd/51728
back=$(xenstore-read $dir/backend)
die()
{
	echo "$kind $n: $*"
	exit 1
}
state()
{
	xenstore-read $dir/state
}
back_waits()
{
	case $(xenstore-read $back/state) in 2|6) ;; *) return 1 ;; esac
}
# It has come as far as it comes.
settled()
{
	case $(state) in 4) [ -b /dev/xvdb ] ;; 5|6) ;; *) return 1 ;; esac
}
# connect: true if the disk comes up. It may do so without what failed.
connect()
{
	wait_for 100 back_waits || die "the back is in state $(xenstore-read $back/state)"
	front_bind 51728 2>/dev/null || return 1
	wait_for 100 settled || die "the front is in state $(state)"
	[ "$(state)" = 4 ] || return 1
	fault_io xvdb || [ "$(state)" != 4 ] || die "a disk that is there does no I/O"
}
disconnect()
{
	[ ! -e /sys/bus/xen/devices/vbd-51728/driver ] ||
		front_unbind 51728 || die "cannot be unbound"
	[ ! -e /sys/block/xvdb ] || die "the disk stays"
}
echo $keep >/sys/module/xen_blkfront/parameters/feature_persistent
n=0 failed=0
disconnect
fault_setup $kind xen_blkfront
while :; do
	n=$((n + 1))
	[ $n -le 300 ] || die "no end of allocations"
	fault_nth $kind $n
	connect || failed=$((failed + 1))
	fault_fired $kind || break
	disconnect
done
# All were counted: the next one is the first of another connect.
disconnect
connect
fault_fired $kind || die "what is counted is not known"
disconnect
echo "$kind, persistent $keep: $((n - 1)) allocations, $failed of them lead to no disk"
[ $n -gt 1 ] || die "nothing was ever allocated"
connect || die "no disk without faults"
EOF_SWEEP
for row in 'failslab 1' 'fail_page_alloc 1' 'failslab 0' 'fail_page_alloc 0'; do
	guest g 180 "$(cat /lab/tests/fault.sh)
kind=${row% *} keep=${row#* }
$(cat "$LAB_RUN/sweep")"
done
guest g 'dd if=/dev/xvdb of=/dev/null bs=64k count=16 iflag=direct status=none
	dd if=/dev/xvda of=/dev/null bs=64k count=16 iflag=direct status=none'
guest_stop g
