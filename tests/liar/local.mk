# A relay that lies, for the flows: recadod's own objects with ours before them.
check_PROGRAMS += tests/liar/liar
tests_liar_liar_SOURCES = tests/liar/liar.c tests/liar/forge.c tests/liar/forge.h
tests_liar_liar_CPPFLAGS = $(libserver_a_CPPFLAGS)
tests_liar_liar_LDADD = $(SERVER_LIBS)
tests_liar_liar_LDFLAGS = -Wl,--wrap=lookup_read -Wl,--wrap=mailbox_deposit \
	-Wl,--wrap=mailbox_chain -Wl,--wrap=warrant_batch_get \
	-Wl,--wrap=encode_list_head
EXTRA_DIST += tests/liar/lib.sh
