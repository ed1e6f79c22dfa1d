/*
 * One table says which message each state takes, who handles it and how long a frame may be. What
 * is not listed is an error, and an error is the end of the channel.
 */
#include "crypto/channel_internal.h"

typedef int handler(struct channel *c, struct bytes m, struct channel_event *ev, uint64_t now);

static handler get_client_hello, get_server_hello, get_auth, get_welcome, get_data, get_rekey,
    get_rekey_ack, get_rekey_ask, ignore_ask, get_close;

/* A state: its name in reasons, how long a frame it takes (0: it reads nothing), and what. */
static const struct room {
	const char *name;
	size_t frame_max;
	bool clear; /* frames are hellos, not sealed records */
	handler *on[CHANNEL_TYPES];
} rooms[CHANNEL_STATES] = {
	[CHANNEL_CLIENT_HELLO] = { "client hello", FRAME_MAX_OPEN, true,
	    { [CHANNEL_TYPE_CLIENT_HELLO] = get_client_hello } },
	[CHANNEL_SERVER_HELLO] = { "server hello", FRAME_MAX_OPEN, true,
	    { [CHANNEL_TYPE_SERVER_HELLO] = get_server_hello } },
	[CHANNEL_CONFIRM] = { "pin", 0, false, { NULL } },
	[CHANNEL_CLIENT_AUTH] = { "sign-in", FRAME_MAX_OPEN, false,
	    { [CHANNEL_TYPE_AUTH] = get_auth } },
	[CHANNEL_ADMIT] = { "sign-in", 0, false, { NULL } },
	[CHANNEL_WELCOME] = { "welcome", FRAME_MAX_OPEN, false,
	    { [CHANNEL_TYPE_WELCOME] = get_welcome } },
	[CHANNEL_OPEN_CLIENT] = { "record", FRAME_MAX, false,
	    { [CHANNEL_TYPE_DATA] = get_data,
		[CHANNEL_TYPE_REKEY_ASK] = get_rekey_ask,
		[CHANNEL_TYPE_CLOSE] = get_close } },
	[CHANNEL_REKEYING] = { "record while rekeying", FRAME_MAX, false,
	    { [CHANNEL_TYPE_DATA] = get_data,
		[CHANNEL_TYPE_REKEY_ACK] = get_rekey_ack,
		[CHANNEL_TYPE_REKEY_ASK] = ignore_ask,
		[CHANNEL_TYPE_CLOSE] = get_close } },
	[CHANNEL_OPEN_RELAY] = { "record", FRAME_MAX, false,
	    { [CHANNEL_TYPE_DATA] = get_data,
		[CHANNEL_TYPE_REKEY] = get_rekey,
		[CHANNEL_TYPE_CLOSE] = get_close } },
	[CHANNEL_ENDED] = { "end", 0, false, { NULL } },
};

const char *
channel_read_name(enum channel_state state)
{
	return rooms[state].name;
}

/* --- Messages of the table ------------------------------------------------------ */

static int
get_client_hello(struct channel *c, struct bytes m, struct channel_event *ev, uint64_t now)
{
	int r;

	(void)ev;
	(void)now;
	if ((r = channel_hello_get_client(c, m)) == 0)
		c->state = CHANNEL_CLIENT_AUTH;
	return r;
}

static int
get_server_hello(struct channel *c, struct bytes m, struct channel_event *ev, uint64_t now)
{
	int r;

	(void)now;
	if ((r = channel_hello_get_server(c, m)) != 0)
		return r;
	c->state = CHANNEL_CONFIRM;
	ev->kind = CHANNEL_EV_IDENTITY;
	ev->relay = &c->relay;
	return 0;
}

static int
get_auth(struct channel *c, struct bytes m, struct channel_event *ev, uint64_t now)
{
	int r;

	(void)now;
	if ((r = channel_auth_get(c, m)) != 0)
		return r;
	c->state = CHANNEL_ADMIT;
	ev->kind = CHANNEL_EV_AUTH;
	if (c->signs_in) {
		ev->user_id = (struct bytes){ c->user_id, sizeof c->user_id };
		ev->device_id = (struct bytes){ c->device_id, sizeof c->device_id };
	}
	return 0;
}

