# SPDX-License-Identifier: GPL-2.0-only
# NAME: matrix: save and restore under load, each back to each other, part 2 of 4
# TIMEOUT: 60
# CYCLES: 14 15
# NEEDS: ours peers

. /lab/tests/migrate.sh
migrate_tour 14 "$CYCLES"
