# libcore: the client without a screen; libevent and sqlite3.
noinst_LIBRARIES += libcore.a
libcore_a_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CFLAGS) $(SQLITE3_CFLAGS) $(LIBCONFIG_CFLAGS) \
	$(OPENSSL_CFLAGS) $(PROTOBUF_C_CFLAGS) $(JANSSON_CFLAGS)
libcore_a_SOURCES =
libcore_a_SOURCES += src/core/config.c src/core/config.h
libcore_a_SOURCES += src/core/core.h
libcore_a_SOURCES += src/core/profile.c src/core/profile.h
libcore_a_SOURCES += src/core/record.c src/core/record.h
libcore_a_SOURCES += src/core/record_fields.c src/core/record_fields.h
libcore_a_SOURCES += src/core/record_walk.c src/core/record_walk.h
libcore_a_SOURCES += src/core/store.h
libcore_a_SOURCES += src/core/store_db.c src/core/store_db.h
libcore_a_SOURCES += src/core/store_mail.c
libcore_a_SOURCES += src/core/store_message.c src/core/store_message.h
libcore_a_SOURCES += src/core/store_person.c
libcore_a_SOURCES += src/core/store_search.c
libcore_a_SOURCES += src/core/store_session.c
libcore_a_SOURCES += src/core/store_value.c
libcore_a_SOURCES += src/core/vault.c src/core/vault.h
