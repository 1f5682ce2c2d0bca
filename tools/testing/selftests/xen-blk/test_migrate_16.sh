# SPDX-License-Identifier: GPL-2.0-only
# NAME: matrix: no cache alone, and no discard alone, each to each other and to all
# TIMEOUT: 60
# NEEDS: ours peers

# The tour's backs have both or neither.
. /lab/tests/migrate.sh
migrate_backs+='
no-flush|ours|max_ring_pages=16 max_queues=2|discard|through|8 2 1024 1 through 1
no-discard|ours|max_ring_pages=16 max_queues=2|no-discard|back|8 2 1024 1 back 0'
migrate_start ours full
for name in no-flush no-discard no-flush full no-discard full; do
	migrate_row $name
done
migrate_end
