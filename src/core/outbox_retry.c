/*
 * Sessions get lost: a disk dies, a backup is older than the last message, somebody disconnects
 * while mail is on its way. Who cannot open an envelope of a session it knows seals in that session no
 * more, opens a fresh one and names the envelope in it; the sender seals the same signed content again,
 * and the recipient knows it by its hash if it had it after all. A peer who begins a new session by
 * itself lost the old one with everything in it that it had not confirmed. All of it at most once
 * an hour, so that nobody can make us seal for ever: requests per device, since each has sessions of
 * its own, and what a new session costs per person, since it seals for all devices. What the hour does
 * not allow yet is put off in the store, with the transaction that asked for it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/outbox_state.h"
#include "core/prekeys.h"
#include "core/seal.h"
#include "crypto/kdf.h"

#define RETRY_MS (60 * 60 * 1000)
#define RETRY_OWN_MS (30ull * 24 * 3600 * 1000)
#define RETRY_OWN_MAX 512
#define RETRY_LATER_MAX 32 /* envelopes of a device, and to it; a new session makes up for more */

/* May we, by this kind of retry's clock? Then it starts again. ERR_AGAIN: at *due. */
static int
retry_allowed(struct engine *e, const char *kind, int64_t person, uint64_t *due)
{
	uint64_t last, now = clock_now_ms();
	char key[80];
	int r;

	snprintf(key, sizeof(key), "retry.%s.%lld", kind, (long long)person);
	if ((r = store_number_get(e->store, key, &last)) != 0)
		return r;
	*due = last + RETRY_MS;
	if (last != 0 && now >= last && now < *due)
		return ERR_AGAIN;
	return store_number_set(e->store, key, now);
}

/* ------------------------------------------------------------------------------ they ask us */

/* What our other device has of our copies it does not tell: the newest are sealed for it again. */
static int
copies_again(struct engine *e, const struct store_later *l)
{
	struct store_owed whose = { .person = l->person };
	uint64_t now = clock_now_ms();

	memcpy(whose.device, l->device, STORE_DEVICE);
	return store_owed_again(e->store, &whose, now > RETRY_OWN_MS ? now - RETRY_OWN_MS : 0,
	    RETRY_OWN_MAX);
}

static int
envelope_again(struct engine *e, const struct store_later *l)
{
	int64_t row;
	int r = store_deposit_reopen(e->store, l->device, l->hash, &row);

	if (r == ERR_NOT_FOUND)
		return 0; /* its message was sealed again meanwhile */
	return r != 0 ? r : store_owed_add(e->store, row, l->person, l->device);
}

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

struct rows {
	const uint8_t *device; /* ours: not what another of our devices sent */
	int64_t *row;
	size_t n;
};

static int
rows_add(void *arg, const struct store_message *m)
{
	struct rows *rs = arg;

	if (!m->sealed || m->state < CORE_ST_QUEUED ||
	    memcmp(m->device, rs->device, STORE_DEVICE) != 0)
		return 0; /* not sealed at all yet, or given up, or not by us */
	rs->row = mem_grow(rs->row, rs->n + 1, sizeof(*rs->row));
	rs->row[rs->n++] = m->row;
	return 0;
}

/* What a person has not confirmed is sealed again for all devices. */
static int
person_again(struct engine *e, const struct store_later *l)
{
	struct store_query q = { .list = STORE_LIST_OUTBOX, .person = l->person };
	struct rows rs = { e->account.device_id, NULL, 0 };
	size_t i;
	int r = store_message_each(e->store, &q, rows_add, &rs);

	for (i = 0; i < rs.n && r == 0; i++) {
		r = store_deposit_forget(e->store, rs.row[i]);
		outbox_again(e->outbox, rs.row[i]);
	}
	free(rs.row);
	return r;
}

