# SPDX-License-Identifier: GPL-2.0-only
# NAME: indirect requests: none, 32, and the most there can be (16 MiB)
# TIMEOUT: 120
# NEEDS: ours

. /lab/tests/feature.sh
dev=$(disk_file a 64)
back_load max_indirect_segments=4096
for segs in 0 32 4096; do
	GUEST_ARGS="max_indirect_segments=$segs"
	guest_start g "$GUEST" "$dev,xvda"
	kib=$((segs > 11 ? segs * 4 : 44))
	equal max_hw_sectors_kb "$(guest g 'cat /sys/block/xvda/queue/max_hw_sectors_kb')" $kib
	guest g "echo $kib >/sys/block/xvda/queue/max_sectors_kb"
	feature_verify g xvda --bsrange=4k-16m --iodepth=4 --size=48m
	guest_stop g
done
