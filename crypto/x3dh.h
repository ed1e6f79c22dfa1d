/*
 * x3dh: the first keys of a session. Source: Signal, "The X3DH Key Agreement Protocol", revision
 * 1, with the names of DESIGN 3.4 in the derivation; recado-protocol(7), X3DH.
 */
#ifndef RECADO_CRYPTO_X3DH_H
#define RECADO_CRYPTO_X3DH_H

#include "crypto/ratchet.h"
#include "crypto/session.h"

#define X3DH_AD 32

struct x3dh_result { /* secret */
	struct ratchet_secrets ratchet;
	uint8_t ad[X3DH_AD]; /* names the session in the associated data of all its messages */
};

/* The initiator's side with its ephemeral; the bundle is the peer's. ERR_KEY. */
int x3dh_initiate(const struct session_start *p, const struct key_dh *ephemeral,
    struct x3dh_result *out) MUST_CHECK;
/* The responder's, from what the envelope shows. ERR_KEY, ERR_UNEXPECTED (made for other prekeys). */
int x3dh_respond(const struct session_accept *p, struct x3dh_result *out) MUST_CHECK;

/* The bare agreement: HKDF-SHA256 over 32 octets 0xff and the Diffie-Hellman results in order, salt zero.
 * count is 3 or 4. */
#define X3DH_DH_MAX 4
int x3dh_derive(const uint8_t (*dh)[KEY_LEN], size_t count, struct bytes info, uint8_t *out,
    size_t n) MUST_CHECK;

#endif
