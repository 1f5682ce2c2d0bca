# SPDX-License-Identifier: GPL-2.0-only
# NAME: fio in a guest, through the pair
# TIMEOUT: 90

tell()
{
	say "$*"
	progress "say $*"
}

# is_ours WHERE SRCVERSION FILE: what is loaded is that file.
is_ours()
{
	local want

	want=$(modinfo -F srcversion "$3")
	[ -n "$want" ] || fail "$3 has no srcversion"
	equal "srcversion of $1" "$2" "$want"
	tell "$1: ${3##*/}, srcversion $2, $(modinfo -F description "$3")"
}

# figures TITLE TERSE: of one fio run.
figures()
{
	tell "$(awk -F';' -v t="$1" '$1 == 3 {
		printf "%-22s", t
		if ($8) printf "  read %6d IOPS %7.1f MiB/s", $8, $7 / 1024
		if ($49) printf "  write %6d IOPS %7.1f MiB/s", $49, $48 / 1024
	}' <<<"$2")"
}

fio="fio --ioengine=io_uring --direct=1 --output-format=terse --terse-version=3"
fast="$fio --iodepth=32 --iodepth_batch_submit=16 --iodepth_batch_complete_min=1 \
	--iodepth_batch_complete_max=32 --gtod_reduce=1 --norandommap \
	--random_generator=lfsr --time_based --runtime=4 --filename=/dev/xvda"

back_load
if [ "$BACK" = ours ]; then
	is_ours "dom0's back" "$(cat /sys/module/xen_blkback/srcversion)" \
		/lab/modules/xen-blkback.ko
fi
fast_disk=$(disk_null a 1024)
safe_disk=$(disk_file b 64)
guest_start demo "$GUEST" "$fast_disk,xvda" "$safe_disk,xvdb"
tell "guest is up ($GUEST): $(guest demo 'lsblk -dno NAME,SIZE' | tr -s ' \n' ' ')"
if [ "$FRONT" = ours ]; then
	is_ours "guest's front" \
		"$(guest demo 'cat /sys/module/xen_blkfront/srcversion')" \
		/lab/modules/xen-blkfront.ko
fi
out=$(guest demo "$fast --name=a --rw=randrw --bs=4k") || fail "$out"
figures "4 KiB random, depth 32" "$out"
out=$(guest demo "$fast --name=b --rw=read --bs=64k") || fail "$out"
figures "64 KiB reads, depth 32" "$out"
out=$(guest demo "$fio --name=c --filename=/dev/xvdb --rw=randrw --bsrange=512-256k \
	--iodepth=16 --size=16m --verify=crc32c --verify_fatal=1") || fail "$out"
figures "verify crc32c, mixed" "$out"
d=$(back_dir demo 51712)/statistics
tell "the back counted $(cat "$d/rd_req") reads and $(cat "$d/wr_req") writes"
[ "$(cat "$d/rd_req")" -gt 100 ] || fail "the back counts no requests"
guest_stop demo
