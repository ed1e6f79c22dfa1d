#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "crypto/kdf.h"
#include "crypto/warrant.h"
#include "relay.h"

#define must(x)                                                                                    \
	do {                                                                                       \
		if (!(x)) {                                                                        \
			fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #x);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* ---------------------------------------------------------------------------- octets */

static void
write_all(struct client *c, const uint8_t *p, size_t n)
{
	size_t piece;
	ssize_t done;

	while (n != 0 && !c->ended) {
		piece = c->piece != 0 && c->piece < n ? c->piece : n;
		done = send(c->fd, p, piece, MSG_NOSIGNAL);
		if (done < 0 && (errno == EPIPE || errno == ECONNRESET)) {
			c->ended = true;
			return;
		}
		must(done > 0);
		p += done;
		n -= (size_t)done;
	}
}

static void
flush(struct client *c)
{
	struct buf *out = channel_output(c->ch);

	/* Fails on a channel that has ended, which reading tells. */
	(void)!channel_flush(c->ch, clock_mono_ms());
	write_all(c, buf_ptr(out), buf_len(out));
	buf_reset(out);
}

static void
on_event(struct client *c, const struct channel_event *ev)
{
	switch (ev->kind) {
	case CHANNEL_EV_IDENTITY:
		memcpy(c->relay->identity, rotation_current(ev->relay), 32);
		must(channel_confirm(c->ch, clock_mono_ms()) == 0);
		break;
	case CHANNEL_EV_MESSAGE:
		must(buf_put_string(c->inbox, ev->body.p, ev->body.n) == 0);
		break;
	case CHANNEL_EV_CLOSED:
		c->ended = true;
		break;
	default:
		break;
	}
}

bool
client_read(struct client *c, int ms)
{
	struct pollfd pfd = { c->fd, POLLIN, 0 };
	struct channel_event ev;
	const char *detail;
	uint8_t in[CHANNEL_INPUT_MAX];
	ssize_t n;
	int r;

	if (c->ended || poll(&pfd, 1, ms) <= 0)
		return false;
	if ((n = recv(c->fd, in, channel_is_open(c->ch) ? sizeof(in) : 4096, 0)) <= 0) {
		c->ended = true;
		return true;
	}
	must(channel_input(c->ch, in, (size_t)n, clock_mono_ms()) == 0);
	while ((r = channel_next(c->ch, clock_mono_ms(), &ev)) == 0)
		on_event(c, &ev);
	c->refused = channel_refused(c->ch, &detail);
	if (r != ERR_AGAIN)
		c->ended = true;
	else
		flush(c);
	return true;
}

struct client *
client_new(struct relay *r, const struct account *a)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(r->port) };
	struct channel_client p = { 0 };
	struct client *c = mem_alloc(sizeof(*c));

	c->relay = r;
	c->inbox = buf_new(64u << 20);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must((c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) >= 0);
	if (r->from != 0) {
		struct sockaddr_in own = { .sin_family = AF_INET };

		own.sin_addr.s_addr = htonl(r->from);
		must(bind(c->fd, (struct sockaddr *)&own, sizeof(own)) == 0);
	}
	must(connect(c->fd, (struct sockaddr *)&sin, sizeof(sin)) == 0);
	if (a != NULL) {
		p.device_key = a->device->sign;
		p.user_id = a->device->binding.user_id;
		p.device_id = a->device->id;
	}
	must(channel_new_client(&p, clock_mono_ms(), &c->ch) == 0);
	flush(c);
	while (!channel_is_open(c->ch) && !c->ended)
		must(client_read(c, RELAY_WAIT_MS));
	return c;
}

struct client *
client_sign_in(struct relay *r, const struct account *a)
{
	struct client *c = client_new(r, a);

	must(c->refused == 0 && !c->ended);
	return c;
}

void
client_free(struct client **pc)
{
	struct client *c = *pc;

	if (c == NULL)
		return;
	*pc = NULL;
	if (!c->ended && channel_close(c->ch, clock_mono_ms()) == 0)
		flush(c);
	close(c->fd);
	channel_free(&c->ch);
	buf_free(&c->inbox);
	free(c);
}

/* ---------------------------------------------------------------------------- messages */

void
client_send_raw(struct client *c, const void *p, size_t n)
{
	write_all(c, p, n);
}

void
client_send_octets(struct client *c, struct bytes message)
{
	must(channel_send(c->ch, message) == 0);
	flush(c);
}

uint64_t
client_send(struct client *c, Recado__ToRelay *m)
{
	struct buf *b = buf_new(0);

	m->number = ++c->number;
	must(pb_pack(m, b) == 0);
	must(kdf_sha256(buf_view(b), c->hashes[m->number % 4096]) == 0);
	client_send_octets(c, buf_view(b));
	buf_free(&b);
	return m->number;
}

/* The first message of the inbox that fits, taken out; NULL: none. */
static Recado__ToClient *
take_message(struct client *c, Recado__ToClient__OpCase kind, uint64_t number)
{
	struct buf *rest = buf_new(64u << 20);
	struct bytes all = buf_view(c->inbox), one;
	Recado__ToClient *m = NULL, *found = NULL;
	Recado__ReplyBody *body = NULL;

	while (all.n != 0) {
		must(bytes_get_string(&all, all.n, &one) == 0);
		must(pb_unpack(&recado__to_client__descriptor, one, &m) == 0);
		if (found == NULL && m->op_case == kind) {
			if (kind == RECADO__TO_CLIENT__OP_PUSH)
				found = m;
			else {
				must(pb_unpack(&recado__reply_body__descriptor,
					 pb_view(m->reply->body), &body) == 0);
				if (body->number == number)
					found = m;
				pb_free(&body);
			}
		}
		if (found != m) {
			must(buf_put_string(rest, one.p, one.n) == 0);
			pb_free(&m);
		}
		m = NULL;
	}
	buf_free(&c->inbox);
	c->inbox = rest;
	return found;
}

