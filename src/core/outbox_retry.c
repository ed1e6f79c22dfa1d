/*
 * Sessions get lost: a disk dies, a backup is older than the last message, somebody disconnects
 * while mail is on its way. Who cannot open an envelope of a session it knows drops that session,
 * opens a fresh one and names the envelope in it; the sender seals the same signed content again,
 * and the recipient knows it by its hash if it had it after all. A peer who begins a new session by
 * itself lost the old one with everything in it that it had not confirmed. All of it at most once
 * an hour and person, so that nobody can make us seal for ever.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/outbox_state.h"
#include "core/seal.h"

#define RETRY_MS (60 * 60 * 1000)

/* May we, by this kind of retry's clock? Then it starts again. */
static int
retry_allowed(struct engine *e, const char *kind, int64_t person)
{
	uint64_t last, now = clock_now_ms();
	char key[48];
	int r;

	snprintf(key, sizeof(key), "retry.%s.%lld", kind, (long long)person);
	if ((r = store_number_get(e->store, key, &last)) != 0)
		return r;
	if (last != 0 && now >= last && now < last + RETRY_MS)
		return ERR_AGAIN;
	return store_number_set(e->store, key, now);
}

/* ------------------------------------------------------------------------------ they ask us */

void
outbox_again(struct outbox *o, int64_t row)
{
	struct outbox_again *a;

	STAILQ_FOREACH(a, &o->again, link)
		if (a->row == row)
			return;
	a = mem_alloc(sizeof(*a));
	a->row = row;
	STAILQ_INSERT_TAIL(&o->again, a, link);
}

int
outbox_retry(struct engine *e, int64_t person, const uint8_t *device, const uint8_t *hash)
{
	int64_t row;
	int r = retry_allowed(e, "asked", person);

	if (r == 0)
		r = store_deposit_reopen(e->store, device, hash, &row);
	if (r == 0)
		outbox_again(e->outbox, row);
	return r == ERR_AGAIN || r == ERR_NOT_FOUND ? 0 : r;
}

struct rows {
	int64_t *row;
	size_t n;
};

static int
rows_add(void *arg, const struct store_message *m)
{
	struct rows *rs = arg;

	if (!m->sealed || m->state < CORE_ST_QUEUED)
		return 0; /* not sealed at all yet, or given up */
	rs->row = mem_grow(rs->row, rs->n + 1, sizeof(*rs->row));
	rs->row[rs->n++] = m->row;
	return 0;
}

int
outbox_retry_person(struct engine *e, int64_t person)
{
	struct store_query q = { .list = STORE_LIST_OUTBOX, .person = person };
	struct rows rs = { NULL, 0 };
	size_t i;
	int r = retry_allowed(e, "person", person);

	if (r == 0)
		r = store_message_each(e->store, &q, rows_add, &rs);
	for (i = 0; i < rs.n && r == 0; i++) {
		r = store_deposit_forget(e->store, rs.row[i]);
		outbox_again(e->outbox, rs.row[i]);
	}
	free(rs.row);
	return r == ERR_AGAIN ? 0 : r;
}

void
outbox_recall(struct outbox *o)
{
	struct store *s = o->engine->store;
	struct store_query q = { .list = STORE_LIST_OUTBOX };
	struct rows rs = { NULL, 0 };
	bool any;
	size_t i;
	int r = store_message_each(s, &q, rows_add, &rs);

	for (i = 0; i < rs.n && r == 0; i++)
		if ((r = store_deposit_any(s, rs.row[i], &any)) == 0 && !any)
			outbox_again(o, rs.row[i]);
	if (r != 0)
		log_warn(o->engine->log, "outbox", "what was to be sealed again is not known");
	free(rs.row);
}

/* ------------------------------------------------------------------------------ we ask them */

bool
outbox_ask_again(struct engine *e, int64_t person, const uint8_t *device, const uint8_t *hash)
{
	struct outbox_request *q;
	int64_t id;
	struct buf *packed = buf_new_secret(SESSION_PACKED_MAX);
	int r = retry_allowed(e, "asking", person);

	if (r == 0) {
		r = store_session_by_device(e->store, device, &id, packed);
		if (r == 0)
			r = store_session_drop(e->store, id);
	}
	buf_free(&packed);
	if (r != 0 && r != ERR_NOT_FOUND)
		return false;
	q = mem_alloc(sizeof(*q));
	q->person = person;
	memcpy(q->device, device, STORE_DEVICE);
	memcpy(q->hash, hash, STORE_HASH);
	STAILQ_INSERT_TAIL(&e->outbox->requests, q, link);
	outbox_kick(e);
	return true;
}

static int
request_seal(struct engine *e, const struct outbox_request *q, const struct store_person *p)
{
	Recado__Plaintext pt = RECADO__PLAINTEXT__INIT;
	Recado__Control control = RECADO__CONTROL__INIT;
	Recado__RetryRequest retry = RECADO__RETRY_REQUEST__INIT;
	int r = store_begin(e->store);

	if (r != 0)
		return r;
	retry.envelope_hash = pb_data((struct bytes){ q->hash, STORE_HASH });
	control.op_case = RECADO__CONTROL__OP_RETRY_REQUEST;
	control.retry_request = &retry;
	pt.control = &control;
	r = seal_deposit(e, p, q->device, &pt, 0);
	return store_end(e->store, r);
}

void
outbox_requests_send(struct outbox *o)
{
	struct outbox_request *q, *next;
	struct store_person p;

	for (q = STAILQ_FIRST(&o->requests); q != NULL; q = next) {
		next = STAILQ_NEXT(q, link);
		if (store_person_by_id(o->engine->store, q->person, &p) == 0 &&
		    !seal_ready(o->engine, q->device)) {
			if (outbox_bundles(o, &p) || outbox_has_asked(o, p.id))
				continue;
		} else if (request_seal(o->engine, q, &p) != 0) {
			log_warn(o->engine->log, "outbox", "a retry cannot be asked for");
		}
		if (!seal_ready(o->engine, q->device))
			continue; /* another time */
		STAILQ_REMOVE(&o->requests, q, outbox_request, link);
		free(q);
	}
}

void
outbox_requests_drop(struct outbox *o)
{
	struct outbox_request *q;

	while ((q = STAILQ_FIRST(&o->requests)) != NULL) {
		STAILQ_REMOVE_HEAD(&o->requests, link);
		free(q);
	}
}
