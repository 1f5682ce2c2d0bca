# SPDX-License-Identifier: GPL-2.0-only
# NAME: upstream's front on upstream's back: what the others are measured by
# TIMEOUT: 75

. /lab/tests/interop.sh
interop_pair upstream upstream
