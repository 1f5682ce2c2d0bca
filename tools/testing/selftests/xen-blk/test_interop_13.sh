# SPDX-License-Identifier: GPL-2.0-only
# NAME: matrix: rings of one and of 16 pages, ours and upstream's in all four pairs
# TIMEOUT: 180
# NEEDS: ours

. /lab/tests/matrix.sh
pair()
{
	local f b order

	for f in 4 0; do
		for b in 4 0; do
			# Whoever has one page writes no key at all.
			order=-
			((f && b)) && order=4
			matrix_row ring-pages "$1" max_ring_page_order=$f "$2" \
				max_ring_page_order=$b \
				back:max-ring-page-order=$b \
				front:ring-page-order=$order
		done
	done
}
matrix_start "$(disk_file a 16)"
matrix_pairs pair
