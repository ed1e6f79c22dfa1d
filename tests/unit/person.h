/*
 * person: people for tests, each with a throwaway card and any number of devices.
 *
 * A card here is a P-256 key and a certificate of a throwaway CA, so that signatures are real and
 * cert_verify can judge them. Everything aborts on failure.
 */
#ifndef RECADO_TESTS_UNIT_PERSON_H
#define RECADO_TESTS_UNIT_PERSON_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/buf.h"
#include "crypto/binding.h"
#include "crypto/key.h"

struct person_ca {
	EVP_PKEY *key;
	X509 *cert;
	struct buf *der;
	long serial;
};

struct person_card {
	EVP_PKEY *key;
	struct buf *der; /* certificate */
};

struct person_device {
	uint8_t id[DEVICE_ID_LEN];
	struct key_sign *sign;
	struct key_dh *dh;
	struct binding binding;
	struct buf *signed_binding; /* encoded SignedBinding */
};

#define PERSON_NOW 1790000000000ull /* ms; inside every certificate's validity */

struct person_ca *person_ca_new(void);
void person_ca_free(struct person_ca **pca);
struct person_card *person_card_new(struct person_ca *ca, const char *name, const char *id);
void person_card_free(struct person_card **pc);
/* Sign with the card: SHA-256 and ECDSA in DER, or PKCS #1 with an RSA key. */
void person_card_sign(const struct person_card *c, struct bytes message, struct buf *sig);

struct person_device *person_device_new(const char *user, const char *device);
void person_device_free(struct person_device **pd);
/* Bind with what stands in d->binding (purpose, user id, list head, renewed; relay id, unless it is
 * zero); the rest is filled. */
void person_bind(struct person_device *d, const struct person_card *card);

#endif
