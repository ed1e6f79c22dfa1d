/*
 * Input is read into the channel and what it yields is handled until the channel wants more, the
 * peer has too much on its way through the store, or too much waits to be written to it: then it is
 * not read, and TCP holds it back.
 *
 * Output is written at the end of the loop's turn. A recipient who does not read has pushes left
 * out; once it reads again, they come from its mailbox.
 */
#include "server/peer.h"

#include <errno.h>
#include <event2/event.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/channel.h"
#include "server/admit.h"
#include "server/dispatch.h"
#include "server/encode.h"
#include "wire/frame.h"
#include "wire/pb.h"

#define READ_SIZE CHANNEL_INPUT_MAX
#define READ_HELLO FRAME_MAX_OPEN
#define BUSY_MAX 256           /* requests on their way through the store */
#define OUT_STOP (1u << 20)    /* octets unwritten: not read any more */
#define OUT_LAG (512u << 10)   /* no more pushes */
#define OUT_RESUME (64u << 10) /* and again */
#define OPEN_IDLE_MS 10000     /* without sign-in */
#define OPEN_TOTAL_MS 30000
#define ENDING_MS 3000                    /* to write the last words */
#define OPEN_SMALL (FRAME_MAX_OPEN + 512) /* octets, with records' overhead */
#define IDLE_SLACK_MS 30000

/* Fields of recado.proto written here. */
enum { TO_CLIENT_PUSH = 2, PUSH_MAIL = 1, PUSH_PRESENCE = 2, PUSH_REVOCATION = 3, PUSH_NOTICE = 4 };

struct peer {
	uint64_t id;
	struct loop *loop;
	struct server *srv;
	int fd;
	struct event *rd, *wr;
	struct channel *ch;
	enum peer_state state;
	char address[80]; /* for the log */
	uint8_t key[8];
	size_t keylen;
	uint8_t user[USER_ID_LEN], device[DEVICE_ID_LEN];
	uint64_t opened, heard, ending; /* monotonic ms */
	uint64_t number;                /* of the last request */
	size_t received;                /* octets since it opened without sign-in */
	unsigned busy;
	bool reading, writing, large, draining, entered, gone, pumping;
	uint64_t lag_since, lag_after; /* wall ms; mailbox index */
	bool catching;
};

uint64_t
peer_id(const struct peer *p)
{
	return p->id;
}

enum peer_state
peer_state(const struct peer *p)
{
	return p->state;
}

struct loop *
peer_loop(const struct peer *p)
{
	return p->loop;
}

const uint8_t *
peer_user(const struct peer *p)
{
	return p->user;
}

const uint8_t *
peer_device(const struct peer *p)
{
	return p->device;
}

struct bytes
peer_address_key(const struct peer *p)
{
	return (struct bytes){ p->key, p->keylen };
}

bool
peer_transcript(const struct peer *p, struct bytes *out)
{
	*out = channel_transcript(p->ch);
	return (p->state & (PEER_OPEN | PEER_SIGNED_IN)) != 0;
}

bool
peer_next_number(struct peer *p, uint64_t number)
{
	return number == ++p->number;
}

static struct online_place
place_of(const struct peer *p)
{
	return (struct online_place){ p->loop, p->id };
}

/* ---------------------------------------------------------------------------- the end */

static void
leave(struct peer *p)
{
	if (!p->entered)
		return;
	p->entered = false;
	online_watch(p->srv->online, place_of(p), NULL, 0, NULL);
	online_leave(p->srv->online, p->device, place_of(p));
	metrics_add(p->srv->metrics, METRIC_SIGNED_IN, -1);
}

/* From here on only what is queued is written. */
static void
end(struct peer *p)
{
	if (p->state == PEER_ENDING)
		return;
	leave(p);
	p->state = PEER_ENDING;
	p->ending = loop_now(p->loop);
	if (p->reading)
		event_del(p->rd);
	p->reading = false;
	loop_touch(p->loop, p);
}

void
peer_fail(struct peer *p, const char *reason)
{
	if (p->state == PEER_ENDING)
		return;
	metrics_add(p->srv->metrics, METRIC_FAULTS, 1);
	log_warn(p->srv->log, "peer", "ended %s#%llu: %s", p->address, (unsigned long long)p->id,
	    reason);
	end(p);
}

