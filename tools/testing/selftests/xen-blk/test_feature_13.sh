# SPDX-License-Identifier: GPL-2.0-only
# NAME: a CD drive and a disk whose medium may go: what the guest is told of them
# TIMEOUT: 60
# NEEDS: ours

. /lab/tests/feature.sh

# The tools that ask a drive what it is come to the guest on the medium itself.
cd_make()
{
	local f

	mkdir -p /tmp/disks/tree
	for f in /usr/bin/perl /usr/sbin/blkid; do
		cp "$f" /tmp/disks/tree/
		ldd "$f" | sed -n 's|.* => \(/[^ ]*\) .*|\1|p'
	done | sort -u | while read -r f; do
		cp -L "$f" /tmp/disks/tree/
	done
	run mke2fs -q -t ext4 -O ^has_journal -d /tmp/disks/tree \
		/tmp/disks/cd.img 24M
}

# ask DISK NUMBER: an ioctl without an argument: what it returns, or why not.
ask()
{
	guest g "LD_LIBRARY_PATH=/mnt /mnt/perl -e '
		open(my \$f, \"<\", \"/dev/$1\") or die \"open: \$!\\n\";
		my \$r = ioctl(\$f, $2, 0);
		print defined(\$r) ? \"\$r\\n\" : \"\$!\\n\";'"
}

# looks DISK REMOVABLE RO
looks()
{
	equal "$1 removable" "$(guest g "cat /sys/block/$1/removable")" "$2"
	equal "$1 ro" "$(guest g "cat /sys/block/$1/ro")" "$3"
}

# libxl calls only a CD removable; another's hotplug script may know better.
cat >/tmp/block-removable <<-'EOF'
	#!/bin/bash
	[ "$1" = add ] && xenstore-write "$XENBUS_PATH/removable" 1
	exec /lab/dom0/block-lab "$@"
EOF
chmod 755 /tmp/block-removable
cd_make
dev=$(losetup -r -f --show /tmp/disks/cd.img)
# PVH, too: upstream's front takes no CD there, as it does not where one is
# emulated.
guest_start g "$GUEST" "$(disk_file a 16),xvda" \
	"$(disk_file b 16),xvdb,w,script=/tmp/block-removable" \
	"$dev,xvdc,r,devtype=cdrom"
looks xvda 0 0
looks xvdb 1 0
equal "info of xvda" "$(back_store g 51712 info)" 0
equal "info of xvdb" "$(back_store g 51728 info)" 2
feature_verify g xvdb --size=4m
sum=$(sha256sum </tmp/disks/cd.img)
equal device-type "$(front_store g 51744 device-type)" cdrom
# CD-ROM, removable, read-only.
equal "info of xvdc" "$(back_store g 51744 info)" 7
looks xvdc 1 1
guest g 'mount -t ext4 -o ro /dev/xvdc /mnt'
# CDROM_GET_CAPABILITY tells a CD from a disk; a door is in neither.
equal 'capability of xvdc' "$(ask xvdc 0x5331)" '0 but true'
equal 'capability of xvda' "$(ask xvda 0x5331)" 'Invalid argument'
equal 'eject of xvdc' "$(ask xvdc 0x5309)" \
	'Inappropriate ioctl for device'
equal 'blkid of xvdc' "$(guest g \
	'LD_LIBRARY_PATH=/mnt /mnt/blkid -p -o value -s TYPE /dev/xvdc')" ext4
guest_run g 'eject /dev/xvdc 2>/dev/null' && fail 'it was ejected'
guest_run g 'dd if=/dev/zero of=/dev/xvdc bs=4k count=1 oflag=direct conv=notrunc status=none 2>/dev/null' &&
	fail 'a CD was written'
guest g 'umount /mnt'
equal 'the medium' "$(sha256sum </tmp/disks/cd.img)" "$sum"
guest_detach g xvdc
guest_detach g xvdb
guest_stop g
rm -f /tmp/block-removable
