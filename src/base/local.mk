# libbase: libc and utf8proc only; everyone may use it.
noinst_LIBRARIES += libbase.a
libbase_a_CPPFLAGS = $(AM_CPPFLAGS) $(UTF8PROC_CFLAGS)
libbase_a_SOURCES =
libbase_a_SOURCES += src/base/buf.h
libbase_a_SOURCES += src/base/clock.h
libbase_a_SOURCES += src/base/err.h
libbase_a_SOURCES += src/base/log.h
libbase_a_SOURCES += src/base/mem.h
libbase_a_SOURCES += src/base/queue.h
libbase_a_SOURCES += src/base/text.h
