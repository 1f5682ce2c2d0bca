# SPDX-License-Identifier: GPL-2.0-only
# NAME: done twice or too early: attach, detach, module, with a file system mounted
# TIMEOUT: 90
# NEEDS: ours

. /lab/tests/feature.sh
dev=$(disk_file a 32)
other=$(disk_file b 32)
guest_start g "$GUEST" "$dev,xvda"
guest g 'mkfs.ext4 -q -F /dev/xvda && mount -t ext4 /dev/xvda /mnt && echo kept >/mnt/f'
before=$(back_store g 51712)
FEATURE_FILE=/mnt/load feature_load g --bsrange=4k-64k --iodepth=8 --size=4m

# Its name is taken: by the same disk, by another.
for again in "$dev,xvda" "$other,xvda"; do
	disk_spec "$again"
	xl block-attach g "$spec" </dev/null && fail "$again is attached on top of it"
done
equal 'the back of xvda' "$(back_store g 51712)" "$before"
equal 'its state' "$(back_store g 51712 state)" 4

# In use: by whoever has it open, and by the disk.
guest g '! rmmod xen_blkfront 2>/tmp/said && { grep -iE "in use|unavailable" /tmp/said || ! cat /tmp/said; }'
rmmod xen-blkback 2>/tmp/said && fail "the back's module goes"
grep -qi 'in use' /tmp/said || fail "rmmod says $(cat /tmp/said)"

# A number that nobody has, one that is gone.
xl block-detach g xvdz </dev/null && fail "what is not there is detached"
guest_attach g "$other,xvdb"
guest_detach g xvdb
xl block-detach g xvdb </dev/null && fail "what is gone is detached"

feature_load_end g
guest g 'grep -q kept /mnt/f && umount /mnt && fsck.ext4 -fn /dev/xvda'
guest_run g 'dmesg | grep -v "lab: run" | grep "I/O error"' && fail "requests failed"
feature_verify g xvda
guest_stop g
