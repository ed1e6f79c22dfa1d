#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "core/conn.h"
#include "crypto/code.h"
#include "crypto/kdf.h"
#include "crypto/warrant.h"

struct request {
	TAILQ_ENTRY(request) link;
	uint64_t number;
	uint8_t hash[32];
	uint64_t sent_at; /* monotonic */
	conn_reply_fn *fn; /* NULL: cancelled */
	void *arg;
};

struct conn {
	struct engine *engine;
	struct conn_hooks hooks;
	struct link *link;
	struct event *patience; /* the oldest request's deadline */
	TAILQ_HEAD(, request) requests;
	size_t waiting;
	uint64_t number;
	uint8_t identity[32], relay_id[32];
	bool open, over;
	uint32_t lag;
};

/* ------------------------------------------------------------------------------ requests */

static void
conn_patience(struct conn *c)
{
	const struct request *q = TAILQ_FIRST(&c->requests);
	uint64_t now = clock_mono_ms(), until;
	struct timeval tv = { 0, 0 };

	if (q == NULL) {
		evtimer_del(c->patience);
		return;
	}
	until = q->sent_at + CONN_REPLY_MS;
	if (until > now)
		tv.tv_sec = (time_t)((until - now) / 1000 + 1);
	evtimer_add(c->patience, &tv);
}

int
conn_request(struct conn *c, Recado__ToRelay *rq, conn_reply_fn *fn, void *arg)
{
	struct buf *b = buf_new(CHANNEL_MESSAGE_MAX);
	struct request *q = mem_alloc(sizeof(*q));
	int r;

	rq->number = c->number + 1;
	if ((r = pb_pack(rq, b)) != 0 || (r = kdf_sha256(buf_view(b), q->hash)) != 0 ||
	    (r = c->over ? ERR_CLOSED : link_send(c->link, buf_view(b))) != 0)
		goto out;
	q->number = ++c->number;
	q->sent_at = clock_mono_ms();
	q->fn = fn;
	q->arg = arg;
	TAILQ_INSERT_TAIL(&c->requests, q, link);
	c->waiting++;
	if (TAILQ_FIRST(&c->requests) == q)
		conn_patience(c);
	q = NULL;
out:
	free(q);
	buf_free(&b);
	return r;
}

void
conn_cancel(struct conn *c, const void *arg)
{
	struct request *q;

	TAILQ_FOREACH(q, &c->requests, link)
		if (q->arg == arg)
			q->fn = NULL;
}

static void
request_end(struct conn *c, struct request *q, int err, const Recado__ReplyBody *reply)
{
	TAILQ_REMOVE(&c->requests, q, link);
	c->waiting--;
	if (q->fn != NULL)
		q->fn(q->arg, err, reply);
	free(q);
}

/* Those that are open now; a callback may ask again, and is refused by the link. */
static void
requests_fail(struct conn *c, int err)
{
	struct request *q;

	while ((q = TAILQ_FIRST(&c->requests)) != NULL)
		request_end(c, q, err, NULL);
}

/* ------------------------------------------------------------------------------ replies */

/* Is the warrant about exactly this exchange? */
static int
reply_check(struct conn *c, const struct request *q, const Recado__Reply *reply,
    const Recado__ReplyBody *body)
{
	struct warrant_reply w;
	struct bytes transcript = link_transcript(c->link);
	struct buf *b = buf_new(CHANNEL_MESSAGE_MAX);
	uint8_t hash[32];
	int r;

	if (reply->warrant == NULL) {
		r = ERR_SIGNATURE;
		goto out;
	}
	if ((r = pb_pack(reply->warrant, b)) != 0 ||
	    (r = warrant_verify_reply(buf_view(b), c->identity, &w)) != 0 ||
	    (r = kdf_sha256(pb_view(reply->body), hash)) != 0)
		goto out;
	if (w.number != q->number || w.status != body->status ||
	    memcmp(w.relay_id, c->relay_id, sizeof(w.relay_id)) != 0 ||
	    memcmp(w.request_hash, q->hash, sizeof(hash)) != 0 ||
	    memcmp(w.reply_hash, hash, sizeof(hash)) != 0 || !bytes_equal((struct bytes){ w.transcript, w.transcript_len }, transcript))
		r = ERR_SIGNATURE;
out:
	buf_free(&b);
	return r;
}

