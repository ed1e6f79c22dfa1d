/*
 * ca: a relay's own certification authority, for people without a card. RFC 5280; DESIGN 3.3.
 *
 * One self-signed P-256 root, below it leaves and a revocation list, nothing else. The root carries
 * the id of the relay it belongs to, in an extension of its own (cert_relay_of): so wherever such a
 * root comes from, what ends there is trust R, and no other authority can be passed off as a relay's.
 * Time is an argument.
 */
#ifndef RECADO_CRYPTO_CA_H
#define RECADO_CRYPTO_CA_H

#include "base/buf.h"
#include "base/err.h"
#include "crypto/cert.h"
#include "crypto/csr.h"

#define CA_SERIAL_LEN 16
#define CA_NAME_MAX 64 /* code points */
#define CA_KEY_MAX 512 /* octets of the packed key */

struct ca;

struct ca_root {
	const char *name; /* CN; at most CA_NAME_MAX, clean */
	const uint8_t *relay_id; /* 32 */
	uint64_t from, until; /* ms */
};
/* A fresh key and its root. ERR_FIELD: the name does not do. */
int ca_new(const struct ca_root *root, struct ca **out) MUST_CHECK;
/* Both as they were kept. ERR_FORMAT, ERR_KEY (they do not belong together). */
int ca_load(struct bytes key, struct bytes root, struct ca **out) MUST_CHECK;
void ca_free(struct ca **pc);
struct bytes ca_root_der(const struct ca *c);
/* PKCS #8 DER, appended; out is secret. */
int ca_pack_key(const struct ca *c, struct buf *out) MUST_CHECK;

/* A certificate for who asked. It ends no later than the root. Its serial is random. */
struct ca_validity {
	uint64_t from, until; /* ms */
};
int ca_issue(const struct ca *c, const struct csr *who, const struct ca_validity *v,
    uint8_t serial[CA_SERIAL_LEN], struct buf *der) MUST_CHECK;

struct ca_revoked {
	uint8_t serial[CA_SERIAL_LEN];
	uint64_t at; /* ms */
};
struct ca_list {
	uint64_t number; /* CRLNumber: must rise */
	uint64_t this_update, next_update; /* ms */
	const struct ca_revoked *revoked;
	size_t count;
};
int ca_crl(const struct ca *c, const struct ca_list *list, struct buf *der) MUST_CHECK;

/* Is this a root that ca_new could have made for this relay? ERR_UNTRUSTED, ERR_FORMAT. */
int ca_root_check(struct bytes root, const uint8_t relay_id[32], struct fault *f) MUST_CHECK;

#endif
