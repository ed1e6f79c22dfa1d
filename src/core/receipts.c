#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/contact.h"
#include "core/message.h"
#include "core/outbox.h"
#include "core/own.h"
#include "core/receipts.h"
#include "core/relay.h"
#include "core/seal.h"
#include "crypto/keyfile.h"
#include "crypto/rand.h"
#include "crypto/receipt.h"

#define RECEIPTS_MIN_MS 500
#define RECEIPTS_MAX_MS 3000
#define RECEIPTS_BATCH 32 /* in one envelope */
/* For our own devices: of how many messages, and how many proofs, in one envelope. */
#define RECEIPTS_OWN_BATCH 8
#define RECEIPTS_PROOFS 16
#define RECEIPTS_OWN_MS 300   /* so that several go together */
#define RECEIPTS_WAIT_MS 5000 /* for the relay to say what sealing takes */
#define RECEIPTS_LARGE_MS 60000 /* for a device to answer, so that there is more room */

/* What is told to our own other devices, as kinds of receipts. */
enum {
	OWN_STATE = STORE_RECEIPT_OWN,              /* where a message of ours stands: by our word */
	OWN_PROOFS = STORE_RECEIPT_OWN + 1,         /* and by what others signed */
	OWN_READ = STORE_RECEIPT_OWN + RECEIPT_KIND_READ, /* a message was shown here */
};

struct receipts {
	struct engine *engine;
	struct event *timer;
};

/* ------------------------------------------------------------------------------ what goes out */

/* Receipts of one batch: all for one person, or all for our own devices. */
struct batch {
	struct store_receipt list[RECEIPTS_BATCH];
	size_t n;
	bool own;
};

static int
batch_add(void *arg, const struct store_receipt *r)
{
	struct batch *b = arg;
	bool own = r->kind >= STORE_RECEIPT_OWN;

	if (b->n == (own ? RECEIPTS_OWN_BATCH : RECEIPTS_BATCH) ||
	    (b->n > 0 && (own != b->own || (!own && b->list[0].person != r->person))))
		return ERR_AGAIN;
	b->own = own;
	b->list[b->n++] = *r;
	return 0;
}

struct letter {
	Recado__SignedReceipt *receipts[RECEIPTS_BATCH + RECEIPTS_PROOFS];
	Recado__CopyState *states[RECEIPTS_PROOFS];
	size_t receipt_count, state_count;
	const struct store_receipt *about;
	bool all;
};

static void
letter_drop(struct letter *l)
{
	while (l->receipt_count > 0)
		pb_free(&l->receipts[--l->receipt_count]);
	while (l->state_count > 0)
		pb_free(&l->states[--l->state_count]);
}

static int
receipt_make(struct engine *e, const struct store_receipt *r, Recado__SignedReceipt **out)
{
	struct receipt rc = { .kind = (enum receipt_kind)r->kind, .time = r->at };
	struct buf *b = buf_new(0);
	int rv;

	memcpy(rc.message, r->mh, HASH_LEN);
	memcpy(rc.reader_user, e->account.user_id, USER_ID_LEN);
	memcpy(rc.reader_device, e->account.device_id, DEVICE_ID_LEN);
	memcpy(rc.reader_binding, e->account.binding_hash, HASH_LEN);
	if ((rv = receipt_sign(&rc, e->keys->device_sign, b)) == 0)
		rv = pb_unpack(&recado__signed_receipt__descriptor, buf_view(b), out);
	buf_free(&b);
	return rv;
}

static ProtobufCBinaryData
data_copy(struct bytes v)
{
	ProtobufCBinaryData d = { v.n, mem_alloc(v.n + 1) };

	if (v.n > 0)
		memcpy(d.data, v.p, v.n);
	return d;
}

static Recado__CopyState *
state_new(struct letter *l, Recado__CopyStanding standing, uint64_t at)
{
	Recado__CopyState *cs = mem_alloc(sizeof(*cs));

	recado__copy_state__init(cs);
	cs->message = data_copy((struct bytes){ l->about->mh, STORE_HASH });
	cs->state = standing;
	cs->time = at;
	l->states[l->state_count++] = cs;
	return cs;
}

/* Warrants always, since only this device has them; receipts where the others may have missed them.
 * What finds no room is left out: the highest state comes by receipt, to each device by itself. */
static int
proof_add(void *arg, const struct store_trace *t)
{
	struct letter *l = arg;

	if (!t->verified)
		return 0;
	if (t->proof == CORE_PROOF_WARRANT && l->state_count < RECEIPTS_PROOFS)
		return pb_unpack(&recado__warrant__descriptor, t->blob,
		    &state_new(l, RECADO__COPY_STANDING__COPY_SENT, t->at)->proof);
	if (t->proof != CORE_PROOF_WARRANT && l->all && l->receipt_count < RECEIPTS_PROOFS)
		return pb_unpack(&recado__signed_receipt__descriptor, t->blob,
		    &l->receipts[l->receipt_count++]);
	return 0;
}

