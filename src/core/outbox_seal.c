#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "core/contact.h"
#include "core/message.h"
#include "core/outbox_state.h"
#include "core/own.h"
#include "core/receipts.h"
#include "core/relay.h"
#include "core/seal.h"
#include "core/trust.h"

#define FERTILE_S 60 /* after which a device without a bundle may have one */

/* ------------------------------------------------------------------------------ asking */

bool
outbox_has_asked(const struct outbox *o, int64_t person)
{
	const struct outbox_asked *a;

	LIST_FOREACH(a, &o->asked, link)
		if (a->person == person)
			return true;
	return false;
}

static struct outbox_asked *
asked_new(struct outbox *o, int64_t person, bool bundles)
{
	struct outbox_asked *a = mem_alloc(sizeof(*a));

	a->outbox = o;
	a->person = person;
	a->bundles = bundles;
	LIST_INSERT_HEAD(&o->asked, a, link);
	return a;
}

void
outbox_asked_drop(struct outbox_asked *a)
{
	LIST_REMOVE(a, link);
	free(a);
}

void
outbox_ask_who(struct engine *e, int64_t person)
{
	struct outbox *o = e->outbox;
	const struct outbox_asked *a;

	if (o == NULL || !relay_online(e))
		return;
	LIST_FOREACH(a, &o->asked, link)
		if (a->person == person && !a->bundles)
			return;
	asked_new(o, person, false);
	contact_refresh(e, person);
}

void
outbox_looked_up(struct engine *e, int64_t person)
{
	struct outbox_asked *a, *next;

	if (e->outbox == NULL)
		return;
	for (a = LIST_FIRST(&e->outbox->asked); a != NULL; a = next) {
		next = LIST_NEXT(a, link);
		if (a->person == person && !a->bundles)
			outbox_asked_drop(a);
	}
}

/* ------------------------------------------------------------------------------ bundles */

bool
outbox_is_barren(const struct outbox *o, const uint8_t *device)
{
	size_t i;

	for (i = 0; i < o->barren_count; i++)
		if (memcmp(o->barren[i], device, STORE_DEVICE) == 0)
			return true;
	return false;
}

void
outbox_barren_add(struct outbox *o, const uint8_t *device)
{
	struct timeval tv = { FERTILE_S, 0 };

	evtimer_add(o->fertile, &tv);
	o->barren = mem_grow(o->barren, o->barren_count + 1, STORE_DEVICE);
	memcpy(o->barren[o->barren_count++], device, STORE_DEVICE);
}

/* Another device of ours hears at once that there is this one. */
static int
greet(struct engine *e, const struct store_person *p, const Recado__Bundle *b)
{
	Recado__Plaintext pt = RECADO__PLAINTEXT__INIT;
	Recado__Control control = RECADO__CONTROL__INIT;
	Recado__Hello hello = RECADO__HELLO__INIT;
	uint8_t device[STORE_DEVICE];
	int r = pb_fixed(b->device_id, device, STORE_DEVICE);

	control.op_case = RECADO__CONTROL__OP_HELLO;
	control.hello = &hello;
	pt.control = &control;
	return r != 0 ? r : seal_deposit(e, p, device, &pt, 0);
}

/* The record in a bundle is newer than what we have, or the same: both go through the one judge. */
static int
bundle_take(struct outbox *o, struct store_person *p, Recado__Bundle *b, struct fault *f)
{
	Recado__DirectoryEntry entry = RECADO__DIRECTORY_ENTRY__INIT;
	int r;

	if (b->record == NULL)
		return ERR_NOT_FOUND;
	entry.user_id = pb_data((struct bytes){ p->user_id, STORE_USER });
	entry.records = &b->record;
	entry.n_records = 1;
	if ((r = trust_learn(o->engine->trust, p, &entry, f)) != 0 ||
	    (r = seal_current(o->engine, p, b, f)) != 0 || (r = store_begin(o->engine->store)) != 0)
		return r;
	r = seal_start(o->engine, p, b, f);
	if (r == 0 && own_is(o->engine, p))
		r = greet(o->engine, p, b);
	return store_end(o->engine->store, r);
}

