# SPDX-License-Identifier: GPL-2.0-only
# NAME: a guest that has few grants: requests wait, a disk too many is refused
# TIMEOUT: 150
# NEEDS: ours

# Two rings of 64 pages a disk, and of 2048 grants most are taken by others.
back_load max_ring_page_order=6 max_queues=2
a=$(disk_null a 32 memory_backed=1)
b=$(disk_null b 32 memory_backed=1)
c=$(disk_null c 32)
GUEST_CONFIG='max_grant_frames = 4'
GUEST_ARGS='feature_persistent=0 max_ring_pages=64'
guest_start g "$GUEST" "$a,xvda" "$b,xvdb"
guest g 'modprobe xen-gntalloc limit=16384 && modprobe -q xen-evtchn
	(echo "page taken 1536"; echo "echo taken"; echo "wait 10000000") |
		/lab/blkif-front 51712 >/tmp/taken 2>&1 &
	taken() { grep -q taken /tmp/taken; }
	wait_for 100 taken'
jobs=""
for disk in xvda xvdb; do
	guest_send g "fio --ioengine=io_uring --direct=1 --verify=crc32c --name=v \
--verify_fatal=1 --filename=/dev/$disk --rw=randrw --bs=128k --iodepth=32 \
--size=16m --output-format=terse >/tmp/out.$disk 2>&1 || { cat /tmp/out.$disk; exit 1; }"
	jobs+="$seq "
done
for n in $jobs; do
	guest_reply g "$n" 30 || fail "fio: status $?"
done

# One disk after the other, until there is no grant for a ring.
refused=""
for v in xvdc xvdd xvde xvdf; do
	disk_spec "$c,$v"
	run xl block-attach g "$spec" </dev/null
	wait_for 5 guest_disk_there g "$v" || { refused=$v; break; }
done
[ -n "$refused" ] || fail "six disks have their grants"
guest g "dmesg | grep 'connecting 2 ring(s) of 64 page(s)'"
guest g 'for d in a b; do
	dd if=/dev/xvd$d of=/dev/null bs=64k count=64 iflag=direct status=none || exit
done'
guest_detach g "$refused"
guest_detach g xvdb
# A ring's pages are still mapped when the front gives them up: the kernel's grant
# table comes by each second, and ends ten.
again()
{
	disk_spec "$c,$refused"
	run xl block-attach g "$spec" </dev/null
	wait_for 3 guest_disk_there g "$refused" && return
	guest_detach g "$refused"
	return 1
}
wait_for 40 again || fail "no disk with the grants of another"
guest g "dd if=/dev/$refused of=/dev/null bs=64k count=64 iflag=direct status=none"
guest_stop g
