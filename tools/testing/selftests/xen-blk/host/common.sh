# SPDX-License-Identifier: GPL-2.0-only
#
# Shared by every stage of the host side: where things live, how progress is
# shown, how a stage fails.

set -u -o pipefail

lab_t0=${LAB_T0:-$EPOCHSECONDS}
export LAB_T0=$lab_t0

# Lists of words are split, patterns in them are not expanded.
set -f

# The caller's choices, in one place.
KERNEL=${KERNEL:-6.12}
# Of guests, where it is another than dom0's.
KERNEL_GUEST=${KERNEL_GUEST:-$KERNEL}
# Of the host that guests move to and from.
KERNEL_OTHER=${KERNEL_OTHER:-$KERNEL}
GUEST=${GUEST:-pv}
FRONT=${FRONT:-ours}
BACK=${BACK:-ours}
DOM0=${DOM0:-pv}
TESTS=${TESTS:-basic}
# What the modules are built for; only amd64 is also run.  PAGES: of arm64, also
# 16k and 64k.
ARCH=${ARCH:-amd64}
PAGES=${PAGES:-4k}
W=${W:-}
MIRROR=${MIRROR:-}
# Every limit of time in the lab is multiplied by this: tests state what they
# take on an idle machine, with some room; a busy machine needs more.
LAB_SCALE=${LAB_SCALE:-3}
# How often tests that count go round, where that is not as they say themselves.
LAB_CYCLES=${LAB_CYCLES:-}
# Where tests of random begin; they say it.
LAB_SEED=${LAB_SEED:-$EPOCHSECONDS}
# Processors of the machine in QEMU, and how many such machines run side by side.
# One processor each: with more, the emulator's threads get in each other's way,
# and guests die of code that one processor patches while another runs it.
LAB_CPUS=${LAB_CPUS:-1}
LAB_JOBS=${LAB_JOBS:-$(($(nproc) > LAB_CPUS ? $(nproc) / LAB_CPUS : 1))}
LAB_VIRTUAL=${LAB_VIRTUAL:-}
# slab_debug= of dom0's and the guests' kernels, such as FZPU.
LAB_SLABS=${LAB_SLABS:-}
# Of xenblk-bench, which says what they are.
BENCH_PAIRS=${BENCH_PAIRS:-}
BENCH_JOBS=${BENCH_JOBS:-}
BENCH_PROFILE=${BENCH_PROFILE:-}
BENCH_FRONT=${BENCH_FRONT:-}
BENCH_BACK=${BENCH_BACK:-}
BENCH_BACKING=${BENCH_BACKING:-}
BENCH_SECONDS=${BENCH_SECONDS:-2}
BENCH_GUESTS=${BENCH_GUESTS:-1}
BENCH_SWEEP=${BENCH_SWEEP:-}
BENCH_SWEEP_END=${BENCH_SWEEP_END:-}
BENCH_ROUNDS=${BENCH_ROUNDS:-1}

# Nothing of the lab is ever written among the sources.
cache=${XENBLK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/xen-blk}
suite=trixie
xen_version=4.20

export LC_ALL=C DEBIAN_FRONTEND=noninteractive

# step TEXT: a stage begins.  Time is counted from the start of the command.
step()
{
	printf '[%4ds] %s\n' $((EPOCHSECONDS - lab_t0)) "$*"
}

# note TEXT: a remark under the stage that runs.
note()
{
	printf '        %s\n' "$*"
}

die()
{
	printf 'lab: %s\n' "$*" >&2
	exit 1
}

# with_kernel KERNEL COMMAND...: as if that were the KERNEL asked for.
with_kernel()
{
	local KERNEL=$1

	shift
	"$@"
}

# quietly LOGFILE COMMAND...: run with the output in LOGFILE, show its end when
# the command fails.
quietly()
{
	local log=$1 rc=0

	shift
	"$@" >"$log" 2>&1 </dev/null || rc=$?
	if [ "$rc" -ne 0 ]; then
		tail -n 25 "$log" >&2
		printf 'lab: failed (status %d): %s\nlab: whole log: %s\n' \
		       "$rc" "$1" "$log" >&2
	fi
	return "$rc"
}

# with_lock NAME COMMAND...: at most one run at a time builds what is cached.
with_lock()
{
	local name=$1 rc=0

	shift
	mkdir -p "$cache"
	exec {lock_fd}>"$cache/$name.lock"
	if ! flock -n "$lock_fd"; then
		note "waiting for another run of the lab ($name)"
		flock "$lock_fd"
	fi
	"$@" || rc=$?
	exec {lock_fd}>&-
	return "$rc"
}

check_knobs()
{
	local t

	[ "$(id -u)" -eq 0 ] || die "the lab must be run as root"
	for t in "$KERNEL" "$KERNEL_GUEST" "$KERNEL_OTHER"; do
		case $t in
		6.12|7.2|6.12-kasan|6.12-kcsan|6.12-debug) ;;
		*) die "KERNEL=$t: must be 6.12, 7.2, 6.12-kasan, 6.12-kcsan or 6.12-debug" ;;
		esac
	done
	case $KERNEL-$DOM0 in
	*-kasan-pv) die "KERNEL=$KERNEL: only with DOM0=pvh" ;;
	esac
	case "$KERNEL_GUEST $GUEST " in
	*-kasan*" pv "*) die "KERNEL_GUEST=$KERNEL_GUEST: only with GUEST=pvh" ;;
	esac
	case $ARCH-$PAGES in
	amd64-4k|arm64-4k|arm64-16k|arm64-64k) ;;
	*) die "ARCH=$ARCH PAGES=$PAGES: must be amd64, or arm64 with 4k, 16k or 64k" ;;
	esac
	for t in $GUEST; do
		case $t in
		pv|pvh) ;;
		*) die "GUEST=$t: must be pv, pvh or both" ;;
		esac
	done
	case $FRONT in
	ours|upstream) ;;
	*) die "FRONT=$FRONT: must be ours or upstream" ;;
	esac
	case $BACK in
	ours|upstream) ;;
	*) die "BACK=$BACK: must be ours or upstream" ;;
	esac
	case $DOM0 in
	pv|pvh) ;;
	*) die "DOM0=$DOM0: must be pv or pvh" ;;
	esac
	[[ $LAB_CPUS =~ ^[1-9][0-9]*$ ]] || die "LAB_CPUS=$LAB_CPUS: a number from 1"
	[[ $LAB_CYCLES =~ ^([1-9][0-9]*)?$ ]] || die "LAB_CYCLES=$LAB_CYCLES: a number from 1"
	[[ $LAB_SEED =~ ^[0-9]+$ ]] || die "LAB_SEED=$LAB_SEED: a number"
	[[ $LAB_JOBS =~ ^[1-9][0-9]*$ ]] || die "LAB_JOBS=$LAB_JOBS: a number from 1"
}
