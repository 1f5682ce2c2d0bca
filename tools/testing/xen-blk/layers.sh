#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Who calls whom, read from the objects of a module build.  Each .c of ours
# names its layer in its head comment ("Layer: N (name)"); an undefined symbol
# that another of our objects defines must be at home in a lower layer, and an
# object of layer 0 may need nothing but the compiler's runtime and mem*/str*.
# What runs on the way of a request, in interrupts too, never reaches xenstore,
# which sleeps (upstream's defect D8).  A test has names of its own for what it
# includes.  Says one line on success.
#
# Usage: layers.sh DIR...     trees that contain our .o files

set -u -o pipefail

top=$(cd "$(dirname "$0")/../../.." && pwd)
objects=0
faults=0

# What a kernel's compiler options call for without being asked, and what the
# kernel's list and tree debugging adds.
runtime='^(mem(cpy|set|move|cmp)|str(cmp|len|ncmp|nlen)|__fentry__|mcount'
runtime+='|__x86_return_thunk|__x86_indirect_thunk_.*|__stack_chk_.*'
runtime+='|__(asan|tsan|ubsan|kasan|kcsan|msan|hwasan|sanitizer|gcov|llvm)_.*'
runtime+='|_?__fortify_.*|__warn_.*|__udivdi3|__umoddi3|_mcount'
runtime+='|__ref_stack_chk_guard|__CFI_.*|__kcfi_.*|__gnu_mcount_nc'
runtime+='|__SC[TK]__WARN_trap|__list_(add|del)_.*|rb_(erase|insert_color|first|next)'
runtime+='|const_current_task|__this_module|__warned'
runtime+='|_GLOBAL_OFFSET_TABLE_)$'

# Files that a request passes, and what must not be called from there.
way=' xen-blkback/req xen-blkback/io xen-blkback/map xen-blkback/copy'
way+=' xen-blkback/ring xen-blkfront/queue xen-blkfront/grant '
sleeps='^(xenbus_(printf|write|read|scanf|gather|rm|exists|transaction_.*'
sleeps+='|switch_state|dev_(error|fatal))|blk(back|front)_store_.*)$'

# What a tracepoint leaves where it stands.
hooks='^__(tracepoint|traceiter|probestub|SC[TK]__tp_func)_blk(back|front)_'

fault()
{
	echo "$*"
	faults=$((faults + 1))
}

declare -A home		# symbol -> "driver/source layer"
declare -A object	# driver/source -> object
declare -A layer	# driver/source -> layer

[ $# -gt 0 ] || { sed -n '/^# Usage/s/^# //p' "$0"; exit 2; }
command -v nm >/dev/null || { echo "layers: no nm (package binutils)"; exit 2; }

for driver in xen-blkfront xen-blkback; do
	for src in "$top/drivers/block/$driver"/*.c; do
		[ -e "$src" ] || continue
		key=$driver/$(basename "$src" .c)
		n=$(sed -n '1,/\*\//s/^ \* Layer: \([0-9]\).*/\1/p' "$src")
		if [ -z "$n" ]; then
			fault "$key.c: its head comment names no layer"
			continue
		fi
		layer[$key]=$n
		o=$(find "$@" -path "*/$key.o" -print -quit)
		[ -n "$o" ] || continue
		object[$key]=$o
		objects=$((objects + 1))
		while read -r symbol; do
			home[$driver:$symbol]=$key
		done < <(nm --defined-only --extern-only --format=just-symbols \
			 "$o" 2>/dev/null ||
			 nm --defined-only --extern-only "$o" | awk '{print $NF}')
	done
done

for key in "${!object[@]}"; do
	driver=${key%/*}
	n=${layer[$key]}
	while read -r symbol; do
		if [[ $way == *" $key "* ]] && [[ $symbol =~ $sleeps ]]; then
			fault "$key.c is on the way of a request and needs $symbol"
		fi
		# A tracepoint is a place to look at, not a call.
		[[ $symbol =~ $hooks ]] && continue
		at=${home[$driver:$symbol]-}
		if [ -n "$at" ]; then
			[ "${layer[$at]}" -lt "$n" ] ||
				fault "$key.c (layer $n) needs $symbol of $at.c (layer ${layer[$at]})"
		elif [ "$n" -eq 0 ] && ! [[ $symbol =~ $runtime ]]; then
			fault "$key.c (layer 0) needs $symbol of the kernel"
		fi
	done < <(nm --undefined-only "${object[$key]}" | awk '{print $NF}')
done

# A test includes the file it tests: built in, both would define the same names, but for
# those that the tests' Makefile gives a prefix.
for symbol in "${!home[@]}"; do
	key=${home[$symbol]}
	tests=$top/drivers/block/${key%/*}/tests
	name=${symbol#*:blk*_}
	[ ! -e "$tests/${key#*/}_kunit.c" ] || grep -qw "$name" "$tests/Makefile" ||
		fault "$key.c's test cannot be built in: ${tests#"$top/"}/Makefile lacks $name"
done

if [ "$objects" -eq 0 ]; then
	echo "layers: no object of ours under $*"
	exit 1
fi
echo "layers: $objects objects, $faults faults"
[ "$faults" -eq 0 ]
