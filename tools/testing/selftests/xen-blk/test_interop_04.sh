# SPDX-License-Identifier: GPL-2.0-only
# NAME: our front on QEMU's back: fio verify, file system, flush, limits
# TIMEOUT: 75
# NEEDS: ours peers

. /lab/tests/interop.sh
peer_qdisk
mkdir -p /tmp/disks
run truncate -s 64M /tmp/disks/a
# An odd number of sectors: the end is not on a page.
run truncate -s $((4001 * 512)) /tmp/disks/odd
head -c 8M /dev/urandom >/tmp/disks/ro
sum=$(sha256sum </tmp/disks/ro | cut -c1-64)
cached=$(disk_null b 32 memory_backed=1 cache_size=1)
GUEST_FRONT=ours
# QEMU 10 cannot open a plain disk read-only, only a CD.
guest_start g "$GUEST" /tmp/disks/a,xvda "$cached,xvdb" /tmp/disks/odd,xvdc \
	/tmp/disks/ro,xvdd,r,devtype=cdrom
interop_front_ours g
interop_front_word g 51712
interop_verify g xvda
flushes=$(disk_stat "$cached" 16)
equal "QEMU's feature-flush-cache" "$(back_store g 51728 feature-flush-cache)" 1
guest g 'for i in 1 2 3 4 5; do
	dd if=/dev/zero of=/dev/xvdb bs=4k count=1 seek=$i conv=notrunc,fsync status=none || exit 1
done'
flushes=$(($(disk_stat "$cached" 16) - flushes))
[ $flushes -ge 5 ] || fail "five fsyncs made $flushes flushes"
interop_fs g xvdb
interop_last g xvdc /tmp/disks/odd
equal 'what the guest reads' "$(interop_read_only g xvdd | tail -n 1)" "$sum"
equal 'the read-only file' "$(sha256sum </tmp/disks/ro | cut -c1-64)" "$sum"
guest_detach g xvdb
guest_stop g
# dom0 sees what the guest wrote.
run fsck.ext4 -fn "$cached"
expect_dmesg 'I/O error, dev xvd[cd]'
