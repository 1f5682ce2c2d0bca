# SPDX-License-Identifier: GPL-2.0-only
# NAME: suspends that are cancelled, under load: the guest goes on over the same rings
# TIMEOUT: 60
# CYCLES: 3 20
# NEEDS: ours

. /lab/tests/feature.sh
dev=$(disk_file a 16)
GUEST_MEMORY=192
guest_start g "$GUEST" "$dev,xvda"
id=$(domid g)
connected=$(dmesg | grep -c "vbd-$id-51712: connected")
feature_load g --bsrange=512-256k --iodepth=32 --size=8m
for ((i = 1; i <= CYCLES; i++)); do
	sleep 1
	run xl save -c g /tmp/g.save </dev/null
	before=$(disk_stat "$dev" 5)
	feature_goes_on "$dev" "$before" ||
		fail "round $i, -c: no write arrives any more"
	run xl save -p g /tmp/g.save </dev/null
	xl list g | awk 'NR == 2 { exit $5 !~ /p/ }' || fail "the guest is not paused"
	run xl unpause g
	before=$(disk_stat "$dev" 5)
	feature_goes_on "$dev" "$before" ||
		fail "round $i, -p: no write arrives any more"
	rm -f /tmp/g.save
	equal "domain" "$(xl domid g)" "$id"
done
feature_load_end g
feature_verify g xvda --size=8m
equal "times connected" "$(dmesg | grep -c "vbd-$id-51712: connected")" "$connected"
guest_stop g
