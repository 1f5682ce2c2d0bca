# SPDX-License-Identifier: GPL-2.0-only
#
# What the tests of the group fault share: the kernel's fault injection, held to
# what a module of ours calls. For dom0 and guests alike; a command for a guest
# begins with $(cat /lab/tests/fault.sh). KIND is failslab or fail_page_alloc.

# fault_setup KIND MODULE
fault_setup()
{
	local d=/sys/kernel/debug/$1

	echo 0 >$d/probability
	echo 1 >$d/verbose
	echo 32 >$d/stacktrace-depth
	echo N >$d/ignore-gfp-wait
	[ ! -e $d/ignore-gfp-highmem ] || echo N >$d/ignore-gfp-highmem
	[ ! -e $d/min-order ] || echo 0 >$d/min-order
	# From the module's first function to its last.
	awk -v m="[$2]" '$4 == m && $2 ~ /[tT]/ { print $1 }' /proc/kallsyms |
		sort >/tmp/fault.text
	echo "0x$(head -n 1 /tmp/fault.text)" >$d/require-start
	echo "0x$(tail -n 1 /tmp/fault.text)" >$d/require-end
}

# fault_nth KIND N: the Nth allocation from now on fails, and no other.
# What has been counted since the kernel started is known from the one before.
fault_nth()
{
	local d=/sys/kernel/debug/$1 count

	count=$(cat "/run/fault.$1" 2>/dev/null)
	echo $((${count:-0} + $2)) >$d/interval
	echo 1 >$d/times
	echo 100 >$d/probability
}

# fault_fired KIND: it has. No other will.
fault_fired()
{
	local d=/sys/kernel/debug/$1 interval

	[ "$(cat $d/times)" -eq 0 ] || return 1
	echo 0 >$d/probability
	# An interval of 1 counts nothing.
	interval=$(cat $d/interval)
	[ "$interval" -eq 1 ] || echo "$interval" >"/run/fault.$1"
}

# fault_share KIND PERCENT: so many of them fail, at random; 0: none.
fault_share()
{
	local d=/sys/kernel/debug/$1

	echo -1 >$d/times
	echo 1 >$d/interval
	echo "$2" >$d/probability
}

# fault_io DISK: every way that a request can go, and what was written is read.  Not
# more than it takes: each page is an allocation.
fault_io()
{
	[ -e /tmp/fault.data ] || head -c 65536 /dev/urandom >/tmp/fault.data
	/usr/bin/dd if=/tmp/fault.data of="/dev/$1" bs=64k oflag=direct conv=fsync \
		status=none &&
		/usr/bin/dd if=/tmp/fault.data of="/dev/$1" bs=4k count=2 oflag=direct \
			status=none &&
		/usr/bin/dd if="/dev/$1" of=/tmp/fault.read bs=64k count=1 \
			iflag=direct status=none &&
		cmp /tmp/fault.data /tmp/fault.read &&
		blkdiscard -o 1048576 -l 1048576 "/dev/$1"
}
