/*
 * What a peer that holds the channel's keys can say. The first octet picks the state, then each
 * u16 length || octets is one record, sealed under the right key.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/channel_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const enum channel_state states[] = { CHANNEL_CLIENT_AUTH, CHANNEL_WELCOME,
	CHANNEL_OPEN_RELAY, CHANNEL_OPEN_CLIENT, CHANNEL_REKEYING };

/* A channel in the middle of its life, both sides with the same fixed secrets. */
static struct channel *
make(const struct key_sign *identity, enum channel_state state, bool is_client)
{
	struct channel_server p = { .identity = identity };
	struct channel *c;

	if (channel_new_server(&p, 0, &c) != 0)
		abort();
	c->is_client = is_client;
	c->state = state;
	c->suite = SUITE_ECDHE_CHACHA20_POLY1305_SHA256;
	c->hash = KDF_SHA256;
	c->rekey_after = 3;
	memset(c->secrets, 7, sizeof *c->secrets);
	if (is_client)
		memset(&c->own, 0, sizeof c->own);
	return c;
}

/* A client that waits for an ack has sent its REKEY. */
static void
start_rekey(struct channel *c)
{
	c->state = CHANNEL_OPEN_CLIENT;
	if (channel_rekey_start(c, 0) != 0)
		abort();
}

static void
play(struct channel *from, struct channel *to, struct bytes in)
{
	struct channel_event ev;
	struct bytes record;
	uint16_t n;
	int r = ERR_AGAIN;

	while (r == ERR_AGAIN && bytes_get_u16(&in, &n) == 0) {
		if (n > in.n)
			n = (uint16_t)in.n;
		if (n == 0 || n > CHANNEL_RECORD_MAX || bytes_get_view(&in, n, &record) != 0)
			return;
		if (channel_record_seal(from, record) != 0 ||
		    channel_input(to, buf_ptr(from->out), buf_len(from->out), 0) != 0)
			abort();
		buf_reset(from->out);
		while ((r = channel_next(to, 0, &ev)) == 0)
			if (ev.kind == CHANNEL_EV_OPEN || ev.body.n > CHANNEL_MESSAGE_MAX)
				abort();
		if (r != ERR_AGAIN && (channel_reason(to)[0] == '\0' || to->secrets != NULL))
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t seed[KEY_LEN] = { 'f', 'u', 'z', 'z' };
	struct key_sign *k;
	struct channel *to, *from;
	enum channel_state state;
	bool is_client;

	if (size == 0)
		return 0;
	state = states[data[0] % (sizeof states / sizeof *states)];
	is_client = state != CHANNEL_CLIENT_AUTH && state != CHANNEL_OPEN_RELAY;
	if (key_sign_from_seed(seed, &k) != 0)
		abort();
	to = make(k, state, is_client);
	from = make(k, state, !is_client);
	if (state == CHANNEL_REKEYING)
		start_rekey(to);
	play(from, to, (struct bytes){ data + 1, size - 1 });
	channel_free(&to);
	channel_free(&from);
	key_sign_free(&k);
	return 0;
}
