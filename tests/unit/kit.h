/*
 * kit: the virtual PKI of tests/softcard for unit tests, and certificates and lists made to order
 * with its authorities' keys. Everything aborts the test when it cannot be had.
 */
#ifndef RECADO_TESTS_KIT_H
#define RECADO_TESTS_KIT_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/x509v3.h>

#include "base/buf.h"
#include "crypto/cert.h"

#define KIT_DAY_S (24 * 3600)

/* Is the kit there at all? */
bool kit_exists(void);
/* A path in RECADO_BUILD/tests/softcard/kit; caller frees. */
char *kit_path(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* A whole file; caller frees p. */
struct bytes kit_file(const char *path);
/* An authority's certificate as DER ("auc0020"); a holder's ("joao"). Caller frees p. */
struct bytes kit_authority(const char *name);
struct bytes kit_holder(const char *name);
void kit_free(struct bytes *b);

/* Load a folder of the kit's PKI: "anchors", "inter", "crl". */
void kit_load(struct cert_store *s, enum cert_kind kind, const char *folder);
/* A store with all three. */
struct cert_store *kit_store(enum cert_revocation revocation);
/* Verdict on a leaf or on a holder's; never NULL. */
const struct cert_verdict *kit_verify(struct cert_store *s, struct bytes leaf, uint64_t now_ms);
const struct cert_verdict *kit_verify_holder(
    struct cert_store *s, const char *holder, uint64_t now_ms);

/* A revocation list made to order. Times are seconds from now. */
struct kit_list {
	const char *authority;         /* whose name and key */
	const char *name;              /* whose name, when it is another's */
	long number;                   /* CRLNumber; 0: none */
	long this_update, next_update; /* next 0: none */
	const char *revoked;           /* holder, or NULL */
	const char *revoked_ca;        /* authority, or NULL */
	const char *point;             /* URI of its distribution point, or NULL */
	long base;                     /* makes it a delta of this base; 0: full */
	bool freshest;                 /* says that deltas exist (RFC 5280 5.2.6) */
	bool no_key_id;                /* leave the authority key identifier out */
};
struct bytes kit_list(const struct kit_list *l);

/* A leaf made to order, issued by an authority. */
struct kit_leaf {
	const char *authority;
	EVP_PKEY *key;              /* borrowed */
	const char *usage;          /* "critical,digitalSignature"; NULL: none */
	const char *extended;       /* "clientAuth"; NULL: none */
	const char *common_name;    /* UTF-8 octets, taken as they are */
	long not_before, not_after; /* seconds from now */
};
struct bytes kit_leaf(const struct kit_leaf *l);

#endif
