#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/contact.h"
#include "core/inbox.h"
#include "core/mailbox.h"
#include "core/outbox.h"
#include "core/relay.h"
#include "crypto/kdf.h"

#define INBOX_FETCH 64
#define INBOX_ACKS 256   /* in one request */
#define INBOX_ACCOUNTED 65536
#define INBOX_AGAIN_S 10 /* after mail that could not be kept */
/* How long in all, on a connection, mail waits for the relay's word about the sender of what is before
 * it; then that is passed over, and fetched again after a while. */
#define INBOX_PATIENCE_MS 60000
#define INBOX_PATIENCE_ONCE_MS 3000 /* of a command that ends by itself */
#define INBOX_PASSED_S 600
#define INBOX_FLOOR_MS 2000 /* between fetches because of the relay's word */

struct inbox {
	struct engine *engine;
	struct event *ack_now, *again, *later;
	bool fetching, acking;
	int refused;    /* why mail could not be kept; 0: all was */
	uint64_t after; /* highest index taken on this connection */
	/* The envelope for which the relay is asked, or was asked, who sent it. */
	bool holding, asked, resume;
	bool pushed;            /* what is being taken came by itself */
	bool due;               /* again will fetch it */
	uint64_t waits_from;    /* mono ms; 0: nothing waits */
	uint64_t patience;      /* ms left */
	uint64_t resumed_at;    /* mono ms of the last fetch because of the relay's word */
	uint8_t held[STORE_HASH];
	int64_t held_from;
	uint8_t (*acks)[STORE_HASH];
	size_t ack_count;
	uint8_t (*accounted)[STORE_HASH]; /* chain entries that fetches told of, until all is fetched */
	size_t accounted_count;
};

/* ------------------------------------------------------------------------------ acks */

static void
ack_later(struct inbox *b, struct bytes envelope)
{
	static const struct timeval now = { 0, 0 };

	b->acks = mem_grow(b->acks, b->ack_count + 1, STORE_HASH);
	if (kdf_sha256(envelope, b->acks[b->ack_count]) == 0)
		b->ack_count++;
	if (!b->acking)
		evtimer_add(b->ack_now, &now);
}

static void
acked(void *arg, int err, const Recado__ReplyBody *reply)
{
	struct inbox *b = arg;
	static const struct timeval now = { 0, 0 };

	b->acking = false;
	if (err == 0 && reply->op_case == RECADO__REPLY_BODY__OP_ACKED &&
	    reply->acked->chain != NULL)
		(void)mailbox_extend(b->engine, reply->acked->chain);
	if (err == 0 && b->ack_count > 0)
		evtimer_add(b->ack_now, &now);
	op_notify_all(b->engine, OP_NEWS_IDLE, NULL);
}

static void
ack_send(evutil_socket_t fd, short what, void *arg)
{
	struct inbox *b = arg;
	Recado__ToRelay rq = RECADO__TO_RELAY__INIT;
	Recado__Ack ack = RECADO__ACK__INIT;
	ProtobufCBinaryData list[INBOX_ACKS];
	size_t i, n = b->ack_count < INBOX_ACKS ? b->ack_count : INBOX_ACKS;

	if (b->acking || n == 0)
		return;
	for (i = 0; i < n; i++)
		list[i] = pb_data((struct bytes){ b->acks[i], STORE_HASH });
	ack.envelope_hashes = list;
	ack.n_envelope_hashes = n;
	ack.known = mailbox_length(b->engine);
	rq.op_case = RECADO__TO_RELAY__OP_ACK;
	rq.ack = &ack;
	if (relay_request(b->engine, &rq, acked, b) != 0)
		return; /* the next connection fetches again, and what was seen is acked then */
	b->acking = true;
	b->ack_count -= n;
	memmove(b->acks, b->acks + n, b->ack_count * STORE_HASH);
}

/* ------------------------------------------------------------------------------ fetching */

/* Nothing behind it is taken before it, and it is asked for again later. */
static void
refuse(struct inbox *b, int code)
{
	static const struct timeval later = { INBOX_AGAIN_S, 0 };

	if (code == ERR_AGAIN)
		return; /* held, and asked for again by who holds it */
	log_error(b->engine->log, "inbox", "mail cannot be kept: %s", err_text(code));
	b->refused = code;
	evtimer_add(b->again, &later);
}

/* What was passed over stays at the relay. */
static void
put_off(struct inbox *b)
{
	static const struct timeval later = { INBOX_PASSED_S, 0 };

	if (!evtimer_pending(b->later, NULL))
		evtimer_add(b->later, &later);
}

