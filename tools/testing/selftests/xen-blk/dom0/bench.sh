# SPDX-License-Identifier: GPL-2.0-only
# NAME: fio's figures and what they cost, for xenblk-bench
# TIMEOUT: 3000

# What tools/xen-blk/xenblk-bench --lab runs in dom0: for each pair of drivers in
# turn the same jobs, in one boot.  fio's JSON and the counters around each run
# go to files; all arithmetic is done by who reads them.

out=/lab/results/bench-$GUEST/runs
mkdir -p "$out"
virtual=$LAB_VIRTUAL
opts="--name=bench --direct=1 --ioengine=io_uring --group_reporting --norandommap \
--random_generator=lfsr --output-format=json --time_based --runtime=2"
[ -z "$virtual" ] || opts+=" --gtod_reduce=1 --iodepth_batch_submit=16 \
--iodepth_batch_complete_min=1 --iodepth_batch_complete_max=32"
# Long enough for two looks at it, whatever the machine below is at.
[ -z "$BENCH_PROFILE" ] || opts=${opts/runtime=2/runtime=12}

# fio_args JOB: 4k-randread-qd32[-j2] -> fio's options.
fio_args()
{
	local bs rw qd jobs

	IFS=- read -r bs rw qd jobs <<<"$1"
	printf -- '--bs=%s --rw=%s --iodepth=%s --numjobs=%s\n' "$bs" \
		"${rw/mixed/randrw}" "${qd#qd}" "$(tr -dc 0-9 <<<"${jobs:-1}")"
}

irq_sum='{ for (i = 2; $i ~ /^[0-9]+$/; i++) n += $i } END { print n + 0 }'

# counters GUEST: name and value, a line each: only ever growing.
counters()
{
	local id t n=0

	id=$(domid "$1")
	echo "guest_interrupts $(guest "$1" "grep -E 'blkif' /proc/interrupts |
		awk '$irq_sum'")"
	echo "back_events $(grep -E "blkif-backend|[ .]$id\.xvda-" /proc/interrupts |
		awk "$irq_sum")"
	for t in $(pgrep -f "^\[?$id\.xvda-" 2>/dev/null); do
		n=$((n + $(awk '/^voluntary/ { print $2 }' "/proc/$t/status")))
	done
	echo "back_wakeups $n"
	xl list | awk -v id="$id" '$2 == 0 { print "dom0_cpu_s", $NF }
		$2 == id { print "guest_cpu_s", $NF }'
}

# held GUEST: what is held after a run, not growing.
held()
{
	echo "grants_mapped $(grants_of "$(domid "$1")")"
	echo "guest_free_kb $(guest "$1" "awk '/MemFree/ { print \$2 }' /proc/meminfo")"
	echo "dom0_free_kb $(awk '/MemFree/ { print $2 }' /proc/meminfo)"
}

# bench_guest PAIR: a guest whose disk goes through that pair; sets $disk.
bench_guest()
{
	disk=xvda
	GUEST_VCPUS=2
	[ -z "$virtual" ] || GUEST_VCPUS=1
	run back_unload
	case $1 in
	ours|upstream)
		BACK=$1
		back_load
		echo own >"$LAB_RUN/back-args"
		GUEST_FRONT=$1
		guest_start b "$GUEST" "$dev,xvda"
		;;
	qdisk)
		# QEMU's back, and the front that most guests have.
		peer_qdisk
		GUEST_FRONT=upstream
		guest_start b "$GUEST" "$dev,xvda"
		BACK_KIND=
		;;
	floor)
		# What fio and the block layer take without a driver between.
		GUEST_FRONT=none
		guest_start b "$GUEST"
		guest b 'modprobe null_blk nr_devices=1 gb=4'
		disk=nullb0
		;;
	*) fail "no pair is called $1" ;;
	esac
}

# symbols PAIR: what the addresses are, here and in the guest.
symbols()
{
	gzip </proc/kallsyms >"$out/symbols.$1.dom0.gz"
	gzip </proc/xen/xensyms >"$out/symbols.xen.gz"
	guest b 'grep "\[" /proc/kallsyms' >"$out/symbols.$1.guest"
}

[ -z "$BENCH_PROFILE" ] || progress "profile base"
dev=$(disk_null a 4096)
n=0
total=$(($(wc -w <<<"$BENCH_PAIRS") * $(wc -w <<<"$BENCH_JOBS")))
for pair in $BENCH_PAIRS; do
	bench_guest "$pair"
	[ -z "$BENCH_PROFILE" ] || symbols "$pair"
	for job in $BENCH_JOBS; do
		n=$((n + 1))
		base=$out/$pair.$job
		counters b >"$base.before"
		[ -z "$BENCH_PROFILE" ] || progress "profile $pair.$job"
		guest b 120 "fio --filename=/dev/$disk $(fio_args "$job") $opts" \
			>"$base.json" || fail "$pair $job: $(tail -n 3 "$base.json")"
		counters b >"$base.after"
		held b >"$base.held"
		progress "say $n/$total $pair $job: $(sed -n \
			's/^ *"iops" : \([0-9]*\).*/\1/p' "$base.json" |
			awk '{ s += $1 } END { print s }') IOPS"
	done
	guest_stop b
done
