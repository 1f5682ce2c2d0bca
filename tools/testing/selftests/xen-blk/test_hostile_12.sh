# SPDX-License-Identifier: GPL-2.0-only
# NAME: answers, indices, offers and states at random, from a seed that says them again
# TIMEOUT: 300
# CYCLES: 20 10
# NEEDS: ours

. /lab/tests/hostile-back.sh
# The table keeps the pages that a back never lets go of, and says so.
expect_dmesg 'g\.e\. .*(still in use|deferring)'
# What the front says is counted in the guest's log, which has many errors.
GUEST_EXTRA=log_buf_len=8M
back_start
. /lab/tests/hostile-random.sh

# offers: $BACK_CONNECT, which a front can make a disk of; $rings, and $bs for dd,
# whose request is one on the ring.
offers()
{
	local n

	BACK_CONNECT='' rings=1 bs=4k
	random 4
	for ((n = r; n > 0; n--)); do
		one_of feature-persistent=1 multi-queue-max-queues=2 \
			max-ring-page-order=2 max-ring-page-order=31 \
			max-ring-pages=3 max-ring-pages=4294967295 \
			sector-size=4096 physical-sector-size=7 \
			feature-max-indirect-segments=32 \
			feature-max-indirect-segments=4294967295 \
			feature-discard=1 discard-granularity=3 trusted=0
		BACK_CONNECT+=" $word"
		case $word in
		multi-*) rings=2 ;;
		feature-max-*) bs=64k ;;
		esac
	done
}

# io: in $command as many reads and writes at a time as $requests says.
io()
{
	local i at

	random 8
	requests=$((r + 1))
	command='rc=0; pids='
	for ((i = 0; i < requests; i++)); do
		random 60
		# Never side by side: they would be one.
		at=$((r * 2))
		one_of "if=/dev/xvdb of=/dev/null skip=$at iflag=direct" \
			"if=/dev/zero of=/dev/xvdb seek=$at oflag=direct conv=notrunc" \
			"if=/dev/zero of=/dev/xvdb seek=$at oflag=direct conv=notrunc,fsync"
		command+="; dd bs=$bs count=1 $word & pids=\"\$pids \$!\""
	done
	command+='; for p in $pids; do wait $p || rc=1; done; exit $rc'
}

# say_all COMMAND [WORD]: a line for each ring.
say_all()
{
	local q

	for ((q = 0; q < rings; q++)); do
		echo "$1 $q ${2:-}"
	done
}

# aside: what hurts nobody.
aside()
{
	random 6
	case $r in
	0) say_all notify ;;
	1) say_all storm 100 ;;
	2)
		one_of 1 2 3 7 99 -3 abc
		echo "state $word"
		;;
	3)
		random 200
		echo "wait $r"
		;;
	esac
}

# honest: each request is answered once, in any order, some with an error.
honest()
{
	local left i

	mapfile -t left < <(seq 0 $((requests - 1)))
	while [ ${#left[@]} -gt 0 ]; do
		aside
		random ${#left[@]}
		i=$r
		random 12
		if [ "$r" -eq 0 ]; then
			one_of -1 -2
			echo "answer ${left[i]} status=$word"
			outcome=any
		else
			echo "answer ${left[i]}"
		fi
		unset "left[i]"
		left=("${left[@]}")
		random 2
		[ "$r" -eq 0 ] || say_all send
	done
	say_all send
	# The flushes that follow the writes.
	echo 'forget
serve'
}

# lie: one thing that a good back does not do. By then a grant may have ended, so
# nothing is mapped any more.
lie()
{
	local n

	random "$requests"
	n=$r
	random 20
	case $r in
	[0-3])
		one_of ^1 ^2 ^32 ^0x100000000 77777 0xffffffffffffffff
		echo "answer $n data=none id=$word"
		;;
	[4-6])
		one_of read write flush discard indirect 255
		echo "answer $n data=none op=$word"
		;;
	[7-8])
		one_of 1 32767 -32768 -3 -1 -2
		echo "answer $n data=none status=$word"
		;;
	9|1[0-1]) echo "answer $n data=none" ;;
	1[2-4])
		random 70
		n=$r
		one_of "+$n" "-$n" "$x" +0x7fffffff +0x80000000
		n=$word
		random $rings
		echo "publish $r $n"
		;;
	15)
		random $rings
		echo "scribble $r"
		;;
	16)
		one_of 5 6 4
		echo "state $word"
		;;
	17)
		one_of 0 8 16384 abc
		echo "offer sectors $word
state 4"
		;;
	*) say_all send ;;
	esac
}

# liar: all that may be, and an end that waits for nobody.
liar()
{
	local n

	random 4
	[ "$r" -gt 0 ] || echo 'hold 0'
	random 12
	for ((n = r + 1; n > 0; n--)); do
		aside
		lie
	done
	say_all send
	random 8
	[ "$r" -gt 0 ] || say_all unbind
	random 500
	echo "wait $r"
}

# refused: an offer that no disk can be made of.
refused()
{
	one_of 'sectors abc' 'sectors -1' 'sectors 18446744073709551615' \
		'sector-size 3' 'sector-size 65536' 'info read-only' \
		'feature-max-indirect-segments -1' 'feature-flush-cache yes'
	back_offer "round $rounds: $word" "start$BACK_CONNECT
offer $word
show
await 3
map
state 4
await 5
close" "${word% *} is"
}

# round: one connection, and its end.
round()
{
	local lines script kind said

	rounds=$((rounds + 1))
	offers
	random 8
	kind=$r
	if [ "$kind" -eq 0 ]; then
		refused
		return
	fi
	io
	outcome=any
	script=/lab/results/hostile_12-$GUEST/script
	# The last one is among the results.
	echo "take $requests" >"$script"
	if [ "$kind" -le 2 ]; then
		outcome=ok
		honest >>"$script"
	else
		liar >>"$script"
	fi
	one_of close close vanish
	BACK_LAST=$word
	lines=$(back_log | wc -l)
	back_play "round $rounds:$BACK_CONNECT" "$command" $outcome \
		"$(cat "$script")"
	said=$(back_log | tail -n "+$((lines + 1))")
	say "$said"
	[ "$outcome" = any ] || [ -z "$said" ] || fail "of a good back: $said"
	# Why the connection has ended; the size may be read several times.
	[ "$(grep -c 'bad response' <<<"$said")" -le 1 ] ||
		fail "more than one reason: $said"
	! grep -vE '^$|: bad response |is "abc", not a number|is missing' \
		<<<"$said" || fail "what is that?"
	[ "$(wc -l <<<"$said")" -le 12 ] || fail "too many lines"
}

count()
{
	guest g slab_counts
}
rounds=0
for ((cycle = 1; cycle <= CYCLES; cycle++)); do
	round
done
# More of these, and what they had comes back.
hostile_innocent_stop
no_leak count round
hostile_innocent_start
BACK_CONNECT='' BACK_LAST=close
back_case 'and one that makes sense' "$BACK_READ" ok serve
back_end
