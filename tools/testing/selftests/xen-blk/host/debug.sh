# SPDX-License-Identifier: GPL-2.0-only
#
# Debug kernels: Debian's source of the kernel, configured as debug.config says
# and built inside the root, where it lies beside Debian's own kernels.
#   6.12-kasan        all of it with KASAN: PVH only, as KASAN's shadow does not
#                     come early enough for PV
#   6.12-debug        the same less KASAN
#   6.12-kcsan        that, and KCSAN: it watches our modules, and nothing else: what
#                     the kernel's own races are is not ours, and they are many

debug_packages="libelf-dev bc bison flex m4"

# What runs before KASAN has its shadow must do without it.
debug_unsanitized="enlighten enlighten_pv enlighten_pvh enlighten_hvm features
	common string vga"

# debug_flavour: of KERNEL; fails for a kernel of Debian's.
debug_flavour()
{
	case $KERNEL in
	*-*) printf '%s\n' "${KERNEL#*-}" ;;
	*) return 1 ;;
	esac
}

# debug_memory: by how much more memory than Debian's such a kernel takes.
debug_memory()
{
	case $(debug_flavour) in
	kasan) echo 3 ;;
	debug|kcsan) echo 2 ;;
	*) echo $((${#LAB_SLABS} ? 2 : 1)) ;;
	esac
}

# debug_make TARGET...: in the root, which has a compiler.
debug_make()
{
	local f args=()

	for f in $debug_unsanitized; do
		args+=("KASAN_SANITIZE_$f.o=n")
	done
	# objtool asks /proc for its stack: mounted for this build only.
	root=$root unshare --mount sh -c 'mount -t proc proc "$root/proc" &&
		exec chroot "$root" "$@"' sh \
		/usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		HOME=/ LC_ALL=C KBUILD_BUILD_TIMESTAMP=@0 \
		KBUILD_BUILD_USER=lab KBUILD_BUILD_HOST=lab \
		make -s -j"$(nproc)" -C "/usr/src/linux-source-${KERNEL%-*}" \
		O="/usr/src/linux-$KERNEL" "${args[@]}" "$@"
}

debug_source()
{
	local series=${KERNEL%-*} names
	local d=$root/usr/src/linux-source-$series

	[ ! -e "$d/Makefile" ] || return 0
	mirror=$(find_mirror) ||
		die "no Debian mirror in apt's configuration, give MIRROR="
	lab_apt_setup
	step "the source of $series from the mirror"
	names=$(lab_apt apt-get -o Dir::State::status="$root/var/lib/dpkg/status" \
		-s install $debug_packages | awk '$1 == "Inst" { print $2 }')
	root_add lab_apt "linux-source-$series" $names
	step "unpacking the source of $series"
	rm -rf "$d.tmp"
	mkdir -p "$d.tmp"
	# Of what is never built only the configuration is looked at.
	tar -C "$d.tmp" -xJf "$d.tar.xz" --strip-components=1 --wildcards \
		--exclude='*/Documentation/*.*' --exclude='*/sound/*.[ch]' \
		--exclude='*/drivers/gpu/*.[ch]' \
		--exclude='*/drivers/net/*/*.[ch]' --exclude='*/*.dts*' \
		--exclude='*/tools/testing/*' ||
		die "cannot unpack the source of $series"
	rm -f "$d.tar.xz"
	# Lockdep is silent after its first report, and gntdev's use by xenstored
	# makes one. A kind of its own for that lock leaves it awake for others.
	sed -i '/^static int gntdev_mmap/,/^}/s/mutex_lock(&priv->lock)/mutex_lock_nested(\&priv->lock, 1)/' \
		"$d.tmp/drivers/xen/gntdev.c"
	mv "$d.tmp" "$d"
}

# debug_config: refused if what it is built for was silently left out.
debug_config()
{
	local config=$root/usr/src/linux-$KERNEL/.config missing part
	local in=$root/usr/src/linux-source-${KERNEL%-*}/kernel/configs
	local parts="debug.config"

	[ ! -e "$lab_dir/host/debug-$(debug_flavour).config" ] ||
		parts+=" debug-$(debug_flavour).config"
	{
		for part in $parts; do
			cat "$lab_dir/host/$part"
		done
		printf 'CONFIG_LOCALVERSION="-%s"\n' "$(debug_flavour)"
	} >"$in/xen-blk.config"
	mkdir -p "${config%/*}"
	debug_make tinyconfig xen-blk.config || return 1
	missing=$(grep -E '^CONFIG_[A-Z0-9_]+=[ym]' "$in/xen-blk.config" |
		grep -vxF -f "$config")
	[ -z "$missing" ] || {
		printf 'not as asked for: %s\n' "$missing"
		return 1
	}
}

debug_install()
{
	local v

	v=$(debug_make kernelrelease) &&
		debug_make INSTALL_MOD_PATH=/ modules_install &&
		cp "$root/usr/src/linux-$KERNEL/arch/x86/boot/bzImage" \
			"$root/usr/lib/modules/$v/vmlinuz" &&
		cp "$root/usr/src/linux-$KERNEL/.config" \
			"$root/usr/lib/modules/$v/config" &&
		ln -sfn "/usr/src/linux-$KERNEL" \
			"$root/usr/lib/modules/$v/build" &&
		printf '%s\n' "$v" >"$root/.kernel-$KERNEL"
}

# debug_ready: built again when its configuration or its source changes.
debug_ready()
{
	local h mark=$root/.debug-$KERNEL log=$cache/kernel-$KERNEL.log

	h=$({
		cat "$lab_dir/host/debug.config" \
			"$lab_dir/host/debug-$(debug_flavour).config" 2>/dev/null
		declare -f debug_make debug_source
		printf '%s\n' $debug_unsanitized
	} | sha256sum | cut -c1-12)
	[ "$(cat "$mark" 2>/dev/null)" != "$h" ] || return 0
	debug_source
	step "building kernel $KERNEL (takes ten minutes)"
	quietly "$log" debug_config || die "cannot configure kernel $KERNEL"
	quietly "$log" debug_make bzImage modules KCSAN_SANITIZE=n ||
		die "kernel $KERNEL does not build"
	quietly "$log" debug_install || die "cannot install kernel $KERNEL"
	rm -f "$(root_dir)/kernel-$KERNEL/hash"
	printf '%s\n' "$h" >"$mark"
	step "kernel $(kernel_version "$KERNEL") built"
}
