# SPDX-License-Identifier: GPL-2.0-only
# NAME: Xen's own hotplug script and a whole cycle of xenstore states
# TIMEOUT: 60

dev=$(disk_file a 16)
guest_start g "$GUEST" "$dev,xvda,w,script=block"
equal "back's state" "$(back_store g 51712 state)" 4
equal "sectors" "$(back_store g 51712 sectors)" 32768
equal "sector-size" "$(back_store g 51712 sector-size)" 512
equal "info" "$(back_store g 51712 info)" 0
equal "mode" "$(back_store g 51712 mode)" w
equal "protocol" "$(front_store g 51712 protocol)" x86_64-abi
xenstore-ls "$(back_store g 51712)"
xenstore-ls "$(front_store g 51712)"
guest g 'dd if=/dev/xvda of=/dev/null bs=1M iflag=direct status=none'
guest_detach g xvda
guest g '! test -e /sys/block/xvda'
guest_stop g
