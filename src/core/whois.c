#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/relay.h"
#include "core/trust.h"
#include "core/whois.h"
#include "crypto/session.h"
#include "crypto/suite.h"

static char *
hex_text(const uint8_t *p, size_t n)
{
	char *out = mem_alloc(2 * n + 1);

	hex_encode(p, n, out);
	return out;
}

static void
show_link(const struct cert_link *l, bool pem, struct core_link_cert *out)
{
	out->subject = mem_strdup(l->subject);
	out->issuer = mem_strdup(l->issuer);
	out->serial = mem_strdup(l->serial);
	out->not_before = l->not_before;
	out->not_after = l->not_after;
	out->key = mem_strdup(l->key);
	out->sig = mem_strdup(l->sig);
	out->usage = mem_strdup(l->usage);
	out->sha256 = hex_text(l->sha256, CERT_HASH_LEN);
	out->revocation = mem_strdup(cert_state_name(l->revocation));
	out->revocation_age_s = l->revocation_age_s;
	out->revocation_next = l->revocation_next;
	out->revoked_at = l->revoked_at;
	out->reason = mem_strdup(l->reason);
	out->crl_url = mem_strdup(l->crl_url);
	out->policies = mem_strdup(l->policies);
	if (pem)
		out->pem = cert_pem((struct bytes){ l->der, l->der_len });
}

static void
show_chain(const struct cert_verdict *v, bool pem, struct core_whois *out)
{
	size_t i;

	out->civil_name = mem_strdup(v->civil_name);
	out->civil_id = mem_strdup(v->civil_id);
	out->chain = mem_array(v->chain_count + 1, sizeof(*out->chain));
	out->chain_count = v->chain_count;
	for (i = 0; i < v->chain_count; i++)
		show_link(&v->chain[i], pem, &out->chain[i]);
}

static void
show_devices(const struct engine *e, const struct identity *i, struct core_whois *out)
{
	size_t n, count = identity_device_count(i);

	out->devices = mem_array(count + 1, sizeof(*out->devices));
	out->device_count = count;
	for (n = 0; n < count; n++) {
		const struct identity_device *d = identity_device(i, n);

		out->devices[n].id = hex_text(d->id, DEVICE_ID_LEN);
		out->devices[n].name = text_clean(d->name, strlen(d->name), TEXT_NAME);
		out->devices[n].bound_at = d->bound_at;
		out->devices[n].removed_at = d->removed_at;
		out->devices[n].this_device =
		    memcmp(d->id, e->account.device_id, DEVICE_ID_LEN) == 0;
	}
}

/* The session with the first live device that has one. */
static void
show_session(struct engine *e, const struct identity *i, struct core_whois *out)
{
	struct buf *packed = buf_new_secret(SESSION_PACKED_MAX);
	struct session *s = NULL;
	int64_t id;
	size_t n;

	for (n = 0; n < identity_device_count(i) && s == NULL; n++) {
		if (identity_device(i, n)->removed_at != 0 ||
		    store_session_by_device(e->store, identity_device(i, n)->id, &id, packed) != 0)
			continue;
		if (session_unpack(buf_view(packed), &s) == 0) {
			out->suite = mem_strdup(suite_name(session_suite(s)));
			out->session_at = session_created(s);
		}
		buf_reset(packed);
	}
	session_free(&s);
	buf_free(&packed);
}

static int
past_one(void *arg, uint64_t at, const char *what)
{
	struct core_whois *out = arg;

	out->history = mem_grow(out->history, out->history_count + 1, sizeof(*out->history));
	out->history[out->history_count].at = at;
	out->history[out->history_count++].what = mem_strdup(what);
	return 0;
}

/* ------------------------------------------------------------------------------ the sentence */

/* Of a certificate that is good, by what it proves: safety numbers compared, and not. */
static const char *const proofs[][2] = {
	{ "Level R: %s. You compared safety numbers on %.10s.",
	    "Level R: %s. You have not compared safety numbers." },
	{ "This is the person named on a Portuguese Citizen Card: %s. You compared safety numbers on "
	  "%.10s.",
	    "This is the person named on a Portuguese Citizen Card: %s. You have not compared safety "
	    "numbers." },
	{ "This is the person named on a card: %s. You compared safety numbers on %.10s.",
	    "This is the person named on a card: %s. You have not compared safety numbers." },
};

static size_t
proof_of(const struct cert_verdict *v)
{
	static const char citizen[] = "Cartão de Cidadão";

	if (v->anchor == 'R')
		return 0;
	return strcmp(v->country, "PT") == 0 &&
	        strncmp(v->organisation, citizen, sizeof(citizen) - 1) == 0
	    ? 1
	    : 2;
}

