#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "core/await.h"
#include "core/contact.h"
#include "core/inbox.h"
#include "core/message.h"
#include "core/ops.h"
#include "core/outbox.h"
#include "core/receipts.h"
#include "core/record.h"
#include "core/relay.h"
#include "core/trust.h"

#define SYNC_WAIT_MS 5000

/* ------------------------------------------------------------------------------ sync */

static void
synced(struct op *op, const struct fault *f)
{
	struct fault refused = { 0 };
	int r = inbox_refused(op->e);

	if (f == NULL && r != 0) {
		fault_set(&refused, r, NULL, "mail that came cannot be kept: %s", err_text(r));
		fault_hint(&refused, "It stays at the relay until there is room.");
		f = &refused;
	}
	if (f != NULL)
		op_fail(op, f);
	else
		op_done(op, 0);
}

static void
sync_online(struct op *op, const struct fault *f)
{
	if (f != NULL) {
		op_fail(op, f);
		return;
	}
	receipts_flush(op->e);
	outbox_kick(op->e);
	await_idle(op, SYNC_WAIT_MS, synced);
}

void
ops_sync(struct op *op)
{
	await_relay(op, sync_online);
}

/* ------------------------------------------------------------------------------ send */

/* As far as the send waits for it; failed: why it never will be. */
static void
send_reached(struct op *op, int state, int code, const char *error)
{
	if (state == CORE_ST_FAILED)
		op_fail_with(op, code, op->cmd.name, error != NULL ? error : "the message cannot be sent");
	else if (state >= (int)op->cmd.wait)
		op_done(op, 0);
}

/* It will not go out: because of whom it is to, mostly. */
static void
send_refused(struct op *op, const struct op_change *change)
{
	struct store_person p;
	struct fault f = { 0 };

	if (store_person_by_id(op->e->store, op->person, &p) == 0 &&
	    trust_may_send(op->e->trust, &p, &f) == change->code)
		op_fail(op, &f);
	else
		send_reached(op, CORE_ST_FAILED, change->code, change->ev->state->error);
}

/* What is queued is safe. Where it may yet turn out that it must not go, who asked waits for that, as
 * long as the relay may be heard. */
static void
send_queued(struct op *op)
{
	struct engine *e = op->e;
	struct store_person p;
	struct fault f = { 0 };

	if (store_person_by_id(e->store, op->person, &p) != 0 ||
	    trust_may_send(e->trust, &p, &f) == 0 ||
	    (trust_may_yet(e->trust, &f) && !relay_online(e) && !relay_trying(e)))
		send_reached(op, CORE_ST_QUEUED, 0, NULL);
}

static void
send_news(struct op *op, enum op_news news, const void *what)
{
	const struct op_change *change = what;
	struct core_event copy;

	if (news == OP_NEWS_LINK || news == OP_NEWS_IDLE)
		send_queued(op);
	if (news != OP_NEWS_STATE || change->row != op->row)
		return;
	record_copy_event(change->ev, &copy);
	op_emit(op, &copy);
	if (change->code != 0)
		send_refused(op, change);
	else if (change->ev->state->verified)
		send_reached(op, change->ev->state->state, 0, NULL);
}

static void
send_late(struct op *op)
{
	static const char *const not_yet[] = { /* whole, to be found in the table of sentences */
		[CORE_ST_SENT] = "the message is kept, but not yet sent",
		[CORE_ST_DELIVERED] = "the message is kept, but not yet delivered",
		[CORE_ST_READ] = "the message is kept, but not yet read",
		[CORE_ST_NOTARISED] = "the message is kept, but not yet notarised"
	};
	enum core_state s = op->cmd.wait;
	struct fault f = { 0 };

	if (s == CORE_ST_QUEUED) {
		op_done(op, 0);
		return;
	}
	fault_set(&f, ERR_UNCONFIRMED, op->cmd.name, "%s",
	    s >= CORE_ST_SENT && s <= CORE_ST_NOTARISED ? not_yet[s] : err_text(ERR_UNCONFIRMED));
	fault_hint(&f, "It goes out by itself; `recado status` tells.");
	op_fail(op, &f);
}

static void
send_found(struct op *op, struct store_person *p, const struct fault *f)
{
	struct fault why = { 0 };
	int r = 0;

	if (f == NULL && trust_may_send(op->e->trust, p, &why) != 0 &&
	    !trust_may_yet(op->e->trust, &why))
		f = &why;
	if (f != NULL) {
		op_fail(op, f);
		return;
	}
	op->person = p->id;
	if ((r = contact_set(op->e, p, CORE_CONTACT)) != 0)
		fault_set(&why, r, p->name, "the store cannot be written");
	else
		r = outbox_send(op->e, p, op->cmd.text != NULL ? op->cmd.text : "", &op->row, &why);
	if (r == 0)
		r = message_emit(op->e, op->row, op);
	if (r != 0) {
		op_end(op, r, &why);
		return;
	}
	relay_start(op->e);
	op->notify = send_news;
	if (op->cmd.timeout_ms >= 0)
		op_alarm(op, op->cmd.timeout_ms, send_late);
	else if (op->cmd.wait == CORE_ST_QUEUED)
		op_alarm(op, SYNC_WAIT_MS, send_late);
	send_queued(op);
}

