# SPDX-License-Identifier: GPL-2.0-only
# NAME: upstream's front on upstream's back: what the others are measured by
# TIMEOUT: 75

BACK=upstream
GUEST_FRONT=upstream
. /lab/tests/interop.sh
