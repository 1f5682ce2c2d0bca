# SPDX-License-Identifier: GPL-2.0-only
# NAME: xenblk-top: names, rates, latency and errors are what fio and sysfs say
# TIMEOUT: 90
# NEEDS: ours

. /lab/tests/trace.sh
dev=$(disk_null a 64 memory_backed=1)
guest_start g "$GUEST" "$dev,xvda"
stat=$(back_dir g 51712)/statistics
top=/lab/tools/xenblk-top

# At a steady rate, so that any interval has about the same of it.
guest_send g 'echo 2 >/sys/block/xvda/queue/nomerges
	fio --name=t --filename=/dev/xvda --ioengine=io_uring --direct=1 \
	--rw=randrw --bs=8k --iodepth=4 --rate_iops=40,20 --time_based \
	--runtime=600 --output-format=terse >/tmp/fio.out 2>&1'
busy()
{
	[ "$(cat "$stat/rd_req")" -gt 100 ]
}
wait_for 20 busy || fail "fio does not start"
run $top --json -d 8 >/tmp/top.json
cat /tmp/top.json
python3 - "$(domid g)" "$LAB_SCALE" <<'END' || fail "xenblk-top: not as it should be"
import json
vbds = json.load(open("/tmp/top.json"))["vbds"]
assert len(vbds) == 1, vbds
v = vbds[0]
import sys
assert v["domid"] == int(sys.argv[1]) and v["vdev"] == 51712, v["name"]
assert v["guest"] == "g" and v["disk"] == "xvda", (v["guest"], v["disk"])
assert v["state"] == "connected" and v["mode"] == "w"
assert 20 < v["read_iops"] < 60, v["read_iops"]
assert 10 < v["write_iops"] < 30, v["write_iops"]
for way in "read", "write":
    size = v[way + "_mb_s"] * 1e6 / v[way + "_iops"]
    # One request more or less between two files, of some 160.
    assert abs(size - 8192) < 300, size
lat = v["latency"]
assert lat["all"]["requests"] == lat["read"]["requests"] + lat["write"]["requests"]
# Rates and histograms are read one after the other.
off = lat["read"]["requests"] - v["read_iops"] * v["seconds"]
assert abs(off) < 10 * int(sys.argv[2]), off
assert 8 <= v["seconds"] < 30, v["seconds"]
for op in "all", "read", "write":
    assert 0 < lat[op]["p50_us"] <= lat[op]["p99_us"] < 60e6, lat[op]
    assert 0 < lat[op]["mean_us"] <= 4 * lat[op]["p99_us"], lat[op]
assert v["errors"] == 0 and v["shortages"] == 0 and v["broken"] == 0
assert 0 <= v["in_flight"] <= 4
# A front that keeps its grants: nearly all are found.
assert v["hit_rate"] > 0.9 and v["grants_kept"] > 0, v["hit_rate"]
END
run $top --once -d 1 >/tmp/table
cat /tmp/table
equal "lines of the table" "$(wc -l </tmp/table)" 2
awk 'NR == 2 { exit !($1 == "g" && $2 == "xvda" && $3 > 0 && $4 > 0 && $7 > 0 &&
	$8 >= $7 && $12 == 0) }' /tmp/table || fail "the table"

# On a terminal: keys sort, q ends it.
cat >/tmp/keys.py <<'END'
import os, pty, select, sys, time
pid, fd = pty.fork()
if not pid:
    os.environ["TERM"] = "vt100"
    os.execv(sys.argv[1], [sys.argv[1], "-d", "1"])
seen, end = b"", time.monotonic() + float(sys.argv[2])
for key in b"n", b"l", b"r", b"+", b"-", b"q":
    before = seen.count(b"GUEST")
    while seen.count(b"GUEST") == before and time.monotonic() < end:
        if select.select([fd], [], [], 1)[0]:
            seen += os.read(fd, 4096)
    os.write(fd, key)
assert seen.count(b"GUEST") >= 6 and b"xvda" in seen, seen
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
run python3 /tmp/keys.py $top $((20 * LAB_SCALE))

# Without debugfs, as with another back, it says what sysfs says.
run $top --once -d 1 --debugfs /nowhere >/tmp/table
awk 'NR == 2 { exit !($1 == "g" && $3 > 0 && $7 == "-" && $9 == "-") }' /tmp/table ||
	fail "without debugfs: $(cat /tmp/table)"
guest_destroy g
run $top --once -d 0.1 >/tmp/table
equal "lines without a disk" "$(wc -l </tmp/table)" 1
