# SPDX-License-Identifier: GPL-2.0-only
#
# How often a test goes round, and how long it may take: for the machine outside,
# which deals tests out, and for dom0, which ends them.

# test_cycles FILE: from "# CYCLES: NUMBER SECONDS-EACH", or as LAB_CYCLES says;
# nothing if it does not count.
test_cycles()
{
	awk -v n="${LAB_CYCLES:-}" '$1 == "#" && $2 == "CYCLES:" {
		print n == "" ? $3 : n; exit }' "$1"
}

# test_limit FILE: seconds, on an idle machine; 60 if it does not say.
test_limit()
{
	awk -v n="$(test_cycles "$1")" '
		$1 == "#" && $2 == "TIMEOUT:" { limit = $3 }
		$1 == "#" && $2 == "CYCLES:" { limit += n * $4 }
		END { print limit ? limit : 60 }' "$1"
}
