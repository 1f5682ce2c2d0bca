# SPDX-License-Identifier: GPL-2.0-only
# NAME: matrix: indirect requests on and off, ours and upstream's in all four pairs
# TIMEOUT: 180
# NEEDS: ours

. /lab/tests/matrix.sh
# 11 segments or fewer are none that need indirect requests, in either front.
pair()
{
	matrix_row indirect "$1" max_indirect_segments=256 "$2" "" \
		back:feature-max-indirect-segments=256 \
		queue:max_hw_sectors_kb=1024
	matrix_row indirect "$1" max_indirect_segments=11 "$2" "" \
		back:feature-max-indirect-segments=256 \
		queue:max_hw_sectors_kb=44
	# Upstream's back has no parameter for it.
	[ "$2" = ours ] || return 0
	matrix_row indirect "$1" max_indirect_segments=256 "$2" \
		max_indirect_segments=64 \
		back:feature-max-indirect-segments=64 \
		queue:max_hw_sectors_kb=256
	matrix_row indirect "$1" max_indirect_segments=256 "$2" \
		max_indirect_segments=0 \
		back:feature-max-indirect-segments=- \
		queue:max_hw_sectors_kb=44
	matrix_row indirect "$1" max_indirect_segments=11 "$2" \
		max_indirect_segments=0 \
		back:feature-max-indirect-segments=- \
		queue:max_hw_sectors_kb=44
}
matrix_start "$(disk_file a 16)"
matrix_pairs pair
