# SPDX-License-Identifier: GPL-2.0-only
# NAME: save and restore with I/O in flight: what was written is read back
# TIMEOUT: 150
# NEEDS: ours

. /lab/tests/feature.sh
dev=$(disk_file a 32)
GUEST_MEMORY=192
guest_start g "$GUEST" "$dev,xvda"
fio="fio --name=v --filename=/dev/xvda --ioengine=io_uring --direct=1 \
--verify=crc32c --verify_fatal=1 --rw=randrw --bsrange=512-256k --iodepth=32 \
--size=16m --loops=100 --time_based --runtime=25 --output-format=terse"
guest_send g "$fio >/tmp/fio.out 2>&1 || { cat /tmp/fio.out; exit 1; }"
writer=$seq
for round in 1 2; do
	sleep 4
	before=$(disk_stat "$dev" 5)
	feature_save g
	feature_restore g xvda
	say "round $round: domain $(domid g), $before writes before"
	# Requests go on.
	more()
	{
		[ "$(disk_stat "$dev" 5)" -gt "$before" ]
	}
	wait_for 10 more || fail "round $round: no write arrives any more"
done
guest_reply g "$writer" 60 || fail "fio says $?"
feature_verify g xvda
guest_stop g