static void
push(struct peer *p, unsigned field, struct bytes body)
{
	struct buf *one = buf_new(0), *all = buf_new(0);

	if (encode_message(one, field, body) == 0 &&
	    encode_message(all, TO_CLIENT_PUSH, buf_view(one)) == 0)
		peer_send(p, buf_view(all));
	buf_free(&one);
	buf_free(&all);
}

void
peer_close(struct peer *p, uint32_t status, const char *detail)
{
	struct buf *notice;

	if (p->state == PEER_ENDING)
		return;
	if (p->state & (PEER_OPEN | PEER_SIGNED_IN)) {
		notice = buf_new(0);
		if (encode_uint(notice, 1, status) == 0 && encode_text(notice, 2, detail) == 0)
			push(p, PUSH_NOTICE, buf_view(notice));
		buf_free(&notice);
		if (channel_flush(p->ch, loop_now(p->loop)) != 0 ||
		    channel_close(p->ch, loop_now(p->loop)) != 0)
			p->gone = true;
	}
	log_info(p->srv->log, "peer", "closed %s#%llu: %s", p->address, (unsigned long long)p->id,
	    detail);
	end(p);
}

void
peer_free(struct peer **pp)
{
	struct peer *p = *pp;

	if (p == NULL)
		return;
	*pp = NULL;
	leave(p);
	if (p->large)
		atomic_fetch_sub(&p->srv->large, 1);
	if (p->rd != NULL)
		event_free(p->rd);
	if (p->wr != NULL)
		event_free(p->wr);
	close(p->fd);
	channel_free(&p->ch);
	metrics_add(p->srv->metrics, METRIC_CONNECTIONS, -1);
	log_debug(p->srv->log, "peer", "gone %s#%llu", p->address, (unsigned long long)p->id);
	free(p);
}

/* ---------------------------------------------------------------------------- output */

static size_t
backlog(const struct peer *p)
{
	return buf_len(channel_output(p->ch)) + channel_pending(p->ch);
}

void
peer_send(struct peer *p, struct bytes message)
{
	int r;

	if ((p->state & (PEER_OPEN | PEER_SIGNED_IN)) == 0)
		return;
	if ((r = channel_send(p->ch, message)) != 0)
		peer_fail(p, err_text(r));
	loop_touch(p->loop, p);
}

void
peer_mail(struct peer *p, struct blob *envelope)
{
	struct buf *mail;

	if (p->state != PEER_SIGNED_IN)
		return;
	if (p->lag_since != 0 || backlog(p) > OUT_LAG) {
		if (p->lag_since == 0)
			p->lag_since = loop_wall(p->loop) - 1000;
		return;
	}
	mail = buf_new(0);
	if (encode_message(mail, 1, blob_view(envelope)) == 0) {
		push(p, PUSH_MAIL, buf_view(mail));
		metrics_add(p->srv->metrics, METRIC_PUSHED, 1);
	}
	buf_free(&mail);
}

void
peer_presence(struct peer *p, const uint8_t user[USER_ID_LEN], bool online)
{
	struct buf *b = buf_new(0);

	if (encode_bytes(b, 1, (struct bytes){ user, USER_ID_LEN }) == 0 &&
	    encode_uint(b, 2, online) == 0)
		push(p, PUSH_PRESENCE, buf_view(b));
	buf_free(&b);
}

void
peer_revocation(struct peer *p)
{
	if (p->state == PEER_SIGNED_IN)
		push(p, PUSH_REVOCATION, (struct bytes){ NULL, 0 });
}

static int
catch_up_one(struct peer *p, struct bytes *mail)
{
	struct bytes envelope;
	struct blob *b;
	uint64_t index;
	int r;

	if ((r = bytes_get_u64(mail, &index)) != 0 ||
	    (r = bytes_get_string(mail, mail->n, &envelope)) != 0)
		return r;
	p->lag_after = index;
	if ((b = blob_new(envelope)) != NULL)
		peer_mail(p, b);
	blob_free(&b);
	return 0;
}

void
peer_catch_up(struct peer *p, struct bytes mail, uint64_t left)
{
	uint64_t since = p->lag_since;

	p->catching = false;
	p->lag_since = 0;
	while (mail.n != 0)
		if (catch_up_one(p, &mail) != 0)
			break;
	if (left != 0)
		p->lag_since = since;
	else
		p->lag_after = 0;
}

