# SPDX-License-Identifier: GPL-2.0-only
#
# What the tests of the group trace share: tracepoints and debugfs of both halves,
# as numbers.

# One line "EVENT OP COUNT SUM" for each kind of event; the sum is of sectors, of
# answers or requests shown, of grants found, mapped or copied.  Has no single quotes: it
# runs in guests, too.
trace_awk='{ e = ""; op = "-"; s = 0
	for (i = 1; i <= NF; i++) {
		if ($i ~ /^blk(back|front)_[a-z]*:$/)
			e = substr($i, 1, length($i) - 1)
		else if ($i ~ /^op=/)
			op = substr($i, 4)
		else if ($i ~ /^(sectors|answers|requests|found|mapped|copied)=/) {
			split($i, a, "=")
			s += a[2]
		}
	}
	if (e != "") {
		n[e " " op]++
		t[e " " op] += s
	}
}
/entries-in-buffer/ { split($0, b, /[ :\/]+/); lost = b[4] != b[5] }
END {
	for (k in n)
		print k, n[k], t[k]
	if (lost)
		print "lost - 1 0"
}'

# trace_start GUEST: at both ends, from nothing.
trace_start()
{
	local t=/sys/kernel/tracing

	echo 4096 >$t/buffer_size_kb
	echo >$t/trace
	echo 1 >$t/events/xen_blkback/enable || fail "no tracepoints in the back"
	guest "$1" "echo 4096 >$t/buffer_size_kb; echo >$t/trace
		echo 1 >$t/events/xen_blkfront/enable"
}

# trace_end GUEST: sets $trace_front and $trace_back to what there was.
trace_end()
{
	local t=/sys/kernel/tracing

	trace_front=$(guest_run "$1" "echo 0 >$t/events/xen_blkfront/enable
		awk '$trace_awk' $t/trace") || fail "no trace in the guest"
	echo 0 >$t/events/xen_blkback/enable
	cp $t/trace /tmp/trace
	trace_back=$(awk "$trace_awk" $t/trace)
	printf '%s\n' "$trace_front" "$trace_back"
	! grep '^lost' <<<"$trace_front$trace_back" || fail "events were lost"
}

# trace_of EVENT OP COLUMN: 3: how often, 4: the sum.  OP "all": of each.
trace_of()
{
	awk -v e="$1" -v op="$2" -v c="$3" '
		$1 == e && (op == "all" || $2 == op) { n += $c }
		END { print n + 0 }' <<<"$trace_front
$trace_back"
}

# trace_dir GUEST [VDEV]: of the back's device in debugfs.
trace_dir()
{
	printf '/sys/kernel/debug/xen-blkback/vbd-%s-%s\n' "$(domid "$1")" \
	       "${2:-51712}"
}

# trace_key FILE KEY: the value of a key, over all sections.
trace_key()
{
	awk -v k="$2" '$1 == k { n += $2 } END { printf "%d\n", n }' "$1"
}

# trace_hist FILE OP: requests in its histograms, counted bucket by bucket.
trace_hist()
{
	awk -v op="$2" '$2 == op && $1 != "#" {
		sum = 0
		for (i = 5; i <= NF; i++) {
			split($i, b, ":")
			sum += b[2]
		}
		if (sum != $3)
			print "buckets are " sum ", not " $3 ": "
		n += $3
	}
	END { printf "%d\n", n }' "$1"
}

# trace_fio GUEST OPTION...: fio, on its own, never merged; sets $fio_reads,
# $fio_writes and their bytes.
trace_fio()
{
	local out

	out=$(guest_run "$1" 90 "echo 2 >/sys/block/xvda/queue/nomerges
		fio --name=t --filename=/dev/xvda --ioengine=io_uring --direct=1 \
		--output-format=json ${*:2} 2>&1") || fail "fio: $out"
	read -r fio_reads fio_writes fio_read_bytes fio_written_bytes < <(
		python3 -c 'import json, sys
text = sys.stdin.read()
job = json.loads(text[text.index("{\n"):])["jobs"][0]
print(job["read"]["total_ios"], job["write"]["total_ios"],
      job["read"]["io_bytes"], job["write"]["io_bytes"])' <<<"$out")
	say "fio: $fio_reads reads, $fio_writes writes, $fio_read_bytes and $fio_written_bytes bytes"
	[ "$fio_reads" -gt 0 ] || [ "$fio_writes" -gt 0 ] || fail "fio did nothing"
}
