# SPDX-License-Identifier: GPL-2.0-only
# NAME: fio reads back what it wrote, 512 B to 1 MiB, depth 1 to 64
# TIMEOUT: 60

dev=$(disk_file a 64)
guest_start g "$GUEST" "$dev,xvda"
fio="fio --ioengine=io_uring --direct=1 --verify=crc32c --verify_fatal=1 \
	--filename=/dev/xvda --output-format=terse --group_reporting"
# Small and shallow, mixed, large and deep; each on its own part of the disk.
guest g 40 "set -e
$fio --name=small --rw=randrw --bs=512 --iodepth=1 --offset=0 --size=256k
$fio --name=page --rw=randrw --bs=4k --iodepth=16 --offset=8m --size=4m
$fio --name=mixed --rw=randrw --bsrange=512-1m --iodepth=64 --offset=16m --size=24m
$fio --name=large --rw=write --bs=1m --iodepth=32 --offset=40m --size=24m"
guest_stop g
