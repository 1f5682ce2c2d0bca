# SPDX-License-Identifier: GPL-2.0-only
# NAME: attach and detach 10 times, with I/O on another disk
# TIMEOUT: 120

a=$(disk_file a 16)
b=$(disk_file b 16)
guest_start g "$GUEST" "$a,xvda"
guest_send g 'fio --name=load --filename=/dev/xvda --ioengine=io_uring --direct=1 \
	--rw=randrw --bs=4k --iodepth=4 --rate_iops=50,50 --time_based --runtime=10000 \
	--output-format=terse >/tmp/load 2>&1'
for i in {1..10}; do
	guest_attach g "$b,xvdb"
	# A word there and back on some of the rounds.
	if ((i % 5 == 1)); then
		guest g "echo round $i >/tmp/w && dd if=/tmp/w of=/dev/xvdb bs=512 \
			conv=sync,notrunc oflag=direct status=none"
		equal "what arrived" "$(head -n 1 /tmp/disks/b | tr -d '\0')" "round $i"
	fi
	guest_detach g xvdb
done
guest g '! test -e /dev/xvdb && pidof fio >/dev/null && killall -INT fio && sleep 1 &&
	dd if=/dev/xvda of=/dev/null bs=1M count=4 iflag=direct status=none'
equal "disks that the guest has" "$(guest g 'ls /sys/block | grep -c xvd')" 1
guest_stop g
