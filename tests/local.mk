# Tests. Programs of Check end in .c, scripts are run as they are; 77 skips.
#
# Everything a test may rely on: RECADO_VECTORS (conformance data, may not exist), RECADO_SRC (the
# source tree), RECADO_BUILD (this tree: recado, recadod, ...).
AM_TESTS_ENVIRONMENT = \
	RECADO_VECTORS="$${RECADO_VECTORS-$(abs_top_srcdir)/../shared/vectors}"; \
	RECADO_SRC='$(abs_top_srcdir)'; RECADO_BUILD='$(abs_top_builddir)'; \
	CK_DEFAULT_TIMEOUT="$${CK_DEFAULT_TIMEOUT-300}"; \
	ASAN_OPTIONS="$${ASAN_OPTIONS-abort_on_error=0:allocator_may_return_null=1:detect_stack_use_after_return=1}"; \
	UBSAN_OPTIONS="$${UBSAN_OPTIONS-print_stacktrace=1:halt_on_error=1}"; \
	TSAN_OPTIONS="$${TSAN_OPTIONS-halt_on_error=1:second_deadlock_stack=1:suppressions=$(abs_top_srcdir)/tests/lib/tsan.supp}"; \
	CC='$(CC)'; NM='$(NM)'; LC_ALL=C.UTF-8; \
	export RECADO_VECTORS RECADO_SRC RECADO_BUILD CK_DEFAULT_TIMEOUT ASAN_OPTIONS \
		UBSAN_OPTIONS TSAN_OPTIONS CC NM LC_ALL;

# No test may hang the others.
LOG_COMPILER = timeout -k 10 1500

EXTRA_DIST += tests/lib/tsan.supp
dist_check_SCRIPTS =
include $(top_srcdir)/tests/unit/local.mk
include $(top_srcdir)/tests/vectors/local.mk
include $(top_srcdir)/tests/softcard/local.mk
include $(top_srcdir)/tests/liar/local.mk
include $(top_srcdir)/tests/flow/local.mk
include $(top_srcdir)/tests/tui/local.mk
include $(top_srcdir)/tests/fuzz/local.mk
include $(top_srcdir)/tests/bench/local.mk

# What is built a second time with ThreadSanitizer: TSAN_TESTS, filled beside the tests.
.PHONY: check-tsan
check-tsan: all
	$(MAKE) $(AM_MAKEFLAGS) check check_PROGRAMS='$(filter $(TSAN_TESTS),$(check_PROGRAMS))' \
		TESTS='$(TSAN_TESTS)'

# What a sanitizer stands in the way of, in a build without: PLAIN_TESTS, filled beside the tests.
PLAIN_BUILT = tests/unit/marked tests/flow/secrets tests/flow/wiretap
.PHONY: check-plain
check-plain: all
	$(MAKE) $(AM_MAKEFLAGS) check check_PROGRAMS='$(PLAIN_BUILT)' TESTS='$(PLAIN_TESTS)'

# What a machine can check of the house itself.
dist_check_SCRIPTS += tests/check-includes tests/check-style tests/check-protocol tests/check-po
TESTS += $(dist_check_SCRIPTS)
