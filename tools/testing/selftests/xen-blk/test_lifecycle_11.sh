# SPDX-License-Identifier: GPL-2.0-only
# NAME: D13: the back is Closed when nothing is in flight any more, and not before
# TIMEOUT: 60
# NEEDS: ours-back

# A disk whose every request takes four seconds.
. /lab/tests/interop.sh
interop_closed g "$(disk_null a 64 irqmode=2 completion_nsec=4000000000)"
