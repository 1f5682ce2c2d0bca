# SPDX-License-Identifier: GPL-2.0-only
# NAME: fio's figures and what they cost, for xenblk-bench
# TIMEOUT: 600
# CYCLES: 3000 1

# What tools/xen-blk/xenblk-bench --lab runs in dom0: for each pair of drivers in
# turn the same jobs, in one boot.  Here the disk is made; what is measured and how
# is said by xenblk-bench itself, which runs here as on a real host.  CYCLES are seconds
# that its runs may take: host/tests.sh knows how many there are.

out=/lab/results/bench-$GUEST/runs
mkdir -p "$out"
virtual=$LAB_VIRTUAL
# Long enough for two looks at it, whatever the machine below is at.
[ -z "$BENCH_PROFILE" ] || BENCH_SECONDS=12

# bench_back PAIR: the pair's back, and what its guests need; sets $disk.
bench_back()
{
	disk=xvda
	GUEST_VCPUS=2
	GUEST_ARGS=$front
	[ -z "$virtual" ] || GUEST_VCPUS=1
	# Their data alone are 512 MiB.
	[[ $BENCH_JOBS != *1m-*-qd256* ]] || GUEST_MEMORY=1024
	GUEST_FRONT=upstream
	BACK_KIND=vbd
	run back_unload
	case $1 in
	ours|upstream)
		GUEST_FRONT=$1
		back_change "$1" $back
		;;
	qdisk)
		# QEMU's back, and the front that most guests have.
		peer_qdisk
		;;
	floor)
		# What fio and the block layer take without a driver between.
		GUEST_FRONT=none
		disk=nullb0
		;;
	*) fail "no pair is called $1" ;;
	esac
}

# bench_guest NUMBER: one more guest, with a disk of its own.
bench_guest()
{
	if [ "$GUEST_FRONT" = none ]; then
		guest_start "b$1" "$GUEST"
		guest "b$1" 'modprobe null_blk nr_devices=1 gb=4'
	else
		guest_start "b$1" "$GUEST" "${devs[$1]},xvda"
	fi
}

# symbols PAIR: what the addresses are, here and in the guest.
symbols()
{
	gzip </proc/kallsyms >"$out/symbols.$1.dom0.gz"
	gzip </proc/xen/xensyms >"$out/symbols.xen.gz"
	guest b1 'grep "\[" /proc/kallsyms' >"$out/symbols.$1.guest"
}

# measure PAIR GUESTS FILE: all jobs in so many guests at once, with what is set; says
# what xenblk-bench says.
measure()
{
	local domains

	domains=$(seq -s , -f 'b%g' "$2")
	/lab/tools/xenblk-bench --via \
		"bash -c '. /lab/dom0/lib.sh; guest {} $((120 + ${BENCH_SECONDS%.*})) \"\$0\"'" \
		--domain "$domains" --disk "/dev/$disk" --overwrite --name "$1" \
		--jobs "${BENCH_JOBS// /,}" --runtime "$BENCH_SECONDS" \
		--mode "$([ -n "$virtual" ] && echo virtual || echo threads)" \
		--guest "$GUEST" --counter "grants_mapped=bash -c '. /lab/dom0/lib.sh
			n=0
			for b in ${domains//,/ }; do
				n=\$((n + \$(grants_of \"\$(domid \$b)\")))
			done
			echo \$n'" \
		--label "$setting" --json "$3" 2>&1
}

# bench PAIR GUESTS: measured, with progress for who runs it from outside.
bench()
{
	local json="$out/$1-$2${setting:+-$setting}-$round.json"

	measure "$1" "$2" "$json" | while read -r line; do
		say "$line"
		case $line in
		*IOPS) progress "say $line" ;;
		*...)
			[ -z "$BENCH_PROFILE" ] || [ "${line%% *}" != "$1" ] ||
				progress "profile $(tr ' ' . <<<"${line% ...}")"
			;;
		esac
	done
	[ -s "$json" ] || fail "$1: it broke off"
}

[ -z "$BENCH_PROFILE" ] || progress "profile base"
devs=("")
for ((i = 1; i <= ${BENCH_GUESTS##* }; i++)); do
	devs[i]=$(disk_null "a$i" 4096 $BENCH_BACKING)
done
# bench_pair PAIR SETTING: all of it with these drivers; a setting is a parameter of
# $BENCH_SWEEP_END, or empty.
bench_pair()
{
	local pair=$1 setting=$2 front=$BENCH_FRONT back=$BENCH_BACK n there=0

	case $BENCH_SWEEP_END in
	front|both) front+=" $setting" ;;&
	back|both) back+=" $setting" ;;
	esac
	bench_back "$pair"
	for n in $BENCH_GUESTS; do
		while ((there < n)); do
			bench_guest $((++there))
		done
		[ -z "$BENCH_PROFILE" ] || [ -e "$out/symbols.$pair.guest" ] ||
			symbols "$pair"
		bench "$pair" "$n"
	done
	for ((; there; there--)); do
		guest_stop "b$there"
	done
}

for ((round = 1; round <= BENCH_ROUNDS; round++)); do
	for pair in $BENCH_PAIRS; do
		for setting in ${BENCH_SWEEP:-none}; do
			bench_pair "$pair" "${setting#none}"
		done
	done
done
