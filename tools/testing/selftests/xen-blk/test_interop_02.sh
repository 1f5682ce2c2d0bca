# SPDX-License-Identifier: GPL-2.0-only
# NAME: upstream's front on our back: fio verify, file system, flush
# TIMEOUT: 75
# NEEDS: ours

BACK=ours
GUEST_FRONT=upstream
. /lab/tests/interop.sh
