/*
 * cert: whether a certificate proves its holder. RFC 5280; DESIGN 3.3.
 *
 * A store keeps trust anchors, intermediates and revocation lists. One function, cert_verify,
 * decides: chain to an anchor, dates, key usage, algorithms and key sizes, policies, revocation of
 * the whole chain. Time is an argument; nothing here opens a connection. What a chain lacks
 * (verdict->needs) is fetched by somebody else, put in with cert_store_update_crl, and asked again.
 *
 * A store may be used from several threads; verifications take turns, known answers are quick.
 */
#ifndef RECADO_CRYPTO_CERT_H
#define RECADO_CRYPTO_CERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/err.h"

#include "crypto/revocation.h"

#define CERT_HASH_LEN 32
#define CERT_DER_MAX (16u << 10) /* octets of one certificate */
#define CERT_INTERMEDIATES_MAX 8 /* that come with a leaf */
#define CERT_CHAIN_MAX 10        /* links, anchor included */
#define CERT_STORE_MAX 1024      /* anchors and intermediates together */

/* ------------------------------------------------------------------------------------ policy */

enum cert_profile {
	CERT_STANDARD, /* RFC 5280 as national PKIs use it */
	CERT_STRICT,   /* and every MUST of its certificate profile, level of today's web PKI */
};

enum cert_revocation {
	CERT_REVOCATION_REQUIRE, /* no fresh list, no trust C; R stands, and says so */
	CERT_REVOCATION_PREFER,  /* revoked refuses; unknown passes and is shown */
	CERT_REVOCATION_OFF,
};

/* Certificate policies (RFC 5280 4.2.1.4), OIDs in dotted text. */
#define CERT_POLICIES_MAX 8
#define CERT_OID_MAX 64
#define CERT_POLICY_CARD "2.16.620.1.1.1.2.4.0.1.3" /* listed by each EC de Autenticação */
struct cert_policies {
	size_t count;
	char oid[CERT_POLICIES_MAX][CERT_OID_MAX];
};
/* One more. ERR_CONFIG: no OID, not as one writes it, anyPolicy, or there already; ERR_LIMIT. */
int cert_policies_add(struct cert_policies *p, const char *oid) MUST_CHECK;

struct cert_policy {
	enum cert_profile profile;
	enum cert_revocation revocation;
	uint32_t max_age_h; /* of the leaf issuer's list (thisUpdate); 0: its nextUpdate decides */
	uint16_t rsa_bits_min; /* of any key of the chain; 0: CERT_RSA_BITS_MIN */
	/* One of these must hold for a holder's whole chain (RFC 5280 6.1) for trust C: an anchor signs
	 * for more than cards. None: no matter. What ends at a relay's own root is exempt. */
	struct cert_policies required;
	/* The same for the state's roots, by what their authorities say: what issued the certificate must
	 * list CERT_POLICY_CARD. */
	bool by_card_authority;
};
#define CERT_RSA_BITS_MIN 2048
/* standard, require, 48 h, 2048 bits, no policy required */
struct cert_policy cert_policy_default(void);
/* "standard"|"strict", "require"|"prefer"|"off"; ERR_CONFIG. */
int cert_profile_parse(const char *text, enum cert_profile *out) MUST_CHECK;
int cert_revocation_parse(const char *text, enum cert_revocation *out) MUST_CHECK;

/* ------------------------------------------------------------------------------------- store */

struct cert_store;

enum cert_kind {
	CERT_ANCHORS,       /* of cards */
	CERT_RELAY_ANCHORS, /* a relay's own CA, self-signed (ERR_UNTRUSTED): what ends here is never
	                       more than trust R. A root that bears a relay's mark (cert_relay_of) is one of
	                       these, whatever it was loaded as */
	CERT_INTERMEDIATES,
	CERT_CRLS,
};

struct cert_store *cert_store_new(const struct cert_policy *policy); /* NULL: the default */
void cert_store_free(struct cert_store **ps);
void cert_store_set_policy(struct cert_store *s, const struct cert_policy *policy);
struct cert_policy cert_store_policy(struct cert_store *s);

/* One file, or every *.pem *.crt *.cer *.der *.crl file of a directory (not below it); PEM (any
 * number of objects) or DER. What is not of that kind is skipped; a file that should hold it and
 * cannot be read is a fault. *count (may be NULL) gets how many were new. CRLs come in by the
 * directory rule (revocation.h). ERR_NOT_FOUND, ERR_IO, ERR_FORMAT, ERR_LIMIT. */
