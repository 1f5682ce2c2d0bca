# SPDX-License-Identifier: GPL-2.0-only
#
# What is booted, made from the root and kept beside it:
#   disk.img          dom0's root file system: the root without its compilers
#   fio-libs          what fio wants of libraries that no test uses
#   kernel-K/         for each kernel: modules.img (its modules, and the guests'
#                     kernel and initramfs), initrd (dom0's first steps)
# All are read only in use; what changes from run to run comes in the payload.

# Modules for dom0, by folder: everything a test may want below its disks.
dom0_module_dirs="
	block drivers/block drivers/char/virtio_console.ko drivers/dax drivers/md
	drivers/net/net_failover.ko drivers/net/virtio_net.ko net/core/failover.ko
	drivers/scsi/scsi_debug.ko drivers/scsi/scsi_mod.ko
	drivers/scsi/scsi_common.ko drivers/scsi/sd_mod.ko drivers/virtio
	drivers/xen fs/ext4 fs/jbd2 fs/mbcache.ko fs/configfs
	fs/fuse/fuse.ko lib crypto arch/x86/crypto
"
# Modules for guests, by name: their dependencies follow.
guest_modules="xen-blkfront ext4 null_blk loop brd dm-mod xen-blkback
	xen-gntdev xen-gntalloc xen-evtchn"
# Modules of dom0's first steps.
initrd_modules="virtio_pci virtio_blk ext4"

guest_programs="
	/usr/bin/fio /usr/bin/kmod /usr/bin/lsblk /usr/bin/cmp /usr/bin/timeout
	/usr/bin/xenstore-read /usr/bin/xenstore-write /usr/bin/xenstore-watch
	/usr/bin/xenstore-ls /usr/bin/xenstore-list /usr/bin/xenstore-rm
	/usr/bin/xenstore-exists
	/usr/sbin/mke2fs /usr/sbin/e2fsck /usr/sbin/resize2fs
	/usr/sbin/dumpe2fs /usr/sbin/blockdev /usr/sbin/blkdiscard
	/usr/sbin/sfdisk /usr/bin/dd /usr/bin/sync
"

# fio is linked with the clients of several storage clusters: 60 MB which every
# start of it relocates under emulation, and which every guest would carry.
# Empty libraries with the symbols it asks for take their place.
fio_libs="libgfapi.so.0 libibverbs.so.1 libnbd.so.0 libnfs.so.14 libpmem.so.1
	librados.so.2 librbd.so.1 librdmacm.so.1"

