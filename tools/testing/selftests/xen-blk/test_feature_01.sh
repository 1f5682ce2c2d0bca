# SPDX-License-Identifier: GPL-2.0-only
# NAME: persistent grants: on at both ends, the back maps each page once
# TIMEOUT: 60
# NEEDS: ours

. /lab/tests/feature.sh
dev=$(disk_file a 32)
guest_start g "$GUEST" "$dev,xvda"
feature_front_says g 'persistent grants'
feature_back_says 'persistent grants'
feature_verify g xvda
# What was used stays mapped while the disk is at rest.
held=$(grants_of 0)
say "mapped at rest: $held"
guest_stop g
