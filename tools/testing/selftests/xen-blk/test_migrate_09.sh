# SPDX-License-Identifier: GPL-2.0-only
# NAME: saved when the back has taken a part of a batch, and the rest is in the ring
# TIMEOUT: 60
# CYCLES: 2 30
# NEEDS: ours

# A disk that has room for four requests, and answers none while it is held: the back
# waits in the midst of what it has found.
. /lab/tests/feature.sh
modprobe -q dm-delay
modprobe -q loop
under=$(disk_null a 16 memory_backed=1 blocksize=512)
free="0 32768 linear $under 0"
held="0 32768 delay $under 0 3600000"
dev=$(losetup --direct-io=on -f --show "$(disk_dm still "$free")") ||
	fail "no loop device"
queue=/sys/block/${dev##*/}/queue
echo 4 >"$queue/nr_requests" && echo 2 >"$queue/nomerges" ||
	fail "it has room for more"
guest_start g "$GUEST" "$dev,xvda"
guest g 'wait_disk xvda; echo 2 >/sys/block/xvda/queue/nomerges'

# half: something is in the back's hands, and something in the ring.
half()
{
	awk '$1 == "waiting" { ring += $2 } $1 == "unanswered" { back += $2 }
		END { print "in the ring " ring ", taken " back
			exit !(ring && back) }' \
		"/sys/kernel/debug/xen-blkback/vbd-$(domid g)-51712/rings"
}
for ((i = 1; i <= CYCLES; i++)); do
	disk_dm_table still "$held"
	guest_send g 'fio --name=v --filename=/dev/xvda --ioengine=io_uring \
		--direct=1 --rw=randwrite --bs=4k --iodepth=32 --size=128k \
		--verify=crc32c --verify_fatal=1 2>&1'
	wait_for 20 half >/dev/null || fail "round $i: no batch is under way"
	feature_save_begin g
	half || fail "round $i: the batch is over"
	disk_dm_table still "$free"
	feature_save_end
	feature_restore g xvda
	guest_reply g "$seq" 30 || fail "round $i: fio says $?"
done
guest_run g "dmesg | grep -v 'lab: run' | grep 'I/O error'" &&
	fail "requests failed on the way"
guest_stop g
