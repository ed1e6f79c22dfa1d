# One Check program a module. A block of two lines each, blocks sorted by name:
#
#   UNIT_TESTS += tests/unit/test_buf
#   tests_unit_test_buf_LDADD = $(BASE_LIBS) $(CHECK_LIBS)
#
# (the source is tests/unit/test_buf.c; add tests_unit_test_buf_SOURCES for more than that). Link
# the lowest layer that will do: $(BASE_LIBS), $(WIRE_LIBS), $(SEAL_LIBS), $(CORE_LIBS),
# $(SERVER_LIBS), $(UI_LIBS).
UNIT_TESTS =
EXTRA_DIST += tests/unit/unit.h

UNIT_TESTS += tests/unit/test_buf
tests_unit_test_buf_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_ca
tests_unit_test_ca_SOURCES = tests/unit/test_ca.c tests/unit/person.c tests/unit/person.h
tests_unit_test_ca_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_csr
tests_unit_test_csr_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_card
tests_unit_test_card_SOURCES = tests/unit/test_card.c tests/unit/reader.c tests/unit/reader.h \
	tests/unit/kit.c tests/unit/kit.h
tests_unit_test_card_CPPFLAGS = $(AM_CPPFLAGS) $(OPENSSL_CFLAGS)
tests_unit_test_card_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_card_accidents
tests_unit_test_card_accidents_SOURCES = tests/unit/test_card_accidents.c tests/unit/reader.c tests/unit/reader.h \
	tests/unit/kit.c tests/unit/kit.h
tests_unit_test_card_accidents_CPPFLAGS = $(AM_CPPFLAGS) $(OPENSSL_CFLAGS)
tests_unit_test_card_accidents_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_card_find
tests_unit_test_card_find_CPPFLAGS = $(AM_CPPFLAGS) $(OPENSSL_CFLAGS)
tests_unit_test_card_find_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_cert
tests_unit_test_cert_SOURCES = tests/unit/test_cert.c tests/unit/kit.c tests/unit/kit.h
tests_unit_test_cert_CPPFLAGS = $(AM_CPPFLAGS) $(OPENSSL_CFLAGS)
tests_unit_test_cert_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_cert_issuers
tests_unit_test_cert_issuers_SOURCES = tests/unit/test_cert_issuers.c tests/unit/kit.c tests/unit/kit.h
tests_unit_test_cert_issuers_CPPFLAGS = $(AM_CPPFLAGS) $(OPENSSL_CFLAGS)
tests_unit_test_cert_issuers_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_cert_keys
tests_unit_test_cert_keys_SOURCES = tests/unit/test_cert_keys.c tests/unit/kit.c tests/unit/kit.h
tests_unit_test_cert_keys_CPPFLAGS = $(AM_CPPFLAGS) $(OPENSSL_CFLAGS)
tests_unit_test_cert_keys_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_cert_policies
tests_unit_test_cert_policies_SOURCES = tests/unit/test_cert_policies.c tests/unit/kit.c \
	tests/unit/kit.h tests/unit/person.c tests/unit/person.h
tests_unit_test_cert_policies_CPPFLAGS = $(AM_CPPFLAGS) $(OPENSSL_CFLAGS)
tests_unit_test_cert_policies_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_cert_real
tests_unit_test_cert_real_SOURCES = tests/unit/test_cert_real.c tests/unit/kit.c tests/unit/kit.h
tests_unit_test_cert_real_CPPFLAGS = $(AM_CPPFLAGS) $(OPENSSL_CFLAGS)
tests_unit_test_cert_real_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_revocation
tests_unit_test_revocation_SOURCES = tests/unit/test_revocation.c tests/unit/kit.c tests/unit/kit.h
tests_unit_test_revocation_CPPFLAGS = $(AM_CPPFLAGS) $(OPENSSL_CFLAGS)
tests_unit_test_revocation_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_revocation_set
tests_unit_test_revocation_set_SOURCES = tests/unit/test_revocation_set.c tests/unit/kit.c \
	tests/unit/kit.h
