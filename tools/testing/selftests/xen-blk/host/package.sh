# SPDX-License-Identifier: GPL-2.0-only
#
# The Debian package, in a root of its own with a kernel, to which another kernel
# comes: see package/steps.  What a guest boots from it is kept for install_01.

# What Debian's own build and a machine with a kernel have.
package_packages="build-essential debhelper dh-dkms dkms initramfs-tools
	kmod openssl python3 zstd"

package_dir()
{
	printf '%s/package-root-%s\n' "$cache" "$(recipe_hash "$suite \
$package_packages $(kernel_version 6.12) v1")"
}

# package_root_ready: and in it, not installed, the newer kernel.
package_root_ready()
{
	local d v names base

	d=$(package_dir)
	[ ! -e "$d/ready" ] || return 0
	mirror=$(find_mirror) ||
		die "no Debian mirror in apt's configuration, give MIRROR="
	base=$(kernel_version 6.12)
	lab_apt_setup
	root_packages="$package_packages linux-image-$base linux-headers-$base" \
		root_build "$d"
	v=$(kernel_newest 7.2)
	[ -n "$v" ] || die "$suite-backports has no kernel 7.2"
	step "fetching kernel $v for it"
	names=$(lab_apt apt-get -o Dir::State::status="$d/root/var/lib/dpkg/status" \
		-s install -t "$suite-backports" "linux-image-$v" \
		"linux-headers-$v" | awk '$1 == "Inst" { print $2 }')
	mkdir -p "$d/root/newer"
	# shellcheck disable=SC2086
	(cd "$d/root/newer" && quietly "$cache/package-fetch.log" \
		lab_apt apt-get download -t "$suite-backports" $names) ||
		die "cannot fetch kernel $v"
	printf '%s\n' "$v" >"$d/newer"
	: >"$d/ready"
}

# package_out: what the package of these sources left for a guest.
package_out()
{
	local h

	h=$(cd "$src_dir" && set +f && find Makefile drivers include \
		tools/xen-blk/compat tools/xen-blk/debian \
		"$lab_dir/package" -type f -print0 | sort -z |
		xargs -0 cat | sha256sum | cut -c1-12)
	printf '%s/package-out-%s\n' "$cache" "$h"
}

# package_run: its whole life, in a copy of that root that goes afterwards.
package_run()
{
	local d top out rc=0 p

	d=$(package_dir)
	out=$(package_out)
	top=$(mktemp -d "$cache/package-XXXX") || exit 1
	step "the package: built, installed, a new kernel, upgraded, removed"
	mkdir -p "$top/upper/xen-blk/tools" "$top/work" "$top/root"
	for p in Makefile Kconfig README COPYING drivers include; do
		cp -r "$src_dir/$p" "$top/upper/xen-blk/$p"
	done
	cp -r "$src_dir/tools/xen-blk" "$top/upper/xen-blk/tools/"
	cp "$lab_dir/package/steps" "$top/upper/xen-blk/steps"
	# Mounted for this run only.
	top=$top lower=$d/root unshare --mount sh -c '
		mount -t overlay overlay -o \
			"lowerdir=$lower,upperdir=$top/upper,workdir=$top/work" \
			"$top/root" &&
		mount -t proc proc "$top/root/proc" &&
		mount -t tmpfs tmpfs "$top/root/tmp" &&
		exec chroot "$top/root" "$@"' sh \
		/usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/ \
		/xen-blk/steps "$(kernel_version 6.12)" "$(cat "$d/newer")" ||
		rc=$?
	rm -rf "$out"
	mkdir -p "$out"
	cp "$top/upper/steps.log" "$out/log"
	if [ $rc -eq 0 ]; then
		cp -r "$top/upper/guest/." "$out/"
	else
		note "log: $out/log"
	fi
	rm -rf "$top"
	return $rc
}

# package_wanted: a test that was asked for boots from it.
package_wanted()
{
	tests_with package $(select_tests) >/dev/null
}

# package_ready: for a run, which keeps its own copy.
package_ready()
{
	local out

	[ "$mode" = run ] && [ "$KERNEL" = 6.12 ] && package_wanted || return 0
	out=$(package_out)
	if [ ! -e "$out/removed.initrd" ]; then
		package_root_ready
		package_run || die "the package does not install"
	fi
	cp -r "$out" "$run_dir/package"
}
