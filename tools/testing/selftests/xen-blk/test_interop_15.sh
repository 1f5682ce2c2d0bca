# SPDX-License-Identifier: GPL-2.0-only
# NAME: matrix: discard on and off, a front that trusts and one that does not
# TIMEOUT: 180
# NEEDS: ours

. /lab/tests/matrix.sh
pair()
{
	DISK_OPTIONS=discard
	matrix_row discard "$1" "" "$2" "" back:feature-discard=1
	DISK_OPTIONS=no-discard
	# Ours says so, upstream's says nothing: the same to a front.
	matrix_row discard "$1" "" "$2" "" queue:discard_max_bytes=0
	DISK_OPTIONS=
	matrix_row trusted "$1" trusted=0 "$2" ""
	matrix_row trusted "$1" trusted=0 "$2" feature_persistent=0 \
		back:feature-persistent=0
}
matrix_start "$(disk_file a 16)"
matrix_pairs pair
