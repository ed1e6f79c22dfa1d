/*
 * The one function that decides about a certificate, and the verdict it gives.
 *
 * Questions are asked in this order, and the first that fails names the code: can it be read; does
 * a chain reach an anchor; are all of it valid now; is the leaf for what it is used for, and was it
 * issued under a policy for that; are keys
 * and signatures strong enough (and, in the strict profile, is everything as the standard has it);
 * is any link revoked; is that known well enough. What could be found out is in the verdict whatever
 * the answer is.
 *
 * Good answers are kept by what was asked, until the store or the first date involved changes.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/sha.h>

#include "base/mem.h"
#include "crypto/cert_int.h"

#define CACHE_MS (60 * 1000u) /* the ages in a verdict are as old at most */
#define HOUR_MS (3600 * 1000u)

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
		cert_say_path(p, v);
	else
		cert_say_revocation(p, v);
	return 0;
}

/* Whose certificate is none of a card's has no class of anchor: it goes on with nobody's user. */
static int
decide_policies(struct cert_path *p, struct cert_verdict *v)
{
	const struct cert_policy *policy = &p->store->policy;
	bool hold = true;
	int r = 0;

	if (p->rq->purpose != CERT_FOR_HOLDER ||
	    cert_store_is_relay(p->store, cert_path_link(p, INT32_MAX)))
		return 0;
	if (policy->by_card_authority)
		hold = cert_policies_listed(cert_path_link(p, 1), CERT_POLICY_CARD);
	else if (policy->required.count > 0)
		r = cert_path_policies(p, &policy->required, &hold);
	if (r != 0 || hold)
		return r;
	p->foreign = true;
	cert_say_policies(policy, v);
	return 0;
}

static int
decide_profile(const struct cert_path *p, struct cert_verdict *v)
{
	const char *why;
	char *name;
	int depth = 0, r;

	if ((r = cert_profile_leaf(p->leaf, p->rq->purpose, &why)) != 0) {
		cert_say(v, r, "%s", why);
		return 0;
	}
	r = cert_profile_keys(p->chain, cert_path_rsa_bits_min(p->store), &depth, &why);
	if (r == 0 && p->store->policy.profile == CERT_STRICT)
		r = cert_profile_strict(p->chain, p->rq->purpose, &depth, &why);
	if (r != 0) {
		name = cert_say_name(X509_get_subject_name(cert_path_link(p, depth)));
		cert_say(v, r, "%s has %s", name, why);
		free(name);
	}
	return 0;
}

static void
set_trust(const struct cert_path *p, struct cert_verdict *v)
{
	X509 *anchor = cert_path_link(p, INT32_MAX);

	if (p->complete && !p->foreign)
		v->anchor = cert_store_is_relay(p->store, anchor) ? 'R' : 'C';
	if (v->code == 0)
		v->trust = v->anchor;
	else if (v->code == ERR_CERT_REVOKED || v->code == ERR_CERT_TIME)
		v->trust = '!';
}

static bool
is_over(const struct cert_request *rq)
{
	return rq->until_ms != 0 && rq->now_ms >= rq->until_ms;
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
		cert_say_path(p, v);
	else if (p->rq->purpose == CERT_FOR_HOLDER && sk_X509_num(p->chain) < 2)
		cert_say(v, ERR_CERT_CHAIN, "the certificate is its own trust anchor");
	else if (is_over(p->rq))
		cert_say_over(p->rq, v);
	if (v->sentence == NULL && (r = decide_profile(p, v)) != 0)
		return r;
	if (p->complete && (r = decide_policies(p, v)) != 0)
		return r;
	if (p->complete && (r = decide_revocation(p, v)) != 0)
		return r;
	if (v->sentence == NULL)
		cert_say_good(p, v);
	if (p->complete)
		cert_store_learn(p->store, p->chain);
	set_trust(p, v);
	cert_verdict_fill(p, v);
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
			return cert_verdict_ref(c->verdict);
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
	c->until = cert_verdict_earlier(now_ms + CACHE_MS, v->valid_until);
	c->verdict = cert_verdict_ref(v);
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
	v = cert_verdict_new(p.leaf);
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
