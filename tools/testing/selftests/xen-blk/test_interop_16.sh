# SPDX-License-Identifier: GPL-2.0-only
# NAME: matrix: a disk with a cache and one without, ours and upstream's in all pairs
# TIMEOUT: 150
# NEEDS: ours

. /lab/tests/matrix.sh
cached=$(disk_null c 16 memory_backed=1 cache_size=1)
plain=$(disk_file a 16)
pair()
{
	matrix_dev=$cached
	matrix_row flush "$1" "" "$2" "" back:feature-flush-cache=1 \
		'queue:write_cache=write back'
	matrix_dev=$plain
	echo 'write through' >"/sys/block/${plain##*/}/queue/write_cache"
	matrix_row flush "$1" "" "$2" "" back:feature-flush-cache=0 \
		'queue:write_cache=write through'
}
matrix_start "$cached"
matrix_pairs pair
