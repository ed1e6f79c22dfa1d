/*
 * envelope: the outer form of a sealed message, its padding and what its seals cover. Part of the
 * session; recado-protocol(7), ENVELOPE.
 */
#ifndef RECADO_CRYPTO_ENVELOPE_H
#define RECADO_CRYPTO_ENVELOPE_H

#include "crypto/ratchet.h"
#include "crypto/session.h"
#include "crypto/suite.h"

#define ENVELOPE_VERSION 1
#define ENVELOPE_HEADER 40       /* octets of an open ratchet header */
#define ENVELOPE_INITIAL_MAX 256 /* octets of an encoded Initial */
#define ENVELOPE_SALT 16         /* octets of the sealed body that make a header's key its own */
#define ENVELOPE_VARINT_MAX 3    /* octets of the encoding's integers, all below 2^21 */

/* What both seals of an envelope cover beside what they seal. */
struct envelope_context {
	uint16_t suite;
	const uint8_t *session_ad;   /* X3DH_AD octets */
	const uint8_t *tag;          /* SESSION_TAG octets */
	struct bytes initial;        /* as it travels; empty once answered */
	struct suite_cipher *cipher; /* of that suite: makes, or opens, both seals */
};

/* Seal a plaintext under what the ratchet gave, padded so that the encoded Envelope has the least
 * size of 256, 512, ... 32768 octets that holds it. ERR_LIMIT: none does. */
int envelope_seal(const struct envelope_context *c, const struct ratchet_sealing *keys,
    struct bytes plaintext, struct buf *out) MUST_CHECK;
/* Would a plaintext of n octets fit? 0 or ERR_LIMIT. */
int envelope_fits(uint16_t suite, size_t initial_len, size_t n) MUST_CHECK;

/* recado.proto's Envelope, version 1; views into the octets it was decoded from. */
struct envelope {
	uint16_t suite;
	struct bytes tag, header, body;
	struct bytes initial; /* may be empty */
};
/* Decode and check everything that needs no key: size, version, suite, lengths, and that the
 * encoding is the canonical one. ERR_FORMAT, ERR_VERSION, ERR_SUITE. */
int envelope_decode(struct bytes in, struct envelope *out) MUST_CHECK;
/* Two steps to open one: the header under its header key, the body under the message key that the
 * ratchet finds by the header. ERR_MAC. plaintext: a secret buf. */
int envelope_open_header(const struct envelope_context *c, const struct envelope *e,
    const uint8_t header_key[RATCHET_KEY], struct ratchet_header *out) MUST_CHECK;
int envelope_open_body(const struct envelope_context *c, const struct envelope *e,
    const struct ratchet_header *header, const uint8_t message_key[RATCHET_KEY],
    struct buf *plaintext) MUST_CHECK;

#endif
