# SPDX-License-Identifier: GPL-2.0-only
# NAME: fio's figures of our pair and of upstream's, in turn in one boot
# TIMEOUT: 400
# NEEDS: ours

# It passes when all of it ran: speed is something to read, not to pass. For
# figures that repeat, let virtual time run: LAB_VIRTUAL=1.
opts="--filename=/dev/xvda --direct=1 --ioengine=io_uring \
--iodepth_batch_submit=16 --iodepth_batch_complete_min=1 \
--iodepth_batch_complete_max=32 --gtod_reduce=1 --norandommap \
--random_generator=lfsr --output-format=terse --time_based --runtime=2"
jobs='4k-randread-qd1 4k-randread-qd32 4k-randwrite-qd32 64k-randread-qd32 1m-read-qd32'
dev=$(disk_null a 4096)
say "$(printf '%-20s' 'front on back' $jobs)"
for pair in ours:ours upstream:upstream ours:upstream upstream:ours; do
	back_change ${pair#*:}
	GUEST_FRONT=${pair%:*}
	GUEST_VCPUS=1
	guest_start g "$GUEST" "$dev,xvda"
	row=$(printf '%-20s' "${pair%:*} on $BACK")
	for job in $jobs; do
		IFS=- read -r bs rw qd <<<"$job"
		col=8
		[[ $rw == *write ]] && col=49
		out=$(guest g 60 "fio --name=$job --bs=$bs --rw=$rw \
			--iodepth=${qd#qd} $opts")
		row+=$(printf '%-20s' "$(cut -d ';' -f $col <<<"$out") IOPS")
	done
	say "$row"
	guest_stop g
done
