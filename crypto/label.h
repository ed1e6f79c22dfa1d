/*
 * label: what every signature, MAC, hash and derivation covers:
 *
 *     "recado/1 " LABEL 0x00 u32-length body          (recado-protocol(7), LABELS)
 *
 * One label a kind, so that nothing made for one purpose serves another. As in kdf.h, an output may
 * be where a part of the input is.
 */
#ifndef RECADO_CRYPTO_LABEL_H
#define RECADO_CRYPTO_LABEL_H

#include "base/buf.h"
#include "crypto/kdf.h"

#define LABEL_HASH 32

/* Octets before the body, at most. */
#define LABEL_HEAD_MAX 54

/* Append the wrapped body. */
int label_wrap(struct buf *out, const char *label, struct bytes body) MUST_CHECK;
/* What label_wrap writes before a body of this length, into memory of the caller's; *n gets its
 * length. */
int label_head(const char *label, size_t body, uint8_t out[LABEL_HEAD_MAX], size_t *n) MUST_CHECK;
/* SHA-256 of the wrapped concatenation of n parts. */
int label_hash(const char *label, const struct bytes *parts, size_t n, uint8_t out[LABEL_HASH])
    MUST_CHECK;
/* The same with any hash; out: kdf_len(h) octets. */
struct label_digest {
	enum kdf_hash hash;
	const char *label;
};
int label_digest(const struct label_digest *p, const struct bytes *parts, size_t n, uint8_t *out)
    MUST_CHECK;
/* HMAC of the wrapped concatenation of n parts. */
struct label_mac {
	enum kdf_hash hash;
	struct bytes key;
	const char *label;
};
int label_mac(const struct label_mac *p, const struct bytes *parts, size_t n, uint8_t *out)
    MUST_CHECK;
/* HKDF-Expand of secret (a pseudo-random key of at least kdf_len(hash) octets) with the wrapped
 * body as info. */
struct label_derive {
	enum kdf_hash hash;
	struct bytes secret;
	const char *label;
	struct bytes body; /* may be empty */
};
int label_derive(const struct label_derive *p, uint8_t *out, size_t n) MUST_CHECK;

#endif
