# SPDX-License-Identifier: GPL-2.0-only
# NAME: answers that are dropped: the disk fails if it may, and a detach ends
# TIMEOUT: 90
# NEEDS: ours-front guest-faults

dev=$(disk_null a 32 memory_backed=1)
other=$(disk_null b 32 memory_backed=1)
guest_start g "$GUEST" "$dev,xvda" "$other,xvdb"
expect_dmesg 'I/O error, dev xvda'
drop()
{
	guest g 'echo 1000 >/sys/block/xvda/queue/io_timeout
		echo 0 >/sys/kernel/debug/fail_io_timeout/verbose
		echo 100 >/sys/kernel/debug/fail_io_timeout/probability
		echo 1 >/sys/kernel/debug/fail_io_timeout/times
		echo 1 >/sys/block/xvda/io-timeout-fail'
}
drop
guest g "echo Y >/sys/module/xen_blkfront/parameters/timeout_fails"
guest_run g 60 'dd if=/dev/xvda of=/dev/null bs=4k count=1 iflag=direct' &&
	fail "a read whose answer was dropped is good"
guest g 'dmesg | grep -q "still no answer: disk fails"'
guest g 'dd if=/dev/xvdb of=/dev/null bs=64k count=16 iflag=direct status=none'
guest_detach g xvda
guest_attach g "$dev,xvda"
guest g 'dd if=/dev/xvda of=/dev/null bs=64k count=16 iflag=direct status=none'
guest g "echo N >/sys/module/xen_blkfront/parameters/timeout_fails"
drop
guest_send g 'dd if=/dev/xvda of=/dev/null bs=4k count=1 iflag=direct'
sleep $((2 * LAB_SCALE))
guest_detach g xvda
guest_reply g "$seq" 30
[[ $? != @(0|124) ]] || fail "a read whose answer was dropped is good, or does not end"
guest g 'dd if=/dev/xvdb of=/dev/null bs=64k count=16 iflag=direct status=none'
guest_stop g
