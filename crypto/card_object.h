/*
 * card_object: what a card says, taken as hostile. No PKCS#11 in here, only bytes.
 */
#ifndef RECADO_CRYPTO_CARD_OBJECT_H
#define RECADO_CRYPTO_CARD_OBJECT_H

#include "crypto/card.h"

#define CARD_ID_MAX 64     /* octets of a CKA_ID that we show */
#define CARD_LABEL_MAX 256 /* octets of a CKA_LABEL that we look at */

/* A field as tokens have them: fixed size, padded with blanks (or NULs). Sanitised; caller frees. */
char *card_object_text(const void *field, size_t n);
/* Lower-case hex of an id, cut at CARD_ID_MAX; caller frees. */
char *card_object_id(struct bytes id);

/* A certificate object. ERR_FORMAT when its value is no certificate. On failure *out is zero. */
int card_object_cert(struct bytes id, struct bytes label, struct bytes value, struct card_cert *out)
    MUST_CHECK;
void card_object_cert_clear(struct card_cert *c);

/* An ECDSA signature as PKCS#11 gives it, r || s, into the DER that everybody else uses.
 * ERR_FORMAT unless it is two halves of 32 octets, neither zero. */
int card_object_ecdsa(struct bytes raw, uint8_t *out, size_t max, size_t *len) MUST_CHECK;

/* Does `which` (as somebody typed it) name a token of this label and serial? */
bool card_object_named(const char *which, const char *label, const char *serial);

#endif
