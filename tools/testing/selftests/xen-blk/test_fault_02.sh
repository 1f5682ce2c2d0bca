# SPDX-License-Identifier: GPL-2.0-only
# NAME: a disk that takes seconds delays no other disk, nor its own detach for ever
# TIMEOUT: 120

under=$(disk_null a 32 memory_backed=1 discard=1)
sectors=$(blockdev --getsz "$under")
modprobe -q dm-delay
slow=$(disk_dm slow "0 $sectors delay $under 0 4000 $under 0 4000")
other=$(disk_null b 32 memory_backed=1)
third=$(disk_null c 32 memory_backed=1)
guest_start g "$GUEST" "$slow,xvda" "$other,xvdb"
guest_send g 'fio --ioengine=io_uring --direct=1 --name=s --filename=/dev/xvda \
--rw=randrw --bs=16k --iodepth=32 --time_based --runtime=10000 >/dev/null 2>&1'
busy()
{
	[ "$(back_count rd_req)" -gt 0 ]
}
back_count()
{
	cat "$(back_dir g 51712)/statistics/$1"
}
wait_for 15 busy || fail "no request is under way"
# Discards take their time, too, and have a work of their own.
guest_send g 'while blkdiscard /dev/xvda; do :; done 2>/dev/null; true'
discards=$seq
discarding()
{
	grep -qw discard "/sys/kernel/debug/xen-blkback/vbd-$(domid g)-51712/requests"
}
wait_for 15 discarding || fail "no discard is under way"
before=$(back_count rd_req)
guest g 60 'fio --ioengine=io_uring --direct=1 --verify=crc32c --verify_fatal=1 \
--name=v --filename=/dev/xvdb --rw=randrw --bs=16k --iodepth=8 --size=4m \
--output-format=terse >/tmp/out 2>&1 || { cat /tmp/out; exit 1; }'
say "the slow disk: $(back_count rd_req) reads, $before before the other's 4 MB"
wait_for 15 discarding || fail "no discard is under way any more"
guest_attach g "$third,xvdc"
guest g 'dd if=/dev/xvdc of=/dev/null bs=64k count=16 iflag=direct status=none'
guest g 'kill -9 $(pidof fio)'
# What is under way ends in its 4 s; who detaches waits no longer than that.
guest_detach g xvda
guest g 'dd if=/dev/xvdb of=/dev/null bs=64k count=16 iflag=direct status=none'
guest_reply g "$discards" 30 || fail "the discards: status $?"
guest_stop g
