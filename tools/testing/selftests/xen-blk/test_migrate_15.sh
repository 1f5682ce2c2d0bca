# SPDX-License-Identifier: GPL-2.0-only
# NAME: matrix: save and restore under load, upstream's front, where it can follow
# TIMEOUT: 60
# CYCLES: 5 25
# NEEDS: ours

# Upstream's front keeps discard once it had it, and another number of queues may
# hang it (D10, D6): it meets neither here.
. /lab/tests/migrate.sh
migrate_start upstream full
backs=(no-persistent upstream no-indirect full upstream)
for ((i = 0; i < CYCLES; i++)); do
	sleep 1
	migrate_row "${backs[i % ${#backs[@]}]}"
done
migrate_end
