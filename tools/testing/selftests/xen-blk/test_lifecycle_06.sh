# SPDX-License-Identifier: GPL-2.0-only
# NAME: disk detached under a mounted file system: errors, no hang, then as new
# TIMEOUT: 75

a=$(disk_file a 32)
guest_start g "$GUEST" "$a,xvda"
guest g 'mkfs.ext4 -q -F /dev/xvda && mount -t ext4 /dev/xvda /mnt && echo kept >/mnt/f && sync'
rc=0
timeout $((30 * LAB_SCALE)) xl block-detach g xvda </dev/null || rc=$?
say "xl block-detach says $rc, back's state $(back_store g 51712 state 2>/dev/null)"
[ $rc -ne 124 ] || fail "xl block-detach does not end"
# A front may let it go at once or when its last user has gone: either way these
# return.
guest g 20 'dd if=/dev/zero of=/mnt/g bs=4k count=10 conv=fsync; cat /mnt/f; true' 2>&1
guest g 20 'umount /mnt'
wait_for 20 no_dir "$(back_dir g 51712)" || fail "the back stays"
guest g 'wait_for 10 test ! -e /sys/block/xvda'
guest_attach g "$a,xvda"
guest g 'fsck.ext4 -fy /dev/xvda; mount -t ext4 /dev/xvda /mnt && grep kept /mnt/f && umount /mnt'
guest_stop g
