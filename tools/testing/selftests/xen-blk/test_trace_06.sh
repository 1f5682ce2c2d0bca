# SPDX-License-Identifier: GPL-2.0-only
# NAME: the scripts for bpftrace name what there is; and run, where it is installed
# TIMEOUT: 120
# NEEDS: ours

. /lab/tests/trace.sh
dev=$(disk_null a 64 memory_backed=1)
guest_start g "$GUEST" "$dev,xvda"
formats='cd /sys/kernel/tracing/events/xen_blkSIDE && for e in blk*; do
	echo "event: $e"; cat "$e/format"; done'
(set +f; eval "${formats/SIDE/back}") >/tmp/formats
guest g "${formats/SIDE/front}" >>/tmp/formats
cat >/tmp/names.py <<'END'
import re, sys
fields, event = {}, None
for line in open(sys.argv[1]):
    if line.startswith("event:"):
        event = fields.setdefault(line.split()[1], set())
    found = re.search(r"field:.*?(\w+)(\[\d*\])?;", line)
    if found:
        event.add(found[1])
assert len(fields) == 13, sorted(fields)
for path in sys.argv[2:]:
    text = re.sub(r"/\*.*?\*/", "", open(path).read(), flags=re.DOTALL)
    probes = re.findall(r"^tracepoint:xen_\w+:(\w+)(.*?)^}", text,
                        re.MULTILINE | re.DOTALL)
    assert probes, path
    for name, body in probes:
        used = set(re.findall(r"\bargs\.(\w+)", body))
        assert used and used <= fields[name], (path, name, used - fields[name])
    print(path, len(probes), "probes")
END
scripts=$(find /lab/tools -name '*.bt' | sort)
[ -n "$scripts" ] || fail "no scripts"
# shellcheck disable=SC2086
run python3 /tmp/names.py /tmp/formats $scripts

if command -v bpftrace >/dev/null; then
	guest_send g 'fio --name=t --filename=/dev/xvda --ioengine=io_uring \
		--direct=1 --rw=randrw --bs=4k --iodepth=4 --rate_iops=40 \
		--time_based --runtime=600 --output-format=terse >/tmp/fio.out 2>&1'
	for s in $scripts; do
		[ "${s##*/}" != xenblk-front.bt ] || continue
		say "== ${s##*/}"
		BPFTRACE_MAX_BPF_PROGS=64 timeout -s INT $((8 * LAB_SCALE)) \
			bpftrace "$s" >/tmp/bpf.out 2>&1
		cat /tmp/bpf.out
		grep -q 'Attaching' /tmp/bpf.out && ! grep -q ERROR /tmp/bpf.out ||
			fail "${s##*/} does not run"
		[ "${s##*/}" = xenblk-bad.bt ] ||
			grep -qE "@[a-z_]+\[$(domid g)\.xvda-[01]\]" /tmp/bpf.out ||
			fail "${s##*/} shows no ring"
	done
	guest_destroy g
else
	say "no bpftrace here: only names were looked at"
	guest_stop g
fi
