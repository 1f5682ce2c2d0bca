# SPDX-License-Identifier: GPL-2.0-only
# NAME: the disk below fails, hangs and recovers under load: all ends, nothing is left
# TIMEOUT: 200
# NEEDS: ours

. /lab/tests/feature.sh
. /lab/tests/trace.sh
expect_dmesg 'I/O error, dev'
expect_dmesg 'FAULT_INJECTION'

# By a file of debugfs: no request is in flight.
idle='NR > 1 && $3 ~ /[a-z]/ { n++ } END { exit n > 0 }'
# ordeal NAME DEVICE ERRORS COMMAND: a guest's load on the device, while the command
# makes that fail; ERRORS: 1 if the load is to see that.  Then all is as before.
ordeal()
{
	local name=$1 dev=$2 errors=$3 load seen back n

	guest_attach g "$dev,xvda"
	back=$(trace_dir g)
	guest_send g 'fio --name=e --filename=/dev/xvda --ioengine=io_uring --direct=1 \
		--rw=randrw --bsrange=512-128k --size=8m --iodepth=16 --rate_iops=60,60 \
		--fsync=32 --time_based --runtime=1000 --continue_on_error=all \
		--output-format=json >/tmp/fio.out 2>&1'
	load=$seq
	n=$(disk_stat "$dev" 5)
	feature_goes_on "$dev" "$n" || fail "$name: the load does not begin"
	"$4"
	n=$(disk_stat "$dev" 5)
	feature_goes_on "$dev" "$n" || fail "$name: no write arrives any more"
	guest g 'killall -INT fio'
	guest_reply g "$load" 30
	[ $? -ne 124 ] || fail "$name: fio does not end: $(cat "$back/requests")"
	seen=$(guest g 'sed -n "s/.*\"total_err\" : \([0-9]*\).*/\1/p" /tmp/fio.out')
	n=$(trace_key "$back/rings" err_req)
	say "$name: fio counts $seen errors, the back $n"
	((seen)) || [ "$errors" = 0 ] || fail "$name: no error is seen"
	feature_verify g xvda --size=8m
	awk "$idle" "$back/requests" || fail "$name: the back has $(cat "$back/requests")"
	guest g "awk '$idle' /sys/kernel/debug/xen-blkfront/xvda/requests" ||
		fail "$name: the front has requests"
	guest_detach g xvda
	equal "$name: grants in use" "$(grants_of "$(domid g)")" "$grants"
}
guest_start g "$GUEST"
grants=$(grants_of "$(domid g)")

# Between good, bad for writes and bad for all in quick succession.
under=$(disk_file a 16)
sectors=$(blockdev --getsz "$under")
modprobe -q dm-flakey
dm=$(disk_dm bad "0 $sectors linear $under 0")
toggle()
{
	local i

	for i in {1..12}; do
		disk_dm_table bad "0 $sectors error"
		nap 0.2
		disk_dm_table bad "0 $sectors flakey $under 0 0 3600 1 error_writes"
		nap 0.2
		disk_dm_table bad "0 $sectors linear $under 0"
		nap 0.3
	done
}
ordeal errors "$dm" 1 toggle

# A SCSI disk: what it loses is found by a timer and tried again, so is what the way to
# it spoils; sectors that cannot be read are errors.
scsi=$(disk_scsi 16 statistics=1)
driver=/sys/bus/pseudo/drivers/scsi_debug
echo 1 >"/sys/block/${scsi##*/}/device/timeout"
scsi()
{
	local row d=/sys/block/${scsi##*/}/device

	counted()
	{
		(($(cat "$d/$1") > 0))
	}
	# every so many commands, what then, and what counts it
	for row in '10 4 iotmo_cnt' '5 16 ioerr_cnt'; do
		# shellcheck disable=SC2086
		set -- $row
		echo "$2" >$driver/opts
		echo "$1" >$driver/every_nth
		wait_for 20 counted "$3" ||
			fail "scsi: no fault: $(cat $driver/opts /proc/scsi/scsi_debug/0)"
		nap 3
		echo 0 >$driver/every_nth
		say "scsi: $3 $(cat "$d/$3")"
	done
	echo 2 >$driver/opts
	guest_run g 'dd if=/dev/xvda of=/dev/null bs=512 skip=4660 count=1 iflag=direct' &&
		fail "scsi: a sector that cannot be read is read"
	echo 0 >$driver/opts
}
ordeal scsi "$scsi" 0 scsi

# Where the kernel has fault injection: a disk that asks for requests again, or loses
# them until a timer finds them; a block layer that ends them at once.
if [ ! -d /sys/kernel/debug/fail_make_request ]; then
	say 'no fault injection in this kernel'
	guest_stop g
	exit
fi
# share DIR PERCENT
share()
{
	echo 0 >"$1/verbose"
	echo -1 >"$1/times"
	echo "$2" >"$1/probability"
}
null=$(disk_null n 16 memory_backed=1)
inject()
{
	local d=/sys/kernel/config/nullb/n

	share $d/requeue_inject 20
	nap 5
	share $d/requeue_inject 0
	share $d/timeout_inject 1
	nap $((8 * LAB_SCALE))
	share $d/timeout_inject 0
	# Its timer takes five seconds.
	nap 6
	echo 1 >"/sys/block/${null##*/}/make-it-fail"
	share /sys/kernel/debug/fail_make_request 10
	nap 5
	share /sys/kernel/debug/fail_make_request 0
}
ordeal injected "$null" 1 inject
guest_stop g
