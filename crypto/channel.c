/*
 * A channel's life from outside. Any error is its end: keys are wiped at once, and only the reason
 * and what was already sealed remain. The caller is an event loop, so nothing here waits.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/channel_internal.h"
#include "wire/recado.pb-c.h"

#define IN_MAX_EARLY (2 * (FRAME_HEADER + FRAME_MAX_OPEN))
#define IN_MAX (CHANNEL_INPUT_MAX + FRAME_HEADER + FRAME_MAX)

/* --- Ending --------------------------------------------------------------------- */

int
channel_because(struct channel *c, int error, const char *why)
{
	c->why = why;
	return error;
}

static void
drop_keys(struct channel *c)
{
	mem_secret_free(&c->secrets);
	key_dh_free(&c->share);
	buf_free(&c->script);
	buf_free(&c->rekey_sent);
	buf_free(&c->plain);
	buf_free(&c->message);
	c->data = (struct bytes){ NULL, 0 };
	c->delivered = false;
	if (c->queue != NULL)
		buf_reset(c->queue);
	if (c->in != NULL)
		buf_reset(c->in);
}

int
channel_end(struct channel *c, int error)
{
	const char *why = c->why != NULL ? c->why : err_text(error);

	if (c->error != 0)
		return c->error;
	snprintf(c->reason, sizeof c->reason, "%s: %s", channel_read_name(c->state), why);
	drop_keys(c);
	c->error = error;
	c->state = CHANNEL_ENDED;
	c->deadline = UINT64_MAX;
	return error;
}

/* --- Beginning ------------------------------------------------------------------ */

static int
check_suites(const uint16_t *suites, size_t n)
{
	size_t i;

	if (n == 0 || n > SUITE_COUNT)
		return ERR_SUITE;
	for (i = 0; i < n; i++)
		if (suite_rank(suites[i]) < 0)
			return ERR_SUITE;
	return 0;
}

static int
make(const uint16_t *suites, size_t count, uint64_t now, struct channel **out)
{
	struct channel *c;
	int r;

	*out = NULL;
	if (suites == NULL) {
		suites = suite_all();
		count = SUITE_COUNT;
	}
	if ((r = check_suites(suites, count)) != 0)
		return r;
	c = mem_alloc(sizeof *c);
	memcpy(c->suites, suites, count * sizeof *suites);
	c->suite_count = count;
	c->deadline = now + CHANNEL_HANDSHAKE_MS;
	c->secrets = mem_secret_alloc(sizeof *c->secrets);
	c->script = buf_new(5 * FRAME_MAX_OPEN);
	c->in = buf_new(IN_MAX);
	c->out = buf_new(CHANNEL_OUTPUT_MAX + 4 * FRAME_MAX);
	c->queue = buf_new(CHANNEL_QUEUE_MAX);
	c->message_max = c->send_max = CHANNEL_MESSAGE_MAX;
	*out = c;
	return 0;
}

int
channel_new_client(const struct channel_client *p, uint64_t now, struct channel **out)
{
	struct channel *c;
	int r;

	*out = NULL;
	if ((p->device_key == NULL) != (p->user_id == NULL) ||
	    (p->user_id == NULL) != (p->device_id == NULL))
		return ERR_BUG;
	if ((r = make(p->suites, p->suite_count, now, &c)) != 0)
		return r;
	c->is_client = true;
	c->state = CHANNEL_SERVER_HELLO;
	c->own.client = *p;
	if (p->device_key != NULL) {
		c->signs_in = true;
		memcpy(c->user_id, p->user_id, sizeof c->user_id);
		memcpy(c->device_id, p->device_id, sizeof c->device_id);
	} else {
		c->send_max = CHANNEL_MESSAGE_MAX_OPEN;
	}
	if ((r = channel_hello_put_client(c)) != 0) {
		channel_free(&c);
		return r;
	}
	*out = c;
	return 0;
}

int
channel_new_server(const struct channel_server *p, uint64_t now, struct channel **out)
{
	struct channel *c;
	int r;

	*out = NULL;
	if (p->identity == NULL)
		return ERR_BUG;
	if (p->rotation_count > ROTATION_MAX || p->rekey > CHANNEL_REKEY_TOP)
		return ERR_LIMIT;
	if ((r = make(p->suites, p->suite_count, now, &c)) != 0)
		return r;
	c->state = CHANNEL_CLIENT_HELLO;
	c->own.server = *p;
	c->message_max = CHANNEL_MESSAGE_MAX_OPEN;
	*out = c;
	return 0;
}

