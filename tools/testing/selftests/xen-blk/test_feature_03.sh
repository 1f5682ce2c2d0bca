# SPDX-License-Identifier: GPL-2.0-only
# NAME: persistent grants: switched off in the front, the back maps per request
# TIMEOUT: 60
# NEEDS: ours

. /lab/tests/feature.sh
dev=$(disk_file a 32)
GUEST_ARGS=feature_persistent=0
guest_start g "$GUEST" "$dev,xvda"
equal feature-persistent "$(front_store g 51712 feature-persistent)" 0
feature_front_says g 'grants per request'
feature_verify g xvda
guest_stop g
