# SPDX-License-Identifier: GPL-2.0-only
# NAME: front unbound and bound again: both sides close, then connect anew
# TIMEOUT: 90
# NEEDS: ours-front

# Upstream's front leaves a disk that was once closed alone.

dev=$(disk_file a 16)
guest_start g "$GUEST" "$dev,xvda"
id=$(domid g)
guest g 'echo first >/tmp/w; dd if=/tmp/w of=/dev/xvda bs=512 conv=sync,notrunc oflag=direct status=none'
guest g 'front_unbind 51712; test ! -e /sys/block/xvda'
back_idle()
{
	case $(back_store g 51712 state) in
	2|6) ;;
	*) return 1 ;;
	esac
}
# The guest's device stays and the disk stays online: the back waits for a new
# front (InitWait) or is closed until one comes.
wait_for 10 back_idle || fail "the back is in state $(back_store g 51712 state)"
say "after unbind: front $(front_store g 51712 state), back $(back_store g 51712 state)"
[ -d "$(back_dir g 51712)" ] || fail "the back's device is gone"
for i in 1 2 3; do
	# A module that drives nothing may be changed for another meanwhile.
	((i % 2)) || guest g 'front_unload && front_load'
	((i % 2)) && guest g 'front_bind 51712'
	guest g 'wait_disk xvda'
	wait_for 15 guest_disk_there g xvda || fail "round $i: front $(front_store \
		g 51712 state), back $(back_store g 51712 state)"
	guest g "dd if=/dev/xvda bs=512 count=1 iflag=direct status=none | grep -q first"
	[ $i = 3 ] && break
	guest g 'front_unbind 51712; test ! -e /sys/block/xvda'
	wait_for 10 back_idle || fail "round $i: the back stays connected"
done
# The back was closed when the front came: the time that a closed back gets to
# answer is not a reason to fail the disk later on.
guest g 'sleep 7; dd if=/dev/xvda bs=512 count=1 iflag=direct status=none | grep -q first'
guest_stop g
