/* What a device publishes, its record and one-time prekeys, and what others fetch of it. */
#include <string.h>

#include "base/mem.h"
#include "crypto/key.h"
#include "server/account.h"
#include "server/encode.h"
#include "server/work.h"

#define PREKEYS_MAX 200 /* held of one device */
#define BUNDLES_MAX 64  /* in one request */
#define SUITES_MAX 16

/* ---------------------------------------------------------------------------- record */

struct record_work {
	struct work work;
	uint64_t number;
	struct buf *record;
};

static void
record_clear(struct work *k)
{
	buf_free(&((struct record_work *)k)->record);
}

static int
record_run(struct work *k, struct writer *w)
{
	struct record_work *rw = (struct record_work *)k;
	uint64_t have;
	int r;

	r = writer_ops(w)->get_record(writer_store(w), k->device, &have, NULL);
	if (r == 0 && have >= rw->number)
		return work_refuse(
		    k, RECADO__STATUS__STATUS_BAD_REQUEST, "an older record than the relay has");
	if (r != 0 && r != ERR_NOT_FOUND)
		return r;
	return writer_ops(w)->put_record(
	    writer_store(w), k->device, rw->number, buf_view(rw->record));
}

static const struct work_kind record_kind = {
	.name = "record",
	.run = record_run,
	.clear = record_clear,
};

/* Is it the peer's own, and whole? */
static int
check_record(const struct request *rq, const Recado__SignedDeviceRecord *sr, uint64_t *number)
{
	Recado__DeviceRecord *b = NULL;
	struct bytes device = { peer_device(rq->peer), DEVICE_ID_LEN };
	struct bytes user = { peer_user(rq->peer), USER_ID_LEN };
	struct directory_device d;
	int r;

	if ((r = directory_find_device(rq->srv->directory, device, &d, NULL)) != 0 ||
	    (r = key_verify_label(
		 d.signing_key, "device-record", pb_view(sr->body), pb_view(sr->signature))) != 0 ||
	    (r = pb_unpack(&recado__device_record__descriptor, pb_view(sr->body), &b)) != 0)
		return r;
	if (!bytes_equal(pb_view(b->device_id), device) ||
	    !bytes_equal(pb_view(b->user_id), user) || b->signed_prekey.len != KEY_LEN ||
	    b->last_resort_prekey.len != KEY_LEN || b->n_suites == 0 || b->n_suites > SUITES_MAX ||
	    b->number == 0)
		r = ERR_FORMAT;
	*number = b->number;
	pb_free(&b);
	return r;
}

static int
put_record(const struct request *rq)
{
	const Recado__SignedDeviceRecord *sr = rq->msg->put_record->record;
	struct record_work *rw;
	uint64_t number;

	if (sr == NULL || check_record(rq, sr, &number) != 0)
		return dispatch_reply(
		    rq, RECADO__STATUS__STATUS_BAD_REQUEST, "not a record of this device");
	rw = work_new(sizeof(*rw), &record_kind, rq);
	rw->number = number;
	rw->record = buf_new(ACCOUNT_RECORD_MAX);
	if (pb_pack(sr, rw->record) != 0) {
		work_free(&rw->work);
		return dispatch_reply(
		    rq, RECADO__STATUS__STATUS_TOO_LARGE, "the record is too large");
	}
	work_submit(&rw->work);
	return 0;
}

const struct handler handle_put_record = {
	.name = "put record",
	.states = PEER_SIGNED_IN,
	.rate = RATE_LOOKUPS,
	.handle = put_record,
};

/* ---------------------------------------------------------------------------- prekeys */

struct prekey_work {
	struct work work;
	bool replace;
	size_t count;
	struct store_prekey keys[PREKEYS_MAX];
};

static int
prekey_run(struct work *k, struct writer *w)
{
	const struct store_ops *ops = writer_ops(w);
	struct prekey_work *p = (struct prekey_work *)k;
	uint32_t have;
	int r = 0;

	if (p->replace)
		r = ops->drop_prekeys(writer_store(w), k->device);
	if (r != 0 || (r = ops->count_prekeys(writer_store(w), k->device, &have)) != 0)
		return r;
	for (size_t i = 0; i < p->count && have < PREKEYS_MAX; i++, have++)
		if ((r = ops->put_prekey(writer_store(w), k->device, &p->keys[i])) != 0)
			return r;
	k->field = REPLY_PREKEY_COUNT;
	return encode_uint(k->op, 1, have);
}

static const struct work_kind prekey_kind = { .name = "prekeys", .run = prekey_run };

