# SPDX-License-Identifier: GPL-2.0-only
# NAME: our front on upstream's back: fio verify, file system, flush
# TIMEOUT: 75
# NEEDS: ours

. /lab/tests/interop.sh
interop_pair upstream ours
