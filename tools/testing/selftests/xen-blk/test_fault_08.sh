# SPDX-License-Identifier: GPL-2.0-only
# NAME: a guest at its limit of event channels, or of nodes: a disk too many is refused
# TIMEOUT: 120
# NEEDS: ours

back_load max_queues=2
a=$(disk_null a 32)
b=$(disk_null b 32)
GUEST_CONFIG='max_event_channels = 30'
guest_start g "$GUEST" "$a,xvda"

# attach VDEV: true if the disk comes up.
attach()
{
	disk_spec "$b,$1"
	run xl block-attach g "$spec" </dev/null
	wait_for 3 guest_disk_there g "$1"
}
reads()
{
	guest g "dd if=/dev/$1 of=/dev/null bs=64k count=16 iflag=direct status=none"
}
# said PATTERN: by the front, of a disk.
said()
{
	guest g "dmesg | grep -v 'lab: run' | grep -E 'vbd-[0-9]+: .*$1'" ||
		fail "the front does not say why: $1"
}

refused=""
for n in b c d e f g h i j k l m n o; do
	attach "xvd$n" || { refused=xvd$n; break; }
	last=xvd$n
done
[ -n "$refused" ] || fail "30 event channels are enough for 15 disks"
[ "$refused" != xvdb ] || fail "30 event channels are not enough for two disks"
said '28 (allocating event channel|connecting [0-9]+ ring)'
reads xvda
reads "$last"
guest_detach g "$refused"
guest_detach g "$last"
attach "$refused" || fail "no disk with the event channels of another"
reads "$refused"
guest_detach g "$refused"

# All nodes but what xl makes for a disk and what a command's answer takes, which is far
# less than two rings of 16 pages; few in one folder, whose size has a limit of its own.
guest g 'n=0 more=""
	for i in $(seq 0 19); do more="$more data/fill/N/$i x"; done
	while xenstore-write $(echo "$more" | sed "s/N/$n/g") 2>/dev/null; do
		n=$((n + 1))
		[ $n -lt 100 ] || exit 1
	done
	i=0
	while xenstore-write data/fill/last/$i x 2>/dev/null; do i=$((i + 1)); done
	for i in $(seq 0 15); do xenstore-rm data/fill/0/$i; done'
attach "$refused" && fail "a guest without nodes has a disk more"
reads xvda
guest g 'xenstore-rm data/fill'
said '(28|ENOSPC|publishing)'
guest_detach g "$refused"
attach "$refused" || fail "no disk with nodes again"
reads "$refused"
guest_stop g
