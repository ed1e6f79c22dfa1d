/*
 * A direction's chain key gives, in one step, the key material of the next record and the next chain
 * key, and is overwritten by the latter: a record's key exists while that record is sealed or opened
 * and at no other time. The sequence number travels nowhere; both sides count, so a record that is
 * lost, doubled or moved meets a key that is not its own.
 */
#include <string.h>

#include "base/mem.h"
#include "crypto/channel_internal.h"
#include "crypto/label.h"

#define AD_LEN 17

enum channel_direction
channel_record_outwards(const struct channel *c)
{
	return c->is_client ? CHANNEL_TO_RELAY : CHANNEL_TO_CLIENT;
}

enum channel_direction
channel_record_inwards(const struct channel *c)
{
	return c->is_client ? CHANNEL_TO_CLIENT : CHANNEL_TO_RELAY;
}

bool
channel_record_full(const struct channel *c, enum channel_direction d)
{
	return c->flow[d].data >= c->rekey_after || c->flow[d].octets >= CHANNEL_EPOCH_OCTETS;
}

/* material for one record; the chain moves on. */
static int
step(struct channel *c, enum channel_direction d, uint8_t material[SUITE_MATERIAL_MAX])
{
	uint8_t both[SUITE_MATERIAL_MAX + KDF_MAX], *chain = c->secrets->chain[d];
	size_t n = suite_material(c->suite), len = kdf_len(c->hash);
	struct label_derive p = { c->hash, { chain, len }, "record", { NULL, 0 } };
	int r;

	memset(material, 0, SUITE_MATERIAL_MAX);
	if ((r = label_derive(&p, both, n + len)) == 0) {
		memcpy(material, both, n);
		memcpy(chain, both + n, len);
	}
	mem_wipe(both, sizeof both);
	return r;
}

/* u8 direction || u64 epoch || u64 sequence, which moves on. */
static struct bytes
associated(struct channel *c, enum channel_direction d, uint8_t ad[AD_LEN])
{
	uint64_t sequence = c->flow[d].sequence++;
	int i;

	ad[0] = (uint8_t)d;
	for (i = 0; i < 8; i++) {
		ad[1 + i] = (uint8_t)(c->epoch >> 8 * (7 - i));
		ad[9 + i] = (uint8_t)(sequence >> 8 * (7 - i));
	}
	return (struct bytes){ ad, AD_LEN };
}

int
channel_record_seal(struct channel *c, struct bytes record)
{
	enum channel_direction d = channel_record_outwards(c);
	uint8_t material[SUITE_MATERIAL_MAX], ad[AD_LEN];
	size_t n = suite_sealed_len(c->suite, record.n);
	int r;

	if (record.n == 0 || record.n > CHANNEL_RECORD_MAX)
		return ERR_BUG;
	if (buf_space(c->out) < FRAME_HEADER + n)
		return channel_because(c, ERR_LIMIT, "the peer takes nothing");
	if ((r = buf_put_u32(c->out, (uint32_t)n)) != 0 || (r = step(c, d, material)) != 0)
		return r;
	r = suite_seal(c->suite, material, associated(c, d, ad), record, c->out);
	mem_wipe(material, sizeof material);
	c->stats.records_out++;
	return r;
}

int
channel_record_open(struct channel *c, struct bytes sealed, struct bytes *record)
{
	enum channel_direction d = channel_record_inwards(c);
	uint8_t material[SUITE_MATERIAL_MAX], ad[AD_LEN];
	int r;

	*record = (struct bytes){ NULL, 0 };
	if (c->plain == NULL)
		c->plain = buf_new(FRAME_MAX);
	buf_reset(c->plain);
	if ((r = step(c, d, material)) != 0)
		return r;
	r = suite_open(c->suite, material, associated(c, d, ad), sealed, c->plain);
	mem_wipe(material, sizeof material);
	if (r != 0)
		return r;
	if (buf_len(c->plain) == 0)
		return ERR_FORMAT;
	if (buf_len(c->plain) > CHANNEL_RECORD_MAX)
		return ERR_LIMIT;
	c->stats.records_in++;
	*record = buf_view(c->plain);
	return 0;
}
