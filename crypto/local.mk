# libseal: OpenSSL and pkcs11-helper; no sockets, no clock, no store.
noinst_LIBRARIES += libseal.a
libseal_a_CPPFLAGS = $(AM_CPPFLAGS) $(OPENSSL_CFLAGS) $(PKCS11_HELPER_CFLAGS) $(PROTOBUF_C_CFLAGS)
libseal_a_SOURCES =
libseal_a_SOURCES += crypto/binding.h
libseal_a_SOURCES += crypto/channel.h
libseal_a_SOURCES += crypto/code.h
libseal_a_SOURCES += crypto/content.h
libseal_a_SOURCES += crypto/identity.h
libseal_a_SOURCES += crypto/key.h
libseal_a_SOURCES += crypto/keyfile.h
libseal_a_SOURCES += crypto/label.h
libseal_a_SOURCES += crypto/receipt.h
libseal_a_SOURCES += crypto/safety.h
libseal_a_SOURCES += crypto/session.h
libseal_a_SOURCES += crypto/warrant.h
