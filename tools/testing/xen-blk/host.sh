#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the unit tests need of a Debian host: a compiler, and the kernel's
# header of the protocol.  Only what is missing is fetched, and only this needs
# root.
#
# Usage: host.sh tool PACKAGE... -- COMMAND...
#        host.sh header DIR

set -u -o pipefail

cache=${XENBLK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/xen-blk}
io=include/xen/interface/io

export LC_ALL=C DEBIAN_FRONTEND=noninteractive

die()
{
	printf 'unit: %s\n' "$*" >&2
	exit 1
}

# The package lists of a fresh host are empty.
lists()
{
	[ -n "$(apt-cache search --names-only "$1")" ] ||
		apt-get -q update >&2 || die "apt-get update failed"
}

# tool PACKAGE... -- COMMAND...: all commands are there, or are installed.
tool()
{
	local packages=() c missing=

	while [ "$1" != -- ]; do
		packages+=("$1")
		shift
	done
	shift
	for c in "$@"; do
		command -v "$c" >/dev/null || missing=$c
	done
	# A compiler without the C library's headers is half a compiler.
	[ -n "$missing" ] || echo '#include <stdio.h>' |
		"$1" -E -x c - >/dev/null 2>&1 || missing="C library headers"
	[ -n "$missing" ] || return 0

	[ "$(id -u)" -eq 0 ] ||
		die "no $missing; as root: apt-get install ${packages[*]}"
	printf 'unit: no %s, installing %s\n' "$missing" "${packages[*]}" >&2
	lists "^${packages[0]}\$"
	apt-get -qq -y --no-install-recommends install "${packages[@]}" >&2 ||
		die "cannot install ${packages[*]}"
}

# fetch DIR: the two files out of the package of the host's own suite.
fetch()
{
	local tmp p deb

	lists '^linux-headers-[0-9].*-common$'
	tmp=$(mktemp -d) || exit 1
	# Whoever apt downloads as may enter.
	chmod 755 "$tmp"
	for p in $(apt-cache search --names-only '^linux-headers-[0-9].*-common$' |
		   cut -d' ' -f1 | sort -Vr); do
		# A list may be older than its mirror: try the next one.
		(cd "$tmp" && apt-get -qq download "$p") >"$tmp/log" 2>&1 || continue
		deb=$(echo "$tmp"/*.deb)
		dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$tmp" --wildcards \
			"*/$io/blkif.h" "*/$io/ring.h" || break
		mkdir -p "$1"
		cp "$tmp"/usr/src/*/$io/{blkif,ring}.h "$1"
		break
	done
	[ -e "$1/blkif.h" ] || cat "$tmp/log" >&2
	rm -rf "$tmp"
}

# header DIR: the kernel's blkif.h and ring.h (the same in every kernel that
# matters here) are in DIR/xen/interface/io.  Nothing else of the kernel's
# headers is on the include path: it would shadow the C library's.
header()
{
	local to=$1/xen/interface/io from d

	[ ! -e "$to/blkif.h" ] || return 0
	for d in /usr/src/linux-headers-*-common/$io \
		 "$cache"/root/usr/src/linux-headers-*-common/$io \
		 "$cache/headers"; do
		[ -e "$d/blkif.h" ] && [ -e "$d/ring.h" ] && from=$d
	done
	if [ -z "${from-}" ]; then
		from=$cache/headers
		echo "unit: fetching the kernel's header of the protocol" >&2
		fetch "$from"
		[ -e "$from/blkif.h" ] || die "no linux-headers-*-common to be had"
	fi
	mkdir -p "$to"
	cp "$from/ring.h" "$to" && cp "$from/blkif.h" "$to"
}

case ${1-} in
tool|header)
	"$@"
	;;
*)
	sed -n '/^# Usage/,/^$/s/^# \{0,1\}//p' "$0"
	exit 2
	;;
esac
