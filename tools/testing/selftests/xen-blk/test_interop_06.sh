# SPDX-License-Identifier: GPL-2.0-only
# NAME: GRUB boots the guest from our back's disk, Linux's front of ours takes it over
# TIMEOUT: 75
# NEEDS: ours peers

. /lab/tests/interop.sh
mkdir -p /tmp/disks
run truncate -s 176M /tmp/disks/a
printf '2048,140M\n,\n' | sfdisk -q /tmp/disks/a || fail "no partitions"
dev=$(disk_file a 176 -P)
wait_for 5 test -b "${dev}p2" || fail "no partitions of $dev"
run mkfs.ext4 -q -O ^has_journal "${dev}p1"
run mount -t ext4 "${dev}p1" /mnt
mkdir -p /mnt/boot/grub
# PV takes the kernel proper, the other one starts as on a bare machine.
case $GUEST in
pv) loader=grub-x86_64-xen.bin image=/kernel/guest/vmlinux ;;
pvh) loader=grub-i386-xen_pvh.bin image=/usr/lib/xen-blk-peers/vmlinuz-$KERNEL ;;
esac
run cp "$image" /mnt/boot/vmlinuz
run cp /lab/guest.initrd /mnt/boot/initrd
cat >/mnt/boot/grub/grub.cfg <<-EOF
	echo "loader: linux"
	linux /boot/vmlinuz console=hvc0 loglevel=7 panic=1 mitigations=off random.trust_cpu=on nokaslr lab.front=ours
	echo "loader: initrd"
	initrd /boot/initrd
	echo "loader: boot"
	boot
EOF
sum=$(cat /mnt/boot/vmlinuz /mnt/boot/initrd | sha256sum)
run umount /mnt
second=$(disk_file b 16)
GUEST_KERNEL=/usr/lib/xen-blk-peers/$loader
GUEST_RAMDISK=
GUEST_MEMORY=384
GUEST_FRONT=ours
guest_start g "$GUEST" "$dev,xvda" "$second,xvdb"
id=$(domid g)
run grep -a 'loader: boot' /lab/results/console/guest-g.log
interop_front_ours g
# Twice for the disk that was booted from: by the loader, by Linux.
dmesg | grep "vbd-$id-51712: connected"
equal 'times connected' "$(dmesg | grep -c "vbd-$id-51712: connected")" 2
[ "$(disk_stat "$dev" 3)" -ge $(($(stat -c %s "$image") / 512)) ] ||
	fail "the loader did not read the kernel from this disk"
interop_front_word g 51712
interop_verify g xvda2
interop_verify g xvdb
guest g 'mount -t ext4 -o ro /dev/xvda1 /mnt'
equal 'what was booted, read by Linux' \
	"$(guest g 50 'cat /mnt/boot/vmlinuz /mnt/boot/initrd | sha256sum')" "$sum"
guest_detach g xvdb
guest_stop g
wait_for 10 no_dir "/sys/bus/xen-backend/devices/vbd-$id-51712" ||
	fail "the back of xvda stays"
