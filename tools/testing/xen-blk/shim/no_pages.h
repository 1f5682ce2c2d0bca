/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Layer 0 is the same whatever a page is: who names its size does not build. The
 * protocol's 4 KiB are BLKIF_PAGE_SIZE. Included ahead of all else.
 */
#pragma GCC poison PAGE_SIZE PAGE_SHIFT PAGE_MASK PAGE_SECTORS PAGE_ALIGN
#pragma GCC poison offset_in_page XEN_PFN_PER_PAGE
