# SPDX-License-Identifier: GPL-2.0-only
#
# What a feature's tests share: data that are written come back, whichever way
# they went.

# feature_verify GUEST DISK [FIO OPTION...]: fio reads what it wrote.
feature_verify()
{
	guest "$1" 50 "fio --ioengine=io_uring --direct=1 --verify=crc32c \
--verify_fatal=1 --filename=/dev/$2 --output-format=terse --name=v --rw=randrw \
--bsrange=512-1m --iodepth=32 --size=16m ${*:3} >/tmp/fio.out 2>&1 ||
		{ cat /tmp/fio.out; exit 1; }"
}

# feature_front_says GUEST TEXT: the front's word about its disk has it.
feature_front_says()
{
	# The guest's log has this command, too.
	guest "$1" "dmesg | grep -v 'lab: run' | grep -F 'vbd-' | grep -F -e '$2'"
}

# feature_back_says TEXT: the back's last word about a disk has it.
feature_back_says()
{
	dmesg | grep 'connected:' | tail -n 1 | grep -F -e "$1" ||
		fail "the back does not say '$1'"
}

# feature_save GUEST: to a file; afterwards no back is left, and the module may
# go.
feature_save()
{
	run xl save "$1" "/tmp/$1.save"
	wait_for 10 no_backs || fail "a back stays behind after the save"
}

# feature_suspended GUEST: it stands still, for the save that is under way.
feature_suspended()
{
	xl list "$(domid "$1")" | awk 'NR == 2 { exit $5 !~ /s/ }'
}

# feature_save_begin GUEST: returns when it is suspended; feature_save_end waits for the
# rest, $saver.
feature_save_begin()
{
	xl save "$1" "/tmp/$1.save" >/tmp/save.log 2>&1 </dev/null &
	saver=$!
	wait_for 30 feature_suspended "$1" ||
		fail "the guest is not suspended: $(xl list; cat /tmp/save.log)"
}

feature_save_end()
{
	run wait "$saver"
	wait_for 20 no_backs || fail "a back stays behind after the save"
}

# feature_save_still GUEST DM TABLE: saved with requests that stand still below the
# back; they go on, by the table, once the guest is suspended.
feature_save_still()
{
	feature_save_begin "$1"
	disk_dm_table "$2" "$3"
	feature_save_end
}

# feature_over GUEST DISK: what the next restore finds; DISK as in guest_start.
feature_over()
{
	disk_spec "$2"
	run sed -i "s|^disk = .*|disk = [ '$spec' ]|" "$LAB_RUN/guest-$1.cfg"
}

