# Fuzz targets, LLVMFuzzerTestOneInput in tests/fuzz/fuzz_NAME.c, seeds (if any) in
# tests/fuzz/seeds/NAME. With --enable-fuzzers they are libFuzzer programs; otherwise replay.c is
# their main, which feeds the seeds and mutations of them, in `make check` too. A block each:
#
#   FUZZ_TARGETS += tests/fuzz/fuzz_frame
#   tests_fuzz_fuzz_frame_SOURCES = tests/fuzz/fuzz_frame.c $(FUZZ_MAIN)
#   tests_fuzz_fuzz_frame_LDADD = $(WIRE_LIBS)
#   tests_fuzz_fuzz_frame_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
FUZZ_TARGETS =
EXTRA_DIST += tests/fuzz/replay.c tests/fuzz/seeds
if FUZZERS
FUZZ_MAIN =
else
FUZZ_MAIN = tests/fuzz/replay.c
endif

FUZZ_TARGETS += tests/fuzz/fuzz_card_object
tests_fuzz_fuzz_card_object_SOURCES = tests/fuzz/fuzz_card_object.c $(FUZZ_MAIN)
tests_fuzz_fuzz_card_object_LDADD = $(SEAL_LIBS)
tests_fuzz_fuzz_card_object_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)

FUZZ_TARGETS += tests/fuzz/fuzz_cert
tests_fuzz_fuzz_cert_SOURCES = tests/fuzz/fuzz_cert.c $(FUZZ_MAIN)
tests_fuzz_fuzz_cert_LDADD = $(SEAL_LIBS)
tests_fuzz_fuzz_cert_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)

FUZZ_TARGETS += tests/fuzz/fuzz_csr
tests_fuzz_fuzz_csr_SOURCES = tests/fuzz/fuzz_csr.c $(FUZZ_MAIN)
tests_fuzz_fuzz_csr_LDADD = $(SEAL_LIBS)
tests_fuzz_fuzz_csr_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)

FUZZ_TARGETS += tests/fuzz/fuzz_crl
tests_fuzz_fuzz_crl_SOURCES = tests/fuzz/fuzz_crl.c $(FUZZ_MAIN)
tests_fuzz_fuzz_crl_LDADD = $(SEAL_LIBS)
tests_fuzz_fuzz_crl_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)

FUZZ_TARGETS += tests/fuzz/fuzz_code
tests_fuzz_fuzz_code_SOURCES = tests/fuzz/fuzz_code.c $(FUZZ_MAIN)
tests_fuzz_fuzz_code_LDADD = $(SEAL_LIBS)
tests_fuzz_fuzz_code_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)

FUZZ_TARGETS += tests/fuzz/fuzz_text
tests_fuzz_fuzz_text_SOURCES = tests/fuzz/fuzz_text.c $(FUZZ_MAIN)
tests_fuzz_fuzz_text_LDADD = $(BASE_LIBS)
tests_fuzz_fuzz_text_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)

FUZZ_TARGETS += tests/fuzz/fuzz_url
tests_fuzz_fuzz_url_SOURCES = tests/fuzz/fuzz_url.c $(FUZZ_MAIN)
tests_fuzz_fuzz_url_LDADD = $(SERVER_LIBS)
tests_fuzz_fuzz_url_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)

FUZZ_TARGETS += tests/fuzz/fuzz_words
tests_fuzz_fuzz_words_SOURCES = tests/fuzz/fuzz_words.c $(FUZZ_MAIN)
tests_fuzz_fuzz_words_LDADD = $(BASE_LIBS)
tests_fuzz_fuzz_words_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)

FUZZ_TARGETS += tests/fuzz/fuzz_warrant
tests_fuzz_fuzz_warrant_SOURCES = tests/fuzz/fuzz_warrant.c $(FUZZ_MAIN)
tests_fuzz_fuzz_warrant_LDADD = $(SEAL_LIBS)
tests_fuzz_fuzz_warrant_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)

FUZZ_TARGETS += tests/fuzz/fuzz_envelope
tests_fuzz_fuzz_envelope_SOURCES = tests/fuzz/fuzz_envelope.c $(FUZZ_MAIN) tests/unit/pair.c
tests_fuzz_fuzz_envelope_LDADD = $(SEAL_LIBS)
tests_fuzz_fuzz_envelope_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)

FUZZ_TARGETS += tests/fuzz/fuzz_session
tests_fuzz_fuzz_session_SOURCES = tests/fuzz/fuzz_session.c $(FUZZ_MAIN)
tests_fuzz_fuzz_session_LDADD = $(SEAL_LIBS)
tests_fuzz_fuzz_session_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)

