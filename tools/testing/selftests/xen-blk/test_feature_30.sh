# SPDX-License-Identifier: GPL-2.0-only
# NAME: neighbours of one batch reach the disk as one request, their data right (XSA-229)
# TIMEOUT: 90
# NEEDS: ours

. /lab/tests/feature.sh
dev=$(disk_null a 64 memory_backed=1)
back_load
guest_start g "$GUEST" "$dev,xvda"
feature_verify g xvda

# neighbours read|write: 1024 requests in a row, which the guest does not merge.
neighbours()
{
	local field=$1 ios merges

	[ "$1" = read ] && field=1 || field=5
	ios=$(disk_stat "$dev" "$field")
	merges=$(disk_stat "$dev" $((field + 1)))
	guest g "echo 2 >/sys/block/xvda/queue/nomerges
		fio --name=n --filename=/dev/xvda --direct=1 --ioengine=io_uring \
			--rw=$1 --bs=4k --size=4m --iodepth=32 \
			--iodepth_batch_submit=32 --iodepth_batch_complete_min=32 \
			--output-format=terse" >/dev/null
	ios=$(($(disk_stat "$dev" "$field") - ios))
	merges=$(($(disk_stat "$dev" $((field + 1))) - merges))
	say "$1: 1024 requests of 4 KiB are $ios, after $merges merges"
	equal "$1s and merges" $((ios + merges)) 1024
	((ios <= 512)) || fail "$ios of 1024 ${1}s reach the disk by themselves"
}

neighbours read
neighbours write
guest_stop g
