/*
 * ratchet_int: what a ratchet holds, for ratchet.c and its packed form.
 */
#ifndef RECADO_CRYPTO_RATCHET_INT_H
#define RECADO_CRYPTO_RATCHET_INT_H

#include "crypto/ratchet.h"
#include "crypto/skipped.h"

struct chain {
	bool live;
	uint8_t key[RATCHET_KEY];
	uint32_t number; /* of the next message */
};

struct header_key {
	bool live;
	uint8_t key[RATCHET_KEY];
	uint8_t tag[RATCHET_TAG];
};

struct ratchet {
	const struct ratchet_profile *profile;
	uint8_t root[RATCHET_KEY];
	uint8_t own_private[RATCHET_KEY], own_public[RATCHET_KEY]; /* DHs */
	uint8_t peer[RATCHET_KEY];                                 /* DHr */
	struct chain sending, receiving;
	uint32_t previous;                                  /* PN */
	uint32_t serial;                                    /* of the receiving chain, from 1 */
	bool turn_due;                                      /* the sending half */
	struct header_key seal, seal_next, open, open_next; /* HKs, NHKs, HKr, NHKr */
	struct skipped skipped;
};

#endif
