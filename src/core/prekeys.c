#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/prekeys.h"
#include "core/relay.h"
#include "crypto/identity.h"
#include "crypto/keyfile.h"
#include "core/suites.h"

#define RECORD_LEAP 1024
#define PREKEY_LEAP 65536

/* A fresh key into the store; pub gets its public half. */
static int
prekey_make(struct store *s, enum store_prekey_kind kind, uint32_t id, uint8_t pub[KEY_LEN])
{
	uint8_t *private = mem_secret_alloc(KEY_LEN);
	struct key_dh *k = NULL;
	int r;

	if ((r = key_dh_new(&k)) == 0 && (r = key_dh_private(k, private)) == 0) {
		memcpy(pub, key_dh_public(k), KEY_LEN);
		r = store_prekey_add(s, kind, id, (struct bytes){ private, KEY_LEN }, clock_now_ms());
	}
	key_dh_free(&k);
	mem_secret_free(&private);
	return r;
}

int
prekeys_get(struct engine *e, enum store_prekey_kind kind, uint32_t id, struct key_dh **out)
{
	struct buf *b = buf_new_secret(KEY_LEN);
	int r = store_prekey_get(e->store, kind, id, b);

	*out = NULL;
	if (r == 0)
		r = buf_len(b) == KEY_LEN ? key_dh_from_private(buf_ptr(b), out) : ERR_MAC;
	buf_free(&b);
	return r;
}

int
prekeys_record(struct engine *e, struct store *s, struct buf *out)
{
	Recado__DeviceRecord rec = RECADO__DEVICE_RECORD__INIT;
	uint8_t signed_public[KEY_LEN], last_public[KEY_LEN];
	uint32_t suites[SUITE_COUNT];
	uint64_t id, now = clock_now_ms();
	int r;

	if ((r = store_number_next(s, "record.number", &rec.number)) != 0 ||
	    (r = suites_publish(e, s, suites, &rec.n_suites)) != 0 ||
	    (r = store_number_next(s, "prekey.next", &id)) != 0 ||
	    (r = prekey_make(s, STORE_PREKEY_SIGNED, (uint32_t)id, signed_public)) != 0 ||
	    (r = prekey_make(s, STORE_PREKEY_LAST, (uint32_t)id, last_public)) != 0)
		return r;
	rec.user_id = pb_data((struct bytes){ e->account.user_id, STORE_USER });
	rec.device_id = pb_data((struct bytes){ e->account.device_id, STORE_DEVICE });
	rec.suites = suites;
	rec.signed_prekey = pb_data((struct bytes){ signed_public, KEY_LEN });
	rec.signed_prekey_id = (uint32_t)id;
	rec.signed_prekey_expires = now + PREKEYS_SIGNED_MS + PREKEYS_KEPT_MS;
	rec.last_resort_prekey = pb_data((struct bytes){ last_public, KEY_LEN });
	rec.last_resort_prekey_id = (uint32_t)id;
	rec.time = now;
	return identity_make_record(&rec, e->keys->device_sign, out);
}

/* Ids and numbers go on beyond what a later state of this store may have used: the next record is the
 * newest, and no id has two keys. */
static int
numbers_leap(struct store *s)
{
	uint64_t number, id;
	int r = store_begin(s);

	if (r != 0)
		return r;
	if ((r = store_number_get(s, "record.number", &number)) == 0 &&
	    (r = store_number_get(s, "prekey.next", &id)) == 0 &&
	    (r = store_number_set(s, "record.number", number + RECORD_LEAP)) == 0 &&
	    (r = store_number_set(s, "prekey.next", id + PREKEY_LEAP)) == 0)
		r = store_number_set(s, "record.outdone", 1);
	return store_end(s, r);
}

/* ------------------------------------------------------------------------------ one-time prekeys */

struct batch {
	Recado__OneTimePrekey keys[PREKEYS_ONE_TIME];
	Recado__OneTimePrekey *list[PREKEYS_ONE_TIME];
	uint8_t public[PREKEYS_ONE_TIME][KEY_LEN];
};

static int
batch_make(struct store *s, struct batch *b, size_t n)
{
	uint64_t id;
	size_t i;
	int r = store_begin(s);

	if (r != 0)
		return r;
	for (i = 0; i < n && r == 0; i++) {
		if ((r = store_number_next(s, "prekey.next", &id)) != 0 ||
		    (r = prekey_make(s, STORE_PREKEY_ONE_TIME, (uint32_t)id, b->public[i])) != 0)
			break;
		recado__one_time_prekey__init(&b->keys[i]);
		b->keys[i].id = (uint32_t)id;
		b->keys[i].key = pb_data((struct bytes){ b->public[i], KEY_LEN });
		b->list[i] = &b->keys[i];
	}
	if (r == 0 && n > 0)
		r = store_prekey_trim(s, STORE_PREKEY_ONE_TIME, PREKEYS_ONE_TIME_KEPT);
	return store_end(s, r);
}

/* n further ones, or instead of those that the relay has; 0 only asks how many there are. */
static void
prekeys_put(struct engine *e, size_t n, bool replace, conn_reply_fn *came)
{
	Recado__ToRelay rq = RECADO__TO_RELAY__INIT;
	Recado__PutPrekeys put = RECADO__PUT_PREKEYS__INIT;
	struct batch *b = mem_alloc(sizeof(*b));
	int r = batch_make(e->store, b, n);

	put.prekeys = b->list;
	put.n_prekeys = n;
	put.replace = replace;
	rq.op_case = RECADO__TO_RELAY__OP_PUT_PREKEYS;
	rq.put_prekeys = &put;
	if (r == 0)
		r = relay_request(e, &rq, came, e);
	if (r != 0)
		log_warn(e->log, "prekeys", "not put: %s", err_text(r));
	free(b);
}

