# SPDX-License-Identifier: GPL-2.0-only
# NAME: a save that fails, as a program waits for the disk: the guest goes on, as does the disk
# TIMEOUT: 150
# NEEDS: ours

# The guest's kernel has all programs stand still before it lets itself be suspended.
# One that waits for an answer does not, and it says no; xl waits a minute for it.
. /lab/tests/feature.sh
expect_dmesg 'Call Trace:'
below=$(disk_null a 16 memory_backed=1)
dev=$(disk_dm slow "0 32768 linear $below 0")
guest_start g "$GUEST" "$dev,xvda"
id=$(domid g)
guest g 'echo 3000 >/sys/power/pm_freeze_timeout
	yes kept | head -c 4096 >/tmp/kept'
run dmsetup suspend --nolockfs --noflush slow
guest_send g 'dd if=/tmp/kept of=/dev/xvda bs=4k seek=8 count=1 oflag=direct conv=notrunc'
writer=$seq
waits()
{
	[ "$(guest g 'awk "{ print \$2 }" /sys/block/xvda/inflight')" = 1 ]
}
wait_for 10 waits || fail "no write is under way"

! xl save g /tmp/g.save >/tmp/save.log 2>&1 </dev/null ||
	fail "saved, though a program does not stand still"
tail -n 3 /tmp/save.log
guest g 'dmesg | grep -v "lab: run" | grep "Freezing user space processes failed"'
equal "domain" "$(xl domid g)" "$id"
waits || fail "the write is not under way any more"
guest_reply g "$writer" 1
equal "status of the wait for the writer" $? 124
equal "times connected" "$(dmesg | grep -c "vbd-$id-51712: connected")" 1

# The disk answers again: so does the guest's, and nothing stands in the next save's way.
run dmsetup resume slow
guest_reply g "$writer" 30 || fail "the writer says $?"
rm -f /tmp/g.save
feature_save g
feature_restore g xvda
guest g 'dd if=/dev/xvda bs=4k skip=8 count=1 iflag=direct status=none | cmp - /tmp/kept'
feature_verify g xvda --size=4m
guest_stop g
