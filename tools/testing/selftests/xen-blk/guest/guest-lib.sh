# SPDX-License-Identifier: GPL-2.0-only
#
# For commands that dom0 sends to a guest: every one of them has this sourced.

. /lab/slabs.sh

# front_load [PARAMETER...]: the front this guest was started for.
front_load()
{
	case ${LAB_FRONT:-} in
	ours) insmod /lab/xen-blkfront.ko "$@" ;;
	upstream) modprobe xen-blkfront "$@" ;;
	esac
}

front_unload()
{
	rmmod xen_blkfront
}

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for()
{
	local n=$(($1 * 5))

	shift
	until "$@" 2>/dev/null; do
		n=$((n - 1))
		[ "$n" -gt 0 ] || return 1
		sleep 0.2
	done
}

# wait_disk NAME: until the disk is there and has a size.
wait_disk()
{
	wait_for "${2:-10}" test -b "/dev/$1"
}

# wait_size NAME MIB: until the disk is that large.
wait_size()
{
	wait_for 10 grep -qx $(($2 * 2048)) "/sys/block/$1/size" && return
	cat "/sys/block/$1/size"
	return 1
}

# front_unbind NUMBER / front_bind NUMBER: the guest gives a disk up and takes it
# again.
front_unbind()
{
	echo "vbd-$1" >/sys/bus/xen/drivers/vbd/unbind
}

front_bind()
{
	echo "vbd-$1" >/sys/bus/xen/drivers/vbd/bind
}
