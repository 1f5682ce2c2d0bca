# SPDX-License-Identifier: GPL-2.0-only
# NAME: rings of 2, 16 and 64 pages, one and two of them
# TIMEOUT: 120
# NEEDS: ours

. /lab/tests/feature.sh
dev=$(disk_file a 32)
back_load max_ring_pages=64 max_queues=4
for pages in 2 16 64; do
	queues=$((pages == 16 ? 1 : 2))
	GUEST_ARGS="max_ring_pages=$pages max_queues=$queues"
	guest_start g "$GUEST" "$dev,xvda"
	equal ring-page-order "$(front_store g 51712 num-ring-pages)" $pages
	feature_front_says g "$queues ring(s) of $pages page(s)"
	# Each ring's events come where its queue's requests were made.
	((queues == 1)) || equal "processors of the events" "$(guest g 'for i in $(sed -n \
		"s/^ *\([0-9]*\):.*blkif-xvda-.*/\1/p" /proc/interrupts); do
			cat /proc/irq/$i/smp_affinity_list; done | sort | tr "\n" " "')" \
		'0 1 '
	feature_verify g xvda
	# Deep enough that the last slots are used, and the ring wraps.
	guest g 50 "fio --ioengine=io_uring --direct=1 --filename=/dev/xvda \
		--output-format=terse --name=d --rw=randread --bs=4k --iodepth=512 \
		--numjobs=2 --size=8m" >/dev/null
	guest_stop g
done
