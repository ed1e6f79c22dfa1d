/*
 * A session joins the three parts: x3dh gives its first keys, the ratchet moves them on, and the
 * envelope is how a message looks to everybody else. The initiator sends the X3DH part along until
 * the first answer, so that its messages can arrive in any order; the responder makes the same
 * session of whichever comes first.
 *
 * Opening works on a copy of the ratchet. The copy becomes the next state only when the body
 * authenticated, so whatever a forger sends, the session that is stored stays as it was.
 */
#include "crypto/session.h"

#include <string.h>

#include "base/mem.h"
#include "crypto/envelope.h"
#include "crypto/kdf.h"
#include "crypto/ratchet.h"
#include "crypto/suite.h"
#include "crypto/x3dh.h"
#include "wire/pb.h"

#define PACKED_VERSION 1

struct session {
	uint16_t suite;
	bool initiator, answered;
	uint64_t created;
	struct session_party own, peer;
	uint8_t ad[X3DH_AD];
	uint8_t base_key[KEY_LEN]; /* the initiator's ephemeral */
	uint8_t initial[ENVELOPE_INITIAL_MAX];
	size_t initial_len; /* 0 once answered */
	struct ratchet *ratchet;
};

_Static_assert(SESSION_TAG == RATCHET_TAG && SESSION_TAGS_MAX == RATCHET_TAGS_MAX, "one tag");

void
session_free(struct session **ps)
{
	if (*ps == NULL)
		return;
	ratchet_free(&(*ps)->ratchet);
	mem_secret_free(ps);
}

/* --- Initial: put and get -------------------------------------------------------------------- */

static int
put_initial(const struct session_start *p, const uint8_t ephemeral[KEY_LEN], struct session *s)
{
	Recado__Initial m = RECADO__INITIAL__INIT;
	struct buf *b = buf_new(ENVELOPE_INITIAL_MAX);
	int r;

	m.sender_user = pb_data((struct bytes){ p->own->user_id, USER_ID_LEN });
	m.sender_device = pb_data((struct bytes){ p->own->device_id, DEVICE_ID_LEN });
	m.sender_binding = pb_data((struct bytes){ p->own->binding_hash, HASH_LEN });
	m.identity = pb_data((struct bytes){ p->own->identity_key, KEY_LEN });
	m.ephemeral = pb_data((struct bytes){ ephemeral, KEY_LEN });
	m.signed_prekey_id = p->bundle->signed_prekey_id;
	m.one_time_prekey_id = p->bundle->has_one_time ? p->bundle->one_time_id : 0;
	m.last_resort = p->bundle->has_one_time && p->bundle->last_resort;
	m.recipient_binding = pb_data((struct bytes){ p->peer->binding_hash, HASH_LEN });
	if ((r = pb_pack(&m, b)) == 0) {
		memcpy(s->initial, buf_ptr(b), buf_len(b));
		s->initial_len = buf_len(b);
	}
	buf_free(&b);
	return r;
}

static int
get_initial(struct bytes in, struct session_peek *out)
{
	struct session_party *s = &out->sender;
	Recado__Initial *m = NULL;
	int r;

	if ((r = pb_unpack(&recado__initial__descriptor, in, &m)) != 0)
		return r;
	if ((r = pb_fixed(m->sender_user, s->user_id, USER_ID_LEN)) != 0 ||
	    (r = pb_fixed(m->sender_device, s->device_id, DEVICE_ID_LEN)) != 0 ||
	    (r = pb_fixed(m->sender_binding, s->binding_hash, HASH_LEN)) != 0 ||
	    (r = pb_fixed(m->identity, s->identity_key, KEY_LEN)) != 0 ||
	    (r = pb_fixed(m->ephemeral, out->ephemeral, KEY_LEN)) != 0 ||
	    (r = pb_fixed(m->recipient_binding, out->recipient_binding, HASH_LEN)) != 0)
		goto out;
	out->initial = true;
	out->signed_prekey_id = m->signed_prekey_id;
	out->one_time_id = m->one_time_prekey_id;
	out->has_one_time = m->one_time_prekey_id != 0;
	out->last_resort = m->last_resort;
	if (out->last_resort && !out->has_one_time)
		r = ERR_FORMAT;
out:
	pb_free(&m);
	return r;
}

