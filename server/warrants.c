#include "server/warrants.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/warrant.h"
#include "server/encode.h"
#include "wire/pb.h"

/* Numbers of recado.proto's fields that are written here. */
enum {
	BODY_NUMBER = 1,
	BODY_STATUS = 2,
	BODY_DETAIL = 3,
	BODY_DEPOSITED = 15,
	DEPOSITED_INDEX = 1,
	DEPOSITED_PROOF = 2,
	REPLY_BODY = 1,
	REPLY_WARRANT = 2,
	TO_CLIENT_REPLY = 1,
};

#define BODY_MAX (512u << 10)

struct pending {
	struct pending *next;
	struct ticket ticket;
	uint32_t status;
	uint64_t index; /* deposits */
	size_t slot;
	struct buf *body;
};

struct list {
	struct pending *first, **last;
	struct warrant_batch *batch;
};

struct warrants {
	struct warrants_config c;
	struct list replies, deposits;
};

static void
list_clear(struct list *l)
{
	for (struct pending *p = l->first, *next; p != NULL; p = next) {
		next = p->next;
		buf_free(&p->body);
		free(p);
	}
	l->first = NULL;
	l->last = &l->first;
	warrant_batch_free(&l->batch);
}

static struct pending *
list_add(struct list *l, const struct ticket *t)
{
	struct pending *p = mem_alloc(sizeof(*p));

	p->ticket = *t;
	*l->last = p;
	l->last = &p->next;
	if (l->batch == NULL)
		l->batch = warrant_batch_new();
	return p;
}

struct warrants *
warrants_new(const struct warrants_config *c)
{
	struct warrants *w = mem_alloc(sizeof(*w));

	w->c = *c;
	list_clear(&w->replies);
	list_clear(&w->deposits);
	return w;
}

void
warrants_free(struct warrants **pw)
{
	struct warrants *w = *pw;

	if (w == NULL)
		return;
	*pw = NULL;
	list_clear(&w->replies);
	list_clear(&w->deposits);
	free(w);
}

/* ---------------------------------------------------------------------------- adding */

static int
begin_body(struct buf *b, const struct ticket *t, uint32_t status, const char *detail)
{
	int r;

	if ((r = encode_uint(b, BODY_NUMBER, t->number)) != 0 ||
	    (r = encode_uint(b, BODY_STATUS, status)) != 0)
		return r;
	return detail != NULL ? encode_text(b, BODY_DETAIL, detail) : 0;
}

/* Put a finished body into the batch of replies. Takes body over. */
static int
add_body(
    struct warrants *w, const struct ticket *t, uint32_t status, struct buf *body, uint64_t now)
{
	struct warrant_reply leaf = { .number = t->number, .status = status, .time = now };
	struct bytes transcript;
	struct pending *p;

	if (!w->c.transcript(w->c.arg, t->peer, &transcript) ||
	    transcript.n > sizeof(leaf.transcript)) {
		buf_free(&body);
		return 0;
	}
	p = list_add(&w->replies, t);
	p->status = status;
	p->body = body;
	memcpy(leaf.transcript, transcript.p, transcript.n);
	leaf.transcript_len = transcript.n;
	memcpy(leaf.relay_id, relaykey_id(w->c.key), 32);
	memcpy(leaf.request_hash, t->request_hash, 32);
	SHA256(buf_ptr(body), buf_len(body), leaf.reply_hash);
	return warrant_batch_reply(w->replies.batch, &leaf, &p->slot);
}

int
warrants_add(
    struct warrants *w, const struct ticket *t, const struct warrants_reply *reply, uint64_t now)
{
	struct buf *body = buf_new(BODY_MAX);
	int r;

	if ((r = begin_body(body, t, reply->status, reply->detail)) == 0 && reply->field != 0)
		r = encode_message(body, reply->field, reply->op);
	if (r != 0) {
		buf_free(&body);
		return r;
	}
	return add_body(w, t, reply->status, body, now);
}

int
warrants_add_deposit(struct warrants *w, const struct ticket *t, const struct warrants_deposit *d)
{
	struct warrant_deposit leaf = { .index = d->index, .time = d->time };
	struct pending *p = list_add(&w->deposits, t);

	p->index = d->index;
	memcpy(leaf.relay_id, relaykey_id(w->c.key), 32);
	memcpy(leaf.mailbox, d->mailbox, 16);
	memcpy(leaf.envelope_hash, d->envelope_hash, 32);
	memcpy(leaf.head, d->head, 32);
	return warrant_batch_deposit(w->deposits.batch, &leaf, &p->slot);
}

/* ---------------------------------------------------------------------------- sending */

static int
seal(struct warrants *w, struct list *l)
{
	metrics_add(w->c.metrics, METRIC_SIGNATURES, 1);
	return warrant_batch_seal(l->batch, relaykey_sign(w->c.key));
}

static int
deposited_body(const struct list *l, const struct pending *p, struct buf *body)
{
	struct buf *proof = buf_new(0), *op = buf_new(0);
	int r;

	if ((r = warrant_batch_get(l->batch, p->slot, proof)) == 0 &&
	    (r = encode_uint(op, DEPOSITED_INDEX, p->index)) == 0 &&
	    (r = encode_message(op, DEPOSITED_PROOF, buf_view(proof))) == 0 &&
	    (r = begin_body(body, &p->ticket, RECADO__STATUS__STATUS_OK, NULL)) == 0)
		r = encode_message(body, BODY_DEPOSITED, buf_view(op));
	buf_free(&proof);
	buf_free(&op);
	return r;
}

/* Deposits become replies once their proofs are signed. */
static int
turn_deposits(struct warrants *w, uint64_t now)
{
	struct buf *body;
	int r;

	if (w->deposits.first == NULL)
		return 0;
	r = seal(w, &w->deposits);
	for (struct pending *p = w->deposits.first; p != NULL && r == 0; p = p->next) {
		body = buf_new(0);
		if ((r = deposited_body(&w->deposits, p, body)) != 0)
			buf_free(&body);
		else
			r = add_body(w, &p->ticket, RECADO__STATUS__STATUS_OK, body, now);
	}
	list_clear(&w->deposits);
	return r;
}

static int
send_one(struct warrants *w, const struct pending *p)
{
	struct buf *warrant = buf_new(0), *reply = buf_new(BODY_MAX), *message = buf_new(BODY_MAX);
	int r;

	if ((r = warrant_batch_get(w->replies.batch, p->slot, warrant)) == 0 &&
	    (r = encode_message(reply, REPLY_BODY, buf_view(p->body))) == 0 &&
	    (r = encode_message(reply, REPLY_WARRANT, buf_view(warrant))) == 0 &&
	    (r = encode_message(message, TO_CLIENT_REPLY, buf_view(reply))) == 0) {
		w->c.send(w->c.arg, p->ticket.peer, buf_view(message));
		metrics_add(w->c.metrics, METRIC_WARRANTS, 1);
	}
	buf_free(&warrant);
	buf_free(&reply);
	buf_free(&message);
	return r;
}

bool
warrants_pending(const struct warrants *w)
{
	return w->replies.first != NULL || w->deposits.first != NULL;
}

int
warrants_turn(struct warrants *w, uint64_t now)
{
	int r;

	if ((r = turn_deposits(w, now)) == 0 && w->replies.first != NULL) {
		r = seal(w, &w->replies);
		for (const struct pending *p = w->replies.first; p != NULL && r == 0; p = p->next)
			r = send_one(w, p);
	}
	list_clear(&w->replies);
	return r;
}
