# SPDX-License-Identifier: GPL-2.0-only
# NAME: reads that are answered while the guest is saved: made again, not taken from its image
# TIMEOUT: 90
# CYCLES: 4 20
# NEEDS: ours

# What the back writes while the guest is being saved is in the image or not, page by page:
# the answer may be, and what was read not. Who polls runs on before the guest knows that
# it was moved.
. /lab/tests/feature.sh
dev=$(disk_file a 32)
dm=$(disk_dm slow "0 65536 linear $dev 0")
back_load max_queues=2
GUEST_ARGS="poll_queues=1 max_queues=1"
guest_start g "$GUEST"
# The image is written from the first page to the last: the ring is to be behind what is
# read, so that it can have answers that were not yet there when that was written.
guest g 'mount -t tmpfs none /mnt && head -c 67108864 /dev/zero >/mnt/hog'
guest_attach g "$dm,xvda"
feature_over g "$dm,xvda"
guest g 'umount /mnt'
equal "queue/io_poll" "$(guest g 'cat /sys/block/xvda/queue/io_poll')" 1

# Each block says where it belongs.
blocks="--name=v --filename=/dev/xvda --ioengine=io_uring --direct=1 --bs=32k --size=16m \
	--verify=crc32c --verify_fatal=1 --output-format=terse"
guest g "fio $blocks --rw=write --do_verify=0 >/dev/null"
under_way()
{
	[ "$(guest g 'awk "{ print \$1 }" /sys/block/xvda/inflight')" -ge 32 ]
}
for ((i = 1; i <= CYCLES; i++)); do
	run dmsetup suspend --nolockfs --noflush slow
	guest_send g "fio $blocks --rw=randread --hipri=1 --iodepth=32 --io_size=4m 2>&1"
	reader=$seq
	wait_for 10 under_way || fail "round $i: no reads are under way"
	feature_save_begin g
	# Answered sooner or later on the way.
	sleep $((i % 8 / 4)).$((i % 4 * 25))
	size=$(stat -c %s /tmp/g.save)
	run dmsetup resume slow
	feature_save_end
	say "round $i: answered at $((size >> 20)) of $(($(stat -c %s /tmp/g.save) >> 20)) MiB"
	feature_restore g xvda
	said=$(guest_reply g "$reader" 60) ||
		fail "round $i: what was read is not what was written: $said"
done
guest_stop g
