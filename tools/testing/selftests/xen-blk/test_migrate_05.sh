# SPDX-License-Identifier: GPL-2.0-only
# NAME: D3: discard, flush and write in flight at a save and at an unplug
# TIMEOUT: 120
# NEEDS: ours

# Requests stand still below the back until the guest is suspended, or has given
# the disk up.
. /lab/tests/feature.sh
under=$(disk_null a 32 memory_backed=1 discard=1 cache_size=1 blocksize=512)
dm=$(disk_dm still "0 65536 linear $under 0")
back_load
guest_start g "$GUEST"
grants=$(grants_of "$(domid g)")
guest_attach g "$dm,xvda"
guest g 'head -c 4194304 /dev/zero | tr "\\000" x |
	dd of=/dev/xvda bs=1M oflag=direct iflag=fullblock conv=fsync status=none'

# Whatever happens: nobody could take away what waits for it.
trap 'dmsetup resume still' EXIT

# hold: discard, flush and write on their way; sets $kinds to their commands.  Not
# each of them is counted where it waits.
hold()
{
	kinds=()
	run dmsetup suspend still
	for command in 'blkdiscard -o 1048576 -l 1048576 /dev/xvda' \
		       'sync -d /dev/xvda' \
		       'echo held | /usr/bin/dd of=/dev/xvda bs=512 seek=6144 conv=sync,notrunc,nocreat oflag=direct status=none'; do
		guest_send g "$command"
		kinds+=("$seq")
	done
	guest g 'in_flight() { read -r r w </sys/block/xvda/inflight && test $((r + w)) -ge 1; }
		wait_for 20 in_flight && sleep 2 && cat /sys/block/xvda/inflight'
}
suspended()
{
	xl list "$(domid g)" | awk 'NR == 2 { exit $5 !~ /s/ }'
}
before=$(disk_stat "$under" 12)
hold
xl save g /tmp/g.save >/tmp/save.log 2>&1 </dev/null &
wait_for 30 suspended || fail "the guest is not suspended: $(xl list)"
run dmsetup resume still
run wait $!
wait_for 20 no_backs || fail "a back stays behind after the save"
feature_restore g xvda
for n in "${kinds[@]}"; do
	guest_reply g "$n" 30 || fail "request $n of before the save: status $?"
done
say "discards done by the disk: $(($(disk_stat "$under" 12) - before))"
[ $(($(disk_stat "$under" 12) - before)) -ge 2 ] ||
	fail "the discard in flight was not issued again"
for mb in 0:x 1: 2:x; do
	equal "MiB ${mb%:*}" "$(dd if="$under" bs=1M skip="${mb%:*}" count=1 \
		iflag=direct status=none | tr -d '\000' | head -c 1)" "${mb#*:}"
done
equal 'what was written' "$(dd if="$under" bs=512 skip=6144 count=1 iflag=direct \
	status=none | head -c 4)" held

# Unplugged, they fail, and nothing is left.
hold
guest g 'front_unbind 51712; test ! -e /sys/block/xvda'
for n in "${kinds[@]}"; do
	guest_reply g "$n" 30 && say "request $n of before the unplug was not done"
done
run dmsetup resume still
closed()
{
	case $(back_store g 51712 state) in
	2|6) ;;
	*) return 1 ;;
	esac
}
wait_for 20 closed || fail "the back is in state $(back_store g 51712 state)"
equal "grants mapped" "$(grants_of "$(domid g)")" "$grants"
guest g 'front_bind 51712; wait_disk xvda'
wait_for 15 guest_disk_there g xvda || fail "the disk does not come again"
feature_verify g xvda --size=4m
guest_stop g
