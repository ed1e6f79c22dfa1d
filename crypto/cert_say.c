/*
 * A verdict in a sentence for a person. The first thing said stays: questions are asked in the
 * order of what matters most.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/cert_int.h"

#define DATE_LEN 10

void
cert_say(struct cert_verdict *v, int code, const char *fmt, ...)
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

char *
cert_say_name(const X509_NAME *name)
{
	char *cn = cert_name_entry(name, NID_commonName);

	if (cn[0] != '\0')
		return cn;
	free(cn);
	return cert_name_text(name);
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

/* Is an authority of this name known, so that the chain should have gone on there? */
static bool
has_namesake(const struct cert_path *p, const X509_NAME *name)
{
	for (size_t i = 0; i < p->store->anchor_count; i++)
		if (X509_NAME_cmp(X509_get_subject_name(p->store->anchors[i].x), name) == 0)
			return true;
	for (int i = 0; i < sk_X509_num(p->store->intermediates); i++)
		if (X509_NAME_cmp(
			X509_get_subject_name(sk_X509_value(p->store->intermediates, i)), name) == 0)
			return true;
	return false;
}

static bool
is_incomplete(int error)
{
	return error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
	    error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
	    error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE;
}

static void
say_no_anchor(const struct cert_path *p, struct cert_verdict *v)
{
	X509 *last = cert_path_link(p, INT32_MAX), *old = expired_anchor(p);
	const X509_NAME *above = X509_get_issuer_name(last);
	char *issuer = cert_say_name(above), *name, date[CLOCK_TEXT_MAX];

	v->incomplete = is_incomplete(p->error);
	v->forked = p->store->anchor_count != 0 && has_namesake(p, above);
	if (p->store->anchor_count == 0) {
		cert_say(v, ERR_CERT_CHAIN,
		    "no trust anchor is known; the certificate's chain ends at %s", issuer);
	} else if (v->forked) {
		cert_say(v, ERR_CERT_CHAIN,
		    "the certificate's chain ends at another %s than the one trusted here: the same "
		    "name, another key",
		    issuer);
	} else if (old != NULL) {
		name = cert_say_name(X509_get_subject_name(old));
		date_text(cert_time_ms(X509_get0_notAfter(old)), date);
		cert_say(v, ERR_CERT_CHAIN,
		    "the certificate's chain ends at %s, which is no trust anchor (the anchor %s "
		    "expired on %s)",
		    issuer, name, date);
		free(name);
	} else {
		cert_say(v, ERR_CERT_CHAIN,
		    "the certificate's chain ends at %s, which is no trust anchor", issuer);
	}
	free(issuer);
}

static void
say_time(const struct cert_path *p, struct cert_verdict *v)
{
	X509 *x = cert_path_link(p, p->depth);
	char *name = cert_say_name(X509_get_subject_name(x)), date[CLOCK_TEXT_MAX];
	bool expired = p->error == X509_V_ERR_CERT_HAS_EXPIRED;

	date_text(cert_time_ms(expired ? X509_get0_notAfter(x) : X509_get0_notBefore(x)), date);
	if (p->depth == 0)
		cert_say(v, ERR_CERT_TIME,
		    expired ? "the certificate expired on %s"
			    : "the certificate is not valid before %s",
		    date);
	else
		cert_say(v, ERR_CERT_TIME,
		    expired ? "%s, above the certificate, expired on %s"
			    : "%s, above the certificate, is not valid before %s",
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

void
cert_say_over(const struct cert_request *rq, struct cert_verdict *v)
{
	char date[CLOCK_TEXT_MAX];

	date_text(rq->until_ms, date);
	cert_say(v, ERR_CERT_TIME, "what its holder signed was good until %s", date);
}

void
cert_say_path(const struct cert_path *p, struct cert_verdict *v)
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
			cert_say(v, code, "%s", why);
			return;
		}
		/* fallthrough */
	default:
		name = cert_say_name(X509_get_subject_name(cert_path_link(p, p->depth)));
		cert_say(v, code, "%s: %s", name, X509_verify_cert_error_string(p->error));
		free(name);
	}
}