/* ---------------------------------------------------------------------------- input */

static void
read_more(struct peer *p)
{
	bool want = (p->state & (PEER_HELLO | PEER_OPEN | PEER_SIGNED_IN)) != 0 && !p->draining &&
	    p->busy < BUSY_MAX && backlog(p) < OUT_STOP;

	if (want == p->reading)
		return;
	if ((want ? event_add(p->rd, NULL) : event_del(p->rd)) == 0)
		p->reading = want;
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
	if (online_enter(p->srv->online, p->user, p->device, place_of(p), &old))
		loop_post(old.loop, &(struct loop_post){ .kind = LOOP_OUT, .peer = old.peer });
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
		p->heard = loop_now(p->loop);
		dispatch_message(p, ev->body);
		break;
	case CHANNEL_EV_CLOSED:
		p->gone = true;
		end(p);
		break;
	case CHANNEL_EV_IDENTITY:
		peer_fail(p, "message out of state");
		break;
	}
}

static void
pump(struct peer *p)
{
	struct channel_event ev;
	int r;

	if (p->pumping)
		return;
	p->pumping = true;
	while ((p->state & (PEER_HELLO | PEER_JUDGED | PEER_OPEN | PEER_SIGNED_IN)) != 0 &&
	    !p->draining && p->busy < BUSY_MAX && backlog(p) < OUT_STOP) {
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
		read_more(p);
	loop_touch(p->loop, p);
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
		end(p);
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
	p->heard = loop_now(p->loop);
	pump(p);
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
	if (atomic_fetch_add(&p->srv->large, 1) >= SERVER_LARGE_MAX) {
		atomic_fetch_sub(&p->srv->large, 1);
		return false;
	}
	p->large = true;
	return true;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
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
		end(p);
		return;
	}
	if (!may_send_more(p, (size_t)n)) {
		peer_fail(p, "too many registrations at once");
		return;
	}
	if (channel_input(p->ch, in, (size_t)n, loop_now(p->loop)) != 0)
		peer_fail(p, channel_reason(p->ch));
	else
		pump(p);
}

void
peer_busy(struct peer *p)
{
	p->busy++;
}

void
peer_idle(struct peer *p)
{
	p->busy--;
	if (p->state == PEER_ENDING || p->draining)
		loop_touch(p->loop, p);
	else if (!p->reading && p->state != PEER_HELLO)
		pump(p);
}

/* ---------------------------------------------------------------------------- turn, tick */

