# SPDX-License-Identifier: GPL-2.0-only
# NAME: guests stopped and destroyed in turn leave dom0 as it was
# TIMEOUT: 120

dev=$(disk_file a 16)
one()
{
	GUEST_MEMORY=192
	guest_start g "$GUEST" "$dev,xvda" "$dev,xvdb,r"
	guest g 'dd if=/dev/xvda of=/dev/null bs=256k count=8 iflag=direct status=none
		dd if=/dev/xvdb of=/dev/null bs=256k count=8 iflag=direct status=none'
	if (($1 % 2)); then
		guest_stop g
	else
		guest_destroy g
	fi
	wait_for 10 no_backs || fail "backs left"
}
one 1
one 2
before=$(event_channels 0)
free=$(awk '/MemFree/ { print $2 }' /proc/meminfo)
for i in 3 4 5; do
	one $i
done
equal "event channels" "$(event_channels 0)" "$before"
((free - $(awk '/MemFree/ { print $2 }' /proc/meminfo) < 16384)) ||
	fail "memory is not given back"
