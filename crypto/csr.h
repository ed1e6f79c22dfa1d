/*
 * csr: a request for a certificate, of somebody without a card. PKCS #10 (RFC 2986), DESIGN 3.3.
 *
 * A request holds a P-256 key, a subject of at most five attributes and the key's signature over
 * both. What else stands in one (further attributes, extensions) is never looked at: nothing of it
 * reaches a certificate.
 */
#ifndef RECADO_CRYPTO_CSR_H
#define RECADO_CRYPTO_CSR_H

#include "base/buf.h"
#include "base/err.h"

#define CSR_MAX 4096      /* octets of a request */
#define CSR_VALUE_MAX 512 /* octets of an attribute's value */
#define CSR_SPKI_MAX 128  /* octets of a P-256 SubjectPublicKeyInfo */
#define CSR_TEXT_MAX 2048 /* octets of a subject as text */

/* In the order in which they stand in a name. */
enum csr_attribute { CSR_C, CSR_ST, CSR_L, CSR_O, CSR_CN, CSR_ATTRIBUTES };

/* Clean UTF-8; "" where there is none. C is two capital letters; the others have at most as many
 * code points as RFC 5280 allows (CN and O 64, ST and L 128). */
struct csr_subject {
	char value[CSR_ATTRIBUTES][CSR_VALUE_MAX + 1];
};

/* "C=PT, ST=..., L=..., O=..., CN=...", RFC 4514: types in any case and order, each at most once;
 * backslash escapes; text NULL is "". Without a CN it gets cn. ERR_USAGE with what is wrong. */
int csr_subject_parse(const char *text, const char *cn, struct csr_subject *out, struct fault *f)
    MUST_CHECK;
/* Append its attributes to an OpenSSL name. */
struct X509_name_st;
int csr_subject_put(const struct csr_subject *s, struct X509_name_st *name) MUST_CHECK;

struct csr {
	struct csr_subject subject;
	uint8_t spki[CSR_SPKI_MAX]; /* DER */
	size_t spki_len;
	uint8_t sha256[32]; /* of the request's DER */
};

/* A fresh P-256 key (*key: PKCS #8 DER in the secret arena, the caller's) and a request for it. */
int csr_make(const struct csr_subject *subject, struct bytes *key, struct buf *der) MUST_CHECK;
/* Read one from anybody: bounds, the key (P-256 as a named curve), its signature (ECDSA with
 * SHA-256), then the subject, which must have a CN. ERR_FORMAT, ERR_TRAILING, ERR_LIMIT, ERR_KEY,
 * ERR_SIGNATURE, ERR_FIELD (a value that may not stand in a name; f says which). */
int csr_parse(struct bytes der, struct csr *out, struct fault *f) MUST_CHECK;

/* What a request for the same key and the same subject as a certificate's would say; sha256 is zero. As
 * csr_parse, but that nothing is signed. */
int csr_of_certificate(struct bytes der, struct csr *out) MUST_CHECK;

#endif
