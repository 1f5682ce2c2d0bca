# SPDX-License-Identifier: GPL-2.0-only
# NAME: a cgroup for each guest by parameter: its limit holds for the guest, and no other
# TIMEOUT: 150
# NEEDS: ours-back

. /lab/tests/feature.sh
feature_cgroups

# As the administrator's guide has it.
cat >/tmp/block-guest <<'END'
#!/bin/sh
cgroups=/sys/fs/cgroup/guests
guest=${XENBUS_PATH%/*}
if [ "$1" = add ]; then
    mkdir -p "$cgroups/${guest##*/}"
    echo +io >/sys/fs/cgroup/cgroup.subtree_control
    echo +io >$cgroups/cgroup.subtree_control
    for old in $cgroups/*/; do
        xenstore-exists "/local/domain/$(basename "$old")" || rmdir "$old"
    done
fi
exec /lab/dom0/block-lab "$@"
END
chmod +x /tmp/block-guest
feature_script /

back_load cgroup_parent=/guests
equal 'the parameter' "$(cat /sys/module/xen_blkback/parameters/cgroup_parent)" /guests
a=$(disk_null a 64 memory_backed=1)
b=$(disk_null b 64 memory_backed=1)
c=$(disk_null c 16)
guest_start g "$GUEST" "$a,xvda,w,script=/tmp/block-guest"
guest_start h "$GUEST" "$b,xvda,w,script=/tmp/block-guest"
for n in g h; do
	equal "the cgroup of $n" "$(cat "$(back_dir $n 51712)/cgroup")" "/guests/$(domid $n)"
done

# The same limit for both disks, of one guest only.
feature_limit "$cg/guests/$(domid g)" "$a" "$b"
feature_rates 8
feature_limited

# Another disk of the guest joins it, and leaves it; one with a key does not.
guest_attach g "$c,xvdb,w,script=/tmp/block-guest"
equal 'the cgroup of its other disk' "$(cat "$(back_dir g 51728)/cgroup")" \
	"/guests/$(domid g)"
guest_detach g xvdb
run test -d "$cg/guests/$(domid g)"
guest_attach g "$c,xvdb,w,script=$script"
equal 'the cgroup of a disk that shall have none' \
	"$(cat "$(back_dir g 51728)/cgroup")" /
guest_detach g xvdb
guest_stop g
guest_stop h

# The next guest's takes those of the first two away, and nothing holds them.
guest_start g "$GUEST" "$a,xvda,w,script=/tmp/block-guest"
own()
{
	[ "$(cd $cg/guests && find . -mindepth 1 -type d)" = "./$(domid g)" ] &&
		grep -qx 'nr_dying_descendants 0' $cg/cgroup.stat
}
wait_for 20 own || fail "cgroups stay: $(find $cg/guests -type d) $(cat $cg/cgroup.stat)"
guest_stop g
run find $cg/guests -depth -type d -delete

# There is none: a word about it, and I/O goes on.
guest_start g "$GUEST" "$a,xvda"
dmesg | grep -F "parameter cgroup_parent: \"/guests/$(domid g)\" is no cgroup with the io controller (-ENOENT): I/O goes on without" ||
	fail "no word about a cgroup that is not there"
equal 'the cgroup of none' "$(cat "$(back_dir g 51712)/cgroup")" ''
guest g 'dd if=/dev/xvda of=/dev/null bs=64k count=16 iflag=direct status=none'
guest_stop g
