# Benchmarks, built on demand: `make tests/bench/bench_NAME`. EXTRA_PROGRAMS += tests/bench/...
EXTRA_DIST += tests/bench/bench.h

EXTRA_PROGRAMS += tests/bench/ratchet
tests_bench_ratchet_SOURCES = tests/bench/ratchet.c tests/unit/pair.c tests/unit/pair.h
tests_bench_ratchet_CPPFLAGS = $(AM_CPPFLAGS) $(OPENSSL_CFLAGS)
tests_bench_ratchet_LDADD = $(SEAL_LIBS)
$(tests_bench_ratchet_OBJECTS): | src/wire/recado.pb-c.h

EXTRA_PROGRAMS += tests/bench/relay
tests_bench_relay_SOURCES = tests/bench/relay.c $(RELAY_TEST)
tests_bench_relay_CPPFLAGS = $(AM_CPPFLAGS) $(OPENSSL_CFLAGS)
tests_bench_relay_LDADD = $(SEAL_LIBS)
$(tests_bench_relay_OBJECTS): | src/wire/recado.pb-c.h
