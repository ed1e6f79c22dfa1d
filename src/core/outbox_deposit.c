#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/message.h"
#include "core/outbox_state.h"
#include "core/receipts.h"
#include "core/relay.h"
#include "core/status.h"
#include "core/trust.h"
#include "crypto/session.h"
#include "crypto/warrant.h"

#define DEPOSIT_WINDOW 32
#define DEPOSIT_PAUSE_S 2 /* so that a one-shot command can try again */
#define DEPOSIT_LEAP 1024   /* numbers the relay keeps of a device */
#define DEPOSIT_LEAPS_MAX 64 /* on one connection */

static void
flight_drop(struct outbox_flight *fl)
{
	LIST_REMOVE(fl, link);
	fl->outbox->flight_count--;
	free(fl);
}

static bool
in_flight(const struct outbox *o, uint64_t number)
{
	const struct outbox_flight *fl;

	LIST_FOREACH(fl, &o->flights, link)
		if (fl->number == number)
			return true;
	return false;
}

/* ------------------------------------------------------------------------------ answers */

/* The relay's word about this deposit: keep it with the message. */
static int
deposit_proven(struct outbox_flight *fl, const Recado__Deposited *d)
{
	struct engine *e = fl->outbox->engine;
	struct store_trace t = { .state = CORE_ST_SENT, .proof = CORE_PROOF_WARRANT,
		.verified = true };
	struct warrant_deposit w;
	struct buf *b = buf_new(0);
	int r = d->proof == NULL ? ERR_SIGNATURE : pb_pack(d->proof, b);

	if (r == 0)
		r = warrant_verify_deposit(buf_view(b), rotation_current(&e->account.relay_keys), &w);
	if (r == 0 && (memcmp(w.relay_id, e->account.relay_id, 32) != 0 ||
	                  memcmp(w.mailbox, fl->device, STORE_DEVICE) != 0 ||
	                  memcmp(w.envelope_hash, fl->hash, STORE_HASH) != 0 || w.index != d->index))
		r = ERR_SIGNATURE;
	if (r == 0 && (r = store_begin(e->store)) == 0) {
		memcpy(t.device, fl->device, STORE_DEVICE);
		t.at = w.time;
		t.blob = buf_view(b);
		r = store_deposit_sent(e->store, fl->number, w.index);
		if (r == 0 && fl->message != 0 && (r = message_prove(e, fl->message, &t)) == 0)
			r = receipts_echo(e, fl->message, false);
		r = store_end(e->store, r);
	}
	buf_free(&b);
	return r;
}

void
outbox_pause(struct outbox *o)
{
	struct timeval tv = { DEPOSIT_PAUSE_S, 0 };

	o->paused = true;
	evtimer_add(o->pause, &tv);
}

/* It is not sent, and its message says why: one transaction. */
static int
deposit_give_up(struct engine *e, uint64_t number, int64_t message, const struct fault *f)
{
	char line[sizeof(struct fault)];
	int r = store_begin(e->store);

	if (r != 0)
		return r;
	fault_line(f, line, sizeof(line));
	r = store_deposit_drop(e->store, number);
	if (r == 0 && message != 0)
		r = message_fail(e, message, f->code, line);
	return store_end(e->store, r);
}

/* A device of our own that is full holds nobody up: its copy is made anew another day. */
static int
deposit_later(struct outbox_flight *fl)
{
	struct engine *e = fl->outbox->engine;
	int64_t row = fl->copy;
	int r = store_begin(e->store);

	if (r != 0)
		return r;
	outbox_barren_add(fl->outbox, fl->device);
	r = store_deposit_drop(e->store, fl->number);
	if (r == 0 && row != 0)
		r = store_owed_add(e->store, row, e->own, fl->device);
	return store_end(e->store, r);
}

/* This store is an older copy of itself, and the number went to something later. The relay knows so
 * many numbers of a device: further ahead lies none that it would. */
static int
deposit_renumber(struct outbox_flight *fl)
{
	struct store *s = fl->outbox->engine->store;
	uint64_t last;
	int r = store_begin(s);

	if (r != 0)
		return r;
	r = store_number_get(s, "deposit.number", &last);
	last = (last > fl->number ? last : fl->number) + DEPOSIT_LEAP;
	if (r == 0 && (r = store_number_set(s, "deposit.number", last)) == 0)
		r = store_deposit_number(s, fl->number, last);
	return store_end(s, r);
}

/* The relay says that their devices are others, and what it shows does not prove it: nothing goes
 * out. */
static int
deposit_lied(struct outbox_flight *fl, struct fault *f)
{
	fault_hint(f, "The relay lies, or is broken. Send again when that is settled.");
	return deposit_give_up(fl->outbox->engine, fl->number, fl->message, f);
}

/* The recipient's devices are others than we thought: learn, then go on with those there are. */
static int
deposit_stale(struct outbox_flight *fl, const Recado__Deposited *d)
{
	struct engine *e = fl->outbox->engine;
	const struct identity *i;
	struct store_person p;
	struct fault f = { 0 };
	int r = store_person_by_id(e->store, fl->person, &p);

	if (r != 0)
		return r;
	r = d != NULL && d->entry != NULL ? trust_learn(e->trust, &p, d->entry, &f) : ERR_UNEXPECTED;
	i = trust_identity(e->trust, &p);
	if (r == 0 && (i == NULL || memcmp(identity_list_head(i), fl->head, sizeof(fl->head)) == 0))
		r = ERR_UNEXPECTED;
	if (r == ERR_UNEXPECTED)
		fault_set(&f, r, p.name, "the relay says that their devices changed, and does not show how");
	if (r != 0)
		return err_is_local(r) ? r : deposit_lied(fl, &f);
	if (fl->message != 0)
		outbox_again(fl->outbox, fl->message);
	return 0;
}