int cert_store_load(struct cert_store *s, enum cert_kind kind, const char *path, size_t *count,
    struct fault *f) MUST_CHECK;
/* Re-read a CRL directory: lists that came from directories are forgotten, those that came through
 * cert_store_update_crl stay. Keeps all as it was, and the generation, when the directory holds
 * what it held, cannot be read, or holds more than fits (ERR_LIMIT). */
int cert_store_reload_crls(struct cert_store *s, const char *path, size_t *count, struct fault *f)
    MUST_CHECK;
/* One DER object; a CRL as if it lay in the directory. ERR_FORMAT, ERR_LIMIT. */
int cert_store_add(struct cert_store *s, enum cert_kind kind, struct bytes der, struct fault *f)
    MUST_CHECK;
/* Where no anchors are configured: every certificate under /etc/recado/trust and
 * /usr/local/share/certs whose SHA-256 is one of the two pinned state roots becomes an anchor, the
 * other CA certificates there become intermediates. *count: anchors found; none is no failure. */
int cert_store_load_pinned(struct cert_store *s, size_t *count, struct fault *f) MUST_CHECK;
/* The same over one directory or file. */
int cert_store_load_pinned_from(
    struct cert_store *s, const char *path, size_t *count, struct fault *f) MUST_CHECK;
bool cert_is_pinned(const uint8_t sha256[CERT_HASH_LEN]);
size_t cert_store_anchor_count(struct cert_store *s);

/* What one store can do for another's chains, at both ends. From an authority's name (SHA-256 of its
 * DER) upwards: every certificate of that name and of those above it, at most CERT_ISSUERS_MAX; a
 * relay's own root is none of them. fn's error ends it and is returned. */
#define CERT_ISSUERS_MAX 16
typedef int cert_der_fn(void *arg, struct bytes der);
int cert_store_issuers(struct cert_store *s, const uint8_t (*names)[CERT_HASH_LEN], size_t n,
    cert_der_fn *fn, void *arg) MUST_CHECK;
/* Certificates from anywhere. An authority's is kept as an intermediate when a chain from it, through
 * the others, reaches an anchor, so that nobody can fill the store or put a namesake into it; with
 * `pins`, a pinned state root becomes an anchor. fn (may be NULL) is told of each that was kept. */
void cert_store_help(struct cert_store *s, const struct bytes *ders, size_t n, bool pins,
    cert_der_fn *fn, void *arg);

/* A list from the relay or the network: newer replaces older, see revocation_set_update. It must be
 * signed by an anchor or an intermediate (configured, or part of a chain that cert_verify has
 * followed) that reaches an anchor. *changed (may be NULL): the generation rose.
 * ERR_REPLAY, ERR_CERT_CHAIN (issuer not known), ERR_SIGNATURE, ERR_FORMAT, ERR_LIMIT. */
int cert_store_update_crl(struct cert_store *s, struct bytes der, bool *changed, struct fault *f)
    MUST_CHECK;
/* The lists of one issuer (key: SHA-256 of its name's DER), with a reference each: revocation_free
 * them and free() the array. */
void cert_store_crls_of(struct cert_store *s, const uint8_t issuer[REVOCATION_HASH_LEN],
    struct revocation ***out, size_t *count);
/* All of them; the same ownership. */
void cert_store_crls(struct cert_store *s, struct revocation ***out, size_t *count);
/* One list by the SHA-256 of its DER; ERR_NOT_FOUND. Ends with revocation_free. */
int cert_store_crl(struct cert_store *s, const uint8_t sha256[REVOCATION_HASH_LEN],
    struct revocation **out) MUST_CHECK;

/* The authorities that a list which is there is checked with, appended to out as DER, one after the
 * other: who has signed it and who stands above, below the anchor; none when it is an anchor's. Put in
 * again (add) before the list, they let it count in a store that has seen nobody's chain yet.
 * list_signers: ERR_NOT_FOUND, ERR_CERT_CHAIN, ERR_LIMIT. add_signers: ERR_FORMAT, ERR_LIMIT. */
int cert_store_list_signers(struct cert_store *s, const uint8_t sha256[REVOCATION_HASH_LEN],
    struct buf *out) MUST_CHECK;
int cert_store_add_signers(struct cert_store *s, struct bytes signers) MUST_CHECK;

/* Rises whenever anchors, intermediates, lists or policy change: then verdicts are due again. */
uint64_t cert_store_generation(struct cert_store *s);

