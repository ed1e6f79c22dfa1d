/*
 * An envelope for one device. It goes to its recipient at once, if that is online, and to the store;
 * the reply with its proof leaves after the commit. A sender that does not know the recipient's
 * newest device list is told what it missed, and nothing is taken.
 */
#include <openssl/sha.h>
#include <string.h>

#include "base/clock.h"
#include "server/encode.h"
#include "server/lookup.h"

#define ENVELOPE_MIN 256
#define ENVELOPE_MAX (32u << 10)

enum { DEPOSITED_ENTRY = 3 };

struct deposit_work {
	struct work work;
	uint8_t mailbox[DEVICE_ID_LEN], hash[32];
	uint64_t number;
	struct blob *envelope;
	bool held; /* not pushed yet, as the mailbox was full */
	struct mailbox_place place;
};

static void
deposit_clear(struct work *k)
{
	blob_free(&((struct deposit_work *)k)->envelope);
}

static int
deposit_run(struct work *k, struct writer *w)
{
	struct deposit_work *d = (struct deposit_work *)k;
	struct mailbox_deposit in = { k->device, d->mailbox, d->number, d->hash, d->envelope,
		clock_now_ms() };
	int r;

	r = mailbox_deposit(writer_mailboxes(w), &in, &d->place);
	if (r == ERR_BOX_FULL)
		return work_refuse(k, RECADO__STATUS__STATUS_BOX_FULL, "the mailbox is full");
	if (r == ERR_TAKEN)
		return work_refuse(k, RECADO__STATUS__STATUS_NUMBER_REUSED,
		    "another envelope was deposited under this number");
	return r;
}

/* To whoever is signed in for the mailbox, before it is in the store. */
static void
push(struct loop *loop, const struct deposit_work *d)
{
	struct loop_post post = { .kind = LOOP_MAIL };
	struct online_place at;
	struct peer *p;

	if (!online_find(loop_server(loop)->online, d->mailbox, &at))
		return;
	if (at.loop == loop) {
		if ((p = loop_peer(loop, at.peer)) != NULL)
			peer_mail(p, d->envelope);
		return;
	}
	post.peer = at.peer;
	post.blob = blob_ref(d->envelope);
	loop_post(at.loop, &post);
}

/* What a full mailbox refuses is not pushed, either, but for the first; what it takes after all is
 * pushed then. */
static void
settle_push(const struct deposit_work *d, uint32_t status)
{
	struct online *online = loop_server(d->work.loop)->online;

	if (status == RECADO__STATUS__STATUS_BOX_FULL)
		online_set_full(online, d->mailbox, true);
	else if (status == RECADO__STATUS__STATUS_OK && d->held) {
		online_set_full(online, d->mailbox, false);
		push(d->work.loop, d);
	}
}

static int
deposit_finish(struct work *k)
{
	struct deposit_work *d = (struct deposit_work *)k;
	struct metrics *m = loop_server(k->loop)->metrics;
	struct warrants_deposit proof = { d->mailbox, d->hash, d->place.head, d->place.index,
		d->place.time };
	struct warrants_reply refused = { .status = k->status, .detail = k->detail };

	settle_push(d, k->status);
	if (k->status != RECADO__STATUS__STATUS_OK)
		return warrants_add(
		    loop_warrants(k->loop), &k->ticket, &refused, loop_wall(k->loop));
	metrics_add(m, d->place.repeat ? METRIC_REPEATS : METRIC_DEPOSITS, 1);
	return warrants_add_deposit(loop_warrants(k->loop), &k->ticket, &proof);
}

static const struct work_kind deposit_kind = {
	.name = "deposit",
	.run = deposit_run,
	.finish = deposit_finish,
	.clear = deposit_clear,
};

/* ---------------------------------------------------------------------------- stale lists */

struct stale_work {
	struct work work;
	struct lookup what;
};

static int
stale_run(struct work *k, struct writer *w)
{
	struct stale_work *s = (struct stale_work *)k;
	struct buf *entry = buf_new(0);
	int r;

	if ((r = lookup_read(w, &s->what, entry)) == 0)
		r = encode_message(k->op, DEPOSITED_ENTRY, buf_view(entry));
	buf_free(&entry);
	k->field = REPLY_DEPOSITED;
	k->status = RECADO__STATUS__STATUS_STALE_LIST;
	return r == ERR_NOT_FOUND ? ERR_IO : r;
}

static const struct work_kind stale_kind = { .name = "stale list", .weight = 8, .run = stale_run };

static int
reply_stale(const struct request *rq, const struct directory_user *u)
{
	struct stale_work *s = work_new(sizeof(*s), &stale_kind, rq);

	memcpy(s->what.user, u->id, USER_ID_LEN);
	s->what.online = online_user(rq->srv->online, u->id);
	work_submit(&s->work);
	return 0;
}

/* ---------------------------------------------------------------------------- deposit */

static int
take(const struct request *rq, const Recado__Deposit *m, const uint8_t mailbox[DEVICE_ID_LEN])
{
	struct deposit_work *d = work_new(sizeof(*d), &deposit_kind, rq);

	memcpy(d->mailbox, mailbox, DEVICE_ID_LEN);
	d->number = m->number;
	SHA256(m->envelope.data, m->envelope.len, d->hash);
	if ((d->envelope = blob_new(pb_view(m->envelope))) == NULL) {
		work_free(&d->work);
		return dispatch_reply(
		    rq, RECADO__STATUS__STATUS_UNAVAILABLE, "the relay is out of memory");
	}
	/* It stays until this loop hears of it. Who then looks into the mailbox for what was not pushed
	 * stands behind it in the store's queue. */
	d->held = online_is_full(rq->srv->online, mailbox);
	work_submit(&d->work);
	if (!d->held)
		push(rq->loop, d);
	return 0;
}

static int
deposit(const struct request *rq)
{
	const Recado__Deposit *m = rq->msg->deposit;
	struct directory_device dev;
	struct directory_user user;

	if (m->envelope.len > ENVELOPE_MAX)
		return dispatch_reply(
		    rq, RECADO__STATUS__STATUS_TOO_LARGE, "the envelope is too large");
	if (m->envelope.len < ENVELOPE_MIN || (m->envelope.len & (m->envelope.len - 1)) != 0 ||
	    m->number == 0)
		return dispatch_reply(rq, RECADO__STATUS__STATUS_BAD_REQUEST,
		    "an envelope has a power of two of octets, a deposit a number");
	if (directory_find_device(rq->srv->directory, pb_view(m->mailbox), &dev, &user) != 0)
		return dispatch_reply(rq, RECADO__STATUS__STATUS_NO_USER, "no such mailbox here");
	if (!bytes_equal(pb_view(m->list_head), (struct bytes){ user.list_head, HASH_LEN }))
		return reply_stale(rq, &user);
	if (!dev.live)
		return dispatch_reply(
		    rq, RECADO__STATUS__STATUS_NOT_FOUND, "the device was removed");
	return take(rq, m, dev.id);
}

const struct handler handle_deposit = {
	.name = "deposit",
	.states = PEER_SIGNED_IN,
	.rate = RATE_DEPOSITS,
	.handle = deposit,
};
