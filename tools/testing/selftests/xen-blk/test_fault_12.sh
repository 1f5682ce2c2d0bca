# SPDX-License-Identifier: GPL-2.0-only
# NAME: dom0 ballooned down to what it needs, guests in use: slower, nothing fails
# TIMEOUT: 150
# NEEDS: ours

# Pages to map into come from the same memory.  One guest keeps its grants, the other has
# all of its mapped and unmapped.
. /lab/tests/feature.sh
mb()
{
	awk -v k="$1:" '$1 == k { print int($2 / 1024) }' /proc/meminfo
}
whole=$(mb MemTotal)
a=$(disk_null a 32 memory_backed=1)
b=$(disk_null b 32 memory_backed=1)
c=$(disk_null c 32)
guest_start g "$GUEST" "$a,xvda"
GUEST_ARGS=feature_persistent=0
guest_start h "$GUEST" "$b,xvda"
# What the disks keep is theirs before.
feature_verify g xvda
feature_verify h xvda
feature_load g --bsrange=4k-1m --iodepth=32 --size=16m
load_g=$load
feature_load h --bsrange=4k-1m --iodepth=32 --size=16m
load_h=$load
left=64
echo 3 >/proc/sys/vm/drop_caches
run xl mem-set 0 $((whole - $(mb MemAvailable) + left))m
small()
{
	((whole - $(mb MemTotal) > 100 && $(mb MemAvailable) < 2 * left))
}
wait_for 30 small || fail "dom0 still has $(mb MemTotal) of $whole MiB, $(mb MemAvailable) to be had"
say "dom0: $(mb MemTotal) of $whole MiB, $(mb MemAvailable) to be had"
# All that is left goes to others, for a while.
hog=$(($(mb MemAvailable) - 24))
head -c ${hog}m /dev/zero | tail -c $((hog * 1048576 - 4096)) | wc -c >"$LAB_RUN/hog" ||
	fail "the hog"
for round in 1 2 3; do
	guest_attach g "$c,xvdb"
	guest g 'dd if=/dev/xvdb of=/dev/null bs=1M count=16 iflag=direct status=none'
	guest_detach g xvdb
done
say "dom0: $(mb MemAvailable) MiB to be had, pages missed: $(set +f; awk '$1 == "no_page" {
	n += $2 } END { print n }' /sys/kernel/debug/xen-blkback/*/rings)"
guest g 'touch /tmp/enough'
guest h 'touch /tmp/enough'
guest_reply g "$load_g" 90 || fail "fio in g: status $?"
guest_reply h "$load_h" 90 || fail "fio in h: status $?"
run xl mem-set 0 ${whole}m
for guest in g h; do
	equal "requests of $guest that failed" \
		"$(cat "$(back_dir $guest 51712)/statistics/err_req")" 0
	feature_verify $guest xvda --size=4m
	guest_stop $guest
done
