# SPDX-License-Identifier: GPL-2.0-only
# NAME: requests at random, most of them good, from a seed that says them again
# TIMEOUT: 60
# CYCLES: 20 4
# NEEDS: ours-back

. /lab/tests/hostile.sh
dev=$(disk_null a 32 memory_backed=1 discard=1)
end=$(blockdev --getsz "$dev")
hostile_disk "$dev"
back_load max_indirect_segments=1024
hostile_start "$dev,xvda"
. /lab/tests/hostile-random.sh
rarely()
{
	random 12
	[ "$r" -eq 0 ]
}

# segments MAX: $segs, and in $nr how many.
segments()
{
	local i place

	random "$1"
	nr=$((r + 1)) segs=""
	for ((i = 0; i < nr; i++)); do
		random 16
		place=D.$r
		if [ "$nr" -lt 12 ] && rarely; then
			one_of R O =0xffffffff =100000 =0
			place=$word
		fi
		if rarely; then
			random 8
			place+=:$r
			if rarely; then
				random 256
			else
				r=$((${place#*:} + r % (8 - ${place#*:})))
			fi
			place+=-$r
		fi
		segs+=$place,
	done
	segs=${segs%,}
}
# sector: $sector, beyond what must stay.
sector()
{
	random $((end - 8192 - 8192))
	sector=$((8192 + r))
	if rarely; then
		one_of $((end - 1)) "$end" $((end + 1)) 0xffffffffffffffff \
			0x7fffffffffffffff $((1 << 55))
		sector=$word
	fi
}
# request ID: a line of the script.
request()
{
	local line

	segments 11
	sector
	random 16
	case $r in
	[0-3]) line="read segs=$segs sector=$sector" ;;
	[4-7]) line="write segs=$segs sector=$sector" ;;
	8) line="flush nr=0" ;;
	9) line="barrier segs=$segs sector=$sector" ;;
	10)
		random 4096
		line="discard sector=$sector count=$r"
		;;
	1[1-4])
		one_of read write read write read barrier 77
		line="indirect inner=$word frames=F.0..1 sector=$sector"
		segments 300
		! rarely || line=${line/F.0..1/F.0,=0xffffffff}
		! rarely || line=${line/F.0../R,F.}
		line+=" segs=$segs"
		;;
	*)
		random 256
		line="$r segs=$segs sector=$sector"
		;;
	esac
	if rarely; then
		random 65536
		line+=" nr=$r"
	fi
	echo "req 0 ${line%% *} id=$1 ${line#* }"
}
# connection: one, and its end.
connection()
{
	local batch i n

	one_of 64 64 32
	echo "abi $word
page D 16
page R ro
page O domain=77
page F 2
page G 4
fill G 77"
	one_of 'persistent=0' 'persistent=1' 'persistent=1 pages=2' 'pages=4'
	echo "connect $word from=$((x & 0xffffffff))"
	for batch in 1 2 3 4 5 6; do
		random 31
		n=$((r + 1))
		# Frames are shared: the last one says what all find in them.
		for ((i = 1; i <= n; i++)); do
			request "$i"
		done
		echo "send 0"
		echo "expect 0 1..$n=any within=30"
	done
	echo "same G 77"
	# A ring in disorder is the end of it; else it goes in order.
	if rarely; then
		echo "send 0 $((x & 0xffffffff))
quiet 0 200"
	fi
	echo "close
state 1"
}

for ((cycle = 1; cycle <= CYCLES; cycle++)); do
	# The last one is among the results.
	connection >"/lab/results/hostile_11-$GUEST/script"
	before=$(hostile_log | wc -l)
	peer h "$(cat "/lab/results/hostile_11-$GUEST/script")" 90
	lines=$(($(hostile_log | wc -l) - before))
	# The first of a kind on a connection, and that its ring was stopped.
	[ $lines -le 12 ] || fail "connection $cycle: $lines lines in the log"
done
hostile_requests 'and one that makes sense' 'req 0 read id=1 sector=0 segs=D.0
send 0
expect 0 1=ok
same D.0 '$HOSTILE_SEED
hostile_disk_same "$dev"
hostile_end
