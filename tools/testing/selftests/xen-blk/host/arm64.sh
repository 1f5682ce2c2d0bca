# SPDX-License-Identifier: GPL-2.0-only
#
# arm64, where a page may be larger than the 4 KiB of the protocol: modules are
# built for it, not run.  A cross compiler and the headers of the same kernel are
# unpacked into the root beside amd64's; the images take nothing of it.

arm64_packages="gcc-aarch64-linux-gnu"
# What preparing a kernel's source takes besides.
arm64_source_packages="bc bison flex m4"
# Debian's headers say so themselves.
arm64_make="ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-"

arm64_apt()
{
	lab_apt "$1" -o APT::Architectures::=arm64 \
		-o Dir::State::status="$root/var/lib/dpkg/status" "${@:2}"
}

# arm64_version: the kernel that PAGES stands for.  Debian has none with 64 KiB:
# that one is prepared from the source.
arm64_version()
{
	local v

	v=$(kernel_version "$KERNEL")
	v=${v%-amd64}-arm64
	[ "$PAGES" = 4k ] || v+=-$PAGES
	printf '%s\n' "$v"
}

# arm64_missing PACKAGE...: those, and what they depend on, that the root lacks.
arm64_missing()
{
	arm64_apt apt-get -s install "$@" | awk '$1 == "Inst" { print $2 }'
}

# arm64_prepare VERSION: the source of the kernel, as far as modules need it,
# with the kernel's own default configuration but for the size of a page.
arm64_prepare()
{
	local v=$1 d=$root/usr/src/linux-headers-$1
	local debian=${d%-*} tar=$root/usr/src/linux-source-$KERNEL.tar.xz

	step "preparing the source of $v (takes a minute)"
	rm -rf "$d"
	mkdir -p "$d"
	# Drivers only for the names in their configuration.
	tar -C "$d" -xJf "$tar" --strip-components=1 --wildcards \
		--exclude='*/drivers/*.[chS]' --exclude='*/Documentation/*.*' \
		--exclude='*/sound/*.[ch]' --exclude='*/fs/*/*.[ch]' \
		--exclude='*/net/*.c' --exclude='*/*.dts*' \
		--exclude='*/tools/testing/*' ||
		die "cannot unpack the source of $v"
	# Preemption as in Debian's kernel: its list of symbols will do then.
	{
		echo "CONFIG_ARM64_${PAGES^^}_PAGES=y"
		grep -E '^CONFIG_PREEMPT(_NONE|_VOLUNTARY|_LAZY)?=y' \
			"$debian/.config"
	} >"$d/kernel/configs/pages.config"
	quietly "$cache/arm64-prepare.log" chroot "$root" /usr/bin/env -i \
		PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/ LC_ALL=C \
		make -C "/usr/src/linux-headers-$v" -j"$(nproc)" \
		$arm64_make defconfig pages.config modules_prepare ||
		die "cannot prepare the source of $v"
	grep -qx "CONFIG_ARM64_${PAGES^^}_PAGES=y" "$d/.config" &&
		grep -qx 'CONFIG_XEN=y' "$d/.config" ||
		die "$v is not configured as it should be"
	cp "$debian/Module.symvers" "$d/" || die "no list of symbols for $v"
	rm -f "$tar"
}

arm64_ready()
{
	local v names

	v=$(arm64_version)
	[ ! -e "$root/.arm64-$v" ] || return 0
	mirror=$(find_mirror) ||
		die "no Debian mirror in apt's configuration, give MIRROR="
	step "arm64: compiler and headers from the mirror"
	lab_apt_setup
	quietly "$cache/arm64-update.log" arm64_apt apt-get update ||
		die "cannot read the arm64 package lists of $mirror"
	names="linux-headers-${v%-64k}:arm64"
	[ -x "$root/usr/bin/aarch64-linux-gnu-gcc" ] ||
		names+=" $(arm64_missing $arm64_packages)"
	[ "$PAGES" != 64k ] ||
		names+=" linux-source-$KERNEL $(arm64_missing $arm64_source_packages)"
	# shellcheck disable=SC2086
	root_add arm64_apt $names
	[ "$PAGES" != 64k ] || arm64_prepare "$v"
	: >"$root/.arm64-$v"
}
