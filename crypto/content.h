/*
 * content, receipt: what a person wrote, signed by the device, and what became of it, signed by
 * the reader's device. DESIGN 3.4, 3.7.
 */
#ifndef RECADO_CRYPTO_CONTENT_H
#define RECADO_CRYPTO_CONTENT_H

#include <stdbool.h>

#include "crypto/binding.h"
#include "crypto/key.h"

#define CONTENT_ID_LEN 8
#define CONTENT_TEXT_MAX (16 * 1024)
#define CONTENT_RECIPIENTS_MAX 256

struct content_head { /* a user's device list as the sender knows it */
	uint8_t user_id[USER_ID_LEN];
	uint32_t length;
	uint8_t head[HASH_LEN];
};

struct content {
	uint8_t id[CONTENT_ID_LEN];
	uint8_t sender_user[USER_ID_LEN], sender_device[DEVICE_ID_LEN], sender_binding[HASH_LEN];
	uint8_t conversation[32];
	const uint8_t (*recipients)[USER_ID_LEN];
	size_t recipient_count;
	uint64_t sequence;
	bool has_previous;
	uint8_t previous[HASH_LEN];
	uint8_t nonce[32];
	uint64_t written_at, expires_after;
	const struct content_head *heads;
	size_t head_count;
	struct bytes text;
};

/* H("conversation", sorted user ids) for two people. */
int content_conversation(
    const uint8_t a[USER_ID_LEN], const uint8_t b[USER_ID_LEN], uint8_t out[32]) MUST_CHECK;
/* Encode and sign: out gets an encoded SignedContent, mh its name. */
int content_sign(const struct content *c, const struct key_sign *device, struct buf *out,
    uint8_t mh[HASH_LEN]) MUST_CHECK;

/* A verified content; arrays and text inside are owned by it. */
struct content_opened;
/* Verify with the sender's DSK, then parse. ERR_SIGNATURE before anything is parsed; ERR_FORMAT. */
int content_verify(const Recado__SignedContent *sc, const uint8_t device_signing_key[32],
    struct content_opened **out) MUST_CHECK;
const struct content *content_get(const struct content_opened *o);
const uint8_t *content_hash(const struct content_opened *o); /* mh */
void content_free(struct content_opened **po);

#endif
