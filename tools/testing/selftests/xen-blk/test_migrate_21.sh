# SPDX-License-Identifier: GPL-2.0-only
# NAME: xl migrate to another host and back, under verified load, over a disk of the network
# TIMEOUT: 120
# CYCLES: 14 60
# NEEDS: ours hosts peers pvh

# Three backs on either host, the other of which may have another kernel: in nine rounds
# each sends to each; in five more they send a guest of one processor.  Debian's Xen does not log which pages a PV guest writes: it does
# not go live.
. /lab/tests/feature.sh
. /lab/dom0/hosts.sh
hosts_net 1
hosts_serve 32
run hosts_attach
hosts_back "$(hosts_here 0)"
# begin PROCESSORS
begin()
{
	hosts_cpus=$1
	GUEST_VCPUS=$1
	GUEST_MEMORY=160
	GUEST_ARGS="max_queues=2 max_ring_pages=8"
	guest_start g "$GUEST" "$hosts_disk,xvda"
	# Not as much as it can: what it writes beside is sent again.
	feature_load g --bsrange=512-256k --iodepth=32 --size=8m --rate_iops=100
}
# end: it was well on the way.
end()
{
	feature_load_end g
	feature_verify g xvda --size=8m
	guest_run g "dmesg | grep -v 'lab: run' | grep 'I/O error'" &&
		fail "requests failed on the way"
	guest_stop g
}
begin 2

# row FROM TO SECONDS
row()
{
	say "matrix: xl migrate | ours, $GUEST, $hosts_cpus processor(s) | $1 -> $2 | ok ($3 s)"
}
for ((round = 0; round < CYCLES; round++)); do
	if ((round == 9)); then
		end
		begin 1
	fi
	sleep 1
	t0=$EPOCHSECONDS
	here="$KERNEL $hosts_back"
	there="$KERNEL_OTHER $(hosts_name "$(hosts_there $round)")"
	hosts_send g || fail "round $round: it cannot be sent from $here to $there"
	wait_for 20 no_backs || fail "round $round: $here stays behind"
	t1=$EPOCHSECONDS
	hosts_back "$(hosts_here $((round + 1)))"
	hosts_receive g xvda ||
		fail "round $round: it does not come back from $there to $hosts_back"
	hosts_check g
	hosts_goes_on ||
		fail "round $round: no write arrives any more, from $there to $hosts_back"
	# There it wrote, too, or it would not be back.
	row "$here" "$there" $((t1 - t0))
	row "$there" "$KERNEL $hosts_back" $((EPOCHSECONDS - t1))
done
end
hosts_end
