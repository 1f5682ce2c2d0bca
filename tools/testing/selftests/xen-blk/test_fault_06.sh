# SPDX-License-Identifier: GPL-2.0-only
# NAME: one allocation in ten fails at either end: data are right all the same
# TIMEOUT: 150
# NEEDS: ours faults guest-faults

. /lab/tests/fault.sh
. /lab/tests/feature.sh
# Loop devices do their own work in a thread of their own: what fails is ours.
forced='dmesg | grep -v "lab: run" | grep -c "FAULT_INJECTION: forcing a failure"'
dev=$(disk_file a 32)
other=$(disk_file b 32)
for persistent in 1 0; do
	GUEST_ARGS="feature_persistent=$persistent"
	guest_start g "$GUEST" "$dev,xvda" "$other,xvdb"
	before=$(eval "$forced")
	for kind in failslab fail_page_alloc; do
		fault_setup $kind xen_blkback
		fault_share $kind 10
		guest g "$(cat /lab/tests/fault.sh)
			fault_setup $kind xen_blkfront; fault_share $kind 10"
	done
	feature_verify g xvda
	for kind in failslab fail_page_alloc; do
		fault_share $kind 0
		guest g "$(cat /lab/tests/fault.sh)
			fault_share $kind 0"
	done
	feature_verify g xvda
	here=$(($(eval "$forced") - before)) there=$(guest g "$forced")
	say "failures that the kernels tell of: $here in dom0, $there in the guest"
	[ "$here" -gt 0 ] || fail "nothing failed in dom0"
	[ "$there" -gt 0 ] || fail "nothing failed in the guest"
	guest_stop g
done
