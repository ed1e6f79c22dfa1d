#include "crypto/skipped.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/session.h"

/* --- memory ---------------------------------------------------------------------------------- */

static void *
grow(void *old, size_t count, size_t room, size_t size)
{
	void *grown = mem_secret_alloc(room * size);

	if (count > 0)
		memcpy(grown, old, count * size);
	mem_secret_free(&old);
	return grown;
}

void
skipped_reserve(struct skipped *s, size_t n)
{
	if (s->key_room - s->key_count >= n)
		return;
	s->key_room = s->key_count + (n > 8 ? n : 8);
	s->keys = grow(s->keys, s->key_count, s->key_room, sizeof(*s->keys));
}

static void
reserve_chain(struct skipped *s)
{
	if (s->chain_count < s->chain_room)
		return;
	s->chain_room = s->chain_count + 4;
	s->chains = grow(s->chains, s->chain_count, s->chain_room, sizeof(*s->chains));
}

void
skipped_copy(struct skipped *to, const struct skipped *from)
{
	memset(to, 0, sizeof(*to));
	if (from->key_count == 0)
		return;
	to->key_count = to->key_room = from->key_count;
	to->keys = mem_secret_alloc(to->key_room * sizeof(*to->keys));
	memcpy(to->keys, from->keys, to->key_count * sizeof(*to->keys));
	to->chain_count = to->chain_room = from->chain_count;
	to->chains = mem_secret_alloc(to->chain_room * sizeof(*to->chains));
	memcpy(to->chains, from->chains, to->chain_count * sizeof(*to->chains));
}

void
skipped_clear(struct skipped *s)
{
	mem_secret_free(&s->keys);
	mem_secret_free(&s->chains);
	memset(s, 0, sizeof(*s));
}

/* --- keys ------------------------------------------------------------------------------------ */

static size_t
keys_of(const struct skipped *s, uint32_t serial)
{
	size_t n = 0;

	for (size_t i = 0; i < s->key_count; i++)
		n += s->keys[i].serial == serial;
	return n;
}

static void
drop_chain(struct skipped *s, uint32_t serial)
{
	for (size_t i = 0; i < s->chain_count; i++) {
		if (s->chains[i].serial != serial)
			continue;
		s->chain_count--;
		memmove(
		    &s->chains[i], &s->chains[i + 1], (s->chain_count - i) * sizeof(*s->chains));
		mem_wipe(&s->chains[s->chain_count], sizeof(*s->chains));
		return;
	}
}

static void
drop_key(struct skipped *s, size_t i)
{
	uint32_t serial = s->keys[i].serial;

	s->key_count--;
	memmove(&s->keys[i], &s->keys[i + 1], (s->key_count - i) * sizeof(*s->keys));
	mem_wipe(&s->keys[s->key_count], sizeof(*s->keys));
	if (keys_of(s, serial) == 0)
		drop_chain(s, serial);
}

/* The oldest key of a chain, or of all of them (serial 0). */
static void
drop_oldest(struct skipped *s, uint32_t serial)
{
	for (size_t i = 0; i < s->key_count; i++)
		if (serial == 0 || s->keys[i].serial == serial) {
			drop_key(s, i);
			return;
		}
}

static void
drop_oldest_chain(struct skipped *s)
{
	uint32_t serial = s->chains[0].serial;

	while (s->chain_count > 0 && s->chains[0].serial == serial)
		drop_oldest(s, serial);
}

static bool
has_chain(const struct skipped *s, uint32_t serial)
{
	for (size_t i = 0; i < s->chain_count; i++)
		if (s->chains[i].serial == serial)
			return true;
	return false;
}

void
skipped_put(struct skipped *s, const struct skipped_chain *chain, const struct skipped_key *key)
{
	if (keys_of(s, chain->serial) >= SESSION_SKIP_CHAIN)
		drop_oldest(s, chain->serial);
	if (s->key_count >= SESSION_SKIP_ALL)
		drop_oldest(s, 0);
	if (!has_chain(s, chain->serial)) {
		if (s->chain_count >= SESSION_SKIP_CHAINS)
			drop_oldest_chain(s);
		reserve_chain(s);
		s->chains[s->chain_count++] = *chain;
	}
	skipped_reserve(s, 1);
	s->keys[s->key_count++] = *key;
}

int
skipped_take(struct skipped *s, uint32_t serial, uint32_t number, uint8_t key[SKIPPED_KEY])
{
	memset(key, 0, SKIPPED_KEY);
	for (size_t i = 0; i < s->key_count; i++)
		if (s->keys[i].serial == serial && s->keys[i].number == number) {
			memcpy(key, s->keys[i].key, SKIPPED_KEY);
			drop_key(s, i);
			return 0;
		}
	return ERR_NOT_FOUND;
}

void
skipped_expire(struct skipped *s, uint64_t now, uint64_t max_age)
{
	size_t i = 0;

	while (i < s->key_count)
		if (now > s->keys[i].at && now - s->keys[i].at > max_age)
			drop_key(s, i);
		else
			i++;
}