/* ----------------------------------------------------------------------------------- verdict */

enum cert_state { /* of a link's revocation */
	CERT_GOOD,
	CERT_REVOKED,
	CERT_UNKNOWN, /* no list, or none fresh enough, or none that can be relied on */
	CERT_NA,      /* an anchor, or revocation is off */
};
const char *cert_state_name(enum cert_state s); /* "good" "revoked" "unknown" "n/a" */

/* One certificate. Strings are sanitised (TEXT_NAME), never NULL, owned. */
struct cert_link {
	char *subject, *issuer;         /* "CN=..., OU=..., O=..., C=PT" */
	char *serial;                   /* hex */
	uint64_t not_before, not_after; /* ms */
	char *key, *sig;                /* "RSA-3072", "EC P-256"; "RSA-SHA256", "ECDSA-SHA384" */
	char *usage;                    /* "digitalSignature, keyAgreement"; "": not said */
	uint8_t sha256[CERT_HASH_LEN];
	enum cert_state revocation;
	int64_t revocation_age_s; /* now - thisUpdate of what was relied on; -1: nothing */
	uint64_t revocation_at;   /* thisUpdate, ms; 0: none */
	uint64_t revocation_next; /* nextUpdate, ms; 0: none */
	uint64_t revoked_at;      /* with CERT_REVOKED: since when; 0: the list does not say */
	const char *reason;       /* with CERT_REVOKED: "key compromise"; "" where none is given */
	bool on_hold;             /* with CERT_REVOKED: may be taken back (certificateHold) */
	char *crl_url;            /* first http distribution point; "" */
	char *policies;           /* OIDs, blank-separated; "" */
	uint8_t *der;
	size_t der_len;
};

/* A list that the chain needs and the store lacks, or has only too old. */
struct cert_need {
	uint8_t issuer[REVOCATION_HASH_LEN]; /* for GetRevocation */
	char *issuer_text;
	char *url;    /* where the certificate says it is; "" */
	bool missing; /* false: there is one, and it is fresh */
};

struct cert_verdict {
	int code;       /* 0 or ERR_CERT_* */
	char *sentence; /* for a person: why, or that all is well and how fresh */
	char trust;     /* 'C' card, 'R' relay's CA, '!' refused as revoked or expired, '?' other */
	char
	    anchor; /* class of the anchor reached, refused or not: 'C' card, 'R' relay's CA; 0 none */
	bool on_hold; /* with ERR_CERT_REVOKED: nothing worse than a hold, a later list may end it */
	char *civil_name;             /* CN */
	char *civil_id;               /* serialNumber attribute, "BI900000017"; "" */
	char *country, *organisation; /* C, O of the subject */
	struct cert_link *chain;      /* anchor first, leaf last; what could be built */
	size_t chain_count;
	bool
	    reached_anchor; /* signatures hold up to an anchor: only then is fetching lists allowed */
	bool incomplete; /* there is no certificate of who issued chain[0], and it is no anchor */
	bool forked;     /* the chain ends at a name that is known here with another key */
	struct cert_need *needs; /* one a (issuer, url) of the chain, when revocation is on */
	size_t need_count;
	uint64_t
	    valid_until;     /* ms: the first moment at which this answer may be another (0: now) */
	uint64_t generation; /* of the store that gave it */
	uint64_t judged_at;  /* ms: ages in the sentence and the chain are of this moment */
};

enum cert_purpose {
	CERT_FOR_HOLDER,     /* the leaf authenticates a person: digitalSignature without
	                        nonRepudiation, EKU absent or with clientAuth, not a CA */
	CERT_FOR_PATH,       /* the path alone, no rule for the leaf's use (conformance data) */
	CERT_FOR_TLS_CLIENT, /* EKU absent or clientAuth (conformance data) */
	CERT_FOR_TLS_SERVER, /* EKU absent or serverAuth (conformance data) */
};

/* RFC 5280 6.1.1 (c) to (g). All zero: anyPolicy, nothing required. */
struct cert_policy_input {
	const char *const *initial; /* OIDs in dotted text, NULL-terminated; NULL: anyPolicy */
	bool require_explicit, inhibit_mapping, inhibit_any;
};

