# SPDX-License-Identifier: GPL-2.0-only
#
# What a test may use.  Sourced by every test, by the runner and by the shell of
# "make lab-shell".  A test runs in dom0; functions that fail say why and end it.

set -f
shopt -s lastpipe

. /lab/job
export PATH=/usr/lib/xen-4.20/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
LAB_RUN=/run/lab
mkdir -p $LAB_RUN

# Kselftest's exit status for "this cannot be run here".
LAB_SKIP=4

## Words

# say TEXT: into the test's log.
say()
{
	printf '%s\n' "$*"
}

# fail TEXT: the test has failed.
fail()
{
	printf 'FAIL: %s\n' "$*"
	printf '%s\n' "$*" >"$LAB_RUN/reason"
	exit 1
}

# skip TEXT: the test says nothing here.
skip()
{
	printf 'SKIP: %s\n' "$*"
	printf '%s\n' "$*" >"$LAB_RUN/reason"
	exit $LAB_SKIP
}

# run COMMAND...: must succeed.
run()
{
	"$@" || fail "status $?: $*"
}

# equal WHAT GOT WANTED
equal()
{
	[ "$2" = "$3" ] || fail "$1 is '$2', should be '$3'"
}

# nap SECONDS: as sleep does, without a process, which costs as much time as it sleeps.
exec {LAB_NAP}<> <(:)
nap()
{
	read -r -t "$1" -u "$LAB_NAP"
	return 0
}

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for()
{
	local end=$((${EPOCHREALTIME/./} + $1 * LAB_SCALE * 1000000))

	shift
	until "$@" 2>/dev/null; do
		((${EPOCHREALTIME/./} < end)) || return 1
		nap 0.2
	done
}

# expect_dmesg PATTERN: a line of dom0's or a guest's log that matches this
# extended regular expression is not held against the test.
expect_dmesg()
{
	printf '%s\n' "$1" >>"$LAB_RUN/expected"
}

# lab_port NAME: a line to the machine outside.
lab_port()
{
	local p

	for p in $(set +f; echo /sys/class/virtio-ports/vport*); do
		[ "$(cat "$p/name" 2>/dev/null)" = "$1" ] || continue
		printf '/dev/%s\n' "${p##*/}"
	done
}

# lab_disk SERIAL: a disk from there.
lab_disk()
{
	local s

	for s in $(set +f; echo /sys/block/vd*/serial); do
		[ "$(cat "$s" 2>/dev/null)" = "$1" ] || continue
		s=${s%/serial}
		printf '/dev/%s\n' "${s##*/}"
	done
}

# progress TEXT: a line for the machine outside.
progress()
{
	[ -n "${LAB_PORT:-}" ] || LAB_PORT=$(lab_port xen-blk.progress)
	[ -c "${LAB_PORT:-}" ] && printf '%s\n' "$*" >"$LAB_PORT"
}

## The back

# back_load [PARAMETER...]: what BACK= names, unless it is loaded already.
back_load()
{
	if [ -d /sys/module/xen_blkback ]; then
		[ $# -eq 0 ] && return 0
		run rmmod xen_blkback
	fi
	case $BACK in
	ours) run insmod /lab/modules/xen-blkback.ko "$@" ;;
	upstream) run modprobe xen-blkback "$@" ;;
	esac
	if [ $# -gt 0 ]; then
		echo "$*" >"$LAB_RUN/back-args"
	else
		rm -f "$LAB_RUN/back-args"
	fi
}

back_unload()
{
	[ -d /sys/module/xen_blkback ] || return 0
	rmmod xen_blkback
}

# back_change ours|upstream [PARAMETER...]: from now on that one serves disks, whichever
# did; it is not for the next test.
back_change()
{
	run back_unload
	BACK=$1
	BACK_KIND=vbd
	back_load "${@:2}"
	echo own >"$LAB_RUN/back-args"
}

