# SPDX-License-Identifier: GPL-2.0-only
# NAME: xenblk-dump: from memory, with requests held below, what debugfs says
# TIMEOUT: 120
# NEEDS: ours peers

. /lab/tests/trace.sh
dump=/lab/tools/xenblk-dump
below=$(disk_null a 16 memory_backed=1)
dev=$(disk_dm slow "0 32768 linear $below 0")
other=$(disk_null b 16)
GUEST_ARGS="max_ring_pages=2"
guest_start g "$GUEST" "$dev,xvda" "$other,xvdb"
id=$(domid g)
back=$(trace_dir g)
guest g 'dd if=/dev/xvda of=/dev/null bs=64k iflag=direct status=none'
run dmsetup suspend --nolockfs --noflush slow
guest_send g 'dd if=/dev/zero of=/dev/xvda bs=4k seek=8 count=1 oflag=direct \
	conv=notrunc status=none'
shown()
{
	grep -q ' write 64 8 1 submitted ' "$back/requests"
}
wait_for 10 shown || fail "the request is not shown: $(cat "$back/requests")"

run $dump /lab/modules/xen-blkback.ko >/tmp/dump
cat /tmp/dump
# Of the first disk: its lines, up to the next one's.
sed -n "/^back vbd-$id-51712 /,/^back vbd-$id-51728 /p" /tmp/dump >/tmp/first
grep -q "^back vbd-$id-51712 state connected front connected$" /tmp/first ||
	fail "the disk is not there, or not connected"
grep -q "^back vbd-$id-51728 " /tmp/dump || fail "the other disk is not there"
grep -qE "^  disk $(sed -n 's/^physical_device //p' "$back/device") mode w sectors 32768$" \
	/tmp/first || fail "the backing device is another"
for key in ring_pages slots indirect persistent; do
	grep -qE "\b$key $(sed -n "s/^$key //p" "$back/device")\b" /tmp/first ||
		fail "$key is not what debugfs says"
done
for key in req_cons rsp_prod_private unanswered rd_req wr_req rd_sect wr_sect \
	   grants_kept; do
	grep -qE "\b$key $(trace_key "$back/rings" $key)\b" /tmp/first ||
		fail "$key is not what debugfs says"
done
grep -qE "^  ring $id\.xvda-0 " /tmp/first || fail "the ring has no name"
line=$(grep ' sector 64 sectors 8 segs 1 submitted age_us ' /tmp/first) ||
	fail "the request is not there"
age=${line##* }
at=$(awk 'NR > 1 { print $8 }' "$back/requests")
((age > 0 && age <= at)) || fail "it is $age us old, later $at"
equal "requests in flight" "$(grep -c ' age_us ' /tmp/dump)" 1

# What it cannot do it says in a line.
! $dump /lab/modules/xen-blkfront.ko >/tmp/out 2>&1 ||
	fail "another module's file is good enough"
cat /tmp/out
equal "lines about that" "$(wc -l </tmp/out)" 1
! $dump -c /dev/null >/tmp/out 2>&1 || fail "an empty file is a crash dump"
cat /tmp/out
equal "lines about that" "$(wc -l </tmp/out)" 1

# What xl writes of a guest is no crash dump that drgn can read.
run xl dump-core g /tmp/core
! $dump -c /tmp/core >/tmp/out 2>&1 || fail "what xl dumps is a crash dump"
rm /tmp/core
cat /tmp/out
equal "what it says" "$(cat /tmp/out)" \
	'xenblk-dump: /tmp/core: no crash dump of a Linux kernel that drgn can read'

# The front's side, of a disk that dom0 serves itself.
run dmsetup resume slow
run insmod /lab/modules/xen-blkfront.ko
disk_spec "$dev,xvdc"
run xl block-attach 0 "$spec" </dev/null
front=/sys/kernel/debug/xen-blkfront/xvdc
wait_for 20 test -b /dev/xvdc || fail "dom0 has no disk of its own"
run dmsetup suspend --nolockfs --noflush slow
dd if=/dev/zero of=/dev/xvdc bs=4k seek=8 count=1 oflag=direct conv=notrunc \
	status=none &
waits()
{
	grep -q ' write 64 8 1 submitted ' $front/requests
}
wait_for 10 waits || fail "the front has no request: $(cat $front/requests)"
run $dump /lab/modules/xen-blkback.ko /lab/modules/xen-blkfront.ko >/tmp/dump
cat /tmp/dump
grep -q '^front xvdc state connected back connected sectors 32768 trusted 1$' \
	/tmp/dump || fail "the front's disk is not there"
sed -n '/^front /,$p' /tmp/dump >/tmp/front
for key in rsp_cons slots; do
	n=$(cat $front/rings $front/device | sed -n "s/^$key //p")
	grep -qE "\b$key $n\b" /tmp/front ||
		fail "the front's $key is not what debugfs says: $n"
done
equal "requests of the front" "$(grep -c ' write  *sector 64 sectors 8 segs 1 submitted ' \
	/tmp/front)" 1
run dmsetup resume slow
wait
run xl block-detach 0 xvdc </dev/null
run rmmod xen_blkfront
guest_stop g
