# SPDX-License-Identifier: GPL-2.0-only
# NAME: restore on a back that can do less, and on one that can do more, under load
# TIMEOUT: 200
# NEEDS: ours

. /lab/tests/feature.sh
dev=$(disk_file a 32)
back_load
GUEST_MEMORY=192
guest_start g "$GUEST" "$dev,xvda"
kib()
{
	guest g 'cat /sys/block/xvda/queue/max_hw_sectors_kb'
}
equal "KiB a request" "$(kib)" 1024
# Large requests, so that some are under way that the next back does not take.
feature_load g --bsrange=4k-1m --iodepth=32 --size=16m
# what is loaded then, and what the guest may send in one request
for row in max_indirect_segments=0:44 max_indirect_segments=32:128 \
	   feature_persistent=0:1024 max_indirect_segments=256:1024; do
	sleep 3
	feature_save g
	back_load "${row%:*}"
	before=$(disk_stat "$dev" 5)
	feature_restore g xvda
	feature_goes_on "$dev" "$before" ||
		fail "$row: no write arrives any more"
	equal "$row: KiB a request" "$(kib)" "${row#*:}"
	say "$row: domain $(domid g)"
done
feature_load_end g
feature_verify g xvda
guest_stop g