/* Written to somebody whom only the relay can know, while it is away: kept by name, looked up with
 * the first connection. */
static void
send_unknown(struct op *op, struct store_person *p, const struct fault *f)
{
	struct store_person blank = { .contact = CORE_CONTACT };

	if (f == NULL || err_exit(f->code) != err_exit(ERR_UNREACHABLE) || strlen(op->cmd.name) >= STORE_NAME) {
		send_found(op, p, f);
		return;
	}
	memcpy(blank.name, op->cmd.name, strlen(op->cmd.name) + 1);
	if (store_person_add(op->e->store, &blank) != 0)
		send_found(op, NULL, f);
	else
		send_found(op, &blank, NULL);
}

void
ops_send(struct op *op)
{
	if ((int)op->cmd.wait < CORE_ST_QUEUED)
		op->cmd.wait = CORE_ST_QUEUED;
	contact_find(op, false, send_unknown);
}

/* ------------------------------------------------------------------------------ recv */

struct rows {
	int64_t *row;
	size_t n;
};

static int
rows_add(void *arg, const struct store_message *m)
{
	struct rows *rs = arg;

	rs->row = mem_grow(rs->row, rs->n + 1, sizeof(*rs->row));
	rs->row[rs->n++] = m->row;
	return 0;
}

/* A message given out was read, unless only peeked at. */
static int
recv_give(struct op *op, int64_t row)
{
	int r = message_emit(op->e, row, op);

	if (r == 0 && (op->cmd.flags & CORE_F_PEEK) == 0)
		r = receipts_read(op->e, row);
	return r;
}

static void
recv_news(struct op *op, enum op_news news, const void *what)
{
	struct store_message m;
	struct store_person p;

	if (news == OP_NEWS_LINK && relay_fault(op->e)->code == ERR_REMOVED) {
		op_fail(op, relay_fault(op->e)); /* there is nothing more to wait for */
		return;
	}
	if (news != OP_NEWS_MESSAGE || message_fields(op->e, *(const int64_t *)what, &m) != 0 ||
	    m.outgoing || store_person_by_id(op->e->store, m.person, &p) != 0 ||
	    p.contact == CORE_CONTACT_BLOCKED)
		return;
	if (op->cmd.name != NULL && strcmp(op->cmd.name, p.name) != 0)
		return;
	if (recv_give(op, m.row) != 0)
		log_error(op->e->log, "recv", "a message cannot be given out");
}

static int
recv_unread(struct op *op)
{
	struct store_query q = { .list = STORE_LIST_NEW };
	struct rows rs = { NULL, 0 };
	size_t i;
	int r = store_message_each(op->e->store, &q, rows_add, &rs);

	for (i = 0; i < rs.n && r == 0; i++)
		r = recv_give(op, rs.row[i]);
	free(rs.row);
	return r;
}

void
ops_recv(struct op *op)
{
	int64_t row;
	int r;

	if (op->cmd.id != NULL) {
		if (message_find(op, op->cmd.id, &row) == 0)
			op_end(op, recv_give(op, row), NULL);
		return;
	}
	r = recv_unread(op);
	if (r != 0 || (op->cmd.flags & CORE_F_FOLLOW) == 0) {
		op_end(op, r, NULL);
		return;
	}
	relay_start(op->e);
	op->notify = recv_news;
}

/* ------------------------------------------------------------------------------ read, receipt */

static int
read_upto(struct op *op, const struct store_person *p, int64_t last)
{
	struct store_query q = { .list = STORE_LIST_NEW, .person = p->id };
	struct rows rs = { NULL, 0 };
	size_t i;
	int r = store_message_each(op->e->store, &q, rows_add, &rs);

	for (i = 0; i < rs.n && r == 0; i++)
		if (last == 0 || rs.row[i] <= last)
			r = receipts_read(op->e, rs.row[i]);
	free(rs.row);
	return r;
}

void
ops_read(struct op *op)
{
	struct store_person p;
	int64_t last = 0;
	int r = store_person_by_name(op->e->store, op->cmd.name != NULL ? op->cmd.name : "", &p);

	if (r == ERR_NOT_FOUND) {
		op_fail_with(op, ERR_NO_USER, op->cmd.name, "there is no such contact");
		return;
	}
	if (r == 0 && op->cmd.id != NULL && message_find(op, op->cmd.id, &last) != 0)
		return;
	if (r == 0)
		r = read_upto(op, &p, last);
	op_end(op, r, NULL);
}