fio_libs_build()
{
	local d=$root/xen-blk/fio-libs

	rm -rf "$d.tmp"
	mkdir -p "$d.tmp"
	# shellcheck disable=SC2086
	chroot "$root" /bin/bash -s $fio_libs >"$cache/fio-libs.log" 2>&1 <<-'EOF' || die "cannot make fio's libraries (log: $cache/fio-libs.log)"
		set -e -u
		cd /xen-blk/fio-libs.tmp
		for lib; do
			# Versions that fio takes from this library.
			objdump -p /usr/bin/fio | awk -v lib="$lib:" '
				/required from/ { on = ($3 == lib); next }
				on && NF == 4 { print $4 }' >versions
			prefix=${lib#lib}
			prefix=${prefix%%.*}
			objdump -T /usr/bin/fio | awk -v prefix="${prefix}_" '
				BEGIN { while ((getline v < "versions") > 0)
						want["(" v ")"] = v }
				$3 != "*UND*" { next }
				$5 in want { print want[$5], $6; next }
				$5 == "Base" && index($6, prefix) == 1 {
					print "-", $6 }' >symbols
			awk '{ print "void " $2 "(void) { __builtin_trap(); }" }' \
				symbols >stub.c
			: >stub.map
			while read -r v; do
				printf '%s { global: ' "$v"
				awk -v v="$v" '$1 == v { printf "%s; ", $2 }' symbols
				printf '};\n'
			done <versions >stub.map
			gcc -w -shared -fPIC -O1 -o "$lib" stub.c \
				-Wl,-soname,"$lib" \
				$([ -s stub.map ] && echo -Wl,--version-script,stub.map)
		done
		rm -f versions symbols stub.c stub.map
		LD_LIBRARY_PATH=$PWD fio --version
	EOF
	rm -rf "$d"
	mv "$d.tmp" "$d"
}

# mkimage DIR IMAGE: a file system of exactly that tree, with a little room.
mkimage()
{
	local mb

	mb=$(du -sm --apparent-size "$1" | cut -f1)
	mb=$((mb * 13 / 10 + 64))
	rm -f "$2.tmp"
	quietly "$2.log" mke2fs -q -t ext4 -m 0 -O ^has_journal,^metadata_csum \
		-E lazy_itable_init=1,nodiscard,root_owner=0:0 -b 4096 -L xenblk \
		-d "$1" "$2.tmp" "${mb}M" || die "cannot make $2"
	mv "$2.tmp" "$2"
}

disk_build()
{
	local s=$root_top/stage e

	step "making dom0's disk"
	fio_libs_build
	rm -rf "$s"
	mkdir "$s"
	# Hard links: nothing is copied but what the image takes.
	cp -al "$root/bin" "$root/sbin" "$root/lib" "$root/lib64" "$root/etc" \
		"$root/var" "$s/"
	mkdir -p "$s/usr/lib"
	for e in bin sbin share lib64; do
		cp -al "$root/usr/$e" "$s/usr/$e"
	done
	(cd "$root/usr/lib" && find . -mindepth 1 -maxdepth 1 \
		! -name modules ! -name 'gcc*' ! -name debug ! -name 'linux-kbuild*' \
		-exec cp -al {} "$s/usr/lib/" \;)
	find "$s/usr/lib" \( -name '*.a' -o -name '*.o' -o -name 'libasan*' \
		-o -name 'libtsan*' -o -name 'libubsan*' -o -name 'liblsan*' \
		-o -name 'libhwasan*' -o -name 'libceph*' -o -name __pycache__ \
		-o -name '*-arm64.so*' \
		\) -prune -exec rm -rf {} +
	rm -rf "$s/var/cache" "$s/var/lib/dpkg" "$s/var/lib/apt" "$s/var/log"
	find "$s/usr/bin" \( -name 'x86_64-linux-gnu-*' \
		-o -name 'aarch64-linux-gnu-*' \) -delete
	for e in $fio_libs; do
		rm -f "$s/usr/lib/x86_64-linux-gnu/$e"
		cp "$root/xen-blk/fio-libs/$e" "$s/usr/lib/x86_64-linux-gnu/$e"
	done
	mkdir -p "$s/dev" "$s/proc" "$s/sys" "$s/run" "$s/tmp" "$s/mnt" \
		"$s/root" "$s/lab" "$s/var/log/xen" "$s/var/lib/xen" \
		"$s/usr/lib/modules" "$s/kernel"
	rm -f "$s/etc/mtab"
	ln -s /proc/mounts "$s/etc/mtab"
	mkimage "$s" "$root_top/disk.img"
	rm -rf "$s"
}

# Plain modules: unpacking them costs seconds under emulation.
unpack_modules()
{
	find "$1" -name '*.ko.xz' -print0 | xargs -0 -r -n 40 -P "$(nproc)" xz -d
	find "$1" -name '*.ko.zst' -print0 | xargs -0 -r -n 40 -P "$(nproc)" \
		zstd -q -d --rm
}

# module_files DIR VERSION NAME...: files of modules and what they depend on,
# relative to DIR, in the order in which they are to be loaded.
module_files()
{
	local in=${1#"$root"} v=$2 m

	shift 2
	for m; do
		chroot "$root" modprobe -d "$in" -S "$v" --show-depends "$m" ||
			note "kernel $v has no module $m" >&2
	done | awk -v d="$in/" '$1 == "insmod" { sub(d, "", $2)
		if (!seen[$2]++) print $2 }'
}

initrd_build()
{
	local d=$1 stage=$2 v=$3 i=$2/initrd f

	mkdir -p "$i/bin" "$i/modules"
	cp "$root/bin/busybox" "$i/bin/busybox"
	# shellcheck disable=SC2086
	module_files "$stage/tree" "$v" $initrd_modules >"$i/modules/order"
	while read -r f; do
		cp "$stage/tree/$f" "$i/modules/"
	done <"$i/modules/order"
	sed -i 's|.*/||' "$i/modules/order"
	cp "$lab_dir/dom0/initrd-init" "$i/init"
	chmod 755 "$i/init"
	(cd "$i" && find . | cpio -o -H newc --quiet) >"$d/initrd" ||
		die "cannot make dom0's initramfs"
}

guest_build()
{
	local stage=$1 v=$2 g=$1/guest f b

	mkdir -p "$g/usr/bin" "$g/usr/sbin" "$g/usr/lib" "$g/dev" "$g/proc" \
		"$g/sys" "$g/run" "$g/tmp" "$g/mnt" "$g/root" "$g/etc" "$g/lab"
	for f in bin sbin lib lib64; do
		[ -d "$root/usr/$f" ] && ln -s "usr/$f" "$g/$f"
	done
	mkdir -p "$g/usr/lib64"
	cp "$root/bin/busybox" "$g/usr/bin/busybox"
	chroot "$root" /bin/busybox --list >"$stage/applets"
	while read -r b; do
		[ -e "$g/usr/bin/$b" ] || ln -s busybox "$g/usr/bin/$b"
	done <"$stage/applets"
	for f in $guest_programs; do
		[ -e "$root$f" ] || die "the root has no $f"
		rm -f "$g/usr/bin/${f##*/}"
		cp -L "$root$f" "$g$f"
	done
	ln -s mke2fs "$g/usr/sbin/mkfs.ext4"
	ln -s e2fsck "$g/usr/sbin/fsck.ext4"
	cp -L "$root/etc/mke2fs.conf" "$g/etc/"
	for b in modprobe insmod rmmod lsmod modinfo depmod; do
		rm -f "$g/usr/bin/$b"
		ln -s ../bin/kmod "$g/usr/sbin/$b"
	done
	printf 'root:x:0:0:root:/root:/bin/sh\n' >"$g/etc/passwd"
	printf 'root:x:0:\n' >"$g/etc/group"
	# Libraries, through the stand-ins for fio's.
	# shellcheck disable=SC2086
	chroot "$root" /usr/bin/env LD_LIBRARY_PATH=/xen-blk/fio-libs \
		ldd $guest_programs |
		sed -n 's|.* => \(/[^ ]*\) .*|\1|p; s|^[[:space:]]*\(/lib64/[^ ]*\) .*|\1|p' |
		sort -u >"$stage/libs"
	while read -r f; do
		case $f in
		/lib64/*)
			cp -L "$root$f" "$g/usr/lib64/" ;;
		*)
			cp -L "$root$f" "$g/usr/lib/${f##*/}" ;;
		esac
	done <"$stage/libs"
	# shellcheck disable=SC2086
	module_files "$stage/tree" "$v" $guest_modules |
		while read -r f; do
			mkdir -p "$g/$(dirname "usr/$f")"
			cp "$stage/tree/$f" "$g/usr/$f"
		done
	cp "$stage/tree/lib/modules/$v/modules.builtin" \
		"$stage/tree/lib/modules/$v/modules.builtin.modinfo" \
		"$stage/tree/lib/modules/$v/modules.order" \
		"$g/usr/lib/modules/$v/" 2>/dev/null
	chroot "$root" depmod -b "${g#"$root"}" "$v" || die "depmod failed"
}

