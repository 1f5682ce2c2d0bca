# SPDX-License-Identifier: GPL-2.0-only
# NAME: a back that is not trusted: everything goes through pages of our own
# TIMEOUT: 60
# NEEDS: ours

. /lab/tests/feature.sh
dev=$(disk_file a 32)
back_load feature_persistent=0
GUEST_ARGS=trusted=0
guest_start g "$GUEST" "$dev,xvda"
feature_front_says g 'untrusted back'
feature_verify g xvda
guest_stop g