tests_unit_test_revocation_set_CPPFLAGS = $(AM_CPPFLAGS) $(OPENSSL_CFLAGS)
tests_unit_test_revocation_set_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_cert_store
tests_unit_test_cert_store_SOURCES = tests/unit/test_cert_store.c tests/unit/person.c \
	tests/unit/person.h
tests_unit_test_cert_store_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_clock
tests_unit_test_clock_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_code
tests_unit_test_code_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_err
tests_unit_test_err_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_log
tests_unit_test_log_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_mem
TSAN_TESTS += tests/unit/test_mem
tests_unit_test_mem_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_queue
TSAN_TESTS += tests/unit/test_queue
tests_unit_test_queue_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_text
tests_unit_test_text_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_keyfile
tests_unit_test_keyfile_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_tree
tests_unit_test_tree_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_warrant
tests_unit_test_warrant_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_frame
tests_unit_test_frame_LDADD = $(WIRE_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_pb
tests_unit_test_pb_LDADD = $(WIRE_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_kdf
tests_unit_test_kdf_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_key
tests_unit_test_key_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_suite
tests_unit_test_suite_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

TALK = tests/unit/talk.h tests/unit/pair.c tests/unit/pair.h
UNIT_TESTS += tests/unit/test_envelope
tests_unit_test_envelope_SOURCES = tests/unit/test_envelope.c $(TALK)
tests_unit_test_envelope_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_session
tests_unit_test_session_SOURCES = tests/unit/test_session.c $(TALK)
tests_unit_test_session_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_session_limits
tests_unit_test_session_limits_SOURCES = tests/unit/test_session_limits.c $(TALK)
tests_unit_test_session_limits_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_session_tamper
tests_unit_test_session_tamper_SOURCES = tests/unit/test_session_tamper.c $(TALK)
tests_unit_test_session_tamper_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_session_property
tests_unit_test_session_property_SOURCES = tests/unit/test_session_property.c tests/unit/pair.c \
	tests/unit/pair.h tests/unit/world.c tests/unit/world.h
tests_unit_test_session_property_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)
tests_unit_test_session_property_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=suite_seal_at

UNIT_TESTS += tests/unit/test_binding
tests_unit_test_binding_SOURCES = tests/unit/test_binding.c tests/unit/person.c tests/unit/person.h
tests_unit_test_binding_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_receipt
tests_unit_test_receipt_SOURCES = tests/unit/test_receipt.c tests/unit/person.c tests/unit/person.h
tests_unit_test_receipt_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_identity
tests_unit_test_identity_SOURCES = tests/unit/test_identity.c tests/unit/entry.c tests/unit/entry.h \
	tests/unit/person.c tests/unit/person.h
tests_unit_test_identity_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_identity_anchors
tests_unit_test_identity_anchors_SOURCES = tests/unit/test_identity_anchors.c tests/unit/entry.c \
	tests/unit/entry.h tests/unit/person.c tests/unit/person.h
tests_unit_test_identity_anchors_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_identity_bounds
TSAN_TESTS += tests/unit/test_identity_bounds
tests_unit_test_identity_bounds_SOURCES = tests/unit/test_identity_bounds.c tests/unit/entry.c \
	tests/unit/entry.h tests/unit/person.c tests/unit/person.h
tests_unit_test_identity_bounds_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_identity_branch
tests_unit_test_identity_branch_SOURCES = tests/unit/test_identity_branch.c tests/unit/entry.c \
	tests/unit/entry.h tests/unit/person.c tests/unit/person.h
tests_unit_test_identity_branch_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_identity_enrolled
tests_unit_test_identity_enrolled_SOURCES = tests/unit/test_identity_enrolled.c tests/unit/entry.c \
	tests/unit/entry.h tests/unit/person.c tests/unit/person.h
tests_unit_test_identity_enrolled_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_introduction
tests_unit_test_introduction_SOURCES = tests/unit/test_introduction.c
tests_unit_test_introduction_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)
UNIT_TESTS += tests/unit/test_safety
tests_unit_test_safety_SOURCES = tests/unit/test_safety.c tests/unit/entry.c tests/unit/entry.h \
	tests/unit/person.c tests/unit/person.h