# back_dir GUEST VDEV: the backend's device in sysfs.
back_dir()
{
	printf '/sys/bus/xen-backend/devices/vbd-%s-%s\n' "$(domid "$1")" "$2"
}

# back_driver unbind|bind GUEST VDEV: the back's driver goes from its device, or comes.
back_driver()
{
	echo "vbd-$(domid "$2")-$3" >"/sys/bus/xen-backend/drivers/vbd/$1" ||
		fail "cannot $1 disk $3 of $2"
}

# back_store GUEST VDEV [KEY]: its directory (or the value of a key) in xenstore.
back_store()
{
	local d

	d=/local/domain/0/backend/$BACK_KIND/$(domid "$1")/$2
	if [ $# -gt 2 ]; then
		xenstore-read "$d/$3"
	else
		printf '%s\n' "$d"
	fi
}

# front_store GUEST VDEV [KEY]
front_store()
{
	local d

	d=/local/domain/$(domid "$1")/device/vbd/$2
	if [ $# -gt 2 ]; then
		xenstore-read "$d/$3"
	else
		printf '%s\n' "$d"
	fi
}

# disk_agreed GUEST NUMBER: what both ends have agreed upon: ring pages, queues, and 1
# for grants that are kept.
disk_agreed()
{
	local pages queues persistent

	pages=$(front_store "$1" "$2" num-ring-pages 2>/dev/null) ||
		pages=$((1 << $(front_store "$1" "$2" ring-page-order 2>/dev/null || echo 0)))
	queues=$(front_store "$1" "$2" multi-queue-num-queues 2>/dev/null || echo 1)
	persistent=$(($(front_store "$1" "$2" feature-persistent 2>/dev/null || echo 0) &&
		$(back_store "$1" "$2" feature-persistent 2>/dev/null || echo 0)))
	printf '%s %s %s\n' "$pages" "$queues" "$persistent"
}

## Peers other than Linux

# Who serves the disks: vbd is the driver that BACK names, qdisk is QEMU.
BACK_KIND=vbd

# back_type: the same in xl's words.
back_type()
{
	case $BACK_KIND in
	vbd) printf 'phy\n' ;;
	qdisk) printf 'qdisk\n' ;;
	esac
}

# peer_qdisk: from now on disks are served by QEMU, from files or block devices.
peer_qdisk()
{
	# Where xl looks; the lab's disk has no such folder.
	run mkdir -p /usr/libexec
	run ln -sfn /usr/lib/xen-blk-peers/xen-qemu-system-i386 /usr/libexec/
	run test -x /usr/libexec/xen-qemu-system-i386
	BACK_KIND=qdisk
}

## A front in user space, see hostile/README

# peer GUEST SCRIPT [SECONDS [VDEV]]: the guest, which has no front of its own,
# speaks to the back as the script says; all must be as that expects.
peer()
{
	local out rc=0

	out=$(guest_run "$1" "${3:-60}" "[ -c /dev/xen/gntalloc ] ||
	modprobe xen-gntalloc limit=16384 && modprobe -q xen-evtchn
LAB_SCALE=$LAB_SCALE /lab/blkif-front ${4:-51712} <<'END'
$2
END") || rc=$?
	[ -z "$out" ] || say "$out"
	[ $rc -eq 0 ] || fail "blkif-front in $1: status $rc: $(tail -n 1 <<<"$out")"
}

# peer_pattern SEED SECTORS: what "fill" puts into that many sectors.
peer_pattern()
{
	perl -e 'my ($s, $n) = @ARGV; $n *= 128; while ($n) {
		my $k = $n > 65536 ? 65536 : $n;
		print pack("V*", map { ($s + $_) & 0xffffffff } 0 .. $k - 1);
		$s += $k; $n -= $k; }' "$(($1))" "$2"
}

# peer_disk_has DEVICE SECTOR SEED SECTORS: the pattern is there.
peer_disk_has()
{
	cmp -n $(($4 * 512)) <(dd if="$1" bs=512 skip="$2" count="$4" \
		iflag=direct status=none) <(peer_pattern "$3" "$4") >&2 ||
		fail "$1 from sector $2 on has not the pattern $3"
}

