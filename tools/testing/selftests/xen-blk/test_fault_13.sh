# SPDX-License-Identifier: GPL-2.0-only
# NAME: a guest swaps to a Xen disk and has no other memory: its programs go on
# TIMEOUT: 180
# NEEDS: ours

# Data that are written to make room must need none: on each way that they go.
. /lab/tests/feature.sh
data=$(disk_null a 32 memory_backed=1)
swap=$(disk_null b 192 memory_backed=1)
for args in feature_persistent=1 feature_persistent=0 trusted=0; do
	GUEST_ARGS=$args
	guest_start g "$GUEST" "$data,xvda" "$swap,xvdb"
	guest g 'mkswap /dev/xvdb >/dev/null && swapon /dev/xvdb'
	feature_load g --bsrange=4k-256k --iodepth=16 --size=8m
	# More than the guest has, all of it touched, twice at once.
	free=$(guest g 'awk "/^MemAvailable/ { print int(\$2 / 1024) }" /proc/meminfo')
	hog=$((free * 2 / 3))
	said=$(guest g 90 "hog() {
			head -c ${hog}m /dev/zero | tail -c $((hog * 1048576 - 4096)) | wc -c
		}
		hog & hog; wait") || fail "$args: the hogs say $said"
	equal "$args: what the hogs had" "$(echo $said)" \
		"$((hog * 1048576 - 4096)) $((hog * 1048576 - 4096))"
	out=$(guest g 'awk "/^pswpout/ { print \$2 }" /proc/vmstat')
	say "$args: $free MiB to be had, $((2 * hog)) taken, $out pages swapped out"
	((out * 4 > 1024 * hog / 4)) || fail "$args: only $out pages went to the disk"
	feature_load_end g
	guest g 'swapoff /dev/xvdb'
	guest_run g "dmesg | grep -v 'lab: run' | grep -E 'Out of memory|I/O error|page allocation failure'" &&
		fail "$args: not all was well"
	guest_stop g
done
