# SPDX-License-Identifier: GPL-2.0-only
# NAME: a toolstack's keys that are wrong or not there: refused by name, or the safe side
# TIMEOUT: 150
# NEEDS: ours-back

. /lab/tests/hostile.sh
dev=$(disk_null a 32 memory_backed=1 discard=1)
other=$(disk_null b 32)
hostile_disk "$dev"
hostile_start "$dev,xvda"
id=$(domid h)

# number DEVICE: as a hotplug script writes it.
number()
{
	stat -L -c %t:%T "$1"
}
# vbd VDEV: the back's directory.
vbd()
{
	printf '/local/domain/0/backend/vbd/%s/%s\n' "$id" "$1"
}
offered()
{
	[ "$(xenstore-read "$(vbd "$HOSTILE_VDEV")/state")" = 2 ]
}
# toolstack VDEV [KEY=TEXT|-KEY...]: a disk of h's, made as a toolstack does it, but for
# these keys; -KEY: there is none.  The physical device follows once it was offered.
toolstack()
{
	local f=/local/domain/$id/device/vbd/$1 b key num

	HOSTILE_VDEV=$1
	b=$(vbd "$1")
	num=$(number "$dev")
	run xenstore-write "$f/backend" "$b" "$f/backend-id" 0 "$f/device-type" disk \
		"$f/virtual-device" "$1" "$f/state" 1
	run xenstore-chmod -r "$f" "n$id" r0
	run xenstore-write "$b/frontend" "$f" "$b/frontend-id" "$id" "$b/online" 1 \
		"$b/mode" w "$b/dev" xvdx
	for key in "${@:2}"; do
		case $key in
		physical-device=*) num=${key#*=} ;;
		device-type=*) run xenstore-write "$f/device-type" "${key#*=}" ;;
		-*) run xenstore-rm "$b/${key#-}" ;;
		*) run xenstore-write "$b/${key%%=*}" "${key#*=}" ;;
		esac
	done
	run xenstore-chmod -r "$b" n0 "r$id"
	run xenstore-write "$b/state" 1
	wait_for 15 offered || fail "disk $1 is not offered"
	nap "$LAB_SCALE"
	run xenstore-write "$b/physical-device" "$num"
}
# away: that disk goes, and its back with it.
away()
{
	xenstore-rm "$(vbd "$HOSTILE_VDEV")"
	xenstore-rm "/local/domain/$id/device/vbd/$HOSTILE_VDEV"
	wait_for 15 no_dir "/sys/bus/xen-backend/devices/vbd-${1:-$id}-$HOSTILE_VDEV" ||
		fail "the back of $HOSTILE_VDEV stays"
}
# says WHAT LINES-BEFORE PATTERN: the one line, a moment after it came.
says()
{
	more()
	{
		[ "$(hostile_log | wc -l)" -gt "$1" ]
	}
	wait_for 15 more "$2"
	nap "$LAB_SCALE"
	hostile_says "$@"
}
# used: what a connection is good for.
used="page D
connect wait=0
req 0 read id=1 segs=D
send 0
expect 0 1=ok
same D $HOSTILE_SEED
close"

# Refused, closed; and corrected.
for row in 'physical-device=zz:1|physical-device is "zz:1", not major:minor' \
	'physical-device=1|physical-device is "1", not major:minor' \
	'physical-device=fff:fffffff|physical-device is "fff:fffffff", not major:minor' \
	'-mode|mode is missing' \
	'discard-enable=no|discard-enable is "no", not a number'; do
	what=${row%%|*}
	say "case: $what"
	lines=$(hostile_log | wc -l)
	toolstack 51824 "$what"
	says "$what" "$lines" "${row#*|}"
	equal "the back of $what" "$(xenstore-read "$(vbd 51824)/state")" 5
	run xenstore-write "$(vbd 51824)/mode" w
	run xenstore-write "$(vbd 51824)/discard-enable" 1
	run xenstore-write "$(vbd 51824)/physical-device" "$(number "$dev")"
	nap $((2 * LAB_SCALE))
	hostile_case "$what, corrected" "$used"
	away
done

# What is no w may not write.
toolstack 51824 mode=x
hostile_case 'mode=x' 'page D
fill D 1
connect
back info 4
req 0 write id=1 sector=0 segs=D
send 0
expect 0 1=error
close' EROFS
away

# Nobody says that it is to stay: it goes with its front.
toolstack 51824 -online
hostile_case 'no online' "$used"
wait_for 15 no_dir "/sys/bus/xen-backend/devices/vbd-$id-51824" ||
	fail "a back that is not online stays"
away

# The domain is not the one that the path says: it has no such grants.
toolstack 51824 frontend-id=77
say 'case: the id of another domain'
unmapped()
{
	dmesg | grep 'vbd-77-51824: ' | grep -c 'connecting ring 0'
}
lines=$(unmapped)
peer h 'connect wait=0 state=3 up=0
await 5
state 6
await 6 within=20
unring 0' 60 51824
equal "words of a ring that another domain has not granted" "$(unmapped)" $((lines + 1))
away 77

# The one thing of the disk that stands in the front's directory: nonsense is no CD drive.
toolstack 51824 device-type=cdro$'\e[2J'
hostile_case 'a type of device that is none' "write-hex device-type 63646f1b5b324a00ff
state 1
wait 300
write-long device-type 1900
$used
back info 0
state 1"

# The device that it has is the one that it keeps.
hostile_case 'connected, and then nobody there' 'connect'
lines=$(hostile_log | wc -l)
run xenstore-write "$(vbd 51824)/physical-device" "$(number "$other")"
says 'another physical device' "$lines" 'physical-device changed from .* ignored'
run xenstore-write "$(vbd 51824)/physical-device" "$(number "$dev")"
nap "$LAB_SCALE"
hostile_case 'and used after that' "state 5
await 5
state 6
await 6
state 1
$used"
away
hostile_disk_same "$dev"
hostile_end
