/*
 * Both sides count both directions, so both know when an epoch is used up: after as many DATA records
 * as the relay drew for it, in either direction, or 16 MiB, or ten minutes. The client starts. Its
 * REKEY is its last record under the old keys, the relay's REKEY_ACK the relay's last; who has used
 * up its share of an epoch sends no data before that, and who receives more ends the channel.
 */
#include "base/mem.h"
#include "crypto/channel_internal.h"
#include "crypto/rand.h"
#include "wire/pb.h"

#define EMPTY_EPOCH_MS 1000 /* an epoch that carried nothing lasts at least this long */

int
channel_rekey_draw(const struct channel *c, uint32_t *count)
{
	*count = c->own.server.rekey;
	if (*count != 0)
		return 0;
	return rand_range(CHANNEL_REKEY_MIN, CHANNEL_REKEY_MAX, count);
}

void
channel_rekey_begin(struct channel *c, uint64_t now)
{
	c->epoch++;
	c->epoch_start = now;
	c->asked = false;
	c->stats.epochs++;
}

/* type || Rekey with our share and, in an ack, the next epoch's count. */
static int
make(struct channel *c, enum channel_type type, uint32_t count, struct buf *record)
{
	Recado__KeyShare share = RECADO__KEY_SHARE__INIT;
	Recado__Rekey body = RECADO__REKEY__INIT;
	int r;

	share.group = CHANNEL_GROUP_X25519;
	share.share = pb_data((struct bytes){ key_dh_public(c->share), KEY_LEN });
	body.share = &share;
	body.rekey_after = count;
	if ((r = buf_put_u8(record, (uint8_t)type)) != 0)
		return r;
	return pb_pack(&body, record);
}

/* The peer's share and count. */
static int
parse(struct bytes record, uint8_t share[KEY_LEN], uint32_t *count)
{
	Recado__Rekey *body = NULL;
	int r;

	*count = 0;
	if ((r = pb_unpack(&recado__rekey__descriptor, (struct bytes){ record.p + 1, record.n - 1 },
		 &body)) == 0) {
		*count = body->rekey_after;
		r = channel_hello_share(body->share, share);
	}
	pb_free(&body);
	return r;
}

bool
channel_rekey_is_worth(const struct channel *c, uint64_t now)
{
	return c->flow[0].data > 0 || c->flow[1].data > 0 || now - c->epoch_start >= EMPTY_EPOCH_MS;
}

int
channel_rekey_start(struct channel *c, uint64_t now)
{
	int r;

	buf_free(&c->rekey_sent);
	c->rekey_sent = buf_new(CHANNEL_RECORD_MAX);
	if ((r = key_dh_new(&c->share)) != 0 ||
	    (r = make(c, CHANNEL_TYPE_REKEY, 0, c->rekey_sent)) != 0 ||
	    (r = channel_record_seal(c, buf_view(c->rekey_sent))) != 0)
		return r;
	c->state = CHANNEL_REKEYING;
	c->rekey_since = now;
	return 0;
}

int
channel_rekey_ask(struct channel *c, uint64_t now)
{
	static const uint8_t ask[1] = { CHANNEL_TYPE_REKEY_ASK };

	if (c->asked)
		return 0;
	c->asked = true;
	c->rekey_since = now;
	return channel_record_seal(c, (struct bytes){ ask, sizeof ask });
}

int
channel_rekey_if_due(struct channel *c, uint64_t now)
{
	if (c->state != CHANNEL_OPEN_CLIENT)
		return 0;
	if (!channel_record_full(c, CHANNEL_TO_RELAY) &&
	    !channel_record_full(c, CHANNEL_TO_CLIENT) && now - c->epoch_start < CHANNEL_EPOCH_MS)
		return 0;
	return channel_rekey_start(c, now);
}

/* Agree with the peer's share and switch both directions. Our share goes with it. */
static int
switch_keys(struct channel *c, const uint8_t peer[KEY_LEN], struct bytes rekey, struct bytes ack)
{
	uint8_t shared[KEY_LEN];
	int r;

	if ((r = key_dh_agree(c->share, peer, shared)) == 0)
		r = channel_schedule_rekey(c, shared, rekey, ack);
	mem_wipe(shared, sizeof shared);
	key_dh_free(&c->share);
	return r;
}

int
channel_rekey_get(struct channel *c, struct bytes record, uint64_t now)
{
	struct buf *ack = buf_new(CHANNEL_RECORD_MAX);
	uint8_t peer[KEY_LEN];
	uint32_t count;
	int r;

	if ((r = parse(record, peer, &count)) != 0)
		goto out;
	if (count != 0) {
		r = channel_because(c, ERR_FORMAT, "a count from the client");
		goto out;
	}
	if (!c->asked && !channel_rekey_is_worth(c, now)) {
		r = channel_because(c, ERR_RATE, "new keys for an epoch that carried nothing");
		goto out;
	}
	if ((r = channel_rekey_draw(c, &count)) != 0 || (r = key_dh_new(&c->share)) != 0 ||
	    (r = make(c, CHANNEL_TYPE_REKEY_ACK, count, ack)) != 0 ||
	    (r = channel_record_seal(c, buf_view(ack))) != 0 ||
	    (r = switch_keys(c, peer, record, buf_view(ack))) != 0)
		goto out;
	c->rekey_after = count;
	channel_rekey_begin(c, now);
out:
	buf_free(&ack);
	return r;
}

int
channel_rekey_get_ack(struct channel *c, struct bytes record, uint64_t now)
{
	uint8_t peer[KEY_LEN];
	uint32_t count;
	int r;

	if ((r = parse(record, peer, &count)) != 0)
		return r;
	if (count == 0 || count > CHANNEL_REKEY_TOP)
		return channel_because(c, ERR_FORMAT, "a count out of range");
	if ((r = switch_keys(c, peer, buf_view(c->rekey_sent), record)) != 0)
		return r;
	buf_free(&c->rekey_sent);
	c->rekey_after = count;
	c->state = CHANNEL_OPEN_CLIENT;
	channel_rekey_begin(c, now);
	return 0;
}