struct cert_request {
	struct bytes leaf;                 /* DER */
	const struct bytes *intermediates; /* DER, in any order */
	size_t intermediate_count;         /* more than CERT_INTERMEDIATES_MAX: ERR_LIMIT */
	uint64_t now_ms;
	uint64_t until_ms; /* what the leaf is relied on for ends then: ERR_CERT_TIME; 0: with the leaf */
	enum cert_purpose purpose;
	bool leaf_revocation_only; /* do not ask for the CAs' lists (conformance data) */
	uint8_t depth_limit;       /* 1 + most intermediates on the path; 0: as many as fit
	                                      CERT_CHAIN_MAX */
	const struct cert_policy_input *policies; /* NULL: anyPolicy */
};

/* Decide. Returns verdict->code; *out is set whenever the leaf could be parsed, also when it is
 * refused (it tells what was found), and ends with cert_verdict_free. A verdict is shared with the
 * store's cache and must not be changed. f, on failure, is the verdict as a fault.
 * ERR_CERT (malformed or unfit), ERR_CERT_CHAIN, ERR_CERT_TIME, ERR_CERT_USAGE, ERR_CERT_REVOKED,
 * ERR_CERT_REVOCATION; ERR_LIMIT. */
int cert_verify(struct cert_store *s, const struct cert_request *rq,
    const struct cert_verdict **out, struct fault *f) MUST_CHECK;
void cert_verdict_free(const struct cert_verdict **pv);

/* --------------------------------------------------------------- one certificate, unverified */

/* What stands in a certificate; says nothing about whether it is true. ERR_FORMAT. */
int cert_describe(struct bytes der, struct cert_link *out) MUST_CHECK;
void cert_link_clear(struct cert_link *l);
/* Sanitised copies, caller frees; "" where the attribute is missing. */
int cert_holder(struct bytes der, char **civil_name, char **civil_id) MUST_CHECK;

/* Where a certificate says that its lists are: every address in its distribution points and in its
 * freshest CRL extension; and in a list's, for its deltas. As they stand there, checked by nobody,
 * at most 8 an extension. ERR_FORMAT. */
typedef void cert_urls_fn(void *arg, struct bytes url);
int cert_urls(struct bytes certificate, cert_urls_fn *fn, void *arg) MUST_CHECK;
void cert_urls_of_list(const struct revocation *r, cert_urls_fn *fn, void *arg);

enum cert_use { CERT_USE_AUTHENTICATION, CERT_USE_SIGNATURE, CERT_USE_CA, CERT_USE_OTHER };
/* From basicConstraints, keyUsage and extendedKeyUsage; never fails. */
enum cert_use cert_use(struct bytes der);
const char *cert_use_name(enum cert_use u); /* "authentication" "signature" "ca" "other" */
/* The relay whose own CA this root is: the mark that crypto/ca puts into it (an OCTET STRING of 32
 * octets, the relay's id). ERR_NOT_FOUND without one, ERR_FORMAT. */
#define CERT_RELAY_OID "2.25.76935296987482955471428496035974229987"
int cert_relay_of(struct bytes der, uint8_t relay_id[32]) MUST_CHECK;
/* Do both name the same subject, octet for octet, and certify the same key? */
bool cert_same_holder(struct bytes a, struct bytes b);
/* Does the name of issuer's subject equal that of cert's issuer? (Chains on a card.) */
bool cert_is_issuer(struct bytes issuer, struct bytes cert);
void cert_sha256(struct bytes der, uint8_t out[CERT_HASH_LEN]);
/* PEM text, caller frees. */
char *cert_pem(struct bytes der);

/* Values of SignatureScheme in recado.proto. */
enum cert_scheme {
	CERT_RSA_PKCS1_SHA256 = 2,
	CERT_ECDSA_P256_SHA256 = 3, /* signature in DER */
};
#define CERT_SIGNATURE_MAX 1024 /* octets */

/* The scheme a certificate's key signs with. ERR_KEY when it must not be used at all: RSA below
 * 2048 bits or with a ROCA modulus, a curve other than P-256, explicit parameters. */
int cert_scheme(struct bytes leaf, enum cert_scheme *out) MUST_CHECK;
/* Does sig over message (not its digest) hold under the leaf's key? scheme must be the key's.
 * ERR_SIGNATURE, ERR_KEY, ERR_FORMAT. */
int cert_verify_signature(
    struct bytes leaf, uint32_t scheme, struct bytes message, struct bytes sig) MUST_CHECK;
/* The same under a bare SubjectPublicKeyInfo (an enrolled key; conformance data). */
int cert_verify_spki(struct bytes spki, uint32_t scheme, struct bytes message, struct bytes sig)
    MUST_CHECK;

#endif
