# SPDX-License-Identifier: GPL-2.0-only
# NAME: rings of 1, 2, 16 and 64 pages full to the last slot, both layouts, all keys
# TIMEOUT: 150
# NEEDS: ours-back

dev=$(disk_null a 32 memory_backed=1)
back_load max_ring_pages=64
GUEST_FRONT=none
guest_start g "$GUEST" "$dev,xvda"
equal max-ring-page-order "$(back_store g 51712 max-ring-page-order)" 6
equal max-ring-pages "$(back_store g 51712 max-ring-pages)" 64

seed=0
# round ABI PAGES KEYS: every slot twice, each with a sector of its own, and with
# indices that pass through 0 on the way.
round()
{
	local n=$((32 * $2)) from=$(((1 << 32) - 16 * $2))

	seed=$((seed + 1000000))
	peer g "
	page D $n
	page E $n
	abi $1
	connect pages=$2 keys=$3 from=$from
	fill D.0..$((n - 1)):2-2 $seed
	loop $n req 0 write id={i+1} sector={i} segs=D.{i}:2-2
	send 0
	expect 0 1..$n=ok
	loop $n req 0 read id={i+1} sector={i} segs=E.{i}:5-5
	send 0
	expect 0 1..$n=ok
	quiet 0 50
	same E.0..$((n - 1)):5-5 $seed
	indexis 0 rsp_prod $(((from + 2 * n) & 0xffffffff))
	close
	state 1"
	peer_disk_has "$dev" 0 "$seed" "$n"
}

for abi in 32 64; do
	for keys in single order pages; do
		round $abi 1 $keys
	done
	for pages in 2 16 64; do
		for keys in order pages; do
			round $abi $pages $keys
		done
	done
done
guest_stop g
