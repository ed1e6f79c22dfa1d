/*
 * kdf: hash, HMAC (RFC 2104), HKDF (RFC 5869) and scrypt (RFC 7914) over OpenSSL.
 *
 * Input is given in parts and taken as their concatenation; label.h wraps what must carry a label.
 * Outputs are cleared when a call fails. An output may be where the key or a part of the input is
 * (HKDF-Expand: where the key is), since hash chains and key chains are stepped in place.
 */
#ifndef RECADO_CRYPTO_KDF_H
#define RECADO_CRYPTO_KDF_H

#include "base/buf.h"

enum kdf_hash { KDF_SHA256 = 1, KDF_SHA384 = 2, KDF_SHA512 = 3 };

#define KDF_MAX 64 /* octets of the longest hash */

/* Octets of a hash: 32, 48, 64; 0 for what is none. */
size_t kdf_len(enum kdf_hash h);

/* out: kdf_len(h) octets. */
int kdf_digest(enum kdf_hash h, const struct bytes *parts, size_t n, uint8_t *out) MUST_CHECK;
/* SHA-256 of one view. */
int kdf_sha256(struct bytes in, uint8_t out[32]) MUST_CHECK;

/* One MAC under a key. out: kdf_len(h) octets. */
int kdf_hmac(enum kdf_hash h, struct bytes key, const struct bytes *parts, size_t n, uint8_t *out)
    MUST_CHECK;
/* A MAC of each of n inputs under one key, which is set up once. out: n times kdf_len(h) octets,
 * apart from key and inputs. */
int kdf_hmac_each(enum kdf_hash h, struct bytes key, const struct bytes *in, size_t n, uint8_t *out)
    MUST_CHECK;

/* HKDF-Extract; an empty salt is kdf_len(h) zero octets, as the RFC has it. */
int kdf_extract(enum kdf_hash h, struct bytes salt, struct bytes ikm, uint8_t *prk) MUST_CHECK;
/* HKDF-Expand of a prk of at least kdf_len(h) octets; ERR_LIMIT above 255 * kdf_len(h). */
struct kdf_expand {
	enum kdf_hash hash;
	struct bytes prk, info;
};
int kdf_expand(const struct kdf_expand *p, uint8_t *out, size_t n) MUST_CHECK;

/* scrypt. N is a power of two above 1. ERR_LIMIT: needs more than 2 GiB; ERR_FORMAT: parameters
 * that are none. */
struct kdf_scrypt {
	struct bytes secret, salt;
	uint64_t n;
	uint32_t r, p;
};
int kdf_scrypt(const struct kdf_scrypt *in, uint8_t *out, size_t len) MUST_CHECK;

#endif
