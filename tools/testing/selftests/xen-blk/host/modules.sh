# SPDX-License-Identifier: GPL-2.0-only
#
# The two drivers, built inside the root: its compiler, its headers; and the front
# in user space that runs in guests.

modules_ko="
	drivers/block/xen-blkfront/xen-blkfront.ko
	drivers/block/xen-blkback/xen-blkback.ko
"

# Where the kernel has KUnit.
kunit_make="CONFIG_XEN_BLKFRONT_KUNIT_TEST=m CONFIG_XEN_BLKBACK_KUNIT_TEST=m"

# modules_name: of the folder of build products, one a kernel.
modules_name()
{
	local name=out-$KERNEL

	[ "$ARCH" = amd64 ] || name+=-$ARCH-$PAGES
	printf '%s\n' "$name"
}

# Where the modules of this kernel are, seen from outside the root.
modules_out()
{
	printf '%s/xen-blk/%s\n' "$root" "$(modules_name)"
}

modules_build()
{
	local in=$root/xen-blk/src out v kdir name p rc=0 log

	name=$(modules_name)
	out=$(modules_out)
	log=$cache/modules-${name#out-}.log
	if [ "$ARCH" = arm64 ]; then
		arm64_ready
		v=$(arm64_version)
		kdir=/usr/src/linux-headers-$v
	else
		v=$(kernel_version "$KERNEL")
		kdir=/lib/modules/$v/build
	fi
	step "building both modules for $v"
	# A copy: the chroot never writes into the sources.
	rm -rf "$in"
	mkdir -p "$in" "$out"
	for p in Makefile Kconfig drivers include tools/xen-blk \
		 tools/testing/xen-blk; do
		[ -e "$src_dir/$p" ] || continue
		mkdir -p "$in/$(dirname "$p")"
		cp -a "$src_dir/$p" "$in/$p" || return 1
	done
	# One module may be there before the other.
	for p in $modules_ko; do
		rm -f "$out/$p"
	done
	# objtool asks /proc for its stack: mounted for this build only.
	root=$root unshare --mount sh -c 'mount -t proc proc "$root/proc" &&
		exec chroot "$root" "$@"' sh \
		/usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		HOME=/ LC_ALL=C make -s -j"$(nproc)" -C /xen-blk/src \
		KDIR="$kdir" OUT="/xen-blk/$name" \
		$([ "$ARCH" = amd64 ] || echo "$arm64_make") \
		$(debug_flavour >/dev/null && echo "$kunit_make") \
		${W:+W="$W"} modules >"$log" 2>&1 </dev/null || rc=$?
	if grep -qiE 'warning|error' "$log" || [ "$rc" -ne 0 ]; then
		cat "$log"
	fi
	[ "$rc" -eq 0 ] || die "the modules do not build (log: $log)"
	for p in $modules_ko; do
		[ -e "$out/$p" ] || die "make modules left no $p"
		chroot "$root" /sbin/modinfo -F srcversion \
			"/xen-blk/$name/$p" |
			sed "s|^|        ${p##*/}  srcversion |"
	done
}

# programs_ready: for the guests and the dom0 of a run: front and back in user space and
# what discards, with all they need inside; what carries commands to guests, with the
# libraries of xenstore-read (whose thread for watches does not start in a static one).
programs_ready()
{
	local in=$root/xen-blk/programs log=$cache/programs.log

	rm -rf "$in"
	cp -r "$lab_dir/hostile" "$in" && (set +f; cp "$lab_dir"/guest/*.c \
		"$lab_dir"/dom0/*.c "$in/") || die "cannot copy the programs"
	quietly "$log" chroot "$root" /bin/sh -c 'cd /xen-blk/programs &&
		cc="gcc -std=gnu11 -O2 -Wall -Wextra -Werror" &&
		libs="-lxengnttab -lxenevtchn -lxenstore -lxentoolcore
			-lxentoollog -lpthread" &&
		$cc -static -o blkif-front front.c script.c ring.c page.c \
			store.c $libs &&
		$cc -static -o blkif-back back.c script.c $libs &&
		$cc -static -o discard discard.c &&
		$cc -o agent agent.c -lxenstore &&
		$cc -o guest-call guest-call.c -lxenstore' ||
		die "the programs of the lab do not build (log: $log)"
	(cd "$in" && cp blkif-front blkif-back agent guest-call discard "$run_dir/")
}
