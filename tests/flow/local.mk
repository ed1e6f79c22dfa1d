# User flows, numbered scripts, each in its own temporary folder, on the programs of RECADO_BUILD. A
# number is given once; the tens are the groups below.
FLOW_TESTS =

# People and their programs: the everyday, and accidents.
FLOW_TESTS += tests/flow/01-two-cards
FLOW_TESTS += tests/flow/02-sealed
FLOW_TESTS += tests/flow/03-relay-killed
FLOW_TESTS += tests/flow/04-client-killed
FLOW_TESTS += tests/flow/05-refused-cards
FLOW_TESTS += tests/flow/06-relay-code
FLOW_TESTS += tests/flow/07-pin
FLOW_TESTS += tests/flow/08-offline
FLOW_TESTS += tests/flow/09-exit-codes
FLOW_TESTS += tests/flow/10-one-owner
FLOW_TESTS += tests/flow/11-json
FLOW_TESTS += tests/flow/12-terminal
FLOW_TESTS += tests/flow/13-disk-full
FLOW_TESTS += tests/flow/14-pipes
FLOW_TESTS += tests/flow/15-session-ends
FLOW_TESTS += tests/flow/16-crossing
FLOW_TESTS += tests/flow/17-expires-later
FLOW_TESTS += tests/flow/18-revoked-later
FLOW_TESTS += tests/flow/19-demo
FLOW_TESTS += tests/flow/20-killed-often
FLOW_TESTS += tests/flow/21-portuguese
FLOW_TESTS += tests/flow/22-slow-machine

# What is kept secret at rest, and for how long.
FLOW_TESTS += tests/flow/30-core-dump
FLOW_TESTS += tests/flow/31-passphrase
FLOW_TESTS += tests/flow/32-lock-by-itself

# Between two devices and the relay: suites, keys, proofs.
FLOW_TESTS += tests/flow/40-suites
FLOW_TESTS += tests/flow/41-lying-relay
FLOW_TESTS += tests/flow/42-new-keys
FLOW_TESTS += tests/flow/43-dead-relay
FLOW_TESTS += tests/flow/44-older-copy
FLOW_TESTS += tests/flow/45-notarised

# Revocation lists by HTTP.
FLOW_TESTS += tests/flow/50-lists-fetched
FLOW_TESTS += tests/flow/51-lists-hostile
FLOW_TESTS += tests/flow/52-lists-stale
FLOW_TESTS += tests/flow/53-lists-remembered
FLOW_TESTS += tests/flow/54-chains-completed
FLOW_TESTS += tests/flow/55-lists-too-old
FLOW_TESTS += tests/flow/56-card-policies
FLOW_TESTS += tests/flow/57-lists-put-there

# Who somebody is, and how far to believe it.
FLOW_TESTS += tests/flow/60-whois
FLOW_TESTS += tests/flow/61-verify
FLOW_TESTS += tests/flow/62-trust-changes

# Cards.
FLOW_TESTS += tests/flow/70-card-accidents
FLOW_TESTS += tests/flow/71-virtual-reader
FLOW_TESTS += tests/flow/72-card-prompts

# People without a card.
FLOW_TESTS += tests/flow/75-enrolled
FLOW_TESTS += tests/flow/76-enrol-policies
FLOW_TESTS += tests/flow/77-enrol-answer-lost
FLOW_TESTS += tests/flow/78-enrol-killed
FLOW_TESTS += tests/flow/79-enrol-renewed

# Several devices of one user.
FLOW_TESTS += tests/flow/80-devices-add
FLOW_TESTS += tests/flow/81-devices-remove
FLOW_TESTS += tests/flow/82-card-renewed
FLOW_TESTS += tests/flow/83-devices-in-step
FLOW_TESTS += tests/flow/84-devices-killed
FLOW_TESTS += tests/flow/85-hidden-devices
FLOW_TESTS += tests/flow/86-lied-to-when-joining
FLOW_TESTS += tests/flow/87-card-and-device-stolen
FLOW_TESTS += tests/flow/88-root-retired
FLOW_TESTS += tests/flow/89-many-devices

TSAN_TESTS += tests/flow/01-two-cards tests/flow/16-crossing
PLAIN_TESTS += tests/flow/30-core-dump

check_PROGRAMS += tests/flow/wiretap
check_PROGRAMS += tests/flow/secrets
tests_flow_secrets_CPPFLAGS = $(libcore_a_CPPFLAGS)
tests_flow_secrets_LDADD = $(CORE_LIBS)
check_PROGRAMS += tests/flow/listhost

# Loaded into recado, so without sanitizers.
check_DATA += tests/flow/slow.so
CLEANFILES += tests/flow/slow.so
tests/flow/slow.so: $(top_srcdir)/tests/flow/slow.c
	$(AM_V_GEN)$(MKDIR_P) tests/flow && $(CC) -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -shared -fPIC \
		-o $@ $(top_srcdir)/tests/flow/slow.c
EXTRA_DIST += tests/flow/slow.c

EXTRA_DIST += $(FLOW_TESTS) tests/flow/lib.sh tests/lib/eco demo
TESTS += $(FLOW_TESTS)
