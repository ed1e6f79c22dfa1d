/*
 * A chain and its revocation, by OpenSSL, asked twice.
 *
 * The first question leaves revocation out: does a chain of valid signatures, dates, constraints
 * and policies reach an anchor? Only then is it worth knowing which lists it needs, and only then
 * may somebody fetch them. The second question adds the lists. It is asked with a callback that
 * never stops it, so that every link gets an answer of its own, also when another one is revoked. Anchors are trusted for themselves: no list is asked for them.
 */
#include <string.h>

#include <openssl/err.h>

#include "crypto/cert_int.h"

#define AUTH_LEVEL 2      /* 112 bits: RSA-2048, no SHA-1 */
#define AUTH_LEVEL_WEAK 1 /* 80 bits: RSA-1024, no SHA-1; where the policy asks for it */
#define BAD_MAX 64
#define LINKS_MAX (CERT_CHAIN_MAX + 2)

struct run {
	struct cert_path *path;
	uint64_t delta_at, delta_next; /* of the delta just consulted for this link; 0 */
	struct {
		const X509_CRL *list; /* not to be relied on ... */
		int depth;            /* ... for this link */
	} bad[BAD_MAX];
	size_t bad_count;
	struct {
		bool consulted, incomplete, revoked;
	} link[LINKS_MAX];
	int error; /* first one that is not about revocation */
};

static struct run *
run_of(X509_STORE_CTX *ctx)
{
	return X509_STORE_CTX_get_app_data(ctx);
}

/* ------------------------------------------------------------------------------- the callbacks */

static bool
is_time_error(int error)
{
	return error == X509_V_ERR_CERT_NOT_YET_VALID || error == X509_V_ERR_CERT_HAS_EXPIRED;
}

static bool
is_list_error(int error)
{
	switch (error) {
	case X509_V_ERR_UNABLE_TO_GET_CRL:
	case X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE:
	case X509_V_ERR_CRL_SIGNATURE_FAILURE:
	case X509_V_ERR_CRL_NOT_YET_VALID:
	case X509_V_ERR_CRL_HAS_EXPIRED:
	case X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD:
	case X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD:
	case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
	case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
	case X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION:
	case X509_V_ERR_DIFFERENT_CRL_SCOPE:
	case X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
		return true;
	default:
		return false;
	}
}

/* What OpenSSL objects to and RFC 5280 does not: notAfter is inclusive (4.1.2.5), and an authority
 * without a key usage extension may do everything (6.1.4 n, 6.3.3 f). */
static bool
is_tolerated(const struct run *run, int error, X509_STORE_CTX *ctx)
{
	const X509 *x = X509_STORE_CTX_get_current_cert(ctx);

	if (error == X509_V_ERR_CA_CERT_MISSING_KEY_USAGE)
		return true;
	return error == X509_V_ERR_CERT_HAS_EXPIRED && x != NULL &&
	    run->path->rq->now_ms / 1000 == cert_time_ms(X509_get0_notAfter(x)) / 1000;
}

/* First question: dates are noted and the rest is still looked at. */
static int
on_path_error(int ok, X509_STORE_CTX *ctx)
{
	struct run *run = run_of(ctx);
	int error = X509_STORE_CTX_get_error(ctx);
	bool tolerated;

	if (ok)
		return 1;
	if (run == NULL)
		return 0;
	tolerated = is_tolerated(run, error, ctx);
	if (!tolerated && !is_time_error(error))
		return 0;
	if (!tolerated && run->path->error == 0) {
		run->path->error = error;
		run->path->depth = X509_STORE_CTX_get_error_depth(ctx);
	}
	X509_STORE_CTX_set_error(ctx, X509_V_OK);
	return 1;
}

static bool
is_bad(const struct run *run, const X509_CRL *list, int depth)
{
	for (size_t i = 0; i < run->bad_count; i++)
		if (run->bad[i].list == list && run->bad[i].depth == depth)
			return true;
	return run->bad_count == BAD_MAX;
}

/* An error about the list at hand. What an outdated list says to be revoked still is; from any
 * other unfit list nothing is believed. */
