# SPDX-License-Identifier: GPL-2.0-only
#
# What the tests of a back in user space share. Guest g runs our front; its xvda
# is served by our back and must go on, its xvdb by blkif-back, which does wrong.

. /lab/tests/hostile.sh

BACK_VDEV=51728
BACK_READ='dd if=/dev/xvdb of=/dev/null bs=4k count=1 iflag=direct'

# back_start [FRONT PARAMETER...]: the guest, its good disk under load.
back_start()
{
	local innocent

	innocent=$(disk_null innocent 32 memory_backed=1)
	GUEST_ARGS="$*"
	guest_start g "$GUEST"
	back_grants=$(grants_of "$(domid g)")
	guest_attach g "$innocent,xvda"
	hostile_innocent_start
}

# back_end: nothing of xvdb is left, and xvda was well all the time.
back_end()
{
	hostile_innocent_stop
	guest_detach g xvda
	equal "grants that are mapped" "$(grants_of "$(domid g)")" "$back_grants"
	guest_stop g
}

# back_run SCRIPT: blkif-back does that, meanwhile.
back_run()
{
	rm -f $(set +f; echo "$LAB_RUN"/gate.*)
	LAB_SCALE=$LAB_SCALE BACK_GATE=$LAB_RUN/gate /lab/blkif-back \
		"$(domid g)" "$BACK_VDEV" <<<"$1" >"$LAB_RUN/back.out" 2>&1 &
	back_pid=$!
}

# back_open GATE: the script goes on.
back_open()
{
	: >"$LAB_RUN/gate.$1"
}

# back_done: the script was fulfilled, and the guest has no such disk any more.
back_done()
{
	local rc=0

	wait "$back_pid" || rc=$?
	cat "$LAB_RUN/back.out"
	[ $rc -eq 0 ] ||
		fail "$1: blkif-back: $(tail -n 1 "$LAB_RUN/back.out")"
	guest g "wait_for $((10 * LAB_SCALE)) test ! -e /sys/block/xvdb -a \
		! -e /sys/bus/xen/devices/vbd-$BACK_VDEV"
}

# back_connections: how often xvdb was there.
back_connections()
{
	guest g "dmesg | grep -c ': xvdb: [0-9]* ring'; true"
}

# back_log: what the front said of xvdb, but for its connections.
back_log()
{
	guest g "dmesg | grep -v 'lab: run' | grep 'vbd-$BACK_VDEV: ' |
		grep -v ': xvdb: [0-9]* ring'; true"
}

# back_says WHAT LINES-BEFORE [PATTERN...]: since then it said as many lines as
# there are patterns, each of which matches its own.
back_says()
{
	local said line n=0 what=$1

	mapfile -t said < <(back_log | tail -n "+$(($2 + 1))")
	shift 2
	for line in "${said[@]}"; do
		say "$line"
	done
	[ ${#said[@]} -eq $# ] ||
		fail "$what: the front says ${#said[@]} lines, should be $#"
	for line; do
		grep -qE -e "$line" <<<"${said[n]}" ||
			fail "$what: the front says '${said[n]}', not $line"
		n=$((n + 1))
	done
}

# back_outcome WHAT OUTCOME STATUS: of a command in the guest, its output in a file.
back_outcome()
{
	local said

	said=$(cat "$LAB_RUN/command.out")
	case $2-$3 in
	ok-0|any-*) ;;
	EIO-0) fail "$1: no error" ;;
	EIO-*)
		grep -qE '(Input/output|I/O) error' <<<"$said" ||
			fail "$1: not EIO: $said"
		;;
	*) fail "$1: status $3: $said" ;;
	esac
}

# back_play WHAT COMMAND OUTCOME SCRIPT: connected, and what reads the disk at first
# served, the guest's command ends with OUTCOME while the script runs on; gate 2 opens
# when the command has ended. Then the disk goes.
back_play()
{
	local what=$1 rc=0 connections

	say "case: $what"
	connections=$(back_connections)
	back_run "connect ${BACK_CONNECT:-}
serve
$4
${BACK_LAST-close}"
	guest g "there() { [ \$(dmesg | grep -c ': xvdb: [0-9]* ring') -gt \
		$connections ]; }; wait_for $((15 * LAB_SCALE)) there"
	back_open 1
	guest_run g 60 "$2" >"$LAB_RUN/command.out" 2>&1 || rc=$?
	back_open 2
	back_outcome "$what" "$3" $rc
	back_done "$what"
}

# back_case WHAT COMMAND OUTCOME SCRIPT [PATTERN...]: that, and what the front says.
back_case()
{
	local lines

	lines=$(back_log | wc -l)
	back_play "${@:1:4}"
	back_says "$1" "$lines" "${@:5}"
	hostile_row front "$1" "$3" "${@:5}"
}

# back_offer WHAT SCRIPT [PATTERN...]: what the back says of itself leads there.
back_offer()
{
	local what=$1 lines

	say "case: $what"
	lines=$(back_log | wc -l)
	back_run "$2"
	shift 2
	back_done "$what"
	back_says "$what" "$lines" "$@"
	hostile_row front "$what" 'as the script says' "$@"
}
