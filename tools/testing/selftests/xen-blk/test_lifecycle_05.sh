# SPDX-License-Identifier: GPL-2.0-only
# NAME: front unbound and bound again, other rings: both sides close, then connect anew
# TIMEOUT: 90
# NEEDS: ours-front

# Upstream's front leaves a disk that was once closed alone.

dev=$(disk_file a 16)
back_load max_queues=2
GUEST_ARGS="max_ring_pages=2 max_queues=2"
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
rings()
{
	equal "$1: rings" "$(front_store g 51712 num-ring-pages 2>/dev/null ||
		echo 1) $(front_store g 51712 multi-queue-num-queues 2>/dev/null ||
		echo 1)" "$2"
}
# A module that drives nothing may be changed for another meanwhile, which makes
# other rings: those of the round, by parameters.
shapes=('' '' 'max_ring_pages=8 max_queues=1' '' 'max_ring_pages=1 max_queues=2')
want=('' '2 2' '8 1' '8 1' '1 2')
for i in 1 2 3 4; do
	((i % 2)) || guest g "front_unload && front_load ${shapes[i]}"
	((i % 2)) && guest g 'front_bind 51712'
	guest g 'wait_disk xvda'
	wait_for 15 guest_disk_there g xvda || fail "round $i: front $(front_store \
		g 51712 state), back $(back_store g 51712 state)"
	guest g "dd if=/dev/xvda bs=512 count=1 iflag=direct status=none | grep -q first"
	rings "round $i" "${want[i]}"
	[ $i = 4 ] && break
	guest g 'front_unbind 51712; test ! -e /sys/block/xvda'
	wait_for 10 back_idle || fail "round $i: the back stays connected"
done
# The back was closed when the front came: the time that a closed back gets to
# answer is not a reason to fail the disk later on.
guest g 'sleep 7; dd if=/dev/xvda bs=512 count=1 iflag=direct status=none | grep -q first'
guest_stop g