static void
note_list_error(struct run *run, int error, const X509_CRL *list, int depth)
{
	run->link[depth].incomplete = true;
	if (run->path->standing[depth].error == 0)
		run->path->standing[depth].error = error;
	if (error == X509_V_ERR_CRL_HAS_EXPIRED || error == X509_V_ERR_UNABLE_TO_GET_CRL ||
	    is_bad(run, list, depth))
		return;
	run->bad[run->bad_count].list = list;
	run->bad[run->bad_count++].depth = depth;
}

/* Of several lists the one that says more than a hold counts. */
static void
note_revoked(struct run *run, X509_STORE_CTX *ctx, int depth)
{
	struct cert_standing *st = &run->path->standing[depth];
	int reason;
	uint64_t at;

	cert_lists_entry(X509_STORE_CTX_get0_current_crl(ctx),
	    X509_STORE_CTX_get_current_cert(ctx), &reason, &at);
	if (!run->link[depth].revoked || st->reason == CRL_REASON_CERTIFICATE_HOLD) {
		st->reason = reason;
		st->revoked_at = at;
	}
	run->link[depth].revoked = true;
}

/* Second question: every link gets its own answer. */
static int
on_revocation_error(int ok, X509_STORE_CTX *ctx)
{
	struct run *run = run_of(ctx);
	int error = X509_STORE_CTX_get_error(ctx), depth = X509_STORE_CTX_get_error_depth(ctx);

	if (ok)
		return 1;
	if (run == NULL || depth < 0 || depth >= LINKS_MAX)
		return 0; /* also within the path of a list's own signer, which has no run */
	if (error == X509_V_ERR_CERT_REVOKED) {
		if (!is_bad(run, X509_STORE_CTX_get0_current_crl(ctx), depth))
			note_revoked(run, ctx, depth);
	} else if (is_list_error(error)) {
		note_list_error(run, error, X509_STORE_CTX_get0_current_crl(ctx), depth);
	} else if (is_time_error(error) || is_tolerated(run, error, ctx)) {
		/* settled by the first question */
	} else {
		run->error = error;
		return 0;
	}
	X509_STORE_CTX_set_error(ctx, X509_V_OK);
	return 1;
}

/* A link's age is that of its oldest list; a delta makes its base as new as itself. */
static void
consulted(struct run *run, struct cert_standing *st, const X509_CRL *crl, bool final)
{
	uint64_t at = cert_time_ms(X509_CRL_get0_lastUpdate(crl));
	uint64_t next = cert_time_ms(X509_CRL_get0_nextUpdate(crl));

	if (!final && X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) >= 0) {
		run->delta_at = at;
		run->delta_next = next;
		return;
	}
	if (run->delta_at > at) {
		at = run->delta_at;
		next = run->delta_next;
	}
	run->delta_at = run->delta_next = 0;
	if (st->this_update == 0 || at < st->this_update)
		st->this_update = at;
	if (next != 0 && (st->next_update == 0 || next < st->next_update))
		st->next_update = next;
}

static X509_STORE_CTX_cert_crl_fn
default_lookup(void)
{
	X509_STORE_CTX *plain = X509_STORE_CTX_new();
	X509_STORE_CTX_cert_crl_fn lookup = NULL;

	if (plain != NULL && X509_STORE_CTX_init(plain, NULL, NULL, NULL))
		lookup = X509_STORE_CTX_get_cert_crl(plain);
	X509_STORE_CTX_free(plain);
	return lookup;
}

/* Serial numbers are looked up by OpenSSL; which list told is noted here. 2: a delta says that the
 * certificate is off the list again, the base is not asked. */
static int
on_lookup(X509_STORE_CTX *ctx, X509_CRL *list, X509 *x)
{
	struct run *run = run_of(ctx);
	int depth = X509_STORE_CTX_get_error_depth(ctx), r;
	X509_STORE_CTX_cert_crl_fn lookup = default_lookup();

	if (lookup == NULL)
		return 0;
	if (run != NULL && depth >= 0 && depth < LINKS_MAX && !cert_lists_may_cover(list, x))
		note_list_error(run, X509_V_ERR_DIFFERENT_CRL_SCOPE, list, depth);
	r = lookup(ctx, list, x);
	if (run == NULL || depth < 0 || depth >= LINKS_MAX || is_bad(run, list, depth))
		return r;
	run->link[depth].consulted = true;
	consulted(run, &run->path->standing[depth], list, r == 2);
	return r;
}

