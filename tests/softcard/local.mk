# Virtual cards: a PKI in files and SoftHSM tokens, made once for a build in tests/softcard/kit, and
# a module that has accidents, shim.so.
EXTRA_DIST += tests/softcard/make
EXTRA_DIST += tests/softcard/mkpki
EXTRA_DIST += tests/softcard/mktokens
EXTRA_DIST += tests/softcard/newcard
EXTRA_DIST += tests/softcard/pki.sh
EXTRA_DIST += tests/softcard/recrl
EXTRA_DIST += tests/softcard/reissue
EXTRA_DIST += tests/softcard/revoke
EXTRA_DIST += tests/softcard/shim.c

check_DATA += tests/softcard/kit/.complete tests/softcard/shim.so
CLEANFILES += tests/softcard/shim.so

# Lists age, so the kit is looked at on every `make check`.
.PHONY: softcard-kit
softcard-kit:
	$(AM_V_GEN)$(MKDIR_P) tests/softcard && $(top_srcdir)/tests/softcard/make tests/softcard/kit >/dev/null
tests/softcard/kit/.complete: softcard-kit

# Loaded into any program, so without sanitizers.
tests/softcard/shim.so: $(top_srcdir)/tests/softcard/shim.c
	$(AM_V_GEN)$(MKDIR_P) tests/softcard && $(CC) $(PKCS11_HELPER_CFLAGS) -std=gnu11 -D_GNU_SOURCE \
		-O2 -Wall -Wextra -shared -fPIC -o $@ $(top_srcdir)/tests/softcard/shim.c -lpthread

clean-local: softcard-clean
.PHONY: softcard-clean
softcard-clean:
	rm -rf tests/softcard/kit
