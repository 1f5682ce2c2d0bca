# SPDX-License-Identifier: GPL-2.0-only
# NAME: the KUnit suites of the pure code, in this very kernel
# TIMEOUT: 60
# NEEDS: ours kunit

suites=0
for ko in $(find /lab/modules/kunit -name '*.ko' | sort); do
	run insmod "$ko"
	suites=$((suites + 1))
done
[ $suites -gt 0 ] || fail "no suites were built"
cat $(find /sys/kernel/debug/kunit -name results) >"$LAB_RUN/results"
grep -E '^ *(not ok|ok)' "$LAB_RUN/results"
[ "$(grep -c '^ok' "$LAB_RUN/results")" -eq $suites ] ||
	fail "$suites suites, $(grep -c '^ok' "$LAB_RUN/results") of them good"
for ko in $(find /lab/modules/kunit -name '*.ko'); do
	ko=${ko##*/}
	run rmmod "${ko%.ko}"
done
