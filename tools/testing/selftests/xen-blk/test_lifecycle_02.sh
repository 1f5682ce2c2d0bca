# SPDX-License-Identifier: GPL-2.0-only
# NAME: front unloaded and loaded 10 times: no leak in the guest, in dom0, in Xen
# TIMEOUT: 200

dev=$(disk_file a 16)
GUEST_EXTRA=$(slabs_exact)
guest_start g "$GUEST"
id=$(domid g)
# A module that drives a device cannot be unloaded: the disk comes after it and
# goes before it.
round()
{
	guest g 'front_unload && front_load'
	guest_attach g "$dev,xvda"
	guest g 'wait_disk xvda; dd if=/dev/xvda of=/dev/null bs=64k count=16 iflag=direct status=none'
	guest_detach g xvda
}
# Grants that the back still had when they were ended are on a list of the guest's
# kernel, which looks at ten of them a second: at all of them here.
guest g 'echo 0 >/sys/module/grant_table/parameters/free_per_iteration'
count()
{
	nap 3
	guest g slab_counts | sed 's/^/guest-/'
	slab_counts | sed 's/^/dom0-/'
}
# The first rounds pay for what is kept for good (caches, per-cpu parts).
round
round
channels=$(event_channels "$id")
grants=$(grants_of "$id")
no_leak count round
say "event channels of the guest: $channels, now $(event_channels "$id")"
say "its grants in use: $grants, now $(grants_of "$id")"
equal "event channels" "$(event_channels "$id")" "$channels"
equal "grants" "$(grants_of "$id")" "$grants"
guest_stop g
