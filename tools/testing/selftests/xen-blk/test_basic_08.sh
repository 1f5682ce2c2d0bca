# SPDX-License-Identifier: GPL-2.0-only
# NAME: names, numbers and partitions are those of the kernel's own driver
# TIMEOUT: 60

part=$(disk_file part 32)
printf 'size=20480\nsize=20480\n' | run sfdisk -q "$part"
x=$(disk_file x 8)
args=("$part,xvda" "$x,xvdb1" "$x,xvdq" "$x,xvdaa" "$x,sde" "$x,sdf2" "$x,hdd")
guest_create g "$GUEST" "${args[@]}" || fail "no guest"
guest_answers g 60 || fail "no answer"
wait_for 20 guest_disk_there g xvdaa || fail "xvdaa does not come up"
wait_for 20 guest_disk_there g hdd || fail "hdd does not come up"
got=$(guest g 'wait_disk xvda2; sleep 1; for d in /sys/class/block/*; do
	d=${d##*/}; case $d in loop*|ram*|nullb*) continue;; esac
	echo "$d $(cat /sys/class/block/$d/dev) $(cat /sys/class/block/$d/size)"; done | sort')
say "$got"
want='xvda 202:0 65536
xvda1 202:1 20480
xvda2 202:2 20480
xvdaa 202:6656 16384
xvdb1 202:17 16384
xvdq 202:4096 16384'
# sdX and hdX become xvdX, after the four names that real xvdX take.
while read -r line; do
	grep -qxF "$line" <<<"$got" || fail "no '$line'"
done <<<"$want"
printf '%s\n' "$got" >/tmp/names
guest_stop g
