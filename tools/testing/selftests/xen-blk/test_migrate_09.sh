# SPDX-License-Identifier: GPL-2.0-only
# NAME: saved when the back has taken a part of a batch, and the rest is in the ring
# TIMEOUT: 60
# CYCLES: 2 40
# NEEDS: ours

# A disk that takes four requests a second: the back waits in the midst of what it
# has found.
. /lab/tests/feature.sh
dev=$(disk_null a 16 memory_backed=1 irqmode=2 completion_nsec=1000000000 \
	hw_queue_depth=4)
# Whoever looks for partitions waits long.
guest_start g "$GUEST"
guest_attach g "$dev,xvda"
guest g 60 'wait_disk xvda'
feature_load g --rw=randwrite --bs=4k --iodepth=32 --size=128k

# half: something is in the back's hands, and something in the ring.
half()
{
	awk '$1 == "waiting" { ring += $2 } $1 == "unanswered" { back += $2 }
		END { print "in the ring " ring ", taken " back
			exit !(ring && back) }' \
		"/sys/kernel/debug/xen-blkback/vbd-$(domid g)-51712/rings"
}
suspended()
{
	xl list "$(domid g)" | awk 'NR == 2 { exit $5 !~ /s/ }'
}
for ((i = 1; i <= CYCLES; i++)); do
	wait_for 20 half >/dev/null || fail "round $i: no batch is under way"
	xl save g /tmp/g.save >/tmp/save.log 2>&1 </dev/null &
	wait_for 30 suspended || fail "round $i: not suspended: $(cat /tmp/save.log)"
	half || fail "round $i: the batch is over"
	run wait $!
	wait_for 20 no_backs || fail "round $i: a back stays"
	before=$(disk_stat "$dev" 5)
	feature_restore g xvda
	feature_goes_on "$dev" "$before" ||
		fail "round $i: no write arrives any more"
done
feature_load_end g
guest_run g "dmesg | grep -v 'lab: run' | grep 'I/O error'" &&
	fail "requests failed on the way"
guest_stop g