# peer_disk_fill DEVICE SECTOR SEED SECTORS
peer_disk_fill()
{
	peer_pattern "$3" "$4" | dd of="$1" bs=512 seek="$2" oflag=direct \
		iflag=fullblock conv=notrunc status=none ||
		fail "cannot write $1"
}

## Disks in dom0.  Each prints its device; the framework takes all of them away.

# disk_null NAME MB [ATTRIBUTE=VALUE...]: null_blk; memory_backed=1 keeps data.
disk_null()
{
	local d=/sys/kernel/config/nullb/$1 a i

	modprobe null_blk nr_devices=0 2>/dev/null
	run mkdir "$d"
	echo "$2" >"$d/size" || fail "null_blk size $2"
	for a in "${@:3}"; do
		echo "${a#*=}" >"$d/${a%%=*}" || fail "null_blk has no $a"
	done
	echo 1 >"$d/power" || fail "null_blk $1 does not start"
	if [ -b "/dev/$1" ]; then
		printf '/dev/%s\n' "$1"
	else
		i=$(cat "$d/index")
		printf '/dev/nullb%s\n' "$i"
	fi
}

# disk_brd MB: a RAM disk of whole pages.
disk_brd()
{
	[ -d /sys/module/brd ] || run modprobe brd rd_nr=1 rd_size=$(($1 * 1024))
	printf '/dev/ram0\n'
}

# disk_file NAME MB [LOSETUP OPTION...]: loop device over a file in memory.
disk_file()
{
	local dev

	modprobe -q loop
	mkdir -p /tmp/disks
	run truncate -s "${2}M" "/tmp/disks/$1"
	dev=$(losetup "${@:3}" -f --show "/tmp/disks/$1") ||
		fail "no loop device for $1"
	printf '%s\n' "$dev"
}

# disk_file_size DEV MB: such a device has another size from now on.
disk_file_size()
{
	run truncate -s "${2}M" "$(losetup -n -O BACK-FILE "$1")"
	run losetup -c "$1"
}

# disk_scsi MB [PARAMETER...]: SCSI's test driver, which has one disk at a time.
disk_scsi()
{
	run modprobe sd_mod
	run modprobe scsi_debug dev_size_mb="$1" "${@:2}"
	wait_for 10 disk_scsi_find >/dev/null || fail "scsi_debug made no disk"
	disk_scsi_find
}

disk_scsi_find()
{
	local d

	for d in $(set +f; echo /sys/block/sd*); do
		if grep -q scsi_debug "$d/device/model" && [ -b "/dev/${d##*/}" ]; then
			printf '/dev/%s\n' "${d##*/}"
			return 0
		fi
	done
	return 1
}

# disk_dm NAME TABLE: device mapper.
disk_dm()
{
	modprobe -q dm-mod
	run dmsetup create "$1" --table "$2" </dev/null >&2
	printf '/dev/%s\n' "$(dmsetup info -c --noheadings -o blkdevname "$1")"
}

# disk_dm_table NAME TABLE (lines): another one, with requests held meanwhile.
disk_dm_table()
{
	run dmsetup suspend "$1"
	run dmsetup load "$1" <<<"$2"
	run dmsetup resume "$1"
}

# disk_stat DEVICE FIELD: of /sys/block/*/stat, counted from 1 (16: flushes).
disk_stat()
{
	awk -v f="$2" '{ print $f }' "/sys/class/block/$(basename \
		"$(readlink -f "$1")")/stat"
}

## Guests

# domid GUEST: from the note taken at its start, else from Xen.
domid()
{
	cat "$LAB_RUN/guest-$1.id" 2>/dev/null || xl domid "$1"
}

