#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Branches and lines of layer 0 that a file's own suite leaves out.  A file is
# measured by its own tests alone: what another suite happens to pass through
# is not tested by that.
#
# Usage: cover.sh OUT FRONT BACK -- CFLAGS...

set -u -o pipefail

out=$1
dirs=("$2" "$3")
shift 4
exceptions=$(dirname "$0")/cover.except
missed=0
branches=0

# measure TEST SOURCE...: build, run, and read what gcov says of the sources.
measure()
{
	local t=$1 name d

	name=$(basename "$(dirname "$(dirname "$t")")")-$(basename "$t" .c)
	d=$out/$name
	shift
	mkdir -p "$d"
	(
		cd "$d" || exit 1
		gcc "${cflags[@]}" -w -g -O0 --coverage -o t "$t" &&
			./t >t.log && gcov -b -c -l -p ./*.gcda >gcov.log 2>&1
	) || { cat "$d/t.log"; echo "cover: $name did not run"; exit 1; }

	for s in "$@"; do
		# With -l a header is reported once per includer: same text.
		set -- "$d"/*"${s//\//#}".gcov
		awk -v src="${s#"$top"/}" -v except="$exceptions" '
		BEGIN {
			while ((getline l < except) > 0)
				if (l !~ /^#/ && l != "")
					excepted[l] = 1
		}
		/^ *[^:]+: *[0-9]+:/ {
			line = $0
			sub(/^[^:]*: */, "", line)
			nr = line + 0
			sub(/^[0-9]+:/, "", line)
			text = line
			gsub(/^[ \t]+/, "", text)
			if ($0 ~ /^ *#####:/)
				report("line")
		}
		/^branch/ {
			total++
			if ($0 ~ /never executed|taken 0( |$)/)
				report("branch")
		}
		function report(what) {
			if ((src ": " text) in excepted)
				return
			printf "%s:%d: %s not taken: %s\n", src, nr, what, text
			bad++
		}
		END { printf "#%d %d\n", total, bad }
		' "$1" >"$d/report"
		grep -v '^#' "$d/report"
		read -r n bad <<<"$(sed -n 's/^#//p' "$d/report")"
		printf '%-42s %4d branches, %d missed\n' "${s#"$top"/}" "$n" "$bad"
		branches=$((branches + n))
		missed=$((missed + bad))
	done
}

cflags=("$@")
top=$(cd "$(dirname "$0")/../../.." && pwd)
for dir in "${dirs[@]}"; do
	for t in "$dir"/tests/*_kunit.c; do
		noun=$(basename "$t" _kunit.c)
		if [ "$noun" = proto ]; then
			measure "$t" "$top/include/xen/blkif-proto.h" \
				     "$top/include/xen/blkif-store.h"
		elif [ "$noun" = hist ]; then
			measure "$t" "$top/include/xen/blkif-hist.h"
		else
			measure "$t" "$dir/$noun.c"
		fi
	done
done
echo "$branches branches, $missed missed"
[ "$missed" -eq 0 ] && [ "$branches" -gt 0 ]
