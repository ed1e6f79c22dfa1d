/* A device fetches and acks its own mail. Both replies say how its mailbox's chain stands. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "server/encode.h"
#include "server/work.h"

#define ACK_MAX 1024

enum {
	FETCHED_MAIL = 1,
	FETCHED_CHAIN = 2,
	FETCHED_WAITING = 3,
	ACKED_DELETED = 1,
	ACKED_CHAIN = 2,
	CHAIN_FIRST = 1,
	CHAIN_HASHES = 2,
	CHAIN_LENGTH = 3,
	CHAIN_HEAD = 4,
};

static int
encode_links(struct buf *out, const struct mailbox_chain *c)
{
	int r;

	if ((r = encode_uint(out, CHAIN_FIRST, c->first)) != 0)
		return r;
	for (size_t i = 0; i < c->count; i++)
		if ((r = encode_bytes(
			 out, CHAIN_HASHES, (struct bytes){ c->hashes + 32 * i, 32 })) != 0)
			return r;
	if ((r = encode_uint(out, CHAIN_LENGTH, c->length)) != 0)
		return r;
	return encode_bytes(out, CHAIN_HEAD, (struct bytes){ c->head, 32 });
}

static int
put_chain(struct work *k, struct writer *w, unsigned field)
{
	struct buf *part = buf_new(0);
	struct mailbox_chain c;
	int r;

	if ((r = mailbox_chain(writer_mailboxes(w), k->device, &c)) == 0 &&
	    (r = encode_links(part, &c)) == 0)
		r = encode_message(k->op, field, buf_view(part));
	free(c.hashes);
	buf_free(&part);
	return r;
}

/* ---------------------------------------------------------------------------- fetch */

struct fetch_work {
	struct work work;
	uint64_t after, known;
	uint32_t max;
};

static int
put_mail(uint64_t index, uint64_t time, struct bytes envelope, void *arg)
{
	struct work *k = arg;
	struct buf *mail = buf_new(0);
	int r;

	if ((r = encode_uint(mail, 1, index)) == 0 && (r = encode_bytes(mail, 2, envelope)) == 0 &&
	    (r = encode_uint(mail, 3, time)) == 0)
		r = encode_message(k->op, FETCHED_MAIL, buf_view(mail));
	buf_free(&mail);
	return r;
}

static int
fetch_run(struct work *k, struct writer *w)
{
	struct fetch_work *f = (struct fetch_work *)k;
	struct mailbox_fetch in = { k->device, f->after, 0, f->max, f->known };
	uint64_t waiting;
	int r;

	k->field = REPLY_FETCHED;
	if ((r = mailbox_fetch(writer_mailboxes(w), &in, put_mail, k, &waiting)) != 0 ||
	    (r = put_chain(k, w, FETCHED_CHAIN)) != 0)
		return r;
	return encode_uint(k->op, FETCHED_WAITING, waiting);
}

/* A reply has up to 200 KiB: of 256 at once none would be read by anybody, and the store would be busy
 * for one. */
static const struct work_kind fetch_kind = { .name = "fetch", .weight = 32, .run = fetch_run };

static int
fetch(const struct request *rq)
{
	const Recado__Fetch *m = rq->msg->fetch;
	struct fetch_work *f = work_new(sizeof(*f), &fetch_kind, rq);

	f->after = m->after;
	f->known = m->known;
	f->max = m->max;
	work_submit(&f->work);
	return 0;
}

const struct handler handle_fetch = {
	.name = "fetch",
	.states = PEER_SIGNED_IN,
	.handle = fetch,
};

/* ---------------------------------------------------------------------------- ack */

struct ack_work {
	struct work work;
	uint64_t known;
	size_t count;
	struct bytes *hashes;
	uint8_t *octets;
};

static void
ack_clear(struct work *k)
{
	free(((struct ack_work *)k)->hashes);
	free(((struct ack_work *)k)->octets);
}

static int
ack_run(struct work *k, struct writer *w)
{
	struct ack_work *a = (struct ack_work *)k;
	struct mailbox_ack in = { k->device, a->hashes, a->count, a->known };
	uint32_t deleted;
	int r;

	k->field = REPLY_ACKED;
	if ((r = mailbox_ack(writer_mailboxes(w), &in, &deleted)) != 0 ||
	    (r = encode_uint(k->op, ACKED_DELETED, deleted)) != 0)
		return r;
	metrics_add(loop_server(k->loop)->metrics, METRIC_ACKED, deleted);
	return put_chain(k, w, ACKED_CHAIN);
}

static void
ack_committed(struct work *k, struct writer *w)
{
	(void)w;
	online_set_full(loop_server(k->loop)->online, k->device, false);
}

static const struct work_kind ack_kind = {
	.name = "ack",
	.run = ack_run,
	.committed = ack_committed,
	.clear = ack_clear,
};

static int
ack(const struct request *rq)
{
	const Recado__Ack *m = rq->msg->ack;
	struct ack_work *a;

	if (m->n_envelope_hashes > ACK_MAX)
		return dispatch_reply(
		    rq, RECADO__STATUS__STATUS_TOO_LARGE, "too many envelopes at once");
	a = work_new(sizeof(*a), &ack_kind, rq);
	a->known = m->known;
	a->hashes = mem_array(m->n_envelope_hashes + 1, sizeof(*a->hashes));
	a->octets = mem_array(m->n_envelope_hashes + 1, 32);
	for (; a->count < m->n_envelope_hashes; a->count++) {
		a->hashes[a->count] = (struct bytes){ a->octets + 32 * a->count, 32 };
		if (pb_fixed(m->envelope_hashes[a->count], a->octets + 32 * a->count, 32) == 0)
			continue;
		work_free(&a->work);
		return dispatch_reply(
		    rq, RECADO__STATUS__STATUS_BAD_REQUEST, "a hash has 32 octets");
	}
	work_submit(&a->work);
	return 0;
}

const struct handler handle_ack = {
	.name = "ack",
	.states = PEER_SIGNED_IN,
	.handle = ack,
};
