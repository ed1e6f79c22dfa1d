/*
 * Input is read into the channel, and what it yields is handled until the channel wants more, the
 * peer has too much on its way through the store, or too much waits to be written to it: then it is
 * not read, and TCP holds it back. But where what waits can only go under new keys, and the client's
 * word for them stands behind further requests, those are read and put off.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "server/admit.h"
#include "server/dispatch.h"
#include "server/peer_state.h"
#include "wire/frame.h"

#define READ_SIZE CHANNEL_INPUT_MAX
#define READ_HELLO FRAME_MAX_OPEN
#define HELD_MAX (2 * CHANNEL_MESSAGE_MAX)
#define OPEN_SMALL (FRAME_MAX_OPEN + 512) /* octets, with records' overhead */

bool
peer_may_take(const struct peer *p)
{
	return !p->draining && p->busy < PEER_BUSY_MAX && peer_backlog(p) < PEER_OUT_STOP;
}

static bool
has_held(const struct peer *p)
{
	return p->held != NULL && buf_len(p->held) != 0;
}

/* Nothing goes out before the client rekeys. */
static bool
awaits_keys(const struct peer *p)
{
	return (p->state & (PEER_OPEN | PEER_SIGNED_IN)) != 0 && !p->draining &&
	    buf_len(channel_output(p->ch)) == 0 && channel_pending(p->ch) != 0;
}

bool
peer_has_more(const struct peer *p)
{
	if (!p->reading)
		return peer_may_take(p) || awaits_keys(p);
	return has_held(p) && peer_may_take(p);
}

void
peer_read_more(struct peer *p)
{
	bool want = (p->state & (PEER_HELLO | PEER_OPEN | PEER_SIGNED_IN)) != 0 &&
	    (peer_may_take(p) || awaits_keys(p));

	if (want == p->reading)
		return;
	if ((want ? event_add(p->rd, NULL) : event_del(p->rd)) == 0)
		p->reading = want;
}

static bool
is_live(const struct peer *p)
{
	struct directory_device d;

	return directory_find_device(
		   p->srv->directory, (struct bytes){ p->device, DEVICE_ID_LEN }, &d, NULL) == 0 &&
	    d.live;
}

static void
on_open(struct peer *p)
{
	struct online_place old;

	if (p->state != PEER_JUDGED)
		return;
	p->state = PEER_SIGNED_IN;
	p->entered = true;
	metrics_add(p->srv->metrics, METRIC_SIGNED_IN, 1);
	if (online_enter(p->srv->online, p->user, p->device, peer_place(p), &old))
		loop_post(old.loop, &(struct loop_post){ .kind = LOOP_OUT, .peer = old.peer });
	if (!is_live(p)) {
		peer_close(p, RECADO__STATUS__STATUS_DEVICE_REMOVED, "");
		return;
	}
	log_debug(p->srv->log, "peer", "signed in %s#%llu", p->address, (unsigned long long)p->id);
}

static void
on_auth(struct peer *p, const struct channel_event *ev)
{
	p->state = PEER_JUDGED;
	if (ev->user_id.n == USER_ID_LEN && ev->device_id.n == DEVICE_ID_LEN) {
		memcpy(p->user, ev->user_id.p, USER_ID_LEN);
		memcpy(p->device, ev->device_id.p, DEVICE_ID_LEN);
		admit_sign_in(p);
	} else if (ev->user_id.n == 0 && ev->device_id.n == 0)
		admit_stranger(p);
	else
		peer_fail(p, "sign-in with malformed ids");
}

static void
on_message(struct peer *p, struct bytes message)
{
	p->heard = loop_now(p->loop);
	if (peer_may_take(p) && !has_held(p)) {
		dispatch_message(p, message);
		return;
	}
	if (p->held == NULL)
		p->held = buf_new(HELD_MAX);
	if (buf_put_string(p->held, message.p, message.n) != 0)
		peer_fail(p, "more requests than it takes answers");
}

/* What was put off comes first. */
static void
handle_held(struct peer *p)
{
	struct buf *all = p->held;
	struct bytes rest = all != NULL ? buf_view(all) : (struct bytes){ NULL, 0 }, one;

	p->held = NULL;
	while (rest.n != 0 && (p->state & (PEER_OPEN | PEER_SIGNED_IN)) != 0 && peer_may_take(p)) {
		if (bytes_get_string(&rest, rest.n, &one) != 0)
			break;
		dispatch_message(p, one);
	}
	if (rest.n != 0 && p->state != PEER_ENDING) {
		p->held = buf_new(HELD_MAX);
		if (buf_put_bytes(p->held, rest) != 0)
			peer_fail(p, "more requests than it takes answers");
	}
	buf_free(&all);
}