int
session_peek(struct bytes envelope, struct session_peek *out)
{
	struct envelope e;
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = envelope_decode(envelope, &e)) != 0)
		return r;
	out->suite = e.suite;
	memcpy(out->tag, e.tag.p, SESSION_TAG);
	if (e.initial.n > 0)
		r = get_initial(e.initial, out);
	if (r != 0)
		memset(out, 0, sizeof(*out));
	return r;
}

/* --- beginning ------------------------------------------------------------------------------- */

static struct session *
make(
    uint16_t suite, const struct session_party *own, const struct session_party *peer, uint64_t now)
{
	struct session *s = mem_secret_alloc(sizeof(*s));

	s->suite = suite;
	s->own = *own;
	s->peer = *peer;
	s->created = now;
	return s;
}

static int
start(const struct session_start *p, const struct key_dh *ephemeral, struct session *s)
{
	struct x3dh_result keys;
	int r;

	s->initiator = true;
	memcpy(s->base_key, key_dh_public(ephemeral), KEY_LEN);
	if ((r = x3dh_initiate(p, ephemeral, &keys)) != 0)
		goto out;
	memcpy(s->ad, keys.ad, X3DH_AD);
	if ((r = put_initial(p, s->base_key, s)) != 0)
		goto out;
	r = ratchet_new_initiator(
	    &ratchet_profile_recado, &keys.ratchet, p->bundle->signed_prekey, NULL, &s->ratchet);
out:
	mem_wipe(&keys, sizeof(keys));
	return r;
}

int
session_start(const struct session_start *p, struct session **out)
{
	struct key_dh *ephemeral = NULL;
	struct session *s;
	int r;

	*out = NULL;
	if (suite_rank(p->suite) < 0)
		return ERR_SUITE;
	if (p->bundle->has_one_time && p->bundle->one_time_id == 0)
		return ERR_FORMAT;
	if ((r = key_dh_new(&ephemeral)) != 0)
		return r;
	s = make(p->suite, p->own, p->peer, p->now);
	if ((r = start(p, ephemeral, s)) != 0)
		session_free(&s);
	key_dh_free(&ephemeral);
	*out = s;
	return r;
}

int
session_accept(const struct session_accept *p, struct session **out)
{
	struct x3dh_result keys;
	struct session *s;
	int r;

	*out = NULL;
	if ((r = x3dh_respond(p, &keys)) != 0)
		return r;
	s = make(p->peek->suite, p->own, &p->peek->sender, p->now);
	s->answered = true;
	memcpy(s->base_key, p->peek->ephemeral, KEY_LEN);
	memcpy(s->ad, keys.ad, X3DH_AD);
	if ((r = ratchet_new_responder(
		 &ratchet_profile_recado, &keys.ratchet, p->signed_prekey, &s->ratchet)) != 0)
		session_free(&s);
	mem_wipe(&keys, sizeof(keys));
	*out = s;
	return r;
}

int
session_compare(const struct session *a, const struct session *b)
{
	return memcmp(a->base_key, b->base_key, KEY_LEN);
}

/* --- messages -------------------------------------------------------------------------------- */

static struct envelope_context
context_of(
    const struct session *s, const uint8_t *tag, struct bytes initial, struct suite_cipher *cipher)
{
	return (struct envelope_context){ .suite = s->suite,
		.session_ad = s->ad,
		.tag = tag,
		.initial = initial,
		.cipher = cipher };
}

