# SPDX-License-Identifier: GPL-2.0-only
#
# The root: a Debian tree with Xen's tools, compilers and fio, and in it the
# kernels with their headers.  It serves three times: modules are built inside
# it, dom0's disk is made of it, and so is the guests' initramfs.

root_packages="
	bash blktrace bsdextrautils busybox-static cpio dmsetup e2fsprogs fdisk
	fio gcc kmod libc6-dev libxen-dev make mount pahole perl procps strace
	util-linux xen-hypervisor-$xen_version-amd64 xen-utils-$xen_version
	xen-utils-common xenstore-utils xz-utils zstd
"

# Peers that are not Linux, QEMU's back and GRUB's front; who looks on, a debugger and a
# tracer; and a server of disks for several hosts.  They come into the root when a test
# that names them in its NEEDS is asked for, not before.
peer_packages="qemu-system-xen grub-xen-host python3-drgn bpftrace nbd-server nbd-client"
# What those depend on and no test reaches.
peer_excludes="iso-codes ipxe-qemu grub-common grub-xen-bin adduser ucf"

# Files that nothing in the lab reads and that cost time to unpack.
root_excludes="
	/usr/share/man/* /usr/share/info/* /usr/share/locale/* /usr/share/doc/*
	/usr/share/bug/* /usr/share/lintian/* /usr/share/bash-completion/*
"

# Host packages: only what is missing is installed.
host_packages()
{
	local need="" cmd pkg

	while read -r cmd pkg; do
		command -v "$cmd" >/dev/null || need+=" $pkg"
	done <<-EOF
		qemu-system-x86_64 qemu-system-x86
		mmdebstrap mmdebstrap
		mke2fs e2fsprogs
		cpio cpio
		xz xz-utils
		flock util-linux
	EOF
	[ -e "/usr/share/keyrings/debian-archive-$suite-stable.gpg" ] ||
		need+=" debian-archive-keyring"
	[ -n "$need" ] || return 0

	step "installing on this machine:$need"
	quietly "$cache/host-apt-update.log" apt-get update ||
		note "apt-get update failed, going on with the lists at hand"
	# shellcheck disable=SC2086
	quietly "$cache/host-apt.log" apt-get install -y \
		--no-install-recommends $need || die "cannot install:$need"
}

# The mirror is the one this machine uses itself, from apt's own reading of its
# configuration (both of its formats).
find_mirror()
{
	local host_suite line

	if [ -n "$MIRROR" ]; then
		printf '%s\n' "${MIRROR%/}"
		return 0
	fi
	host_suite=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
	line=$(apt-get indextargets --no-release-info \
		--format '$(RELEASE) $(REPO_URI) $(COMPONENT)' 2>/dev/null |
		awk -v s="$host_suite" '
			$3 == "main" && ($1 == s || $1 == "trixie" ||
			$1 == "stable" || $1 == "oldstable" || $1 == "testing" ||
			$1 == "unstable" || $1 == "sid") { print $2; exit }')
	[ -n "$line" ] || return 1
	printf '%s\n' "${line%/}"
}

write_sources()
{
	local key=/usr/share/keyrings/debian-archive-keyring.gpg s

	for s in "$suite" "$suite-backports"; do
		printf 'deb [signed-by=%s] %s %s main\n' "$key" "$mirror" "$s"
	done
}

# apt of this machine, but with the lab's sources and an empty package database:
# what it would install is then the whole closure.
lab_apt()
{
	"$1" -c "$cache/apt/conf" "${@:2}"
}

lab_apt_setup()
{
	local d=$cache/apt

	mkdir -p "$d/state/lists/partial" "$d/debs/partial" "$d/parts"
	: >"$d/status"
	write_sources >"$d/sources.list"
	cat >"$d/conf" <<-EOF
		Dir::Etc::SourceList "$d/sources.list";
		Dir::Etc::SourceParts "$d/parts";
		Dir::Etc::Preferences "/dev/null";
		Dir::Etc::PreferencesParts "$d/parts";
		Dir::State "$d/state";
		Dir::State::status "$d/status";
		Dir::Cache "$d";
		Dir::Cache::archives "$d/debs";
		APT::Install-Recommends "false";
		APT::Architecture "amd64";
		APT::Architectures { "amd64"; };
		APT::Sandbox::User "root";
		Acquire::Languages "none";
	EOF
	# Names found in the index are only good as long as the mirror has them.
	quietly "$cache/apt-update.log" lab_apt apt-get update ||
		die "cannot read the package lists of $mirror"
}

recipe_hash()
{
	printf '%s\n' "$@" | sha256sum | cut -c1-12
}

root_dir()
{
	printf '%s/root-%s\n' "$cache" \
	       "$(recipe_hash "$suite $root_packages $root_excludes $xen_version v1")"
}

root_build()
{
	local dir=$1 tmp=$1.tmp opt=() e

	rm -rf "$tmp"
	mkdir -p "$tmp"
	for e in $root_excludes; do
		opt+=("--dpkgopt=path-exclude=$e")
	done
	# The host's way through a proxy is the root's too.
	apt-config dump | grep -i '^Acquire::[a-z]*::proxy' >"$cache/proxy.conf"
	[ -s "$cache/proxy.conf" ] && opt+=("--aptopt=$cache/proxy.conf")

	step "building the root from Debian $suite (takes a minute or two)"
	write_sources >"$cache/root-sources.list"
	# shellcheck disable=SC2086
	quietly "$cache/root.log" mmdebstrap --mode=root --variant=minbase \
		--dpkgopt=force-unsafe-io "${opt[@]}" \
		--aptopt='Acquire::Languages "none"' \
		--include="$(echo $root_packages | tr ' ' ,)" \
		"$suite" "$tmp/root" "$cache/root-sources.list" ||
		die "cannot build the root"
	rm -rf "$dir"
	mv "$tmp" "$dir"
	step "root ready: $(du -sm "$dir/root" | cut -f1) MB"
}

# root_add APT NAME...: packages that APT finds, unpacked into the root.
root_add()
{
	local d=$cache/apt/debs/more deb

	rm -rf "$d"
	mkdir -p "$d"
	(cd "$d" && quietly "$cache/more-fetch.log" \
		"$1" apt-get download "${@:2}") ||
		die "cannot fetch ${*:2} (for a new kernel: lab-clean)"
	find "$d" -name "*.deb" | while read -r deb; do
		dpkg-deb --fsys-tarfile "$deb" |
			tar -C "$root" -x --keep-directory-symlink \
			--exclude='./usr/share/doc/*' || die "cannot unpack $deb"
	done || exit 1
	rm -rf "$d"
}

# kernel_newest KERNEL: the long name of its newest release that the index has.
# The package that stands for "the kernel" moves on to other series.
kernel_newest()
{
	lab_apt apt-cache pkgnames "linux-image-$1." |
		sed -n 's/^linux-image-\([^-]*-amd64\)$/\1/p' | sort -V | tail -n 1
}

# A kernel is unpacked, not installed: nothing of its maintainer scripts
# (initramfs, boot loader) is wanted.  The tree is found by lab's short name.
kernel_fetch()
{
	local k=$1 from=$suite names v

	[ "$k" = 6.12 ] || from=$suite-backports
	v=$(kernel_newest "$k")
	[ -n "$v" ] || die "$from has no kernel $k"
	names=$(lab_apt apt-get -s install -t "$from" "linux-image-$v" \
		"linux-headers-$v" |
		awk '$1 == "Inst" && $2 ~ /^linux-.*-[0-9]/ { print $2 }')
	[[ $names == *linux-image-$v* ]] || [[ $names == *linux-binary-$v* ]] ||
		die "kernel $v of $from cannot be installed"
	mkdir -p "$cache/apt/debs/$k"
	# shellcheck disable=SC2086
	(cd "$cache/apt/debs/$k" && find . -name "*.deb" -delete &&
		quietly "$cache/kernel-$k-fetch.log" \
		lab_apt apt-get download $names) || die "cannot fetch kernel $k"
}

kernel_unpack()
{
	local root=$1 k=$2 deb v

	find "$cache/apt/debs/$k" -name "*.deb" >"$cache/kernel-$k.list"
	while read -r deb; do
		dpkg-deb --fsys-tarfile "$deb" |
			tar -C "$root" -x --keep-directory-symlink \
			--exclude='./usr/share/*' || die "cannot unpack $deb"
	done <"$cache/kernel-$k.list"
	rm -rf "$cache/apt/debs/$k"
	# Newer packages keep the image beside the modules, not in /boot.
	v=$(sed -n 's|.*/linux-image-\([^_]*\)_.*|\1|p' "$cache/kernel-$k.list")
	[ -e "$root/boot/vmlinuz-$v" ] ||
		[ -e "$root/usr/lib/modules/$v/vmlinuz" ] ||
		die "kernel $v has no image"
	printf '%s\n' "$v" >"$root/.kernel-$k.new"
	mv "$root/.kernel-$k.new" "$root/.kernel-$k"
}