static void
pass_over(struct inbox *b, const Recado__Mail *m)
{
	uint8_t hash[STORE_HASH];
	size_t i;

	log_warn(b->engine->log, "inbox", "the relay does not say who sent a message: it waits there");
	put_off(b);
	if (m->index > b->after)
		b->after = m->index;
	if (kdf_sha256(pb_view(m->envelope), hash) != 0)
		return;
	for (i = 0; i < b->accounted_count; i++)
		if (memcmp(b->accounted[i], hash, STORE_HASH) == 0)
			memmove(b->accounted[i], b->accounted[--b->accounted_count], STORE_HASH);
}

static int
mail_take(struct inbox *b, const Recado__Mail *m)
{
	int r = inbox_take(b->engine, pb_view(m->envelope));

	if (r == ERR_AGAIN && b->patience == 0) {
		pass_over(b, m);
		return 0;
	}
	if (r != 0) {
		refuse(b, r);
		return r;
	}
	mailbox_check(b->engine, m->index, pb_view(m->envelope));
	if (m->index > b->after)
		b->after = m->index;
	ack_later(b, pb_view(m->envelope));
	return 0;
}

/* What a fetch adds to the chain is mail that comes with it, or was acked. */
static void
account_for(struct inbox *b, const Recado__ChainPart *part)
{
	uint64_t known = mailbox_length(b->engine);
	size_t i;

	for (i = 0; i < part->n_hashes && b->accounted_count < INBOX_ACCOUNTED; i++) {
		if (part->first + i <= known || part->hashes[i].len != STORE_HASH)
			continue;
		b->accounted = mem_grow(b->accounted, b->accounted_count + 1, STORE_HASH);
		memcpy(b->accounted[b->accounted_count++], part->hashes[i].data, STORE_HASH);
	}
	if (mailbox_extend(b->engine, part))
		outbox_renew(b->engine, part->head.data);
}

/* Acked, and never seen: it was us, later than this copy of the store. (Or it expired unread, and then
 * its sender had better know, too.) */
static void
look_back(struct inbox *b)
{
	bool seen = true;
	size_t i;

	for (i = 0; i < b->accounted_count && seen; i++)
		if (store_seen(b->engine->store, b->accounted[i], &seen) != 0)
			break;
	if (!seen)
		outbox_renew(b->engine, b->accounted[i - 1]);
	b->accounted_count = 0;
}

static void
fetched(void *arg, int err, const Recado__ReplyBody *reply)
{
	struct inbox *b = arg;
	const Recado__Fetched *f;
	bool more = false;
	size_t i;

	if (err == 0 && reply->op_case == RECADO__REPLY_BODY__OP_FETCHED) {
		f = reply->fetched;
		if (f->chain != NULL)
			account_for(b, f->chain);
		for (i = 0; i < f->n_mail; i++)
			if (mail_take(b, f->mail[i]) != 0)
				break;
		more = f->waiting > 0 && f->n_mail > 0 && i == f->n_mail;
		if (f->waiting == 0 && i == f->n_mail) {
			look_back(b);
			b->holding = b->holding && b->asked;
			b->waits_from = 0;
		}
	}
	b->fetching = false;
	more = err == 0 && (more || b->resume);
	b->resume = false;
	if (more)
		inbox_fetch(b->engine);
	op_notify_all(b->engine, OP_NEWS_IDLE, NULL);
}

void
inbox_fetch(struct engine *e)
{
	struct inbox *b = e->inbox;
	Recado__ToRelay rq = RECADO__TO_RELAY__INIT;
	Recado__Fetch f = RECADO__FETCH__INIT;

	if (b == NULL || b->fetching)
		return;
	b->refused = 0;
	f.after = b->after;
	f.max = INBOX_FETCH;
	f.known = mailbox_length(e);
	rq.op_case = RECADO__TO_RELAY__OP_FETCH;
	rq.fetch = &f;
	b->fetching = relay_request(e, &rq, fetched, b) == 0;
}

void
inbox_push(struct engine *e, struct bytes envelope)
{
	int r;

	/* Before the lists are fresh nothing is judged: the fetch that follows brings it. */
	if (e->inbox == NULL || !relay_listed(e))
		return;
	/* Nor is it taken before what a fetch under way brings: another one follows that. */
	if (e->inbox->fetching) {
		e->inbox->resume = true;
		return;
	}
	e->inbox->pushed = true;
	r = inbox_take(e, envelope);
	e->inbox->pushed = false;
	if (r == 0)
		ack_later(e->inbox, envelope);
	else if (r == ERR_AGAIN && e->inbox->patience == 0)
		put_off(e->inbox);
	else
		refuse(e->inbox, r);
}

/* What was waited since the last look is taken off. */
static bool
tired(struct inbox *b)
{
	uint64_t now = clock_mono_ms(), spent = b->waits_from != 0 ? now - b->waits_from : 0;

	b->waits_from = now;
	b->patience = spent < b->patience ? b->patience - spent : 0;
	return b->patience == 0;
}

