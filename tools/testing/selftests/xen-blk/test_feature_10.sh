# SPDX-License-Identifier: GPL-2.0-only
# NAME: discard-enable=0 hides discard
# TIMEOUT: 60
# NEEDS: ours

dev=$(disk_null a 32 memory_backed=1 discard=1)
guest_start g "$GUEST" "$dev,xvda,w,no-discard"
equal discard-enable "$(back_store g 51712 discard-enable)" 0
equal feature-discard "$(back_store g 51712 feature-discard)" 0
guest_run g 'blkdiscard -l 4096 /dev/xvda 2>/dev/null' && fail 'it discarded'
guest_stop g