int
session_seal(struct session *s, struct bytes plaintext, struct buf *out)
{
	struct suite_cipher cipher = { .suite = s->suite };
	MEM_UNSET struct ratchet_sealing keys;
	struct envelope_context c;
	int r;

	buf_reset(out);
	if ((r = envelope_fits(s->suite, s->initial_len, plaintext.n)) != 0)
		return r;
	if ((r = ratchet_send(s->ratchet, &keys)) == 0) {
		c = context_of(s, keys.tag, (struct bytes){ s->initial, s->initial_len }, &cipher);
		r = envelope_seal(&c, &keys, plaintext, out);
	}
	suite_cipher_clear(&cipher);
	mem_wipe(&keys, sizeof(keys));
	return r;
}

/* A copy whose ratchet is the given one: the peer has been heard. */
static struct session *
advanced(const struct session *s, struct ratchet **ratchet)
{
	struct session *n = mem_secret_alloc(sizeof(*n));

	*n = *s;
	n->ratchet = *ratchet;
	*ratchet = NULL;
	n->answered = true;
	mem_wipe(n->initial, sizeof(n->initial));
	n->initial_len = 0;
	return n;
}

static int
open_with(const struct session *s, const struct envelope *e, struct ratchet *ratchet, uint64_t now,
    struct buf *plaintext)
{
	struct suite_cipher cipher = { .suite = s->suite };
	struct envelope_context c = context_of(s, e->tag.p, e->initial, &cipher);
	uint8_t message_key[RATCHET_KEY];
	struct ratchet_place place;
	struct ratchet_header header;
	int r;

	if ((r = ratchet_find_tag(ratchet, e->tag.p, &place)) != 0)
		return r;
	if ((r = envelope_open_header(&c, e, place.header_key, &header)) == 0 &&
	    (r = ratchet_receive(ratchet, &place, &header, now, message_key)) == 0)
		r = envelope_open_body(&c, e, &header, message_key, plaintext);
	suite_cipher_clear(&cipher);
	mem_wipe(message_key, sizeof(message_key));
	mem_wipe(&place, sizeof(place));
	return r;
}

int
session_open(const struct session *s, struct bytes envelope, uint64_t now, struct session **next,
    struct buf *plaintext)
{
	struct ratchet *ratchet;
	struct envelope e;
	int r;

	*next = NULL;
	buf_reset(plaintext);
	if ((r = envelope_decode(envelope, &e)) != 0)
		return r;
	if (e.suite != s->suite)
		return ERR_UNEXPECTED;
	ratchet = ratchet_copy(s->ratchet);
	ratchet_expire(ratchet, now, SESSION_SKIP_MS);
	if ((r = open_with(s, &e, ratchet, now, plaintext)) == 0)
		*next = advanced(s, &ratchet);
	ratchet_free(&ratchet);
	return r;
}

/* --- what others ask ------------------------------------------------------------------------- */

void
session_expire(struct session *s, uint64_t now)
{
	ratchet_expire(s->ratchet, now, SESSION_SKIP_MS);
}

uint64_t
session_oldest(const struct session *s)
{
	return ratchet_oldest(s->ratchet);
}

size_t
session_tags(const struct session *s, uint8_t (*out)[SESSION_TAG], size_t max)
{
	return ratchet_tags(s->ratchet, out, max);
}

uint16_t
session_suite(const struct session *s)
{
	return s->suite;
}

bool
session_answered(const struct session *s)
{
	return s->answered;
}

const struct session_party *
session_peer(const struct session *s)
{
	return &s->peer;
}

uint64_t
session_created(const struct session *s)
{
	return s->created;
}

int
session_envelope_hash(struct bytes envelope, uint8_t out[HASH_LEN])
{
	return kdf_sha256(envelope, out);
}

/* --- packed: u8 version, u16 suite, u8 flags, u64 created, own, peer, AD, base key, u32-length
 * Initial, ratchet ---------------------------------------------------------------------------- */

enum { FLAG_INITIATOR = 1, FLAG_ANSWERED = 2 };

#define PACKED_PARTY (USER_ID_LEN + DEVICE_ID_LEN + HASH_LEN + KEY_LEN)
#define PACKED_FIXED (1 + 2 + 1 + 8 + 2 * PACKED_PARTY + X3DH_AD + KEY_LEN + 4)