# kernel_unwrap BZIMAGE VMLINUX: the kernel proper out of its boot wrapper (see
# the boot protocol's setup_sects, payload_offset, payload_length).  Otherwise xl
# would unpack it for each guest anew, which takes 6 s under emulation.
kernel_unwrap()
{
	local sects offset length magic tool

	read -r sects < <(od -An -tu1 -j $((0x1f1)) -N 1 "$1")
	read -r offset length < <(od -An -tu4 -j $((0x248)) -N 8 "$1")
	offset=$(((sects + 1) * 512 + offset))
	read -r magic < <(od -An -tx4 -j "$offset" -N 4 "$1")
	case $magic in
	587a37fd) tool="xz -dc" ;;
	fd2fb528) tool="zstd -dcq" ;;
	????8b1f) tool="gzip -dc" ;;
	*) die "kernel image packed in an unknown way ($magic)" ;;
	esac
	# What follows the packed data (its size) is no error.
	tail -c "+$((offset + 1))" "$1" | head -c "$length" |
		chroot "$root" $tool >"$2" 2>/dev/null
	[ "$(head -c 4 "$2" | tail -c 3)" = ELF ] || die "cannot unpack $1"
}

kernel_image_build()
{
	local d=$root_top/kernel-$KERNEL stage=$root/xen-blk/stage v from p

	v=$(kernel_version "$KERNEL")
	step "making disk and initramfs for kernel $v"
	rm -rf "$stage" "$d.tmp"
	mkdir -p "$stage/tree/lib/modules/$v/kernel" "$d.tmp"
	from=$root/usr/lib/modules/$v
	for p in $dom0_module_dirs; do
		# A single module may be compressed.
		for p in "$p" "$p.xz" "$p.zst"; do
			[ -e "$from/kernel/$p" ] || continue
			mkdir -p "$stage/tree/lib/modules/$v/kernel/$(dirname "$p")"
			cp -a "$from/kernel/$p" \
				"$stage/tree/lib/modules/$v/kernel/$p"
		done
	done
	cp "$from"/modules.order "$stage/tree/lib/modules/$v/"
	find "$from" -maxdepth 1 -name 'modules.builtin*' \
		-exec cp {} "$stage/tree/lib/modules/$v/" \;
	unpack_modules "$stage/tree"
	chroot "$root" depmod -b "${stage#"$root"}/tree" "$v" ||
		die "depmod failed"
	initrd_build "$d.tmp" "$stage" "$v"
	guest_build "$stage" "$v"
	mkdir -p "$stage/image/guest"
	mv "$stage/tree/lib/modules" "$stage/image/modules"
	p=$root/boot/vmlinuz-$v
	[ -f "$p" ] || p=$from/vmlinuz
	kernel_unwrap "$p" "$d.tmp/vmlinux"
	cp "$d.tmp/vmlinux" "$stage/image/guest/vmlinux"
	cp "$root/boot/config-$v" "$stage/image/config" 2>/dev/null ||
		cp "$from/config" "$stage/image/config"
	(cd "$stage/guest" && find . | cpio -o -H newc --quiet) \
		>"$stage/image/guest/initrd" || die "cannot make the guests' initramfs"
	mkimage "$stage/image" "$d.tmp/modules.img"
	rm -rf "$d"
	mv "$d.tmp" "$d"
	rm -rf "$stage"
}

# The images are made again when this file or dom0's first steps change.
images_ready()
{
	local h

	root_top=$(root_dir)
	kernel_top=$root_top/kernel-$KERNEL
	h=$(cat "$lab_dir/host/image.sh" "$lab_dir/dom0/initrd-init" |
		sha256sum | cut -c1-12)
	if [ "$(cat "$root_top/disk.hash" 2>/dev/null)" != "$h" ]; then
		rm -f "$root_top/disk.hash"
		disk_build
		gunzip -c "$root/boot/xen-$xen_version-amd64.gz" >"$root_top/xen"
		printf '%s\n' "$h" >"$root_top/disk.hash"
	fi
	if [ "$(cat "$kernel_top/hash" 2>/dev/null)" != "$h" ]; then
		kernel_image_build
		printf '%s\n' "$h" >"$kernel_top/hash"
	fi
}
