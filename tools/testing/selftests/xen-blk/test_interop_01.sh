# SPDX-License-Identifier: GPL-2.0-only
# NAME: our front on upstream's back: fio verify, file system, flush
# TIMEOUT: 75
# NEEDS: ours

BACK=upstream
GUEST_FRONT=ours
. /lab/tests/interop.sh
