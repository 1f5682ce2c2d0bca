# SPDX-License-Identifier: GPL-2.0-only
# NAME: xenblk-top: its figures are what fio and sysfs say, fit a terminal, and keys sort
# TIMEOUT: 90
# NEEDS: ours

. /lab/tests/trace.sh
# xvda: many small requests, soon answered, and an error.  xvdb: few large ones, half a
# second each, eight at a time.
under=$(disk_null a 64 memory_backed=1)
sectors=$(blockdev --getsz "$under")
a=$(disk_dm bad "0 $sectors linear $under 0")
b=$(disk_null b 64 irqmode=2 completion_nsec=500000000)
guest_start g "$GUEST" "$a,xvda" "$b,xvdb"
stat=$(back_dir g 51712)/statistics
top=/lab/tools/xenblk-top

expect_dmesg 'I/O error, dev (xvda|dm-[0-9]+)'
disk_dm_table bad "0 65536 linear $under 0
65536 8 error
65544 $((sectors - 65544)) linear $under 65544"
guest_run g 'dd if=/dev/xvda of=/dev/null bs=4k skip=8192 count=1 iflag=direct' &&
	fail "a bad sector can be read"
errors=$(($(cat "$stat/bad_req") + $(cat "$stat/err_req")))
[ "$errors" -gt 0 ] || fail "no error was counted"

# At a steady rate, so that any interval has about the same of it.
guest_send g 'echo 2 >/sys/block/xvda/queue/nomerges
	fio --ioengine=io_uring --direct=1 --time_based --runtime=600 \
	--output-format=terse \
	--name=a --filename=/dev/xvda --size=16m --rw=randrw --bs=8k --iodepth=4 \
	--rate_iops=40,20 \
	--name=b --filename=/dev/xvdb --rw=randread --bs=128k --iodepth=8 \
	>/tmp/fio.out 2>&1'
busy()
{
	[ "$(cat "$stat/rd_req")" -gt 100 ]
}
wait_for 20 busy || fail "fio does not start"
run $top --json -d 8 >/tmp/top.json
cat /tmp/top.json
python3 - "$(domid g)" "$LAB_SCALE" "$errors" <<'END' || fail "xenblk-top: not as it should be"
import json, sys
vbds = json.load(open("/tmp/top.json"))["vbds"]
# By requests a second.
assert [v["disk"] for v in vbds] == ["xvda", "xvdb"], vbds
for v in vbds:
    with open(f"/sys/kernel/debug/xen-blkback/{v['name']}/device") as f:
        device = dict(line.strip().partition(" ")[::2] for line in f)
    assert v["slots"] == int(device["rings"]) * int(device["slots"]), v["slots"]
    # Indices are read one after the other.
    used = max(v["in_flight"] + v["waiting"], 0)
    assert v["use_percent"] == round(100 * used / v["slots"], 1), v["use_percent"]
    # No more is in the ring than fio asks for.
    assert used <= {"xvda": 4, "xvdb": 8}[v["disk"]], used
assert vbds[1]["vdev"] == 51728 and vbds[1]["errors"] == 0
assert vbds[1]["latency"]["read"]["p50_us"] > 350e3, vbds[1]["latency"]
v = vbds[0]
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
assert v["errors"] == int(sys.argv[3]), v["errors"]
assert v["shortages"] == 0 and v["broken"] == 0
# A front that keeps its grants: nearly all are found.
assert v["hit_rate"] > 0.9 and v["grants_kept"] > 0, v["hit_rate"]
END
run $top --once -d 1 -s n >/tmp/table
cat /tmp/table
equal "lines of the table" "$(wc -l </tmp/table)" 3
awk -v e="$errors" 'NR == 2 { exit !($1 == "g" && $2 == "xvda" && $3 > 0 && $4 > 0 &&
	$7 > 0 && $13 == e) }' /tmp/table || fail "the table"

# On a terminal: all is there, keys sort and change the interval, q ends it.
cat >/tmp/keys.py <<'END'
import fcntl, os, pty, re, select, struct, sys, termios, time

TITLES = ("GUEST DISK r/s w/s rMB/s wMB/s p50us p99us INFL USE% GRANT HIT% ERR "
          "SHORT").split()
pid, fd = pty.fork()
if not pid:
    os.environ["TERM"] = "vt100"
    os.environ.pop("COLUMNS", None)
    os.execv(sys.argv[1], [sys.argv[1], "-d", "1"])
seen, end = "", time.monotonic() + float(sys.argv[2])

def size(columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

def until(what, good):
    """The lines of the next screen of two disks that is whole, and good."""
    global seen
    while True:
        for screen in seen.split("\x1b[H\x1b[J")[1:]:
            lines = [line.rstrip("\r") for line in screen.split("\n")]
            # Each line of a table is as long as the next.
            if (len(lines) == 4 and len({len(line) for line in lines[1:]}) == 1
                    and good(lines)):
                return lines
        left = end - time.monotonic()
        assert left > 0, f"{what}: {seen!r}"
        if select.select([fd], [], [], left)[0]:
            seen += os.read(fd, 4096).decode(errors="replace")

def press(key, good):
    global seen
    seen = ""
    os.write(fd, key.encode())
    until(f"key {key}", good)

def up(lines):
    return [line.split()[1] for line in lines[2:]] == ["xvda", "xvdb"]

def down(lines):
    return [line.split()[1] for line in lines[2:]] == ["xvdb", "xvda"]

def check(lines, columns, titles):
    """Nothing is too long, and no number ends early."""
    print("\n".join(lines))
    assert max(map(len, lines)) <= columns, lines
    assert lines[1].split() == titles, lines
    for line in lines[2:]:
        cells = line.split()
        assert len(cells) == len(titles), lines
        for cell in cells[2:]:
            assert re.fullmatch(r"\d+(\.\d)?[kMG]?|-", cell), lines

size(80)
# The first table has nothing to compare with.
lines = until("a table", lambda lines: up(lines) and "-" not in lines[2].split())
check(lines, 80, TITLES)
assert lines[2].split()[TITLES.index("ERR")] == sys.argv[3], lines
# Each turns the order that the one before left.
for key, good in (("b", down), ("n", up), ("l", down), ("r", up), ("r", down),
                  ("e", up), ("f", down), ("i", up)):
    press(key, good)
press("+", lambda lines: "every 2 s" in lines[0])
press("-", lambda lines: "every 1 s" in lines[0])
# A character short of p99us.
size(46)
check(until("a narrow table", lambda lines: len(lines[1]) < 80), 46, TITLES[:7])
os.write(fd, b"q")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
run python3 /tmp/keys.py $top $((20 * LAB_SCALE)) "$errors"

# Without debugfs, as with another back, it says what sysfs says.
run $top --once -d 1 -s n --debugfs /nowhere >/tmp/table
awk 'NR == 2 { exit !($1 == "g" && $3 > 0 && $7 == "-" && $10 == "-") }' /tmp/table ||
	fail "without debugfs: $(cat /tmp/table)"
guest_destroy g
run $top --once -d 0.1 >/tmp/table
equal "lines without a disk" "$(wc -l </tmp/table)" 1