void
channel_free(struct channel **pc)
{
	struct channel *c = *pc;

	*pc = NULL;
	if (c == NULL)
		return;
	drop_keys(c);
	buf_free(&c->in);
	buf_free(&c->out);
	buf_free(&c->queue);
	mem_wipe(c, sizeof *c);
	free(c);
}

int
channel_open_epoch(struct channel *c, enum channel_state state, uint64_t now)
{
	int r;

	if ((r = channel_schedule_open(c)) != 0)
		return r;
	channel_rekey_begin(c, now);
	c->state = state;
	c->deadline = UINT64_MAX;
	return 0;
}

/* --- Reading -------------------------------------------------------------------- */

int
channel_input(struct channel *c, const void *p, size_t n, uint64_t now)
{
	bool early = !channel_is_open(c) && !c->is_client;

	(void)now;
	if (c->error != 0)
		return c->error;
	if ((early && (n > IN_MAX_EARLY || buf_len(c->in) > IN_MAX_EARLY - n)) ||
	    n > buf_space(c->in)) {
		c->why = "more octets than this state takes";
		return channel_end(c, ERR_LIMIT);
	}
	return buf_put(c->in, p, n);
}

int
channel_next(struct channel *c, uint64_t now, struct channel_event *ev)
{
	int r;

	memset(ev, 0, sizeof *ev);
	if (c->error != 0)
		return c->error;
	if ((r = channel_read_event(c, now, ev)) != 0 && r != ERR_AGAIN) {
		memset(ev, 0, sizeof *ev);
		return channel_end(c, r);
	}
	return r;
}

struct buf *
channel_output(struct channel *c)
{
	return c->out;
}

/* --- The caller's decisions ----------------------------------------------------- */

int
channel_confirm(struct channel *c, uint64_t now)
{
	int r;

	(void)now;
	if (c->error != 0)
		return c->error;
	if (c->state != CHANNEL_CONFIRM)
		return ERR_UNEXPECTED;
	if ((r = channel_auth_put(c)) != 0)
		return channel_end(c, r);
	c->state = CHANNEL_WELCOME;
	return 0;
}

int
channel_check_sign_in(struct channel *c, const uint8_t *device_public)
{
	int r;

	if (c->error != 0)
		return c->error;
	if (c->state != CHANNEL_ADMIT || device_public == NULL)
		return ERR_UNEXPECTED;
	r = channel_auth_check(c, device_public);
	return r == 0 ? 0 : channel_end(c, r);
}

int
channel_admit(struct channel *c, const uint8_t *device_public, const struct channel_limits *limits,
    uint64_t wall, uint64_t now)
{
	struct channel_welcome w = { RECADO__STATUS__STATUS_OK, NULL, limits, wall };
	int r;

	if (c->error != 0)
		return c->error;
	if (c->state != CHANNEL_ADMIT)
		return ERR_UNEXPECTED;
	if ((r = channel_auth_check(c, device_public)) != 0 ||
	    (r = channel_rekey_draw(c, &c->rekey_after)) != 0 ||
	    (r = channel_auth_put_welcome(c, &w)) != 0 ||
	    (r = channel_open_epoch(c, CHANNEL_OPEN_RELAY, now)) != 0)
		return channel_end(c, r);
	c->opened = true;
	if (device_public != NULL)
		c->message_max = CHANNEL_MESSAGE_MAX;
	return 0;
}

int
channel_refuse(struct channel *c, uint32_t status, const char *detail)
{
	struct channel_welcome w = { status, detail, NULL, 0 };
	int r;

	if (c->error != 0)
		return c->error;
	if (c->state != CHANNEL_ADMIT || status == RECADO__STATUS__STATUS_OK || status == 0)
		return ERR_UNEXPECTED;
	if ((r = channel_auth_put_welcome(c, &w)) != 0)
		return channel_end(c, r);
	c->why = "refused";
	channel_end(c, ERR_CLOSED);
	return 0;
}

/* --- Writing -------------------------------------------------------------------- */

