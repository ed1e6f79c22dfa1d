# Runners over the conformance data in RECADO_VECTORS, one a suite; as tests/unit/local.mk says.
VECTOR_TESTS =
EXTRA_DIST += tests/vectors/vectors.h

VECTOR_TESTS += tests/vectors/vec_text
tests_vectors_vec_text_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

check_PROGRAMS += $(VECTOR_TESTS)
TESTS += $(VECTOR_TESTS)
