/*
 * softcard: the P-256 key that plays the card's part for somebody without one. DESIGN 3.3,
 * enrolment.
 */
#ifndef RECADO_CORE_SOFTCARD_H
#define RECADO_CORE_SOFTCARD_H

#include "base/buf.h"

/* key: PKCS #8 DER (csr_make). */
/* ECDSA with SHA-256 over message, in DER. */
int softcard_sign(struct bytes key, struct bytes message, uint8_t *sig, size_t max, size_t *n)
    MUST_CHECK;

#endif