FUZZ_TARGETS += tests/fuzz/fuzz_content
tests_fuzz_fuzz_content_SOURCES = tests/fuzz/fuzz_content.c $(FUZZ_MAIN)
tests_fuzz_fuzz_content_LDADD = $(SEAL_LIBS)
tests_fuzz_fuzz_content_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)

FUZZ_TARGETS += tests/fuzz/fuzz_receipt
tests_fuzz_fuzz_receipt_SOURCES = tests/fuzz/fuzz_receipt.c $(FUZZ_MAIN)
tests_fuzz_fuzz_receipt_LDADD = $(SEAL_LIBS)
tests_fuzz_fuzz_receipt_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)

FUZZ_TARGETS += tests/fuzz/fuzz_binding
tests_fuzz_fuzz_binding_SOURCES = tests/fuzz/fuzz_binding.c $(FUZZ_MAIN) tests/unit/person.c
tests_fuzz_fuzz_binding_LDADD = $(SEAL_LIBS)
tests_fuzz_fuzz_binding_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)

FUZZ_TARGETS += tests/fuzz/fuzz_entry
tests_fuzz_fuzz_entry_SOURCES = tests/fuzz/fuzz_entry.c $(FUZZ_MAIN) tests/unit/entry.c tests/unit/person.c
tests_fuzz_fuzz_entry_LDADD = $(SEAL_LIBS)
tests_fuzz_fuzz_entry_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)

FUZZ_TARGETS += tests/fuzz/fuzz_frame
tests_fuzz_fuzz_frame_SOURCES = tests/fuzz/fuzz_frame.c $(FUZZ_MAIN)
tests_fuzz_fuzz_frame_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_frame_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)

FUZZ_TARGETS += tests/fuzz/fuzz_pb
tests_fuzz_fuzz_pb_SOURCES = tests/fuzz/fuzz_pb.c $(FUZZ_MAIN)
tests_fuzz_fuzz_pb_LDADD = $(WIRE_LIBS)
tests_fuzz_fuzz_pb_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)

FUZZ_TARGETS += tests/fuzz/fuzz_hello
tests_fuzz_fuzz_hello_SOURCES = tests/fuzz/fuzz_hello.c $(FUZZ_MAIN)
tests_fuzz_fuzz_hello_LDADD = $(SEAL_LIBS)
tests_fuzz_fuzz_hello_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)

FUZZ_TARGETS += tests/fuzz/fuzz_record
tests_fuzz_fuzz_record_SOURCES = tests/fuzz/fuzz_record.c $(FUZZ_MAIN)
tests_fuzz_fuzz_record_LDADD = $(SEAL_LIBS)
tests_fuzz_fuzz_record_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)

FUZZ_TARGETS += tests/fuzz/fuzz_keyfile
tests_fuzz_fuzz_keyfile_SOURCES = tests/fuzz/fuzz_keyfile.c $(FUZZ_MAIN)
tests_fuzz_fuzz_keyfile_LDADD = $(SEAL_LIBS)
tests_fuzz_fuzz_keyfile_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS) -Wl,--wrap=kdf_scrypt

FUZZ_TARGETS += tests/fuzz/fuzz_server_config
tests_fuzz_fuzz_server_config_SOURCES = tests/fuzz/fuzz_server_config.c $(FUZZ_MAIN)
tests_fuzz_fuzz_server_config_LDADD = $(SERVER_LIBS)
tests_fuzz_fuzz_server_config_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)

FUZZ_TARGETS += tests/fuzz/fuzz_line
tests_fuzz_fuzz_line_CPPFLAGS = $(libcore_a_CPPFLAGS)
tests_fuzz_fuzz_line_SOURCES = tests/fuzz/fuzz_line.c $(FUZZ_MAIN)
tests_fuzz_fuzz_line_LDADD = $(CORE_LIBS)
tests_fuzz_fuzz_line_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)

# A whole relay; in make check for some seconds.
FUZZ_TARGETS += tests/fuzz/fuzz_dispatch
tests_fuzz_fuzz_dispatch_SOURCES = tests/fuzz/fuzz_dispatch.c $(RELAY_TEST) $(FUZZ_MAIN)
tests_fuzz_fuzz_dispatch_CPPFLAGS = $(libserver_a_CPPFLAGS)
if !FUZZERS
tests_fuzz_fuzz_dispatch_CPPFLAGS += -DFUZZ_SECONDS=10
endif
tests_fuzz_fuzz_dispatch_LDADD = $(SERVER_LIBS)
tests_fuzz_fuzz_dispatch_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)

if FUZZERS
noinst_PROGRAMS += $(FUZZ_TARGETS)
else
check_PROGRAMS += $(FUZZ_TARGETS)
TESTS += $(FUZZ_TARGETS)
endif
