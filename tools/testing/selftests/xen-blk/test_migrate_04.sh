# SPDX-License-Identifier: GPL-2.0-only
# NAME: D6: restore with fewer and smaller rings than the disk was made with, and back
# TIMEOUT: 220
# NEEDS: ours

. /lab/tests/feature.sh
dev=$(disk_file a 32)
back_load max_ring_pages=16 max_queues=2
GUEST_MEMORY=224
GUEST_ARGS="max_ring_pages=8 max_queues=2"
guest_start g "$GUEST" "$dev,xvda"
# rings SHAPE: pages and queues as the front wrote them.
rings()
{
	equal "rings" "$(front_store g 51712 num-ring-pages 2>/dev/null || echo 1) $(
		front_store g 51712 multi-queue-num-queues 2>/dev/null || echo 1)" "$1"
}
rings '8 2'
# More in flight than a ring of one page has slots.
feature_load g --bsrange=512-64k --iodepth=128 --size=8m --numjobs=2 \
	--offset_increment=8m
move()
{
	sleep 2
	feature_save g
	# shellcheck disable=SC2086
	back_load $2
	before=$(disk_stat "$dev" 5)
	feature_restore g xvda
	feature_goes_on "$dev" "$before" ||
		fail "$1: no write arrives any more"
	rings "$1"
	say "$1: domain $(domid g)"
}
move '8 1' 'max_ring_pages=16 max_queues=1'
move '1 2' 'max_ring_pages=1 max_queues=2'
move '1 1' 'max_ring_pages=1 max_queues=1 max_indirect_segments=0 feature_persistent=0'
move '8 2' 'max_ring_pages=16 max_queues=4'
feature_load_end g
feature_verify g xvda
guest_stop g
