# SPDX-License-Identifier: GPL-2.0-only
# NAME: xl block-detach --force under load: errors at once, nothing held, then as new
# TIMEOUT: 75
# NEEDS: ours

a=$(disk_file a 16)
# A disk whose every request takes three seconds.
b=$(disk_null b 64 irqmode=2 completion_nsec=3000000000)
back_load
guest_start g "$GUEST"
id=$(domid g)
grants=$(grants_of "$id")
guest_attach g "$a,xvda"
guest_attach g "$b,xvdb"
channels=$(event_channels 0)
guest_send g 'for d in xvda xvdb; do
		fio --name=l --filename=/dev/$d --ioengine=io_uring --direct=1 \
			--rw=randrw --bsrange=4k-256k --iodepth=32 --size=8m \
			--time_based --runtime=10000 >/tmp/$d 2>&1 &
	done
	wait
	grep -h -o "Input/output error\|No such device" /tmp/xvda /tmp/xvdb | sort | uniq -c
	wait_for 10 test ! -e /sys/block/xvda && wait_for 10 test ! -e /sys/block/xvdb'
load=$seq
busy()
{
	local r w
	read -r r w <"/sys/class/block/${b##*/}/inflight"
	[ $((r + w)) -gt 0 ] && [ "$(disk_stat "$a" 5)" -gt 20 ]
}
# Whoever opens it alone gets it only if nobody has it.
released()
{
	losetup -d "$a" && ! losetup -l -n -O NAME | grep -qxF "$a"
}
wait_for 30 busy || fail "no I/O in flight"
expect_dmesg 'I/O error, dev xvd[ab]'
for disk in xvda xvdb; do
	run timeout $((10 * LAB_SCALE)) xl block-detach --force g $disk </dev/null
done
# The guest is not asked, but told: what is in flight fails, at once.
guest_reply g "$load" 30 || fail "fio and the disks: status $?"
# The back waits for what is in the device: three seconds, here.
for v in 51712 51728; do
	wait_for 15 no_dir "/sys/bus/xen-backend/devices/vbd-$id-$v" ||
		fail "the back of $v stays"
	xenstore-exists "/local/domain/$id/device/vbd/$v" &&
		fail "the front of $v stays in xenstore"
done
wait_for 10 released || fail "the back holds $a"
fewer()
{
	[ "$(event_channels 0)" -lt "$channels" ]
}
wait_for 5 fewer || fail "event channels: $channels, now $(event_channels 0)"
equal "grants mapped in dom0" "$(grants_of "$id")" "$grants"
run back_unload
back_load
# Disks of the same names come and serve.
guest_attach g "$b,xvdb"
guest_attach g "$(disk_file c 16),xvda"
guest g 'dd if=/dev/zero of=/dev/xvda bs=64k count=16 oflag=direct conv=notrunc status=none
	dd if=/dev/xvdb of=/dev/null bs=4k count=1 iflag=direct status=none'
guest_stop g
