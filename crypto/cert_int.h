/*
 * cert_int: what the parts of cert share. Included by crypto/cert*.c only.
 *
 *   cert.c         cert_verify: the order of the questions, the cache
 *   cert_verdict.c the answer; cert_say.c the answer in words
 *   cert_path.c    a chain and its revocation, by OpenSSL; cert_lists.c the lists it is handed
 *   cert_policies.c those that a card's certificate must have
 *   cert_profile.c what OpenSSL does not ask: keys, usage, the strict profile; cert_names.c its names
 *   cert_store.c   anchors, intermediates, lists; cert_load.c their files; cert_issuers.c what one
 *                  store gives another
 *   cert_info.c    a certificate as text; cert_urls.c where its lists are; cert_key.c keys and
 *                  signatures
 */
#ifndef RECADO_CRYPTO_CERT_INT_H
#define RECADO_CRYPTO_CERT_INT_H

#include <pthread.h>

#include <openssl/x509v3.h>

#include "crypto/cert.h"

#define CERT_LEARNED_MAX 256 /* intermediates kept because they were part of a good chain */
#define CERT_CACHE_MAX 1024
#define CERT_MEMO_MAX 2048

struct cert_anchor {
	X509 *x;
	bool relay;
};

/* An answer that was given: good until it may change. */
struct cert_cached {
	uint8_t key[CERT_HASH_LEN];
	uint64_t from, until; /* ms */
	const struct cert_verdict *verdict;
};

/* Has this key signed this list? */
struct cert_memo {
	uint8_t list[REVOCATION_HASH_LEN], key[CERT_HASH_LEN];
	bool good, used;
};

struct cert_store {
	pthread_mutex_t lock;
	struct cert_policy policy;
	struct cert_anchor *anchors;
	size_t anchor_count;
	X509_STORE *trusted; /* the anchors, for OpenSSL */
	STACK_OF(X509) * intermediates;
	size_t learned;
	struct revocation_set *lists;
	uint64_t generation;
	struct cert_cached *cache;
	size_t cache_next;
	struct cert_memo *memo;
	size_t memo_next;
};

/* ---- cert_info.c */
X509 *cert_parse(struct bytes der); /* exactly one, nothing after it; NULL */
void cert_link_fill(X509 *x, struct cert_link *out);
char *cert_name_text(const X509_NAME *name);
/* First value of an attribute, sanitised; "" without one. */
char *cert_name_entry(const X509_NAME *name, int nid);
uint64_t cert_time_ms(const ASN1_TIME *t);
void cert_x509_sha256(X509 *x, uint8_t out[CERT_HASH_LEN]);
bool cert_has_relay_mark(const X509 *x); /* well written or not */

/* ---- cert_key.c */
/* A key that may be relied on at all: size, named curve, no ROCA. On failure *why is a clause. */
int cert_key_check(EVP_PKEY *key, int rsa_bits_min, const char **why) MUST_CHECK;

/* ---- cert_profile.c */
/* All return 0 or the code, with *why a clause. depth 0 is the leaf. */
int cert_profile_leaf(X509 *leaf, enum cert_purpose purpose, const char **why) MUST_CHECK;
int cert_profile_keys(STACK_OF(X509) * chain, int rsa_bits_min, int *depth, const char **why)
    MUST_CHECK;
int cert_profile_strict(
    STACK_OF(X509) * chain, enum cert_purpose purpose, int *depth, const char **why) MUST_CHECK;

/* ---- cert_names.c */
bool cert_names_valid(X509 *x);             /* subjectAltName: absent or well written */
bool cert_names_constraints_valid(X509 *x); /* nameConstraints: absent or as RFC 5280 has it */
/* Does a wildcard of the leaf's stand for a host that a constraint above it excludes? */
bool cert_names_wildcard_excluded(STACK_OF(X509) * chain);

/* ---- cert_path.c */
struct cert_standing { /* of one link, leaf first */
	enum cert_state state;
	uint64_t this_update, next_update;
	int error; /* X509_V_ERR_* of what made it unknown; 0 */
	int reason; /* with CERT_REVOKED: CRL_REASON_*, -1 where none is given */
	uint64_t revoked_at;
};

