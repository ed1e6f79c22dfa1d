/*
 * receipt: delivered, read and notarised, each signed under a label of its own over the message's
 * hash. DESIGN 3.4, 3.7.
 */
#ifndef RECADO_CRYPTO_RECEIPT_H
#define RECADO_CRYPTO_RECEIPT_H

#include "crypto/binding.h"
#include "crypto/key.h"

enum receipt_kind { RECEIPT_KIND_DELIVERED = 1, RECEIPT_KIND_READ = 2, RECEIPT_KIND_NOTARISED = 3 };

struct receipt {
	enum receipt_kind kind;
	uint8_t message[HASH_LEN]; /* mh */
	uint8_t reader_user[USER_ID_LEN], reader_device[DEVICE_ID_LEN], reader_binding[HASH_LEN];
	uint64_t time;
};

/* out gets an encoded SignedReceipt (delivered or read). */
int receipt_sign(const struct receipt *r, const struct key_sign *device, struct buf *out)
    MUST_CHECK;
/* For the card: the labelled octets to sign, and the finished SignedReceipt. */
int receipt_prepare(const struct receipt *r, struct buf *body, struct buf *to_sign) MUST_CHECK;
int receipt_finish(struct bytes body, uint32_t scheme, struct bytes signature, struct buf *out)
    MUST_CHECK;
/* Device-signed kinds: verify with the reader's DSK under the label of the kind it claims, then
 * parse. A notarised one with certificate (DER). ERR_SIGNATURE, ERR_FORMAT. */
int receipt_verify(const Recado__SignedReceipt *sr, const uint8_t device_signing_key[32],
    struct bytes certificate, struct receipt *out) MUST_CHECK;

#endif
