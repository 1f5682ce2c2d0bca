# SPDX-License-Identifier: GPL-2.0-only
#
# Two hosts on a network: a disk that one of them serves and both of them use, and a
# line over which xl sends guests: this one, where the test runs, and the other one
# (see "other").

hosts_disk=/dev/nbd0
hosts_knock=7

# hosts_net NUMBER: this host has that address.  It says nothing unasked: QEMU spins
# while what one host sends is not taken by the other, which may have no network yet.
hosts_net()
{
	run modprobe virtio_net
	echo 1 2>/dev/null >/proc/sys/net/ipv6/conf/default/disable_ipv6
	echo 1 2>/dev/null >/proc/sys/net/ipv6/conf/all/disable_ipv6
	run busybox ip link set lo up
	run busybox ip addr replace "10.0.0.$1/24" dev eth0
	run busybox ip link set eth0 up
}

# hosts_serve MB: a disk, for all that ask, which the other host now does; a flush is
# one on the server, too.
hosts_serve()
{
	mkdir -p /tmp/disks
	run truncate -s "${1}M" /tmp/disks/shared
	cat >/tmp/disks/nbd.conf <<-END
		[generic]
		[shared]
		exportname = /tmp/disks/shared
		flush = true
		fua = true
	END
	run /usr/lib/xen-blk-peers/nbd-server -C /tmp/disks/nbd.conf \
		-p /run/nbd-server.pid
	wait_for 60 hosts_knocked || fail "the other host is not there"
}

hosts_knocked()
{
	(exec 3<>/dev/tcp/10.0.0.2/$hosts_knock)
}

# hosts_attach: the kernel's own client; fails while nobody serves the disk.
hosts_attach()
{
	run modprobe nbd nbds_max=1 max_part=0
	/usr/lib/xen-blk-peers/nbd-client 10.0.0.1 $hosts_disk -N shared -b 512
}

# hosts_end: this host lets go of the disk, and nobody serves it any more.
hosts_end()
{
	run /usr/lib/xen-blk-peers/nbd-client -d $hosts_disk
	run kill "$(cat /run/nbd-server.pid)"
}

# What a host serves disks with, in rounds: name | driver | parameters | what a front of
# up to 8 pages and two queues then has: pages, queues, persistent grants, segments.
hosts_backs='
full|ours|max_ring_pages=16 max_queues=2|8 2 1 256
plain|ours|max_ring_pages=1 max_queues=1 feature_persistent=0 max_indirect_segments=0|1 1 0 -
upstream|upstream|max_ring_page_order=4 max_queues=2|8 2 1 256'

# hosts_here ROUND, hosts_there ROUND: the line of this host's, and of the other one's;
# in rounds 0 to 8 and back at 0 again each has sent to each.
hosts_here()
{
	printf '%d\n' $(($1 % 3))
}

hosts_there()
{
	printf '%d\n' $((($1 + $1 / 3) % 3))
}

hosts_name()
{
	sed -n "$(($1 + 2))s/|.*//p" <<<"$hosts_backs"
}

# hosts_back LINE: that one, from now on; $hosts_back is its name.
hosts_back()
{
	local driver args

	hosts_back=$(hosts_name "$1")
	IFS='|' read -r _ driver args hosts_want < <(grep "^$hosts_back|" <<<"$hosts_backs")
	# shellcheck disable=SC2086
	back_change $driver $args
}

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

# hosts_check GUEST: its disk has what this host's back is to give, to a guest of that
# many processors.
hosts_check()
{
	local cpus want

	cpus=$(xenstore-list "/local/domain/$(domid "$1")/cpu" | wc -l)
	read -r -a want <<<"$hosts_want"
	((want[1] <= cpus)) || want[1]=$cpus
	equal "what the guest has of $hosts_back" "$(disk_agreed "$1" 51712) $(back_store \
		"$1" 51712 feature-max-indirect-segments 2>/dev/null || echo -)" "${want[*]}"
}

# hosts_goes_on: a guest that has come writes.
hosts_goes_on()
{
	local before

	before=$(disk_stat $hosts_disk 5)
	more()
	{
		[ "$(disk_stat $hosts_disk 5)" -gt $((before + 10)) ]
	}
	wait_for 20 more
}