struct cert_path {
	/* in */
	struct cert_store *store;
	const struct cert_request *rq;
	X509 *leaf;
	STACK_OF(X509) * untrusted;
	/* out */
	STACK_OF(X509) * chain; /* leaf first; NULL when nothing was built */
	bool complete;          /* signatures hold up to an anchor */
	int error, depth;       /* X509_V_ERR_* and where; 0 */
	bool ambiguous;         /* two different lists in the directory */
	bool foreign;           /* issued under none of the policies of cards */
	struct cert_standing standing[CERT_CHAIN_MAX + 2];
};
/* Chain, dates, constraints, policies: everything but revocation. */
int cert_path_build(struct cert_path *p) MUST_CHECK;
/* Revocation of each link of p->chain, into p->standing. */
int cert_path_revocation(struct cert_path *p) MUST_CHECK;
void cert_path_clear(struct cert_path *p);
/* Does one of these policies hold for all of p's chain? */
int cert_path_policies(
    const struct cert_path *p, const struct cert_policies *of, bool *hold) MUST_CHECK;
/* Is the policy among those that the certificate lists itself? */
bool cert_policies_listed(X509 *x, const char *oid);
int cert_path_rsa_bits_min(const struct cert_store *s); /* the policy's, or the default */
/* The lookup of serial numbers in a list, told to whoever relies on it. Installed in trusted. */
void cert_path_install(X509_STORE *trusted);
/* The chain from x, which is no anchor, through these to one, dates aside; NULL. Ends with
 * sk_X509_pop_free. */
STACK_OF(X509) * cert_path_above(struct cert_store *s, X509 *x, STACK_OF(X509) * through);
/* Is x an anchor, or is there such a chain? */
bool cert_path_reaches(struct cert_store *s, X509 *x);

/* The link at this depth (leaf 0), the last one beyond; the leaf when nothing was built. */
X509 *cert_path_link(const struct cert_path *p, int depth);

/* ---- cert_lists.c */
/* Has this certificate's key signed this list? Answers are remembered. */
bool cert_lists_signed(struct cert_store *s, struct revocation *r, X509 *issuer);
/* The lists that may be relied on for p->chain, elements borrowed from the store; sets
 * p->ambiguous. NULL when memory is out. */
STACK_OF(X509_CRL) * cert_lists_choose(struct cert_path *p);
/* What OpenSSL does not ask of a list that is to cover a certificate. */
bool cert_lists_may_cover(const X509_CRL *list, X509 *x);
/* What a list says of a certificate that it revokes: reason (CRL_REASON_*, -1) and moment (0). */
void cert_lists_entry(X509_CRL *list, X509 *x, int *reason, uint64_t *at);
/* "key compromise" for a CRL_REASON_*; "" for none. */
const char *cert_lists_reason(int reason);

/* ---- cert_verdict.c */
struct cert_verdict *cert_verdict_new(X509 *leaf);
const struct cert_verdict *cert_verdict_ref(const struct cert_verdict *v);
/* Chain, needs and how long it holds, once the path is settled and the code is there. */
void cert_verdict_fill(const struct cert_path *p, struct cert_verdict *v);
uint64_t cert_verdict_earlier(uint64_t a, uint64_t b); /* of two moments; b 0: a */

/* ---- cert_say.c */
/* The verdict's code and sentence; nothing when something was said already. */
void cert_say(struct cert_verdict *v, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);
void cert_say_path(const struct cert_path *p, struct cert_verdict *v);
void cert_say_revocation(const struct cert_path *p, struct cert_verdict *v);
void cert_say_over(const struct cert_request *rq, struct cert_verdict *v); /* until_ms passed */
void cert_say_policies(const struct cert_policy *policy, struct cert_verdict *v);
void cert_say_good(const struct cert_path *p, struct cert_verdict *v);
/* What a link is called in a sentence: its common name, or its whole name. Caller frees. */
char *cert_say_name(const X509_NAME *name);

/* ---- cert_store.c; the lock is held */
bool cert_store_is_anchor(const struct cert_store *s, const X509 *x);
bool cert_store_is_relay(const struct cert_store *s, const X509 *anchor);
void cert_store_learn(struct cert_store *s, STACK_OF(X509) * chain);
bool cert_store_learn_one(struct cert_store *s, X509 *x); /* false: known, or no room */
int cert_store_add_locked(struct cert_store *s, enum cert_kind kind, struct bytes der, bool *fresh,
    struct fault *f) MUST_CHECK;

#endif
