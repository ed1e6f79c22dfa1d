/*
 * A DATA record is fragments one after another: u32 length, whose top bit says that the message ends
 * here, and the octets. So one record carries many small messages, and a large one lies over several
 * records. A fragment that does not end its message fills the rest of its record; the bit is under
 * the record's MAC, so a message cut short never looks whole.
 */
#include "base/mem.h"
#include "crypto/channel_internal.h"

#define FRAGMENT_HEAD 4

int
channel_data_get(struct channel *c, struct bytes record)
{
	enum channel_direction d = channel_record_inwards(c);

	if (channel_record_full(c, d))
		return channel_because(c, ERR_UNEXPECTED, "more data than the epoch may carry");
	c->flow[d].data++;
	c->flow[d].octets += record.n;
	c->data = (struct bytes){ record.p + 1, record.n - 1 };
	return c->data.n > 0 ? 0 : ERR_FORMAT;
}

/* Take one fragment off c->data. */
static int
take_fragment(struct channel *c, struct bytes *octets, bool *last)
{
	uint32_t head;

	*last = false;
	*octets = (struct bytes){ NULL, 0 };
	if (bytes_get_u32(&c->data, &head) != 0)
		return ERR_FORMAT;
	*last = (head & CHANNEL_FRAGMENT_LAST) != 0;
	head &= ~CHANNEL_FRAGMENT_LAST;
	if (head == 0 || bytes_get_view(&c->data, head, octets) != 0)
		return ERR_FORMAT;
	if (!*last && c->data.n > 0)
		return ERR_FORMAT;
	return 0;
}

/* The record and the message handed out last are done with. */
static void
forget(struct channel *c)
{
	if (c->delivered)
		buf_free(&c->message);
	c->delivered = false;
	if (c->data.n == 0)
		buf_free(&c->plain);
}

int
channel_data_next(struct channel *c, struct bytes *message)
{
	struct bytes octets;
	size_t before;
	bool last;
	int r;

	*message = (struct bytes){ NULL, 0 };
	forget(c);
	if (c->data.n == 0)
		return ERR_AGAIN;
	if ((r = take_fragment(c, &octets, &last)) != 0)
		return r;
	before = c->message == NULL ? 0 : buf_len(c->message);
	if (octets.n > c->message_max - before)
		return channel_because(c, ERR_LIMIT, "a message is larger than the limit");
	if (last && c->message == NULL) {
		*message = octets;
		return 0;
	}
	if (c->message == NULL)
		c->message = buf_new(c->message_max);
	if ((r = buf_put_bytes(c->message, octets)) != 0)
		return r;
	if (!last) {
		buf_free(&c->plain);
		return ERR_AGAIN;
	}
	c->delivered = true;
	*message = buf_view(c->message);
	return 0;
}

bool
channel_data_paused(const struct channel *c)
{
	if (c->state != CHANNEL_OPEN_CLIENT && c->state != CHANNEL_OPEN_RELAY)
		return true;
	return channel_record_full(c, channel_record_outwards(c));
}

/* Move as much of the queue into the record as it holds. */
static int
fill(struct channel *c, struct buf *record)
{
	uint32_t n, head;
	size_t room;
	int r;

	if ((r = buf_put_u8(record, CHANNEL_TYPE_DATA)) != 0)
		return r;
	while (buf_len(c->queue) > 0 && buf_space(record) > FRAGMENT_HEAD) {
		if (c->part == 0) {
			if ((r = buf_get_u32(c->queue, &n)) != 0)
				return r;
			c->part = n;
		}
		room = buf_space(record) - FRAGMENT_HEAD;
		n = (uint32_t)(c->part < room ? c->part : room);
		head = n | (n == c->part ? CHANNEL_FRAGMENT_LAST : 0);
		if ((r = buf_put_u32(record, head)) != 0 ||
		    (r = buf_put(record, buf_ptr(c->queue), n)) != 0 ||
		    (r = buf_consume(c->queue, n)) != 0)
			return r;
		c->part -= n;
	}
	return 0;
}

int
channel_data_flush(struct channel *c)
{
	struct channel_flow *flow = &c->flow[channel_record_outwards(c)];
	struct buf *record;
	int r = 0;

	if (buf_len(c->queue) == 0)
		return 0;
	record = buf_new(CHANNEL_RECORD_MAX);
	while (r == 0 && buf_len(c->queue) > 0 && !channel_data_paused(c) &&
	    buf_len(c->out) < CHANNEL_OUTPUT_MAX) {
		buf_reset(record);
		if ((r = fill(c, record)) == 0)
			r = channel_record_seal(c, buf_view(record));
		flow->data++;
		flow->octets += buf_len(record);
	}
	buf_free(&record);
	return r;
}