static int
failure_add(void *arg, const struct store_message *m)
{
	struct letter *l = arg;
	const char *why = m->error != NULL ? m->error : "";

	if (m->state == CORE_ST_FAILED && l->state_count < RECEIPTS_PROOFS)
		state_new(l, RECADO__COPY_STANDING__COPY_FAILED, clock_now_ms())->reason =
		    data_copy((struct bytes){ (const uint8_t *)why, strlen(why) });
	return 0;
}

static int
letter_add(struct engine *e, struct letter *l, const struct store_receipt *r)
{
	struct store_receipt own = *r;
	int rv;

	l->about = r;
	l->all = r->kind == OWN_PROOFS;
	if (r->kind == OWN_STATE || r->kind == OWN_PROOFS) {
		rv = store_message_get(e->store, r->message, failure_add, l);
		return rv != 0 ? rv : store_trace_each(e->store, r->message, proof_add, l);
	}
	if (own.kind >= STORE_RECEIPT_OWN)
		own.kind -= STORE_RECEIPT_OWN;
	return receipt_make(e, &own, &l->receipts[l->receipt_count++]);
}

/* Fill the letter; b->n becomes how much of the batch is in it. */
static int
letter_fill(struct engine *e, struct letter *l, struct batch *b)
{
	size_t i;
	int r = 0;

	for (i = 0; i < b->n && r == 0; i++) {
		if (l->state_count >= RECEIPTS_PROOFS / 2 || l->receipt_count >= RECEIPTS_BATCH)
			break;
		r = letter_add(e, l, &b->list[i]);
	}
	b->n = i;
	return r;
}

/* ------------------------------------------------------------------------------ sending */

/* ERR_LIMIT: too much for one envelope, at least for some; n, waits: as seal_deposit_all says. */
static int
batch_seal(struct engine *e, const struct store_person *p, struct batch *b, size_t *n, bool *waits)
{
	Recado__Plaintext pt = RECADO__PLAINTEXT__INIT;
	struct letter l = { .receipt_count = 0 };
	int r = letter_fill(e, &l, b);

	pt.receipts = l.receipts;
	pt.n_receipts = l.receipt_count;
	pt.copy_states = l.states;
	pt.n_copy_states = l.state_count;
	if (r == 0 && l.receipt_count + l.state_count > 0)
		r = seal_deposit_all(e, p, &pt, n, waits);
	letter_drop(&l);
	return r;
}

/* The envelopes, the sessions' new states and the end of the receipts' waiting: one transaction. */
static int
batch_out(struct engine *e, const struct store_person *p, struct batch *b)
{
	const struct store_receipt *one = &b->list[0];
	bool waits = false;
	size_t i, n = 0;
	int r = store_begin(e->store);

	if (r != 0)
		return r;
	r = batch_seal(e, p, b, &n, &waits);
	if (r == ERR_LIMIT && b->n == 1) {
		log_warn(e->log, "receipts", "too many proofs for one envelope");
		/* Whom it reached pass it on; where it reached nobody, it may when one has answered. */
		if (n == 0 && waits)
			return store_end(e->store, store_receipt_put_off(e->store, one->message, one->kind,
			                               clock_now_ms() + RECEIPTS_LARGE_MS));
		r = 0;
	}
	for (i = 0; i < b->n && r == 0; i++)
		r = store_receipt_drop(e->store, b->list[i].message, b->list[i].kind);
	return store_end(e->store, r);
}

/* Every device of the person gets it that has a session once the relay was asked. */
static int
batch_send(struct engine *e, struct batch *b)
{
	struct store_person p;
	int r = b->own ? own_person(e, &p) : store_person_by_id(e->store, b->list[0].person, &p);

	if (r != 0)
		return r;
	if ((b->own && p.changed) || !outbox_ready(e, &p))
		return store_receipt_due(e->store, b->own ? 0 : p.id,
		    clock_now_ms() + RECEIPTS_WAIT_MS);
	while ((r = batch_out(e, &p, b)) == ERR_LIMIT && b->n > 1)
		b->n /= 2;
	return r;
}

static void
receipts_due(evutil_socket_t fd, short what, void *arg)
{
	struct receipts *x = arg;
	struct engine *e = x->engine;
	struct batch b;
	int r;

	if (!relay_listed(e))
		return; /* the next connection kicks */
	do {
		b.n = 0;
		b.own = false;
		r = store_receipt_each(e->store, clock_now_ms(), batch_add, &b);
		if (r == ERR_AGAIN)
			r = 0;
		if (r == 0 && b.n > 0)
			r = batch_send(e, &b);
	} while (r == 0 && b.n > 0);
	if (r != 0)
		log_error(e->log, "receipts", "not sent: %s", err_text(r));
	else
		receipts_kick(e);
	outbox_kick(e);
}

