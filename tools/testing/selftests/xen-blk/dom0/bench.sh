# SPDX-License-Identifier: GPL-2.0-only
# NAME: fio's figures and what they cost, for xenblk-bench
# TIMEOUT: 3000

# What tools/xen-blk/xenblk-bench --lab runs in dom0: for each pair of drivers in
# turn the same jobs, in one boot.  Here the disk is made; what is measured and how
# is said by xenblk-bench itself, which runs here as on a real host.

out=/lab/results/bench-$GUEST/runs
mkdir -p "$out"
virtual=$LAB_VIRTUAL
# Long enough for two looks at it, whatever the machine below is at.
[ -z "$BENCH_PROFILE" ] || BENCH_SECONDS=12

# bench_guest PAIR: a guest whose disk goes through that pair; sets $disk.
bench_guest()
{
	disk=xvda
	GUEST_VCPUS=2
	GUEST_ARGS=$BENCH_FRONT
	[ -z "$virtual" ] || GUEST_VCPUS=1
	run back_unload
	case $1 in
	ours|upstream)
		BACK=$1
		back_load $BENCH_BACK
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

# measure PAIR: all jobs with the disk that is there; says what xenblk-bench says.
measure()
{
	/lab/tools/xenblk-bench --via \
		"bash -c '. /lab/dom0/lib.sh; guest b 120 \"\$0\"'" \
		--domain b --disk "/dev/$disk" --overwrite --name "$1" \
		--jobs "${BENCH_JOBS// /,}" --runtime "$BENCH_SECONDS" \
		--mode "$([ -n "$virtual" ] && echo virtual || echo threads)" \
		--guest "$GUEST" --counter "grants_mapped=bash -c '. /lab/dom0/lib.sh
			grants_of \"\$(domid b)\"'" \
		--json "$out/$1.json" 2>&1
}

[ -z "$BENCH_PROFILE" ] || progress "profile base"
dev=$(disk_null a 4096 $BENCH_BACKING)
for pair in $BENCH_PAIRS; do
	bench_guest "$pair"
	[ -z "$BENCH_PROFILE" ] || symbols "$pair"
	measure "$pair" | while read -r line; do
		say "$line"
		case $line in
		*IOPS) progress "say $line" ;;
		*...)
			[ -z "$BENCH_PROFILE" ] || [ "${line%% *}" != "$pair" ] ||
				progress "profile $(tr ' ' . <<<"${line% ...}")"
			;;
		esac
	done
	[ -s "$out/$pair.json" ] || fail "$pair: $line"
	guest_stop b
done
