# SPDX-License-Identifier: GPL-2.0-only
# NAME: each script for bpftrace, in dom0 and in a guest, counts what fio counts
# TIMEOUT: 400
# NEEDS: ours peers

. /lab/tests/trace.sh
dev=$(disk_null a 64 memory_backed=1)
below=$(disk_null b 16)
poor=$(disk_dm poor "0 16384 linear $below 0
16384 16384 error")
# The guest takes bpftrace from dom0's own disk.
GUEST_MEMORY=768
guest_start g "$GUEST" "$dev,xvda" "$(lab_disk lab-root),xvdb,r"
GUEST_FRONT=none
guest_start h "$GUEST" "$poor,xvda"
back=$(trace_dir g)

# probes SCRIPT: how many events it looks at.
probes()
{
	grep -cE '^(tracepoint|interval):' "/lab/tools/$1"
}

# attached: as many events are open, those of bpftrace's own aside.
attached()
{
	[ "$(find "/proc/$tracer/fd" -lname '*perf_event*' | wc -l)" -ge "$(probes "$script")" ]
}

# bpf_start SCRIPT: until it looks at all that it wants to see.
bpf_start()
{
	script=$1
	say "== $script"
	bpftrace "/lab/tools/$script" >/tmp/bpf.out 2>&1 &
	tracer=$!
	wait_for 30 attached || fail "$script attaches nothing: $(cat /tmp/bpf.out)
$(ls -l /proc/$tracer/fd)"
}

# bpf_end: what it has to say then, in /tmp/bpf.out.
bpf_end()
{
	kill -INT "$tracer"
	wait "$tracer" || fail "$script: status $?"
	cat /tmp/bpf.out
	bpf_good
}

bpf_good()
{
	! grep -E 'ERROR|WARNING|Lost' /tmp/bpf.out || fail "$script complains"
}

# bpf_sum MAP: of all rings of xvda: what was counted, or how often a histogram was
# added to.
bpf_sum()
{
	awk -v map="@$1[" '
		/^@/ {
			on = index($0, map) == 1 && /xvda-/
			if (on && $NF ~ /^[0-9]+$/)
				n += $NF
		}
		on && /^[[].*[|]/ {
			sub(/^[^])]*[])] */, "")
			n += $1
		}
		END { print n + 0 }' /tmp/bpf.out
}

# bpf_least MAP: the least that a histogram's numbers can add up to.
bpf_least()
{
	awk -v map="@$1[" '
		/^@/ { on = index($0, map) == 1 && /xvda-/ }
		on && /^[[].*[|]/ {
			low = substr($0, 2) + 0
			sub(/^[^])]*[])] */, "")
			n += low * $1
		}
		END { print n + 0 }' /tmp/bpf.out
}

load="--rw=randrw --bs=4k --iodepth=8 --size=2m"

# The way of a request in dom0.
bpf_start xenblk-where.bt
trace_fio g "$load"
bpf_end
all=$((fio_reads + fio_writes))
for map in to_disk_us in_disk_us to_answer_us; do
	equal "requests in @$map" "$(bpf_sum $map)" $all
done

# Batches: as many answers as requests, an event as often as debugfs says.
was=$(trace_key "$back/rings" notified)
bpf_start xenblk-batch.bt
trace_fio g "$load"
bpf_end
all=$((fio_reads + fio_writes))
equal 'events sent' "$(bpf_sum events_sent)" \
	$(($(trace_key "$back/rings" notified) - was))
[ "$(bpf_sum events_received)" -gt 0 ] || fail "no events of the front"
for map in requests_of_a_pass answers_at_once; do
	# The buckets are powers of two.
	least=$(bpf_least $map)
	((least <= all && all < 2 * least + 1)) ||
		fail "@$map adds up to $least or up to twice as many, not to $all"
done

# Grants: what comes between its print and its clear is not seen.
was=$(($(trace_key "$back/rings" grants_found) + $(trace_key "$back/rings" grants_mapped)))
bpf_start xenblk-grants.bt
trace_fio g "$load"
bpf_end
used=$(($(trace_key "$back/rings" grants_found) + $(trace_key "$back/rings" grants_mapped) - was))
seen=$(($(bpf_sum found) + $(bpf_sum mapped)))
say "grants used: $used, seen: $seen"
((seen <= used && seen * 10 >= used * 9)) || fail "of $used grants $seen are seen"

# Who sends bad requests: two beyond the disk, one that the disk fails.
bpf_start xenblk-bad.bt
peer h 'page D
connect
req 0 read id=71 sector=32768 segs=D
req 0 read id=72 sector=40000 segs=D
req 0 write id=73 sector=20000 segs=D
req 0 read id=74 sector=0 segs=D
send 0
expect 0 71=error 72=error 73=error 74=ok
close'
bpf_end
equal 'refused' "$(bpf_sum refused)" 2
equal 'failed' "$(bpf_sum failed)" 1
equal 'lines about them' "$(grep -cE "^$(domid h)\.xvda-0: (read at sector (32768|40000) refused|write at sector 20000 failed): -[0-9]+$" \
	/tmp/bpf.out)" 3

# The way of a request in the guest.
script=xenblk-front.bt
say "== $script"
guest g "mount -t ext4 -o ro,noload /dev/xvdb /mnt && mount -t tmpfs tmpfs /mnt/tmp
	for d in sys proc dev; do mount -o rbind /\$d /mnt/\$d; done
	cat >/mnt/tmp/$script <<'SCRIPT'
$(cat /lab/tools/$script)
SCRIPT"
guest g 120 "chroot /mnt bpftrace /tmp/$script >/tmp/bpf.out 2>&1 </dev/null &
	echo \$! >/tmp/tracer
	wait_for $((30 * LAB_SCALE)) eval '[ \"\$(ls -l /proc/\$(cat /tmp/tracer)/fd |
		grep -c perf_event)\" -ge $(probes $script) ]' || { cat /tmp/bpf.out; exit 1; }"
trace_fio g "$load"
# A process that nobody has waited for yet has no file any more.
guest g "kill -INT \$(cat /tmp/tracer)
	wait_for $((20 * LAB_SCALE)) eval '[ ! -e /proc/\$(cat /tmp/tracer)/exe ]'
	cat /tmp/bpf.out" >/tmp/bpf.out
cat /tmp/bpf.out
bpf_good
all=$((fio_reads + fio_writes))
# What comes in a softirq while another probe of that processor runs is missed: the
# kernel does not run one within another.
for map in to_ring_us with_the_back_us to_end_us; do
	seen=$(bpf_sum $map)
	((seen <= all && seen * 10 >= all * 9)) ||
		fail "of $all requests $seen are in @$map"
done
guest_stop h
guest_destroy g
