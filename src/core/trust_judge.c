#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/relay.h"
#include "core/trust_state.h"

/* ------------------------------------------------------------------------------ judging */

bool
trust_safety_same(const struct store_person *p, const char *number)
{
	size_t n = strlen(number);

	return strlen(p->verified) == n && mem_equal_ct(p->verified, number, n);
}

static bool
safety_holds(struct trust *t, const struct store_person *p)
{
	char now[SAFETY_TEXT];

	return p->verified_at != 0 && trust_safety(t, p, now) == 0 && trust_safety_same(p, now);
}

bool
trust_unknown(const struct cert_verdict *v)
{
	return v->code == ERR_CERT_REVOCATION || (v->incomplete && !v->forked);
}

char
trust_letter(struct trust *t, const struct store_person *p)
{
	const struct identity *i = trust_identity(t, p);
	const struct cert_verdict *v = i != NULL ? identity_verdict(i) : NULL;

	if (p->changed || (p->known && i == NULL))
		return '!';
	if (v == NULL || trust_unknown(v))
		return '?';
	if (v->code != 0)
		return '!';
	return v->trust == 'C' && safety_holds(t, p) ? 'V' : v->trust;
}

static bool
is_early(const struct cert_verdict *v, uint64_t now)
{
	size_t i;

	for (i = 0; i < v->chain_count; i++)
		if (v->chain[i].not_before > now)
			return true;
	return false;
}

const char *
trust_why(struct trust *t, const struct store_person *p)
{
	const struct cert_verdict *v;
	const struct identity *i;

	if (trust_letter(t, p) != '!')
		return NULL;
	if (p->changed)
		return "changed";
	i = trust_identity(t, p);
	if (i == NULL)
		return "broken";
	v = identity_verdict(i);
	switch (v->code) {
	case ERR_CERT_REVOKED:
		return v->on_hold ? "suspended" : "revoked";
	case ERR_CERT_TIME:
		return is_early(v, trust_check(t).now) ? "not yet valid" : "expired";
	default:
		return "broken";
	}
}

static int
refuse(struct trust *t, const struct store_person *p, const struct identity *i, struct fault *f)
{
	const struct cert_verdict *v = i != NULL ? identity_verdict(i) : NULL;
	char *doubt;

	if (p->changed) {
		doubt = trust_doubt(t, p);
		fault_set(f, ERR_UNTRUSTED, p->name, "%s", doubt);
		fault_hint(f, strcmp(doubt, TRUST_OTHER_USER) == 0
		        ? "Ask the person over another channel; `recado accept %s` takes whom the relay shows."
		        : "Ask the person over another channel; to %s nothing is sent meanwhile.", p->name);
		free(doubt);
		return ERR_UNTRUSTED;
	}
	if (v == NULL)
		return fault_set(f, ERR_UNTRUSTED, p->name, "what is kept of this person does not verify");
	fault_set(f, v->code, p->name, "%s", v->sentence);
	fault_hint(f, "`recado whois %s` shows the chain.", p->name);
	return v->code;
}

int
trust_may_send(struct trust *t, const struct store_person *p, struct fault *f)
{
	const struct identity *i = trust_identity(t, p);

	if (!p->changed && !p->known)
		return 0; /* nobody yet: looked up before anything is sealed */
	if (p->changed || i == NULL || identity_verdict(i)->code != 0)
		return refuse(t, p, i, f);
	return 0;
}

bool
trust_may_yet(const struct trust *t, const struct fault *f)
{
	return f->code == ERR_CERT_REVOCATION && (!relay_listed(t->engine) || t->refreshing);
}

int
trust_may_receive(struct trust *t, const struct store_person *p, struct fault *f)
{
	const struct identity *i = trust_identity(t, p);

	if (i == NULL)
		return refuse(t, p, i, f);
	if (identity_verdict(i)->code == 0 || identity_verdict(i)->code == ERR_CERT_REVOCATION)
		return 0;
	/* From somebody accepted it is shown with its '!'; a stranger is not let in. */
	return p->contact == CORE_CONTACT ? 0 : refuse(t, p, i, f);
}

int
trust_safety(struct trust *t, const struct store_person *p, char out[SAFETY_TEXT])
{
	const struct identity *i = trust_identity(t, p);
	struct trust_cached *c = trust_cached(t, p->id);
	int r = 0;

	out[0] = '\0';
	if (i == NULL || c == NULL || t->self == NULL)
		return ERR_NOT_FOUND;
	if (c->safety[0] == '\0' || memcmp(c->safety_of[0], identity_list_head(t->self), STORE_HASH) != 0 ||
	    memcmp(c->safety_of[1], identity_list_head(i), STORE_HASH) != 0) {
		c->safety[0] = '\0';
		memcpy(c->safety_of[0], identity_list_head(t->self), STORE_HASH);
		memcpy(c->safety_of[1], identity_list_head(i), STORE_HASH);
		r = safety_number(t->self, i, c->safety);
	}
	if (r == 0)
		memcpy(out, c->safety, SAFETY_TEXT);
	return r;
}

int
trust_own_card(struct trust *t, struct bytes cert, struct chain *c, struct fault *f)
{
	struct bytes links[CERT_INTERMEDIATES_MAX];
	struct cert_request rq = { .leaf = cert, .intermediates = links,
		.intermediate_count = chain_view(c, links), .now_ms = trust_check(t).now,
		.purpose = CERT_FOR_HOLDER };
	const struct cert_verdict *v = NULL;
	int r = cert_verify(t->store, &rq, &v, f);

	if (v != NULL)
		chain_complete(c, v);
	cert_verdict_free(&v);
	if (r == ERR_CERT_REVOCATION || (r == ERR_CERT_CHAIN && cert_store_anchor_count(t->store) == 0))
		r = 0; /* the relay has the lists and decides */
	if (r == 0 && f != NULL)
		memset(f, 0, sizeof(*f));
	return r;
}

int
trust_same_holder(struct trust *t, struct bytes cert, const struct chain *c, struct fault *f)
{
	struct bytes links[CERT_INTERMEDIATES_MAX];
	struct cert_request rq = { .leaf = cert, .intermediates = links,
		.intermediate_count = chain_view(c, links), .now_ms = trust_check(t).now,
		.purpose = CERT_FOR_HOLDER };
	const struct cert_verdict *own = identity_verdict(trust_self(t)), *v = NULL;
	int r = cert_verify(t->store, &rq, &v, NULL);

	if (v != NULL)
		r = own->civil_id[0] != '\0' && strcmp(own->civil_id, v->civil_id) == 0 &&
		        own->anchor == v->anchor
		    ? 0
		    : ERR_UNTRUSTED;
	cert_verdict_free(&v);
	if (r == 0)
		return 0;
	fault_set(f, r, t->engine->account.name, "the card in the reader is not of the holder of this account");
	fault_hint(f, "A renewal wants the new card of the same person.");
	return r;
}
