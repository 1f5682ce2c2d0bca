# SPDX-License-Identifier: GPL-2.0-only
# NAME: matrix: one queue and two, ours and upstream's in all four pairs
# TIMEOUT: 180
# NEEDS: ours

. /lab/tests/matrix.sh
pair()
{
	local f b queues

	for f in 2 1; do
		for b in 2 1; do
			queues=-
			((f == 2 && b == 2)) && queues=2
			matrix_row queues "$1" max_queues=$f "$2" max_queues=$b \
				back:multi-queue-max-queues=$b \
				front:multi-queue-num-queues=$queues
		done
	done
}
matrix_start "$(disk_file a 16)"
matrix_pairs pair