static char *
verdict_text(struct engine *e, const struct store_person *p, const struct cert_verdict *v)
{
	char day[CLOCK_TEXT_MAX], *doubt, *out;

	if (p->changed) {
		doubt = trust_doubt(e->trust, p);
		out = mem_format("Do not trust: %s.", doubt);
		free(doubt);
		return out;
	}
	if (v == NULL && p->known)
		return mem_strdup("Do not trust: what is kept of this person does not verify.");
	if (v == NULL)
		return mem_strdup("Nothing is known of this person yet.");
	if (trust_unknown(v))
		return mem_format("Not proven at the moment: %s.", v->sentence);
	if (v->code != 0)
		return mem_format("Do not trust: %s.", v->sentence);
	if (p->verified_at == 0)
		return mem_format(proofs[proof_of(v)][1], v->sentence);
	clock_text(p->verified_at, day);
	return mem_format(proofs[proof_of(v)][0], v->sentence, day);
}

/* ------------------------------------------------------------------------------ all of it */

static void
show_identity(struct engine *e, const struct identity *i, bool pem, struct core_whois *out)
{
	const struct cert_verdict *v = i != NULL ? identity_verdict(i) : NULL;

	if (v != NULL)
		show_chain(v, pem, out);
	if (i != NULL)
		show_devices(e, i, out);
}

struct core_whois *
whois_show(struct engine *e, const struct store_person *p, bool pem)
{
	struct core_whois *out = mem_alloc(sizeof(*out));
	const struct identity *i = trust_identity(e->trust, p);
	char safety[SAFETY_TEXT];

	out->name = mem_strdup(p->name);
	out->trust = trust_letter(e->trust, p);
	out->verdict = verdict_text(e, p, i != NULL ? identity_verdict(i) : NULL);
	out->online = p->known && relay_sees(e, p->user_id);
	show_identity(e, i, pem, out);
	if (i != NULL)
		show_session(e, i, out);
	if (trust_safety(e->trust, p, safety) == 0)
		out->safety_number = mem_strdup(safety);
	if (out->trust == 'V' || out->trust == 'R')
		out->verified_at = p->verified_at;
	if (out->suite == NULL)
		out->suite = mem_strdup("");
	if (store_past_each(e->store, p->id, past_one, out) != 0)
		out->history_count = 0;
	return out;
}

void
whois_emit(struct op *op, const struct store_person *p)
{
	struct core_event ev = { .kind = CORE_EV_WHOIS };

	ev.whois = whois_show(op->e, p, (op->cmd.flags & CORE_F_PEM) != 0);
	op_emit(op, &ev);
}

/* ------------------------------------------------------------------------------ oneself */

static int
newer_first(const void *a, const void *b)
{
	const struct core_past *x = a, *y = b;

	return x->at < y->at ? 1 : x->at > y->at ? -1 : 0;
}

/* One's own history is that of the devices. */
static void
show_own_past(struct core_whois *out)
{
	size_t n;

	for (n = 0; n < out->device_count; n++) {
		const struct core_device *d = &out->devices[n];
		char *added = mem_format("device added: %s", d->name);
		char *removed = mem_format("device removed: %s", d->name);

		(void)past_one(out, d->bound_at, added);
		if (d->removed_at != 0)
			(void)past_one(out, d->removed_at, removed);
		free(added);
		free(removed);
	}
	if (out->history_count > 0)
		qsort(out->history, out->history_count, sizeof(*out->history), newer_first);
}

void
whois_emit_self(struct op *op)
{
	struct engine *e = op->e;
	struct core_event ev = { .kind = CORE_EV_WHOIS };
	struct core_whois *out = ev.whois = mem_alloc(sizeof(*out));
	const struct identity *i = trust_self(e->trust);
	const struct cert_verdict *v = i != NULL ? identity_verdict(i) : NULL;

	out->name = mem_strdup(e->account.name);
	out->suite = mem_strdup("");
	out->online = relay_online(e);
	out->trust = v == NULL || trust_unknown(v) ? '?' : v->code != 0 ? '!' : v->trust;
	if (v == NULL)
		out->verdict = mem_strdup("This is you.");
	else if (v->code == 0)
		out->verdict = mem_format("This is you: %s.", v->sentence);
	else
		out->verdict = mem_format("This is you, and others do not accept it: %s.", v->sentence);
	show_identity(e, i, (op->cmd.flags & CORE_F_PEM) != 0, out);
	show_own_past(out);
	op_emit(op, &ev);
}
