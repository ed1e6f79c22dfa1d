/*
 * softcard: the P-256 key that plays the card's part for somebody without one. DESIGN 3.3,
 * enrolment. RFC 2986.
 */
#ifndef RECADO_CORE_SOFTCARD_H
#define RECADO_CORE_SOFTCARD_H

#include "base/buf.h"

/* A fresh key (*key: PKCS#8 DER in the secret arena, the caller's) and a request for a certificate.
 * subject: "C=PT, ST=..., L=..., O=..., CN=..."; NULL: CN = name. ERR_USAGE: no such attributes. */
int softcard_make(const char *name, const char *subject, struct bytes *key, struct buf *csr)
    MUST_CHECK;
/* ECDSA with SHA-256 over message, in DER. */
int softcard_sign(struct bytes key, struct bytes message, uint8_t *sig, size_t max, size_t *n)
    MUST_CHECK;

#endif
