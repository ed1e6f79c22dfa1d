/*
 * Which of the store's lists OpenSSL is handed for a chain: those that one of the chain's, or the
 * store's, certificates has signed, and that are not in doubt. With two lists of one scope OpenSSL
 * would take the newer and say nothing. Signatures are checked once for each list and key.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/sha.h>

#include "base/mem.h"
#include "crypto/cert_int.h"

#define ISSUERS_MAX 32

static bool
signed_with(
    struct cert_store *s, struct revocation *r, X509 *issuer, const uint8_t key[CERT_HASH_LEN])
{
	struct cert_memo *m;
	bool good;

	for (size_t i = 0; i < CERT_MEMO_MAX && s->memo[i].used; i++)
		if (memcmp(s->memo[i].list, revocation_info(r)->sha256, CERT_HASH_LEN) == 0 &&
		    memcmp(s->memo[i].key, key, CERT_HASH_LEN) == 0)
			return s->memo[i].good;
	good = X509_CRL_verify(revocation_crl(r), X509_get0_pubkey(issuer)) == 1;
	ERR_clear_error();
	m = &s->memo[s->memo_next];
	s->memo_next = (s->memo_next + 1) % CERT_MEMO_MAX;
	memcpy(m->list, revocation_info(r)->sha256, CERT_HASH_LEN);
	memcpy(m->key, key, CERT_HASH_LEN);
	m->good = good;
	m->used = true;
	return good;
}

bool
cert_lists_signed(struct cert_store *s, struct revocation *r, X509 *issuer)
{
	uint8_t key[CERT_HASH_LEN], *der = NULL;
	int n;

	n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(issuer), &der);
	if (n <= 0)
		return false;
	SHA256(der, (size_t)n, key);
	OPENSSL_free(der);
	if (!signed_with(s, r, issuer, key))
		return false;
	revocation_signed_by(r, key);
	return true;
}

/* Names whose lists matter for a chain: the issuers', and those its distribution points name. */
struct issuers {
	const X509_NAME *name[ISSUERS_MAX];
	size_t count;
	CRL_DIST_POINTS *points[(CERT_CHAIN_MAX + 2)];
};

static void
issuers_add(struct issuers *is, const X509_NAME *name)
{
	for (size_t i = 0; i < is->count; i++)
		if (X509_NAME_cmp(is->name[i], name) == 0)
			return;
	if (is->count < ISSUERS_MAX)
		is->name[is->count++] = name;
}

static void
issuers_of(STACK_OF(X509) * chain, struct issuers *is)
{
	const DIST_POINT *point;
	const GENERAL_NAME *name;

	memset(is, 0, sizeof(*is));
	for (int i = 0; i < sk_X509_num(chain) && i < (CERT_CHAIN_MAX + 2); i++) {
		X509 *x = sk_X509_value(chain, i);

		issuers_add(is, X509_get_issuer_name(x));
		is->points[i] = X509_get_ext_d2i(x, NID_crl_distribution_points, NULL, NULL);
		for (int j = 0; j < sk_DIST_POINT_num(is->points[i]); j++) {
			point = sk_DIST_POINT_value(is->points[i], j);
			for (int k = 0; k < sk_GENERAL_NAME_num(point->CRLissuer); k++) {
				name = sk_GENERAL_NAME_value(point->CRLissuer, k);
				if (name->type == GEN_DIRNAME)
					issuers_add(is, name->d.directoryName);
			}
		}
	}
	ERR_clear_error();
}

static void
issuers_clear(struct issuers *is)
{
	for (size_t i = 0; i < (CERT_CHAIN_MAX + 2); i++)
		CRL_DIST_POINTS_free(is->points[i]);
}

/* Append to lists[] those of this name that this certificate has signed. */
static size_t
signed_by(struct cert_store *s, X509 *signer, const X509_NAME *name, struct revocation **lists)
{
	bool strict = s->policy.profile == CERT_STRICT;
	size_t count = 0;

	if (X509_NAME_cmp(X509_get_subject_name(signer), name) != 0)
		return 0;
	for (size_t i = 0; i < revocation_set_count(s->lists); i++) {
		struct revocation *r = revocation_set_at(s->lists, i);

		if (strict && !revocation_info(r)->conforming)
			continue;
		if (X509_NAME_cmp(X509_CRL_get_issuer(revocation_crl(r)), name) == 0 &&
		    cert_lists_signed(s, r, signer))
			lists[count++] = r;
	}
	return count;
}

struct choice {
	struct cert_path *path;
	STACK_OF(X509_CRL) * out;
	struct revocation *lists[REVOCATION_SET_MAX];
	bool use[REVOCATION_SET_MAX];
};

static bool
is_in(STACK_OF(X509) * chain, const X509 *x)
{
	for (int i = 0; i < sk_X509_num(chain); i++)
		if (X509_cmp(sk_X509_value(chain, i), x) == 0)
			return true;
	return false;
}

/* RFC 5280 6.3.3 (f): a list's signer ends at the anchor of what it speaks of. Another authority of
 * the same name may stand under another anchor, and OpenSSL would take the newer of two lists
 * before it looks whose it is. */
