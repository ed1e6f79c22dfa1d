/*
 * revocation: certificate revocation lists, parsed, compared and kept. RFC 5280 section 5.
 *
 * A list is parsed once, strictly (DER only, no unknown critical extension, bounds everywhere) and
 * then never changes. A set holds the lists a certificate store knows. Nothing here says that a
 * list is genuine: cert_verify checks its signature and its issuer each time it is relied on.
 *
 * Two ways into a set, with two rules (DESIGN 3.3):
 *   revocation_set_update   a newer list of the same issuer and scope takes the older one's place; a
 *                           lower CRLNumber than seen is refused. For lists fetched or relayed.
 *   revocation_set_add      lists that lie side by side in a directory. A list without
 *                           IssuingDistributionPoint is its issuer's full list; the same list twice
 *                           counts once; of two different ones neither is relied on.
 */
#ifndef RECADO_CRYPTO_REVOCATION_H
#define RECADO_CRYPTO_REVOCATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/err.h"

#define REVOCATION_HASH_LEN 32
#define REVOCATION_LIST_MAX (16u << 20) /* octets of one list */
#define REVOCATION_SET_MAX 1024         /* lists in a set */
#define REVOCATION_SET_BYTES (64u << 20)
#define REVOCATION_NUMBER_MAX 20 /* octets of a CRLNumber, RFC 5280 5.2.3 */
#define REVOCATION_URL_MAX 256

/* A list as it lies in memory; immutable, shared by reference count. */
struct revocation;

struct revocation_info {
	uint8_t issuer[REVOCATION_HASH_LEN]; /* SHA-256 of the DER of the issuer's name */
	uint8_t sha256[REVOCATION_HASH_LEN]; /* of the list's DER */
	size_t size;
	uint64_t this_update, next_update;     /* ms since 1970; next_update 0: none */
	uint8_t number[REVOCATION_NUMBER_MAX]; /* CRLNumber, big-endian, right-aligned */
	bool has_number;
	bool delta;                   /* has a DeltaCRLIndicator */
	bool scoped;                  /* has an IssuingDistributionPoint */
	bool conforming;              /* version 2, nextUpdate, CRLNumber and authority key
	                                  identifier, not critical (RFC 5280 5.1, 5.2) */
	char url[REVOCATION_URL_MAX]; /* its distribution point, sanitised; "" without one */
	char *issuer_text;            /* sanitised one-line name; lives as long as the list */
};

/* Parse one DER list. ERR_FORMAT, ERR_TRAILING, ERR_LIMIT with a fault (about: what, NULL allowed). */
int revocation_parse(struct bytes der, const char *about, struct revocation **out, struct fault *f)
    MUST_CHECK;
struct revocation *revocation_ref(struct revocation *r);
void revocation_free(struct revocation **pr); /* drops one reference */
const struct revocation_info *revocation_info(const struct revocation *r);
struct bytes revocation_der(const struct revocation *r);        /* valid while referenced */
struct X509_crl_st *revocation_crl(const struct revocation *r); /* OpenSSL's view; borrowed */
/* SHA-256 over issuer, distribution point and kind (full or delta): two lists signed by one key
 * that agree in it are versions of each other. */
const uint8_t *revocation_scope(const struct revocation *r);
/* The key (SHA-256 of its SubjectPublicKeyInfo) that has signed the list, from who has checked it
 * and whose set it is in. Lists of two keys are no versions of each other, whatever they say. */
void revocation_signed_by(struct revocation *r, const uint8_t key[REVOCATION_HASH_LEN]);
/* Are they so by their keys and by what they say, the authority key identifier included? */
bool revocation_supersedes(const struct revocation *a, const struct revocation *b);
/* SHA-256 over all that revocation_supersedes compares: the same for every version of a list. */
void revocation_lineage(const struct revocation *r, uint8_t lineage[REVOCATION_HASH_LEN]);
/* Which is newer, by CRLNumber where both have one, else by thisUpdate: <0, 0, >0 as a - b. */
int revocation_compare(const struct revocation *a, const struct revocation *b);

/* SHA-256 of a certificate's issuer name (DER): the key lists are asked for by (GetRevocation).
 * ERR_FORMAT. */
int revocation_issuer_of(struct bytes certificate, uint8_t issuer[REVOCATION_HASH_LEN]) MUST_CHECK;
/* The same of its subject name: the key of the lists that this certificate issues. */
int revocation_subject_of(struct bytes certificate, uint8_t subject[REVOCATION_HASH_LEN])
    MUST_CHECK;

struct revocation_set;
struct revocation_set *revocation_set_new(void);
void revocation_set_free(struct revocation_set **ps);
/* Both take a reference of their own. 0 also when the very same list was there already (*changed
 * false). changed may be NULL.
 * update: the caller has checked the signature. ERR_REPLAY when a newer list of the same scope was
 * seen this way. ERR_LIMIT. */
int revocation_set_update(struct revocation_set *s, struct revocation *r, bool *changed) MUST_CHECK;
int revocation_set_add(struct revocation_set *s, struct revocation *r, bool *changed) MUST_CHECK;
/* The directory's lists are those of other's from now on; what came through revocation_set_update, and
 * the numbers seen that way, stay. *changed: they were others. ERR_LIMIT: nothing has changed. */
int revocation_set_read_again(
    struct revocation_set *s, const struct revocation_set *other, bool *changed) MUST_CHECK;
/* Of count lists that one key has signed, use[i] tells which may be relied on: per scope the newest
 * that was fetched, or the one in the directory if that is newer and there is only one; never one
 * older than was seen. Returns true when a directory holds two different lists of one scope. */
bool revocation_set_choose(
    const struct revocation_set *s, struct revocation *const *lists, bool *use, size_t count);

size_t revocation_set_count(const struct revocation_set *s);
/* Lists in no particular order; borrowed, valid until the set changes. */
struct revocation *revocation_set_at(const struct revocation_set *s, size_t i);
struct revocation *revocation_set_by_hash(
    const struct revocation_set *s, const uint8_t sha256[REVOCATION_HASH_LEN]);
/* Did revocation_set_update take it, and nothing newer since? */
bool revocation_set_has_fetched(
    const struct revocation_set *s, const uint8_t sha256[REVOCATION_HASH_LEN]);

#endif
