# SPDX-License-Identifier: GPL-2.0-only
#
# For dom0 and guests alike.

slab_sizes="8 16 32 64 96 128 192 256 512 1k 2k 4k 8k"

slab_counts()
{
	local n

	# KASAN keeps for a while what is freed: there it is left to kmemleak.
	case $(uname -r) in *-kasan) return 0 ;; esac
	sync
	for n in $slab_sizes; do
		echo 1 >"/sys/kernel/slab/kmalloc-$n/shrink"
	done 2>/dev/null
	awk -v sizes="$slab_sizes" '
		BEGIN {
			n = split(sizes, of)
			while (n)
				wanted["kmalloc-" of[n--]] = 1
		}
		$1 in wanted { print $1, $2 }' /proc/slabinfo
}

# kmemleak_check: what nobody points to any more and a driver of ours allocated is
# said in the log. It must be some seconds old for that.
kmemleak_check()
{
	local leaks=/sys/kernel/debug/kmemleak line

	[ -e $leaks ] || return 0
	sleep 5
	echo scan >$leaks
	if grep -q 'xen_blk' $leaks; then
		echo '<3>BUG: kmemleak: our drivers have lost' >/dev/kmsg
		grep -E '^unreferenced|^    \[' $leaks | head -n 60 |
			while IFS= read -r line; do
				echo "$line" >/dev/kmsg
			done
	fi
	echo clear >$leaks
}