# disk_spec TARGET,VDEV[,r|w][,xl key=value...]: sets $spec for xl.
disk_spec()
{
	local target vdev mode rest

	IFS=, read -r target vdev mode rest <<<"$1"
	[[ $rest == *script=* || $BACK_KIND = qdisk ]] ||
		rest+=${rest:+,}script=/lab/dom0/block-lab
	spec=format=raw,backendtype=$(back_type),vdev=$vdev,access=${mode:-w},${rest:+$rest,}target=$target
}

# Settings of the next guest_start, put back to these by it.
guest_defaults()
{
	GUEST_KERNEL=/kernel/guest/vmlinux
	GUEST_RAMDISK=/lab/guest.initrd
	GUEST_MEMORY=256
	GUEST_VCPUS=2
	GUEST_FRONT=$FRONT
	GUEST_ARGS=		# module parameters of its front
	GUEST_EXTRA=		# more of the kernel's command line
	GUEST_CONFIG=		# more lines of xl's configuration
}
guest_defaults

# guest_create NAME TYPE [DISK...]: xl create only.
guest_create()
{
	local name=$1 type=$2 d a disks="" args="" ramdisk=""

	shift 2
	[ -z "$GUEST_RAMDISK" ] || ramdisk="ramdisk = \"$GUEST_RAMDISK\""
	[ $BACK_KIND = qdisk ] || back_load
	for d; do
		disk_spec "$d"
		disks+="'$spec', "
	done
	for a in $GUEST_ARGS; do
		args+=" lab.args=$a"
	done
	cat >"$LAB_RUN/guest-$name.cfg" <<-EOF
		name = "$name"
		type = "$type"
		kernel = "$GUEST_KERNEL"
		$ramdisk
		memory = $((GUEST_MEMORY * LAB_MEMORY_TIMES))
		vcpus = $GUEST_VCPUS
		tsc_mode = "native"
		on_poweroff = "destroy"
		on_reboot = "destroy"
		on_crash = "destroy"
		disk = [ $disks ]
		extra = "console=hvc0 loglevel=5 panic=1 mitigations=off random.trust_cpu=on nokaslr $LAB_LEAN lab.front=$GUEST_FRONT$args ${LAB_SLABS:+slab_debug=$LAB_SLABS} $GUEST_EXTRA"
		$GUEST_CONFIG
	EOF
	guest_defaults
	rm -f "$LAB_RUN/guest-$name.id" "$LAB_RUN/guest-$name.seq"
	if ! xl -f create -q "$LAB_RUN/guest-$name.cfg" </dev/null; then
		tail -n 5 "/var/log/xen/qemu-dm-$name.log" 2>/dev/null
		return 1
	fi
	xl domid "$name" >"$LAB_RUN/guest-$name.id"
	say "guest $name: $type, domain $(domid "$name")"
}

# guest_start NAME TYPE [DISK...]: returns when its agent answers and its disks
# are connected.
guest_start()
{
	local front=$GUEST_FRONT name=$1 d rest

	guest_create "$@" || fail "guest $1 cannot be created"
	guest_answers "$name" 60 || fail "guest $name does not answer"
	[ "$front" = none ] && return 0
	shift 2
	for d; do
		IFS=, read -r _ rest _ <<<"$d"
		wait_for 15 guest_disk_there "$name" "$rest" ||
			fail "guest $name: disk $rest does not come up"
	done
}

# guest_answers NAME SECONDS: its agent is there.  A guest that the emulator
# killed on its way is started again, twice at most.
guest_answers()
{
	local tries=3 end

	while ((tries--)); do
		end=$((EPOCHSECONDS + $2 * LAB_SCALE))
		while ((EPOCHSECONDS < end)); do
			/lab/guest-call there "$LAB_RUN/guest-$1" 5 && return 0
			guest_stillborn "$1" && break
		done
		((tries)) && guest_stillborn "$1" || return 1
		say "guest $1 died of the emulator before its init: once more"
		guest_again "$1" || return 1
	done
	return 1
}

