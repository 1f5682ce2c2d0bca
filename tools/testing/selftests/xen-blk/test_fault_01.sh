# SPDX-License-Identifier: GPL-2.0-only
# NAME: errors below the back reach the guest, each its own request, and end
# TIMEOUT: 90

under=$(disk_null a 32 memory_backed=1)
sectors=$(blockdev --getsz "$under")
dm=$(disk_dm bad "0 $sectors linear $under 0")
other=$(disk_null b 32 memory_backed=1)
guest_start g "$GUEST" "$dm,xvda" "$other,xvdb"
expect_dmesg 'I/O error, dev (xvda|dm-[0-9]+)'
expect_dmesg 'lost async page write'
modprobe -q dm-flakey

# table LINE...: another table, with requests held meanwhile.
table()
{
	run dmsetup suspend bad
	printf '%s\n' "$@" | dmsetup load bad || fail "dmsetup load: $*"
	run dmsetup resume bad
}
verify()
{
	guest g 60 "fio --ioengine=io_uring --direct=1 --verify=crc32c --name=v \
--verify_fatal=1 --filename=/dev/$1 --rw=randrw --bsrange=512-256k --iodepth=16 \
--size=8m --output-format=terse >/tmp/out.$1 2>&1 || { cat /tmp/out.$1; exit 1; }"
}
# sector N COUNT: written to and read from, in the guest.
sector()
{
	guest_run g "dd if=/dev/urandom of=/tmp/w bs=512 count=$2 status=none
		dd if=/tmp/w of=/dev/xvda bs=512 seek=$1 count=$2 oflag=direct \
			conv=notrunc status=none &&
		dd if=/dev/xvda bs=512 skip=$1 count=$2 iflag=direct status=none |
			cmp - /tmp/w"
}

# A hole in the middle: what touches it fails, what does not is good.
table "0 2048 linear $under 0" '2048 8 error' "2056 $((sectors - 2056)) linear $under 2056"
sector 2040 8 || fail "before the hole"
sector 2056 8 || fail "behind the hole"
sector 2048 8 && fail "the hole is written to"
sector 2047 2 && fail "what reaches into the hole is no error"
sector 1024 1024 || fail "1024 sectors up to the hole"
sector 1025 1024 && fail "1024 sectors into the hole are no error"
verify xvdb
table "0 $sectors linear $under 0"
sector 2048 8 || fail "the hole stays"
verify xvda

# Now and then: errors come and go, and nothing stays but what was written.
table "0 $sectors flakey $under 0 1 1"
guest_run g 60 'fio --ioengine=io_uring --direct=1 --name=v --filename=/dev/xvda \
--rw=randwrite --bs=4k --iodepth=16 --size=8m --rate_iops=300 --time_based --runtime=6 \
--continue_on_error=all --output-format=terse --terse-version=3 >/tmp/out 2>&1; true'
table "0 $sectors linear $under 0"
verify xvda
guest_stop g