static int
put_prekeys(const struct request *rq)
{
	const Recado__PutPrekeys *m = rq->msg->put_prekeys;
	struct prekey_work *p;

	if (m->n_prekeys > PREKEYS_MAX)
		return dispatch_reply(
		    rq, RECADO__STATUS__STATUS_TOO_LARGE, "too many prekeys at once");
	p = work_new(sizeof(*p), &prekey_kind, rq);
	p->replace = m->replace;
	for (; p->count < m->n_prekeys; p->count++) {
		p->keys[p->count].id = m->prekeys[p->count]->id;
		if (p->keys[p->count].id != 0 &&
		    pb_fixed(m->prekeys[p->count]->key, p->keys[p->count].key, KEY_LEN) == 0)
			continue;
		work_free(&p->work);
		return dispatch_reply(rq, RECADO__STATUS__STATUS_BAD_REQUEST, "malformed prekey");
	}
	work_submit(&p->work);
	return 0;
}

const struct handler handle_put_prekeys = {
	.name = "put prekeys",
	.states = PEER_SIGNED_IN,
	.rate = RATE_LOOKUPS,
	.handle = put_prekeys,
};

/* ---------------------------------------------------------------------------- bundles */

struct bundle_work {
	struct work work;
	size_t count;
	uint8_t devices[BUNDLES_MAX][DEVICE_ID_LEN];
};

static int
encode_prekey(struct buf *out, const struct store_prekey *k)
{
	struct buf *one = buf_new(0);
	int r;

	if ((r = encode_uint(one, 1, k->id)) == 0 &&
	    (r = encode_bytes(one, 2, (struct bytes){ k->key, KEY_LEN })) == 0)
		r = encode_message(out, 3, buf_view(one));
	buf_free(&one);
	return r;
}

static int
bundle_read(
    struct writer *w, const uint8_t device[DEVICE_ID_LEN], struct buf *record, struct buf *out)
{
	const struct store_ops *ops = writer_ops(w);
	struct store_prekey k;
	uint64_t number;
	int r;

	if ((r = ops->get_record(writer_store(w), device, &number, record)) != 0 ||
	    (r = encode_bytes(out, 1, (struct bytes){ device, DEVICE_ID_LEN })) != 0 ||
	    (r = encode_message(out, 2, buf_view(record))) != 0)
		return r;
	r = ops->take_prekey(writer_store(w), device, &k);
	return r == ERR_NOT_FOUND ? 0 : r != 0 ? r : encode_prekey(out, &k);
}

static int
bundle_run(struct work *k, struct writer *w)
{
	struct bundle_work *b = (struct bundle_work *)k;
	struct buf *one = buf_new(0), *record = buf_new(0);
	int r = 0;

	k->field = REPLY_BUNDLES;
	for (size_t i = 0; i < b->count && r == 0; i++) {
		buf_reset(one);
		buf_reset(record);
		if ((r = bundle_read(w, b->devices[i], record, one)) == 0)
			r = encode_message(k->op, 1, buf_view(one));
		else if (r == ERR_NOT_FOUND)
			r = 0; /* nothing published: no bundle of this device */
	}
	buf_free(&one);
	buf_free(&record);
	return r;
}

static const struct work_kind bundle_kind = { .name = "bundles", .run = bundle_run };

static int
get_bundles(const struct request *rq)
{
	const Recado__GetBundles *m = rq->msg->get_bundles;
	struct bytes self = { peer_device(rq->peer), DEVICE_ID_LEN };
	struct directory_device d;
	struct bundle_work *b;

	if (m->n_device_ids == 0 || m->n_device_ids > BUNDLES_MAX)
		return dispatch_reply(
		    rq, RECADO__STATUS__STATUS_BAD_REQUEST, "1 to 64 devices at once");
	if (!limit_map_take(rq->srv->rates[RATE_BUNDLES], self, (uint32_t)m->n_device_ids,
		loop_now(rq->loop))) {
		metrics_add(rq->srv->metrics, METRIC_LIMITED, 1);
		return dispatch_reply(
		    rq, RECADO__STATUS__STATUS_RATE_LIMIT, "too many bundles; wait a while");
	}
	b = work_new(sizeof(*b), &bundle_kind, rq);
	for (size_t i = 0; i < m->n_device_ids; i++)
		if (directory_find_device(
			rq->srv->directory, pb_view(m->device_ids[i]), &d, NULL) == 0 &&
		    d.live)
			memcpy(b->devices[b->count++], d.id, DEVICE_ID_LEN);
	work_submit(&b->work);
	return 0;
}

const struct handler handle_get_bundles = {
	.name = "get bundles",
	.states = PEER_SIGNED_IN,
	.handle = get_bundles,
};
