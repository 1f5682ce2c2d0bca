# SPDX-License-Identifier: GPL-2.0-only
# NAME: scan_untrusted=0: no partitions of a disk whose back is not trusted
# TIMEOUT: 60
# NEEDS: ours-front

dev=$(disk_file part 32)
printf 'size=20480\nsize=20480\n' | run sfdisk -q "$dev"
GUEST_ARGS="trusted=0 scan_untrusted=0"
guest_start g "$GUEST" "$dev,xvda"

# partitions: the names of what the guest has.
partitions()
{
	guest g 'wait_disk xvda; sleep 1; cd /sys/block/xvda; for p in xvda[0-9]*; do
		[ -d $p ] && printf "%s " $p; done; :'
}

# again TRUSTED SCAN: the disk comes anew, with these parameters.
again()
{
	guest g "cd /sys/module/xen_blkfront/parameters
		echo $1 >trusted; echo $2 >scan_untrusted
		front_unbind 51712; front_bind 51712"
	wait_for 15 guest_disk_there g xvda || fail "the disk does not come back"
}

equal "not trusted, not scanned" "$(partitions)" ''
guest g '! blockdev --rereadpt /dev/xvda 2>/dev/null' >/dev/null
equal "when asked to" "$(partitions)" ''
# The data are there all the same.
guest g 'sfdisk -d /dev/xvda | grep -q "^/dev/xvda2 "'
again 1 0
equal "trusted" "$(partitions)" 'xvda1 xvda2 '
again 0 1
equal "not trusted, but scanned" "$(partitions)" 'xvda1 xvda2 '
guest_stop g
