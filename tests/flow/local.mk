# User flows, numbered scripts: FLOW_TESTS += tests/flow/01-NAME, executable, each in its own
# temporary folder, on the programs of RECADO_BUILD.
FLOW_TESTS =

EXTRA_DIST += $(FLOW_TESTS)
TESTS += $(FLOW_TESTS)
