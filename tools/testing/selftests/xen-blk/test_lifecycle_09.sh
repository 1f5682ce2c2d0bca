# SPDX-License-Identifier: GPL-2.0-only
# NAME: backing devices that fail, vanish or are let go under load
# TIMEOUT: 120
# NEEDS: ours

. /lab/tests/feature.sh
file=$(disk_file a 16)
sectors=$(blockdev --getsz "$file")
dm=$(disk_dm dies "0 $sectors linear $file 0")
scsi=$(disk_scsi 32 delay=1)
guest_start g "$GUEST" "$dm,xvda" "$scsi,xvdb"
id=$(domid g)
expect_dmesg 'I/O error, dev (xvd[ab]|dm-[0-9]+|sd[a-z])'
expect_dmesg 'lost async page write'

# All I/O fails, and is answered; then it is good again, and nobody connects anew.
feature_load g --bsrange=512-256k --iodepth=32 --size=8m
disk_dm_table dies "0 $sectors error"
guest_reply g "$load" 60
[[ $? != @(0|124) ]] || fail "fio sees no error, or does not end"
guest_run g 'dd if=/dev/xvda of=/dev/null bs=4k count=1 iflag=direct status=none 2>/dev/null' &&
	fail "a disk of errors is read"
disk_dm_table dies "0 $sectors linear $file 0"
feature_verify g xvda --size=8m

# The device goes for good.
guest_send g 'fio --name=v --filename=/dev/xvdb --ioengine=io_uring --direct=1 \
	--rw=randrw --bsrange=4k-64k --iodepth=32 --size=16m --time_based \
	--runtime=10000 >/dev/null 2>&1'
load=$seq
busy()
{
	[ "$(disk_stat "$scsi" 5)" -gt 20 ]
}
wait_for 20 busy || fail "no write arrives"
echo 1 >"/sys/block/${scsi##*/}/device/delete"
guest_reply g "$load" 60
[[ $? != @(0|124) ]] || fail "fio sees no error, or does not end"
guest g '! dd if=/dev/zero of=/dev/xvdb bs=4k count=1 oflag=direct conv=notrunc status=none 2>/dev/null'
guest_detach g xvdb
# Nobody holds what was deleted.
run rmmod scsi_debug

# A loop device that is told to go stays until its last user has gone.
guest_attach g "$(disk_file b 16),xvdb"
loop=$(losetup -j /tmp/disks/b -n -O NAME)
feature_load g --bsrange=4k-64k --iodepth=16 --size=8m
run losetup -d "$loop"
guest g 'dd if=/dev/zero of=/dev/xvdb bs=64k count=16 oflag=direct conv=notrunc status=none'
feature_load_end g
guest_detach g xvdb
gone()
{
	! losetup -l -n -O NAME | grep -qxF "$loop"
}
wait_for 5 gone || fail "$loop is still held"
guest_stop g