void
cert_say_policies(const struct cert_policy *policy, struct cert_verdict *v)
{
	bool card = policy->by_card_authority;

	for (size_t i = 0; i < policy->required.count; i++)
		card = card || strcmp(policy->required.oid[i], CERT_POLICY_CARD) == 0;
	if (card)
		cert_say(v, ERR_CERT_USAGE,
		    "the certificate was not issued for the Citizen Card's authentication");
	cert_say(v, ERR_CERT_USAGE,
	    "the certificate was not issued under one of the policies asked for here "
	    "(trust.policies)");
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

/* Who is revoked (NULL: the certificate itself), since when and why, as far as the list says. */
static void
say_revoked(const struct cert_standing *st, const char *name, struct cert_verdict *v)
{
	const char *reason = cert_lists_reason(st->reason);
	char date[CLOCK_TEXT_MAX];

	date_text(st->revoked_at, date);
	v->on_hold = st->reason == CRL_REASON_CERTIFICATE_HOLD;
	if (v->on_hold && name == NULL)
		cert_say(v, ERR_CERT_REVOKED,
		    "the certificate is suspended since %s (revoked until further notice)", date);
	else if (v->on_hold)
		cert_say(v, ERR_CERT_REVOKED,
		    "%s, above the certificate, is suspended since %s", name, date);
	else if (name != NULL)
		cert_say(v, ERR_CERT_REVOKED, "%s, above the certificate, was revoked on %s", name,
		    date);
	else if (reason[0] != '\0')
		cert_say(v, ERR_CERT_REVOKED, "the certificate was revoked on %s (%s)", date, reason);
	else
		cert_say(v, ERR_CERT_REVOKED, "the certificate was revoked on %s", date);
}

static void
say_unknown(const struct cert_path *p, int i, const char *name, struct cert_verdict *v)
{
	const char *why = unknown_reason(p, &p->standing[i]);

	if (i == 0)
		cert_say(v, ERR_CERT_REVOCATION,
		    "whether the certificate is revoked is unknown: %s", why);
	else
		cert_say(v, ERR_CERT_REVOCATION,
		    "whether %s, above the certificate, is revoked is unknown: %s", name, why);
}

/* What ends it for good comes before what may be taken back, and that before what is unknown. */
void
cert_say_revocation(const struct cert_path *p, struct cert_verdict *v)
{
	bool require = p->store->policy.revocation == CERT_REVOCATION_REQUIRE;
	int n = sk_X509_num(p->chain);

	if (cert_store_is_relay(p->store, sk_X509_value(p->chain, n - 1)))
		require = false;
	for (int pass = 0; pass < 3; pass++)
		for (int i = 0; i < n && v->sentence == NULL; i++) {
			const struct cert_standing *st = &p->standing[i];
			bool hold = st->reason == CRL_REASON_CERTIFICATE_HOLD;
			char *name = cert_say_name(X509_get_subject_name(sk_X509_value(p->chain, i)));

			if (pass < 2 && st->state == CERT_REVOKED && hold == (pass == 1))
				say_revoked(st, i == 0 ? NULL : name, v);
			else if (pass == 2 && st->state == CERT_UNKNOWN && require)
				say_unknown(p, i, name, v);
			free(name);
		}
}

/* Somebody whom a relay vouches for, and nobody else: it is the author of the lists, too, so that a
 * fresh one proves no more than its word. */
static void
say_relay(const struct cert_path *p, struct cert_verdict *v)
{
	char *issuer = cert_say_name(X509_get_subject_name(cert_path_link(p, INT32_MAX)));

	if (p->standing[0].state == CERT_UNKNOWN)
		cert_say(v, 0,
		    "certificate of the relay %s's own CA; no card stands behind this name; whether it "
		    "is revoked is unknown",
		    issuer);
	else
		cert_say(v, 0,
		    "certificate of the relay %s's own CA; no card stands behind this name", issuer);
	free(issuer);
}

void
cert_say_good(const struct cert_path *p, struct cert_verdict *v)
{
	char *issuer = cert_say_name(X509_get_issuer_name(p->leaf)), age[CLOCK_TEXT_MAX];
	const struct cert_standing *st = &p->standing[0];

	if (cert_store_is_relay(p->store, cert_path_link(p, INT32_MAX)))
		say_relay(p, v);
	else if (st->state == CERT_GOOD) {
		clock_age(
		    p->rq->now_ms < st->this_update ? 0 : (p->rq->now_ms - st->this_update) / 1000,
		    age);
		cert_say(v, 0, "valid, issued by %s, not revoked as of %s ago", issuer, age);
	} else if (st->state == CERT_UNKNOWN) {
		cert_say(v, 0, "valid, issued by %s; whether it is revoked is unknown", issuer);
	} else {
		cert_say(v, 0, "valid, issued by %s; revocation was not asked", issuer);
	}
	free(issuer);
}
