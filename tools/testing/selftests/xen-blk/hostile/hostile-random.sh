# SPDX-License-Identifier: GPL-2.0-only
#
# What the tests at random share: numbers from $LAB_SEED.

say "LAB_SEED=$LAB_SEED says the same again"

# Numbers of our own: those of the shell start anew in each subshell.
x=$((LAB_SEED & 0xffffffff))
# random N: $r is less than N.
random()
{
	x=$(((x * 1664525 + 1013904223) & 0xffffffff))
	r=$(((x >> 8) % $1))
}
# one_of WORD...: $word is one of them.
one_of()
{
	random $#
	shift "$r"
	word=$1
}
