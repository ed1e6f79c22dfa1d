/*
 * Authorities from the relay. It is asked for who issued what our chains end at, and what it answers
 * proves nothing by itself: only what leads to an anchor of ours is kept, or is a state root by its
 * fingerprint where none is configured. What was kept lies in the profile, so that it is there
 * without the relay, too.
 */
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "core/relay.h"
#include "core/trust_state.h"

#define ISSUERS_VALUE "trust.issuers"
#define ISSUERS_ASKED_MAX 8

/* ------------------------------------------------------------------------------ taking */

/* Protobuf messages put one after the other are one, with all that repeats in them. */
static int
issuer_kept(void *arg, struct bytes der)
{
	struct trust *t = arg;
	Recado__Issuers one = RECADO__ISSUERS__INIT;
	ProtobufCBinaryData data = pb_data(der);
	struct buf *b = buf_new(CERT_DER_MAX + 16);
	int r;

	one.certificates = &data;
	one.n_certificates = 1;
	if ((r = pb_pack(&one, b)) == 0)
		r = buf_put_bytes(t->issuers, buf_view(b));
	buf_free(&b);
	return r;
}

static void
issuers_help(struct trust *t, const Recado__Issuers *is)
{
	struct bytes ders[CERT_ISSUERS_MAX];
	size_t i, n;

	for (i = 0; i < is->n_certificates; i += n) {
		for (n = 0; n < CERT_ISSUERS_MAX && i + n < is->n_certificates; n++)
			ders[n] = pb_view(is->certificates[i + n]);
		cert_store_help(t->store, ders, n, t->engine->config->trust_anchors == NULL,
		    issuer_kept, t);
	}
}

int
trust_issuers_keep(struct trust *t, struct store *s)
{
	return buf_len(t->issuers) == 0 ? 0 : store_value_set(s, ISSUERS_VALUE, buf_view(t->issuers));
}

void
trust_issuers_take(struct trust *t, const Recado__ReplyBody *reply)
{
	size_t before = buf_len(t->issuers);
	struct engine *e = t->engine;

	if (reply->op_case != RECADO__REPLY_BODY__OP_ISSUERS)
		return;
	if (reply->issuers->n_certificates <= CERT_ISSUERS_MAX)
		issuers_help(t, reply->issuers);
	if (buf_len(t->issuers) != before && e->store != NULL && trust_issuers_keep(t, e->store) != 0)
		log_warn(e->log, "trust", "what the relay knows of authorities cannot be kept");
}

int
trust_issuers_load(struct trust *t)
{
	struct buf *b = buf_new(0);
	Recado__Issuers *is = NULL;
	int r = store_value_get(t->engine->store, ISSUERS_VALUE, b);

	if (r == 0 && (r = pb_unpack(&recado__issuers__descriptor, buf_view(b), &is)) == 0)
		issuers_help(t, is);
	pb_free(&is);
	buf_free(&b);
	return r == ERR_NOT_FOUND ? 0 : r;
}

/* ------------------------------------------------------------------------------ asking */

struct lacking {
	struct trust *trust;
	uint8_t name[ISSUERS_ASKED_MAX][CERT_HASH_LEN];
	size_t n;
};

static void
lacking_of(struct lacking *l, const struct identity *i)
{
	const struct cert_verdict *v = i != NULL ? identity_verdict(i) : NULL;
	uint8_t name[CERT_HASH_LEN];
	size_t k;

	if (v == NULL || !v->incomplete || l->n == ISSUERS_ASKED_MAX ||
	    revocation_issuer_of((struct bytes){ v->chain[0].der, v->chain[0].der_len }, name) != 0)
		return;
	for (k = 0; k < l->n; k++)
		if (memcmp(l->name[k], name, CERT_HASH_LEN) == 0)
			return;
	memcpy(l->name[l->n++], name, CERT_HASH_LEN);
}

static int
lacking_of_person(void *arg, const struct store_person *p)
{
	struct lacking *l = arg;

	lacking_of(l, trust_identity(l->trust, p));
	return 0;
}

static void
issuers_came(void *arg, int err, const Recado__ReplyBody *reply)
{
	struct trust *t = arg;

	if (err == 0)
		trust_issuers_take(t, reply);
	if (t->refreshing && t->issuers_done != NULL)
		t->issuers_done(t);
}

static bool
issuers_request(struct trust *t, const struct lacking *l)
{
	Recado__ToRelay rq = RECADO__TO_RELAY__INIT;
	Recado__GetIssuers get = RECADO__GET_ISSUERS__INIT;
	ProtobufCBinaryData names[ISSUERS_ASKED_MAX];
	size_t i;

	for (i = 0; i < l->n; i++)
		names[i] = pb_data((struct bytes){ l->name[i], CERT_HASH_LEN });
	get.names = names;
	get.n_names = l->n;
	rq.op_case = RECADO__TO_RELAY__OP_GET_ISSUERS;
	rq.get_issuers = &get;
	return relay_request(t->engine, &rq, issuers_came, t) == 0;
}

bool
trust_issuers_ask(struct trust *t, void (*done)(struct trust *t))
{
	struct lacking l = { .trust = t };

	lacking_of(&l, trust_self(t));
	if (store_person_each(t->engine->store, lacking_of_person, &l) != 0 || l.n == 0)
		return false;
	t->issuers_done = done;
	return issuers_request(t, &l);
}
