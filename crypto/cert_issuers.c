/*
 * Chains that others complete. A card may carry no authority's certificate, and who meets its holder
 * may know the roots alone; somebody in between has what stands between. What comes so is judged by
 * what it leads to: it counts when a chain from it reaches an anchor that was there before.
 */
#include <string.h>

#include <openssl/err.h>

#include "crypto/cert_int.h"

/* ---------------------------------------------------------------------------------- giving */

struct climb {
	uint8_t names[CERT_ISSUERS_MAX][CERT_HASH_LEN];
	size_t name_count, given;
	cert_der_fn *fn;
	void *arg;
};

static void
climb_to(struct climb *c, const uint8_t name[CERT_HASH_LEN])
{
	for (size_t i = 0; i < c->name_count; i++)
		if (memcmp(c->names[i], name, CERT_HASH_LEN) == 0)
			return;
	if (c->name_count < CERT_ISSUERS_MAX)
		memcpy(c->names[c->name_count++], name, CERT_HASH_LEN);
}

/* Give x if it bears this name, and go on with who issued it. */
static int
give(struct climb *c, const uint8_t name[CERT_HASH_LEN], X509 *x)
{
	uint8_t hash[CERT_HASH_LEN], *der = NULL;
	int n = i2d_X509(x, &der), r = 0;
	struct bytes whole = { der, n > 0 ? (size_t)n : 0 };

	if (c->given == CERT_ISSUERS_MAX || revocation_subject_of(whole, hash) != 0 ||
	    memcmp(hash, name, CERT_HASH_LEN) != 0)
		goto out;
	c->given++;
	if ((r = c->fn(c->arg, whole)) == 0 && revocation_issuer_of(whole, hash) == 0)
		climb_to(c, hash);
out:
	OPENSSL_free(der);
	return r;
}

static int
give_name(struct cert_store *s, struct climb *c, const uint8_t name[CERT_HASH_LEN])
{
	int r = 0;

	for (int i = 0; i < sk_X509_num(s->intermediates) && r == 0; i++)
		r = give(c, name, sk_X509_value(s->intermediates, i));
	for (size_t i = 0; i < s->anchor_count && r == 0; i++)
		if (!s->anchors[i].relay)
			r = give(c, name, s->anchors[i].x);
	return r;
}

int
cert_store_issuers(struct cert_store *s, const uint8_t (*names)[CERT_HASH_LEN], size_t n,
    cert_der_fn *fn, void *arg)
{
	struct climb c = { .fn = fn, .arg = arg };
	int r = 0;

	for (size_t i = 0; i < n; i++)
		climb_to(&c, names[i]);
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < c.name_count && r == 0; i++)
		r = give_name(s, &c, c.names[i]);
	pthread_mutex_unlock(&s->lock);
	ERR_clear_error();
	return r;
}

/* --------------------------------------------------------------------------------- taking */

/* Those of ours and theirs, each with a reference; NULL when memory is out. */
static STACK_OF(X509) * gather(struct cert_store *s, const struct bytes *ders, size_t n)
{
	STACK_OF(X509) *all = X509_chain_up_ref(s->intermediates);
	X509 *x;

	for (size_t i = 0; i < n && all != NULL; i++)
		if ((x = cert_parse(ders[i])) != NULL && sk_X509_push(all, x) <= 0)
			X509_free(x);
	return all;
}

static bool
leads_to_anchor(struct cert_store *s, X509 *x, STACK_OF(X509) * through)
{
	STACK_OF(X509) * chain;
	bool leads;

	if (cert_store_is_anchor(s, x))
		return false;
	chain = cert_path_above(s, x, through);
	leads = chain != NULL;
	sk_X509_pop_free(chain, X509_free);
	return leads;
}

static bool
take(struct cert_store *s, struct bytes der, bool pins, STACK_OF(X509) * through)
{
	uint8_t sha256[CERT_HASH_LEN];
	X509 *x = cert_parse(der);
	bool kept = false;

	cert_sha256(der, sha256);
	if (x == NULL)
		goto out;
	if (pins && cert_is_pinned(sha256))
		(void)!cert_store_add_locked(s, CERT_ANCHORS, der, &kept, NULL);
	else if (cert_use(der) == CERT_USE_CA && leads_to_anchor(s, x, through) &&
	    (kept = cert_store_learn_one(s, x)))
		s->generation++;
out:
	X509_free(x);
	ERR_clear_error();
	return kept;
}

/* Roots first: what stands below them reaches them then. */
void
cert_store_help(struct cert_store *s, const struct bytes *ders, size_t n, bool pins,
    cert_der_fn *fn, void *arg)
{
	bool kept[CERT_ISSUERS_MAX] = { false };
	STACK_OF(X509) * through;

	n = n < CERT_ISSUERS_MAX ? n : CERT_ISSUERS_MAX;
	pthread_mutex_lock(&s->lock);
	through = gather(s, ders, n);
	for (int round = pins ? 0 : 1; round < 2 && through != NULL; round++)
		for (size_t i = 0; i < n; i++) {
			uint8_t sha256[CERT_HASH_LEN];

			cert_sha256(ders[i], sha256);
			if (round == 1 || cert_is_pinned(sha256))
				kept[i] |= take(s, ders[i], pins, through);
		}
	sk_X509_pop_free(through, X509_free);
	pthread_mutex_unlock(&s->lock);
	for (size_t i = 0; i < n; i++)
		if (kept[i] && fn != NULL && fn(arg, ders[i]) != 0)
			return;
}