# peers_wanted: a test that was asked for cannot do without them.
peers_wanted()
{
	[[ " $BENCH_PAIRS " = *" qdisk "* ]] ||
		tests_with peers $(select_tests) >/dev/null
}

# peers_mark [KERNEL]: the file that says that this list of peers is in the root,
# or that what they boot is.
peers_mark()
{
	printf '%s/.peers-%s%s\n' "$root" \
	       "$(recipe_hash "$peer_packages $peer_excludes")" "${1:+-$1}"
}

# peers_kernel: the kernel as distributions ship it, for a boot loader.
peers_kernel()
{
	local v p

	v=$(kernel_version "$KERNEL")
	p=$root/boot/vmlinuz-$v
	[ -e "$p" ] || p=$root/usr/lib/modules/$v/vmlinuz
	cp "$p" "$root/usr/lib/xen-blk-peers/vmlinuz-$KERNEL" ||
		die "no image of kernel $v"
}

# peers_add: unpacked like a kernel, beside the packages that the root has.
peers_add()
{
	local d=$cache/apt/debs/peers names deb e

	step "peers: $peer_packages"
	# shellcheck disable=SC2086
	names=$(lab_apt apt-get -o Dir::State::status="$root/var/lib/dpkg/status" \
		-s install $peer_packages | awk '$1 == "Inst" { print $2 }')
	for e in $peer_excludes; do
		names=$(grep -vxF -e "$e" <<<"$names")
	done
	for e in $peer_packages; do
		grep -qxF -e "$e" <<<"$names" || die "$suite has no package $e"
	done
	rm -rf "$d"
	mkdir -p "$d"
	# shellcheck disable=SC2086
	(cd "$d" && quietly "$cache/peers-fetch.log" \
		lab_apt apt-get download $names) || die "cannot fetch the peers"
	find "$d" -name "*.deb" | while read -r deb; do
		dpkg-deb -x "$deb" "$d/tree" || die "cannot unpack $deb"
	done || exit 1
	# The disk of dom0 takes no libexec, where compilers are.
	mkdir -p "$root/usr/lib/xen-blk-peers" "$root/usr/share/qemu"
	cp -a "$d/tree/usr/lib" "$root/usr/" &&
		cp -a "$d/tree/usr/bin/bpftrace" "$root/usr/bin/" &&
		cp -a "$d/tree/usr/share/qemu/keymaps" "$root/usr/share/qemu/" &&
		cp -a "$d/tree/usr/libexec/xen-qemu-system-i386" \
			"$d/tree/usr/lib/grub-xen/grub-x86_64-xen.bin" \
			"$d/tree/usr/lib/grub-xen/grub-i386-xen_pvh.bin" \
			"$d/tree/usr/bin/nbd-server" \
			"$d/tree/usr/sbin/nbd-client" \
			"$root/usr/lib/xen-blk-peers/" ||
		die "the peers are not where they were"
	rm -rf "$d" "$root/usr/lib/grub-xen"
}