static void
write_out(struct peer *p)
{
	struct buf *out = channel_output(p->ch);
	ssize_t n;

	while (buf_len(out) != 0 && !p->gone) {
		n = send(p->fd, buf_ptr(out), buf_len(out), MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (n < 0 || buf_consume(out, (size_t)n) != 0)
			p->gone = true;
	}
	if (p->gone && p->state != PEER_ENDING)
		end(p);
	if ((buf_len(out) != 0 && !p->gone) == p->writing)
		return;
	p->writing = !p->writing;
	if ((p->writing ? event_add(p->wr, NULL) : event_del(p->wr)) != 0)
		p->gone = true;
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct peer *p = arg;
	(void)fd;
	(void)what;

	loop_touch(p->loop, p);
}

static void
start_catching_up(struct peer *p)
{
	if (p->state != PEER_SIGNED_IN || p->lag_since == 0 || p->catching ||
	    backlog(p) > OUT_RESUME || p->draining)
		return;
	p->catching = true;
	admit_catch_up(p, p->lag_after, p->lag_since);
}

bool
peer_turn(struct peer *p)
{
	if ((p->state & (PEER_OPEN | PEER_SIGNED_IN)) != 0 &&
	    channel_flush(p->ch, loop_now(p->loop)) != 0)
		peer_fail(p, channel_reason(p->ch));
	write_out(p);
	if (p->draining && p->busy == 0 && p->state != PEER_ENDING && backlog(p) == 0) {
		peer_close(p, RECADO__STATUS__STATUS_SHUTTING_DOWN, "the relay is shutting down");
		write_out(p);
	}
	if (p->state == PEER_ENDING)
		return p->gone || buf_len(channel_output(p->ch)) == 0;
	if (!p->reading && p->busy < BUSY_MAX && p->state != PEER_JUDGED && !p->draining &&
	    backlog(p) < OUT_STOP)
		pump(p);
	start_catching_up(p);
	return false;
}

static const char *
overdue(const struct peer *p, uint64_t now)
{
	uint64_t idle = p->srv->config->limits.idle_s * 1000ull + IDLE_SLACK_MS;

	if (p->state == PEER_OPEN &&
	    (now - p->heard > OPEN_IDLE_MS || now - p->opened > OPEN_TOTAL_MS))
		return "nothing asked in time";
	if (p->state == PEER_SIGNED_IN && now - p->heard > idle)
		return "silent for too long";
	return NULL;
}

void
peer_tick(struct peer *p)
{
	uint64_t now = loop_now(p->loop);
	const char *late;

	if (p->state == PEER_ENDING) {
		if (now - p->ending > ENDING_MS)
			p->gone = true;
		loop_touch(p->loop, p);
		return;
	}
	if (now >= channel_deadline(p->ch)) {
		if (channel_tick(p->ch, now) != 0) {
			peer_fail(p, channel_reason(p->ch));
			return;
		}
		loop_touch(p->loop, p);
	}
	if ((late = overdue(p, now)) != NULL && p->busy == 0)
		peer_close(p, RECADO__STATUS__STATUS_NOT_ALLOWED, late);
}

void
peer_drain(struct peer *p)
{
	p->draining = true;
	if (p->reading)
		event_del(p->rd);
	p->reading = false;
	if (p->state == PEER_HELLO)
		end(p);
	loop_touch(p->loop, p);
}

/* ---------------------------------------------------------------------------- accept */

/* Address for the log, and the part of it by which limits count. */
static void
set_address(struct peer *p)
{
	struct sockaddr_storage ss;
	socklen_t n = sizeof(ss);
	char host[64], port[8];

	snprintf(p->address, sizeof(p->address), "?");
	p->keylen = 1;
	if (getpeername(p->fd, (struct sockaddr *)&ss, &n) != 0)
		return;
	if (getnameinfo((struct sockaddr *)&ss, n, host, sizeof(host), port, sizeof(port),
		NI_NUMERICHOST | NI_NUMERICSERV) == 0)
		snprintf(p->address, sizeof(p->address),
		    ss.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
	if (ss.ss_family == AF_INET) {
		memcpy(p->key, &((struct sockaddr_in *)&ss)->sin_addr, 4);
		p->keylen = 4;
	} else if (ss.ss_family == AF_INET6) {
		memcpy(p->key, &((struct sockaddr_in6 *)&ss)->sin6_addr, 8);
		p->keylen = 8;
	}
}

static int
set_channel(struct peer *p)
{
	struct channel_server cs = { .identity = relaykey_sign(p->srv->key),
		.rekey = p->srv->config->rekey };
	struct event_base *base = loop_base(p->loop);

	cs.rotation = relaykey_rotation(p->srv->key, &cs.rotation_count);
	p->rd = event_new(base, p->fd, EV_READ | EV_PERSIST, on_readable, p);
	p->wr = event_new(base, p->fd, EV_WRITE | EV_PERSIST, on_writable, p);
	if (p->rd == NULL || p->wr == NULL)
		return ERR_NOMEM;
	return channel_new_server(&cs, loop_now(p->loop), &p->ch);
}

void
peer_accept(struct loop *l, int fd)
{
	struct peer *p = mem_alloc(sizeof(*p));
	int on = 1;

	p->loop = l;
	p->srv = loop_server(l);
	p->fd = fd;
	p->id = loop_next_id(l);
	p->state = PEER_HELLO;
	p->opened = p->heard = loop_now(l);
	metrics_add(p->srv->metrics, METRIC_CONNECTIONS, 1);
	set_address(p);
	/* Replies are gathered here; the kernel need not wait for more. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (loop_stopping(l) ||
	    !limit_map_take(p->srv->strangers, peer_address_key(p), 1, loop_now(l))) {
		metrics_add(p->srv->metrics, METRIC_REFUSED, 1);
		peer_free(&p);
		return;
	}
	if (set_channel(p) != 0 || loop_add(l, p) != 0) {
		log_error(p->srv->log, "peer", "no memory for %s", p->address);
		peer_free(&p);
		return;
	}
	read_more(p);
}
