/*
 * rotation: statements by which a relay changes its identity key, each signed by the key it leaves.
 * A client that pinned an older key of the chain goes on with the new one. DESIGN 3.2.
 */
#ifndef RECADO_CRYPTO_ROTATION_H
#define RECADO_CRYPTO_ROTATION_H

#include <stdbool.h>

#include "base/buf.h"
#include "crypto/key.h"

#define ROTATION_MAX 16 /* statements in a chain: a ServerHello must hold them */

/* Append an encoded SignedRotation. number: 1 for a relay's first change. */
struct rotation {
	const struct key_sign *old_identity;
	const uint8_t *new_identity; /* KEY_LEN */
	uint32_t number;
	uint64_t time; /* wall ms */
};
int rotation_sign(const struct rotation *p, struct buf *out) MUST_CHECK;

/* A SignedRotation's fields. */
struct rotation_statement {
	struct bytes body, signature;
};

/* The identity keys that a relay had one after the other, from the first to the one in use. */
struct rotation_chain {
	uint8_t keys[ROTATION_MAX + 1][KEY_LEN];
	size_t count; /* 0: not known */
};

/* Does the chain (oldest first; empty is allowed) end at identity? Every signature is verified and
 * the numbers count up from 1. out: the keys; identity alone when there are no statements.
 * ERR_LIMIT, ERR_FORMAT, ERR_FIELD, ERR_KEY, ERR_SIGNATURE, ERR_CHAIN. */
int rotation_verify(const struct rotation_statement *chain, size_t n,
    const uint8_t identity[KEY_LEN], struct rotation_chain *out) MUST_CHECK;
const uint8_t *rotation_first(const struct rotation_chain *c);
const uint8_t *rotation_current(const struct rotation_chain *c);
/* Does `shown` begin with all of `known`? Only the key in use may hand on: an older one, whoever has
 * it now, vouches for nothing any more. */
bool rotation_continues(const struct rotation_chain *known, const struct rotation_chain *shown);

#endif
