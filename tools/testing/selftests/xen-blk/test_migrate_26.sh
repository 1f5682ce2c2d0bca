# SPDX-License-Identifier: GPL-2.0-only
# NAME: saved and restored 16 times: no grant, reference or object of the guest's is lost
# TIMEOUT: 60
# CYCLES: 16 12
# NEEDS: ours

# Two rings of 64 pages, of a table of 2048 grants: what is lost at a move is soon missed.
. /lab/tests/feature.sh
dev=$(disk_file a 16)
back_load max_ring_pages=64 max_queues=2
GUEST_MEMORY=192
GUEST_CONFIG='max_grant_frames = 4'
GUEST_ARGS='max_ring_pages=64 max_queues=2 feature_persistent=0'
GUEST_EXTRA=$(slabs_exact)
guest_start g "$GUEST" "$dev,xvda"
feature_load g --bsrange=4k-64k --iodepth=8 --size=4m
agreed()
{
	equal "$1" "$(disk_agreed g 51712)" '64 2 0'
}
count()
{
	guest g slab_counts
}
agreed 'at first'
for ((i = 1; i <= CYCLES; i++)); do
	feature_save g
	before=$(disk_stat "$dev" 5)
	feature_restore g xvda
	agreed "after $i moves"
	feature_goes_on "$dev" "$before" || fail "move $i: no write arrives any more"
	# The first two pay for what the kernel keeps for good.
	((i != 2)) || objects=$(count)
done
equal 'requests that waited for a reference' "$(guest g \
	"awk '\$1 == \"no_grant\" { n += \$2 } END { print n }' \
		/sys/kernel/debug/xen-blkfront/xvda/rings")" 0
after=$(count)
paste -d' ' <(echo "$objects") <(echo "$after") | awk '$2 != $4'
names=$(grown "$objects" "$after" $((CYCLES > 12 ? CYCLES - 2 : 10)))
[ -z "$names" ] || fail "grows: $names"
feature_load_end g
feature_verify g xvda --size=8m
guest_stop g
