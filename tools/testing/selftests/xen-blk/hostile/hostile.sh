# SPDX-License-Identifier: GPL-2.0-only
#
# What the tests of the group hostile share.  Guest h, which has no front driver,
# does wrong; guest g, with our front and a disk of its own, must not notice.

# hostile_innocent_pass [FIO OPTION]: what g does to xvda over and over: reads and
# writes, verified, at a rate; how many writes a second that were.
hostile_innocent_pass()
{
	printf '%s\n' "fio --ioengine=io_uring --direct=1 --verify=crc32c \
			--verify_fatal=1 --filename=/dev/xvda --name=v \
			--output-format=terse --terse-version=3 --rw=randrw \
			--bs=16k --iodepth=8 --size=4m $* >/tmp/fio.out 2>&1 ||
			{ cat /tmp/fio.out; exit 1; }
		awk -F';' '\$1 == 3 { print int(\$49) }' /tmp/fio.out"
}

# hostile_innocent_start: that, with pauses that leave the emulator to others.  Not as
# fast as it goes: what is asked for is a quarter of that, at most, so that who does no
# wrong but to need a processor takes nothing from it.  The first such pass is measured
# before anybody does wrong.
hostile_innocent_start()
{
	local rate

	rate=$(guest g "rm -f /tmp/stop; $(hostile_innocent_pass)") ||
		fail "the innocent disk: $rate"
	rate=$((rate / 4))
	((rate < 60)) || rate=60
	hostile_before=$(guest g "$(hostile_innocent_pass --rate_iops=$rate)") ||
		fail "the innocent disk: $hostile_before"
	guest_send g "until $(hostile_innocent_pass --rate_iops=$rate)
			[ -e /tmp/stop ]; do
			sleep 2
		done"
	hostile_innocent=$seq
}

# hostile_innocent_stop: it was well all the time, and had nine tenths of its rate in
# every other pass at least: in a single one the emulator may have been busy.
hostile_innocent_stop()
{
	local said rates is

	guest g 'touch /tmp/stop'
	said=$(guest_reply g "$hostile_innocent" 60) ||
		fail "the innocent disk: $said"
	mapfile -t rates < <(sort -n <<<"$said")
	is=${rates[${#rates[@]} / 2]}
	say "the innocent disk: $hostile_before writes a second, then ${rates[*]}"
	((is * 10 >= hostile_before * 9)) ||
		fail "the innocent disk: $is writes a second, $hostile_before before"
}

# hostile_start DISK...: h's disks.
hostile_start()
{
	local innocent

	innocent=$(disk_null innocent 32 memory_backed=1)
	guest_start g "$GUEST" "$innocent,xvda"
	hostile_ports=$(event_channels 0)
	GUEST_FRONT=none
	guest_start h "$GUEST" "$@"
	hostile_grants=$(grants_of "$(domid h)")
	hostile_ports_idle=$(event_channels 0)
	hostile_innocent_start
}

# hostile_end: nothing of h is left, and g was well all the time.
hostile_end()
{
	equal "grants of h that are mapped" "$(grants_of "$(domid h)")" \
		"$hostile_grants"
	hostile_destroy
}

# hostile_destroy: h goes, whatever it does; its backs do, and g was well.
hostile_destroy()
{
	local id

	id=$(domid h)
	guest_destroy h
	wait_for 20 hostile_no_backs "$id" || fail "backs of h stay"
	wait_for 10 hostile_ports_back ||
		fail "dom0 has $(event_channels 0) event channels, $hostile_ports before"
	hostile_innocent_stop
	guest_stop g
}

hostile_ports_back()
{
	[ "$(event_channels 0)" -le "$hostile_ports" ]
}

hostile_no_backs()
{
	! (set +f; ls /sys/bus/xen-backend/devices) | grep -q "^vbd-$1-"
}

# hostile_log: what the back said of h's disks, but for their connections. Of a
# ring's grant that cannot be mapped the bus has a line of its own.
hostile_log()
{
	dmesg | grep -E "vbd-$(domid h)-[0-9]+: " |
		grep -vE ': connected: |: -?[0-9]+ mapping in shared page '
}

# hostile_says WHAT LINES-BEFORE [PATTERN...]: since then the back said as many lines
# as there are patterns, each of which matches its own. The last may be missing if it has
# a ? ahead: whether anything was seen depends on who came first.
hostile_says()
{
	local said=() what=$1 line n=0 last=${*: -1}

	mapfile -t said < <(hostile_log | tail -n "+$(($2 + 1))")
	shift 2
	if [[ $# -gt 0 && $last == \?* ]]; then
		set -- "${@:1:$#-1}"
		[ ${#said[@]} -le $# ] || set -- "$@" "${last#\?}"
	fi
	for line in "${said[@]}"; do
		say "$line"
	done
	[ ${#said[@]} -eq $# ] ||
		fail "$what: the back says ${#said[@]} lines, should be $#"
	for line; do
		grep -qE -e "$line" <<<"${said[n]}" ||
			fail "$what: the back says '${said[n]}', not $line"
		n=$((n + 1))
	done
}

# hostile_row SIDE WHAT EXPECTED [PATTERN...]: of the table of cases, see host/tests.sh;
# what was expected of SIDE, and what it was to say, was seen.
hostile_row()
{
	local row="$1 | $2 | ${3:-no answer}" said

	shift 3
	[ $# -gt 0 ] || set -- nothing
	printf -v said '%s; ' "${@//|//}"
	say "matrix: case | $row | ${said%; } | ok"
}

# hostile_wants SCRIPT: its answers and states, in short.
hostile_wants()
{
	awk '$1 == "await" { want = want " state " $2 }
		$1 == "expect" {
			for (i = 3; i <= NF; i++)
				if ($i !~ /^within=/)
					want = want " " $i
		}
		END {
			if (length(want) > 80)
				want = substr(want, 1, 76) " ..."
			print substr(want, 2)
		}' <<<"$1"
}

# hostile_case WHAT SCRIPT [PATTERN...]: the script is fulfilled, and that is what the
# back says.
hostile_case()
{
	local before what=$1

	before=$(hostile_log | wc -l)
	say "case: $what"
	peer h "$2" 90 "${HOSTILE_VDEV:-51712}"
	hostile_says "$what" "$before" "${@:3}"
	hostile_row back "$what" "$(hostile_wants "$2")" "${@:3}"
}

# hostile_requests WHAT LINES [PATTERN]: on a connection of their own, with the
# pages D and F at hand; the ring must go on to work.
hostile_requests()
{
	hostile_case "$1" "page D 16
page E
page F 8
fill D 1
connect ${HOSTILE_CONNECT:-}
$2
fill E 0
req 0 read id=1000 sector=0 segs=E
send 0
expect 0 1000=ok
same E $HOSTILE_SEED
close
state 1" "${@:3}"
	# Whatever it was, with the connection all of it goes.
	wait_for 10 hostile_is_idle ||
		fail "$1: $(grants_of "$(domid h)") grants of h are mapped, $hostile_grants \
before; $(event_channels 0) event channels, $hostile_ports_idle before"
}

hostile_is_idle()
{
	[ "$(grants_of "$(domid h)")" -eq "$hostile_grants" ] &&
		[ "$(event_channels 0)" -le "$hostile_ports_idle" ]
}

# hostile_disk DEVICE: content that must stay.
HOSTILE_SEED=123456
hostile_disk()
{
	peer_disk_fill "$1" 0 $HOSTILE_SEED 8192
}

hostile_disk_same()
{
	peer_disk_has "$1" 0 $HOSTILE_SEED 8192
}
