#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "core/cards.h"
#include "core/contact.h"
#include "core/message.h"
#include "core/ops.h"
#include "core/outbox.h"
#include "core/own.h"
#include "core/receipts.h"
#include "core/relay.h"
#include "core/seal.h"
#include "core/trust.h"
#include "crypto/content.h"
#include "crypto/receipt.h"

/* ------------------------------------------------------------------------------ watch */

static int
watch_person(void *arg, const struct store_person *p)
{
	if (p->contact != CORE_CONTACT_NONE) {
		contact_emit(arg, p);
		trust_unseen(arg, p);
	}
	return 0;
}

static int
watch_draft(void *arg, const char *name, const char *text)
{
	struct core_event ev = { .kind = CORE_EV_DRAFT };

	ev.draft = mem_alloc(sizeof(*ev.draft));
	ev.draft->name = mem_strdup(name);
	ev.draft->text = mem_strdup(text);
	op_emit(arg, &ev);
	return 0;
}

void
ops_watch(struct op *op)
{
	struct engine *e = op->e;
	int r = 0;

	op->port->watching = true;
	engine_status(e, op);
	cards_watch(e->cards);
	if (port_sees(op->port)) {
		r = store_person_each(e->store, watch_person, op);
		if (r == 0)
			r = store_draft_each(e->store, watch_draft, op);
		relay_start(e);
	}
	op_end(op, r, NULL);
}

void
ops_link(struct op *op)
{
	engine_status(op->e, op);
	op_done(op, 0);
}

void
ops_draft(struct op *op)
{
	if (op->cmd.name == NULL)
		op_fail_with(op, ERR_USAGE, NULL, "whose draft?");
	else
		op_end(op, store_draft_set(op->e->store, op->cmd.name, op->cmd.text), NULL);
}

/* ------------------------------------------------------------------------------ lists of messages */

static int
give_one(void *arg, const struct store_message *m)
{
	struct op *op = arg;
	struct core_event ev = { .kind = CORE_EV_MESSAGE, .message = message_show(op->e, m) };

	op_emit(op, &ev);
	return 0;
}

static int
give_list(struct op *op, enum store_list list)
{
	struct store_query q = { .list = list };

	return store_message_each(op->e->store, &q, give_one, op);
}

void
ops_all(struct op *op)
{
	int r = give_list(op, STORE_LIST_INBOX);

	if (r == 0)
		r = give_list(op, STORE_LIST_SENT);
	op_end(op, r, NULL);
}

static int
give_waiting(void *arg, const struct store_message *m)
{
	struct op *op = arg;
	struct core_event ev = { .kind = CORE_EV_MESSAGE, .message = message_show(op->e, m) };

	if (ev.message->error == NULL)
		ev.message->error = message_held(op->e, m);
	op_emit(op, &ev);
	return 0;
}

void
ops_outbox(struct op *op)
{
	struct store_query q = { .list = STORE_LIST_OUTBOX };

	op_end(op, store_message_each(op->e->store, &q, give_waiting, op), NULL);
}

void
ops_status(struct op *op)
{
	int64_t row;

	if (message_find(op, op->cmd.id, &row) == 0)
		op_end(op, message_states(op, row), NULL);
}

/* ------------------------------------------------------------------------------ history */

struct checking {
	struct op *op;
	uint32_t line;
	bool all_ok;
};

/* Is what the store shows what the device signed? */
static int
check_content(struct engine *e, const struct store_message *m, const char **reason)
{
	Recado__SignedContent *sc = NULL;
	struct content_opened *o = NULL;
	const struct identity *i;
	const struct identity_device *d;
	struct store_person p;
	struct buf *b = buf_new(0);
	int r = store_message_content(e->store, m->row, b);

	*reason = r == ERR_NOT_FOUND ? "not sealed yet" : "";
	if (r == 0 && (r = store_person_by_id(e->store, m->person, &p)) == 0)
		r = pb_unpack(&recado__signed_content__descriptor, buf_view(b), &sc);
	if (r != 0)
		goto out;
	i = m->outgoing ? trust_self(e->trust) : trust_identity(e->trust, &p);
	d = i != NULL ? identity_find_device(i, m->device) : NULL;
	r = d == NULL ? ERR_NOT_FOUND : content_verify(sc, d->signing_key, &o);
	*reason = d == NULL ? "the device is not known" : r != 0 ? "the signature does not hold" : "";
	if (r == 0 && memcmp(content_hash(o), m->mh, STORE_HASH) != 0) {
		r = ERR_FALSE;
		*reason = "it is another message than the one shown";
	}
out:
	content_free(&o);
	pb_free(&sc);
	buf_free(&b);
	return r;
}

static int
check_one(void *arg, const struct store_message *m)
{
	struct checking *c = arg;
	struct core_event ev = { .kind = CORE_EV_CHECK };
	const char *reason;
	int r = check_content(c->op->e, m, &reason);

	ev.check = mem_alloc(sizeof(*ev.check));
	ev.check->line = ++c->line;
	ev.check->ok = r == 0;
	ev.check->what = mem_strdup(m->id);
	ev.check->reason = mem_strdup(r != 0 && reason[0] == '\0' ? err_text(r) : reason);
	op_emit(c->op, &ev);
	/* What never left has no signature to be false. */
	if (r != 0 && m->sealed)
		c->all_ok = false;
	return 0;
}

