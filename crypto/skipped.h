/*
 * skipped: message keys of numbers that have not arrived, in bounds. Part of the ratchet; nothing
 * else includes it. Double Ratchet rev. 1, 3.5 and 4; the bounds are session.h's.
 *
 * Keys belong to receiving chains, which carry a serial number: the first is 1 and each turn of the
 * ratchet begins the next. A chain is forgotten with its last key. When a bound is reached the
 * oldest key goes.
 */
#ifndef RECADO_CRYPTO_SKIPPED_H
#define RECADO_CRYPTO_SKIPPED_H

#include "base/buf.h"

#define SKIPPED_KEY 32
#define SKIPPED_TAG 8

struct skipped_chain {
	uint32_t serial;
	uint8_t header_key[SKIPPED_KEY]; /* and its tag, where headers are sealed */
	uint8_t tag[SKIPPED_TAG];
	uint8_t ratchet_key[SKIPPED_KEY]; /* the peer's of this chain */
};

struct skipped_key {
	uint32_t serial, number;
	uint64_t at; /* when it was put here, wall ms */
	uint8_t key[SKIPPED_KEY];
};

/* Both arrays lie in the secret arena; keys are in the order they came. All zero: empty. */
struct skipped {
	struct skipped_chain *chains;
	struct skipped_key *keys;
	size_t chain_count, chain_room, key_count, key_room;
};

void skipped_copy(struct skipped *to, const struct skipped *from); /* to is taken as garbage */
void skipped_clear(struct skipped *s);                             /* wiped, freed, empty */

/* Room for n further keys at once. */
void skipped_reserve(struct skipped *s, size_t n);
/* Keep a key of a chain; the chain is added when it is the first of it. */
void skipped_put(
    struct skipped *s, const struct skipped_chain *chain, const struct skipped_key *key);
/* Hand a key out and forget it. ERR_NOT_FOUND. */
int skipped_take(struct skipped *s, uint32_t serial, uint32_t number, uint8_t key[SKIPPED_KEY])
    MUST_CHECK;
/* Forget what is older than max_age ms, and keep the bounds. */
void skipped_expire(struct skipped *s, uint64_t now, uint64_t max_age);
/* When the oldest of them was skipped; 0: there is none. */
uint64_t skipped_oldest(const struct skipped *s);

/* NULL when there is none; valid until the next change. */
const struct skipped_chain *skipped_by_tag(const struct skipped *s, const uint8_t tag[SKIPPED_TAG]);
const struct skipped_chain *skipped_by_ratchet_key(
    const struct skipped *s, const uint8_t key[SKIPPED_KEY]);

int skipped_pack(const struct skipped *s, struct buf *out) MUST_CHECK;
int skipped_unpack(struct bytes *in, struct skipped *out) MUST_CHECK; /* advances in */

#endif
