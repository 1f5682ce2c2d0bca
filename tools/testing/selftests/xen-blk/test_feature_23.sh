# SPDX-License-Identifier: GPL-2.0-only
# NAME: parameters of one disk by keys in the back's directory; wrong ones are named
# TIMEOUT: 120
# NEEDS: ours

. /lab/tests/feature.sh
. /lab/tests/trace.sh
dev=$(disk_file a 32)
other=$(disk_file b 32)
back_load max_queues=4 max_ring_pages=16

# As the administrator's page says, but for whose script is called in the end.
script=/tmp/block-small
cat >$script <<'END'
#!/bin/sh
if [ "$1" = add ]; then
    xenstore-write $(cat /tmp/params | sed "s,^,$XENBUS_PATH/,")
fi
exec /lab/dom0/block-lab "$@"
END
chmod +x $script

# params KEY VALUE...: what the script is to write.
params()
{
	printf '%s %s\n' "$@" >/tmp/params
}

# device GUEST VDEV KEY
device()
{
	sed -n "s/^$3 //p" "$(trace_dir "$1" "$2")/device"
}

# again: the front of xvda comes anew.  A back that has not seen it go still says
# Connected, and then a front takes what was offered before.
again()
{
	guest g 'front_unbind 51712'
	wait_for 15 parted || fail "the back does not see the front go"
	guest g 'front_bind 51712; wait_disk xvda'
}

parted()
{
	[[ $(back_store g 51712 state) = [26] ]]
}

params param-max-queues 1 param-max-ring-pages 2 \
	param-max-indirect-segments 11 param-max-persistent-grants 16
GUEST_ARGS="max_queues=2 max_ring_pages=16"
guest_start g "$GUEST" "$dev,xvda,w,script=$script" "$other,xvdb"
equal "rings, pages of xvda" "$(device g 51712 rings) $(device g 51712 ring_pages)" \
	"1 2"
feature_front_says g 'xvda: 1 ring(s) of 2 page(s), up to 44 KiB'
xenstore-exists "$(back_store g 51712)/feature-max-indirect-segments" &&
	fail "indirect requests of the first offer are still offered"
equal "grants to be kept" "$(device g 51712 max_persistent_grants)" 16
equal "rings, pages of xvdb" "$(device g 51728 rings) $(device g 51728 ring_pages)" \
	"2 16"
equal "indirect of xvdb" "$(device g 51728 indirect)" 256
feature_verify g xvda
feature_verify g xvdb
kept=$(trace_key "$(trace_dir g)/rings" grants_kept)
[ "$kept" -gt 0 ] && [ "$kept" -le 16 ] || fail "$kept grants are kept, not 1 to 16"
[ "$(trace_key "$(trace_dir g)/rings" no_room)" -gt 0 ] ||
	fail "nobody missed the other grants"
[ "$(trace_key "$(trace_dir g 51728)/rings" grants_kept)" -gt 16 ] ||
	fail "the other disk keeps no more"

# More than the module's; off where the module says on; and a new connection reads
# them again.
store=$(back_store g 51712)
run xenstore-write "$store/param-max-queues" 2 "$store/param-max-ring-pages" 64 \
	"$store/param-feature-persistent" 0 "$store/param-busy-poll-us" 20000 \
	"$store/param-max-copy-segments" 3
run xenstore-rm "$store/param-max-indirect-segments"
again
wait_for 15 guest_disk_there g xvda || fail "the disk does not come back"
equal "rings, pages, indirect then" "$(device g 51712 rings) $(device g \
	51712 ring_pages) $(device g 51712 indirect)" "2 16 256"
equal "offered pages" "$(device g 51712 offered_ring_pages)" 64
equal "persistent" "$(device g 51712 persistent)" 0
equal "segments to be copied" "$(device g 51712 max_copy_segments)" 3
feature_verify g xvda
[ "$(trace_key "$(trace_dir g)/rings" polls)" -gt 0 ] || fail "it never polled"
[ "$(trace_key "$(trace_dir g)/rings" grants_copied)" -gt 0 ] ||
	fail "nothing was copied"
equal "polls of the other disk" \
	"$(trace_key "$(trace_dir g 51728)/rings" polls)" 0

# What makes no sense is named, and the module's goes on.
run xenstore-write "$store/param-max-queues" 0 "$store/param-max-ring-pages" 12 \
	"$store/param-feature-persistent" maybe \
	"$store/param-max-copy-segments" 4097 \
	"$store/param-max-persistent-grants" 4294967296
again
wait_for 15 guest_disk_there g xvda || fail "the disk does not come back again"
for want in 'param-max-queues is "0", not 1 to 1024' \
	    'param-max-ring-pages is "12", not a power of two from 1 to 64' \
	    'param-feature-persistent is "maybe", not 0 or 1' \
	    'param-max-copy-segments is "4097", not 0 to 4096' \
	    'param-max-persistent-grants is "4294967296", not 0 to 4294967295'; do
	dmesg | grep -F "$want: the module's parameter goes on" ||
		fail "no word about $want"
done
equal "offered rings, pages, persistent" "$(device g 51712 offered_rings) $(device \
	g 51712 offered_ring_pages) $(device g 51712 offered_persistent)" "4 16 1"
equal "a cap of its own" "$(device g 51712 max_persistent_grants)" ""
feature_verify g xvda
guest_stop g

# Attached to a running guest, whose front may have looked before the script ran.
params param-max-queues 1 param-max-ring-pages 1 param-max-persistent-grants 8
GUEST_ARGS="max_queues=2 max_ring_pages=16"
guest_start g "$GUEST" "$other,xvdb"
guest_attach g "$dev,xvda,w,script=$script"
equal "grants to be kept" "$(device g 51712 max_persistent_grants)" 8
feature_verify g xvda
again
wait_for 15 guest_disk_there g xvda || fail "the attached disk does not come back"
equal "rings and pages of the next connection" "$(device g 51712 rings) $(device \
	g 51712 ring_pages)" "1 1"
guest_stop g
