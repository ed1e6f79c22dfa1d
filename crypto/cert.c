/*
 * The one function that decides about a certificate, and the verdict it gives.
 *
 * Questions are asked in this order, and the first that fails names the code: can it be read; does
 * a chain reach an anchor; are all of it valid now; is the leaf for what it is used for; are keys
 * and signatures strong enough (and, in the strict profile, is everything as the standard has it);
 * is any link revoked; is that known well enough. What could be found out is in the verdict whatever
 * the answer is.
 *
 * Good answers are kept by what was asked, until the store or the first date involved changes.
 */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/sha.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/cert_int.h"

#define CACHE_MS (5 * 60 * 1000u)
#define HOUR_MS (3600 * 1000u)
#define DATE_LEN 10

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

static const struct cert_verdict *
verdict_ref(const struct cert_verdict *v)
{
	union {
		const struct cert_verdict *given;
		struct shared *own;
	} u = { v };

	atomic_fetch_add(&u.own->refs, 1);
	return v;
}

static struct cert_verdict *
verdict_new(X509 *leaf)
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

/* --------------------------------------------------------------------------------- sentences */

static void say(struct cert_verdict *v, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The verdict's code and sentence; the first one stays. */
static void
say(struct cert_verdict *v, int code, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	if (v->sentence != NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	v->sentence = text_clean(line, strlen(line), TEXT_LINE);
	v->code = code;
}

static void
date_text(uint64_t ms, char out[CLOCK_TEXT_MAX])
{
	clock_text(ms, out);
	out[DATE_LEN] = '\0';
}

/* What a link is called in a sentence: its common name, or its whole name. */
static char *
short_name(const X509_NAME *name)
{
	char *cn = cert_name_entry(name, NID_commonName);

	if (cn[0] != '\0')
		return cn;
	free(cn);
	return cert_name_text(name);
}

static X509 *
link_at(const struct cert_path *p, int depth)
{
	int n = p->chain == NULL ? 0 : sk_X509_num(p->chain);

	if (n == 0)
		return p->leaf;
	return sk_X509_value(p->chain, depth < 0 || depth >= n ? n - 1 : depth);
}

/* An anchor of this name that is no longer valid explains much. */
static X509 *
expired_anchor(const struct cert_path *p)
{
	for (size_t i = 0; i < p->store->anchor_count; i++)
		if (cert_time_ms(X509_get0_notAfter(p->store->anchors[i].x)) < p->rq->now_ms)
			return p->store->anchors[i].x;
	return NULL;
}

static void
say_no_anchor(const struct cert_path *p, struct cert_verdict *v)
{
	X509 *last = link_at(p, INT32_MAX), *old = expired_anchor(p);
	char *issuer = short_name(X509_get_issuer_name(last)), *name, date[CLOCK_TEXT_MAX];

	if (p->store->anchor_count == 0) {
		say(v, ERR_CERT_CHAIN, "no trust anchor is known; its chain ends at %s", issuer);
	} else if (old != NULL) {
		name = short_name(X509_get_subject_name(old));
		date_text(cert_time_ms(X509_get0_notAfter(old)), date);
		say(v, ERR_CERT_CHAIN,
		    "its chain ends at %s, which is no trust anchor (the anchor %s expired on %s)",
		    issuer, name, date);
		free(name);
	} else {
		say(v, ERR_CERT_CHAIN, "its chain ends at %s, which is no trust anchor", issuer);
	}
	free(issuer);
}

static void
say_time(const struct cert_path *p, struct cert_verdict *v)
{
	X509 *x = link_at(p, p->depth);
	char *name = short_name(X509_get_subject_name(x)), date[CLOCK_TEXT_MAX];
	bool expired = p->error == X509_V_ERR_CERT_HAS_EXPIRED;

	date_text(cert_time_ms(expired ? X509_get0_notAfter(x) : X509_get0_notBefore(x)), date);
	if (p->depth == 0)
		say(v, ERR_CERT_TIME, expired ? "it expired on %s" : "it is not valid before %s",
		    date);
	else
		say(v, ERR_CERT_TIME,
		    expired ? "%s, above it, expired on %s"
			    : "%s, above it, is not valid before %s",
		    name, date);
	free(name);
}

/* What a failed chain means. Anything not listed is ERR_CERT with OpenSSL's words. */
static int
path_code(int error)
{
	static const struct {
		int error, code;
	} table[] = {
		{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, ERR_CERT_CHAIN },
		{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, ERR_CERT_CHAIN },
		{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, ERR_CERT_CHAIN },
		{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, ERR_CERT_CHAIN },
		{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, ERR_CERT_CHAIN },
		{ X509_V_ERR_CERT_SIGNATURE_FAILURE, ERR_CERT_CHAIN },
		{ X509_V_ERR_CERT_CHAIN_TOO_LONG, ERR_CERT_CHAIN },
		{ X509_V_ERR_INVALID_CA, ERR_CERT_CHAIN },
		{ X509_V_ERR_CERT_UNTRUSTED, ERR_CERT_CHAIN },
		{ X509_V_ERR_CERT_NOT_YET_VALID, ERR_CERT_TIME },
		{ X509_V_ERR_CERT_HAS_EXPIRED, ERR_CERT_TIME },
		{ X509_V_ERR_INVALID_PURPOSE, ERR_CERT_USAGE },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].error == error)
			return table[i].code;
	return ERR_CERT;
}

static bool
is_over(const struct cert_request *rq)
{
	return rq->until_ms != 0 && rq->now_ms >= rq->until_ms;
}

static void
say_over(const struct cert_request *rq, struct cert_verdict *v)
{
	char date[CLOCK_TEXT_MAX];

	date_text(rq->until_ms, date);
	say(v, ERR_CERT_TIME, "what its holder signed was good until %s", date);
}

static void
say_path(const struct cert_path *p, struct cert_verdict *v)
{
	int code = path_code(p->error);
	const char *why;
	char *name;

	switch (p->error) {
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		say_no_anchor(p, v);
		return;
	case X509_V_ERR_CERT_NOT_YET_VALID:
	case X509_V_ERR_CERT_HAS_EXPIRED:
		say_time(p, v);
		return;
	case X509_V_ERR_INVALID_PURPOSE:
		if (p->depth == 0 && cert_profile_leaf(p->leaf, p->rq->purpose, &why) != 0) {
			say(v, code, "%s", why);
			return;
		}
		/* fallthrough */
	default:
		name = short_name(X509_get_subject_name(link_at(p, p->depth)));
		say(v, code, "%s: %s", name, X509_verify_cert_error_string(p->error));
		free(name);
	}
}

static const char *
unknown_reason(const struct cert_path *p, const struct cert_standing *st)
{
	if (st->error == X509_V_ERR_CRL_HAS_EXPIRED)
		return "its revocation list is out of date";
	if (st->error == 0 && st->this_update != 0)
		return "its revocation list is too old";
	if (p->ambiguous)
		return "two different revocation lists of one issuer lie in the directory";
	if (st->error != 0 && st->error != X509_V_ERR_UNABLE_TO_GET_CRL)
		return X509_verify_cert_error_string(st->error);
	return "there is no revocation list of its issuer";
}

static void
say_revocation(const struct cert_path *p, struct cert_verdict *v)
{
	bool require = p->store->policy.revocation == CERT_REVOCATION_REQUIRE;
	int n = sk_X509_num(p->chain);
	char *name;

	if (cert_store_is_relay(p->store, sk_X509_value(p->chain, n - 1)))
		require = false;
	for (int pass = 0; pass < 2; pass++)
		for (int i = 0; i < n && v->sentence == NULL; i++) {
			const struct cert_standing *st = &p->standing[i];

			name = short_name(X509_get_subject_name(sk_X509_value(p->chain, i)));
			if (pass == 0 && st->state == CERT_REVOKED)
				say(v, ERR_CERT_REVOKED,
				    i == 0 ? "it is revoked" : "%s, above it, is revoked", name);
			else if (pass == 1 && st->state == CERT_UNKNOWN && require)
				say(v, ERR_CERT_REVOCATION, "whether %s is revoked is unknown: %s",
				    i == 0 ? "it" : name, unknown_reason(p, st));
			free(name);
		}
}

static void
say_good(const struct cert_path *p, struct cert_verdict *v)
{
	char *issuer = short_name(X509_get_issuer_name(p->leaf)), age[CLOCK_TEXT_MAX];
	const struct cert_standing *st = &p->standing[0];

	if (st->state == CERT_GOOD) {
		clock_age(
		    p->rq->now_ms < st->this_update ? 0 : (p->rq->now_ms - st->this_update) / 1000,
		    age);
		say(v, 0, "valid, issued by %s, not revoked as of %s ago", issuer, age);
	} else if (st->state == CERT_UNKNOWN) {
		say(v, 0, "valid, issued by %s; whether it is revoked is unknown", issuer);
	} else {
		say(v, 0, "valid, issued by %s; revocation was not asked", issuer);
	}
	free(issuer);
}

/* ----------------------------------------------------------------------------------- verdict */

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
		cert_link_fill(link_at(p, i), l);
		l->revocation = st->state;
		l->revocation_at = st->this_update;
		l->revocation_next = st->next_update;
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

static uint64_t
earlier(uint64_t a, uint64_t b)
{
	return b != 0 && b < a ? b : a;
}

static void
fill_validity(const struct cert_path *p, struct cert_verdict *v)
{
	uint64_t until = earlier(UINT64_MAX, p->rq->until_ms);

	for (size_t i = 0; i < v->chain_count; i++) {
		until = earlier(until, v->chain[i].not_after + 1000);
		until = earlier(until, v->chain[i].revocation_next);
	}
	if (p->store->policy.max_age_h != 0 && p->standing[0].this_update != 0)
		until = earlier(until,
		    p->standing[0].this_update + (uint64_t)p->store->policy.max_age_h * HOUR_MS);
	v->valid_until = v->code == 0 ? until : 0;
	v->generation = p->store->generation;
}

/* ----------------------------------------------------------------------------------- deciding */

/* The leaf issuer's list must be younger than the policy says, whatever it promises itself. */
static void
apply_max_age(struct cert_path *p)
{
	uint64_t max = (uint64_t)p->store->policy.max_age_h * HOUR_MS;
	struct cert_standing *st = &p->standing[0];

	if (max != 0 && st->state == CERT_GOOD && p->rq->now_ms > st->this_update &&
	    p->rq->now_ms - st->this_update > max)
		st->state = CERT_UNKNOWN;
}

static int
decide_revocation(struct cert_path *p, struct cert_verdict *v)
{
	int r;

	if (p->store->policy.revocation == CERT_REVOCATION_OFF)
		return 0;
	if ((r = cert_path_revocation(p)) != 0)
		return r;
	apply_max_age(p);
	if (!p->complete)
		say_path(p, v);
	else
		say_revocation(p, v);
	return 0;
}

static int
decide_profile(const struct cert_path *p, struct cert_verdict *v)
{
	const char *why;
	char *name;
	int depth = 0, r;

	if ((r = cert_profile_leaf(p->leaf, p->rq->purpose, &why)) != 0) {
		say(v, r, "%s", why);
		return 0;
	}
	r = cert_profile_keys(p->chain, cert_path_rsa_bits_min(p->store), &depth, &why);
	if (r == 0 && p->store->policy.profile == CERT_STRICT)
		r = cert_profile_strict(p->chain, p->rq->purpose, &depth, &why);
	if (r != 0) {
		name = short_name(X509_get_subject_name(link_at(p, depth)));
		say(v, r, "%s has %s", name, why);
		free(name);
	}
	return 0;
}

static void
set_trust(const struct cert_path *p, struct cert_verdict *v)
{
	X509 *anchor = link_at(p, INT32_MAX);

	if (p->complete)
		v->anchor = cert_store_is_relay(p->store, anchor) ? 'R' : 'C';
	if (v->code == 0)
		v->trust = v->anchor;
	else if (v->code == ERR_CERT_REVOKED || v->code == ERR_CERT_TIME)
		v->trust = '!';
}

static int
decide(struct cert_path *p, struct cert_verdict *v)
{
	int r;

	for (size_t i = 0; i < CERT_CHAIN_MAX + 2; i++)
		p->standing[i].state = CERT_NA;
	if ((r = cert_path_build(p)) != 0)
		return r;
	v->reached_anchor = p->complete;
	if (!p->complete || p->error != 0)
		say_path(p, v);
	else if (p->rq->purpose == CERT_FOR_HOLDER && sk_X509_num(p->chain) < 2)
		say(v, ERR_CERT_CHAIN, "it is its own trust anchor");
	else if (is_over(p->rq))
		say_over(p->rq, v);
	if (v->sentence == NULL && (r = decide_profile(p, v)) != 0)
		return r;
	if (p->complete && (r = decide_revocation(p, v)) != 0)
		return r;
	if (v->sentence == NULL)
		say_good(p, v);
	if (p->complete)
		cert_store_learn(p->store, p->chain);
	set_trust(p, v);
	fill_chain(p, v);
	if (p->store->policy.revocation != CERT_REVOCATION_OFF)
		fill_needs(v);
	fill_validity(p, v);
	return 0;
}

/* -------------------------------------------------------------------------------------- cache */

static void
request_key(const struct cert_request *rq, uint8_t key[CERT_HASH_LEN])
{
	uint8_t all[CERT_HASH_LEN * (CERT_INTERMEDIATES_MAX + 1) + 3 + 8];
	size_t at = 0;

	cert_sha256(rq->leaf, all);
	for (size_t i = 0; i < rq->intermediate_count; i++)
		cert_sha256(rq->intermediates[i], all + (at += CERT_HASH_LEN));
	at += CERT_HASH_LEN;
	all[at++] = (uint8_t)rq->purpose;
	all[at++] = rq->leaf_revocation_only;
	all[at++] = rq->depth_limit;
	for (int i = 0; i < 8; i++)
		all[at++] = (uint8_t)(rq->until_ms >> 8 * i);
	SHA256(all, at, key);
}

static const struct cert_verdict *
cache_find(struct cert_store *s, const uint8_t key[CERT_HASH_LEN], uint64_t now_ms)
{
	for (size_t i = 0; i < CERT_CACHE_MAX; i++) {
		const struct cert_cached *c = &s->cache[i];

		if (c->verdict != NULL && memcmp(c->key, key, CERT_HASH_LEN) == 0 &&
		    c->verdict->generation == s->generation && now_ms >= c->from &&
		    now_ms < c->until)
			return verdict_ref(c->verdict);
	}
	return NULL;
}

static void
cache_keep(struct cert_store *s, const uint8_t key[CERT_HASH_LEN], uint64_t now_ms,
    const struct cert_verdict *v)
{
	struct cert_cached *c = &s->cache[s->cache_next];

	if (v->code != 0)
		return;
	s->cache_next = (s->cache_next + 1) % CERT_CACHE_MAX;
	cert_verdict_free(&c->verdict);
	memcpy(c->key, key, CERT_HASH_LEN);
	c->from = now_ms;
	c->until = earlier(now_ms + CACHE_MS, v->valid_until);
	c->verdict = verdict_ref(v);
}

/* ------------------------------------------------------------------------------------- verify */

static int
gather(struct cert_path *p)
{
	if ((p->leaf = cert_parse(p->rq->leaf)) == NULL)
		return ERR_FORMAT;
	if ((p->untrusted = sk_X509_new_null()) == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < p->rq->intermediate_count; i++) {
		X509 *x = cert_parse(p->rq->intermediates[i]);

		if (x == NULL)
			return ERR_FORMAT;
		if (!sk_X509_push(p->untrusted, x)) {
			X509_free(x);
			return ERR_NOMEM;
		}
	}
	for (int i = 0; i < sk_X509_num(p->store->intermediates); i++) {
		X509 *x = sk_X509_value(p->store->intermediates, i);

		if (!X509_up_ref(x))
			return ERR_NOMEM;
		if (!sk_X509_push(p->untrusted, x)) {
			X509_free(x);
			return ERR_NOMEM;
		}
	}
	return 0;
}

static int
verify_locked(struct cert_store *s, const struct cert_request *rq, const struct cert_verdict **out,
    const char **why)
{
	struct cert_path p = { .store = s, .rq = rq };
	struct cert_verdict *v = NULL;
	uint8_t key[CERT_HASH_LEN];
	int r;

	request_key(rq, key);
	if (rq->policies == NULL && (*out = cache_find(s, key, rq->now_ms)) != NULL)
		return 0;
	if ((r = gather(&p)) != 0) {
		*why = p.leaf == NULL ? "it cannot be read as a certificate"
				      : "an intermediate cannot be read as a certificate";
		r = r == ERR_FORMAT ? ERR_CERT : r;
		goto out;
	}
	v = verdict_new(p.leaf);
	if ((r = decide(&p, v)) != 0) {
		*why = err_text(r);
		goto out;
	}
	*out = v;
	v = NULL;
	if (rq->policies == NULL)
		cache_keep(s, key, rq->now_ms, *out);
	r = (*out)->code;
out:
	if (v != NULL) {
		*out = v;
		cert_verdict_free(out);
	}
	cert_path_clear(&p);
	ERR_clear_error();
	return r;
}

static void
fault_of(int code, const char *about, const char *why, struct fault *f)
{
	static const struct {
		int code;
		const char *hint;
	} hints[] = {
		{ ERR_CERT_CHAIN,
		    "Put the issuer's certificates where trust.anchors points, or "
		    "into /etc/recado/trust." },
		{ ERR_CERT_TIME, "Check this machine's date; an expired card has to be renewed." },
		{ ERR_CERT_USAGE, "Use the card's authentication certificate." },
		{ ERR_CERT_REVOKED, "Do not rely on it; its holder needs a new card." },
		{ ERR_CERT_REVOCATION,
		    "Connect to the relay to fetch current lists, or set "
		    "trust.revocation = \"prefer\"." },
	};

	fault_set(f, code, about, "certificate refused: %s", why);
	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		if (hints[i].code == code)
			fault_hint(f, "%s", hints[i].hint);
}

int
cert_verify(struct cert_store *s, const struct cert_request *rq, const struct cert_verdict **out,
    struct fault *f)
{
	const char *why = "";
	int r;

	*out = NULL;
	if (rq->intermediate_count > CERT_INTERMEDIATES_MAX)
		return fault_set(f, ERR_LIMIT, NULL, "more than %d intermediate certificates",
		    CERT_INTERMEDIATES_MAX);
	pthread_mutex_lock(&s->lock);
	r = verify_locked(s, rq, out, &why);
	pthread_mutex_unlock(&s->lock);
	if (r != 0)
		fault_of(r, *out != NULL ? (*out)->civil_name : NULL,
		    *out != NULL ? (*out)->sentence : why, f);
	return r;
}
