# SPDX-License-Identifier: GPL-2.0-only
# NAME: power cut at any moment: no fsync that the guest was told of is lost
# TIMEOUT: 90
# CYCLES: 20 5
# NEEDS: ours

# The disk is one with a cache that forgets all that was not flushed: what is safe,
# and in which order, is logged, and each fsync that has returned in the guest is
# marked there.  The disk as it is after a cut at any of those marks is then made
# from the log: as if nothing later and nothing in the cache had been written, and once
# more as it is at some moment between that mark and the next, with some of what was in
# the cache then.
. /lab/tests/feature.sh
modprobe -q dm-log-writes
mkdir -p /tmp/disks/cut

# cut_start CACHE: a guest with a file system, and unflushed writes all the time.
cut_start()
{
	disk=$(disk_file data 24)
	log=$(disk_file log 192)
	run mkfs.ext4 -q -F -b 4096 "$disk"
	run cp --sparse=always /tmp/disks/data /tmp/disks/safe
	dm=$(disk_dm cut "0 $(blockdev --getsz "$disk") log-writes $disk $log")
	echo "write $1" >"/sys/block/${dm##*/}/queue/write_cache" ||
		fail "no cache on $dm"
	guest_start g "$GUEST" "$dm,xvda"
	guest g 'mount -t ext4 /dev/xvda /mnt && mkdir /mnt/d && sync'
	guest_send g 'while dd if=/dev/urandom of=/mnt/noise bs=32k count=16 \
			oflag=direct conv=notrunc status=none 2>/dev/null; do
			sleep 0.3
		done'
}

# cut_work COUNT: so many times the guest is told that something is safe.
cut_work()
{
	local n

	for ((n = 1; n <= $1; n++)); do
		guest g "echo $n >>/mnt/list && sync /mnt/list &&
			echo $n >/mnt/d/$n && sync /mnt/d/$n"
		run dmsetup message cut 0 mark "$n"
		# What was promised before a save is kept after it.
		if ((n == ($1 + 1) / 2)); then
			feature_save g
			feature_restore g xvda
		fi
	done
}

# The power fails.
cut_end()
{
	guest_destroy g
	wait_for 10 no_backs || fail "a back stays"
	run dmsetup remove cut
}

# cut_has NUMBER [PLACE]: a file system, and all that the guest knew to be safe by
# then; PLACE in the log: with some of what was on its way.
cut_has()
{
	local rc=0

	cp --sparse=always /tmp/disks/safe /tmp/disks/try
	[ $# -lt 2 ] || say "mark $1: $(/lab/dom0/replay "$log" /tmp/disks/try "$2" \
		$((LAB_SEED + $1)))"
	mount -o loop /tmp/disks/try /tmp/disks/cut || return 1
	[ "$(head -n "$1" /tmp/disks/cut/list)" = "$(seq "$1")" ] || rc=1
	[ "$(cat $(seq -f /tmp/disks/cut/d/%g "$1"))" = "$(seq "$1")" ] || rc=1
	umount /tmp/disks/cut
	[ $rc -eq 0 ] && e2fsck -fn /tmp/disks/try >/tmp/disks/fsck 2>&1 ||
		return 1
}

# cut_check: how many cuts hold, two at each mark, and the first that does not.
cut_check()
{
	local at mark place from=()

	held=0 lost=
	while read -r at mark < <(/lab/dom0/replay "$log" /tmp/disks/safe \
		"${from[@]}"); do
		[[ $mark =~ ^[0-9]+$ ]] || break
		from=("$at")
		for place in '' "$at"; do
			if cut_has "$mark" $place 2>/tmp/disks/why; then
				held=$((held + 1))
			else
				lost=${lost:-$mark}
			fi
		done
	done
	losetup -d "$log" "$disk"
}

# A disk that is said to have no cache gets no flushes: this must be seen.
cut_start through
cut_work 2
cut_end
cut_check
say "without flushes: $held of 4 held, lost from ${lost:-none} on"
[ "$lost" = 1 ] || fail "flushes are left out, and nothing is lost: no test at all"

cut_start back
cut_work "$CYCLES"
cut_end
cut_check
say "with flushes: $held of $((CYCLES * 2)) held"
if [ -n "$lost" ]; then
	cat /tmp/disks/why /tmp/disks/fsck
	fail "lost at the cut after $lost"
fi
equal "cuts that were looked at" "$held" $((CYCLES * 2))
