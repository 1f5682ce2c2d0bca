# SPDX-License-Identifier: GPL-2.0-only
# NAME: what holds up a detach is shown: in flight with age, and one line in the log
# TIMEOUT: 90
# NEEDS: ours

. /lab/tests/trace.sh
below=$(disk_null a 16 memory_backed=1)
dev=$(disk_dm slow "0 32768 linear $below 0")
guest_start g "$GUEST" "$dev,xvda"
back=$(trace_dir g)
run dmsetup suspend --nolockfs --noflush slow
guest_send g 'dd if=/dev/zero of=/dev/xvda bs=4k seek=8 count=1 oflag=direct \
	conv=notrunc'
writer=$seq

# shown DIR: age of the one request in flight, a write to sector 64; in us.
shown()
{
	awk 'NR > 1 { n++; if ($3 == "write" && $4 == 64 && $5 == 8 && $6 == 1 &&
			$7 == "submitted") age = $8 }
		END { if (n != 1 || !age) exit 1; print age }' "$1/requests"
}
wait_for 10 shown "$back" || fail "the request is not shown: $(cat "$back/requests")"
first=$(shown "$back")
sleep 1
second=$(shown "$back")
[ $((second - first)) -ge 900000 ] || fail "after 1 s it is $((second - first)) us older"
equal unanswered "$(trace_key "$back/rings" unanswered)" 1
guest g 'cat /sys/kernel/debug/xen-blkfront/xvda/requests
	awk '\''$3 == "write" && $4 == 64 && $7 == "submitted" && $8 > 900000 { n++ }
		END { exit n != 1 }'\'' /sys/kernel/debug/xen-blkfront/xvda/requests'

# The front gives up after 5 s, the back says after 5 more what it waits for.
xl block-detach g xvda >/tmp/detach 2>&1 </dev/null &
detach=$!
told()
{
	dmesg | grep -E "vbd-$(domid g)-51712: closing waits for"
}
wait_for 30 told || fail "no line says what the detach waits for"
told | grep -qE 'waits for 1 request\(s\); the oldest: write at sector 64, submitted, [0-9]+ s old$' ||
	fail "the line does not name the request"

# Neither who asked for it nor the writer waits for the device.
ended()
{
	! kill -0 $detach
}
wait_for 30 ended || fail "xl block-detach does not end: $(cat /tmp/detach)"
cat /tmp/detach
guest_reply g "$writer" 30
[[ $? != @(0|124) ]] || fail "the write is done, or hangs"

# Taken away by force it is shown still, under another name.
id=$(domid g)
xl destroy g
gone()
{
	find /sys/kernel/debug/xen-blkback -name "vbd-$id-51712-gone-*" | grep .
}
wait_for 40 gone || fail "what was taken by force is not shown"
shown "$(gone)" || fail "its request is not shown: $(cat "$(gone)/requests")"
cat "$(gone)/device"
grep -q '^gone 1$' "$(gone)/device" || fail "it is not gone"
equal "lines in the log" "$(told | wc -l)" 1

run dmsetup resume slow
nothing()
{
	[ -z "$(find /sys/kernel/debug/xen-blkback -mindepth 1)" ]
}
wait_for 10 nothing || fail "debugfs keeps $(find /sys/kernel/debug/xen-blkback)"
wait_for 10 no_backs || fail "a back stays"
