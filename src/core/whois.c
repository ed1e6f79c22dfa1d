#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
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
	out->sha256 = hex_text(l->sha256, CERT_HASH_LEN);
	out->revocation = mem_strdup(cert_state_name(l->revocation));
	out->revocation_age_s = l->revocation_age_s;
	out->revocation_next = l->revocation_next;
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
show_devices(const struct identity *i, struct core_whois *out)
{
	size_t n, count = identity_device_count(i);

	out->devices = mem_array(count + 1, sizeof(*out->devices));
	out->device_count = count;
	for (n = 0; n < count; n++) {
		const struct identity_device *d = identity_device(i, n);

		out->devices[n].id = hex_text(d->id, DEVICE_ID_LEN);
		out->devices[n].name = mem_strdup(d->name);
		out->devices[n].bound_at = d->bound_at;
		out->devices[n].removed_at = d->removed_at;
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

static char *
verdict_text(struct engine *e, const struct store_person *p, const struct cert_verdict *v)
{
	char day[CLOCK_TEXT_MAX];
	struct fault f = { 0 };

	if (v == NULL)
		return mem_strdup("Nothing is known of this person yet.");
	if (trust_may_send(e->trust, p, &f) != 0)
		return mem_format("%s.", f.what);
	if (trust_letter(e->trust, p) != 'V')
		return mem_strdup(v->sentence);
	clock_text(p->verified_at, day);
	return mem_format("%s; you compared safety numbers on %.10s", v->sentence, day);
}

struct core_whois *
whois_show(struct engine *e, const struct store_person *p, bool pem)
{
	struct core_whois *out = mem_alloc(sizeof(*out));
	const struct identity *i = trust_identity(e->trust, p);
	const struct cert_verdict *v = i != NULL ? identity_verdict(i) : NULL;
	char safety[SAFETY_TEXT];

	out->name = mem_strdup(p->name);
	out->trust = trust_letter(e->trust, p);
	out->verdict = verdict_text(e, p, v);
	out->online = p->known && relay_sees(e, p->user_id);
	if (v != NULL)
		show_chain(v, pem, out);
	if (i != NULL) {
		show_devices(i, out);
		show_session(e, i, out);
	}
	if (trust_safety(e->trust, p, safety) == 0)
		out->safety_number = mem_strdup(safety);
	if (out->trust == 'V')
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
