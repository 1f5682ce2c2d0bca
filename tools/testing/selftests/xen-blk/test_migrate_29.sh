# SPDX-License-Identifier: GPL-2.0-only
# NAME: nothing is with the back once the guest is suspended, unless its disk hangs
# TIMEOUT: 150
# NEEDS: ours

# A write that is under way at the source would be done there after one that the guest makes
# elsewhere. The disk takes longer for each than it takes to see that the guest stands still, and
# that one has many under way at once; one of its disks is polled, by who stands still himself.
. /lab/tests/feature.sh
. /lab/tests/trace.sh
modprobe -q dm-delay
for name in a b; do
	under=$(disk_null under$name 32 memory_backed=1)
	whole+=("0 65536 linear $under 0")
	slow+=("0 65536 delay $under 0 3000")
	dms+=("$(disk_dm slow$name "${whole[-1]}")")
done
# are TABLE TABLE: what the two are from now on.
are()
{
	disk_dm_table slowa "$1"
	disk_dm_table slowb "$2"
}
back_load max_queues=2
GUEST_MEMORY=160
GUEST_ARGS="poll_queues=1 max_queues=1"
guest_start g "$GUEST" "${dms[0]},xvda" "${dms[1]},xvdb"

# busy: requests that the backs of the guest have, each on a line.
busy()
{
	local number

	for number in 51712 51728; do
		sed 1d "$(trace_dir g $number)/requests"
	done
}
many()
{
	[ "$(busy | wc -l)" -ge 12 ]
}

are "${slow[@]}"
options="--bs=4k --size=256k --iodepth=16"
feature_load g $options
a=$load
FEATURE_FILE=/dev/xvdb feature_load g $options --hipri=1
b=$load
wait_for 20 many || fail "there is not much under way: $(busy)"
feature_save_begin g
said=$(busy)
equal 'requests with the back of a guest that is suspended' "$said" ''
feature_save_end
are "${whole[@]}"
feature_restore g xvda
for load in $a $b; do
	feature_load_end g 60
done

# A disk that hangs is not waited for for ever, and it is said.
run dmsetup suspend --nolockfs --noflush slowa
feature_load g $options
wait_for 10 many || fail "no requests stand still"
feature_save_begin g
many || fail "what stood still is done"
run dmsetup resume slowa
feature_save_end
feature_restore g xvda
feature_load_end g 60
guest g "dmesg | grep -v 'lab: run' | grep -E 'vbd-51712: suspended while the back has 16 request'"
guest_stop g
