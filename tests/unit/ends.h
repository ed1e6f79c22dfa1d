/*
 * ends: a client's and a relay's channel with the wire between them in the test's hands.
 */
#ifndef RECADO_TESTS_ENDS_H
#define RECADO_TESTS_ENDS_H

#include <string.h>

#include "base/mem.h"
#include "crypto/channel.h"
#include "crypto/rand.h"
#include "crypto/rotation.h"
#include "crypto/suite.h"
#include "unit.h"
#include "wire/recado.pb-c.h"

struct ends {
	struct channel_client client_params;
	struct channel_server server_params;
	struct channel *client, *server;
	struct key_sign *identity, *device;
	uint8_t user_id[32], device_id[16];
	uint64_t now;
	size_t piece; /* octets of the wire moved at once; 0: all there are */
	bool hold_confirm, hold_admit;
	/* Everything that crossed, one way and the other, where the test wants it. */
	struct buf *to_server, *to_client;
	/* What came of it. */
	int client_error, server_error;
	bool client_open, server_open, client_closed, server_closed;
	struct rotation_chain relay;
	size_t got[2];      /* messages at the server, at the client */
	uint64_t octets[2]; /* in them */
	uint64_t sum[2];    /* of a running hash over them */
};

static inline struct bytes
ends_text(const char *s)
{
	return (struct bytes){ (const uint8_t *)s, strlen(s) };
}

static const struct channel_limits ends_limits = { 32768, 600, 1000, 50, 300, 48 };

static inline void
ends_init(struct ends *p)
{
	memset(p, 0, sizeof *p);
	ck_assert_int_eq(key_sign_new(&p->identity), 0);
	ck_assert_int_eq(key_sign_new(&p->device), 0);
	memset(p->user_id, 0x11, sizeof p->user_id);
	memset(p->device_id, 0x22, sizeof p->device_id);
	p->client_params.device_key = p->device;
	p->client_params.user_id = p->user_id;
	p->client_params.device_id = p->device_id;
	p->server_params.identity = p->identity;
	p->now = 1000;
}

static inline void
ends_start(struct ends *p)
{
	ck_assert_int_eq(channel_new_client(&p->client_params, p->now, &p->client), 0);
	ck_assert_int_eq(channel_new_server(&p->server_params, p->now, &p->server), 0);
}

static inline void
ends_clear(struct ends *p)
{
	channel_free(&p->client);
	channel_free(&p->server);
	key_sign_free(&p->identity);
	key_sign_free(&p->device);
	buf_free(&p->to_server);
	buf_free(&p->to_client);
}

/* FNV-1a, carried on: order and borders of messages change it. */
static inline uint64_t
ends_sum(uint64_t sum, struct bytes m)
{
	size_t i;

	sum ^= m.n;
	for (i = 0; i < m.n; i++)
		sum = (sum ^ m.p[i]) * UINT64_C(0x100000001b3);
	return sum;
}

static inline void
ends_event(struct ends *p, struct channel *c, const struct channel_event *ev)
{
	bool client = c == p->client;

	switch (ev->kind) {
	case CHANNEL_EV_IDENTITY:
		ck_assert_mem_eq(rotation_current(ev->relay),
		    key_sign_public(p->server_params.identity), KEY_LEN);
		p->relay = *ev->relay;
		if (!p->hold_confirm)
			ck_assert_int_eq(channel_confirm(c, p->now), 0);
		break;
	case CHANNEL_EV_AUTH:
		ck_assert_uint_eq(ev->user_id.n, p->client_params.user_id != NULL ? 32 : 0);
		if (!p->hold_admit)
			p->server_error =
			    channel_admit(c, ev->user_id.n > 0 ? key_sign_public(p->device) : NULL,
				&ends_limits, 777, p->now);
		break;
	case CHANNEL_EV_OPEN:
		*(client ? &p->client_open : &p->server_open) = true;
		if (client) {
			ck_assert_mem_eq(&ev->limits, &ends_limits, sizeof ends_limits);
			ck_assert_uint_eq(ev->peer_time, 777);
		}
		break;
	case CHANNEL_EV_MESSAGE:
		p->got[client]++;
		p->octets[client] += ev->body.n;
		p->sum[client] = ends_sum(p->sum[client], ev->body);
		break;
	case CHANNEL_EV_CLOSED:
		*(client ? &p->client_closed : &p->server_closed) = true;
		break;
	}
}