int
channel_send(struct channel *c, struct bytes message)
{
	int r;

	if (c->error != 0)
		return c->error;
	if (!channel_is_open(c) || c->closing)
		return ERR_UNEXPECTED;
	if (message.n == 0)
		return ERR_FORMAT;
	if (message.n > c->send_max)
		return ERR_LIMIT;
	r = buf_put_string(c->queue, message.p, message.n);
	return r;
}

/* After the last message. A client that waits for REKEY_ACK has to wait with this too. */
static int
say_goodbye(struct channel *c)
{
	static const uint8_t goodbye[1] = { CHANNEL_TYPE_CLOSE };
	int r;

	if (!c->closing || c->state == CHANNEL_REKEYING || channel_pending(c) > 0)
		return 0;
	if ((r = channel_record_seal(c, (struct bytes){ goodbye, sizeof goodbye })) != 0)
		return r;
	c->why = "closed";
	channel_end(c, ERR_CLOSED);
	return 0;
}

int
channel_flush(struct channel *c, uint64_t now)
{
	int r;

	if (c->error != 0)
		return c->error;
	if (!channel_is_open(c))
		return 0;
	if ((r = channel_data_flush(c)) != 0 || (r = say_goodbye(c)) != 0 ||
	    (r = channel_rekey_if_due(c, now)) != 0)
		return channel_end(c, r);
	return 0;
}

size_t
channel_pending(const struct channel *c)
{
	return buf_len(c->queue);
}

int
channel_rekey(struct channel *c, uint64_t now)
{
	int r;

	if (c->error != 0)
		return c->error;
	if (!channel_is_open(c))
		return ERR_UNEXPECTED;
	if (c->state == CHANNEL_REKEYING || !channel_rekey_is_worth(c, now))
		return 0;
	r = c->is_client ? channel_rekey_start(c, now) : channel_rekey_ask(c, now);
	return r == 0 ? 0 : channel_end(c, r);
}

int
channel_close(struct channel *c, uint64_t now)
{
	if (c->error != 0)
		return c->error;
	if (!channel_is_open(c)) {
		c->why = "closed";
		channel_end(c, ERR_CLOSED);
		return 0;
	}
	c->closing = true;
	return channel_flush(c, now);
}

/* --- Time ----------------------------------------------------------------------- */

uint64_t
channel_deadline(const struct channel *c)
{
	switch (c->state) {
	case CHANNEL_OPEN_CLIENT:
		return c->epoch_start + CHANNEL_EPOCH_MS;
	case CHANNEL_REKEYING:
		return c->rekey_since + CHANNEL_REKEY_MS;
	case CHANNEL_OPEN_RELAY:
		/* The client should have been first. */
		return c->asked ? c->rekey_since + CHANNEL_REKEY_MS
				: c->epoch_start + CHANNEL_EPOCH_MS + CHANNEL_REKEY_MS;
	default:
		return c->deadline;
	}
}

int
channel_tick(struct channel *c, uint64_t now)
{
	int r;

	if (c->error != 0)
		return c->error;
	if (now < channel_deadline(c))
		return 0;
	if (c->state == CHANNEL_OPEN_CLIENT)
		r = channel_rekey_start(c, now);
	else if (c->state == CHANNEL_OPEN_RELAY && !c->asked)
		r = channel_rekey_ask(c, now);
	else
		r = ERR_TIMEOUT;
	return r == 0 ? 0 : channel_end(c, r);
}

/* --- What is known -------------------------------------------------------------- */

bool
channel_is_open(const struct channel *c)
{
	return c->state == CHANNEL_OPEN_CLIENT || c->state == CHANNEL_REKEYING ||
	    c->state == CHANNEL_OPEN_RELAY;
}

uint16_t
channel_suite(const struct channel *c)
{
	return c->suite;
}

struct bytes
channel_transcript(const struct channel *c)
{
	return (struct bytes){ c->transcript, c->stats.epochs > 0 ? kdf_len(c->hash) : 0 };
}

uint32_t
channel_refused(const struct channel *c, const char **detail)
{
	*detail = c->detail;
	return c->refused;
}

const char *
channel_reason(const struct channel *c)
{
	return c->reason;
}

void
channel_stats(const struct channel *c, struct channel_stats *out)
{
	*out = c->stats;
}
