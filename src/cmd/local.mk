# recado: main and the commands, one file each. Becomes bin_PROGRAMS with main.c.
EXTRA_PROGRAMS += recado
recado_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(SYSTEMD_CFLAGS)
recado_LDADD = $(UI_LIBS) $(CORE_LIBS) $(JANSSON_LIBS) $(QRENCODE_LIBS) $(SYSTEMD_LIBS)
recado_SOURCES =
