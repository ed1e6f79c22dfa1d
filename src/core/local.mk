# libcore: the client without a screen; libevent and sqlite3.
noinst_LIBRARIES += libcore.a
libcore_a_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CFLAGS) $(SQLITE3_CFLAGS) $(LIBCONFIG_CFLAGS) \
	$(OPENSSL_CFLAGS) $(PROTOBUF_C_CFLAGS)
libcore_a_SOURCES =
