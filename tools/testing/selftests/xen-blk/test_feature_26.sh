# SPDX-License-Identifier: GPL-2.0-only
# NAME: a back that looks for more before it sleeps: the data right, nothing at rest
# TIMEOUT: 100
# NEEDS: ours

. /lab/tests/feature.sh
# Done as soon as it is submitted: nobody else wants the processor then.
dev=$(disk_null a 32 memory_backed=1)
back_load max_queues=1
param=/sys/module/xen_blkback/parameters/busy_poll_us
guest_start g "$GUEST" "$dev,xvda"

# polled: how often it looked, and how often something came.
polled()
{
	cat "/sys/kernel/debug/xen-blkback/vbd-$(domid g)-51712/rings" |
		awk '$1 == "polls" { p += $2 } $1 == "poll_hits" { h += $2 }
			END { print p, h }'
}

# Off, as it is by default: it never looks.
feature_verify g xvda
equal "looks and hits" "$(polled)" "0 0"

# So long that the guest, which shares our processor here, gets it meanwhile.
echo 20000 >$param
feature_verify g xvda
read -r polls hits <<<"$(polled)"
((polls > 0)) || fail "it never looked for more"
((hits > 0)) || fail "of $polls looks none brought anything"
((hits <= polls)) || fail "$hits hits of $polls looks"

# At rest it sleeps: one look at most, and no wake-up once it has given back what it had
# for more.
given_back()
{
	grep -qx 'requests 1' "/sys/kernel/debug/xen-blkback/vbd-$(domid g)-51712/rings"
}
wait_for 30 given_back || fail "request objects stay at rest"
sleep 1
read -r polls hits <<<"$(polled)"
thread=$(pgrep -f "^\[?$(domid g)\.xvda-")
woken=$(awk '/^voluntary/ { print $2 }' "/proc/$thread/status")
sleep 3
equal "looks and hits at rest" "$(polled)" "$polls $hits"
equal "wake-ups at rest" \
	"$(awk '/^voluntary/ { print $2 }' "/proc/$thread/status")" "$woken"
guest_stop g