/* No device of theirs speaks a suite that we may use: that does not change by waiting. */
static void
suites_refused(struct outbox *o, const struct store_person *p, const struct fault *f)
{
	const struct identity *id = trust_identity(o->engine->trust, p);
	char line[sizeof(struct fault)];
	size_t i;

	for (i = 0; id != NULL && i < identity_device_count(id); i++)
		if (identity_device(id, i)->removed_at == 0 &&
		    seal_ready(o->engine, identity_device(id, i)->id))
			return;
	fault_line(f, line, sizeof(line));
	engine_notice(o->engine, p->name, line);
	outbox_fail_person(o->engine, p->id, ERR_SUITE, line);
}

/* Those still without a session: nothing more is tried for them on this connection. */
static void
barren_rest(struct outbox *o, const struct store_person *p)
{
	const struct identity *id = trust_identity(o->engine->trust, p);
	size_t i;

	for (i = 0; id != NULL && i < identity_device_count(id); i++)
		if (seal_wants(o->engine, identity_device(id, i)) &&
		    !seal_ready(o->engine, identity_device(id, i)->id))
			outbox_barren_add(o, identity_device(id, i)->id);
}

static void
bundles_came(void *arg, int err, const Recado__ReplyBody *reply)
{
	struct outbox_asked *a = arg;
	struct outbox *o = a->outbox;
	struct engine *e = o->engine;
	int64_t person = a->person;
	struct store_person p;
	size_t i;
	int r = store_person_by_id(e->store, person, &p);

	if (r == 0 && err == 0 && reply->op_case == RECADO__REPLY_BODY__OP_BUNDLES) {
		for (i = 0; i < reply->bundles->n_bundles; i++) {
			struct fault f = { 0 };

			r = bundle_take(o, &p, reply->bundles->bundles[i], &f);
			if (r != 0)
				log_warn(e->log, "outbox", "no session: user=%s error=%s", p.name, err_name(r));
			if (r == ERR_SUITE)
				suites_refused(o, &p, &f);
		}
		barren_rest(o, &p);
	}
	/* Asking at once again would get the same answer; our own devices hold nothing up. */
	if (err == 0 && reply->op_case != RECADO__REPLY_BODY__OP_BUNDLES) {
		if (r == 0 && own_is(e, &p))
			barren_rest(o, &p);
		else
			outbox_pause(o);
	}
	outbox_asked_drop(a);
	if (err == 0) {
		receipts_ready(e, person);
		outbox_kick(e);
	}
	op_notify_all(e, OP_NEWS_IDLE, NULL);
}

bool
outbox_bundles(struct outbox *o, const struct store_person *p)
{
	const struct identity *id = trust_identity(o->engine->trust, p);
	ProtobufCBinaryData devices[IDENTITY_DEVICES_MAX];
	Recado__ToRelay rq = RECADO__TO_RELAY__INIT;
	Recado__GetBundles get = RECADO__GET_BUNDLES__INIT;
	struct outbox_asked *a;
	size_t i;

	if (id == NULL || !relay_online(o->engine) || outbox_has_asked(o, p->id))
		return false;
	for (i = 0; i < identity_device_count(id); i++) {
		const struct identity_device *d = identity_device(id, i);

		if (seal_wants(o->engine, d) && !seal_ready(o->engine, d->id) &&
		    !outbox_is_barren(o, d->id))
			devices[get.n_device_ids++] = pb_data((struct bytes){ d->id, STORE_DEVICE });
	}
	if (get.n_device_ids == 0)
		return false;
	get.device_ids = devices;
	rq.op_case = RECADO__TO_RELAY__OP_GET_BUNDLES;
	rq.get_bundles = &get;
	a = asked_new(o, p->id, true);
	if (relay_request(o->engine, &rq, bundles_came, a) == 0)
		return true;
	outbox_asked_drop(a);
	return false;
}

/* ------------------------------------------------------------------------------ sealing */

