# libwire: the schema, and frames.
noinst_LIBRARIES += libwire.a
libwire_a_CPPFLAGS = $(AM_CPPFLAGS) $(PROTOBUF_C_CFLAGS)
libwire_a_SOURCES =
libwire_a_SOURCES += src/wire/frame.c src/wire/frame.h
libwire_a_SOURCES += src/wire/pb.c src/wire/pb.h

EXTRA_DIST += src/wire/recado.proto
nodist_libwire_a_SOURCES = src/wire/recado.pb-c.c src/wire/recado.pb-c.h
BUILT_SOURCES += src/wire/recado.pb-c.h
CLEANFILES += src/wire/recado.pb-c.c src/wire/recado.pb-c.h

src/wire/recado.pb-c.c: src/wire/recado.proto
	$(AM_V_GEN)$(MKDIR_P) src/wire && $(PROTOC_C) --proto_path=$(top_srcdir)/src/wire \
		--c_out=src/wire $(top_srcdir)/src/wire/recado.proto
src/wire/recado.pb-c.h: src/wire/recado.pb-c.c
	@test -f $@ || { rm -f src/wire/recado.pb-c.c && $(MAKE) $(AM_MAKEFLAGS) src/wire/recado.pb-c.c; }

# So that a single library or test can be made in a fresh tree. Order only: the real dependencies
# are found by the compiler.
$(libwire_a_OBJECTS) $(libseal_a_OBJECTS) $(libcore_a_OBJECTS) $(libserver_a_OBJECTS) \
    $(recado_OBJECTS) $(recadod_OBJECTS) $(check_PROGRAMS:=.$(OBJEXT)): | src/wire/recado.pb-c.h
