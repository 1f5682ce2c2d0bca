# SPDX-License-Identifier: GPL-2.0-only
#
# A guest under load moves by save and restore from back to back: every ordered
# pair of those below, a row for each move.  Each row says what the guest then has,
# its data are verified all the time, and no request fails.

. /lab/tests/feature.sh

# name | who serves | its parameters | the toolstack's | the disk's cache |
# what the guest has: ring pages, queues, KiB a request, persistent grants, cache,
# discard.  What QEMU offers depends on its version: taken as it says itself.
migrate_backs='
full|ours|max_ring_pages=16 max_queues=2|discard|back|8 2 1024 1 back 1
no-persistent|ours|max_ring_pages=16 max_queues=2 feature_persistent=0|discard|back|8 2 1024 0 back 1
no-indirect|ours|max_ring_pages=16 max_queues=2 max_indirect_segments=0|discard|back|8 2 44 1 back 1
one-page|ours|max_ring_pages=1 max_queues=2|discard|back|1 2 1024 1 back 1
one-queue|ours|max_ring_pages=16 max_queues=1|discard|back|8 1 1024 1 back 1
no-flush-discard|ours|max_ring_pages=16 max_queues=2|no-discard|through|8 2 1024 1 through 0
upstream|upstream|max_ring_page_order=4 max_queues=2|discard|back|8 2 1024 1 back 1
qdisk|qdisk||discard|back|'

# migrate_serve BACK: from now on it is this one that serves disks.
migrate_serve()
{
	local driver args options cache

	migrate_at=$1
	IFS='|' read -r _ driver args options cache migrate_want < <(
		grep "^$1|" <<<"$migrate_backs") || fail "no back is called $1"
	if [ "$driver" = qdisk ]; then
		peer_qdisk
	else
		# shellcheck disable=SC2086
		back_change $driver $args
	fi
	echo "write $cache" >"/sys/block/${migrate_dev##*/}/queue/write_cache" ||
		fail "no cache on $migrate_dev"
	migrate_disk=$migrate_dev,xvda,w,$options
}

# migrate_qdisk_want: what QEMU says that it can do.
migrate_qdisk_want()
{
	local key pages=0 v=()

	for key in max-ring-page-order feature-persistent feature-flush-cache \
		   feature-discard feature-max-indirect-segments; do
		v+=("$(back_store g 51712 $key 2>/dev/null || echo 0)")
	done
	pages=$((1 << v[0]))
	printf '%s 1 %s %s %s %s\n' $((pages < 8 ? pages : 8)) \
		$((v[4] > 11 ? v[4] * 4 : 44)) "${v[1]}" \
		"$( ((v[2])) && echo back || echo through)" "${v[3]}"
}

# migrate_check WORDS: the guest has what this back is to give.
migrate_check()
{
	local pages queues persistent view

	[ -n "$migrate_want" ] || migrate_want=$(migrate_qdisk_want)
	# See migrate_args.
	[ "$migrate_front" = ours ] || migrate_want=${migrate_want/ 1024 / 128 }
	read -r pages queues persistent < <(disk_agreed g 51712)
	read -r -a view < <(guest g 'cd /sys/block/xvda/queue
		echo $(cat max_hw_sectors_kb write_cache) \
			$(($(cat discard_max_bytes) > 0))')
	equal "$1" "$pages $queues ${view[0]} $persistent ${view[*]:2}" \
		"$migrate_want"
}

# migrate_start FRONT BACK: a guest under load.  Beside fio, which takes the first
# half of the disk, discards and flushes are under way.
migrate_start()
{
	migrate_front=$1
	# Not null_blk: its cache, when full, waits without end on one processor.
	migrate_dev=$(disk_file m 32)
	migrate_serve "$2"
	GUEST_FRONT=$1
	GUEST_MEMORY=192
	[ "$1" = ours ] || GUEST_MEMORY=288
	GUEST_ARGS="$(migrate_args "$1")"
	guest_start g "$GUEST" "$migrate_disk"
	migrate_check "at first on $2"
	feature_load g --bsrange=512-1m --iodepth=64 --size=12m
	guest_send g 'until [ -e /tmp/enough ]; do
			blkdiscard -o 16777216 -l 1048576 /dev/xvda 2>/dev/null
			dd if=/dev/zero of=/dev/xvda bs=4k count=1 seek=6144 \
				conv=fsync,notrunc status=none || exit 1
		done'
	migrate_flushes=$seq
}

# migrate_args FRONT: upstream's sets pages aside for all that its rings can hold: of 32
# segments 66 MiB; of 256 more than the guest has.
migrate_args()
{
	case $1 in
	ours) printf 'max_ring_pages=8 max_queues=2\n' ;;
	upstream) printf 'max_ring_page_order=3 max_queues=2 max_indirect_segments=32\n' ;;
	esac
}

# migrate_aside: the kernel's own front looks through its grants every ten seconds.  If
# that falls into its coming back from a restore, it takes rings that are not there yet
# for its own, and the guest is lost (6.12 and 7.2): it moves just after it has looked.
migrate_aside()
{
	# Where no back keeps grants it looks once more at most.
	if [ "$(cut -d ' ' -f 4 <<<"$migrate_want")" = 0 ]; then
		guest g 'sleep 10'
		return
	fi
	guest g 'cd /sys/kernel/tracing/events/workqueue/workqueue_execute_start || exit 1
		echo >/sys/kernel/tracing/trace
		echo "function.function == blkfront_delay_work" >filter &&
			echo 1 >enable || exit 1
		wait_for 20 grep blkfront_delay_work /sys/kernel/tracing/trace || exit 1
		echo 0 >enable'
}

# migrate_row BACK: save, restore over that one, and the load goes on.
migrate_row()
{
	local from=$migrate_at t0=$EPOCHSECONDS before

	[ "$migrate_front" = ours ] || migrate_aside
	feature_save g
	migrate_serve "$1"
	before=$(disk_stat "$migrate_dev" 5)
	feature_over g "$migrate_disk"
	feature_restore g xvda
	feature_goes_on "$migrate_dev" "$before" ||
		fail "$from -> $1: no write arrives any more"
	migrate_check "$from -> $1: what the guest has"
	say "matrix: save | $migrate_front, $GUEST | $from -> $1 | $migrate_want | ok ($((EPOCHSECONDS - t0)) s)"
}

migrate_end()
{
	feature_load_end g
	guest_reply g "$migrate_flushes" 30 || fail "the flushes say $?"
	guest_run g "dmesg | grep -v 'lab: run' | grep 'I/O error'" &&
		fail "requests failed on the way"
	feature_verify g xvda --size=12m
	guest_stop g
}

# migrate_tour FROM COUNT: that many moves of the round that takes every ordered
# pair once: 0 1 0 2 ... 0 n, 1 2 1 3 ... 1 n, ..., and to the 0 again.
migrate_tour()
{
	local names name stops=() i j n

	mapfile -t names < <(sed -n 's/|.*//p' <<<"$migrate_backs")
	n=${#names[@]}
	for ((i = 0; i < n; i++)); do
		for ((j = i + 1; j < n; j++)); do
			stops+=("${names[i]}" "${names[j]}")
		done
	done
	n=${#stops[@]}
	# The disk is made over the back that can do most: a disk never gets more
	# queues than that.
	migrate_start ours full
	name=${stops[$1 % n]}
	[ "$name" = full ] || migrate_row "$name"
	for ((i = 1; i <= $2; i++)); do
		sleep 1
		migrate_row "${stops[($1 + i) % n]}"
	done
	migrate_end
}
