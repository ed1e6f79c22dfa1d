/*
 * A verdict: what was found out about a certificate, shared by reference count between those who
 * asked and the store's cache.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/cert_int.h"

#define HOUR_MS (3600 * 1000u)

/* A verdict as it is made; callers see the const part. */
struct shared {
	struct cert_verdict v; /* first */
	atomic_uint refs;
};

static void
verdict_destroy(struct cert_verdict *v)
{
	for (size_t i = 0; i < v->chain_count; i++)
		cert_link_clear(&v->chain[i]);
	for (size_t i = 0; i < v->need_count; i++) {
		free(v->needs[i].issuer_text);
		free(v->needs[i].url);
	}
	free(v->chain);
	free(v->needs);
	free(v->sentence);
	free(v->civil_name);
	free(v->civil_id);
	free(v->country);
	free(v->organisation);
}

void
cert_verdict_free(const struct cert_verdict **pv)
{
	union {
		const struct cert_verdict *given;
		struct shared *own;
	} u = { *pv };

	*pv = NULL;
	if (u.own == NULL || atomic_fetch_sub(&u.own->refs, 1) != 1)
		return;
	verdict_destroy(&u.own->v);
	free(u.own);
}

const struct cert_verdict *
cert_verdict_ref(const struct cert_verdict *v)
{
	union {
		const struct cert_verdict *given;
		struct shared *own;
	} u = { v };

	atomic_fetch_add(&u.own->refs, 1);
	return v;
}

struct cert_verdict *
cert_verdict_new(X509 *leaf)
{
	struct shared *s = mem_alloc(sizeof(*s));
	const X509_NAME *name = X509_get_subject_name(leaf);

	atomic_init(&s->refs, 1);
	s->v.trust = '?';
	s->v.civil_name = cert_name_entry(name, NID_commonName);
	s->v.civil_id = cert_name_entry(name, NID_serialNumber);
	s->v.country = cert_name_entry(name, NID_countryName);
	s->v.organisation = cert_name_entry(name, NID_organizationName);
	return &s->v;
}

static void
fill_chain(const struct cert_path *p, struct cert_verdict *v)
{
	int n = p->chain == NULL ? 0 : sk_X509_num(p->chain);
	struct cert_link *l;

	v->chain_count = n == 0 ? 1 : (size_t)n;
	v->chain = mem_array(v->chain_count, sizeof(*v->chain));
	for (int i = 0; i < (int)v->chain_count; i++) {
		const struct cert_standing *st = &p->standing[i];

		l = &v->chain[v->chain_count - 1 - (size_t)i];
		cert_link_fill(cert_path_link(p, i), l);
		l->revocation = st->state;
		l->revocation_at = st->this_update;
		l->revocation_next = st->next_update;
		if (st->state == CERT_REVOKED) {
			l->revoked_at = st->revoked_at;
			l->reason = cert_lists_reason(st->reason);
			l->on_hold = st->reason == CRL_REASON_CERTIFICATE_HOLD;
		}
		if (st->this_update != 0)
			l->revocation_age_s =
			    ((int64_t)p->rq->now_ms - (int64_t)st->this_update) / 1000;
	}
}

/* One need for each issuer and address; the anchor's own lists are nobody's need. */
static void
fill_needs(struct cert_verdict *v)
{
	struct cert_need need, *same;

	v->needs = mem_array(v->chain_count, sizeof(*v->needs));
	for (size_t i = 1; i < v->chain_count; i++) {
		const struct cert_link *l = &v->chain[i];

		memset(&need, 0, sizeof(need));
		if (revocation_issuer_of((struct bytes){ l->der, l->der_len }, need.issuer) != 0)
			continue;
		need.missing = l->revocation != CERT_GOOD && l->revocation != CERT_REVOKED;
		same = NULL;
		for (size_t j = 0; j < v->need_count; j++)
			if (memcmp(v->needs[j].issuer, need.issuer, sizeof(need.issuer)) == 0 &&
			    strcmp(v->needs[j].url, l->crl_url) == 0)
				same = &v->needs[j];
		if (same != NULL) {
			same->missing |= need.missing;
			continue;
		}
		need.issuer_text = mem_strdup(l->issuer);
		need.url = mem_strdup(l->crl_url);
		v->needs[v->need_count++] = need;
	}
}

uint64_t
cert_verdict_earlier(uint64_t a, uint64_t b)
{
	return b != 0 && b < a ? b : a;
}

static void
fill_validity(const struct cert_path *p, struct cert_verdict *v)
{
	uint64_t until = cert_verdict_earlier(UINT64_MAX, p->rq->until_ms);

	for (size_t i = 0; i < v->chain_count; i++) {
		until = cert_verdict_earlier(until, v->chain[i].not_after + 1000);
		until = cert_verdict_earlier(until, v->chain[i].revocation_next);
	}
	if (p->store->policy.max_age_h != 0 && p->standing[0].this_update != 0)
		until = cert_verdict_earlier(until,
		    p->standing[0].this_update + (uint64_t)p->store->policy.max_age_h * HOUR_MS);
	v->valid_until = v->code == 0 ? until : 0;
	v->generation = p->store->generation;
	v->judged_at = p->rq->now_ms;
}

void
cert_verdict_fill(const struct cert_path *p, struct cert_verdict *v)
{
	fill_chain(p, v);
	if (p->store->policy.revocation != CERT_REVOCATION_OFF)
		fill_needs(v);
	fill_validity(p, v);
}
