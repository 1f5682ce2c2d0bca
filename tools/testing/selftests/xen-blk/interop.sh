# SPDX-License-Identifier: GPL-2.0-only
#
# What any front and any back must do together.

# interop_verify GUEST DISK: fio reads what it wrote.
interop_verify()
{
	guest "$1" 50 "fio --ioengine=io_uring --direct=1 --verify=crc32c \
--verify_fatal=1 --filename=/dev/$2 --output-format=terse --name=v --rw=randrw \
--bsrange=512-1m --iodepth=32 --size=16m >/tmp/fio.out 2>&1 ||
		{ cat /tmp/fio.out; exit 1; }"
}

# interop_fs GUEST DISK: a file system keeps a file.
interop_fs()
{
	guest "$1" 50 "set -e
	mkfs.ext4 -q -F /dev/$2
	mount -t ext4 /dev/$2 /mnt
	head -c 8000000 /dev/urandom >/mnt/f
	sha256sum /mnt/f | cut -c1-64 >/tmp/s
	sync
	umount /mnt
	fsck.ext4 -fn /dev/$2 >/dev/null 2>&1
	echo 3 >/proc/sys/vm/drop_caches
	mount -t ext4 -o ro /dev/$2 /mnt
	test \"\$(sha256sum /mnt/f | cut -c1-64)\" = \"\$(cat /tmp/s)\"
	umount /mnt"
}

# interop_front_ours GUEST: what drives its disks was built here.
interop_front_ours()
{
	equal "the front's srcversion" \
		"$(guest "$1" 'cat /sys/module/xen_blkfront/srcversion')" \
		"$(modinfo -F srcversion /lab/modules/xen-blkfront.ko)"
}

# interop_pair BACK FRONT: two modules of Linux, ours or upstream.
interop_pair()
{
	local want data cached

	back_change "$1"
	want=$(
		case $BACK in
		ours) modinfo -F srcversion /lab/modules/xen-blkback.ko ;;
		upstream) modinfo -F srcversion xen-blkback ;;
		esac
	)
	equal "the back's srcversion" \
		"$(cat /sys/module/xen_blkback/srcversion)" "$want"
	data=$(disk_file a 64)
	cached=$(disk_null b 32 memory_backed=1 cache_size=1)
	GUEST_FRONT=$2
	guest_start g "$GUEST" "$data,xvda" "$cached,xvdb"
	[ "$2" != ours ] || interop_front_ours g
	guest g 'dmesg | grep -i -E "blkfront|vbd"'
	interop_verify g xvda
	interop_fs g xvdb
	[ "$(disk_stat "$cached" 16)" -gt 0 ] || fail "no flush arrived"
	guest_detach g xvdb
	guest_stop g
}

# interop_last GUEST DISK FILE: the last sector of a file of 4001 sectors is
# there, and nothing is after it.
interop_last()
{
	guest "$1" "set -e
	test \$(blockdev --getsz /dev/$2) = 4001
	echo last >/tmp/l
	dd if=/tmp/l of=/dev/$2 bs=512 seek=4000 conv=notrunc,sync oflag=direct status=none
	dd if=/dev/$2 bs=512 skip=4000 iflag=direct status=none | head -c 4 | grep -q last
	test \$(dd if=/dev/$2 bs=512 skip=4001 count=1 iflag=direct status=none | wc -c) = 0
	! dd if=/tmp/l of=/dev/$2 bs=512 seek=4001 conv=notrunc,sync oflag=direct status=none 2>/dev/null
	test \$(dd if=/dev/$2 bs=4096 skip=500 count=1 iflag=direct status=none | wc -c) = 512"
	equal "the last sector of $3" \
		"$(dd if="$3" bs=512 skip=4000 count=1 status=none | head -c 4)" last
	equal "the size of $3" "$(stat -c %s "$3")" $((4001 * 512))
}

# interop_read_only GUEST DISK: it can be read and not written, and says so.
interop_read_only()
{
	guest "$1" "set -e
	test \$(cat /sys/block/$2/ro) = 1
	! dd if=/dev/zero of=/dev/$2 bs=4k count=1 conv=notrunc oflag=direct status=none 2>/dev/null
	blockdev --setrw /dev/$2 || true
	dd if=/dev/zero of=/dev/$2 bs=4k count=1 conv=notrunc oflag=direct status=none 2>/dev/null || true
	dd if=/dev/$2 bs=64k iflag=direct status=none | sha256sum | cut -c1-64"
}

# interop_front_word GUEST NUMBER: what the front said of its disk.  The agent's
# own lines, which repeat each command, are none of it.
interop_front_word()
{
	guest "$1" "dmesg | grep -v 'lab: run' | grep -F 'vbd-$2:'"
}

# interop_both NUMBER END FUNCTION: the function, which fails where it sees the mistake
# of that number, for "ours", which must not make it, and for "upstream", of which it is
# told.
interop_both()
{
	local word='is good, too'

	("$3" ours) && [ ! -e "$LAB_RUN/reason" ] ||
		fail "$1: ours: $(cat "$LAB_RUN/reason")"
	interop_end
	("$3" upstream) || echo "status $?" >>"$LAB_RUN/reason"
	if [ -e "$LAB_RUN/reason" ]; then
		word="fails: $(head -n 1 "$LAB_RUN/reason")"
		rm "$LAB_RUN/reason"
	fi
	interop_end
	# What upstream's kernel says meanwhile is not held against ours.
	mv /lab/results/console/guest-upstream.log "/lab/results/console/$1.log"
	say "$1: ours good, upstream's $2 $word"
}

# interop_end: no guests any more, in whatever state they are.
interop_end()
{
	local id

	for id in $(xl list | awk 'NR > 1 && $2 != 0 { print $2 }'); do
		xl destroy "$id"
		wait_for 20 domain_gone "$id" || fail "domain $id is not destroyed"
	done
	wait_for 20 no_backs || fail "a back stays"
}

# interop_closed GUEST DISK: nothing is in flight when the back says that it is closed.
# Of the disk, which takes seconds, a front asks something, and says that it is closed at
# once.
interop_closed()
{
	local state front left late=$2

	in_flight()
	{
		local r w

		read -r r w <"/sys/class/block/${late##*/}/inflight"
		printf '%d\n' $((r + w))
	}
	busy()
	{
		[ "$(in_flight)" -gt 0 ]
	}
	# What is in flight at the first moment that the state is 6.
	watch()
	{
		xenstore-watch "$state" | while read -r _; do
			if [ "$(xenstore-read "$state" 2>/dev/null)" = 6 ]; then
				in_flight
				break
			fi
		done
	}
	GUEST_FRONT=none
	guest_start "$1" "$GUEST" "$late,xvda"
	state=$(back_store "$1" 51712)/state
	coproc watch
	guest_send "$1" "modprobe xen-gntalloc; modprobe -q xen-evtchn
LAB_SCALE=$LAB_SCALE /lab/blkif-front 51712 <<'END'
page D 4
connect
loop 4 req 0 read id={i+1} sector={i*8} segs=D.{i}
send 0
wait 500
state 5
state 6
await 6 within=30
expect 0 1..4=ok
END"
	front=$seq
	wait_for 20 busy || fail "nothing is in flight"
	sleep 1
	say "after a second: state $(xenstore-read "$state"), $(in_flight) in flight"
	read -r -t $((20 * LAB_SCALE)) left <&"${COPROC[0]}" || fail "no Closed comes"
	equal "in flight when the back says Closed" "$left" 0
	guest_reply "$1" "$front" 30 || fail "the front says $?"
	guest_stop "$1"
}
