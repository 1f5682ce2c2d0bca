#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs test programs and counts their cases.  A program prints "ok   ..." or
# "FAIL ..." per case; one that ends badly without a FAIL of its own (a
# sanitizer, a signal, a hang) counts as one failed case.
#
# Usage: run.sh PROGRAM...

set -u

passed=0
failed=0
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT

export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0
export UBSAN_OPTIONS=print_stacktrace=1

for p in "$@"; do
	timeout 300 "$p" >"$log" 2>&1 </dev/null
	rc=$?
	ok=$(grep -c '^ok   ' "$log")
	bad=$(grep -c '^FAIL ' "$log")
	if [ "$rc" -ne 0 ] && [ "$bad" -eq 0 ]; then
		echo "FAIL ${p##*/}: ended with status $rc" >>"$log"
		bad=1
	elif [ $((ok + bad)) -eq 0 ]; then
		echo "FAIL ${p##*/}: ran no test case" >>"$log"
		bad=1
	fi
	cat "$log"
	passed=$((passed + ok))
	failed=$((failed + bad))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