static uint8_t *
pack_party(const struct session_party *p, uint8_t *at)
{
	at = bytes_set(at, p->user_id, USER_ID_LEN);
	at = bytes_set(at, p->device_id, DEVICE_ID_LEN);
	at = bytes_set(at, p->binding_hash, HASH_LEN);
	return bytes_set(at, p->identity_key, KEY_LEN);
}

static int
unpack_party(struct bytes *in, struct session_party *p)
{
	int r;

	if ((r = bytes_get(in, p->user_id, USER_ID_LEN)) != 0 ||
	    (r = bytes_get(in, p->device_id, DEVICE_ID_LEN)) != 0 ||
	    (r = bytes_get(in, p->binding_hash, HASH_LEN)) != 0)
		return r;
	return bytes_get(in, p->identity_key, KEY_LEN);
}

int
session_pack(const struct session *s, struct buf *out)
{
	uint8_t flags =
	    (uint8_t)((s->initiator ? FLAG_INITIATOR : 0) | (s->answered ? FLAG_ANSWERED : 0));
	uint8_t *at;
	int r;

	if ((r = buf_reserve(out, PACKED_FIXED + s->initial_len, &at)) != 0)
		return r;
	at = bytes_set_uint(at, PACKED_VERSION, 1);
	at = bytes_set_uint(at, s->suite, 2);
	at = bytes_set_uint(at, flags, 1);
	at = bytes_set_uint(at, s->created, 8);
	at = pack_party(&s->own, at);
	at = pack_party(&s->peer, at);
	at = bytes_set(at, s->ad, X3DH_AD);
	at = bytes_set(at, s->base_key, KEY_LEN);
	at = bytes_set_uint(at, s->initial_len, 4);
	bytes_set(at, s->initial, s->initial_len);
	return ratchet_pack(s->ratchet, out);
}

static int
unpack_fields(struct bytes *in, struct session *s)
{
	struct bytes initial;
	uint8_t flags;
	int r;

	if ((r = bytes_get_u16(in, &s->suite)) != 0 || (r = bytes_get_u8(in, &flags)) != 0 ||
	    (r = bytes_get_u64(in, &s->created)) != 0 || (r = unpack_party(in, &s->own)) != 0 ||
	    (r = unpack_party(in, &s->peer)) != 0 || (r = bytes_get(in, s->ad, X3DH_AD)) != 0 ||
	    (r = bytes_get(in, s->base_key, KEY_LEN)) != 0 ||
	    (r = bytes_get_string(in, ENVELOPE_INITIAL_MAX, &initial)) != 0)
		return r;
	if (suite_rank(s->suite) < 0 || (flags & ~(FLAG_INITIATOR | FLAG_ANSWERED)) != 0)
		return ERR_FORMAT;
	s->initiator = (flags & FLAG_INITIATOR) != 0;
	s->answered = (flags & FLAG_ANSWERED) != 0;
	if (s->answered != (initial.n == 0) || (!s->initiator && !s->answered))
		return ERR_FORMAT;
	if (initial.n > 0)
		memcpy(s->initial, initial.p, initial.n);
	s->initial_len = initial.n;
	return 0;
}

int
session_unpack(struct bytes packed, struct session **out)
{
	struct session *s;
	uint8_t version;
	int r;

	*out = NULL;
	if (packed.n > SESSION_PACKED_MAX)
		return ERR_LIMIT;
	if ((r = bytes_get_u8(&packed, &version)) != 0)
		return r;
	if (version != PACKED_VERSION)
		return ERR_VERSION;
	s = mem_secret_alloc(sizeof(*s));
	if ((r = unpack_fields(&packed, s)) != 0 ||
	    (r = ratchet_unpack(&ratchet_profile_recado, &packed, &s->ratchet)) != 0 ||
	    (r = bytes_end(&packed)) != 0)
		session_free(&s);
	*out = s;
	return r;
}
