# SPDX-License-Identifier: GPL-2.0-only
ifneq ($(KERNELRELEASE),)

# ---- Kbuild half: what the kernel's build reads -----------------------------

include $(src)/tools/xen-blk/compat/compat.mk

subdir-ccflags-y += -I$(src)/include $(compat-flags) \
		    -include $(src)/tools/xen-blk/compat/compat.h

obj-$(CONFIG_XEN_BLKDEV_FRONTEND) += drivers/block/xen-blkfront/
obj-$(CONFIG_XEN_BLKDEV_BACKEND) += drivers/block/xen-blkback/

else

# ---- user half: make help ---------------------------------------------------

KREL	?= $(shell uname -r)
KDIR	?= /lib/modules/$(KREL)/build
# One folder of build products a kernel, never among the sources
OUT	?= $(CURDIR)/.build/$(notdir $(patsubst %/build,%,$(KDIR)))
W	?=

SRCS	:= drivers include tools/xen-blk/compat Makefile Kconfig
LAB	:= tools/testing/selftests/xen-blk
UNIT	:= tools/testing/xen-blk
DKMS	:= $(CURDIR)/.build/dkms
KBUILD	 = $(MAKE) -C $(KDIR) M=$(abspath $(OUT)) W=$(W) \
	   CONFIG_XEN_BLKDEV_FRONTEND=m CONFIG_XEN_BLKDEV_BACKEND=m

all: modules

modules: $(OUT)/.sources	## build both modules (KDIR= kernel, OUT= folder, W=1)
	@$(KBUILD) modules

# The kernel's build writes beside its sources: it gets a copy of ours, whose
# times tell what is new to it, whichever tree it came from.
$(OUT)/.sources: FORCE
	@test -d $(KDIR) || { echo "no kernel headers in $(KDIR):" \
		"install linux-headers-$(KREL), or name another KDIR="; exit 1; }
	@mkdir -p $(OUT)
	@find $(SRCS) -type f | while read -r f; do \
		cmp -s $$f $(OUT)/$$f || install -D -m 644 $$f $(OUT)/$$f; \
	done
	@touch $@

modules_install: modules	## install them for KDIR's kernel, over upstream's
	@$(KBUILD) INSTALL_MOD_DIR=updates modules_install
	@depmod -a $(if $(INSTALL_MOD_PATH),-b $(INSTALL_MOD_PATH)) $(notdir $(patsubst %/build,%,$(KDIR)))

# The packaging lies with the tools, where Debian's own want it at the top.
dkms:		## Debian packages: both modules, built for each kernel, and tools
	@rm -rf $(DKMS) && mkdir -p $(DKMS)/xen-blk
	@cp -r --parents $(filter-out tools/%,$(SRCS)) tools/xen-blk $(DKMS)/xen-blk
	@cp -r tools/xen-blk/debian COPYING README $(DKMS)/xen-blk
	@cd $(DKMS)/xen-blk && dpkg-buildpackage -us -uc >../log 2>&1 || \
		{ tail -n 20 ../log; exit 1; }
	@ls $(DKMS)/*.deb

clean:		## remove what was built in OUT (default: .build)
	@rm -rf $(if $(filter $(CURDIR)/.build/%,$(OUT)),$(CURDIR)/.build,$(OUT))

unit:		## unit tests of the pure code, in user space under sanitizers
	@$(MAKE) --no-print-directory -C $(UNIT) check

fuzz:		## libFuzzer on the pure code: T= seconds a target
	@$(MAKE) --no-print-directory -C $(UNIT) fuzz

cover:		## branch coverage of the pure code by its unit tests
	@$(MAKE) --no-print-directory -C $(UNIT) cover

coverage: cover	## the same

layers: modules	## who calls whom: every call goes to a lower layer
	@$(UNIT)/layers.sh $(OUT)

lab:		## lab tests: TESTS='basic feature_03' KERNEL=6.12 GUEST='pv pvh' FRONT=ours BACK=ours
	@$(MAKE) --no-print-directory -C $(LAB) lab

lab-shell:	## a shell in the lab's dom0
	@$(MAKE) --no-print-directory -C $(LAB) lab-shell

lab-modules:	## only build both modules in the lab: KERNEL=6.12|7.2 ARCH=arm64 W=1
	@$(MAKE) --no-print-directory -C $(LAB) lab-modules

demo:		## the pair under real Xen: fio in a guest, with its figures
	@$(MAKE) --no-print-directory -C $(LAB) demo

check:		## what CI runs: unit tests, modules for both kernels, the lab's short set
	@$(LAB)/check

check-long:	## lives and moves on both kernels, PV and PVH; package, kernel trees
	@$(LAB)/check --long

check-hostile:	## peers that lie, devices that break, memory and grants that run out
	@$(LAB)/check --hostile

check-debug:	## the lab on debug kernels: KASAN, lockdep, kmemleak, faults
	@$(LAB)/check --debug

check-matrix:	## each feature on and off at either end, each back to each other, PV and PVH
	@$(LAB)/check --matrix

help:		## this list
	@sed -n 's/^\([a-z_-]*\):.*##\s*/\1\t/p' Makefile | \
		while IFS='	' read -r t d; do printf '  %-16s %s\n' "$$t" "$$d"; done
	@printf '%s\n' '' 'In the environment, of the checks and of lab:' \
		"  PARTS='PATTERN'  of a check those parts whose title has it" \
		'  LAB_SCALE=3      all limits of time times so much: 6 on a slow or busy machine' \
		'  LAB_JOBS=        machines in QEMU side by side: one a processor, unless it says' \
		'  LAB_CYCLES=      rounds of the tests that count them'

FORCE:
.PHONY: all modules modules_install dkms clean unit fuzz cover coverage layers lab lab-shell lab-modules demo \
	check check-long check-hostile check-debug check-matrix help FORCE

endif