static struct request *
request_find(struct conn *c, uint64_t number)
{
	struct request *q;

	TAILQ_FOREACH(q, &c->requests, link)
		if (q->number == number)
			return q;
	return NULL;
}

static int
conn_reply(struct conn *c, const Recado__Reply *reply, struct fault *f)
{
	Recado__ReplyBody *body = NULL;
	struct request *q;
	int r = pb_unpack_lenient(&recado__reply_body__descriptor, pb_view(reply->body), &body);

	if (r != 0)
		return fault_set(f, r, NULL, "the relay's reply is malformed");
	q = request_find(c, body->number);
	if (q == NULL)
		r = fault_set(f, ERR_UNEXPECTED, NULL, "the relay answered what was not asked");
	else if ((r = reply_check(c, q, reply, body)) != 0)
		fault_set(f, r, NULL, "the relay's warrant does not hold");
	if (r == 0) {
		c->lag = (uint32_t)(clock_mono_ms() - q->sent_at);
		request_end(c, q, 0, body);
		conn_patience(c);
	}
	pb_free(&body);
	return r;
}

static int
conn_message(void *arg, struct bytes octets, struct fault *f)
{
	struct conn *c = arg;
	Recado__ToClient *m = NULL;
	int r = pb_unpack_lenient(&recado__to_client__descriptor, octets, &m);

	if (r != 0)
		return fault_set(f, r, NULL, "the relay's message is malformed");
	if (m->op_case == RECADO__TO_CLIENT__OP_REPLY)
		r = conn_reply(c, m->reply, f);
	else if (m->op_case == RECADO__TO_CLIENT__OP_PUSH && c->hooks.push != NULL)
		c->hooks.push(c->hooks.arg, m->push);
	pb_free(&m);
	return r;
}

/* ------------------------------------------------------------------------------ life */

static int
conn_identified(void *arg, const struct rotation_chain *relay, struct fault *f)
{
	struct conn *c = arg;
	int r;

	memcpy(c->identity, rotation_current(relay), sizeof(c->identity));
	if ((r = code_relay_id(rotation_first(relay), c->relay_id)) != 0)
		return r;
	return c->hooks.identity(c->hooks.arg, relay, f);
}

static void
conn_opened(void *arg, const struct channel_event *welcome)
{
	struct conn *c = arg;

	c->open = true;
	c->hooks.open(c->hooks.arg, welcome);
}

static void
conn_closed(void *arg, const struct fault *why)
{
	struct conn *c = arg;

	c->open = false;
	c->over = true;
	requests_fail(c, ERR_CLOSED);
	c->hooks.closed(c->hooks.arg, why);
}

static void
conn_impatient(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;
	struct fault why = { 0 };

	fault_set(&why, ERR_UNREACHABLE, NULL, "the relay stopped answering");
	conn_closed(c, &why);
}

int
conn_new(struct engine *e, const struct link_address *to, const struct channel_client *who,
    const struct conn_hooks *hooks, struct conn **out)
{
	struct conn *c = mem_alloc(sizeof(*c));
	struct link_hooks lh = { c, conn_identified, conn_opened, conn_message, conn_closed };
	int r;

	*out = NULL;
	c->engine = e;
	c->hooks = *hooks;
	TAILQ_INIT(&c->requests);
	c->patience = evtimer_new(e->base, conn_impatient, c);
	r = c->patience == NULL ? ERR_NOMEM : link_new(e, to, who, &lh, &c->link);
	if (r != 0)
		conn_free(&c);
	*out = c;
	return r;
}

void
conn_free(struct conn **pc)
{
	struct conn *c = *pc;

	if (c == NULL)
		return;
	*pc = NULL;
	c->open = false;
	c->over = true;
	requests_fail(c, ERR_CLOSED);
	link_free(&c->link);
	if (c->patience != NULL)
		event_free(c->patience);
	free(c);
}

size_t
conn_waiting(const struct conn *c)
{
	return c->waiting;
}

uint32_t
conn_lag(const struct conn *c)
{
	return c->lag;
}

bool
conn_goodbye(struct conn *c)
{
	return link_goodbye(c->link);
}

void
conn_choke(struct conn *c, bool on)
{
	link_choke(c->link, on);
}

uint16_t
conn_suite(const struct conn *c)
{
	return link_suite(c->link);
}
