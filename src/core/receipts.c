#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/contact.h"
#include "core/message.h"
#include "core/outbox.h"
#include "core/receipts.h"
#include "core/seal.h"
#include "crypto/keyfile.h"
#include "crypto/rand.h"
#include "crypto/receipt.h"

#define RECEIPTS_MIN_MS 500
#define RECEIPTS_MAX_MS 3000
#define RECEIPTS_BATCH 32 /* in one envelope */

struct receipts {
	struct engine *engine;
	struct event *timer;
};

/* ------------------------------------------------------------------------------ sending */

/* Receipts of one batch: all for messages of one device. */
struct batch {
	struct store_receipt list[RECEIPTS_BATCH];
	size_t n;
};

static int
batch_add(void *arg, const struct store_receipt *r)
{
	struct batch *b = arg;

	if (b->n == RECEIPTS_BATCH ||
	    (b->n > 0 && memcmp(b->list[0].device, r->device, STORE_DEVICE) != 0))
		return ERR_AGAIN;
	b->list[b->n++] = *r;
	return 0;
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

static int
batch_seal(struct engine *e, const struct batch *b)
{
	Recado__Plaintext pt = RECADO__PLAINTEXT__INIT;
	Recado__SignedReceipt *list[RECEIPTS_BATCH] = { NULL };
	struct store_person p;
	size_t i;
	int r = store_person_by_id(e->store, b->list[0].person, &p);

	for (i = 0; i < b->n && r == 0; i++)
		r = receipt_make(e, &b->list[i], &list[i]);
	pt.receipts = list;
	pt.n_receipts = b->n;
	if (r == 0)
		r = seal_deposit(e, &p, b->list[0].device, &pt, 0);
	for (i = 0; i < b->n; i++)
		pb_free(&list[i]);
	return r;
}

/* The envelope, the session's new state and the end of the receipts' waiting: one transaction. A
 * device without a session any more gets none. */
static int
batch_send(struct engine *e, const struct batch *b)
{
	size_t i;
	int r = store_begin(e->store);

	if (r != 0)
		return r;
	r = batch_seal(e, b);
	if (r == ERR_NOT_FOUND)
		r = 0;
	for (i = 0; i < b->n && r == 0; i++)
		r = store_receipt_drop(e->store, b->list[i].message, b->list[i].kind);
	return store_end(e->store, r);
}

static void
receipts_due(evutil_socket_t fd, short what, void *arg)
{
	struct receipts *x = arg;
	struct engine *e = x->engine;
	struct batch b;
	int r;

	do {
		b.n = 0;
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

	if (e->receipts == NULL || store_receipt_next(e->store, &due) != 0 || due == 0)
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

	if (r != 0 || m.outgoing || !m.unread)
		return r;
	if ((r = store_begin(e->store)) != 0)
		return r;
	if ((r = store_message_mark_read(e->store, row)) == 0 &&
	    (r = store_message_state(e->store, row, CORE_ST_READ, NULL)) == 0)
		r = receipts_note(e, row, RECEIPT_KIND_READ);
	r = store_end(e->store, r);
	if (r == 0) {
		contact_publish(e, m.person);
		receipts_kick(e);
	}
	return r;
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