# guest_stillborn NAME: it came no further than a breakpoint of the kernel's own
# code patching, which QEMU sometimes serves to another processor too late.  Neither
# is its init running nor a disk driver loaded by then.  Nothing else is a reason to try
# again.
guest_stillborn()
{
	local log=/lab/results/console/guest-$1.log

	grep -q 'exc_int3' "$log" 2>/dev/null &&
		! grep -q '^lab: init' "$log"
}

# guest_again NAME: the same guest anew.
guest_again()
{
	xl destroy "$1" 2>/dev/null
	wait_for 20 domain_gone "$(domid "$1")" || return 1
	rm -f "$LAB_RUN/guest-$1.id" "$LAB_RUN/guest-$1.seq"
	: >"/lab/results/console/guest-$1.log"
	xl -f create -q "$LAB_RUN/guest-$1.cfg" </dev/null || return 1
	xl domid "$1" >"$LAB_RUN/guest-$1.id"
	say "guest $1: domain $(domid "$1")"
}

# vdev_number NAME: xl's number of a disk, as both stores spell it.
vdev_number()
{
	local n=$1 letters part=0 i=0 c

	case $n in
	xvd*) n=${n#xvd} ;;
	[0-9]*) printf '%s\n' "$n"; return ;;
	sd*)
		n=${n#sd}
		letters=${n%%[0-9]*}
		part=${n#"$letters"}
		printf '%d\n' $(((8 << 8) | (($(printf '%d' "'$letters") - 97) << 4) | ${part:-0}))
		return ;;
	hd*)
		n=${n#hd}
		letters=${n%%[0-9]*}
		part=${n#"$letters"}
		i=$(($(printf '%d' "'$letters") - 97))
		printf '%d\n' $((((i < 2 ? 3 : 22) << 8) | ((i & 1) << 6) | ${part:-0}))
		return ;;
	esac
	letters=${n%%[0-9]*}
	part=${n#"$letters"}
	part=${part:-0}
	while [ -n "$letters" ]; do
		c=$(printf '%d' "'${letters:0:1}")
		i=$((i * 26 + c - 96))
		letters=${letters:1}
	done
	i=$((i - 1))
	if ((i < 16 && part < 16)); then
		printf '%d\n' $(((202 << 8) | (i << 4) | part))
	else
		printf '%d\n' $(((1 << 28) | (i << 8) | part))
	fi
}

# guest_disk_there NAME VDEV: both sides of this disk say Connected.
guest_disk_there()
{
	local v id=0 d

	v=$(vdev_number "$2")
	read -r id <"$LAB_RUN/guest-$1.id"
	d=$(xenstore-read "/local/domain/$id/device/vbd/$v/state" \
		"/local/domain/0/backend/$BACK_KIND/$id/$v/state")
	[ "$d" = "4
4" ]
}

# guest_send NAME COMMAND: hands a command over, sets $seq to its number.
guest_send()
{
	seq=$(/lab/guest-call send "$LAB_RUN/guest-$1" "$2")
}

# guest_reply NAME NUMBER [SECONDS]: prints the output, returns the status; 124
# when none came in that time.
guest_reply()
{
	/lab/guest-call reply "$LAB_RUN/guest-$1" "$2" $((${3:-60} * LAB_SCALE))
}

# guest_run NAME [SECONDS] COMMAND: runs it in the guest's shell.
guest_run()
{
	local t=60

	[ $# -lt 3 ] || t=$2
	/lab/guest-call run "$LAB_RUN/guest-$1" $((t * LAB_SCALE)) "${*: -1}"
}

# guest NAME [SECONDS] COMMAND: the same, and it must succeed.
guest()
{
	local rc=0

	guest_run "$@" || rc=$?
	[ "$rc" -eq 0 ] || fail "guest $1: status $rc of: ${*: -1}"
}

guest_stop()
{
	local id seq

	id=$(domid "$1")
	guest_send "$1" 'sync; kmemleak_check; poweroff -f'
	wait_for 20 domain_gone "$id" || fail "guest $1 does not power off"
	rm -f "$LAB_RUN/guest-$1.id"
}

guest_destroy()
{
	local id

	id=$(domid "$1")
	xl destroy "$1"
	wait_for 20 domain_gone "$id" || fail "guest $1 is not destroyed"
	rm -f "$LAB_RUN/guest-$1.id"
}

domain_gone()
{
	! xl domname "$1" >/dev/null 2>&1
}

# guest_attach NAME DISK: hot plug; returns when both sides are connected.
guest_attach()
{
	local rest

	disk_spec "$2"
	run xl block-attach "$1" "$spec" </dev/null
	IFS=, read -r _ rest _ <<<"$2"
	wait_for 15 guest_disk_there "$1" "$rest" ||
		fail "guest $1: attached disk $rest does not come up"
}

# guest_detach NAME VDEV: hot unplug; returns when the backend is gone.
guest_detach()
{
	local v

	v=$(vdev_number "$2")
	run xl block-detach "$1" "$2" </dev/null
	wait_for 15 no_dir "$(back_dir "$1" "$v")" ||
		fail "guest $1: the back of $2 stays"
}

no_dir()
{
	[ ! -d "$1" ]
}

# no_backs: no disk of any guest is served any more.
no_backs()
{
	! (set +f; ls -d /sys/bus/xen-backend/devices/vbd-*) >/dev/null 2>&1
}

## Counting what must come back

xen_log()
{
	local log n=50

	xl dmesg -c >/dev/null 2>&1
	xl debug-keys "$1"
	# Written by and by, to a slow console.
	while ((n--)); do
		sleep 0.2
		log=$(xl dmesg)
		[[ $log == *'] done'* ]] && break
	done
	printf '%s\n' "$log"
}

# grants_of DOMID: how many of its pages others have mapped, from Xen's table.
grants_of()
{
	xen_log g | awk -v d="$1" '
		/^\(XEN\).*grant-table for remote d/ {
			on = ($0 ~ ("remote d" d "[^0-9]")) }
		on && /\] +[0-9]+ / { n++ }
		END { print n + 0 }'
}

# event_channels DOMID: how many are in use.
event_channels()
{
	lsevtchn "$1" 2>/dev/null | wc -l
}

# slab_counts: objects in use of the sizes a driver allocates, after giving back
# what is only cached: then ten lost objects stand out.  The same in a guest is
# "guest g slab_counts".
. /lab/dom0/slabs.sh

# slabs_exact: for GUEST_EXTRA: what makes these counts exact in that guest, see
# host/boot.sh, which has it for dom0's smallest.
slabs_exact()
{
	printf 'slab_debug=F'
	printf ',kmalloc-%s' $slab_sizes
}

# grown BEFORE AFTER [NUMBER]: names whose number grew by ten, or that, or more.
grown()
{
	local name was is

	while read -r name was _ is; do
		((is - was < ${3:-10})) || printf '%s ' "$name"
	done < <(paste -d' ' <(echo "$1") <(echo "$2"))
}

# no_leak COUNT ROUND: ten times ROUND, with COUNT printing "name number" lines
# before and after.  A slab that some processor just took counts as full (not so
# the smallest, see slab_debug), so ten more rounds must agree, twice, before growth
# is called a leak.
no_leak()
{
	local i batch before after names="" now both n

	before=$($1)
	for batch in 1 2 3; do
		for i in {1..10}; do
			$2
		done
		after=$($1)
		now=$(grown "$before" "$after")
		[ "$batch" -gt 1 ] || names=$now
		both=""
		for n in $now; do
			[[ " $names " == *" $n "* ]] && both+="$n "
		done
		names=$both
		say "grown in rounds $((batch * 10 - 9)) to $((batch * 10)): ${now:-nothing}"
		[ -n "$names" ] || return 0
		paste -d' ' <(echo "$before") <(echo "$after") | awk '$2 != $4'
		before=$after
	done
	fail "grows with every ten rounds: $names"
}

lab_help()
{
	grep -h '^# [a-z_]* [A-Z\[].*:' /lab/dom0/lib.sh
}
