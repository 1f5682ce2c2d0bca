# SPDX-License-Identifier: GPL-2.0-only
# NAME: answers that share an interrupt: fewer of them, one at a time never late, none lost
# TIMEOUT: 300
# NEEDS: ours virtual

. /lab/tests/feature.sh
. /lab/tests/hostile-back.sh
# Each request ends by itself, 2 ms after it came.
dev=$(disk_null a 64 memory_backed=1 irqmode=2 completion_nsec=2000000)
back_load
GUEST_VCPUS=1
# dom0, which has the same processor here, is not to wait until the guest's turn is over.
GUEST_CONFIG="cpu_weight = 1"
guest_start g "$GUEST" "$dev,xvda"
param=/sys/module/xen_blkfront/parameters/irq_delay_us

# counted DISK: what the guest's front has counted: interrupts, waits for more than the
# next answer, and those of them that the time ended; sets $events, $delayed, $expired.
counted()
{
	read -r events delayed expired <<<"$(guest g "cat /proc/interrupts \
		/sys/kernel/debug/xen-blkfront/$1/rings" |
		awk '/blkif-'"$1"'/ { e += $2 } $1 == "delayed" { d += $2 }
			$1 == "expired" { x += $2 } END { print e + 0, d + 0, x + 0 }')"
}

# busy DISK FIO-OPTION...: while the processor has something else to do; sets $took to the
# interrupts that it took, $waits and $ends to what it added to the two others.
busy()
{
	local was disk=$1

	shift
	counted $disk
	was="$events $delayed $expired"
	guest g 100 "while :; do :; done & hog=\$!
		fio --name=b --filename=/dev/$disk --ioengine=io_uring --direct=1 --bs=4k \
			--output-format=terse $* >/tmp/fio.out 2>&1 ||
			{ cat /tmp/fio.out; kill \$hog; exit 1; }
		kill \$hog"
	counted $disk
	read -r took waits ends <<<"$was"
	took=$((events - took)) waits=$((delayed - waits)) ends=$((expired - ends))
	say "delay $(guest g "cat $param") us, $*: $took interrupts, $waits delayed, $ends by the time"
}

# apart: 256 requests, 32 at a time, of a back whose answers come one by one, and which
# tells of each that it is asked to tell of.
apart()
{
	back_run 'connect
serve
serve apart=100
close'
	guest g "wait_for $((15 * LAB_SCALE)) test -b /dev/xvdb"
	back_open 1
	busy xvdb --rw=randread --size=1m --iodepth=32
	back_open 2
	back_done "delay $(guest g "cat $param")"
}

equal "the delay at first" "$(guest g "cat $param")" 50
guest g "echo 0 >$param"
for bad in 10001 -1 ten; do
	! guest_run g "echo $bad >$param" || fail "irq_delay_us takes $bad"
	guest g "dmesg | grep -v 'lab: run' | grep -F 'irq_delay_us: $bad is no number from 0 to 10000'"
done
equal "the delay then" "$(guest g "cat $param")" 0

# In virtual time: whether an answer comes in time to be waited for is not up to what else
# this machine does. Each wait spares an interrupt at least.
apart
equal "answers delayed without a delay" "$waits $ends" "0 0"
without=$took
guest g "echo 10000 >$param"
apart
((waits > 0)) || fail "nothing was delayed"
((took + waits <= without && took * 2 <= without)) ||
	fail "$took interrupts, $waits waits; $without without the delay"

verify="--rw=randrw --size=4m --verify=crc32c --verify_fatal=1"
busy xvda $verify --iodepth=32
((ends > 0)) || fail "no wait was ended by the time: who looked for the last ones?"

# One after the other: none is delayed, whatever the processor does.
busy xvda $verify --iodepth=1 --io_size=1m
equal "answers delayed at depth 1" "$waits $ends" "0 0"

# Nobody waits for what is not there.
counted xvda
was="$events $delayed $expired"
sleep 2
counted xvda
equal "interrupts and timers at rest" "$events $delayed $expired" "$was"

# Whatever waits when the guest is saved goes to the next back; and off again, while it is
# used. The processor is busy all the time, so there is something that waits.
guest_send g 'while [ ! -e /tmp/through ]; do :; done'
hog=$seq
# waits_still: more was delayed since $delayed.
waits_still()
{
	local was=$delayed

	counted xvda
	((delayed > was))
}
feature_load g --size=2m --bs=4k --iodepth=32
counted xvda
wait_for 20 waits_still || fail "nothing is delayed before the save"
feature_save g
feature_restore g xvda
counted xvda
wait_for 20 waits_still || fail "nothing is delayed after the restore"
guest g "echo 0 >$param"
sleep 1
counted xvda
was="$delayed $expired"
sleep 1
feature_load_end g
counted xvda
equal "answers delayed after it was switched off" "$delayed $expired" "$was"
guest g 'touch /tmp/through'
guest_reply g "$hog"
guest_stop g