void
outbox_recall(struct outbox *o)
{
	struct store *s = o->engine->store;
	struct store_query q = { .list = STORE_LIST_OUTBOX };
	struct rows rs = { o->engine->account.device_id, NULL, 0 };
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

/* The session that we would seal in rests, and the request waits for another. */
static int
begin_anew(struct engine *e, const struct store_later *l)
{
	int r = store_session_rest(e->store, l->device);

	return r != 0 ? r : store_ask_add(e->store, l->person, l->device, l->hash);
}

/* ------------------------------------------------------------------------------ now, or later */

/* l is done now, or kept for later; due: what was kept is. *now: it was done. */
static int
retry(struct engine *e, struct store_later *l, bool due, bool *now)
{
	static const struct {
		const char *name;
		bool device; /* has a clock of its own */
		int (*run)(struct engine *e, const struct store_later *l);
	} kinds[] = {
		[STORE_LATER_PERSON] = { "person", false, person_again },
		[STORE_LATER_OWN] = { "own", true, copies_again },
		[STORE_LATER_ASKED] = { "asked", true, envelope_again },
		[STORE_LATER_ASK] = { "asking", true, begin_anew },
	};
	char hex[2 * STORE_DEVICE + 1], key[48];
	int r;

	*now = false;
	if (l->kind < STORE_LATER_PERSON || l->kind > STORE_LATER_ASK)
		return ERR_FORMAT;
	hex_encode(l->device, STORE_DEVICE, hex);
	snprintf(key, sizeof(key), kinds[l->kind].device ? "%s.%s" : "%s", kinds[l->kind].name, hex);
	r = retry_allowed(e, key, l->person, &l->due);
	if (r == ERR_AGAIN && !due)
		return store_later_add(e->store, l, RETRY_LATER_MAX);
	*now = r == 0 || r == ERR_AGAIN;
	return *now ? kinds[l->kind].run(e, l) : r;
}

static struct store_later
job(enum store_later_kind kind, int64_t person, const uint8_t *device, const uint8_t *hash)
{
	struct store_later l = { .kind = (int)kind, .person = person };

	if (device != NULL)
		memcpy(l.device, device, STORE_DEVICE);
	if (hash != NULL)
		memcpy(l.hash, hash, STORE_HASH);
	return l;
}

/* One that is due. *asked: whom it asks; 0: nobody. */
static int
later_one(struct engine *e, int64_t *asked)
{
	uint64_t at = clock_now_ms();
	struct store_later l;
	bool now;
	int r = store_begin(e->store);

	*asked = 0;
	if (r != 0)
		return r;
	/* The clock was set back: then nothing is due that far ahead. */
	if ((r = store_later_take(e->store, at, at + RETRY_MS, &l)) == 0 &&
	    (r = retry(e, &l, true, &now)) == 0 && l.kind == STORE_LATER_ASK)
		*asked = l.person;
	return store_end(e->store, r);
}

void
outbox_later_do(struct outbox *o)
{
	struct engine *e = o->engine;
	uint64_t due, now = clock_now_ms();
	struct timeval tv = { 0, 0 };
	struct store_person p = { .id = 0 };
	int64_t asked;
	int r;

	while ((r = store_later_next(e->store, &due)) == 0 && due != 0 &&
	    (due <= now || due > now + RETRY_MS) && (r = later_one(e, &asked)) == 0)
		if (asked != 0 && asked != p.id && store_person_by_id(e->store, asked, &p) == 0)
			engine_notice(e, p.name,
			    "a message could not be opened; the session is renewed and it is asked for again");
	if (r != 0 && r != ERR_NOT_FOUND)
		log_error(e->log, "outbox", "what was put off is not done: %s", err_text(r));
	if (r != 0 || due == 0)
		return;
	tv.tv_sec = (time_t)((due - now) / 1000 + 1);
	evtimer_add(o->later, &tv);
}

/* ------------------------------------------------------------------------------ what is lost */

int
outbox_retry(struct engine *e, int64_t person, const uint8_t *device, const uint8_t *hash,
    bool *again)
{
	struct store_later l = job(STORE_LATER_ASKED, person, device, hash);
	int64_t row;
	int r;

	*again = false;
	if (person == e->own)
		l = job(STORE_LATER_OWN, person, device, NULL);
	else if ((r = store_deposit_carried(e->store, device, hash, &row)) != 0)
		return r == ERR_NOT_FOUND ? 0 : r; /* none of ours takes nobody's turn */
	return retry(e, &l, false, again);
}

int
outbox_retry_person(struct engine *e, int64_t person, const uint8_t *device)
{
	struct store_later l = person == e->own ? job(STORE_LATER_OWN, person, device, NULL)
	                                        : job(STORE_LATER_PERSON, person, NULL, NULL);
	struct store_query q = { .list = STORE_LIST_OUTBOX, .person = person };
	struct rows rs = { e->account.device_id, NULL, 0 };
	bool now;
	int r = person == e->own ? 0 : store_message_each(e->store, &q, rows_add, &rs);

	free(rs.row);
	if (r != 0 || (person != e->own && rs.n == 0))
		return r; /* nothing to do takes nobody's turn */
	return retry(e, &l, false, &now);
}

int
outbox_ask_again(struct engine *e, int64_t person, const uint8_t *device, const uint8_t *hash,
    bool *asked)
{
	struct store_later l = job(STORE_LATER_ASK, person, device, hash);
	int r = retry(e, &l, false, asked);

	/* It may have confirmed something of ours, or ended the session that ours went out in. */
	return r != 0 || person == e->own ? r : outbox_retry_person(e, person, device);
}

/* ------------------------------------------------------------------------------ the requests */

struct request { /* an envelope that a device is to seal again */
	int64_t person;
	uint8_t device[STORE_DEVICE], hash[STORE_HASH];
};

static int
request_seal(struct engine *e, const struct request *q, const struct store_person *p)
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
	if (r == 0)
		r = store_ask_drop(e->store, q->hash);
	return store_end(e->store, r);
}

