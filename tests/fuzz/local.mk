# Fuzz targets, LLVMFuzzerTestOneInput in tests/fuzz/fuzz_NAME.c:
#
#   FUZZ_TARGETS += tests/fuzz/fuzz_frame
#   tests_fuzz_fuzz_frame_SOURCES = tests/fuzz/fuzz_frame.c $(FUZZ_MAIN)
#   tests_fuzz_fuzz_frame_LDADD = $(WIRE_LIBS)
#   tests_fuzz_fuzz_frame_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
FUZZ_TARGETS =

noinst_PROGRAMS += $(FUZZ_TARGETS)