static void
deposit_refused(struct outbox_flight *fl, const Recado__ReplyBody *reply)
{
	struct engine *e = fl->outbox->engine;
	struct fault f = { 0 };
	int r = status_fault(reply->status, NULL, NULL, &f);

	if (r == ERR_BOX_FULL && fl->person == e->own && deposit_later(fl) == 0)
		return;
	log_info(e->log, "outbox", "deposit refused: number=%llu error=%s",
	    (unsigned long long)fl->number, err_name(r));
	if (r == ERR_BOX_FULL || r == ERR_RATE || r == ERR_UNREACHABLE || r == ERR_CLOSED) {
		outbox_pause(fl->outbox);
		return;
	}
	if (reply->status == RECADO__STATUS__STATUS_NUMBER_REUSED &&
	    fl->outbox->leaps++ < DEPOSIT_LEAPS_MAX) {
		if ((r = deposit_renumber(fl)) == 0)
			outbox_renew(e, fl->hash);
	} else
		r = deposit_give_up(e, fl->number, fl->message, &f);
	if (r != 0)
		log_error(e->log, "outbox", "a refused deposit cannot be noted: %s", err_text(r));
}

static void
deposit_came(void *arg, int err, const Recado__ReplyBody *reply)
{
	struct outbox_flight *fl = arg;
	struct outbox *o = fl->outbox;
	struct engine *e = o->engine;
	const Recado__Deposited *d = err == 0 && reply->op_case == RECADO__REPLY_BODY__OP_DEPOSITED
	    ? reply->deposited
	    : NULL;
	int r = 0;

	if (err != 0)
		r = 0; /* the connection is gone: the same octets go out on the next */
	else if (reply->status == RECADO__STATUS__STATUS_OK && d != NULL)
		r = deposit_proven(fl, d);
	else if (reply->status == RECADO__STATUS__STATUS_STALE_LIST)
		r = deposit_stale(fl, d);
	else
		deposit_refused(fl, reply);
	if (r != 0) {
		log_error(e->log, "outbox", "a deposit's answer is not usable: %s", err_text(r));
		outbox_pause(o);
	}
	flight_drop(fl);
	if (err == 0)
		outbox_kick(e);
}

/* ------------------------------------------------------------------------------ sending */

/* Sealed while all was well, and then the card was revoked or the name changed hands. */
static bool
deposit_held(struct outbox *o, const struct store_deposit *d, const struct store_person *p)
{
	struct fault f = { 0 };

	if (d->person == o->engine->own)
		return p->changed;
	if (d->message == 0 || trust_may_send(o->engine->trust, p, &f) == 0)
		return false;
	if (f.code == ERR_CERT_REVOCATION)
		return true; /* until there is a list that says something */
	if (deposit_give_up(o->engine, d->number, d->message, &f) != 0)
		log_error(o->engine->log, "outbox", "mail that must not go out is held");
	return true;
}

static int
deposit_one(void *arg, const struct store_deposit *d)
{
	struct outbox *o = arg;
	Recado__ToRelay rq = RECADO__TO_RELAY__INIT;
	Recado__Deposit dep = RECADO__DEPOSIT__INIT;
	const struct identity_device *dev;
	const struct identity *i;
	struct outbox_flight *fl;
	struct store_person p;

	if (o->flight_count >= DEPOSIT_WINDOW)
		return ERR_AGAIN;
	if (in_flight(o, d->number) || store_person_by_id(o->engine->store, d->person, &p) != 0 ||
	    deposit_held(o, d, &p) || (i = trust_identity(o->engine->trust, &p)) == NULL)
		return 0;
	dev = identity_find_device(i, d->device);
	if (dev == NULL || dev->removed_at != 0)
		return store_deposit_drop(o->engine->store, d->number);
	fl = mem_alloc(sizeof(*fl));
	fl->outbox = o;
	fl->number = d->number;
	/* A copy counts for nothing in the state of its message. */
	*(d->person == o->engine->own ? &fl->copy : &fl->message) = d->message;
	fl->person = d->person;
	memcpy(fl->device, d->device, STORE_DEVICE);
	memcpy(fl->hash, d->hash, STORE_HASH);
	memcpy(fl->head, identity_list_head(i), STORE_HASH);
	LIST_INSERT_HEAD(&o->flights, fl, link);
	o->flight_count++;
	dep.number = d->number;
	dep.mailbox = pb_data((struct bytes){ d->device, STORE_DEVICE });
	dep.list_head = pb_data((struct bytes){ identity_list_head(i), STORE_HASH });
	dep.envelope = pb_data(d->envelope);
	rq.op_case = RECADO__TO_RELAY__OP_DEPOSIT;
	rq.deposit = &dep;
	if (relay_request(o->engine, &rq, deposit_came, fl) == 0)
		return 0;
	flight_drop(fl);
	return ERR_AGAIN;
}

void
outbox_deposit_all(struct outbox *o)
{
	int r;

	if (!relay_online(o->engine) || o->paused)
		return;
	r = store_deposit_each(o->engine->store, 0, deposit_one, o);
	if (r != 0 && r != ERR_AGAIN)
		log_error(o->engine->log, "outbox", "deposits cannot be read: %s", err_text(r));
}
