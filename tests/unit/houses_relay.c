#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/conn.h"
#include "core/relay.h"
#include "crypto/warrant.h"
#include "houses.h"

struct key_sign *houses_relay_key;

/* ------------------------------------------------------------------------------ the world */

uint64_t __wrap_clock_now_ms(void);
bool __wrap_relay_online(const struct engine *e);
bool __wrap_relay_listed(const struct engine *e);
int __wrap_relay_request(struct engine *e, Recado__ToRelay *rq, conn_reply_fn *fn, void *arg);
void __wrap_engine_status(struct engine *e, struct op *op);

uint64_t
__wrap_clock_now_ms(void)
{
	return houses_now;
}

bool
__wrap_relay_online(const struct engine *e)
{
	return true;
}

bool
__wrap_relay_listed(const struct engine *e)
{
	return true;
}

/* The status bar tells of a profile, and here is none. */
void
__wrap_engine_status(struct engine *e, struct op *op)
{
}

static struct house *
house_of(struct engine *e)
{
	return e == &maria.e ? &maria : &rui;
}

int
__wrap_relay_request(struct engine *e, Recado__ToRelay *rq, conn_reply_fn *fn, void *arg)
{
	struct house_request *q = mem_alloc(sizeof(*q));
	struct buf *b = buf_new(0);

	rq->number = 1;
	ck_assert_int_eq(pb_pack(rq, b), 0);
	ck_assert_int_eq(pb_unpack(&recado__to_relay__descriptor, buf_view(b), &q->rq), 0);
	q->fn = fn;
	q->arg = arg;
	STAILQ_INSERT_TAIL(&house_of(e)->requests, q, link);
	buf_free(&b);
	return 0;
}

/* ------------------------------------------------------------------------------ the relay's part */

static void
answer(struct house *h, struct house_request *q, Recado__ReplyBody *reply)
{
	STAILQ_REMOVE(&h->requests, q, house_request, link);
	reply->number = 1;
	reply->status = RECADO__STATUS__STATUS_OK;
	if (q->fn != NULL)
		q->fn(q->arg, 0, reply);
	pb_free(&q->rq);
	free(q);
}

static struct house_request *
find(struct house *h, Recado__ToRelay__OpCase op)
{
	struct house_request *q;

	STAILQ_FOREACH(q, &h->requests, link)
		if (q->rq->op_case == op)
			return q;
	return NULL;
}

/* A one-time prekey of the other's, as from the stock that it left. */
static void
bundle_make(struct house *of, Recado__Bundle *b, Recado__OneTimePrekey *one)
{
	struct house_inside *in = of->inside;
	uint8_t private[KEY_LEN];
	static uint8_t public[KEY_LEN];
	struct key_dh *k = NULL;

	recado__bundle__init(b);
	recado__one_time_prekey__init(one);
	ck_assert_int_eq(key_dh_new(&k), 0);
	ck_assert_int_eq(key_dh_private(k, private), 0);
	memcpy(public, key_dh_public(k), KEY_LEN);
	one->id = ++in->one_time;
	one->key = pb_data((struct bytes){ public, KEY_LEN });
	ck_assert_int_eq(store_prekey_add(of->e.store, STORE_PREKEY_ONE_TIME, one->id,
	                     (struct bytes){ private, KEY_LEN }, houses_now), 0);
	b->device_id = pb_data((struct bytes){ in->device->id, DEVICE_ID_LEN });
	b->record = in->record;
	b->one_time = one;
	key_dh_free(&k);
}

bool
house_bundles(struct house *h)
{
	struct house_request *q = find(h, RECADO__TO_RELAY__OP_GET_BUNDLES);
	Recado__ReplyBody reply = RECADO__REPLY_BODY__INIT;
	Recado__Bundles bundles = RECADO__BUNDLES__INIT;
	Recado__OneTimePrekey one;
	Recado__Bundle b, *list = &b;

	if (q == NULL)
		return false;
	bundle_make(h->other, &b, &one);
	bundles.bundles = &list;
	bundles.n_bundles = 1;
	reply.op_case = RECADO__REPLY_BODY__OP_BUNDLES;
	reply.bundles = &bundles;
	answer(h, q, &reply);
	house_turn(h);
	return true;
}

static Recado__Warrant *
warrant_of(const struct house *to, const uint8_t *hash, uint64_t index)
{
	struct warrant_deposit leaf = { .index = index, .time = houses_now };
	struct warrant_batch *batch = warrant_batch_new();
	struct buf *b = buf_new(0);
	Recado__Warrant *w = NULL;
	size_t slot;

	memcpy(leaf.relay_id, to->e.account.relay_id, 32);
	memcpy(leaf.mailbox, to->e.account.device_id, DEVICE_ID_LEN);
	memcpy(leaf.envelope_hash, hash, HASH_LEN);
	ck_assert_int_eq(warrant_batch_deposit(batch, &leaf, &slot), 0);
	ck_assert_int_eq(warrant_batch_seal(batch, houses_relay_key), 0);
	ck_assert_int_eq(warrant_batch_get(batch, slot, b), 0);
	ck_assert_int_eq(pb_unpack(&recado__warrant__descriptor, buf_view(b), &w), 0);
	warrant_batch_free(&batch);
	buf_free(&b);
	return w;
}

static void
deposit(struct house *h, struct house_request *q)
{
	Recado__ReplyBody reply = RECADO__REPLY_BODY__INIT;
	Recado__Deposited done = RECADO__DEPOSITED__INIT;
	struct bytes envelope = pb_view(q->rq->deposit->envelope);
	struct house *to = h->other;
	uint8_t hash[HASH_LEN];

	ck_assert_uint_lt(to->mail_count, HOUSE_MAIL);
	ck_assert_int_eq(session_envelope_hash(envelope, hash), 0);
	to->mail[to->mail_count] = buf_new(0);
	ck_assert_int_eq(buf_put_bytes(to->mail[to->mail_count++], envelope), 0);
	done.index = ++h->deposits;
	done.proof = warrant_of(to, hash, done.index);
	reply.op_case = RECADO__REPLY_BODY__OP_DEPOSITED;
	reply.deposited = &done;
	answer(h, q, &reply);
	pb_free(&done.proof);
}

bool
house_deposits(struct house *h)
{
	struct house_request *q;
	bool any = false;

	while ((q = find(h, RECADO__TO_RELAY__OP_DEPOSIT)) != NULL) {
		deposit(h, q);
		house_turn(h);
		any = true;
	}
	return any;
}

bool
house_acks(struct house *h)
{
	Recado__ReplyBody reply = RECADO__REPLY_BODY__INIT;
	Recado__Acked acked = RECADO__ACKED__INIT;
	struct house_request *q = find(h, RECADO__TO_RELAY__OP_ACK);

	if (q == NULL)
		return false;
	reply.op_case = RECADO__REPLY_BODY__OP_ACKED;
	reply.acked = &acked;
	answer(h, q, &reply);
	return true;
}
