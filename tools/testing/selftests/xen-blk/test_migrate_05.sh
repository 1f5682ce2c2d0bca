# SPDX-License-Identifier: GPL-2.0-only
# NAME: D3: discard, flush and write in flight at a save and at an unplug
# TIMEOUT: 120
# NEEDS: ours

# Requests stand still below the back until the guest is suspended, or has given
# the disk up: flushes everywhere, writes and discards in the second half.
. /lab/tests/feature.sh
under=$(disk_null a 32 memory_backed=1 discard=1 cache_size=1 blocksize=512)
modprobe -q dm-delay
whole="0 65536 linear $under 0"
hour=3600000
half="0 32768 delay $under 0 0 $under 0 0 $under 0 $hour
32768 32768 delay $under 32768 0 $under 32768 $hour $under 32768 $hour"
dm=$(disk_dm still "$whole")
back_load
guest_start g "$GUEST"
grants=$(grants_of "$(domid g)")
guest_attach g "$dm,xvda"
guest g 'head -c 4194304 /dev/zero | tr "\\000" x |
	dd of=/dev/xvda bs=1M seek=16 oflag=direct iflag=fullblock conv=fsync status=none'

# in_flight OP...: the back has them, and them alone.
in_flight()
{
	[ "$(awk '$3 ~ /[a-z]/ && NR > 1 { print $3 }' \
		"/sys/kernel/debug/xen-blkback/vbd-$(domid g)-51712/requests" |
		sort | tr '\n' ' ')" = "$* " ]
}
# hold: discard, flush and write on their way, and no task of the guest's that
# sleeps uninterruptibly for them; $sent are the commands.
hold()
{
	local fio op command ops=""

	disk_dm_table still "$half"
	sent=()
	fio='fio --name=w --filename=/dev/xvda --ioengine=io_uring --direct=1 --rw=write --bs=512 --size=512'
	# One after the other: the kernel makes no flush while a write that asks for one
	# is under way.
	while IFS='|' read -r -u 3 op command; do
		guest_send g "$command"
		sent+=("$seq")
		ops+=" $op"
		wait_for 20 in_flight $ops || fail "not in flight:$ops: $(cat \
			"/sys/kernel/debug/xen-blkback/vbd-$(domid g)-51712/requests")"
	done 3<<-END
		discard|/lab/discard /dev/xvda 17825792 1048576
		flush|$fio --offset=3m --sync=dsync --buffer_pattern='"safe"' 2>&1
		write|$fio --offset=20m --sync=dsync --buffer_pattern='"held"' 2>&1
	END
}
# is MIB TEXT: the disk has that there.
is()
{
	equal "MiB $1" "$(dd if="$under" bs=1M skip="$1" count=1 iflag=direct \
		status=none | tr -d '\000' | head -c 4)" "$2"
}
before=$(disk_stat "$under" 12)
flushes=$(disk_stat "$under" 16)
hold
feature_save_still g still "$whole"
feature_over g "$dm,xvda"
feature_restore g xvda
for n in "${sent[@]}"; do
	guest_reply g "$n" 30 || fail "command $n of before the save: status $?"
done
say "discards done by the disk: $(($(disk_stat "$under" 12) - before))"
[ $(($(disk_stat "$under" 12) - before)) -ge 2 ] ||
	fail "the discard in flight was not issued again"
# Once by the back of before, as it lets go of what it has; so it is for each of them.
say "flushes done by the disk: $(($(disk_stat "$under" 16) - flushes))"
# And the one of the write that asked for it.
[ $(($(disk_stat "$under" 16) - flushes)) -ge 3 ] ||
	fail "the flush in flight was not issued again, or that of the write not made"
is 3 safe
is 16 xxxx
is 17 ''
is 18 xxxx
is 20 held

# Unplugged, they fail, and nothing is left.
expect_dmesg 'I/O error, dev xvda'
hold
guest g 'front_unbind 51712; test ! -e /sys/block/xvda'
for n in "${sent[@]}"; do
	guest_reply g "$n" 30
	[[ $? != @(0|124) ]] || fail "command $n of before the unplug does not fail"
done
disk_dm_table still "$whole"
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