uint64_t
skipped_oldest(const struct skipped *s)
{
	uint64_t at = 0;

	for (size_t i = 0; i < s->key_count; i++)
		if (i == 0 || s->keys[i].at < at)
			at = s->keys[i].at;
	return at;
}

const struct skipped_chain *
skipped_by_tag(const struct skipped *s, const uint8_t tag[SKIPPED_TAG])
{
	for (size_t i = 0; i < s->chain_count; i++)
		if (memcmp(s->chains[i].tag, tag, SKIPPED_TAG) == 0)
			return &s->chains[i];
	return NULL;
}

const struct skipped_chain *
skipped_by_ratchet_key(const struct skipped *s, const uint8_t key[SKIPPED_KEY])
{
	for (size_t i = 0; i < s->chain_count; i++)
		if (memcmp(s->chains[i].ratchet_key, key, SKIPPED_KEY) == 0)
			return &s->chains[i];
	return NULL;
}

/* --- packed: u16 chains, each serial, header key, tag, ratchet key; u16 keys, each serial, number,
 * at, key ------------------------------------------------------------------------------------- */

static int
pack_chain(const struct skipped_chain *c, struct buf *out)
{
	int r;

	if ((r = buf_put_u32(out, c->serial)) != 0 ||
	    (r = buf_put(out, c->header_key, SKIPPED_KEY)) != 0 ||
	    (r = buf_put(out, c->tag, SKIPPED_TAG)) != 0)
		return r;
	return buf_put(out, c->ratchet_key, SKIPPED_KEY);
}

static int
pack_key(const struct skipped_key *k, struct buf *out)
{
	int r;

	if ((r = buf_put_u32(out, k->serial)) != 0 || (r = buf_put_u32(out, k->number)) != 0 ||
	    (r = buf_put_u64(out, k->at)) != 0)
		return r;
	return buf_put(out, k->key, SKIPPED_KEY);
}

int
skipped_pack(const struct skipped *s, struct buf *out)
{
	int r;

	if ((r = buf_put_u16(out, (uint16_t)s->chain_count)) != 0)
		return r;
	for (size_t i = 0; i < s->chain_count; i++)
		if ((r = pack_chain(&s->chains[i], out)) != 0)
			return r;
	if ((r = buf_put_u16(out, (uint16_t)s->key_count)) != 0)
		return r;
	for (size_t i = 0; i < s->key_count; i++)
		if ((r = pack_key(&s->keys[i], out)) != 0)
			return r;
	return 0;
}

static int
unpack_chain(struct bytes *in, struct skipped *s)
{
	struct skipped_chain c;
	int r;

	if ((r = bytes_get_u32(in, &c.serial)) != 0 ||
	    (r = bytes_get(in, c.header_key, SKIPPED_KEY)) != 0 ||
	    (r = bytes_get(in, c.tag, SKIPPED_TAG)) != 0 ||
	    (r = bytes_get(in, c.ratchet_key, SKIPPED_KEY)) != 0)
		goto out;
	if (c.serial == 0 || has_chain(s, c.serial)) {
		r = ERR_FORMAT;
		goto out;
	}
	s->chains[s->chain_count++] = c;
out:
	mem_wipe(&c, sizeof(c));
	return r;
}

static int
unpack_key(struct bytes *in, struct skipped *s)
{
	struct skipped_key k;
	int r;

	if ((r = bytes_get_u32(in, &k.serial)) != 0 || (r = bytes_get_u32(in, &k.number)) != 0 ||
	    (r = bytes_get_u64(in, &k.at)) != 0 || (r = bytes_get(in, k.key, SKIPPED_KEY)) != 0)
		goto out;
	if (!has_chain(s, k.serial)) {
		r = ERR_FORMAT;
		goto out;
	}
	s->keys[s->key_count++] = k;
out:
	mem_wipe(&k, sizeof(k));
	return r;
}

static int
unpack_arrays(struct bytes *in, struct skipped *s)
{
	uint16_t n;
	int r;

	if ((r = bytes_get_u16(in, &n)) != 0)
		return r;
	if (n > SESSION_SKIP_CHAINS)
		return ERR_LIMIT;
	s->chain_room = n;
	s->chains = n > 0 ? mem_secret_alloc(n * sizeof(*s->chains)) : NULL;
	while (n-- > 0)
		if ((r = unpack_chain(in, s)) != 0)
			return r;
	if ((r = bytes_get_u16(in, &n)) != 0)
		return r;
	if (n > SESSION_SKIP_ALL)
		return ERR_LIMIT;
	s->key_room = n;
	s->keys = n > 0 ? mem_secret_alloc(n * sizeof(*s->keys)) : NULL;
	while (n-- > 0)
		if ((r = unpack_key(in, s)) != 0)
			return r;
	return 0;
}

int
skipped_unpack(struct bytes *in, struct skipped *out)
{
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = unpack_arrays(in, out)) == 0)
		for (size_t i = 0; i < out->chain_count && r == 0; i++)
			if (keys_of(out, out->chains[i].serial) == 0)
				r = ERR_FORMAT;
	if (r != 0)
		skipped_clear(out);
	return r;
}
