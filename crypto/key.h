/*
 * key: Ed25519 signing keys and X25519 agreement keys over OpenSSL.
 *
 * A pair keeps its EVP_PKEY, since making one from raw octets computes the public key again.
 * Signatures are always over a labelled body (label.h). Sources: RFC 8032, RFC 7748.
 */
#ifndef RECADO_CRYPTO_KEY_H
#define RECADO_CRYPTO_KEY_H

#include "base/buf.h"

#define KEY_LEN 32
#define KEY_SIG_LEN 64

/* Once, at the start of a process, before threads: OpenSSL's copies of private keys go into memory
 * that is locked and left out of core dumps. Again is nothing. ERR_NOMEM: such memory cannot be had
 * (the keys work all the same). */
int key_init(void) MUST_CHECK;

struct key_sign; /* Ed25519 pair */
struct key_dh;   /* X25519 pair */

int key_sign_new(struct key_sign **out) MUST_CHECK;                       /* random */
int key_sign_from_seed(const uint8_t seed[KEY_LEN], struct key_sign **out) MUST_CHECK;
void key_sign_free(struct key_sign **pk);
const uint8_t *key_sign_public(const struct key_sign *k);                 /* KEY_LEN octets */
int key_sign_seed(const struct key_sign *k, uint8_t seed[KEY_LEN]) MUST_CHECK; /* wipe it after */
int key_sign_label(const struct key_sign *k, const char *label, struct bytes body,
    uint8_t sig[KEY_SIG_LEN]) MUST_CHECK;

/* Strict: refuses small-order and non-canonical public keys and S out of range. ERR_SIGNATURE,
 * ERR_KEY. sig of another length than KEY_SIG_LEN is ERR_SIGNATURE. */
int key_verify_label(const uint8_t public[KEY_LEN], const char *label, struct bytes body,
    struct bytes sig) MUST_CHECK;
/* May this Ed25519 public key be taken from a peer? ERR_KEY: small order or not canonical. */
int key_check_sign(const uint8_t public[KEY_LEN]) MUST_CHECK;
/* Without a label: for conformance data only. */
int key_verify_raw(struct bytes public, struct bytes message, struct bytes sig) MUST_CHECK;

int key_dh_new(struct key_dh **out) MUST_CHECK;
int key_dh_from_private(const uint8_t private[KEY_LEN], struct key_dh **out) MUST_CHECK;
/* From octets that key_dh_private and key_dh_public gave: the public key is taken, not computed
 * again, which is most of the cost of an agreement. Only for pairs out of our own store. */
int key_dh_from_pair(const uint8_t private[KEY_LEN], const uint8_t public[KEY_LEN],
    struct key_dh **out) MUST_CHECK;
void key_dh_free(struct key_dh **pk);
const uint8_t *key_dh_public(const struct key_dh *k);
int key_dh_private(const struct key_dh *k, uint8_t private[KEY_LEN]) MUST_CHECK;
/* shared = X25519; ERR_KEY when the result is all zero (non-contributory). */
int key_dh_agree(const struct key_dh *k, const uint8_t peer[KEY_LEN], uint8_t shared[KEY_LEN])
    MUST_CHECK;
/* May this X25519 public key be taken from a peer? ERR_KEY: agreement with it would be zero. */
int key_check_dh(const uint8_t public[KEY_LEN]) MUST_CHECK;

#endif
