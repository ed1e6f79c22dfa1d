# Runners over the conformance data in RECADO_VECTORS, one a suite; as tests/unit/local.mk says.
VECTOR_TESTS =

check_PROGRAMS += $(VECTOR_TESTS)
TESTS += $(VECTOR_TESTS)
