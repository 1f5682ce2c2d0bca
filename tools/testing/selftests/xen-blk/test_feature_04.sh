# SPDX-License-Identifier: GPL-2.0-only
# NAME: persistent grants: few may stay, requests mix both kinds
# TIMEOUT: 60
# NEEDS: ours

. /lab/tests/feature.sh
dev=$(disk_file a 32)
back_load max_persistent_grants=10
guest_start g "$GUEST" "$dev,xvda"
feature_verify g xvda
# The limit is live: none at all, and then many.
echo 0 >/sys/module/xen_blkback/parameters/max_persistent_grants
feature_verify g xvda
echo 1056 >/sys/module/xen_blkback/parameters/max_persistent_grants
feature_verify g xvda
guest_stop g
