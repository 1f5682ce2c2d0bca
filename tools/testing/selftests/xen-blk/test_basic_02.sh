# SPDX-License-Identifier: GPL-2.0-only
# NAME: data written in the guest is the same in dom0, and the other way round
# TIMEOUT: 60

# On odd sizes and odd places, so that every request has an uneven edge.
dev=$(disk_file a 16)
head -c 3000320 /dev/urandom >/tmp/disks/given
dd if=/tmp/disks/given of="$dev" bs=512 seek=4800 conv=notrunc status=none
sync "$dev"
guest_start g "$GUEST" "$dev,xvda"
there=$(guest g 'dd if=/dev/xvda bs=512 skip=4800 count=5860 iflag=direct status=none |
	sha256sum')
equal "what the guest read" "${there%% *}" \
	"$(sha256sum </tmp/disks/given | cut -d' ' -f1)"
there=$(guest g 'set -e
	head -c 2000384 /dev/urandom >/tmp/mine
	dd if=/tmp/mine of=/dev/xvda bs=512 seek=777 oflag=direct conv=notrunc status=none
	dd if=/tmp/mine of=/dev/xvda bs=1M seek=10241024 oflag=seek_bytes conv=notrunc,fsync status=none
	sha256sum /dev/xvda /tmp/mine')
say "$there"
# The file below the loop device, not the device: no cache in between.
equal "the disk's file" "$(sha256sum </tmp/disks/a | cut -d' ' -f1)" \
	"${there%% *}"
mine=$(tail -n 1 <<<"$there")
equal "the piece in dom0" "$(dd if=/tmp/disks/a bs=512 skip=777 count=3907 \
	status=none | sha256sum | cut -d' ' -f1)" "${mine%% *}"
guest_stop g
