/*
 * The packed form: u8 flags, root, own private, own public, peer's key, u32 PN, u32 serial; then
 * each chain that the flags name, key and u32 number; then each header key that they name, with its
 * tag; then the skipped keys. Own state only: it is never read from anybody else.
 */
#include "base/mem.h"
#include "crypto/ratchet_int.h"

enum {
	FLAG_TURN = 1,
	FLAG_SENDING = 2,
	FLAG_RECEIVING = 4,
	FLAG_SEAL = 8,
	FLAG_SEAL_NEXT = 16,
	FLAG_OPEN = 32,
	FLAG_OPEN_NEXT = 64,
};

#define PACKED_FIXED (1 + 4 * RATCHET_KEY + 4 + 4)
#define PACKED_CHAIN (RATCHET_KEY + 4)
#define PACKED_HEADER_KEY (RATCHET_KEY + RATCHET_TAG)

static uint8_t *
pack_header_key(const struct header_key *h, uint8_t *at)
{
	if (!h->live)
		return at;
	at = bytes_set(at, h->key, RATCHET_KEY);
	return bytes_set(at, h->tag, RATCHET_TAG);
}

static int
unpack_header_key(struct bytes *in, bool live, struct header_key *h)
{
	int r;

	h->live = live;
	if (!live)
		return 0;
	if ((r = bytes_get(in, h->key, RATCHET_KEY)) != 0)
		return r;
	return bytes_get(in, h->tag, RATCHET_TAG);
}

static uint8_t *
pack_chain(const struct chain *c, uint8_t *at)
{
	if (!c->live)
		return at;
	at = bytes_set(at, c->key, RATCHET_KEY);
	return bytes_set_uint(at, c->number, 4);
}

static int
unpack_chain(struct bytes *in, bool live, struct chain *c)
{
	int r;

	c->live = live;
	if (!live)
		return 0;
	if ((r = bytes_get(in, c->key, RATCHET_KEY)) != 0)
		return r;
	return bytes_get_u32(in, &c->number);
}

static uint8_t
flags_of(const struct ratchet *r)
{
	return (uint8_t)((r->turn_due ? FLAG_TURN : 0) | (r->sending.live ? FLAG_SENDING : 0) |
	    (r->receiving.live ? FLAG_RECEIVING : 0) | (r->seal.live ? FLAG_SEAL : 0) |
	    (r->seal_next.live ? FLAG_SEAL_NEXT : 0) | (r->open.live ? FLAG_OPEN : 0) |
	    (r->open_next.live ? FLAG_OPEN_NEXT : 0));
}

/* Octets of all but the skipped keys. */
static size_t
packed_len(const struct ratchet *r)
{
	return PACKED_FIXED + PACKED_CHAIN * ((size_t)r->sending.live + r->receiving.live) +
	    PACKED_HEADER_KEY *
	    ((size_t)r->seal.live + r->seal_next.live + r->open.live + r->open_next.live);
}

int
ratchet_pack(const struct ratchet *r, struct buf *out)
{
	uint8_t *at;
	int rc;

	if ((rc = buf_reserve(out, packed_len(r), &at)) != 0)
		return rc;
	at = bytes_set_uint(at, flags_of(r), 1);
	at = bytes_set(at, r->root, RATCHET_KEY);
	at = bytes_set(at, r->own_private, RATCHET_KEY);
	at = bytes_set(at, r->own_public, RATCHET_KEY);
	at = bytes_set(at, r->peer, RATCHET_KEY);
	at = bytes_set_uint(at, r->previous, 4);
	at = bytes_set_uint(at, r->serial, 4);
	at = pack_chain(&r->sending, at);
	at = pack_chain(&r->receiving, at);
	at = pack_header_key(&r->seal, at);
	at = pack_header_key(&r->seal_next, at);
	at = pack_header_key(&r->open, at);
	pack_header_key(&r->open_next, at);
	return skipped_pack(&r->skipped, out);
}

static int
unpack_fields(struct bytes *in, struct ratchet *r)
{
	uint8_t flags;
	int rc;

	if ((rc = bytes_get_u8(in, &flags)) != 0 ||
	    (rc = bytes_get(in, r->root, RATCHET_KEY)) != 0 ||
	    (rc = bytes_get(in, r->own_private, RATCHET_KEY)) != 0 ||
	    (rc = bytes_get(in, r->own_public, RATCHET_KEY)) != 0 ||
	    (rc = bytes_get(in, r->peer, RATCHET_KEY)) != 0 ||
	    (rc = bytes_get_u32(in, &r->previous)) != 0 ||
	    (rc = bytes_get_u32(in, &r->serial)) != 0 ||
	    (rc = unpack_chain(in, flags & FLAG_SENDING, &r->sending)) != 0 ||
	    (rc = unpack_chain(in, flags & FLAG_RECEIVING, &r->receiving)) != 0 ||
	    (rc = unpack_header_key(in, flags & FLAG_SEAL, &r->seal)) != 0 ||
	    (rc = unpack_header_key(in, flags & FLAG_SEAL_NEXT, &r->seal_next)) != 0 ||
	    (rc = unpack_header_key(in, flags & FLAG_OPEN, &r->open)) != 0 ||
	    (rc = unpack_header_key(in, flags & FLAG_OPEN_NEXT, &r->open_next)) != 0)
		return rc;
	r->turn_due = flags & FLAG_TURN;
	return flags_of(r) == flags ? 0 : ERR_FORMAT;
}

int
ratchet_unpack(const struct ratchet_profile *profile, struct bytes *in, struct ratchet **out)
{
	struct ratchet *r = mem_secret_alloc(sizeof(*r));
	int rc;

	*out = NULL;
	r->profile = profile;
	if ((rc = unpack_fields(in, r)) != 0 || (rc = skipped_unpack(in, &r->skipped)) != 0)
		ratchet_free(&r);
	*out = r;
	return rc;
}