bool
outbox_ready(struct engine *e, const struct store_person *p)
{
	struct outbox *o = e->outbox;
	size_t i = 0;

	while (i < o->refreshed_count && o->refreshed[i] != p->id)
		i++;
	if (p->stale && i == o->refreshed_count && relay_online(e)) {
		o->refreshed = mem_grow(o->refreshed, i + 1, sizeof(*o->refreshed));
		o->refreshed[o->refreshed_count++] = p->id;
		outbox_ask_who(e, p->id);
	}
	return !outbox_has_asked(o, p->id) && !outbox_bundles(o, p);
}

/* For every live device that has a session and none of it yet; the others are owed it. *n: how
 * many. */
static int
seal_devices(struct outbox *o, const struct store_person *p, Recado__Plaintext *pt, int64_t row,
    size_t *n)
{
	const struct identity *id = trust_identity(o->engine->trust, p);
	bool has;
	size_t i;
	int r = 0;

	*n = 0;
	for (i = 0; id != NULL && i < identity_device_count(id) && r == 0; i++) {
		const struct identity_device *d = identity_device(id, i);

		if (d->removed_at != 0)
			continue;
		r = store_deposit_has(o->engine->store, row, d->id, &has);
		if (r != 0 || has)
			continue;
		if (!seal_ready(o->engine, d->id))
			r = store_owed_add(o->engine->store, row, p->id, d->id);
		else if ((r = seal_deposit(o->engine, p, d->id, pt, row)) == 0)
			++*n;
	}
	return r;
}

/* One transaction: signed content, session states, ciphertexts. */
static int
seal_message(struct outbox *o, struct store_person *p, int64_t row)
{
	Recado__Plaintext pt = RECADO__PLAINTEXT__INIT;
	struct store *s = o->engine->store;
	struct store_message m;
	char *text = NULL;
	size_t n = 0;
	int r = store_begin(s);

	if (r != 0)
		return r;
	if ((r = message_load(o->engine, row, &m, &text)) == 0 &&
	    (r = seal_content(o->engine, p, &m, &pt.content)) == 0)
		r = seal_devices(o, p, &pt, row, &n);
	if (r == 0 && n == 0)
		r = ERR_NOT_FOUND;
	if (r == 0)
		r = outbox_owe_own(o->engine, row);
	r = store_end(s, r);
	pb_free(&pt.content);
	free(text);
	return r;
}

/* Wait for lists when only they are missing; otherwise say why not. */
static void
seal_refused(struct outbox *o, const struct store_person *p, const struct fault *f)
{
	char line[sizeof(struct fault)];

	if (trust_may_yet(o->engine->trust, f))
		return;
	fault_line(f, line, sizeof(line));
	outbox_fail_person(o->engine, p->id, f->code, line);
}

static void
seal_person(struct outbox *o, int64_t person, const int64_t *rows, size_t n)
{
	struct engine *e = o->engine;
	struct store_person p;
	struct fault f = { 0 };
	size_t i;
	int r = store_person_by_id(e->store, person, &p);

	if (r != 0)
		return;
	if (!p.known || p.stale) {
		outbox_ask_who(e, person);
		return;
	}
	if (trust_may_send(e->trust, &p, &f) != 0) {
		seal_refused(o, &p, &f);
		return;
	}
	if (outbox_bundles(o, &p) || outbox_has_asked(o, person))
		return;
	for (i = 0; i < n && r == 0; i++) {
		r = seal_message(o, &p, rows[i]);
		if (r != 0 && r != ERR_NOT_FOUND) {
			log_error(e->log, "outbox", "not sealed: user=%s error=%s", p.name, err_name(r));
			if (r == ERR_LIMIT && message_fail(e, rows[i], r, "too large to be sealed") == 0)
				r = store_person_by_id(e->store, person, &p);
		}
	}
}

/* ------------------------------------------------------------------------------ everything */

struct waiting {
	int64_t *rows, *persons;
	size_t n;
};

