/*
 * binding: the card's signed word that a device speaks for its holder. DESIGN 3.3, 3.7.
 */
#ifndef RECADO_CRYPTO_BINDING_H
#define RECADO_CRYPTO_BINDING_H

#include "base/buf.h"
#include "base/err.h"
#include "wire/pb.h"

#define USER_ID_LEN 32
#define DEVICE_ID_LEN 16
#define HASH_LEN 32
#define NAME_MAX_BYTES 128
#define BINDING_RENEWED_MAX 64

enum binding_purpose {
	BINDING_PURPOSE_FIRST = 1,
	BINDING_PURPOSE_ADD = 2,
	BINDING_PURPOSE_RENEW = 3
};

/* A binding's fields, parsed or to be signed. Strings are clean UTF-8, NUL-terminated. */
struct binding {
	char user_name[NAME_MAX_BYTES + 1];
	char device_name[NAME_MAX_BYTES + 1];
	uint8_t device_id[DEVICE_ID_LEN];
	uint8_t device_signing_key[32], device_identity_key[32];
	uint8_t relay_id[32];
	uint8_t certificate_sha256[HASH_LEN];
	enum binding_purpose purpose;
	uint8_t user_id[USER_ID_LEN]; /* always filled: for a first binding it is derived */
	uint8_t list_head[HASH_LEN];  /* zero in a first binding */
	uint64_t created, expires;    /* ms; expires 0: with the certificate */
	uint8_t renewed[BINDING_RENEWED_MAX]
		       [HASH_LEN]; /* purpose RENEW: binding_device_hash of each */
	size_t renewed_count;
	uint8_t hash[HASH_LEN]; /* SHA-256 of the body */
};

/* The octets to be signed by the card: *to_sign gets the labelled message (what the card hashes),
 * *body the Binding. Both caller-made bufs. user_id, hash in b are filled in. */
int binding_prepare(struct binding *b, struct buf *body, struct buf *to_sign) MUST_CHECK;
/* Encode a SignedBinding. */
int binding_finish(struct bytes body, uint32_t scheme, struct bytes signature,
    struct bytes certificate, const struct bytes *intermediates, size_t intermediate_count,
    struct buf *out) MUST_CHECK;

/* Check the card's signature over the body with the certificate that comes with it, then parse.
 * Says nothing about the certificate's own standing: that is cert_verify's. ERR_SIGNATURE,
 * ERR_FORMAT, ERR_FIELD, ERR_KEY (a device key that must not be used). */
int binding_verify(const Recado__SignedBinding *sb, struct binding *out) MUST_CHECK;

/* H("user-id", body of the first binding). */
int binding_user_id(struct bytes body, uint8_t user_id[USER_ID_LEN]) MUST_CHECK;
/* H("device", device id || DSK || DIK): how a renewal names the devices it re-certifies. */
int binding_device_hash(const uint8_t device_id[DEVICE_ID_LEN], const uint8_t signing_key[32],
    const uint8_t identity_key[32], uint8_t out[HASH_LEN]) MUST_CHECK;

#endif
