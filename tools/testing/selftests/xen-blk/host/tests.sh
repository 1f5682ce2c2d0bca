# SPDX-License-Identifier: GPL-2.0-only
#
# Which tests run, and what came of them.

# select_tests: TESTS (groups, tests, or "all") times GUEST -> "name:guest ...".
select_tests()
{
	local want t g found

	for g in $GUEST; do
		for want in $TESTS; do
			[ "$want" = all ] && want=""
			found=$(cd "$lab_dir" && find . -maxdepth 1 \
				-name "test_${want#test_}*.sh" -printf '%f\n' |
				sort)
			[ -n "$found" ] || die "TESTS: nothing is called $want"
			for t in $found; do
				printf '%s:%s\n' "${t%.sh}" "$g"
			done
		done
	done | awk '!seen[$0]++'
}

# list_tests: every test with what it says of itself.
list_tests()
{
	local f

	find "$lab_dir" -maxdepth 1 -name 'test_*.sh' | sort |
		while read -r f; do
			printf '%-15s %s\n' "$(basename "$f" .sh | cut -c6-)" \
				"$(sed -n 's/^# NAME: *//p' "$f")"
		done
}

test_file()
{
	case $1 in
	demo|bench) printf '%s\n' "$lab_dir/dom0/$1.sh" ;;
	*) printf '%s\n' "$lab_dir/test_$1.sh" ;;
	esac
}

# tests_with NEED ITEM...: those that say so of themselves; fails if none does.
tests_with()
{
	local need=$1 item name rc=1

	shift
	for item; do
		name=${item%:*}
		grep -q "^# NEEDS:.*\\<$need\\>" "$(test_file "${name#test_}")" ||
			continue
		echo "$item"
		rc=0
	done
	return $rc
}

# answer LINE: "ok|fail|skip test guest seconds name[ -- reason]"
answer()
{
	local verdict test guest secs rest

	read -r verdict test guest secs rest <<<"$1"
	printf '%-4s %-13s [%s] %3ds  %s\n' "$verdict" "$test" "$guest" \
	       "$secs" "$rest"
	if [ "$verdict" = fail ]; then
		note "logs: $run_dir/logs/$test-$guest"
	fi
	printf '%s\n' "$1" >>"$run_dir/answers"
	todo=$(printf '%s\n' $todo | grep -vxF -e "test_$test:$guest" \
		-e "$test:$guest")
}

# Which of the machines this is, which of its boots, and so where its logs are.
job=0
boots=0

# deal JOB: those of $todo that this one of the machines runs: the longest ones
# first, each to whoever has least to do so far.
deal()
{
	local item name

	for item in $todo; do
		name=${item%:*}
		printf '%d %s\n' "$(test_limit \
			"$(test_file "${name#test_}")")" "$item"
	done | sort -s -k1,1nr | awk -v jobs="$LAB_JOBS" -v job="$1" '{
		least = 0
		for (i = 1; i < jobs; i++)
			if (load[i] < load[least])
				least = i
		# A boot of its own is what a test costs beside its commands.
		load[least] += $1 + 20
		if (least == job)
			print $2
	}'
}

# boot_jobs: all of $todo, on LAB_JOBS machines side by side.
boot_jobs()
{
	local i rc=0 pids=()

	: >"$run_dir/answers"
	for ((i = 0; i < LAB_JOBS; i++)); do
		(
			trap boot_collect EXIT
			trap 'exit 130' INT TERM
			job=$i
			todo=$(deal $i | sort)
			boot_times
		) &
		pids+=($!)
	done
	trap 'kill "${pids[@]}"; wait; exit 130' INT TERM
	for i in "${pids[@]}"; do
		wait "$i" || rc=1
	done
	trap 'exit 130' INT TERM
	return $rc
}

# boot_times: all of $todo; those that measure have a machine whose time is virtual.
boot_times()
{
	local virtual

	virtual=$(tests_with virtual $todo)
	todo=$(printf '%s\n' $todo | grep -vxF -e "$virtual")
	boot_all
	todo=$virtual LAB_VIRTUAL=1
	boot_all
}

# boot_all: until every test in $todo has its answer.
boot_all()
{
	local early=0 before

	while [ -n "$todo" ]; do
		boots=$((boots + 1))
		before=$todo
		boot "$job.$boots"
		if [ "$booted" = no ]; then
			# Known of emulation; it says nothing about the drivers.
			early=$((early + 1))
			[ "$early" -lt 3 ] || die "dom0 never came up (log: $run_dir/boot-$job.$boots/serial.log)"
			note "dom0 did not come up, once more (log: $run_dir/boot-$job.$boots/serial.log)"
			continue
		fi
		if [ -n "$running" ]; then
			cp "$run_dir/boot-$job.$boots/serial.log" "$run_dir/serial-$running.log"
			answer "fail $running $running_guest $((EPOCHSECONDS - run_start)) $(sed -n 's/^# NAME: *//p' \
				"$(test_file "$running")") -- dom0 or Xen stopped (log: $run_dir/serial-$running.log)"
		elif [ "$boot_end" = dirty ]; then
			note "dom0 is not as it was: booting again"
		elif [ -n "$todo" ] && [ -z "$boot_end" ]; then
			die "QEMU ended between tests (log: $run_dir/boot-$job.$boots/serial.log)"
		fi
		[ "$todo" != "$before" ] ||
			die "dom0 ran no test (log: $run_dir/boot-$job.$boots/serial.log)"
	done
}

