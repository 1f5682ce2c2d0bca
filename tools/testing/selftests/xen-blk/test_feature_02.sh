# SPDX-License-Identifier: GPL-2.0-only
# NAME: persistent grants: switched off in the back, the front grants per request
# TIMEOUT: 60
# NEEDS: ours

. /lab/tests/feature.sh
dev=$(disk_file a 32)
back_load feature_persistent=0
guest_start g "$GUEST" "$dev,xvda"
feature_front_says g 'grants per request'
feature_back_says 'grants per request'
feature_verify g xvda
guest_stop g