# peers_ready: dom0's disk is made again, with them on it.
peers_ready()
{
	if [ ! -e "$(peers_mark)" ]; then
		peers_add
		: >"$(peers_mark)"
	fi
	peers_kernel
	rm -f "$(root_dir)/disk.hash"
	: >"$(peers_mark "$KERNEL")"
}

# kernel_version KERNEL: the long name of an unpacked kernel.
kernel_version()
{
	cat "$root/.kernel-$1"
}

root_ready()
{
	local dir peers=no

	dir=$(root_dir)
	root=$dir/root
	[ -e "$(peers_mark "$KERNEL")" ] || ! peers_wanted || peers=yes
	if debug_flavour >/dev/null; then
		# Beside the kernel of Debian's that it is made from.
		(KERNEL=${KERNEL%-*} && root_ready) || exit 1
		debug_ready
		return 0
	fi
	if [ -e "$dir" ] && [ -e "$root/.kernel-$KERNEL" ] &&
	   [ $peers = no ]; then
		return 0
	fi
	mirror=$(find_mirror) ||
		die "no Debian mirror in apt's configuration, give MIRROR="
	step "package lists from the mirror"
	lab_apt_setup
	if [ ! -e "$root/.kernel-$KERNEL" ]; then
		# Two cores: the kernel comes in while the root is built.
		kernel_fetch "$KERNEL" &
		local fetch=$!
	fi
	[ -e "$dir" ] || root_build "$dir"
	if [ ! -e "$root/.kernel-$KERNEL" ]; then
		wait "$fetch" || exit 1
		kernel_unpack "$root" "$KERNEL"
		step "kernel $(kernel_version "$KERNEL") unpacked"
	fi
	[ $peers = no ] || peers_ready
}

# A name that stays the same when the recipe changes, for people.
root_link()
{
	ln -sfn "$(basename "$(root_dir)")/root" "$cache/root"
}
