# recadod: everything but main is a library, so that tests can hold it. recadod becomes
# bin_PROGRAMS with main.c.
noinst_LIBRARIES += libserver.a
libserver_a_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CFLAGS) $(SQLITE3_CFLAGS) $(LIBCONFIG_CFLAGS) \
	$(OPENSSL_CFLAGS) $(PROTOBUF_C_CFLAGS) $(SYSTEMD_CFLAGS) $(SECCOMP_CFLAGS) $(JANSSON_CFLAGS)
libserver_a_SOURCES =

SERVER_LIBS = libserver.a $(EVENT_LIBS) $(SQLITE3_LIBS) $(LIBCONFIG_LIBS) $(SYSTEMD_LIBS) \
	$(SECCOMP_LIBS) $(JANSSON_LIBS) $(SEAL_LIBS)
EXTRA_PROGRAMS += recadod
recadod_CPPFLAGS = $(libserver_a_CPPFLAGS)
recadod_LDADD = $(SERVER_LIBS)
recadod_SOURCES =
