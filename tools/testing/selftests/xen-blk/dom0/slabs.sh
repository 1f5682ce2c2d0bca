# SPDX-License-Identifier: GPL-2.0-only
#
# For dom0 and guests alike.

slab_counts()
{
	local n

	sync
	for n in 8 16 32 64 96 128 192 256 512 1k 2k 4k 8k; do
		echo 1 >"/sys/kernel/slab/kmalloc-$n/shrink"
	done 2>/dev/null
	awk '$1 ~ /^kmalloc-(8|16|32|64|96|128|192|256|512|1k|2k|4k|8k)$/ {
		print $1, $2 }' /proc/slabinfo
}
