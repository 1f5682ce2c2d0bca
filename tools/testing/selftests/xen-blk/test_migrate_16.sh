# SPDX-License-Identifier: GPL-2.0-only
# NAME: matrix: no cache or no discard alone, no trust, nothing copied: to and from all
# TIMEOUT: 300
# NEEDS: ours peers

# The tour's backs have both or neither.
. /lab/tests/migrate.sh
migrate_backs+='
no-flush|ours|max_ring_pages=16 max_queues=2|discard|through|8 2 1024 1 through 1
no-discard|ours|max_ring_pages=16 max_queues=2|no-discard|back|8 2 1024 1 back 0
untrusted|ours|max_ring_pages=16 max_queues=2|discard,untrusted|back|8 2 1024 1 back 1
no-copy|ours|max_ring_pages=16 max_queues=2 feature_persistent=0 max_copy_segments=0|discard|back|8 2 1024 0 back 1'
migrate_start ours full
for name in no-flush no-discard no-flush full no-discard full untrusted no-copy \
	    untrusted full no-copy full; do
	migrate_row $name
	equal "$name: trusted" "$(guest g \
		"awk '\$1 == \"trusted\" { print \$2 }' /sys/kernel/debug/xen-blkfront/xvda/device")" \
		"$([ $name = untrusted ] && echo 0 || echo 1)"
done
migrate_end