void
cert_path_install(X509_STORE *trusted)
{
	X509_STORE_set_cert_crl(trusted, on_lookup);
}

/* ------------------------------------------------------------------------------ the questions */

static int
set_policies(X509_VERIFY_PARAM *param, const struct cert_policy_input *in)
{
	static const char *const any[] = { "2.5.29.32.0", NULL };
	const char *const *oid = in != NULL && in->initial != NULL ? in->initial : any;
	ASN1_OBJECT *o;

	for (; *oid != NULL; oid++) {
		if ((o = OBJ_txt2obj(*oid, 1)) == NULL)
			return ERR_FORMAT;
		if (!X509_VERIFY_PARAM_add0_policy(param, o)) {
			ASN1_OBJECT_free(o);
			return ERR_NOMEM;
		}
	}
	return 0;
}

static unsigned long
path_flags(const struct cert_path *p)
{
	const struct cert_policy_input *in = p->rq->policies;
	unsigned long flags = X509_V_FLAG_POLICY_CHECK | X509_V_FLAG_CHECK_SS_SIGNATURE |
	    X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN;

	if (in != NULL && in->require_explicit)
		flags |= X509_V_FLAG_EXPLICIT_POLICY;
	if (in != NULL && in->inhibit_mapping)
		flags |= X509_V_FLAG_INHIBIT_MAP;
	if (in != NULL && in->inhibit_any)
		flags |= X509_V_FLAG_INHIBIT_ANY;
	if (p->store->policy.profile == CERT_STRICT)
		flags |= X509_V_FLAG_X509_STRICT;
	return flags;
}

int
cert_path_rsa_bits_min(const struct cert_store *s)
{
	return s->policy.rsa_bits_min != 0 ? s->policy.rsa_bits_min : CERT_RSA_BITS_MIN;
}

static int
depth_limit(const struct cert_request *rq)
{
	if (rq->depth_limit == 0 || rq->depth_limit > CERT_CHAIN_MAX - 1)
		return CERT_CHAIN_MAX - 2;
	return rq->depth_limit - 1;
}

static int
set_up(struct cert_path *p, X509_STORE_CTX *ctx, struct run *run, unsigned long extra)
{
	static const int purposes[] = { [CERT_FOR_HOLDER] = X509_PURPOSE_SSL_CLIENT,
		[CERT_FOR_TLS_CLIENT] = X509_PURPOSE_SSL_CLIENT,
		[CERT_FOR_TLS_SERVER] = X509_PURPOSE_SSL_SERVER,
		[CERT_FOR_PATH] = 0 };
	X509_VERIFY_PARAM *param;
	int purpose = purposes[p->rq->purpose];

	if (!X509_STORE_CTX_init(ctx, p->store->trusted, p->leaf, p->untrusted))
		return ERR_NOMEM;
	X509_STORE_CTX_set_app_data(ctx, run);
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(param, (time_t)(p->rq->now_ms / 1000));
	X509_VERIFY_PARAM_set_depth(param, depth_limit(p->rq));
	X509_VERIFY_PARAM_set_auth_level(param,
	    cert_path_rsa_bits_min(p->store) < CERT_RSA_BITS_MIN ? AUTH_LEVEL_WEAK : AUTH_LEVEL);
	if (!X509_VERIFY_PARAM_set_flags(param, path_flags(p) | extra) ||
	    (purpose != 0 && !X509_VERIFY_PARAM_set_purpose(param, purpose)))
		return ERR_BUG;
	return set_policies(param, p->rq->policies);
}

