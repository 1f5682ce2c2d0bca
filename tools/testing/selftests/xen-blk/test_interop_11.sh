# SPDX-License-Identifier: GPL-2.0-only
# NAME: matrix: persistent grants on and off, ours and upstream's in all four pairs
# TIMEOUT: 180
# NEEDS: ours

. /lab/tests/matrix.sh
pair()
{
	local f b

	for f in 1 0; do
		for b in 1 0; do
			matrix_row persistent "$1" feature_persistent=$f "$2" \
				feature_persistent=$b \
				front:feature-persistent=$f \
				back:feature-persistent=$b
		done
	done
}
matrix_start "$(disk_file a 16)"
matrix_pairs pair
