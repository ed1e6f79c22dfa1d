/*
 * keyfile: the device's keys at rest, under the passphrase. scrypt (N = 2^17, r = 8, p = 1; the
 * parameters stand in the file and are authenticated) derives the key that seals them with
 * AES-256-GCM. DESIGN 3.3, 4. File format: recado-protocol(7), KEY FILE.
 */
#ifndef RECADO_CRYPTO_KEYFILE_H
#define RECADO_CRYPTO_KEYFILE_H

#include "base/buf.h"
#include "crypto/key.h"

#define KEYFILE_MAX 8192
#define KEYFILE_VAULT_KEY 32

/* What is kept; lives in the secret arena. */
struct keyfile {
	struct key_sign *device_sign; /* DSK */
	struct key_dh *device_dh;     /* DIK */
	uint8_t vault_key[KEYFILE_VAULT_KEY];
	struct bytes soft_card; /* PKCS#8 DER of the P-256 key that plays the card (enrolment); or
	                           empty. Owned, in the secret arena. */
};

/* Fresh keys (without soft_card). */
int keyfile_new(struct keyfile **out) MUST_CHECK;
void keyfile_free(struct keyfile **pk);
/* Append the sealed file. passphrase is UTF-8, at least 1 octet. */
int keyfile_seal(const struct keyfile *k, struct bytes passphrase, struct buf *out) MUST_CHECK;
/* ERR_PASSPHRASE when it does not open; ERR_FORMAT, ERR_VERSION, ERR_LIMIT (parameters out of
 * bounds: N at most 2^20, r at most 16). */
int keyfile_open(struct bytes file, struct bytes passphrase, struct keyfile **out) MUST_CHECK;

#endif
