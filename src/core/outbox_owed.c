/*
 * Who is owed a message: a device that had no session when it was sealed for the others, one that
 * lost what it was sent, and each other device of our own user, whose copy waits for nothing and is
 * waited for by nothing. That it is owed stands in the store from the transaction that sealed the
 * message (or took the request); the copy, the session's new state and the end of the debt are one
 * transaction, too.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/message.h"
#include "core/outbox_state.h"
#include "core/own.h"
#include "core/receipts.h"
#include "core/relay.h"
#include "core/seal.h"

#define OWED_TURN 32 /* messages sealed for a device in one turn of the loop */

int
outbox_owe_own(struct engine *e, int64_t row)
{
	const struct identity_device *d;
	size_t n = 0;
	int r = 0;

	while (r == 0 && (d = own_next(e, &n)) != NULL)
		r = store_owed_add(e->store, row, e->own, d->id);
	return r;
}

struct debts {
	struct store_owed *list;
	size_t n;
};

static int
debts_add(void *arg, const struct store_owed *x)
{
	struct debts *all = arg;

	all->list = mem_grow(all->list, all->n + 1, sizeof(*all->list));
	all->list[all->n++] = *x;
	return 0;
}

/* ------------------------------------------------------------------------------ one message */

/* ERR_AGAIN: not before the device has answered. */
static int
pay(struct engine *e, const struct store_person *p, const struct store_owed *x)
{
	Recado__Plaintext pt = RECADO__PLAINTEXT__INIT;
	struct store_message m;
	struct buf *b = buf_new(0);
	int r = store_begin(e->store);

	if (r != 0)
		goto out;
	if ((r = message_fields(e, x->message, &m)) == 0 && m.state == CORE_ST_FAILED)
		r = ERR_NOT_FOUND;
	if (r == 0 && (r = store_message_content(e->store, x->message, b)) == 0 &&
	    (r = pb_unpack(&recado__signed_content__descriptor, buf_view(b), &pt.content)) == 0)
		r = seal_deposit(e, p, x->device, &pt, x->message);
	/* What became of it until now, our device has not heard. */
	if (r == 0 && own_is(e, p) && m.state != CORE_ST_QUEUED)
		r = receipts_echo(e, x->message, true);
	if (r == ERR_LIMIT && !seal_answered(e, x->device))
		r = ERR_AGAIN; /* then there is room for it */
	if (r == ERR_LIMIT || r == ERR_NOT_FOUND)
		r = 0; /* it cannot be sealed for this device, ever */
	if (r == 0)
		r = store_owed_drop(e->store, x->message, x->device);
	r = store_end(e->store, r);
out:
	pb_free(&pt.content);
	buf_free(&b);
	return r;
}

/* ------------------------------------------------------------------------------ one device */

/* Can it be sealed for now? Otherwise what is missing was asked for, or waits. */
static bool
payable(struct outbox *o, const struct store_person *p, const struct store_owed *x, int *r)
{
	struct engine *e = o->engine;
	const struct identity *i = trust_identity(e->trust, p);
	const struct identity_device *d = i != NULL ? identity_find_device(i, x->device) : NULL;
	struct fault f = { 0 };

	if (i == NULL || outbox_is_barren(o, x->device))
		return false;
	if (d == NULL || d->removed_at != 0) {
		*r = store_owed_drop_device(e->store, x->device);
		return false;
	}
	/* Our own card may have run out. But who our devices are, the relay has to have shown. */
	if (own_is(e, p) ? p->stale || p->changed : trust_may_send(e->trust, p, &f) != 0)
		return false;
	if (seal_ready(e, x->device))
		return true;
	if (seal_possible(e, d))
		outbox_bundles(o, p);
	return false;
}

static int
pay_device(struct outbox *o, const struct store_owed *first)
{
	struct engine *e = o->engine;
	struct debts all = { NULL, 0 };
	struct store_person p;
	size_t i, paid = 0;
	int r = store_person_by_id(e->store, first->person, &p);

	if (r != 0 || !payable(o, &p, first, &r))
		return r;
	r = store_owed_each(e->store, first->device, OWED_TURN, debts_add, &all);
	for (i = 0; i < all.n && r == 0; i++) {
		r = pay(e, &p, &all.list[i]);
		paid += r == 0;
		if (r == ERR_AGAIN)
			r = 0;
	}
	if (r == 0 && all.n == OWED_TURN && paid > 0)
		outbox_kick(e);
	free(all.list);
	return r;
}

/* ------------------------------------------------------------------------------ everybody */

/* Our devices know of each other before there is anything to say. */
static void
meet_own(struct outbox *o)
{
	struct store_person self;

	if (relay_listed(o->engine) && own_person(o->engine, &self) == 0)
		outbox_ready(o->engine, &self);
}

void
outbox_owed_all(struct outbox *o)
{
	struct store *s = o->engine->store;
	struct debts all = { NULL, 0 };
	size_t i;
	int r = store_owed_devices(s, debts_add, &all);

	meet_own(o);
	for (i = 0; i < all.n && r == 0; i++)
		r = pay_device(o, &all.list[i]);
	if (r != 0)
		log_error(o->engine->log, "outbox", "not sealed for a further device: %s", err_text(r));
	receipts_kick(o->engine);
	free(all.list);
}
