# SPDX-License-Identifier: GPL-2.0-only
#
# One feature of the protocol between every front and every back, on and off at
# either end: in one guest, the modules loaded anew for each row.  Every row says
# what was negotiated, and fio reads what it wrote.

. /lab/tests/feature.sh

# matrix_start DISK: a guest without a driver, and the disk that each row attaches.
matrix_start()
{
	matrix_dev=$1
	GUEST_FRONT=none
	guest_start g "$GUEST"
}

# matrix_seen WHERE:KEY -> what is there; "-" if nothing.
matrix_seen()
{
	case $1 in
	front:*) front_store g 51712 "${1#*:}" 2>/dev/null || echo - ;;
	back:*) back_store g 51712 "${1#*:}" 2>/dev/null || echo - ;;
	queue:*) guest g "cat /sys/block/xvda/queue/${1#*:}" ;;
	esac
}

# matrix_row FEATURE FRONT FRONT-ARGS BACK BACK-ARGS WHERE:KEY=VALUE...
# DISK_OPTIONS: of the disk, as in guest_start.
matrix_row()
{
	local feature=$1 front=$2 fargs=$3 back=$4 bargs=$5 row want

	shift 5
	row="$feature | $front ${fargs:-default} | $back ${bargs:-default}"
	# shellcheck disable=SC2086
	back_change $back $bargs
	guest g "LAB_FRONT=$front front_load $fargs"
	guest_attach g "$matrix_dev,xvda,w${DISK_OPTIONS:+,$DISK_OPTIONS}"
	guest g 'wait_disk xvda'
	for want; do
		equal "$row: ${want%%=*}" "$(matrix_seen "${want%%=*}")" \
			"${want#*=}"
	done
	feature_verify g xvda --size=4m
	guest_detach g xvda
	guest g front_unload
	say "matrix: $row${DISK_OPTIONS:+ $DISK_OPTIONS} | $* | ok"
}

# matrix_pairs FUNCTION: FUNCTION FRONT BACK for each of the four pairs.
matrix_pairs()
{
	local front back

	for front in ours upstream; do
		for back in ours upstream; do
			"$1" $front $back
		done
	done
	guest_stop g
}
