# SPDX-License-Identifier: GPL-2.0-only
#
# Two hosts that share a disk, and a line over which xl sends guests: this one,
# where the test runs, and the other one (see "other").

# hosts_send GUEST: until the other host runs it.
hosts_send()
{
	timeout $((90 * LAB_SCALE)) xl migrate -s '' "$1" "exec 3<>$(lab_port \
		xen-blk.hosts); cat <&3 & cat >&3; kill \$!" </dev/null
}

# hosts_receive GUEST DISK [SECONDS]: until it runs here, its disk connected; 0: it
# may take as long as it likes to come.
hosts_receive()
{
	# The line can be open once: what xl leaves behind must not have it.
	timeout $((${3:-120} * LAB_SCALE)) xl migrate-receive \
		<>"$(lab_port xen-blk.hosts)" >&0 || return 1
	xl domid "$1" >"$LAB_RUN/guest-$1.id" &&
		wait_for 15 guest_disk_there "$1" "$2"
}

# hosts_goes_on DEVICE: a guest that has come writes.
hosts_goes_on()
{
	local before

	before=$(disk_stat "$1" 5)
	more()
	{
		[ "$(disk_stat "$1" 5)" -gt $((before + 10)) ]
	}
	wait_for 20 more "$1"
}