# feature_restore GUEST [DISK]: from that file, with the configuration that
# guest_create wrote, as it is now; that disk is to come back.
feature_restore()
{
	run xl restore "$LAB_RUN/guest-$1.cfg" "/tmp/$1.save" </dev/null
	rm -f "/tmp/$1.save"
	xl domid "$1" >"$LAB_RUN/guest-$1.id"
	[ $# -gt 1 ] || return 0
	wait_for 15 guest_disk_there "$1" "$2" ||
		fail "disk $2 does not come back: front $(front_store "$1" \
			"$(vdev_number "$2")" state), back $(back_store "$1" \
			"$(vdev_number "$2")" state)"
}

# feature_load GUEST FIO-OPTION...: fio writes and reads back in the guest, over
# and over, until feature_load_end says that it is enough; on its disk, or in the
# file FEATURE_FILE.
feature_load()
{
	guest_send "$1" "rm -f /tmp/enough
		until [ -e /tmp/enough ]; do
			fio --name=v --filename=${FEATURE_FILE:-/dev/xvda} --ioengine=io_uring \
			--direct=1 --verify=crc32c --verify_fatal=1 --rw=randrw \
			--output-format=terse ${*:2} >/tmp/fio.out 2>&1 ||
				{ cat /tmp/fio.out; exit 1; }
		done"
	load=$seq
}

# feature_load_end GUEST [SECONDS]: the run that is under way may take that long.
feature_load_end()
{
	guest "$1" 'touch /tmp/enough'
	guest_reply "$1" "$load" "${2:-90}" || fail "fio says $?"
}

# feature_flushes DEVICE GUEST COMMAND: how many the disk has while the guest does that.
feature_flushes()
{
	local before

	before=$(disk_stat "$1" 16)
	guest "$2" "$3"
	echo $(($(disk_stat "$1" 16) - before))
}

# feature_goes_on DEVICE WRITES: more writes than that arrive, soon.
feature_goes_on()
{
	more()
	{
		[ "$(disk_stat "$1" 5)" -gt "$2" ]
	}
	wait_for 10 more "$1" "$2"
}

# feature_cgroups: the kernel's limits of I/O are at hand, below $cg.  $iops is what
# feature_limit sets.
feature_cgroups()
{
	cg=/sys/fs/cgroup
	run mkdir -p $cg
	grep -q " $cg cgroup2 " /proc/mounts || run mount -t cgroup2 none $cg
	grep -qw io $cg/cgroup.controllers || skip "the kernel has no io controller"
	iops=20
}

# feature_limit CGROUP DEVICE...: 4 KiB for each of $iops.  In bytes: of a limit in
# requests the kernel's throttle loses what is less than one.
feature_limit()
{
	local d cgroup=$1

	shift
	for d; do
		echo "$(cat "/sys/class/block/${d##*/}/dev") rbps=$((iops * 4096))" \
			"wbps=$((iops * 4096))" >"$cgroup/io.max" || fail "io.max"
	done
}

# feature_counted CGROUP DEVICE COUNTER: what the cgroup's io.stat says.
feature_counted()
{
	sed -n "s/^$(cat "/sys/class/block/${2##*/}/dev") .*\b$3=\([0-9]*\).*/\1/p" \
		"$1/io.stat"
}

# feature_script CGROUP: a hotplug script of the administrator's, which names a disk's
# cgroup by the key; its path in $script.
feature_script()
{
	script=/tmp/block${1//\//-}
	cat >"$script" <<-END
	#!/bin/sh
	if [ "\$1" = add ]; then
	    xenstore-write "\$XENBUS_PATH/cgroup" $1
	fi
	exec /lab/dom0/block-lab "\$@"
	END
	chmod +x "$script"
}

# feature_rates SECONDS [WORKLOAD]: fio in the guests g and h at once, 4 KiB each; sets
# $rate_g and $rate_h.
feature_rates()
{
	local n seq_g seq_h

	for n in g h; do
		guest_send $n "fio --name=r --filename=/dev/xvda --rw=${2:-randread} \
			--bs=4k --ioengine=io_uring --direct=1 --iodepth=32 --time_based \
			--ramp_time=1 --runtime=$1 --output-format=terse |
			awk -F';' '{ print int(\$8 + \$49) }'"
		[ $n = g ] && seq_g=$seq || seq_h=$seq
	done
	rate_g=$(guest_reply g $seq_g 90) || fail "fio in g: $rate_g"
	rate_h=$(guest_reply h $seq_h 90) || fail "fio in h: $rate_h"
	say "${2:-randread}, requests a second: g $rate_g, h $rate_h"
}

# feature_limited [PERCENT]: g has no more than $iops, but for a tenth or as much as is
# said; less where the machine below is busy with others, but that goes by itself.
feature_limited()
{
	local off=${1:-10}

	((rate_g >= iops / 2 && rate_g <= iops + iops * off / 100)) ||
		fail "g has $rate_g a second, with a limit of $iops"
	((rate_h > iops * 3 / 2)) || fail "h has only $rate_h a second, with no limit"
}

# feature_free: so has g.
feature_free()
{
	((rate_g > iops * 3 / 2)) || fail "g has only $rate_g a second, with no limit"
}

# feature_held GUEST CGROUP DEVICE: what its io.stat counts is $iops times 4 KiB a second,
# but for a tenth, by dom0's clock from one request to another.  Requests are large: the
# kernel's throttle forgets some of what is due when its timer is late by a twentieth of
# a second, which is nothing beside the time that it makes one of 64 KiB wait.  A machine
# that is busy with others may still be late: one window of five has to do.
feature_held()
{
	local from start rate limit=$((iops * 4096)) bytes=0

	guest_send "$1" 'fio --name=r --filename=/dev/xvda --rw=randread --bs=64k \
		--ioengine=io_uring --direct=1 --iodepth=8 --time_based --runtime=600 \
		--output-format=terse >/dev/null'
	# Not with what may go at once as it begins.
	for _ in 1 2 3; do
		feature_next "$2" "$3"
	done
	for _ in 1 2 3 4 5; do
		from=$bytes start=${EPOCHREALTIME/./}
		nap 10
		bytes=$(feature_counted "$2" "$3" rbytes)
		feature_next "$2" "$3"
		rate=$(((bytes - from) * 1000000 / (${EPOCHREALTIME/./} - start)))
		say "$rate bytes a second, with a limit of $limit"
		((rate * 10 <= limit * 13)) || fail "$rate bytes a second are above $limit"
		((rate * 10 >= limit * 9 && rate * 10 <= limit * 11)) && break
		rate=""
	done
	[ -n "$rate" ] || fail "a limit of $limit bytes a second is not held within a tenth"
	# It need not wait for what is held back.
	echo "$(cat "/sys/class/block/${3##*/}/dev") rbps=max wbps=max" >"$2/io.max"
	guest "$1" 'kill $(pidof fio)'
	guest_reply "$1" "$seq" 30 || :
}

# feature_next CGROUP DEVICE: until more than $bytes were read, which it sets to that.
feature_next()
{
	local was=$bytes

	feature_more()
	{
		bytes=$(feature_counted "$1" "$2" rbytes)
		((bytes > was))
	}
	wait_for 20 feature_more "$@" || fail "nothing is read any more"
}
