# SPDX-License-Identifier: GPL-2.0-only
#
# One boot of Xen and dom0 in QEMU, and the watch over it.

# A third of the time that a guest takes to start: tests of ciphers, sources of keys, and
# what is known of BTF before anybody asks. Nothing here needs them.
boot_lean="cryptomgr.notests initcall_blacklist=jent_mod_init,load_system_certificate_list"
boot_lean+=",init_encrypted,bpf_tcp_ca_kfunc_init,bpf_dummy_struct_ops_init"

# payload_make FILE (and beside it while it is made): what changes from run to run: the job, tests, our modules.
payload_make()
{
	local p=$1.tree g=$1.guest

	rm -rf "$p" "$g"
	mkdir -p "$p/results" "$p/modules" "$p/tests" "$p/tools" "$g/lab/dev" "$g/etc"
	cp -r "$lab_dir/dom0" "$p/dom0"
	cp "$run_dir/blkif-back" "$run_dir/guest-call" "$p/"
	(set +f; cp "$lab_dir"/test_*.sh "$lab_dir/interop.sh" \
		"$lab_dir/feature.sh" "$lab_dir/fault.sh" "$lab_dir/matrix.sh" \
		"$lab_dir/trace.sh" "$lab_dir/migrate.sh" \
		"$lab_dir/hostile/hostile.sh" \
		"$lab_dir/hostile/hostile-back.sh" \
		"$lab_dir/hostile/hostile-random.sh" "$p/dom0/demo.sh" \
		"$src_dir/tools/xen-blk/xenblk-size" \
		"$p/dom0/bench.sh" "$p/tests/")
	(set +f; cp "$src_dir"/tools/xen-blk/xenblk-top \
		"$src_dir"/tools/xen-blk/xenblk-dump \
		"$src_dir"/tools/xen-blk/xenblk-bench \
		"$src_dir"/tools/xen-blk/*.bt "$p/tools/")
	{
		printf '%s=%q\n' LAB_MODE "$mode" LAB_TESTS "$todo" \
			FRONT "$FRONT" BACK "$BACK" DOM0 "$DOM0" KERNEL "$KERNEL" KERNEL_GUEST "$KERNEL_GUEST" \
			KERNEL_OTHER "$KERNEL_OTHER" \
			LAB_SCALE "$LAB_SCALE" LAB_CYCLES "$LAB_CYCLES" \
			LAB_SEED "$LAB_SEED" LAB_OURS "$ours" \
			LAB_VIRTUAL "$LAB_VIRTUAL" LAB_SLABS "$LAB_SLABS" \
			LAB_LEAN "$boot_lean" \
			LAB_MEMORY_TIMES "$(with_kernel "$KERNEL_GUEST" debug_memory)" BENCH_PAIRS "$BENCH_PAIRS" \
			BENCH_JOBS "$BENCH_JOBS" BENCH_PROFILE "$BENCH_PROFILE" \
			BENCH_FRONT "$BENCH_FRONT" BENCH_BACK "$BENCH_BACK" \
			BENCH_BACKING "$BENCH_BACKING" BENCH_SECONDS "$BENCH_SECONDS" \
			BENCH_GUESTS "$BENCH_GUESTS" BENCH_SWEEP "$BENCH_SWEEP" \
			BENCH_SWEEP_END "$BENCH_SWEEP_END" BENCH_ROUNDS "$BENCH_ROUNDS"
		printf ': "${GUEST:=%s}"\n' "${GUEST%% *}"
	} >"$p/job"
	cp "$lab_dir/guest/init" "$g/init"
	cp "$lab_dir/guest/fstab" "$g/etc/fstab"
	ln -s /proc/mounts "$g/etc/mtab"
	ln -s /proc/self/fd "$g/lab/dev/fd"
	ln -s fd/0 "$g/lab/dev/stdin"
	ln -s fd/1 "$g/lab/dev/stdout"
	ln -s fd/2 "$g/lab/dev/stderr"
	cp "$run_dir/agent" "$lab_dir/guest/guest-lib.sh" \
		"$lab_dir/dom0/slabs.sh" "$run_dir/blkif-front" "$run_dir/discard" \
		"$g/lab/"
	chmod 755 "$g/init"
	[ ! -e "$run_dir/package" ] || cp -r "$run_dir/package" "$p/package"
	if [ "$ours" = yes ]; then
		(set +f
			cp -r "$host_modules"/* "$p/modules/"
			cp "$guest_modules"/*.ko "$g/lab/")
	fi
	(cd "$g" && find . | cpio -o -H newc --quiet) >"$p/guest.cpio"
	tar -C "$p" --owner=0 --group=0 -cf "$1" . || die "cannot pack the payload"
	truncate -s %512 "$1"
	rm -rf "$p" "$g"
}

# What this machine has beside the usual.
hosts_args=()

# qemu_start SERIAL PROGRESS: prints nothing, sets qemu_pid.
qemu_start()
{
	local thread=single dev=virtio-blk-pci opt="" xen="" slabs="" d name args=()
	local more mb vcpus lean=${boot_lean//,/,,}

	more=$(debug_memory)
	mb=$((more > 1 ? 2048 : 1024))

	if [ "$DOM0" = pvh ]; then
		opt=,disable-legacy=on,iommu_platform=on
		xen="dom0=pvh "
		args+=(-device amd-iommu)
	fi
	for d in root:"$root_top/disk.img" kernel:"$kernel_top/modules.img" \
		 ${guest_top:+guest:"$guest_top/modules.img"} \
		 payload:payload.tar results:results.tar; do
		name=${d%%:*}
		args+=(-drive "if=none,id=$name,file=${d#*:},format=raw,cache=unsafe$(
			[ "$name" = results ] || echo ,snapshot=on)"
			-device "$dev,drive=$name,serial=lab-$name$opt")
	done
	# The multiboot line splits at commas and blanks: short names only.
	ln -sf "$root_top/xen" xen
	ln -sf "$kernel_top/vmlinux" vmlinux
	ln -sf "$kernel_top/initrd" initrd
	# Virtual time counts instructions, whatever else this machine does.
	if [ -n "$LAB_VIRTUAL" ]; then
		LAB_CPUS=1
		args+=(-icount shift=1,sleep=off)
	fi
	if [ -n "$BENCH_PROFILE" ]; then
		args+=(-plugin "$run_dir/profile.so,fifo=profile.fifo")
	fi
	# Of so many to a slab that one which a processor holds, and which counts
	# as full, hides a leak or makes one up: exact counts. (Commas are doubled for QEMU.)
	[ -n "$LAB_VIRTUAL" ] ||
		slabs="slab_debug=${LAB_SLABS:-F,,kmalloc-8,,kmalloc-16,,kmalloc-32}"
	[ "$LAB_CPUS" -gt 1 ] && thread=multi
	# A PVH dom0 gets as many as it is told to, where a PV one has no more than there
	# are: two in turn on one wait for each other most of the time.
	vcpus=$((LAB_CPUS < 2 ? LAB_CPUS : 2))
	exec qemu-system-x86_64 -machine q35 -accel "tcg,thread=$thread" \
		-cpu qemu64,+svm,+npt,+pdpe1gb,+rdrand -smp "$LAB_CPUS" -m "${LAB_MEMORY:-$((more * 2048 + 1024))}" \
		-display none -nodefaults -no-reboot -no-user-config \
		"$@" "${args[@]}" \
		-device "virtio-serial-pci$opt" \
		-chardev "file,id=progress,path=progress" \
		-device virtserialport,chardev=progress,name=xen-blk.progress \
		"${hosts_args[@]}" \
		-kernel xen \
		-append "${xen}console=com1 com1=115200 dom0_mem=${mb}M,max:${mb}M dom0_max_vcpus=$vcpus loglvl=warning guest_loglvl=warning conring_size=1m spec-ctrl=no xpti=no ucode=no watchdog=no gnttab_max_frames=512 gnttab_max_maptrack_frames=512 ${LAB_XEN_ARGS:-}" \
		-initrd "vmlinux console=hvc0 loglevel=${LAB_LOGLEVEL:-6} panic=1 clocksource=xen mitigations=off random.trust_cpu=on nokaslr $lean $slabs ${LAB_DOM0_ARGS:-},initrd"
}

boot_dir="" qemu_pid="" other_pid=""

# hosts_shape NUMBER LINE NET OTHER: what joins two hosts, a line for xl, and a network
# with this host at the socket NET and the other one at its socket.
hosts_shape()
{
	hosts_args=(-chardev "socket,id=hosts,path=$2"
		-device virtserialport,chardev=hosts,name=xen-blk.hosts
		-netdev "dgram,id=net,local.type=unix,local.path=$3,remote.type=unix,remote.path=$4"
		-device "virtio-net-pci,netdev=net,mac=52:54:00:00:00:0$1,romfile=")
}

# hosts_start DIR: a second machine, which takes guests in and sends them back.
hosts_start()
{
	local mode=other dir=$1/other kernel_top=$other_top guest_top=""
	local host_modules=$other_modules

	mkdir -p "$dir"
	payload_make "$dir/payload.tar"
	truncate -s 1M "$dir/results.tar"
	hosts_shape 2 ../hosts.sock,reconnect=1 ../net2.sock ../net1.sock
	(cd "$dir" && qemu_start -serial file:serial.log \
		-monitor unix:monitor.sock,server=on,wait=off) \
		>"$dir/qemu.log" 2>&1 </dev/null &
	other_pid=$!
	hosts_shape 1 hosts.sock,server=on,wait=off net1.sock net2.sock
	note "the other host's log: $dir/serial.log"
}

# profile_ready: the plugin of QEMU that counts instructions.
profile_ready()
{
	gcc -O2 -shared -fPIC -o "$run_dir/profile.so" \
		"$lab_dir/host/profile.c" || die "profile.c does not build"
	mkdir -p "$run_dir/profile"
}

# profile_take NAME: now, or NAME.before and NAME.after in the midst of a job.
profile_take()
{
	case $1 in
	base)
		echo "$run_dir/profile/$1" >profile.fifo
		;;
	*)
		sleep 8
		echo "$run_dir/profile/$1.before" >profile.fifo
		sleep 8
		echo "$run_dir/profile/$1.after" >profile.fifo
		;;
	esac
}

# boot NUMBER: runs until the tests end, QEMU ends, or no progress comes.
# Answers of the tests are appended to $run_dir/answers.
boot()
{
	local dir=$run_dir/boot-$1 seen=0 line last limit=$((90 * $LAB_SCALE))
	local verb rest kicked=$EPOCHSECONDS

	mkdir -p "$dir"
	boot_dir=$dir
	payload_make "$dir/payload.tar"
	rm -f "$dir/results.tar" "$dir/progress"
	truncate -s 256M "$dir/results.tar"
	: >"$dir/progress"
	if [ -n "$BENCH_PROFILE" ]; then
		profile_ready
		mkfifo "$dir/profile.fifo"
	fi
	hosts_args=()
	# Tests that move guests to another host.
	if tests_with hosts $todo >/dev/null; then
		hosts_start "$dir"
	fi
	(cd "$dir" && qemu_start -serial file:serial.log \
		-monitor unix:monitor.sock,server=on,wait=off) \
		>"$dir/qemu.log" 2>&1 </dev/null &
	qemu_pid=$!
	booted=no running="" running_guest="" boot_end=""
	last=$EPOCHSECONDS
	while :; do
		while IFS= read -r line; do
			seen=$((seen + 1))
			last=$EPOCHSECONDS
			read -r verb rest <<<"$line"
			case $verb in
			boot)
				booted=yes
				limit=$((60 * $LAB_SCALE))
				step "dom0 is up: $rest"
				;;
			start)
				read -r running running_guest limit <<<"$rest"
				run_start=$EPOCHSECONDS
				# The runner's own deadlines come first.
				limit=$((limit + 150))
				;;
			ok|fail|skip)
				answer "$line"
				running=""
				limit=$((60 * $LAB_SCALE))
				;;
			say)
				step "$rest"
				;;
			profile)
				(cd "$dir" && profile_take "$rest") &
				;;
			dirty|end)
				boot_end=$verb
				limit=30
				;;
			esac
		done < <(tail -n "+$((seen + 1))" "$dir/progress" |
			 grep -a --line-buffered '^.*$')
		kill -0 "$qemu_pid" 2>/dev/null || break
		if [[ "$DOM0 $GUEST" = *pvh* ]] && ((EPOCHSECONDS - kicked >= 10)); then
			boot_kick "$dir" &
			kicked=$EPOCHSECONDS
		fi
		if ((EPOCHSECONDS - last > limit)); then
			note "no progress for $limit s: QEMU is stopped"
			boot_where "$dir"
			kill -9 "$qemu_pid"
			break
		fi
		sleep 0.3
	done
	boot_collect
}

# boot_monitor DIR COMMAND [TIMES]: told to that QEMU, so often, a second each; what it
# says to that.
boot_monitor()
{
	(cd "$1" && timeout 20 perl -MIO::Socket::UNIX -e '
		my ($command, $times) = @ARGV;
		my $m = IO::Socket::UNIX->new(Peer => "monitor.sock") or exit;
		my $said = "";
		for (1 .. $times) {
			print $m "$command\n";
			$m->flush;
			sleep 1;
			sysread($m, $said, 1 << 16, length $said);
		}
		print "$said\n";' "$2" "${3:-1}")
}

# boot_where DIR: where a machine is that says nothing any more, at the end of its log.
boot_where()
{
	boot_monitor "$1" "info lapic" >>"$1/serial.log"
	boot_monitor "$1" "info registers -a" 5 >>"$1/serial.log"
}

# boot_kick DIR: QEMU forgets at times, while Xen runs a PVH domain, that an interrupt is
# pending: Xen's timer then, and all stands still (IRR of "info lapic" has it). With the
# next interrupt from outside both are taken: a key that means nothing.
boot_kick()
{
	local d

	for d in "$1" "$1/other"; do
		[ ! -S "$d/monitor.sock" ] || boot_monitor "$d" "sendkey shift" >/dev/null 2>&1
	done
}

# boot_collect: logs out of the disk that dom0 wrote; also when interrupted.
boot_collect()
{
	local dir=$boot_dir

	[ -n "$dir" ] || return 0
	boot_dir=""
	kill -9 "$qemu_pid" $other_pid 2>/dev/null
	wait "$qemu_pid" $other_pid 2>/dev/null
	other_pid=""
	(mkdir -p "$run_dir/logs" && cd "$run_dir/logs" &&
		tar -xf "$dir/results.tar" 2>/dev/null)
	rm -rf "$dir/payload.tar" "$dir/results.tar" "$dir/xen" "$dir/vmlinux" \
		"$dir/initrd" "$dir"/{hosts,net1,net2,monitor}.sock "$dir/other/monitor.sock" \
		"$dir/other/payload.tar" "$dir/other/results.tar" "$dir/other/xen" \
		"$dir/other/vmlinux" "$dir/other/initrd"
}

# shell_boot: dom0's console on this terminal.
shell_boot()
{
	local dir=$run_dir/shell

	mkdir -p "$dir"
	payload_make "$dir/payload.tar"
	truncate -s 256M "$dir/results.tar"
	step "booting; ^A x kills QEMU, 'exit' powers off"
	(cd "$dir" && qemu_start -serial mon:stdio) || true
	rm -f "$dir/payload.tar" "$dir/results.tar"
}
