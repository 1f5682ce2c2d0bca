# SPDX-License-Identifier: GPL-2.0-only
#
# The pair in the kernel's own tree: Debian's source of KERNEL, with what building
# and checking it takes, in a root of its own; see tree/steps.

tree_packages="bc bison build-essential cpio flex kmod libelf-dev libssl-dev
	perl python3 python3-ply python3-sphinx python3-yaml sparse xz-utils"

tree_dir()
{
	printf '%s/tree-root-%s\n' "$cache" \
	       "$(recipe_hash "$suite $tree_packages v1")"
}

# tree_ready: the root, and the source of this kernel in it.
tree_ready()
{
	local d from=$suite deb

	d=$(tree_dir)
	[ ! -e "$d/tree-$KERNEL/Makefile" ] || return 0
	mirror=$(find_mirror) ||
		die "no Debian mirror in apt's configuration, give MIRROR="
	lab_apt_setup
	[ -e "$d/root" ] || root_packages=$tree_packages root_build "$d"
	[ "$KERNEL" = 6.12 ] || from=$suite-backports
	step "the source of kernel $KERNEL"
	rm -rf "$d/debs" "$d/tree.tmp"
	mkdir -p "$d/debs" "$d/tree.tmp"
	(cd "$d/debs" && quietly "$cache/tree-fetch.log" \
		lab_apt apt-get download -t "$from" "linux-source-$KERNEL") ||
		die "cannot fetch the source of kernel $KERNEL"
	deb=$(find "$d/debs" -name '*.deb')
	dpkg-deb --fsys-tarfile "$deb" | tar -xO --wildcards '*.tar.xz' |
		tar -C "$d/tree.tmp" -xJ --strip-components=1 ||
		die "cannot unpack $deb"
	rm -rf "$d/debs" "$d/tree-$KERNEL"
	mv "$d/tree.tmp" "$d/tree-$KERNEL"
	mkdir -p "$d/root/tree"
}

# tree_in COMMAND...: in the root, with the tree.
tree_in()
{
	top=$(tree_dir) kernel=$KERNEL unshare --mount sh -c '
		mount --bind "$top/tree-$kernel" "$top/root/tree" &&
		mount -t proc proc "$top/root/proc" &&
		exec chroot "$top/root" "$@"' sh \
		/usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/ "$@"
}

tree_run()
{
	local d rc=0

	d=$(tree_dir)/tree-$KERNEL
	step "the pair into the tree of kernel $KERNEL"
	"$src_dir/tools/xen-blk/kernel-tree.sh" "$d" || return 1
	tree_in /tree/tools/testing/selftests/xen-blk/tree/steps || rc=1
	[ -e "$d/o/kunit/arch/x86/boot/bzImage" ] || return 1
	step "KUnit in a kernel of its own"
	# The second half of "kunit.py run"; the steps have built it as the first does.
	# Emulated, as all of the lab is: where there is a KVM it may be one in name only,
	# and of 7.2 on kunit.py asks for it.
	(cd "$d" && PYTHONDONTWRITEBYTECODE=1 unshare --mount sh -c '
		[ ! -e /dev/kvm ] || mount --bind /dev/null /dev/kvm
		exec "$@"' sh tools/testing/kunit/kunit.py exec \
		--arch x86_64 --build_dir o/kunit --timeout $((60 * LAB_SCALE))) \
		>"$d/o/kunit.out" 2>&1 </dev/null || rc=1
	tree_in /tree/tools/testing/selftests/xen-blk/tree/steps parse \
		o/kunit/test.log || rc=1
	return $rc
}
