# SPDX-License-Identifier: GPL-2.0-only
# NAME: upstream's front on our back: fio verify, file system, flush
# TIMEOUT: 75
# NEEDS: ours

. /lab/tests/interop.sh
interop_pair ours upstream