static int
waiting_add(void *arg, const struct store_message *m)
{
	struct waiting *w = arg;

	w->rows = mem_grow(w->rows, w->n + 1, sizeof(*w->rows));
	w->persons = mem_grow(w->persons, w->n + 1, sizeof(*w->persons));
	w->rows[w->n] = m->row;
	w->persons[w->n++] = m->person;
	return 0;
}

static void
seal_waiting(struct outbox *o, struct waiting *w)
{
	int64_t *rows = mem_array(w->n + 1, sizeof(*rows));
	size_t i, k, n;

	for (i = 0; i < w->n; i++) {
		if (w->persons[i] == 0)
			continue;
		for (n = 0, k = i; k < w->n; k++) {
			if (w->persons[k] != w->persons[i])
				continue;
			rows[n++] = w->rows[k];
			if (k != i)
				w->persons[k] = 0;
		}
		seal_person(o, w->persons[i], rows, n);
	}
	free(rows);
}

static int
again_seal(struct outbox *o, const struct store_person *p, int64_t row)
{
	struct engine *e = o->engine;
	Recado__Plaintext pt = RECADO__PLAINTEXT__INIT;
	struct buf *b = buf_new(0);
	size_t n;
	int r = store_message_content(e->store, row, b);

	if (r == 0)
		r = pb_unpack(&recado__signed_content__descriptor, buf_view(b), &pt.content);
	if (r == 0 && (r = store_begin(e->store)) == 0) {
		r = seal_devices(o, p, &pt, row, &n);
		r = store_end(e->store, r);
	}
	if (r != 0)
		log_warn(e->log, "outbox", "not sealed again: user=%s error=%s", p->name, err_name(r));
	if (r == ERR_LIMIT)
		r = message_fail(e, row, r, "too large to be sealed");
	pb_free(&pt.content);
	buf_free(&b);
	return r;
}

/* It cannot go to this person. One of which a device has taken is not failed by that, and waits, too. */
static int
again_refused(struct engine *e, const struct store_message *m, const struct fault *f)
{
	char line[sizeof(struct fault)];

	if (f->code == ERR_CERT_REVOCATION || m->state != CORE_ST_QUEUED)
		return ERR_AGAIN; /* until there are fresh lists */
	fault_line(f, line, sizeof(line));
	return message_fail(e, m->row, f->code, line);
}

/* 0: done with it. */
static int
again_try(struct outbox *o, int64_t row)
{
	struct engine *e = o->engine;
	struct store_message m;
	struct store_person p;
	struct fault f = { 0 };
	int r = message_fields(e, row, &m);

	if (r == 0)
		r = store_person_by_id(e->store, m.person, &p);
	if (r == ERR_NOT_FOUND || (r == 0 && m.state == CORE_ST_FAILED))
		return 0;
	if (r != 0)
		return r;
	if (outbox_bundles(o, &p) || outbox_has_asked(o, p.id))
		return ERR_AGAIN;
	return trust_may_send(e->trust, &p, &f) != 0 ? again_refused(e, &m, &f) : again_seal(o, &p, row);
}

/* For devices that lack it: of somebody who added one while a message was on its way, or lost a
 * session. One in a turn; what has to wait holds up no other. */
static void
seal_again(struct outbox *o)
{
	struct outbox_again *a = STAILQ_FIRST(&o->again);

	if (!relay_listed(o->engine))
		return;
	while (a != NULL && again_try(o, a->row) != 0)
		a = STAILQ_NEXT(a, link);
	if (a == NULL)
		return;
	STAILQ_REMOVE(&o->again, a, outbox_again, link);
	free(a);
	outbox_kick(o->engine);
}

void
outbox_seal_all(struct outbox *o)
{
	struct store_query q = { .list = STORE_LIST_UNSEALED };
	struct waiting w = { NULL, NULL, 0 };

	if (o->paused)
		return;
	outbox_later_do(o);
	outbox_requests_send(o);
	seal_again(o);
	if (store_message_each(o->engine->store, &q, waiting_add, &w) == 0 && w.n > 0)
		seal_waiting(o, &w);
	free(w.rows);
	free(w.persons);
}