size_t
prekeys_missing(uint32_t count)
{
	return count < PREKEYS_REFILL ? PREKEYS_ONE_TIME - count : 0;
}

/* How many it has now is no reason for more: the next upkeep asks again. */
static void
refill_came(void *arg, int err, const Recado__ReplyBody *reply)
{
	struct engine *e = arg;

	if (err == 0 && reply->op_case == RECADO__REPLY_BODY__OP_PREKEY_COUNT &&
	    store_number_set(e->store, "prekey.refilled", clock_now_ms()) != 0)
		log_warn(e->log, "prekeys", "the store cannot be written");
	op_notify_all(e, OP_NEWS_IDLE, NULL);
}

/* A relay that says it has none, connection for connection, gets no more for it. */
static bool
refill_due(struct engine *e)
{
	uint64_t last, now = clock_now_ms();

	return store_number_get(e->store, "prekey.refilled", &last) == 0 &&
	    (last == 0 || now < last || now >= last + PREKEYS_REFILL_MS);
}

static void
count_came(void *arg, int err, const Recado__ReplyBody *reply)
{
	struct engine *e = arg;

	if (err == 0 && reply->op_case == RECADO__REPLY_BODY__OP_PREKEY_COUNT &&
	    prekeys_missing(reply->prekey_count->count) > 0 && refill_due(e))
		prekeys_put(e, prekeys_missing(reply->prekey_count->count), false, refill_came);
	op_notify_all(e, OP_NEWS_IDLE, NULL);
}

/* ------------------------------------------------------------------------------ signed prekey */

static void
record_came(void *arg, int err, const Recado__ReplyBody *reply)
{
	struct engine *e = arg;

	int r = 0;

	if (err == 0 && reply->status == RECADO__STATUS__STATUS_OK)
		r = store_number_set(e->store, "record.unsent", 0);
	else if (err == 0 && reply->status == RECADO__STATUS__STATUS_BAD_REQUEST)
		r = numbers_leap(e->store); /* the relay has a newer one: the next upkeep outdoes it */
	if (r != 0)
		log_warn(e->log, "prekeys", "the store cannot be written");
	op_notify_all(e, OP_NEWS_IDLE, NULL);
}

/* The record to publish: a new one when the signed prekey is a week old, other suites were chosen or the
 * relay has one that this store does not know, or one that was made before and never got there. */
static int
record_due(struct engine *e, struct buf *out)
{
	uint64_t made, unsent = 0, outdone = 0, now = clock_now_ms();
	uint32_t id;
	int r = store_number_get(e->store, "record.unsent", &unsent);

	if (r == 0)
		r = store_number_get(e->store, "record.outdone", &outdone);
	if (r == 0)
		r = store_prekey_newest(e->store, STORE_PREKEY_SIGNED, &id, &made);
	if (r != 0)
		return r;
	if (outdone == 0 && now < made + PREKEYS_SIGNED_MS && now >= made && !suites_changed(e))
		return unsent != 0 ? store_value_get(e->store, "record.body", out) : ERR_AGAIN;
	if ((r = store_begin(e->store)) != 0)
		return r;
	if ((r = prekeys_record(e, e->store, out)) == 0 &&
	    (r = store_value_set(e->store, "record.body", buf_view(out))) == 0 &&
	    (r = store_number_set(e->store, "record.unsent", 1)) == 0)
		r = store_number_set(e->store, "record.outdone", 0);
	return store_end(e->store, r);
}

/* Those replaced so long ago that nothing under them is on its way any more. */
static void
prekeys_expire(struct engine *e)
{
	uint64_t now = clock_now_ms(), limit = now > PREKEYS_KEPT_MS ? now - PREKEYS_KEPT_MS : 0;
	int r = store_begin(e->store);

	if (r == 0) {
		if ((r = store_prekey_expire(e->store, STORE_PREKEY_SIGNED, limit)) == 0)
			r = store_prekey_expire(e->store, STORE_PREKEY_LAST, limit);
		r = store_end(e->store, r);
	}
	if (r != 0)
		log_warn(e->log, "prekeys", "replaced ones are not forgotten: %s", err_text(r));
}

static void
prekeys_publish(struct engine *e)
{
	Recado__ToRelay rq = RECADO__TO_RELAY__INIT;
	Recado__PutRecord put = RECADO__PUT_RECORD__INIT;
	struct buf *b = buf_new(0);
	int r = record_due(e, b);

	if (r == 0)
		r = pb_unpack(&recado__signed_device_record__descriptor, buf_view(b), &put.record);
	if (r == 0) {
		rq.op_case = RECADO__TO_RELAY__OP_PUT_RECORD;
		rq.put_record = &put;
		r = relay_request(e, &rq, record_came, e);
	}
	if (r != 0 && r != ERR_AGAIN)
		log_warn(e->log, "prekeys", "the device record is not published: %s", err_text(r));
	pb_free(&put.record);
	buf_free(&b);
}

void
prekeys_upkeep(struct engine *e)
{
	prekeys_publish(e);
	prekeys_expire(e);
	prekeys_put(e, 0, false, count_came);
}

void
prekeys_renew(struct engine *e)
{
	int r = numbers_leap(e->store);

	if (r != 0) {
		log_warn(e->log, "prekeys", "not renewed: %s", err_text(r));
		return;
	}
	prekeys_publish(e);
	prekeys_expire(e);
	prekeys_put(e, PREKEYS_ONE_TIME, true, refill_came);
}
