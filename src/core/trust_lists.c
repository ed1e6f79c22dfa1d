/*
 * Revocation lists from the relay. The chains of everybody known say which issuers' lists are
 * needed; the relay says which it has; those we lack come in blobs, one after the other. A list
 * counts only when its signature holds under an issuer whose own chain reaches an anchor: the
 * relay is a carrier of lists, not their author.
 *
 * Lists outlive the process, with the authorities that they are checked with: what was revoked stays
 * so, and an older list stays refused, also before anybody's chain is known again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/relay.h"
#include "core/trust_state.h"
#include "crypto/kdf.h"

#define LISTS_ISSUERS_MAX 256

static void lists_begin(struct trust *t);
static void lists_next(struct trust *t);

/* ------------------------------------------------------------------------------ what was kept */

static int
list_load(void *arg, const struct store_crl *l)
{
	struct trust *t = arg;
	int r = cert_store_add_signers(t->store, l->signers);

	if (r != 0)
		log_warn(t->engine->log, "trust", "kept authorities are not used: %s", err_text(r));
	r = cert_store_update_crl(t->store, l->der, NULL, NULL);
	t->lists_left |= r == ERR_CERT_CHAIN;
	if (r != 0)
		log_warn(t->engine->log, "trust", "a kept revocation list is not used: %s", err_text(r));
	return 0;
}

int
trust_lists_load(struct trust *t)
{
	t->lists_left = false;
	return store_list_each(t->engine->store, list_load, t);
}

/* ------------------------------------------------------------------------------ what is needed */

struct issuers {
	struct trust *trust;
	uint8_t hash[LISTS_ISSUERS_MAX][STORE_HASH];
	size_t n;
};

static void
issuers_of(struct issuers *is, const struct identity *i)
{
	const struct cert_verdict *v = i != NULL ? identity_verdict(i) : NULL;
	size_t k, j;

	for (k = 0; v != NULL && k < v->need_count; k++) {
		for (j = 0; j < is->n; j++)
			if (memcmp(is->hash[j], v->needs[k].issuer, STORE_HASH) == 0)
				break;
		if (j == is->n && is->n < LISTS_ISSUERS_MAX)
			memcpy(is->hash[is->n++], v->needs[k].issuer, STORE_HASH);
	}
}

static int
issuers_of_person(void *arg, const struct store_person *p)
{
	struct issuers *is = arg;

	issuers_of(is, trust_identity(is->trust, p));
	return 0;
}

/* ------------------------------------------------------------------------------ the end */

void
trust_lists_forget(struct trust *t)
{
	struct trust_wanted *w;
	struct trust_waiter *x;

	while ((w = STAILQ_FIRST(&t->wanted)) != NULL) {
		STAILQ_REMOVE_HEAD(&t->wanted, link);
		free(w);
	}
	while ((x = STAILQ_FIRST(&t->waiters)) != NULL) {
		STAILQ_REMOVE_HEAD(&t->waiters, link);
		free(x);
	}
	buf_free(&t->blob);
	t->refreshing = t->again = false;
}

static void
lists_done(struct trust *t)
{
	struct trust_waiter *x;
	size_t n = 0;

	buf_free(&t->blob);
	if (t->again) {
		t->again = false;
		lists_begin(t);
		return;
	}
	t->refreshing = false;
	STAILQ_FOREACH(x, &t->waiters, link)
		n++;
	/* One at a time: a waiter's call may end other waiters, or wait again. */
	for (; n > 0 && (x = STAILQ_FIRST(&t->waiters)) != NULL; n--) {
		STAILQ_REMOVE_HEAD(&t->waiters, link);
		x->done(x->arg);
		free(x);
	}
	op_notify_all(t->engine, OP_NEWS_IDLE, NULL);
}

/* ------------------------------------------------------------------------------ blobs */

static int
list_keep(struct trust *t, const struct trust_wanted *w, struct bytes der)
{
	struct store_crl l = { .der = der };
	struct buf *signers = buf_new(CERT_CHAIN_MAX * CERT_DER_MAX);
	struct revocation *list = NULL;
	int r = cert_store_crl(t->store, w->sha256, &list);

	if (r != 0 || (r = cert_store_list_signers(t->store, w->sha256, signers)) != 0)
		goto out;
	/* What it is says the list itself, not the relay. */
	memcpy(l.sha256, w->sha256, STORE_HASH);
	memcpy(l.issuer, revocation_info(list)->issuer, STORE_HASH);
	revocation_lineage(list, l.lineage);
	l.signers = buf_view(signers);
	r = store_list_add(t->engine->store, &l, clock_now_ms());
out:
	revocation_free(&list);
	buf_free(&signers);
	return r;
}

static void
list_take(struct trust *t, const struct trust_wanted *w, struct bytes der)
{
	struct engine *e = t->engine;
	uint8_t hash[STORE_HASH];
	struct fault f = { 0 };
	bool changed = false;
	int r = kdf_sha256(der, hash);

	if (r == 0 && memcmp(hash, w->sha256, STORE_HASH) != 0)
		r = fault_set(&f, ERR_MAC, NULL, "the list is not the one announced");
	if (r == 0)
		r = cert_store_update_crl(t->store, der, &changed, &f);
	if (r == 0)
		r = list_keep(t, w, der);
	if (r != 0)
		log_warn(e->log, "trust", "a revocation list is refused: %s (%s)", err_name(r), f.what);
}

