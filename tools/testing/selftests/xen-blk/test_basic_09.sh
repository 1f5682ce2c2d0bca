# SPDX-License-Identifier: GPL-2.0-only
# NAME: the back's statistics, which xentop reads, count what the guest does
# TIMEOUT: 45

dev=$(disk_file a 16)
guest_start g "$GUEST" "$dev,xvda"
d=$(back_dir g 51712)
for f in rd_req wr_req f_req ds_req oo_req rd_sect wr_sect; do
	[ -r "$d/statistics/$f" ] || fail "no statistics/$f"
	cat "$d/statistics/$f" >"$LAB_RUN/before.$f"
done
for f in mode physical_device; do
	[ -r "$d/$f" ] || fail "no $f"
	say "$f: $(cat "$d/$f")"
done
equal mode "$(cat "$d/mode")" w
equal physical_device "$(cat "$d/physical_device")" \
	"$(back_store g 51712 physical-device)"
grew()
{
	echo $(($(cat "$d/statistics/$1") - $(cat "$LAB_RUN/before.$1")))
}
guest g 'dd if=/dev/xvda of=/dev/null bs=4k count=100 iflag=direct status=none
	dd if=/dev/zero of=/dev/xvda bs=4k count=50 oflag=direct conv=notrunc status=none'
equal "requests read" "$(grew rd_req)" 100
equal "sectors read" "$(grew rd_sect)" 800
equal "requests written" "$(grew wr_req)" 50
equal "sectors written" "$(grew wr_sect)" 400
xentop -b -i 1 -x >/tmp/top 2>&1
cat /tmp/top
grep -q 'VBD.*51712\|VBD BlkBack.*\[ca: 0\]' /tmp/top ||
	fail "xentop shows no disk"
guest_stop g