# moves_table: rows of the matrix "save | FRONT, GUEST | BACK -> BACK | ... | ok (N s)"
# as one table a front: from which back to which other, with seconds.
moves_table()
{
	awk -F ' [|] ' '
		$1 == "save" && $NF ~ /^ok / && split($3, end, " -> ") == 2 {
			sub(/^ok [(]/, "", $NF)
			sub(/ s[)]$/, "", $NF)
			took[$2, end[1], end[2]] = $NF
			n[$2] += 0
			for (i = 1; i <= 2; i++)
				if (!known[$2, end[i]]++)
					name[$2, ++n[$2]] = end[i]
		}
		END {
			for (f in n) {
				done = 0
				printf "%-34s", "front " f ": from, to"
				for (j = 1; j <= n[f]; j++)
					printf " %4d", j
				print ""
				for (i = 1; i <= n[f]; i++) {
					printf "%2d  %-30s", i, name[f, i]
					for (j = 1; j <= n[f]; j++) {
						s = took[f, name[f, i], name[f, j]]
						done += s != ""
						printf " %4s", i == j ? "" : \
							s == "" ? "-" : s
					}
					print ""
				}
				printf "%d of %d moves are good, in so many seconds\n", \
					done, n[f] * (n[f] - 1)
			}
		}'
}

run_tests()
{
	local t p f s

	todo=$(select_tests) || exit 1
	[ -n "$todo" ] || die "no tests"
	step "$(wc -w <<<"$todo") tests, front $FRONT, back $BACK, dom0 $DOM0, kernel $KERNEL, of guests $KERNEL_GUEST"
	boot_jobs || note "not every test was run"
	p=$(grep -c '^ok ' "$run_dir/answers")
	s=$(grep -c '^skip ' "$run_dir/answers")
	if (set +f; cat "$run_dir"/logs/*/log) 2>/dev/null |
	   sed -n 's/^matrix: //p' | sort >"$run_dir/matrix" &&
	   [ -s "$run_dir/matrix" ]; then
		note "$(wc -l <"$run_dir/matrix") rows of the matrix: $run_dir/matrix"
		moves_table <"$run_dir/matrix"
	fi
	# Why, for who sees nothing but this output.
	sed -n 's/^fail \([^ ]*\) \([^ ]*\) .*/\1-\2/p' "$run_dir/answers" |
		while read -r t; do
			echo "---- $t: the last that it and its guests said"
			tail -n 12 "$run_dir/logs/$t/log"
			(set +f; tail -n 5 "$run_dir/logs/$t"/guest-*.log)
		done 2>/dev/null | cut -c1-160
	# A test without an answer has not passed.
	f=$(($(wc -w <<<"$todo") - p - s))
	if [ "$s" -gt 0 ]; then
		printf '%d passed, %d failed, %d skipped\n' "$p" "$f" "$s"
	else
		printf '%d passed, %d failed\n' "$p" "$f"
	fi
	[ "$f" -eq 0 ] && [ "$p" -gt 0 ]
}

run_demo()
{
	todo=demo:${GUEST%% *}
	step "booting Xen and dom0 ($DOM0, kernel $KERNEL)"
	: >"$run_dir/answers"
	boot_all
	if ! grep -q '^ok ' "$run_dir/answers"; then
		echo "demo: FAIL (logs: $run_dir)"
		return 1
	fi
	case $FRONT-$BACK in
	ours-ours)
		echo "demo: PASS: fio in a Xen guest went through our xen-blkfront.ko and xen-blkback.ko" ;;
	*)
		echo "demo: PASS: fio in a Xen guest, front $FRONT, back $BACK" ;;
	esac
}

# bench_seconds: that all runs may take: each with what begins and ends it, and with
# several guests what they wait for each other; a profile takes 12 seconds.
bench_seconds()
{
	local runs n sum=0 each=${BENCH_SECONDS%.*}

	[ -z "$BENCH_PROFILE" ] || each=12
	runs=$(($(wc -w <<<"$BENCH_PAIRS") * $(wc -w <<<"$BENCH_JOBS") *
		$(wc -w <<<"${BENCH_SWEEP:-none}") * BENCH_ROUNDS))
	for n in $BENCH_GUESTS; do
		sum=$((sum + runs * (each + 15 + 5 * n)))
	done
	echo "$sum"
}

# run_bench: what xenblk-bench asks for; its last line names the results, those of a run
# that failed, too.
run_bench()
{
	local results rc=0

	todo=bench:${GUEST%% *}
	[ -n "$BENCH_PAIRS" ] && [ -n "$BENCH_JOBS" ] ||
		die "bench: call tools/xen-blk/xenblk-bench --lab"
	# Each more of them has its memory.
	[ "$BENCH_GUESTS" = 1 ] ||
		LAB_MEMORY=$((3072 + ${BENCH_GUESTS##* } * 320))
	LAB_CYCLES=$(bench_seconds)
	step "booting Xen and dom0 ($DOM0, kernel $KERNEL)"
	: >"$run_dir/answers"
	boot_all
	results=$run_dir/logs/bench-${GUEST%% *}/runs
	grep -q '^ok ' "$run_dir/answers" || rc=1
	if [ -n "$BENCH_PROFILE" ] && [ $rc -eq 0 ]; then
		(set +f; mv "$results"/symbols.* "$run_dir/profile/")
		echo "profile: $run_dir/profile"
	fi
	[ ! -d "$results" ] || echo "results: $results"
	return $rc
}

# run_dir_make: a place for this run's logs; the newest few are kept.
run_dir_make()
{
	local old

	mkdir -p "$cache/runs"
	run_dir=$(mktemp -d "$cache/runs/$(date +%Y%m%d-%H%M%S)-$mode-XXXX") ||
		exit 1
	ln -sfn "${run_dir##*/}" "$cache/runs/latest"
	find "$cache/runs" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' |
		sort -r | tail -n +21 |
		while read -r old; do
			rm -rf "${cache:?}/runs/$old"
		done
}