static void
blob_came(void *arg, int err, const Recado__ReplyBody *reply)
{
	struct trust *t = arg;
	struct trust_wanted *w = STAILQ_FIRST(&t->wanted);
	const Recado__Blob *b = err == 0 && reply->status == RECADO__STATUS__STATUS_OK &&
	        reply->op_case == RECADO__REPLY_BODY__OP_BLOB ? reply->blob : NULL;
	bool whole = false;

	if (w == NULL)
		return;
	if (b != NULL && b->offset == buf_len(t->blob) && b->total <= REVOCATION_LIST_MAX &&
	    b->data.len > 0 && buf_put_bytes(t->blob, pb_view(b->data)) == 0) {
		whole = buf_len(t->blob) >= b->total;
		if (!whole) {
			lists_next(t);
			return;
		}
		list_take(t, w, buf_view(t->blob));
	}
	STAILQ_REMOVE_HEAD(&t->wanted, link);
	free(w);
	buf_free(&t->blob);
	lists_next(t);
}

/* Ask for the next piece of the first list wanted, or be done. */
static void
lists_next(struct trust *t)
{
	struct trust_wanted *w = STAILQ_FIRST(&t->wanted);
	Recado__ToRelay rq = RECADO__TO_RELAY__INIT;
	Recado__GetBlob get = RECADO__GET_BLOB__INIT;

	if (w == NULL) {
		lists_done(t);
		return;
	}
	if (t->blob == NULL)
		t->blob = buf_new(REVOCATION_LIST_MAX + 1);
	get.sha256 = pb_data((struct bytes){ w->sha256, STORE_HASH });
	get.offset = buf_len(t->blob);
	rq.op_case = RECADO__TO_RELAY__OP_GET_BLOB;
	rq.get_blob = &get;
	if (relay_request(t->engine, &rq, blob_came, t) == 0)
		return;
	while ((w = STAILQ_FIRST(&t->wanted)) != NULL) {
		STAILQ_REMOVE_HEAD(&t->wanted, link);
		free(w);
	}
	lists_done(t);
}

/* ------------------------------------------------------------------------------ what there is */

static void
info_take(struct trust *t, const Recado__RevocationInfo *info)
{
	struct revocation *have = NULL;
	struct trust_wanted *w = mem_alloc(sizeof(*w));

	if (info->issuer.len != STORE_HASH ||
	    pb_fixed(info->sha256, w->sha256, STORE_HASH) != 0 || info->size > REVOCATION_LIST_MAX ||
	    cert_store_crl(t->store, w->sha256, &have) == 0) {
		revocation_free(&have);
		free(w);
		return;
	}
	w->size = info->size;
	STAILQ_INSERT_TAIL(&t->wanted, w, link);
}

static void
infos_came(void *arg, int err, const Recado__ReplyBody *reply)
{
	struct trust *t = arg;
	size_t i;

	if (err == 0 && reply->op_case == RECADO__REPLY_BODY__OP_REVOCATION)
		for (i = 0; i < reply->revocation->n_lists && i < LISTS_ISSUERS_MAX; i++)
			info_take(t, reply->revocation->lists[i]);
	lists_next(t);
}

static void
lists_ask(struct trust *t)
{
	Recado__ToRelay rq = RECADO__TO_RELAY__INIT;
	Recado__GetRevocation get = RECADO__GET_REVOCATION__INIT;
	struct issuers *is = mem_alloc(sizeof(*is));
	ProtobufCBinaryData data[LISTS_ISSUERS_MAX];
	size_t i;
	int r = 0;

	is->trust = t;
	issuers_of(is, trust_self(t));
	if (store_person_each(t->engine->store, issuers_of_person, is) != 0)
		is->n = 0;
	/* By now everybody's chain was followed: what is older than these must not come in before them. */
	if (t->lists_left && trust_lists_load(t) != 0)
		is->n = 0;
	for (i = 0; i < is->n; i++)
		data[i] = pb_data((struct bytes){ is->hash[i], STORE_HASH });
	get.issuers = data;
	get.n_issuers = is->n;
	rq.op_case = RECADO__TO_RELAY__OP_GET_REVOCATION;
	rq.get_revocation = &get;
	if (is->n == 0 || (r = relay_request(t->engine, &rq, infos_came, t)) != 0)
		lists_done(t);
	free(is);
}

/* Only a chain that reaches an anchor says which lists it needs. */
static void
lists_begin(struct trust *t)
{
	if (!trust_issuers_ask(t, lists_ask))
		lists_ask(t);
}

void
trust_refresh(struct trust *t, void (*done)(void *arg), void *arg)
{
	struct trust_waiter *x = mem_alloc(sizeof(*x));

	x->done = done;
	x->arg = arg;
	STAILQ_INSERT_TAIL(&t->waiters, x, link);
	if (t->refreshing) {
		t->again = true;
		return;
	}
	t->refreshing = true;
	lists_begin(t);
}

bool
trust_refreshing(const struct trust *t)
{
	return t->refreshing;
}

void
trust_cancel(struct trust *t, const void *arg)
{
	struct trust_waiter *x, *next;

	for (x = STAILQ_FIRST(&t->waiters); x != NULL; x = next) {
		next = STAILQ_NEXT(x, link);
		if (x->arg != arg)
			continue;
		STAILQ_REMOVE(&t->waiters, x, trust_waiter, link);
		free(x);
	}
}
