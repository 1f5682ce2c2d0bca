# SPDX-License-Identifier: GPL-2.0-only
# NAME: D14: grant table version 2: pages granted for good survive the back's purge, and a shrinker
# TIMEOUT: 75
# NEEDS: ours-front

. /lab/tests/feature.sh
dev=$(disk_file a 32)
back_load persistent_grant_unused_seconds=1
GUEST_EXTRA=grant_table.version=2
GUEST_ARGS=max_ring_pages=1
guest_start g "$GUEST" "$dev,xvda"
guest g 'dmesg | grep -v "lab: run" | grep -F "Grant tables using version 2"'
for round in 1 2 3; do
	feature_verify g xvda
	# Ends no grant that the back has; but a try is enough to spoil one here.
	guest g 'echo 2 >/proc/sys/vm/drop_caches'
	# All but the ring's own pages go.
	purged()
	{
		held=$(grants_of "$(domid g)")
		[ "$held" -gt 0 ] && [ "$held" -lt 10 ]
	}
	wait_for 20 purged || fail "the back keeps $held grants of a disk at rest"
	say "round $round: $held still mapped"
done
guest_stop g
