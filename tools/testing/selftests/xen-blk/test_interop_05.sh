# SPDX-License-Identifier: GPL-2.0-only
# NAME: our front on QEMU's back: 16 ring pages, two queues asked for, one disk untrusted
# TIMEOUT: 90
# NEEDS: ours peers

. /lab/tests/interop.sh
peer_qdisk
mkdir -p /tmp/disks
run truncate -s 64M /tmp/disks/a /tmp/disks/b
GUEST_FRONT=ours
GUEST_ARGS="max_ring_pages=16 max_queues=2"
guest_start g "$GUEST" /tmp/disks/a,xvda /tmp/disks/b,xvdb,w,untrusted
interop_front_ours g
for v in 51712 51728; do
	equal max-ring-page-order "$(back_store g $v max-ring-page-order)" 4
	equal ring-page-order "$(front_store g $v ring-page-order)" 4
	# QEMU knows one queue, and does not speak of it.
	interop_front_word g $v | grep -F '1 ring(s) of 16 page(s)' ||
		fail "disk $v has other rings"
done
equal trusted "$(front_store g 51728 trusted)" 0
interop_front_word g 51728 | grep -F 'untrusted back' ||
	fail 'the second disk trusts its back'
interop_front_word g 51712 | grep -F 'untrusted back' &&
	fail 'the first disk does not trust its back'
for disk in xvda xvdb; do
	interop_verify g $disk
	# Deep enough that the last slots are used, and the ring wraps.
	guest g 50 "fio --ioengine=io_uring --direct=1 --filename=/dev/$disk \
		--output-format=terse --name=d --rw=randread --bs=4k \
		--iodepth=512 --numjobs=2 --size=2m" >/dev/null
done
interop_fs g xvdb
guest_stop g
run fsck.ext4 -fn /tmp/disks/b
