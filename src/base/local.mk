# libbase: libc and utf8proc only; everyone may use it.
noinst_LIBRARIES += libbase.a
libbase_a_CPPFLAGS = $(AM_CPPFLAGS) $(UTF8PROC_CFLAGS)
libbase_a_SOURCES =
libbase_a_SOURCES += src/base/buf.c src/base/buf.h
libbase_a_SOURCES += src/base/bytes.c
libbase_a_SOURCES += src/base/clock.c src/base/clock.h
libbase_a_SOURCES += src/base/err.c src/base/err.h
libbase_a_SOURCES += src/base/fault.c
libbase_a_SOURCES += src/base/hex.c
libbase_a_SOURCES += src/base/log.c src/base/log.h
libbase_a_SOURCES += src/base/mem.c src/base/mem.h
libbase_a_SOURCES += src/base/mem_secret.c
libbase_a_SOURCES += src/base/queue.c src/base/queue.h
libbase_a_SOURCES += src/base/text.c src/base/text.h
libbase_a_SOURCES += src/base/text_name.c
libbase_a_SOURCES += src/base/text_width.c
