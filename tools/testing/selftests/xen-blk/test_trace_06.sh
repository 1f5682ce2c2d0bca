# SPDX-License-Identifier: GPL-2.0-only
# NAME: the format of each tracepoint; the scripts for bpftrace name what there is
# TIMEOUT: 60
# NEEDS: ours

. /lab/tests/trace.sh
dev=$(disk_null a 64 memory_backed=1)
guest_start g "$GUEST" "$dev,xvda"
formats='cd /sys/kernel/tracing/events/xen_blkSIDE && for e in blk*; do
	echo "event: $e"; cat "$e/format"; done'
(set +f; eval "${formats/SIDE/back}") >/tmp/formats
guest g "${formats/SIDE/front}" >>/tmp/formats
# What each prints, in this order: others read it.
cat >/tmp/wanted <<'END'
blkback_event ring
blkback_pulled ring id op sector sectors segs
blkback_refused ring id op sector sectors segs error
blkback_mapped ring found mapped copied failed
blkback_submitted ring id op sector sectors segs
blkback_ended ring id op sector sectors segs error
blkback_answered ring id op sector sectors segs status latency_ns
blkback_kicked ring answers notified
blkfront_queued ring id op sector sectors
blkfront_pushed ring id op sector sectors segs
blkfront_kicked ring requests notified
blkfront_event ring
blkfront_refused ring what why
blkfront_answered ring id op sector sectors segs status latency_ns
blkfront_completed ring id op sector sectors error latency_ns
END
cat >/tmp/names.py <<'END'
import re, sys
fields, prints, event, name = {}, {}, None, None
for line in open(sys.argv[1]):
    if line.startswith("event:"):
        name = line.split()[1]
        event = fields.setdefault(name, set())
    found = re.search(r"field:.*?(\w+)(\[\d*\])?;", line)
    if found:
        event.add(found[1])
    if line.startswith("print fmt:"):
        prints[name] = re.findall(r"(\w+)=%", line)
wanted = {key: words for key, *words in map(str.split, open(sys.argv[2]))}
assert prints == wanted, {key: (prints.get(key), wanted.get(key))
                          for key in prints.keys() | wanted.keys()
                          if prints.get(key) != wanted.get(key)}
for path in sys.argv[3:]:
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
run python3 /tmp/names.py /tmp/formats /tmp/wanted $scripts
guest_stop g
