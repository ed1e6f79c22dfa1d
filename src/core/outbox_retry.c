/*
 * Sessions get lost: a disk dies, a backup is older than the last message, somebody disconnects
 * while mail is on its way. Who cannot open an envelope of a session it knows drops that session,
 * opens a fresh one and names the envelope in it; the sender seals the same signed content again,
 * and the recipient knows it by its hash if it had it after all. A peer who begins a new session by
 * itself lost the old one with everything in it that it had not confirmed. All of it at most once
 * an hour, so that nobody can make us seal for ever: requests per device, since each has sessions of
 * its own, and what a new session costs per person, since it seals for all devices.
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

/* May we, by this kind of retry's clock? Then it starts again. */
static int
retry_allowed(struct engine *e, const char *kind, int64_t person)
{
	uint64_t last, now = clock_now_ms();
	char key[80];
	int r;

	snprintf(key, sizeof(key), "retry.%s.%lld", kind, (long long)person);
	if ((r = store_number_get(e->store, key, &last)) != 0)
		return r;
	if (last != 0 && now >= last && now < last + RETRY_MS)
		return ERR_AGAIN;
	return store_number_set(e->store, key, now);
}

/* The same for one device of a person. */
static int
device_allowed(struct engine *e, const char *kind, int64_t person, const uint8_t *device)
{
	char hex[2 * STORE_DEVICE + 1], key[48];

	hex_encode(device, STORE_DEVICE, hex);
	snprintf(key, sizeof(key), "%s.%s", kind, hex);
	return retry_allowed(e, key, person);
}

/* ------------------------------------------------------------------------------ they ask us */

/* What our other device has of our copies it does not tell: the newest are sealed for it again. */
static int
retry_own(struct engine *e, const uint8_t *device)
{
	struct store_owed whose = { .person = e->own };
	uint64_t now = clock_now_ms();
	int r;

	memcpy(whose.device, device, STORE_DEVICE);
	r = device_allowed(e, "own", e->own, device);
	if (r == 0)
		r = store_owed_again(e->store, &whose, now > RETRY_OWN_MS ? now - RETRY_OWN_MS : 0,
		    RETRY_OWN_MAX);
	return r == ERR_AGAIN ? 0 : r;
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

int
outbox_retry(struct engine *e, int64_t person, const uint8_t *device, const uint8_t *hash,
    bool *again)
{
	int64_t row;
	int r;

	*again = person == e->own;
	if (person == e->own)
		return retry_own(e, device);
	r = device_allowed(e, "asked", person, device);
	if (r == 0)
		r = store_deposit_reopen(e->store, device, hash, &row);
	if (r == 0)
		r = store_owed_add(e->store, row, person, device);
	*again = r == 0;
	return r == ERR_AGAIN || r == ERR_NOT_FOUND ? 0 : r;
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
person_again(struct engine *e, int64_t person)
{
	struct store_query q = { .list = STORE_LIST_OUTBOX, .person = person };
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

int
outbox_retry_person(struct engine *e, int64_t person, const uint8_t *device)
{
	int r;

	if (person == e->own)
		return retry_own(e, device);
	if ((r = retry_allowed(e, "person", person)) == 0)
		r = person_again(e, person);
	return r == ERR_AGAIN ? 0 : r;
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

/* The session that we would seal in is dropped, and the request waits for another. */
static int
begin_anew(struct engine *e, int64_t person, const uint8_t *device, const uint8_t *hash)
{
	struct buf *packed = buf_new_secret(SESSION_PACKED_MAX);
	int64_t id;
	int r = store_session_by_device(e->store, device, &id, packed);

	if (r == 0)
		r = store_session_drop(e->store, id);
	if (r == 0 || r == ERR_NOT_FOUND)
		r = store_ask_add(e->store, person, device, hash);
	buf_free(&packed);
	return r;
}

int
outbox_ask_again(struct engine *e, int64_t person, const uint8_t *device, const uint8_t *hash,
    bool *asked)
{
	int r = device_allowed(e, "asking", person, device);

	*asked = r == 0;
	if (r == 0)
		r = begin_anew(e, person, device, hash);
	return r == ERR_AGAIN ? 0 : r;
}

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
	int r;

	memcpy(name, device, STORE_DEVICE);
	memcpy(name + STORE_DEVICE, rn->hash, STORE_HASH);
	if ((r = kdf_sha256((struct bytes){ name, sizeof(name) }, hash)) != 0 ||
	    (r = begin_anew(rn->e, person, device, hash)) != 0)
		return r;
	/* What was sealed in it meanwhile looks like a replay to them: it is not kept back by a clock. */
	return person == rn->e->own ? retry_own(rn->e, device) : person_again(rn->e, person);
}

void
outbox_renew(struct engine *e, const uint8_t *hash)
{
	struct renewal rn = { e, hash };
	int r = store_begin(e->store);

	if (r == 0) {
		if ((r = retry_allowed(e, "renewal", 0)) == 0 && (r = seal_leap(e)) == 0)
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