int
cert_path_build(struct cert_path *p)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	struct run run = { .path = p };
	int r;

	if (ctx == NULL)
		return ERR_NOMEM;
	if ((r = set_up(p, ctx, &run, 0)) != 0)
		goto out;
	X509_STORE_CTX_set_verify_cb(ctx, on_path_error);
	p->complete = X509_verify_cert(ctx) == 1;
	if (!p->complete) {
		p->error = X509_STORE_CTX_get_error(ctx);
		p->depth = X509_STORE_CTX_get_error_depth(ctx);
		if (p->error == X509_V_OK)
			p->error = X509_V_ERR_UNSPECIFIED;
	}
	p->chain = X509_STORE_CTX_get1_chain(ctx);
	if (p->chain != NULL && sk_X509_num(p->chain) > CERT_CHAIN_MAX)
		r = ERR_LIMIT;
out:
	X509_STORE_CTX_free(ctx);
	ERR_clear_error();
	return r;
}

static void
settle(struct cert_path *p, const struct run *run)
{
	int last = sk_X509_num(p->chain) - 1;

	for (int i = 0; i <= last; i++) {
		struct cert_standing *st = &p->standing[i];

		if (i == last || (i > 0 && p->rq->leaf_revocation_only))
			*st = (struct cert_standing){ .state = CERT_NA };
		else if (run->link[i].revoked)
			st->state = CERT_REVOKED;
		else if (run->link[i].consulted && !run->link[i].incomplete)
			st->state = CERT_GOOD;
		else
			st->state = CERT_UNKNOWN;
	}
}

int
cert_path_revocation(struct cert_path *p)
{
	unsigned long flags = X509_V_FLAG_CRL_CHECK | X509_V_FLAG_EXTENDED_CRL_SUPPORT |
	    X509_V_FLAG_USE_DELTAS | (p->rq->leaf_revocation_only ? 0 : X509_V_FLAG_CRL_CHECK_ALL);
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509_CRL) *lists = cert_lists_choose(p);
	struct run run = { .path = p };
	int r = ERR_NOMEM;

	if (ctx == NULL || lists == NULL || (r = set_up(p, ctx, &run, flags)) != 0)
		goto out;
	X509_STORE_CTX_set_verify_cb(ctx, on_revocation_error);
	X509_STORE_CTX_set0_crls(ctx, lists);
	if (X509_verify_cert(ctx) != 1) {
		p->error = run.error != 0 ? run.error : X509_V_ERR_UNSPECIFIED;
		p->depth = X509_STORE_CTX_get_error_depth(ctx);
		p->complete = false;
	}
	settle(p, &run);
out:
	X509_STORE_CTX_free(ctx);
	sk_X509_CRL_free(lists);
	ERR_clear_error();
	return r;
}

STACK_OF(X509) * cert_path_above(struct cert_store *s, X509 *x, STACK_OF(X509) * through)
{
	struct cert_request rq = { .purpose = CERT_FOR_PATH };
	struct cert_path p = { .store = s, .rq = &rq, .leaf = x, .untrusted = through };
	STACK_OF(X509) *chain = NULL;

	if (cert_path_build(&p) == 0 && p.complete) {
		chain = p.chain;
		p.chain = NULL;
	}
	p.untrusted = NULL;
	p.leaf = NULL;
	cert_path_clear(&p);
	return chain;
}

bool
cert_path_reaches(struct cert_store *s, X509 *x)
{
	STACK_OF(X509) *chain;
	bool reaches;

	if (cert_store_is_anchor(s, x))
		return true;
	chain = cert_path_above(s, x, s->intermediates);
	reaches = chain != NULL;
	sk_X509_pop_free(chain, X509_free);
	return reaches;
}

X509 *
cert_path_link(const struct cert_path *p, int depth)
{
	int n = p->chain == NULL ? 0 : sk_X509_num(p->chain);

	if (n == 0)
		return p->leaf;
	return sk_X509_value(p->chain, depth < 0 || depth >= n ? n - 1 : depth);
}

void
cert_path_clear(struct cert_path *p)
{
	sk_X509_pop_free(p->chain, X509_free);
	sk_X509_pop_free(p->untrusted, X509_free);
	X509_free(p->leaf);
	memset(p, 0, sizeof(*p));
}