tests_unit_test_safety_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_derivation
tests_unit_test_derivation_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_content
tests_unit_test_content_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_profile
TSAN_TESTS += tests/unit/test_profile
tests_unit_test_profile_LDADD = $(CORE_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_store_expire
TSAN_TESTS += tests/unit/test_store_expire
tests_unit_test_store_expire_LDADD = $(CORE_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_core_config
tests_unit_test_core_config_CPPFLAGS = $(libcore_a_CPPFLAGS)
tests_unit_test_core_config_LDADD = $(CORE_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_core_local
tests_unit_test_core_local_CPPFLAGS = $(libcore_a_CPPFLAGS)
tests_unit_test_core_local_LDADD = $(CORE_LIBS) $(CHECK_LIBS)
TSAN_TESTS += tests/unit/test_core_local

UNIT_TESTS += tests/unit/test_core_record
tests_unit_test_core_record_CPPFLAGS = $(libcore_a_CPPFLAGS)
tests_unit_test_core_record_LDADD = $(CORE_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_core_store
tests_unit_test_core_store_CPPFLAGS = $(libcore_a_CPPFLAGS)
tests_unit_test_core_store_LDADD = $(CORE_LIBS) $(CHECK_LIBS)

DESK = tests/unit/desk.c tests/unit/desk.h tests/unit/entry.c tests/unit/entry.h \
	tests/unit/person.c tests/unit/person.h
UNIT_TESTS += tests/unit/test_core_mailbox
tests_unit_test_core_mailbox_SOURCES = tests/unit/test_core_mailbox.c $(DESK)
tests_unit_test_core_mailbox_LDADD = $(CORE_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_copies
tests_unit_test_copies_SOURCES = tests/unit/test_copies.c tests/unit/twin.c tests/unit/twin.h $(DESK)
tests_unit_test_copies_LDADD = $(CORE_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_claim
tests_unit_test_claim_SOURCES = tests/unit/test_claim.c tests/unit/twin.c tests/unit/twin.h $(DESK)
tests_unit_test_claim_LDADD = $(CORE_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_again
tests_unit_test_again_SOURCES = tests/unit/test_again.c tests/unit/twin.c tests/unit/twin.h $(DESK)
tests_unit_test_again_LDADD = $(CORE_LIBS) $(CHECK_LIBS)
tests_unit_test_again_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=relay_listed -Wl,--wrap=trust_may_send \
	-Wl,--wrap=engine_status

UNIT_TESTS += tests/unit/test_expired
tests_unit_test_expired_SOURCES = tests/unit/test_expired.c tests/unit/twin.c tests/unit/twin.h $(DESK)
tests_unit_test_expired_LDADD = $(CORE_LIBS) $(CHECK_LIBS)
tests_unit_test_expired_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=clock_now_ms

UNIT_TESTS += tests/unit/test_letter
TSAN_TESTS += tests/unit/test_letter
tests_unit_test_letter_SOURCES = tests/unit/test_letter.c $(DESK)
tests_unit_test_letter_LDADD = $(CORE_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_create_resume
tests_unit_test_create_resume_CPPFLAGS = $(libcore_a_CPPFLAGS)
tests_unit_test_create_resume_SOURCES = tests/unit/test_create_resume.c $(DESK)
tests_unit_test_create_resume_LDADD = $(CORE_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_aging
tests_unit_test_aging_SOURCES = tests/unit/test_aging.c tests/unit/pair.c tests/unit/pair.h $(DESK)
tests_unit_test_aging_LDADD = $(CORE_LIBS) $(CHECK_LIBS)
tests_unit_test_aging_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=clock_now_ms

UNIT_TESTS += tests/unit/test_prekeys
tests_unit_test_prekeys_SOURCES = tests/unit/test_prekeys.c $(DESK)
tests_unit_test_prekeys_LDADD = $(CORE_LIBS) $(CHECK_LIBS)
tests_unit_test_prekeys_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=relay_request

UNIT_TESTS += tests/unit/test_suites
tests_unit_test_suites_SOURCES = tests/unit/test_suites.c $(DESK)
tests_unit_test_suites_LDADD = $(CORE_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_renew
tests_unit_test_renew_SOURCES = tests/unit/test_renew.c $(DESK)
tests_unit_test_renew_LDADD = $(CORE_LIBS) $(CHECK_LIBS)

LETTERBOX = tests/unit/letterbox.c tests/unit/letterbox.h $(DESK)
UNIT_TESTS += tests/unit/test_seal
tests_unit_test_seal_SOURCES = tests/unit/test_seal.c $(DESK)
tests_unit_test_seal_LDADD = $(CORE_LIBS) $(CHECK_LIBS)
UNIT_TESTS += tests/unit/test_inbox
tests_unit_test_inbox_SOURCES = tests/unit/test_inbox.c $(LETTERBOX)
tests_unit_test_inbox_LDADD = $(CORE_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_inbox_hold
tests_unit_test_inbox_hold_SOURCES = tests/unit/test_inbox_hold.c $(LETTERBOX)
tests_unit_test_inbox_hold_LDADD = $(CORE_LIBS) $(CHECK_LIBS)
tests_unit_test_inbox_hold_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=relay_request -Wl,--wrap=own_others \
	-Wl,--wrap=clock_mono_ms

HOUSES = tests/unit/houses.c tests/unit/houses_relay.c tests/unit/houses.h tests/unit/entry.c \
	tests/unit/entry.h \
	tests/unit/person.c tests/unit/person.h
HOUSES_WRAP = -Wl,--wrap=clock_now_ms -Wl,--wrap=relay_online -Wl,--wrap=relay_listed \
	-Wl,--wrap=relay_request -Wl,--wrap=engine_status
UNIT_TESTS += tests/unit/test_crossing
tests_unit_test_crossing_SOURCES = tests/unit/test_crossing.c $(HOUSES)
tests_unit_test_crossing_LDADD = $(CORE_LIBS) $(CHECK_LIBS)
tests_unit_test_crossing_LDFLAGS = $(AM_LDFLAGS) $(HOUSES_WRAP)

UNIT_TESTS += tests/unit/test_resets
tests_unit_test_resets_SOURCES = tests/unit/test_resets.c $(HOUSES)
tests_unit_test_resets_LDADD = $(CORE_LIBS) $(CHECK_LIBS)
tests_unit_test_resets_LDFLAGS = $(AM_LDFLAGS) $(HOUSES_WRAP)

UNIT_TESTS += tests/unit/test_houses_property
tests_unit_test_houses_property_SOURCES = tests/unit/test_houses_property.c $(HOUSES)
tests_unit_test_houses_property_LDADD = $(CORE_LIBS) $(CHECK_LIBS)
tests_unit_test_houses_property_LDFLAGS = $(AM_LDFLAGS) $(HOUSES_WRAP)

UNIT_TESTS += tests/unit/test_room
tests_unit_test_room_SOURCES = tests/unit/test_room.c $(HOUSES)
tests_unit_test_room_LDADD = $(CORE_LIBS) $(CHECK_LIBS)
tests_unit_test_room_LDFLAGS = $(AM_LDFLAGS) $(HOUSES_WRAP) -Wl,--wrap=session_seal

UNIT_TESTS += tests/unit/test_trust
TSAN_TESTS += tests/unit/test_trust
tests_unit_test_trust_SOURCES = tests/unit/test_trust.c $(DESK)
tests_unit_test_trust_LDADD = $(CORE_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_citizens
tests_unit_test_citizens_SOURCES = tests/unit/test_citizens.c tests/unit/kit.c tests/unit/kit.h \
	$(DESK)
tests_unit_test_citizens_LDADD = $(CORE_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_trust_news
tests_unit_test_trust_news_SOURCES = tests/unit/test_trust_news.c $(DESK)
tests_unit_test_trust_news_LDADD = $(CORE_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_vault
TSAN_TESTS += tests/unit/test_vault
tests_unit_test_vault_CPPFLAGS = $(libcore_a_CPPFLAGS)
tests_unit_test_vault_LDADD = $(CORE_LIBS) $(CHECK_LIBS)

EXTRA_DIST += tests/unit/ends.h

# Run by valgrind, which the script calls.
check_PROGRAMS += tests/unit/marked
tests_unit_marked_SOURCES = tests/unit/marked.c $(TALK)
tests_unit_marked_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)
dist_check_SCRIPTS += tests/unit/constant-time
TESTS += tests/unit/constant-time
PLAIN_TESTS += tests/unit/constant-time
EXTRA_DIST += tests/lib/valgrind.supp
UNIT_TESTS += tests/unit/test_channel
tests_unit_test_channel_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_channel_rekey
tests_unit_test_channel_rekey_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_channel_tamper
tests_unit_test_channel_tamper_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_derivations
tests_unit_test_derivations_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_rotation
tests_unit_test_rotation_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_opt
tests_unit_test_opt_LDADD = $(CMD_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_secret
tests_unit_test_secret_LDADD = $(CMD_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_cmd
tests_unit_test_cmd_LDADD = $(CMD_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_cmd_words
tests_unit_test_cmd_words_SOURCES = tests/unit/test_cmd_words.c tests/unit/portuguese.c \
	tests/unit/portuguese.h
tests_unit_test_cmd_words_LDADD = $(CMD_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_show
tests_unit_test_show_SOURCES = tests/unit/test_show.c tests/unit/portuguese.c tests/unit/portuguese.h
tests_unit_test_show_LDADD = $(CMD_LIBS) $(CHECK_LIBS)

# The screen without a terminal: a grid of cells, a core that the test plays, a clock that stands.
SCREEN_LIBS = $(UI_LIBS) libcore.a $(JANSSON_LIBS) $(CHECK_LIBS) $(BASE_LIBS)
SCREEN_LINK = $(AM_LDFLAGS) -Wl,--wrap=clock_now_ms
SCREEN_FILES = tests/unit/screen.c tests/unit/screen.h

EXTRA_DIST += tests/unit/screens
UNIT_TESTS += tests/unit/test_screen
tests_unit_test_screen_SOURCES = tests/unit/test_screen.c $(SCREEN_FILES)
tests_unit_test_screen_LDADD = $(SCREEN_LIBS)
tests_unit_test_screen_LDFLAGS = $(SCREEN_LINK)

UNIT_TESTS += tests/unit/test_ui
tests_unit_test_ui_SOURCES = tests/unit/test_ui.c $(SCREEN_FILES)
tests_unit_test_ui_LDADD = $(SCREEN_LIBS)
tests_unit_test_ui_LDFLAGS = $(SCREEN_LINK)

UNIT_TESTS += tests/unit/test_ui_devices
tests_unit_test_ui_devices_SOURCES = tests/unit/test_ui_devices.c $(SCREEN_FILES)
tests_unit_test_ui_devices_LDADD = $(SCREEN_LIBS)
tests_unit_test_ui_devices_LDFLAGS = $(SCREEN_LINK)

UNIT_TESTS += tests/unit/test_ui_trust
tests_unit_test_ui_trust_SOURCES = tests/unit/test_ui_trust.c $(SCREEN_FILES)
tests_unit_test_ui_trust_LDADD = $(SCREEN_LIBS)
tests_unit_test_ui_trust_LDFLAGS = $(SCREEN_LINK)

UNIT_TESTS += tests/unit/test_words
tests_unit_test_words_SOURCES = tests/unit/test_words.c tests/unit/portuguese.c \
	tests/unit/portuguese.h
tests_unit_test_words_LDADD = $(BASE_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_monkey
tests_unit_test_monkey_SOURCES = tests/unit/test_monkey.c $(SCREEN_FILES)
tests_unit_test_monkey_LDADD = $(SCREEN_LIBS)
tests_unit_test_monkey_LDFLAGS = $(SCREEN_LINK)

UNIT_TESTS += tests/unit/test_hostile
tests_unit_test_hostile_SOURCES = tests/unit/test_hostile.c $(SCREEN_FILES)
tests_unit_test_hostile_LDADD = $(SCREEN_LIBS)
tests_unit_test_hostile_LDFLAGS = $(SCREEN_LINK)

UNIT_TESTS += tests/unit/test_edit
tests_unit_test_edit_LDADD = $(UI_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_label
tests_unit_test_label_LDADD = $(UI_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_wrap
tests_unit_test_wrap_LDADD = $(UI_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_table
tests_unit_test_table_LDADD = $(SERVER_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_limit
tests_unit_test_limit_LDADD = $(SERVER_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_server_config
tests_unit_test_server_config_LDADD = $(SERVER_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_netaddr
tests_unit_test_netaddr_LDADD = $(SERVER_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_url
tests_unit_test_url_LDADD = $(SERVER_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_ca_revoke
tests_unit_test_ca_revoke_LDADD = $(SERVER_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_httpget
tests_unit_test_httpget_LDADD = $(SERVER_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_lists
tests_unit_test_lists_LDADD = $(SERVER_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_mailbox
tests_unit_test_mailbox_LDADD = $(SERVER_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_store
tests_unit_test_store_LDADD = $(SERVER_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_directory
tests_unit_test_directory_LDADD = $(SERVER_LIBS) $(CHECK_LIBS)

RELAY_TEST = tests/unit/relay.c tests/unit/relay_account.c tests/unit/relay_client.c \
	tests/unit/relay.h tests/unit/person.c tests/unit/person.h
UNIT_TESTS += tests/unit/test_relay
tests_unit_test_relay_SOURCES = tests/unit/test_relay.c $(RELAY_TEST)
tests_unit_test_relay_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_relaykey
tests_unit_test_relaykey_LDADD = $(SERVER_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_writer
tests_unit_test_writer_LDADD = $(SERVER_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_relay_limits
tests_unit_test_relay_limits_SOURCES = tests/unit/test_relay_limits.c $(RELAY_TEST)
tests_unit_test_relay_limits_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_relay_greed
tests_unit_test_relay_greed_SOURCES = tests/unit/test_relay_greed.c $(RELAY_TEST)
tests_unit_test_relay_greed_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_relay_lag
tests_unit_test_relay_lag_SOURCES = tests/unit/test_relay_lag.c $(RELAY_TEST)
tests_unit_test_relay_lag_LDADD = $(SEAL_LIBS) $(SQLITE3_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_relay_renew
tests_unit_test_relay_renew_SOURCES = tests/unit/test_relay_renew.c tests/unit/asking.c \
	tests/unit/asking.h $(RELAY_TEST)
tests_unit_test_relay_renew_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_relay_enrol
tests_unit_test_relay_enrol_SOURCES = tests/unit/test_relay_enrol.c tests/unit/asking.c \
	tests/unit/asking.h $(RELAY_TEST)
tests_unit_test_relay_enrol_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_relay_quota
tests_unit_test_relay_quota_SOURCES = tests/unit/test_relay_quota.c tests/unit/asking.c \
	tests/unit/asking.h $(RELAY_TEST)
tests_unit_test_relay_quota_LDADD = $(SERVER_LIBS) $(CHECK_LIBS)

UNIT_TESTS += tests/unit/test_relay_policy
tests_unit_test_relay_policy_SOURCES = tests/unit/test_relay_policy.c $(RELAY_TEST)
tests_unit_test_relay_policy_LDADD = $(SEAL_LIBS) $(CHECK_LIBS)

check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
