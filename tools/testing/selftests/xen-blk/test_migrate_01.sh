# SPDX-License-Identifier: GPL-2.0-only
# NAME: save and restore with I/O in flight: what was written is read back
# TIMEOUT: 150
# NEEDS: ours

. /lab/tests/feature.sh
dev=$(disk_file a 32)
GUEST_MEMORY=192
GUEST_VCPUS=1
guest_start g "$GUEST" "$dev,xvda"
feature_load g --bsrange=512-256k --iodepth=32 --size=16m
equal 'queues of one processor' "$(disk_agreed g 51712 | cut -d' ' -f2)" 1
for round in 1 2; do
	sleep 4
	before=$(disk_stat "$dev" 5)
	feature_save g
	feature_restore g xvda
	say "round $round: domain $(domid g), $before writes before"
	feature_goes_on "$dev" "$before" ||
		fail "round $round: no write arrives any more"
done
feature_load_end g
feature_verify g xvda
guest_stop g
