# libui: the screen. Sees core.h and src/base only.
noinst_LIBRARIES += libui.a
libui_a_CPPFLAGS = $(AM_CPPFLAGS) $(NCURSESW_CFLAGS) $(QRENCODE_CFLAGS)
libui_a_SOURCES =