void
receipts_kick(struct engine *e)
{
	struct timeval tv = { 0, 0 };
	uint64_t due, now = clock_now_ms();

	if (e->receipts == NULL || !relay_listed(e) || store_receipt_next(e->store, &due) != 0 || due == 0)
		return;
	if (due > now) {
		tv.tv_sec = (time_t)((due - now) / 1000);
		tv.tv_usec = (suseconds_t)((due - now) % 1000 * 1000 + 999);
	}
	evtimer_add(e->receipts->timer, &tv);
}

void
receipts_flush(struct engine *e)
{
	if (store_receipt_hurry(e->store) != 0)
		log_error(e->log, "receipts", "the store cannot be written");
	receipts_kick(e);
}

bool
receipts_idle(const struct engine *e)
{
	uint64_t due;

	return e->receipts == NULL || store_receipt_next(e->store, &due) != 0 || due == 0 ||
	    due > clock_now_ms();
}

/* ------------------------------------------------------------------------------ noting */

static int
note_own(struct engine *e, int64_t message, int kind)
{
	uint64_t now = clock_now_ms();

	return own_others(e) ? store_receipt_add(e->store, message, kind, now,
	                           e->one_shot ? now : now + RECEIPTS_OWN_MS)
	                     : 0;
}

int
receipts_echo(struct engine *e, int64_t row, bool all)
{
	struct store_message m;
	int r = own_others(e) ? message_fields(e, row, &m) : ERR_NOT_FOUND;

	/* What was never sealed, nobody else knows; what others of ours wrote, they tell. */
	if (r != 0 || !m.outgoing || !m.sealed ||
	    memcmp(m.device, e->account.device_id, STORE_DEVICE) != 0)
		return r == ERR_NOT_FOUND ? 0 : r;
	return note_own(e, row, all ? OWN_PROOFS : OWN_STATE);
}

void
receipts_ready(struct engine *e, int64_t person)
{
	if (e->receipts == NULL)
		return;
	if (store_receipt_due(e->store, person == e->own ? 0 : person, clock_now_ms()) != 0)
		log_error(e->log, "receipts", "the store cannot be written");
	receipts_kick(e);
}

int
receipts_note(struct engine *e, int64_t message, int kind)
{
	uint32_t jitter = 0;
	uint64_t now = clock_now_ms();

	if (e->config->receipts == CONFIG_RECEIPTS_OFF ||
	    (e->config->receipts == CONFIG_RECEIPTS_ASK && kind != RECEIPT_KIND_DELIVERED))
		return 0;
	if (!e->one_shot && rand_range(RECEIPTS_MIN_MS, RECEIPTS_MAX_MS, &jitter) != 0)
		jitter = RECEIPTS_MAX_MS;
	return store_receipt_add(e->store, message, kind, now, now + jitter);
}

int
receipts_read(struct engine *e, int64_t row)
{
	struct store_message m;
	int r = message_fields(e, row, &m);

	if (r != 0 || m.outgoing || (!m.unread && !m.elsewhere))
		return r;
	if (m.elsewhere)
		return store_message_mark_read(e->store, row); /* its sender was told by that device */
	if ((r = store_begin(e->store)) != 0)
		return r;
	if ((r = store_message_mark_read(e->store, row)) == 0 &&
	    (r = store_message_state(e->store, row, CORE_ST_READ, NULL)) == 0)
		r = receipts_note(e, row, RECEIPT_KIND_READ);
	if (r == 0)
		r = note_own(e, row, OWN_READ);
	r = store_end(e->store, r);
	if (r == 0) {
		contact_publish(e, m.person);
		receipts_kick(e);
	}
	return r;
}

struct shown {
	struct engine *e;
	int64_t row, person;
};

static void
shown_tell(void *arg)
{
	const struct shown *x = arg;

	if (message_emit(x->e, x->row, NULL) != 0)
		log_warn(x->e->log, "receipts", "a message cannot be shown");
	contact_publish(x->e, x->person);
}

int
receipts_elsewhere(struct engine *e, int64_t row, int state)
{
	struct store_message m;
	struct shown *x;
	int r = message_fields(e, row, &m);

	if (r != 0 || m.outgoing || (!m.unread && m.state >= state))
		return r;
	if ((r = store_message_mark_elsewhere(e->store, row)) != 0 ||
	    (m.state < state && (r = store_message_state(e->store, row, state, NULL)) != 0))
		return r;
	x = mem_alloc(sizeof(*x));
	x->e = e;
	x->row = row;
	x->person = m.person;
	store_after(e->store, shown_tell, x);
	return 0;
}

/* ------------------------------------------------------------------------------ life */

int
receipts_open(struct engine *e)
{
	struct receipts *x = mem_alloc(sizeof(*x));

	x->engine = e;
	x->timer = evtimer_new(e->base, receipts_due, x);
	e->receipts = x;
	if (x->timer == NULL)
		return ERR_NOMEM;
	receipts_kick(e);
	return 0;
}

void
receipts_close(struct engine *e)
{
	if (e->receipts == NULL)
		return;
	if (e->receipts->timer != NULL)
		event_free(e->receipts->timer);
	free(e->receipts);
	e->receipts = NULL;
}