static void
on_event(struct peer *p, const struct channel_event *ev)
{
	switch (ev->kind) {
	case CHANNEL_EV_AUTH:
		on_auth(p, ev);
		break;
	case CHANNEL_EV_OPEN:
		on_open(p);
		break;
	case CHANNEL_EV_MESSAGE:
		on_message(p, ev->body);
		break;
	case CHANNEL_EV_CLOSED:
		p->gone = true;
		peer_end(p);
		break;
	case CHANNEL_EV_IDENTITY:
		peer_fail(p, "message out of state");
		break;
	}
}

void
peer_pump(struct peer *p)
{
	struct channel_event ev;
	int r;

	if (p->pumping)
		return;
	p->pumping = true;
	handle_held(p);
	while ((p->state & (PEER_HELLO | PEER_JUDGED | PEER_OPEN | PEER_SIGNED_IN)) != 0 &&
	    (peer_may_take(p) || awaits_keys(p))) {
		if ((r = channel_next(p->ch, loop_now(p->loop), &ev)) == ERR_AGAIN)
			break;
		if (r != 0) {
			peer_fail(p, channel_reason(p->ch));
			break;
		}
		on_event(p, &ev);
	}
	p->pumping = false;
	if (p->state != PEER_ENDING)
		peer_read_more(p);
	loop_touch(p->loop, p);
}

bool
peer_proves_device(struct peer *p, const struct directory_device *dev)
{
	if (channel_check_sign_in(p->ch, dev->signing_key) == 0)
		return true;
	peer_fail(p, channel_reason(p->ch));
	return false;
}

void
peer_judged(struct peer *p, const struct directory_device *dev, const struct trust_answer *a)
{
	struct server *srv = p->srv;
	const struct config_limits *lim = &srv->config->limits;
	struct channel_limits cl = { 32u << 10, lim->deposits.per_minute, lim->mailbox_envelopes,
		MAILBOX_FETCH_MAX, lim->idle_s, srv->config->trust.policy.max_age_h };
	int r;

	if (p->state != PEER_JUDGED)
		return;
	if (a->status != RECADO__STATUS__STATUS_OK) {
		log_info(srv->log, "peer", "refused %s#%llu: %s", p->address,
		    (unsigned long long)p->id, a->detail);
		if (channel_refuse(p->ch, a->status, a->detail) != 0)
			p->gone = true;
		peer_end(p);
		return;
	}
	r = channel_admit(p->ch, dev != NULL ? dev->signing_key : NULL, &cl, loop_wall(p->loop),
	    loop_now(p->loop));
	if (r != 0) {
		peer_fail(p, channel_reason(p->ch));
		return;
	}
	if (dev == NULL)
		p->state = PEER_OPEN;
	peer_judge_at(p, a->until);
	p->heard = loop_now(p->loop);
	peer_pump(p);
}

void
peer_judge_at(struct peer *p, uint64_t time)
{
	p->judge_at = time;
}

/* Whoever has not signed in may send one long message, if not too many others do. */
static bool
may_send_more(struct peer *p, size_t n)
{
	if (p->state != PEER_OPEN || p->large)
		return true;
	p->received += n;
	if (p->received <= OPEN_SMALL)
		return true;
	p->large = places_take(p->srv->large, peer_address_key(p));
	return p->large;
}

void
peer_on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct peer *p = arg;
	uint8_t in[READ_SIZE];
	size_t most = p->state == PEER_HELLO ? READ_HELLO : sizeof(in);
	ssize_t n;
	(void)what;

	n = recv(fd, in, most, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		p->gone = true;
		if (p->state == PEER_HELLO && n == 0)
			log_debug(p->srv->log, "peer", "hung up %s", p->address);
		peer_end(p);
		return;
	}
	if (!may_send_more(p, (size_t)n)) {
		peer_fail(p, "too many registrations at once");
		return;
	}
	if (channel_input(p->ch, in, (size_t)n, loop_now(p->loop)) != 0)
		peer_fail(p, channel_reason(p->ch));
	else
		peer_pump(p);
}

void
peer_busy(struct peer *p, unsigned weight)
{
	p->busy += weight;
}

void
peer_idle(struct peer *p, unsigned weight)
{
	p->busy -= weight;
	if (p->state == PEER_ENDING || p->draining)
		loop_touch(p->loop, p);
	else if (p->state != PEER_HELLO && peer_has_more(p))
		peer_pump(p);
}
