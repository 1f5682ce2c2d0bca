# SPDX-License-Identifier: GPL-2.0-only
# NAME: the cgroup of a disk: another, none, a wrong one, gone in use; no leak
# TIMEOUT: 150
# NEEDS: ours-back

. /lab/tests/feature.sh
feature_cgroups
echo +io >$cg/cgroup.subtree_control || fail "the io controller cannot be had"
run mkdir $cg/slow $cg/slow/none $cg/late

a=$(disk_null a 64 memory_backed=1 cache_size=1)
b=$(disk_null b 64 memory_backed=1)
feature_script /slow
guest_start g "$GUEST" "$a,xvda,w,script=$script"
guest_start h "$GUEST" "$b,xvda"
attr=$(back_dir g 51712)/cgroup
feature_limit $cg/slow "$a" "$b"

# Another while it runs; none; and what cannot be one, which changes nothing.
echo /late >"$attr" || fail "cannot name another"
equal "the cgroup then" "$(cat "$attr")" /late
feature_rates 4
feature_free
[ "$(feature_counted $cg/late "$a" rios)" -gt 0 ] || fail "/late counts nothing"
# refused PATH WHY
refused()
{
	local said

	said=$( { echo "$1" >"$attr"; } 2>&1 ) && fail "$1 is taken for a cgroup"
	[[ $said == *"$2" ]] || fail "$1: $said"
}
refused /missing 'No such file or directory'
refused /slow/none 'Operation not supported'
equal "the cgroup still" "$(cat "$attr")" /late
echo /slow >"$attr" || fail "cannot name the first again"
feature_rates 4
feature_limited 30
echo >"$attr" || fail "cannot name none"
equal "the cgroup of none" "$(cat "$attr")" ''
feature_rates 4
feature_free

# It holds for the connections to come.
echo /slow >"$attr" || fail "cannot name the first again"
if [ "$FRONT" = ours ]; then
	guest g 'front_unbind 51712; front_bind 51712; wait_disk xvda'
	wait_for 15 guest_disk_there g xvda || fail "the disk does not come back"
	equal "the cgroup after" "$(cat "$attr")" /slow
	feature_rates 4
	feature_limited 30
fi

# Gone while it is used: I/O goes on, not limited any more, and the cgroup goes
# for good with the disk.
run rmdir $cg/slow/none
guest_send g 'fio --name=r --filename=/dev/xvda --rw=randread --bs=4k --direct=1 \
	--ioengine=io_uring --iodepth=8 --time_based --runtime=5 >/dev/null'
load=$seq
sleep 2
run rmdir $cg/slow
equal "the cgroup gone" "$(cat "$attr")" '/slow (deleted)'
guest_reply g "$load" 60 || fail "I/O fails without the cgroup"
feature_rates 4
feature_free
dying()
{
	sed -n 's/^nr_dying_descendants //p' $cg/cgroup.stat
}
[ "$(dying)" -gt 0 ] || fail "the disk does not hold its cgroup"
guest_stop g
gone()
{
	[ "$(dying)" = 0 ]
}
wait_for 20 gone || fail "$(dying) dead cgroups stay"

# A key that names none: a word in the log, and no limit.
feature_script /missing
GUEST_FRONT=none
guest_start g "$GUEST" "$a,xvda,w,script=$script"
wait_for 10 grep -q . "$(back_dir g 51712)/mode" || fail "no back for the peer"
dmesg | grep -F 'key cgroup: "/missing" is no cgroup with the io controller (-ENOENT)' ||
	fail "no word about a cgroup that is not there"

# A barrier is a work item's to submit, not a thread's.
attr=$(back_dir g 51712)/cgroup
run mkdir $cg/slow
echo /slow >"$attr" || fail "cannot name it anew"
peer g '
page A
connect
fill A 100
req 0 barrier id=1 sector=8 segs=A
req 0 barrier id=2
send 0
expect 0 1..2=ok
close'
equal "two barriers, the kernel's count" \
	"$(feature_counted $cg/slow "$a" wios) $(feature_counted $cg/slow "$a" wbytes)" "2 4096"

guest_stop g
guest_stop h
run rmdir $cg/slow $cg/late
wait_for 20 gone || fail "$(dying) dead cgroups stay in the end"
