# SPDX-License-Identifier: GPL-2.0-only
# NAME: a polled queue: no event, the data right, beside others; also over a save
# TIMEOUT: 150
# NEEDS: ours

. /lab/tests/feature.sh
dev=$(disk_file a 32)
back_load max_queues=4

# events RING: how many of that ring's the guest has taken.
events()
{
	guest g "awk '/blkif-xvda-$1\$/ { for (i = 2; \$i ~ /^[0-9]+\$/; i++) n += \$i }
		END { print n + 0 }' /proc/interrupts"
}

# Two ordinary queues beside it: each has its processors, and what these read.
GUEST_ARGS="poll_queues=1 max_queues=2"
GUEST_VCPUS=4 guest_start g "$GUEST" "$dev,xvda"
for queue in 0 1; do
	cpus=$(guest g "cat /sys/block/xvda/mq/$queue/cpu_list")
	equal "processors of queue $queue ($cpus)" "$(wc -w <<<"$cpus")" 2
	was=$(events $queue)
	guest g "fio --name=r --ioengine=io_uring --direct=1 --filename=/dev/xvda \
		--output-format=terse --rw=randread --bs=4k --size=256k --iodepth=4 \
		--cpus_allowed=${cpus##* } >/dev/null"
	(($(events $queue) > was)) || fail "processor ${cpus##* } reads by another queue"
done
guest g "fio --name=v --ioengine=io_uring --direct=1 --filename=/dev/xvda --rw=randrw \
	--verify=crc32c --bs=4k --size=512k --offset_increment=1m --numjobs=4 --iodepth=16 \
	--output-format=terse >/dev/null"
guest_stop g

GUEST_ARGS="poll_queues=1 max_queues=1"
guest_start g "$GUEST" "$dev,xvda"
equal rings "$(front_store g 51712 multi-queue-num-queues)" 2
feature_front_says g "2 ring(s), some polled, of 16 page(s)"
equal "queue/io_poll" "$(guest g 'cat /sys/block/xvda/queue/io_poll')" 1
was=$(events 1)
feature_verify g xvda --hipri=1
equal "events of the polled ring" "$(events 1)" "$was"
others=$(events 0)
feature_verify g xvda
equal "events of the polled ring" "$(events 1)" "$was"
(($(events 0) > others)) || fail "without hipri no event came: $others"

# As many as a ring holds, by two at a time, while others wait for events.
guest g 60 'fio --ioengine=io_uring --direct=1 --filename=/dev/xvda --output-format=terse \
	--rw=randread --bs=4k --size=1m \
	--name=p --hipri=1 --iodepth=64 --numjobs=2 \
	--name=e --hipri=0 --iodepth=8 --numjobs=1' >/dev/null

# What is polled for while the guest sleeps goes to the next back.
feature_load g --size=2m --bs=16k --iodepth=8 --hipri=1
feature_save g
feature_restore g xvda
sleep 2
feature_load_end g
# A back with one ring: who polls is served by events.
feature_save g
back_load max_queues=1
feature_restore g xvda
feature_verify g xvda --hipri=1
guest_stop g
