/*
 * suite: the five suites, [key exchange]-[cipher]-[hash], and sealing under a key used once.
 *
 * The table is in order of preference. A record or ratchet message is sealed under key material
 * that seals nothing else, so that the nonce or IV is part of it and no two plaintexts ever meet
 * under one key. recado-protocol(7), SUITES; DESIGN 3.1.
 *
 *     AEAD suites     material = key || nonce (12)          sealed = ciphertext || tag (16)
 *     CTR, CBC        material = key || IV (16) || MAC key   sealed = ciphertext || HMAC (whole)
 *
 * The HMAC covers u64 length of ad || ad || ciphertext, the IV being in the material; it is
 * compared in constant time before anything is decrypted. CBC pads as PKCS#7 (RFC 5652 6.3).
 */
#ifndef RECADO_CRYPTO_SUITE_H
#define RECADO_CRYPTO_SUITE_H

#include <stdbool.h>
#include <openssl/types.h>
#include "base/buf.h"
#include "crypto/kdf.h"

enum suite_id {
	SUITE_NONE = 0,
	SUITE_ECDHE_CHACHA20_POLY1305_SHA256 = 1,
	SUITE_ECDHE_AES256_GCM_SHA384 = 2,
	SUITE_ECDHE_AES256_CTR_SHA384 = 3,
	SUITE_ECDHE_AES128_CTR_SHA256 = 4,
	SUITE_ECDHE_AES256_CBC_SHA256 = 5,
};

#define SUITE_COUNT 5
#define SUITE_MATERIAL_MAX 96  /* 32 key + 16 IV + 48 MAC key */
#define SUITE_NAMES_MAX 192
#define SUITE_OVERHEAD_MAX 64  /* more than any suite adds to a plaintext */

/* All ids, in order of preference. */
const uint16_t *suite_all(void); /* SUITE_COUNT of them */
/* "ECDHE-CHACHA20_POLY1305-SHA256"; NULL for what is no suite. Any case is found. */
const char *suite_name(uint16_t id);
int suite_by_name(const char *name, uint16_t *id) MUST_CHECK; /* ERR_SUITE */
/* All names, best first, with ", " between them, as far as they fit (SUITE_NAMES_MAX do). */
void suite_names(char *out, size_t outlen);
/* A list as somebody chose it, in their order. add appends one name: ERR_SUITE when there is no such
 * suite, ERR_TAKEN when it is in the list. parse takes "A,B,C"; on failure *bad is where the name
 * that was refused begins (it may be empty). */
struct suite_list {
	uint16_t id[SUITE_COUNT];
	size_t count;
};
int suite_list_add(struct suite_list *l, const char *name) MUST_CHECK;
int suite_list_parse(const char *text, struct suite_list *out, const char **bad) MUST_CHECK;
void suite_list_all(struct suite_list *out);
bool suite_list_has(const struct suite_list *l, uint16_t id);
/* 0-based place in the order of preference; -1 for what is no suite. */
int suite_rank(uint16_t id);
enum kdf_hash suite_hash(uint16_t id);   /* 0 for what is no suite */
size_t suite_material(uint16_t id);      /* octets of key material; 0 for what is no suite */
/* First of ours that is among theirs; ERR_SUITE. */
int suite_choose(const uint16_t *ours, size_t n, const uint16_t *theirs, size_t m, uint16_t *id)
    MUST_CHECK;

/* Octets that sealing n octets gives. */
size_t suite_sealed_len(uint16_t id, size_t n);
/* Append the sealed plaintext. material: suite_material(id) octets, never used before. Only
 * ERR_SUITE, ERR_LIMIT (out is full) and ERR_BUG can happen. */
int suite_seal(uint16_t id, const uint8_t *material, struct bytes ad, struct bytes plaintext,
    struct buf *out) MUST_CHECK;
/* Append the plaintext, or ERR_MAC with nothing appended. out may be a secret buf. */
int suite_open(uint16_t id, const uint8_t *material, struct bytes ad, struct bytes sealed,
    struct buf *out) MUST_CHECK;

/* The same for several seals, or several openings, one after the other and each with its own key:
 * OpenSSL's context is made once. All zero but suite: nothing is made yet. Clearing wipes it, and the
 * last key with it. */
struct suite_cipher {
	uint16_t suite;
	EVP_CIPHER_CTX *context;
	int encrypts; /* what context was made for */
};
void suite_cipher_clear(struct suite_cipher *c);
/* Into memory of the caller's: suite_sealed_len octets, which may begin where the plaintext does. */
int suite_seal_at(struct suite_cipher *c, const uint8_t *material, struct bytes ad,
    struct bytes plaintext, uint8_t *out) MUST_CHECK;
/* Into memory for as many octets as are sealed, less the tag: the plaintext and its length; after a
 * failure wiped, and 0. */
int suite_open_at(struct suite_cipher *c, const uint8_t *material, struct bytes ad,
    struct bytes sealed, uint8_t *out, size_t *n) MUST_CHECK;
int suite_open_with(struct suite_cipher *c, const uint8_t *material, struct bytes ad,
    struct bytes sealed, struct buf *out) MUST_CHECK; /* appends, as suite_open does */

#endif
