#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Puts the pair into a kernel tree, in the place of the kernel's own: the files
# unchanged, a few lines in what leads to them.  May be run again, for newer files.
#
# Usage: kernel-tree.sh DIR     the top of the kernel's source
#
# Afterwards, in DIR: the usual symbols (XEN_BLKDEV_FRONTEND, XEN_BLKDEV_BACKEND),
# modules or built in; the tests of the pure code by tools/testing/kunit/kunit.py
# with the .kunitconfig of either driver, or of both.

set -eu

die()
{
	echo "kernel-tree: $*" >&2
	exit 1
}

case ${1:---help} in
-*)
	sed -n '/^# Puts/,/^$/s/^# \{0,1\}//p' "$0"
	[ "${1:-}" = --help ] || [ "${1:-}" = -h ]
	exit
	;;
esac
unset CDPATH
top=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(cd "$1" && pwd)
block=drivers/block
grep -qs '^KERNELRELEASE' "$dir/Makefile" && [ -e "$dir/$block/Kconfig" ] ||
	die "$dir is no kernel tree"
! grep -qs '^KERNELRELEASE' "$top/Makefile" ||
	die "$top is a kernel tree itself: run that of the pair's own sources"
case $dir in
*[[:space:]]*) die "$dir: make takes no blanks in a name" ;;
esac

# one_line FILE PATTERN: it is there once, so that we change what we mean to.
one_line()
{
	[ "$(grep -c "$2" "$dir/$1")" = 1 ] ||
		die "$dir/$1 is not as expected: no single line $2"
}

# Nothing is changed of a tree that is not as expected.
grep -q 'xen-blkfront/$' "$dir/$block/Makefile" ||
	one_line $block/Makefile 'xen-blkfront\.o$'
one_line $block/Makefile 'xen-blkback/$'
if ! grep -q xen-blkfront/Kconfig "$dir/$block/Kconfig"; then
	one_line $block/Kconfig '^config XEN_BLKDEV_FRONTEND$'
	one_line $block/Kconfig '^config XEN_BLKDEV_BACKEND$'
fi
grep -q '^XEN BLOCK DRIVERS (XEN-BLK)$' "$dir/MAINTAINERS" ||
	one_line MAINTAINERS '^XEN BLOCK SUBSYSTEM$'

# What goes: upstream's sources, and whatever an earlier run has left.
rm -rf "$dir/$block/xen-blkfront.c" "$dir/$block/xen-blkfront" \
	"$dir/$block/xen-blkback" "$dir/tools/xen-blk" \
	"$dir/tools/testing/xen-blk" "$dir/tools/testing/selftests/xen-blk" \
	"$dir/Documentation/block/xen-blk"
(cd "$top" && tar -cf - --exclude='*.o' --exclude='*.ko' --exclude='*.mod*' \
	--exclude='.*.cmd' drivers include Documentation tools) |
	tar -C "$dir" -xf - --no-same-owner

# What leads there.  The back is a folder of that name upstream, too.
sed -i 's|xen-blkfront\.o$|xen-blkfront/|' "$dir/$block/Makefile"

# menu FILE: without upstream's two entries, which our folders bring.
menu()
{
	awk '
	/^(config|menuconfig|source|if|endif|menu|endmenu|comment)( |$)/ {
		ours = /XEN_BLKDEV_(FRONT|BACK)END$/
		if (ours) {
			name = /FRONT/ ? "front" : "back"
			print "source \"drivers/block/xen-blk" name "/Kconfig\"\n"
		}
	}
	!ours' "$1"
}
if ! grep -q xen-blkfront/Kconfig "$dir/$block/Kconfig"; then
	menu "$dir/$block/Kconfig" >"$dir/$block/Kconfig.new"
	mv "$dir/$block/Kconfig.new" "$dir/$block/Kconfig"
fi
one_line $block/Kconfig xen-blkfront/Kconfig
one_line $block/Kconfig xen-blkback/Kconfig

# toc FILE ENTRY: at the end of the page's first list, in its indentation.
toc()
{
	grep -q "^ *$2\$" "$dir/$1" && return
	awk -v entry="$2" '
	/^\.\. toctree::/ { list = 1 }
	list && /^ +[a-z]/ { match($0, /[a-z]/); indent = substr($0, 1, RSTART - 1) }
	list && indent != "" && /^ *$/ { print indent entry; list = 0; indent = "" }
	{ print }
	END { if (list && indent != "") print indent entry }' \
		"$dir/$1" >"$dir/$1.new"
	mv "$dir/$1.new" "$dir/$1"
	one_line "$1" "^ *$2\$"
}
toc Documentation/block/index.rst xen-blk/index
toc Documentation/admin-guide/blockdev/index.rst xen-blk

# Who looks after it: the stanza of README, in the place of upstream's.
if ! grep -q '^XEN BLOCK DRIVERS (XEN-BLK)$' "$dir/MAINTAINERS"; then
	sed -n '/^    XEN BLOCK DRIVERS/,$s/^    //p' "$top/README" |
		awk 'FNR == NR { stanza = stanza $0 "\n"; next }
		     /^XEN BLOCK SUBSYSTEM$/ { printf "%s\n", stanza; skip = 1 }
		     !skip
		     /^$/ { skip = 0 }' - "$dir/MAINTAINERS" \
			>"$dir/MAINTAINERS.new"
	mv "$dir/MAINTAINERS.new" "$dir/MAINTAINERS"
fi

# An older kernel takes what it lacks from the one header that knows of it.
flags=$(printf 'include %s/tools/xen-blk/compat/compat.mk\nall:; @echo $(compat-flags)\n' \
	"$dir" | make -s --no-print-directory -f - srctree="$dir")
if [ -n "$flags" ]; then
	for half in front back; do
		cat >>"$dir/$block/xen-blk$half/Makefile" <<-'EOF'

			# This kernel is older than the sources.
			include $(srctree)/tools/xen-blk/compat/compat.mk
			ccflags-y += $(compat-flags) -include $(srctree)/tools/xen-blk/compat/compat.h
		EOF
	done
fi

echo "kernel-tree: the pair is in $dir${flags:+, with $flags}"