void
client_each(struct client *c, void (*fn)(const Recado__ToClient *m, void *arg), void *arg)
{
	struct bytes all = buf_view(c->inbox), one;
	Recado__ToClient *m = NULL;

	while (all.n != 0) {
		must(bytes_get_string(&all, all.n, &one) == 0);
		must(pb_unpack(&recado__to_client__descriptor, one, &m) == 0);
		fn(m, arg);
		pb_free(&m);
	}
	buf_reset(c->inbox);
}

/* Everything the relay signed about this reply. */
static void
verify_warrant(struct client *c, const Recado__Reply *reply, const Recado__ReplyBody *body)
{
	struct bytes transcript = channel_transcript(c->ch);
	struct buf *warrant = buf_new(0);
	struct warrant_reply leaf;
	uint8_t hash[32];

	must(pb_pack(reply->warrant, warrant) == 0);
	must(warrant_verify_reply(buf_view(warrant), c->relay->identity, &leaf) == 0);
	must(kdf_sha256(pb_view(reply->body), hash) == 0);
	must(memcmp(hash, leaf.reply_hash, 32) == 0);
	must(memcmp(c->hashes[body->number % 4096], leaf.request_hash, 32) == 0);
	must(leaf.number == body->number && leaf.status == body->status);
	must(leaf.transcript_len == transcript.n &&
	    memcmp(leaf.transcript, transcript.p, transcript.n) == 0);
	must(memcmp(leaf.relay_id, c->relay->id, 32) == 0 || mem_is_zero_ct(c->relay->id, 32));
	buf_free(&warrant);
}

Recado__ReplyBody *
client_reply_or_end(struct client *c, uint64_t number)
{
	Recado__ToClient *m;
	Recado__ReplyBody *body = NULL;

	while ((m = take_message(c, RECADO__TO_CLIENT__OP_REPLY, number)) == NULL) {
		if (c->ended)
			return NULL;
		must(client_read(c, RELAY_WAIT_MS));
	}
	must(pb_unpack(&recado__reply_body__descriptor, pb_view(m->reply->body), &body) == 0);
	verify_warrant(c, m->reply, body);
	pb_free(&m);
	return body;
}

Recado__ReplyBody *
client_reply(struct client *c, uint64_t number)
{
	Recado__ReplyBody *body = client_reply_or_end(c, number);

	must(body != NULL);
	return body;
}

Recado__ReplyBody *
client_call(struct client *c, Recado__ToRelay *m)
{
	return client_reply(c, client_send(c, m));
}

Recado__Push *
client_push(struct client *c, int ms)
{
	uint64_t until = clock_mono_ms() + (uint64_t)ms, now;
	Recado__ToClient *m;
	Recado__Push *push;

	while ((m = take_message(c, RECADO__TO_CLIENT__OP_PUSH, 0)) == NULL) {
		now = clock_mono_ms();
		if (c->ended || now >= until)
			return NULL;
		client_read(c, (int)(until - now));
	}
	push = m->push;
	m->push = NULL;
	m->op_case = RECADO__TO_CLIENT__OP__NOT_SET;
	pb_free(&m);
	return push;
}

bool
client_is_ended(struct client *c, int ms)
{
	uint64_t until = clock_mono_ms() + (uint64_t)ms, now;

	while (!c->ended && (now = clock_mono_ms()) < until)
		client_read(c, (int)(until - now));
	return c->ended;
}

uint32_t
client_name_check(struct client *c, const char *name)
{
	Recado__ToRelay m = RECADO__TO_RELAY__INIT;
	Recado__NameCheck check = RECADO__NAME_CHECK__INIT;
	Recado__ReplyBody *body;
	uint32_t status;

	check.user_name = pb_data((struct bytes){ (const uint8_t *)name, strlen(name) });
	m.op_case = RECADO__TO_RELAY__OP_NAME_CHECK;
	m.name_check = &check;
	body = client_call(c, &m);
	status = body->status;
	pb_free(&body);
	return status;
}

void
client_envelope(uint32_t seed, uint8_t *out, size_t size)
{
	for (size_t i = 0; i < size; i++)
		out[i] = (uint8_t)(seed >> (8 * (i % 4)) ^ i * 31);
}

uint64_t
client_deposit(
    struct client *c, struct account *from, const struct account *to, uint32_t seed, size_t size)
{
	Recado__ToRelay m = RECADO__TO_RELAY__INIT;
	Recado__Deposit d = RECADO__DEPOSIT__INIT;
	uint8_t *envelope = mem_alloc(size);
	uint64_t number;

	client_envelope(seed, envelope, size);
	d.number = ++from->deposits;
	d.mailbox = pb_data((struct bytes){ to->device->id, DEVICE_ID_LEN });
	d.list_head = pb_data((struct bytes){ to->list_head, HASH_LEN });
	d.envelope = pb_data((struct bytes){ envelope, size });
	m.op_case = RECADO__TO_RELAY__OP_DEPOSIT;
	m.deposit = &d;
	number = client_send(c, &m);
	free(envelope);
	return number;
}
