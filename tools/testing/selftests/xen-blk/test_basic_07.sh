# SPDX-License-Identifier: GPL-2.0-only
# NAME: two disks in each of two guests at once, none sees another's data
# TIMEOUT: 90

a=$(disk_file a 16)
b=$(disk_file b 16)
c=$(disk_file c 16)
d=$(disk_file d 16)
GUEST_MEMORY=224
guest_create g1 "$GUEST" "$a,xvda" "$b,xvdb" || fail "no first guest"
GUEST_MEMORY=224
guest_create g2 "$GUEST" "$c,xvda" "$d,xvdb" || fail "no second guest"
for g in g1 g2; do
	guest_answers $g 60 || fail "guest $g does not answer"
	wait_for 15 guest_disk_there $g xvda || fail "$g has no xvda"
	wait_for 15 guest_disk_there $g xvdb || fail "$g has no xvdb"
done
# Every disk gets its own word in every sector, all four at the same time.
job='for d in xvda xvdb; do
	yes "WHO $d 0123456789" | head -c 8388608 |
	dd of=/dev/$d bs=64k oflag=direct iflag=fullblock conv=notrunc status=none &
done; wait
for d in xvda xvdb; do
	fio --name=$d --filename=/dev/$d --ioengine=io_uring --direct=1 --rw=randrw \
	--bs=4k --iodepth=8 --offset=8m --size=2m --verify=crc32c --verify_fatal=1 \
	--output-format=terse >/tmp/f.$d || exit 1
done'
guest_send g1 "${job//WHO/g1}"; s1=$seq
guest_send g2 "${job//WHO/g2}"; s2=$seq
guest_reply g1 "$s1" 60 || fail "g1 says $?"
guest_reply g2 "$s2" 60 || fail "g2 says $?"
check()
{
	equal "$1 holds" "$(head -c 8388608 "/tmp/disks/$1" | sha256sum)" \
		"$(yes "$2 $3 0123456789" | head -c 8388608 | sha256sum)"
}
check a g1 xvda
check b g1 xvdb
check c g2 xvda
check d g2 xvdb
guest_stop g1
guest_stop g2
