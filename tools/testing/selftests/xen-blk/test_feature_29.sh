# SPDX-License-Identifier: GPL-2.0-only
# NAME: a guest short of memory gets the pages that its disk keeps at rest
# TIMEOUT: 150
# NEEDS: ours

. /lab/tests/feature.sh
dev=$(disk_file a 32)

# at_rest GUEST: pages of the driver's own that are granted and not in use.
at_rest()
{
	guest "$1" "awk '/^pages_free/ { n += \$2 } END { print n }' \
		/sys/kernel/debug/xen-blkfront/*/rings"
}

# kept GUEST: how many of them stay whatever happens, for one request of each ring.
kept()
{
	guest "$1" "awk '/^pages_free/ { n += 11 } END { print n }' \
		/sys/kernel/debug/xen-blkfront/*/rings"
}

# squeeze GUEST: what happens when it is short of memory, by command.
squeeze()
{
	guest "$1" 'sync; echo 2 >/proc/sys/vm/drop_caches'
}

# With a back that keeps nothing mapped, all others go at once, and come again.
back_load feature_persistent=0
GUEST_ARGS="trusted=0"
guest_start g "$GUEST" "$dev,xvda"
equal "pages at rest, at first" "$(at_rest g)" "$(kept g)"
for round in 1 2; do
	feature_verify g xvda
	was=$(at_rest g)
	((was >= 32)) || fail "only $was pages at rest after fio, round $round"
	squeeze g
	equal "pages at rest, round $round" "$(at_rest g)" "$(kept g)"
done
guest_stop g

# One that does keeps them as long as it maps them: none of those goes.
back_load persistent_grant_unused_seconds=3000
GUEST_ARGS=
guest_start g "$GUEST" "$dev,xvda"
feature_verify g xvda
was=$(at_rest g)
((was >= 32)) || fail "only $was pages at rest after fio"
squeeze g
equal "pages that the back maps" "$(at_rest g)" "$was"

# It has let go of them.
echo 3 >/sys/module/xen_blkback/parameters/persistent_grant_unused_seconds ||
	fail "the parameter cannot be set"
unused()
{
	squeeze g
	[ "$(at_rest g)" -eq "$(kept g)" ]
}
wait_for 30 unused || fail "$(at_rest g) pages stay"
feature_verify g xvda
guest_stop g