/* One envelope at a time: those behind it come after it, as long as there is patience. What comes by
 * itself is fetched with it. user_id: of a stranger, person is 0 then. */
static bool
hold(struct inbox *b, int64_t person, const uint8_t *user_id, const uint8_t *hash)
{
	bool same = b->holding && memcmp(b->held, hash, STORE_HASH) == 0;

	if (same && !b->asked) {
		b->holding = false;
		return false;
	}
	if (tired(b) || same || (b->holding && b->pushed))
		return true;
	b->holding = b->asked = true;
	b->held_from = person;
	memcpy(b->held, hash, STORE_HASH);
	if (user_id != NULL)
		contact_meet(b->engine, user_id);
	else
		contact_refresh(b->engine, person);
	return true;
}

bool
inbox_hold(struct engine *e, int64_t person, const uint8_t *hash)
{
	return hold(e->inbox, person, NULL, hash);
}

bool
inbox_hold_stranger(struct engine *e, const uint8_t *user_id, const uint8_t *hash)
{
	return hold(e->inbox, 0, user_id, hash);
}

static void
resume_later(struct inbox *b, uint64_t ms)
{
	struct timeval tv = { (time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000) };

	b->due = true;
	evtimer_add(b->again, &tv);
}

void
inbox_looked_up(struct engine *e, int64_t person, bool answered)
{
	struct inbox *b = e->inbox;
	uint64_t now = clock_mono_ms(), wait = INBOX_AGAIN_S * 1000;

	if (b == NULL || !b->asked || b->held_from != person)
		return;
	b->asked = false;
	b->holding = answered; /* otherwise that envelope is a reason to ask again */
	if (!answered && b->patience < wait)
		wait = b->patience < INBOX_FLOOR_MS ? INBOX_FLOOR_MS : b->patience;
	if (!answered || (b->resumed_at != 0 && now < b->resumed_at + INBOX_FLOOR_MS)) {
		resume_later(b, answered ? INBOX_FLOOR_MS : wait);
		return;
	}
	b->resumed_at = now;
	b->resume = b->fetching;
	if (!b->fetching)
		inbox_fetch(e);
}

static void
fetch_again(evutil_socket_t fd, short what, void *arg)
{
	struct inbox *b = arg;

	b->due = false;
	inbox_fetch(b->engine);
}

static uint64_t
patience_of(const struct engine *e)
{
	return e->one_shot ? INBOX_PATIENCE_ONCE_MS : INBOX_PATIENCE_MS;
}

/* What was passed over, and with it all that waits. */
static void
fetch_passed(evutil_socket_t fd, short what, void *arg)
{
	struct inbox *b = arg;

	if (b->fetching) {
		put_off(b);
		return;
	}
	b->after = 0;
	b->waits_from = 0;
	b->patience = patience_of(b->engine);
	inbox_fetch(b->engine);
}

int
inbox_refused(const struct engine *e)
{
	return e->inbox != NULL ? e->inbox->refused : 0;
}

bool
inbox_fetching(const struct engine *e)
{
	return e->inbox != NULL &&
	    (e->inbox->fetching || e->inbox->due || e->inbox->acking || e->inbox->ack_count > 0);
}

/* ------------------------------------------------------------------------------ life */

void
inbox_offline(struct engine *e)
{
	struct inbox *b = e->inbox;

	if (b == NULL)
		return;
	evtimer_del(b->ack_now);
	evtimer_del(b->again);
	evtimer_del(b->later);
	b->fetching = b->acking = b->holding = b->asked = b->resume = b->due = false;
	b->after = b->waits_from = b->resumed_at = 0;
	b->patience = patience_of(e);
	b->ack_count = b->accounted_count = 0;
}

int
inbox_open(struct engine *e)
{
	struct inbox *b = mem_alloc(sizeof(*b));

	b->engine = e;
	b->ack_now = evtimer_new(e->base, ack_send, b);
	b->again = evtimer_new(e->base, fetch_again, b);
	b->later = evtimer_new(e->base, fetch_passed, b);
	b->patience = patience_of(e);
	e->inbox = b;
	return b->ack_now != NULL && b->again != NULL && b->later != NULL ? 0 : ERR_NOMEM;
}

void
inbox_close(struct engine *e)
{
	struct inbox *b = e->inbox;

	if (b == NULL)
		return;
	e->inbox = NULL;
	if (b->ack_now != NULL)
		event_free(b->ack_now);
	if (b->again != NULL)
		event_free(b->again);
	if (b->later != NULL)
		event_free(b->later);
	free(b->acks);
	free(b->accounted);
	free(b);
}
