# SPDX-License-Identifier: GPL-2.0-only
# NAME: xl migrate to another host and back, under verified load, over a disk of the network
# TIMEOUT: 120
# CYCLES: 5 60
# NEEDS: ours hosts peers pvh

# The other host's back can do less.  Debian's Xen does not log which pages a PV guest
# writes: it does not go live.
. /lab/tests/feature.sh
. /lab/dom0/hosts.sh
hosts_net 1
hosts_serve 32
run hosts_attach
back_load max_queues=2
GUEST_MEMORY=160
GUEST_ARGS="max_queues=2"
guest_start g "$GUEST" "$hosts_disk,xvda"
# Not as much as it can: what it writes beside is sent again.
feature_load g --bsrange=512-256k --iodepth=32 --size=8m --rate_iops=100
for ((i = 1; i <= CYCLES; i++)); do
	sleep 1
	hosts_send g || fail "round $i: it cannot be sent"
	wait_for 20 no_backs || fail "round $i: a back stays"
	say "round $i: it is over there"
	hosts_receive g xvda || fail "round $i: it does not come back"
	hosts_goes_on || fail "round $i: no write arrives any more"
	say "round $i: it is back, as domain $(domid g)"
done
feature_load_end g
feature_verify g xvda --size=8m
guest_run g "dmesg | grep -v 'lab: run' | grep 'I/O error'" &&
	fail "requests failed on the way"
guest_stop g
hosts_end
