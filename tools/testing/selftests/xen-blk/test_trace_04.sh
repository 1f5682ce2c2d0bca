# SPDX-License-Identifier: GPL-2.0-only
# NAME: whoever looks all the time is in nobody's way: attach, detach, reconnect
# TIMEOUT: 150
# NEEDS: ours

. /lab/tests/trace.sh
a=$(disk_null a 16 memory_backed=1)
b=$(disk_null b 16 memory_backed=1)
guest_start g "$GUEST" "$a,xvda"

# Every file of both halves, over and over.
look()
{
	local n=0

	until [ -e /tmp/enough ]; do
		(set +f; find /sys/kernel/debug/xen-blkback \
			/sys/bus/xen-backend/devices/vbd-*/statistics \
			-type f -exec cat {} + >/tmp/seen 2>/dev/null)
		n=$((n + 1))
		echo $n >/tmp/looks
		nap 0.2
	done
}
tops()
{
	local n=0

	until [ -e /tmp/enough ]; do
		/lab/tools/xenblk-top --json -d 0.1 >/tmp/top.json ||
			{ echo "status $?" >/tmp/top.failed; return; }
		n=$((n + 1))
		echo $n >/tmp/tops
	done
}
rm -f /tmp/enough /tmp/top.failed
# Not on into the next test, whatever becomes of this one.
trap 'touch /tmp/enough' EXIT
echo 0 | tee /tmp/looks >/tmp/tops
looked()
{
	[ "$(cat /tmp/looks)" -gt 10 ] && [ "$(cat /tmp/tops)" -ge 2 ]
}
look & looker=$!
tops & topper=$!
guest_send g 'rm -f /tmp/enough; n=0
	until [ -e /tmp/enough ]; do
		find /sys/kernel/debug/xen-blkfront -type f -exec cat {} + \
			>/tmp/seen 2>/dev/null
		n=$((n + 1))
		sleep 0.05
	done
	[ $n -gt 10 ]'
looks=$seq
guest_send g 'until [ -e /tmp/enough ]; do
		fio --name=v --filename=/dev/xvda --ioengine=io_uring --direct=1 \
		--verify=crc32c --verify_fatal=1 --rw=randrw --bs=4k --iodepth=8 \
		--size=1m --output-format=terse >/tmp/fio.out 2>&1 ||
			{ cat /tmp/fio.out; exit 1; }
	done'
load=$seq
for round in 1 2; do
	guest_attach g "$b,xvdb"
	guest g 'dd if=/dev/xvdb of=/dev/null bs=64k iflag=direct status=none'
	guest g 'front_unbind 51728; front_bind 51728; wait_disk xvdb'
	wait_for 15 guest_disk_there g xvdb || fail "xvdb does not come back"
	guest_detach g xvdb
done
wait_for 30 looked || fail "hardly anybody looked"
touch /tmp/enough
guest g 'touch /tmp/enough'
guest_reply g "$load" 60 || fail "fio says $?"
guest_reply g "$looks" 60 || fail "who looks in the guest says $?"
wait $looker
wait $topper
[ ! -e /tmp/top.failed ] || fail "xenblk-top: $(cat /tmp/top.failed)"
say "looks: $(cat /tmp/looks), tables: $(cat /tmp/tops)"
guest_stop g
