# A relay that lies, for the flows: recadod's own objects with ours before them.
check_PROGRAMS += tests/liar/liar
tests_liar_liar_SOURCES = tests/liar/liar.c tests/liar/forge.c tests/liar/forge.h
tests_liar_liar_CPPFLAGS = $(libserver_a_CPPFLAGS)
tests_liar_liar_LDADD = $(SERVER_LIBS)
tests_liar_liar_LDFLAGS = -Wl,--wrap=lookup_read -Wl,--wrap=mailbox_deposit \
	-Wl,--wrap=mailbox_chain -Wl,--wrap=warrant_batch_get \
	-Wl,--wrap=encode_list_head -Wl,--wrap=ca_issue -Wl,--wrap=trust_judge

# A client that offers any card, likewise.
check_PROGRAMS += tests/liar/stranger
tests_liar_stranger_SOURCES = src/cmd/main.c tests/liar/stranger.c
tests_liar_stranger_CPPFLAGS = $(AM_CPPFLAGS) $(OPENSSL_CFLAGS)
tests_liar_stranger_LDADD = $(recado_LDADD)
tests_liar_stranger_LDFLAGS = -Wl,--wrap=cert_use -Wl,--wrap=trust_own_card
EXTRA_DIST += tests/liar/lib.sh