static bool
has_same_anchor(const struct cert_path *of, X509 *signer)
{
	const X509 *anchor = sk_X509_value(of->chain, sk_X509_num(of->chain) - 1);
	struct cert_request rq = { .purpose = CERT_FOR_PATH };
	struct cert_path p = {
		.store = of->store, .rq = &rq, .leaf = signer, .untrusted = of->untrusted
	};
	bool same;

	if (is_in(of->chain, signer))
		return true;
	same = cert_path_build(&p) == 0 && p.complete &&
	    X509_cmp(sk_X509_value(p.chain, sk_X509_num(p.chain) - 1), anchor) == 0;
	p.untrusted = NULL;
	p.leaf = NULL;
	cert_path_clear(&p);
	return same;
}

static void
choose_signer(struct choice *c, X509 *signer, const X509_NAME *name)
{
	struct cert_store *s = c->path->store;
	size_t count = signed_by(s, signer, name, c->lists);

	if (count == 0 || !has_same_anchor(c->path, signer))
		return;
	if (revocation_set_choose(s->lists, c->lists, c->use, count))
		c->path->ambiguous = true;
	for (size_t i = 0; i < count; i++) {
		X509_CRL *crl = revocation_crl(c->lists[i]);

		if (c->use[i] && sk_X509_CRL_find(c->out, crl) < 0)
			sk_X509_CRL_push(c->out, crl);
	}
}

static void
choose_signers(struct choice *c, STACK_OF(X509) * signers, const X509_NAME *name)
{
	for (int i = 0; i < sk_X509_num(signers); i++)
		choose_signer(c, sk_X509_value(signers, i), name);
}

/* The lists that may be relied on for this chain; elements are borrowed from the store. */
STACK_OF(X509_CRL) * cert_lists_choose(struct cert_path *p)
{
	struct choice *c = mem_alloc(sizeof(*c));
	struct issuers is;
	STACK_OF(X509_CRL) * out;

	c->path = p;
	out = c->out = sk_X509_CRL_new_null();
	issuers_of(p->chain, &is);
	for (size_t i = 0; out != NULL && i < is.count; i++) {
		choose_signers(c, p->chain, is.name[i]);
		choose_signers(c, p->untrusted, is.name[i]);
		for (size_t j = 0; j < p->store->anchor_count; j++)
			choose_signer(c, p->store->anchors[j].x, is.name[i]);
	}
	issuers_clear(&is);
	free(c);
	return out;
}

/* Where a certificate's distribution points all name another issuer of lists, only that one's
 * count; OpenSSL would take a full list of the certificate's own issuer as well. */
static bool
is_named_issuer(X509 *x, const X509_CRL *list)
{
	CRL_DIST_POINTS *points = X509_get_ext_d2i(x, NID_crl_distribution_points, NULL, NULL);
	const X509_NAME *name = X509_CRL_get_issuer(list);
	bool named = sk_DIST_POINT_num(points) <= 0;

	for (int i = 0; !named && i < sk_DIST_POINT_num(points); i++) {
		const GENERAL_NAMES *issuer = sk_DIST_POINT_value(points, i)->CRLissuer;

		named = issuer == NULL;
		for (int j = 0; !named && j < sk_GENERAL_NAME_num(issuer); j++) {
			const GENERAL_NAME *n = sk_GENERAL_NAME_value(issuer, j);

			named =
			    n->type == GEN_DIRNAME && X509_NAME_cmp(n->d.directoryName, name) == 0;
		}
	}
	CRL_DIST_POINTS_free(points);
	return named;
}

/* A list for users or authorities only cannot cover what does not say which it is. */
static bool
is_told_apart(X509 *x, const X509_CRL *list)
{
	ISSUING_DIST_POINT *point =
	    X509_CRL_get_ext_d2i(list, NID_issuing_distribution_point, NULL, NULL);
	bool told = point == NULL || (point->onlyuser <= 0 && point->onlyCA <= 0) ||
	    X509_get_version(x) == X509_VERSION_3;

	ISSUING_DIST_POINT_free(point);
	return told;
}

bool
cert_lists_may_cover(const X509_CRL *list, X509 *x)
{
	return is_named_issuer(x, list) && is_told_apart(x, list);
}

static const char *const reasons[] = {
	[CRL_REASON_UNSPECIFIED] = "",
	[CRL_REASON_KEY_COMPROMISE] = "key compromise",
	[CRL_REASON_CA_COMPROMISE] = "the authority was compromised",
	[CRL_REASON_AFFILIATION_CHANGED] = "affiliation changed",
	[CRL_REASON_SUPERSEDED] = "superseded by another",
	[CRL_REASON_CESSATION_OF_OPERATION] = "no longer used",
	[CRL_REASON_CERTIFICATE_HOLD] = "on hold",
	[CRL_REASON_PRIVILEGE_WITHDRAWN] = "privilege withdrawn",
	[CRL_REASON_AA_COMPROMISE] = "the authority was compromised",
};

const char *
cert_lists_reason(int reason)
{
	if (reason < 0 || (size_t)reason >= sizeof(reasons) / sizeof(reasons[0]) ||
	    reasons[reason] == NULL)
		return "";
	return reasons[reason];
}

void
cert_lists_entry(X509_CRL *list, X509 *x, int *reason, uint64_t *at)
{
	X509_REVOKED *entry = NULL;
	ASN1_ENUMERATED *code;

	*reason = -1;
	*at = 0;
	if (list == NULL || x == NULL || X509_CRL_get0_by_cert(list, &entry, x) == 0 ||
	    entry == NULL)
		return;
	*at = cert_time_ms(X509_REVOKED_get0_revocationDate(entry));
	code = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);
	if (code != NULL)
		*reason = (int)ASN1_ENUMERATED_get(code);
	ASN1_ENUMERATED_free(code);
	ERR_clear_error();
}