struct requests {
	struct request *list;
	size_t n;
};

static int
requests_add(void *arg, int64_t person, const uint8_t *device, const uint8_t *hash)
{
	struct requests *rs = arg;
	struct request *q;

	rs->list = mem_grow(rs->list, rs->n + 1, sizeof(*rs->list));
	q = &rs->list[rs->n++];
	q->person = person;
	memcpy(q->device, device, STORE_DEVICE);
	memcpy(q->hash, hash, STORE_HASH);
	return 0;
}

static int
request_send(struct outbox *o, const struct request *q)
{
	struct engine *e = o->engine;
	const struct identity_device *d;
	const struct identity *i;
	struct store_person p;
	int r = store_person_by_id(e->store, q->person, &p);

	if (r != 0 || (i = trust_identity(e->trust, &p)) == NULL)
		return r;
	d = identity_find_device(i, q->device);
	if (d == NULL || d->removed_at != 0) /* it has nothing to seal any more */
		return store_ask_drop(e->store, q->hash);
	if (seal_ready(e, q->device))
		return request_seal(e, q, &p);
	if (seal_possible(e, d))
		outbox_bundles(o, &p); /* another time */
	return 0;
}

void
outbox_requests_send(struct outbox *o)
{
	struct engine *e = o->engine;
	struct requests rs = { NULL, 0 };
	size_t i;
	int r = store_ask_each(e->store, requests_add, &rs);

	for (i = 0; i < rs.n && r == 0; i++)
		r = request_send(o, &rs.list[i]);
	if (r != 0)
		log_warn(e->log, "outbox", "a retry cannot be asked for: %s", err_text(r));
	free(rs.list);
}

/* ------------------------------------------------------------------------------ an older copy */

struct renewal {
	struct engine *e;
	const uint8_t *hash;
};

/* Every session, whatever was asked lately: the keys that an old copy would seal with next have sealed
 * something already. Which envelope was lost, and whose, nobody can say: the request names one that
 * nobody sent, and the session that it comes in does the rest. */
static int
renew_one(void *arg, int64_t person, const uint8_t *device)
{
	struct renewal *rn = arg;
	uint8_t name[STORE_DEVICE + STORE_HASH], hash[STORE_HASH];
	struct store_later l;
	int r;

	memcpy(name, device, STORE_DEVICE);
	memcpy(name + STORE_DEVICE, rn->hash, STORE_HASH);
	if ((r = kdf_sha256((struct bytes){ name, sizeof(name) }, hash)) != 0)
		return r;
	l = job(STORE_LATER_ASK, person, device, hash);
	if ((r = begin_anew(rn->e, &l)) != 0)
		return r;
	/* What was sealed in it meanwhile looks like a replay to them: it is not kept back by a clock. */
	return person == rn->e->own ? outbox_retry_person(rn->e, person, device)
	                            : person_again(rn->e, &l);
}

void
outbox_renew(struct engine *e, const uint8_t *hash)
{
	struct renewal rn = { e, hash };
	uint64_t due;
	int r = store_begin(e->store);

	if (r == 0) {
		if ((r = retry_allowed(e, "renewal", 0, &due)) == 0 && (r = seal_leap(e)) == 0)
			r = store_session_each(e->store, renew_one, &rn);
		r = store_end(e->store, r);
	}
	if (r == ERR_AGAIN)
		return; /* done within the hour, and said */
	if (r != 0) {
		log_error(e->log, "outbox", "sessions cannot be renewed: %s", err_text(r));
		return;
	}
	engine_notice(e, NULL, "this profile is an older copy of itself, or the relay withholds mail: some "
	    "that is not known here was taken or sent from it. All sessions begin anew");
	prekeys_renew(e);
	outbox_kick(e);
}
