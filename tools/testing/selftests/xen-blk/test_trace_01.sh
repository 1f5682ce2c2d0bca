# SPDX-License-Identifier: GPL-2.0-only
# NAME: tracepoints, debugfs, sysfs and xentop count what fio counts
# TIMEOUT: 90
# NEEDS: ours

. /lab/tests/trace.sh
dev=$(disk_null a 64 memory_backed=1)
guest_start g "$GUEST" "$dev,xvda"
back=$(trace_dir g)
stat=$(back_dir g 51712)/statistics

# What the two are called where administrators look.
grep -qE " $(domid g)\.xvda-0$" /proc/interrupts ||
	fail "no interrupt of dom0 names guest, disk and ring"
guest g 'grep -q " blkif-xvda-0$" /proc/interrupts'

for f in rings latency; do
	cp "$back/$f" "/tmp/before.$f"
done
(cd "$stat" && grep -H . rd_req wr_req rd_sect wr_sect) >/tmp/before.stat
# grew KEY: over all rings, in debugfs.
grew()
{
	echo $(($(trace_key "$back/rings" "$1") - $(trace_key /tmp/before.rings "$1")))
}
# hist OP: answers noted.
hist()
{
	echo $(($(trace_hist "$back/latency" "$1") - $(trace_hist /tmp/before.latency "$1")))
}

guest g 'cat /sys/kernel/debug/xen-blkfront/xvda/latency' >/tmp/before.front
trace_start g
trace_fio g --rw=randrw --bs=4k --iodepth=8 --size=2m
trace_end g
cat "$back/device" "$back/rings" "$back/latency"

all=$((fio_reads + fio_writes))
for e in blkfront_queued blkfront_pushed blkfront_answered blkfront_completed \
	 blkback_pulled blkback_submitted blkback_ended blkback_answered; do
	equal "$e of reads" "$(trace_of $e read 3)" "$fio_reads"
	equal "$e of writes" "$(trace_of $e write 3)" "$fio_writes"
done
for e in blkfront_queued blkfront_pushed blkfront_answered blkfront_completed \
	 blkback_pulled blkback_submitted blkback_ended blkback_answered; do
	equal "sectors of $e" "$(trace_of $e read 4) $(trace_of $e write 4)" \
		"$((fio_read_bytes / 512)) $((fio_written_bytes / 512))"
done
equal "requests shown" "$(trace_of blkfront_kicked all 4)" $all
equal "answers shown" "$(trace_of blkback_kicked all 4)" $all
equal "refused" "$(trace_of blkback_refused all 3)" 0
equal "grants found or mapped" "$(trace_of blkback_mapped all 4)" $all
[ "$(trace_of blkback_event all 3)" -gt 0 ] || fail "no event of the front"
[ "$(trace_of blkfront_event all 3)" -gt 0 ] || fail "no event of the back"
! grep -E 'blkback_answered: .*latency_ns=0$' /tmp/trace ||
	fail "an answer that took no time"
! grep -E 'blk(back|front)_[a-z]*: ' /tmp/trace | grep -v "ring=$(domid g)\.xvda-" ||
	fail "an event of another ring"

# The same by the other ways to look.
for pair in "rd_req $fio_reads" "wr_req $fio_writes" \
	    "rd_sect $((fio_read_bytes / 512))" \
	    "wr_sect $((fio_written_bytes / 512))"; do
	read -r key want <<<"$pair"
	equal "debugfs' $key" "$(grew "$key")" "$want"
	was=$(sed -n "s/^$key://p" /tmp/before.stat)
	equal "sysfs' $key" $(($(cat "$stat/$key") - was)) "$want"
done
equal "grants in debugfs" $(($(grew grants_found) + $(grew grants_mapped))) $all
equal "histogram of reads" "$(hist read)" "$fio_reads"
equal "histogram of writes" "$(hist write)" "$fio_writes"
for key in bad_req err_req oo_req bad_grant no_page no_memory held unanswered; do
	equal "debugfs' $key" "$(trace_key "$back/rings" $key)" 0
done
equal "lines of requests at rest" "$(wc -l <"$back/requests")" 1
equal "notified" "$(grew notified)" \
	"$(grep -c 'blkback_kicked: .*notified=1' /tmp/trace)"

# The front's own files, and its end of the ring.
guest g 'cat /sys/kernel/debug/xen-blkfront/xvda/latency' >/tmp/after.front
cat /tmp/after.front
for pair in "read $fio_reads" "write $fio_writes"; do
	read -r key want <<<"$pair"
	equal "the front's histogram of ${key}s" $(($(trace_hist /tmp/after.front "$key") - \
		$(trace_hist /tmp/before.front "$key"))) "$want"
done
guest g 'cd /sys/kernel/debug/xen-blkfront/xvda; cat device rings requests
	grep -q "^state connected$" device
	[ "$(wc -l <requests)" -eq 1 ]
	awk '\''$1 == "in_flight" { n += $2 } END { exit n != 0 }'\'' rings'

# xentop reads sysfs: its line of the disk, and the guest's columns.
xentop -b -i 1 -x >/tmp/top 2>&1
cat /tmp/top
want=$(cd "$stat" && cat oo_req rd_req wr_req rd_sect wr_sect | tr '\n' ' ')
equal "xentop's line" "$(sed -n 's/.*VBD.* 51712 .*OO: *\([0-9]*\) *RD: *\([0-9]*\) *WR: *\([0-9]*\) *RSECT: *\([0-9]*\) *WSECT: *\([0-9]*\).*/\1 \2 \3 \4 \5 /p' \
	/tmp/top)" "$want"
equal "xentop's columns" "$(awk '$1 == "NAME" { for (i = 1; i <= NF; i++) at[$i] = NF - i }
	$1 == "g" { print $(NF - at["VBDS"]), $(NF - at["VBD_OO"]), $(NF - at["VBD_RD"]),
		$(NF - at["VBD_WR"]), $(NF - at["VBD_RSECT"]), $(NF - at["VBD_WSECT"]) " " }' \
	/tmp/top)" "1 $want"

# A new connection begins anew, and nothing that was counted is lost.
cp "$back/rings" /tmp/before.rings
cp "$back/latency" /tmp/before.latency
guest g 'front_unbind 51712; front_bind 51712; wait_disk xvda'
wait_for 15 guest_disk_there g xvda || fail "the disk does not come back"
equal "what earlier rings did" "$(sed -n '/^ring past/,$p' "$back/rings" |
	sed -n 's/^wr_req //p')" "$(trace_key /tmp/before.rings wr_req)"
equal "their histogram" "$(grep '^past write' "$back/latency" | cut -d' ' -f3)" \
	"$(trace_hist /tmp/before.latency write)"
guest_stop g
