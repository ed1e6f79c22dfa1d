# Runners over the conformance data in RECADO_VECTORS, one a suite; as tests/unit/local.mk says.
VECTOR_TESTS =
EXTRA_DIST += tests/vectors/vectors.h

VECTOR_TESTS += tests/vectors/run-certs
tests_vectors_run_certs_SOURCES = tests/vectors/run-certs.c
tests_vectors_run_certs_CPPFLAGS = $(AM_CPPFLAGS) $(OPENSSL_CFLAGS) $(JANSSON_CFLAGS)
tests_vectors_run_certs_LDADD = $(SEAL_LIBS) $(JANSSON_LIBS)

VECTOR_TESTS += tests/vectors/run-crypto
tests_vectors_run_crypto_SOURCES = tests/vectors/run-crypto.c
tests_vectors_run_crypto_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_vectors_run_crypto_LDADD = $(SEAL_LIBS) $(JANSSON_LIBS) $(CHECK_LIBS)

VECTOR_TESTS += tests/vectors/vec_text
tests_vectors_vec_text_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

VECTOR_TESTS += tests/vectors/run-ratchet
tests_vectors_run_ratchet_SOURCES = tests/vectors/run-ratchet.c tests/vectors/signal.c \
	tests/vectors/signal.h tests/vectors/signal_kdf.c
tests_vectors_run_ratchet_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_vectors_run_ratchet_LDADD = $(JANSSON_LIBS) $(SEAL_LIBS)

check_PROGRAMS += $(VECTOR_TESTS)
TESTS += $(VECTOR_TESTS)