void
ops_history(struct op *op)
{
	struct store_query q = { .list = STORE_LIST_HISTORY, .words = op->cmd.text,
		.before = op->cmd.before, .limit = op->cmd.limit };
	struct checking c = { op, 0, true };
	struct store_person p;
	int r = 0;

	if (op->cmd.name != NULL) {
		r = store_person_by_name(op->e->store, op->cmd.name, &p);
		if (r == ERR_NOT_FOUND) {
			op_fail_with(op, ERR_NO_USER, op->cmd.name, "there is no such contact");
			return;
		}
		q.person = p.id;
	}
	if (r == 0 && (op->cmd.flags & CORE_F_VERIFY) != 0)
		r = store_message_each(op->e->store, &q, check_one, &c);
	else if (r == 0)
		r = store_message_each(op->e->store, &q, give_one, op);
	if (r == ERR_USAGE)
		op_fail_with(op, r, op->cmd.text, "after: and before: want a date such as 2026-11-21");
	else if (r == 0 && !c.all_ok)
		op_fail_with(op, ERR_FALSE, op->cmd.name, "the history does not verify");
	else
		op_end(op, r, NULL);
}

/* ------------------------------------------------------------------------------ receipt */

struct notary {
	int64_t row;
	struct receipt receipt;
	struct store_message m;
	struct buf *body, *to_sign;
};

static void
notary_drop(void *state)
{
	struct notary *n = state;

	buf_free(&n->body);
	buf_free(&n->to_sign);
	free(n);
}

static int
notary_send(struct engine *e, struct notary *n, const struct card_signature *sig)
{
	Recado__Plaintext pt = RECADO__PLAINTEXT__INIT;
	Recado__SignedReceipt *sr = NULL;
	struct store_person p, self;
	struct buf *b = buf_new(0);
	size_t count = 0, own;
	bool waits;
	int r = receipt_finish(buf_view(n->body), (uint32_t)sig->scheme,
	    (struct bytes){ sig->octets, sig->len }, b);

	if (r == 0)
		r = pb_unpack(&recado__signed_receipt__descriptor, buf_view(b), &sr);
	if (r == 0 && (r = store_person_by_id(e->store, n->m.person, &p)) == 0 &&
	    (r = store_begin(e->store)) == 0) {
		pt.receipts = &sr;
		pt.n_receipts = 1;
		r = seal_deposit_all(e, &p, &pt, &count, &waits);
		if (r == 0 && count == 0)
			r = ERR_NOT_FOUND;
		if (r == 0 && own_person(e, &self) == 0)
			r = seal_deposit_all(e, &self, &pt, &own, &waits);
		if (r == 0)
			r = store_message_state(e->store, n->row, CORE_ST_NOTARISED, NULL);
		r = store_end(e->store, r);
	}
	pb_free(&sr);
	buf_free(&b);
	return r;
}

static void
notary_signed(struct op *op, const struct cards_answer *a)
{
	int r;

	if (a->code != 0) {
		op_fail(op, a->fault);
		return;
	}
	r = notary_send(op->e, op->state, a->signature);
	outbox_kick(op->e);
	if (r != 0)
		op_fail_with(op, r, op->cmd.id, "the receipt cannot be sent");
	else
		op_done(op, 0);
}

/* By the card that this account's keys are bound by, and no other. */
static void
notary_ask(struct op *op, const struct notary *n)
{
	const struct identity *self = trust_self(op->e->trust);
	struct cards_order order = { .which = op->cmd.token, .message = buf_view(n->to_sign) };
	uint8_t hash[CERT_HASH_LEN];

	if (self != NULL) {
		cert_sha256(identity_certificate(self), hash);
		order.certificate = hash;
	}
	cards_sign(op->e->cards, op, &order, notary_signed);
}

static void
notary_begin(struct op *op, struct store_message *m)
{
	struct notary *n = mem_alloc(sizeof(*n));
	int r;

	op->state = n;
	op->drop = notary_drop;
	n->row = m->row;
	n->m = *m;
	n->body = buf_new(0);
	n->to_sign = buf_new(0);
	n->receipt.kind = RECEIPT_KIND_NOTARISED;
	n->receipt.time = clock_now_ms();
	memcpy(n->receipt.message, m->mh, HASH_LEN);
	memcpy(n->receipt.reader_user, op->e->account.user_id, USER_ID_LEN);
	memcpy(n->receipt.reader_device, op->e->account.device_id, DEVICE_ID_LEN);
	memcpy(n->receipt.reader_binding, op->e->account.binding_hash, HASH_LEN);
	if ((r = receipt_prepare(&n->receipt, n->body, n->to_sign)) != 0)
		op_fail_with(op, r, op->cmd.id, "the receipt cannot be made");
	else
		notary_ask(op, n);
}

void
ops_receipt(struct op *op)
{
	struct store_message m;
	int64_t row;
	int r;

	if (message_find(op, op->cmd.id, &row) != 0)
		return;
	if ((r = message_fields(op->e, row, &m)) != 0) {
		op_end(op, r, NULL);
	} else if (m.outgoing) {
		op_fail_with(op, ERR_USAGE, m.id, "this message is your own");
	} else if ((op->cmd.flags & CORE_F_CARD) != 0) {
		notary_begin(op, &m);
	} else {
		r = receipts_read(op->e, row);
		if (r == 0)
			r = store_receipt_add(op->e->store, row, RECEIPT_KIND_READ, clock_now_ms(), 1);
		receipts_kick(op->e);
		op_end(op, r, NULL);
	}
}