static int
get_welcome(struct channel *c, struct bytes m, struct channel_event *ev, uint64_t now)
{
	int r;

	if ((r = channel_auth_get_welcome(c, m, ev)) != 0)
		return r;
	ev->kind = CHANNEL_EV_OPEN;
	return channel_open_epoch(c, CHANNEL_OPEN_CLIENT, now);
}

static int
get_data(struct channel *c, struct bytes m, struct channel_event *ev, uint64_t now)
{
	(void)ev;
	(void)now;
	return channel_data_get(c, m);
}

static int
get_rekey(struct channel *c, struct bytes m, struct channel_event *ev, uint64_t now)
{
	int r;

	(void)ev;
	if ((r = channel_rekey_get(c, m, now)) != 0)
		return r;
	return channel_flush(c, now);
}

static int
get_rekey_ack(struct channel *c, struct bytes m, struct channel_event *ev, uint64_t now)
{
	int r;

	(void)ev;
	if ((r = channel_rekey_get_ack(c, m, now)) != 0)
		return r;
	return channel_flush(c, now);
}

static int
get_rekey_ask(struct channel *c, struct bytes m, struct channel_event *ev, uint64_t now)
{
	(void)ev;
	if (m.n != 1)
		return ERR_TRAILING;
	return channel_rekey_start(c, now);
}

/* It crossed our REKEY. */
static int
ignore_ask(struct channel *c, struct bytes m, struct channel_event *ev, uint64_t now)
{
	(void)c;
	(void)ev;
	(void)now;
	return m.n == 1 ? 0 : ERR_TRAILING;
}

static int
get_close(struct channel *c, struct bytes m, struct channel_event *ev, uint64_t now)
{
	(void)now;
	if (m.n != 1)
		return ERR_TRAILING;
	if (c->message != NULL)
		return channel_because(c, ERR_SHORT, "goodbye within a message");
	ev->kind = CHANNEL_EV_CLOSED;
	c->why = "closed by the peer";
	channel_end(c, ERR_CLOSED);
	return 0;
}

/* --- Reading ------------------------------------------------------------------ */

/* One frame of c->in through the table. */
static int
take(struct channel *c, struct bytes frame, struct channel_event *ev, uint64_t now)
{
	const struct room *room = &rooms[c->state];
	struct bytes m = frame;
	unsigned type;
	int r;

	if (room->clear) {
		type = c->is_client ? CHANNEL_TYPE_SERVER_HELLO : CHANNEL_TYPE_CLIENT_HELLO;
	} else {
		if ((r = channel_record_open(c, frame, &m)) != 0)
			return r;
		type = m.p[0];
		if (type == CHANNEL_TYPE_CLIENT_HELLO || type >= CHANNEL_TYPE_SERVER_HELLO)
			return channel_because(c, ERR_UNEXPECTED, "unknown kind of record");
	}
	if (room->on[type] == NULL)
		return ERR_UNEXPECTED;
	return room->on[type](c, m, ev, now);
}

/* 0: a frame was taken. */
static int
read_frame(struct channel *c, struct channel_event *ev, uint64_t now)
{
	struct bytes frame;
	size_t used;
	int r;

	if (rooms[c->state].frame_max == 0)
		return ERR_AGAIN;
	r = frame_peek(buf_view(c->in), rooms[c->state].frame_max, &frame, &used);
	if (r != 0)
		return r;
	if ((r = take(c, frame, ev, now)) != 0)
		return r;
	/* The channel's end has emptied c->in already. */
	return c->error != 0 ? 0 : buf_consume(c->in, used);
}

int
channel_read_event(struct channel *c, uint64_t now, struct channel_event *ev)
{
	int r;

	if (c->opened) {
		c->opened = false;
		ev->kind = CHANNEL_EV_OPEN;
		return 0;
	}
	do {
		if ((r = channel_data_next(c, &ev->body)) == 0) {
			ev->kind = CHANNEL_EV_MESSAGE;
			return 0;
		}
		if (r != ERR_AGAIN)
			return r;
		if ((r = channel_rekey_if_due(c, now)) != 0 || (r = read_frame(c, ev, now)) != 0)
			return r;
	} while (ev->kind == 0);
	return 0;
}