/* Feed one side, take its events. */
static inline void
ends_feed(struct ends *p, struct channel *to, struct bytes octets)
{
	int *error = to == p->client ? &p->client_error : &p->server_error;
	struct channel_event ev;
	int r;

	if (*error != 0 || (*error = channel_input(to, octets.p, octets.n, p->now)) != 0)
		return;
	while ((r = channel_next(to, p->now, &ev)) == 0)
		ends_event(p, to, &ev);
	if (r != ERR_AGAIN)
		*error = r;
}

/* Move up to piece octets; false when there was nothing. */
static inline bool
ends_move(struct ends *p, struct channel *from, struct channel *to, struct buf *log)
{
	struct buf *out = channel_output(from);
	size_t n = buf_len(out);
	uint8_t *copy;

	if (n == 0)
		return false;
	if (n > 16384)
		n = 16384;
	if (p->piece > 0 && n > p->piece)
		n = p->piece;
	copy = mem_alloc(n);
	memcpy(copy, buf_ptr(out), n);
	ck_assert_int_eq(buf_consume(out, n), 0);
	if (log != NULL)
		ck_assert_int_eq(buf_put(log, copy, n), 0);
	ends_feed(p, to, (struct bytes){ copy, n });
	free(copy);
	return true;
}

/* Until nothing moves. */
static inline void
ends_pump(struct ends *p)
{
	bool moved;

	do {
		if (p->client_error == 0)
			(void)!channel_flush(p->client, p->now);
		if (p->server_error == 0)
			(void)!channel_flush(p->server, p->now);
		moved = ends_move(p, p->client, p->server, p->to_server);
		moved |= ends_move(p, p->server, p->client, p->to_client);
	} while (moved);
}

static inline void
ends_open(struct ends *p)
{
	ends_start(p);
	ends_pump(p);
	ck_assert_int_eq(p->client_error, 0);
	ck_assert_int_eq(p->server_error, 0);
	ck_assert(p->client_open && p->server_open);
}

/* n messages of lengths around every border each way, and what their sums must be. */
static inline void
ends_talk(struct ends *p, size_t largest)
{
	static const size_t lengths[] = { 1, 3, 200, 16374, 16379, 16380, 16384, 16385, 40000,
		CHANNEL_MESSAGE_MAX };
	uint64_t want[2] = { p->sum[0], p->sum[1] };
	uint8_t *m = mem_alloc(CHANNEL_MESSAGE_MAX);
	size_t i, before = p->got[0], n = 0;

	ck_assert_int_eq(rand_bytes(m, CHANNEL_MESSAGE_MAX), 0);
	for (i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		if (lengths[i] > largest)
			continue;
		m[0] = (uint8_t)i;
		ck_assert_int_eq(channel_send(p->client, (struct bytes){ m, lengths[i] }), 0);
		want[0] = ends_sum(want[0], (struct bytes){ m, lengths[i] });
		m[0] ^= 0x80;
		ck_assert_int_eq(channel_send(p->server, (struct bytes){ m, lengths[i] }), 0);
		want[1] = ends_sum(want[1], (struct bytes){ m, lengths[i] });
		n++;
	}
	ends_pump(p);
	ck_assert_int_eq(p->client_error, 0);
	ck_assert_int_eq(p->server_error, 0);
	ck_assert_uint_eq(p->got[0], before + n);
	ck_assert_uint_eq(p->sum[0], want[0]);
	ck_assert_uint_eq(p->sum[1], want[1]);
	ck_assert_uint_eq(channel_pending(p->client) + channel_pending(p->server), 0);
	free(m);
}

#endif
