/*
 * The Double Ratchet with header encryption.
 *
 * Two chains of message keys, one for each direction, hang on a root key. A turn mixes a fresh
 * Diffie-Hellman result into the root and begins a chain: the receiving half when a message under
 * the peer's next header key comes in, the sending half only when there is something to send (the
 * specification does both at once; the keys are the same, and a pair that is drawn late heals
 * more). Between the two halves turn_due is set.
 *
 * The private half of the ratchet pair is kept as octets together with its public key, so that a
 * session out of the store costs no multiplication before an agreement needs one.
 */
#include "crypto/ratchet.h"

#include <string.h>

#include "base/mem.h"
#include "crypto/kdf.h"
#include "crypto/ratchet_int.h"
#include "crypto/session.h"

_Static_assert(RATCHET_TAGS_MAX == 2 + SESSION_SKIP_CHAINS, "two and one for each skipped chain");

/* A label with an empty body, as label_wrap would write it. */
#define LABELLED(text)                                                                             \
	{                                                                                          \
		(const uint8_t *)"recado/1 " text "\0\0\0\0", sizeof("recado/1 " text) + 4         \
	}

const struct ratchet_profile ratchet_profile_recado = {
	.root_info = LABELLED("root"),
	.message_input = LABELLED("message-key"),
	.chain_input = LABELLED("chain-key"),
	.tag_input = LABELLED("envelope-tag"),
	.sealed_headers = true,
};

/* --- derivations ----------------------------------------------------------------------------- */

static int
set_header_key(const struct ratchet *r, struct header_key *h, const uint8_t key[RATCHET_KEY])
{
	uint8_t mac[RATCHET_KEY];
	int rc;

	if (!r->profile->sealed_headers)
		return 0;
	rc = kdf_hmac(
	    KDF_SHA256, (struct bytes){ key, RATCHET_KEY }, &r->profile->tag_input, 1, mac);
	memcpy(h->key, key, RATCHET_KEY);
	memcpy(h->tag, mac, RATCHET_TAG);
	mem_secret_unmark(h->tag, RATCHET_TAG); /* it travels in the clear */
	h->live = true;
	mem_wipe(mac, sizeof(mac));
	return rc;
}

static int
hkdf(struct bytes salt, struct bytes ikm, struct bytes info, uint8_t *out, size_t n)
{
	uint8_t prk[RATCHET_KEY];
	int r;

	if ((r = kdf_extract(KDF_SHA256, salt, ikm, prk)) == 0)
		r = kdf_expand(
		    &(struct kdf_expand){
			.hash = KDF_SHA256, .prk = { prk, sizeof(prk) }, .info = info },
		    out, n);
	mem_wipe(prk, sizeof(prk));
	return r;
}

/* KDF_RK: the new root, the chain it begins, and the header key of the chain after that. */
static int
root_step(struct ratchet *r, struct chain *chain, struct header_key *next)
{
	uint8_t shared[RATCHET_KEY], out[3 * RATCHET_KEY];
	size_t n = (r->profile->sealed_headers ? 3 : 2) * RATCHET_KEY;
	struct key_dh *own = NULL;
	int rc;

	if ((rc = key_dh_from_pair(r->own_private, r->own_public, &own)) != 0 ||
	    (rc = key_dh_agree(own, r->peer, shared)) != 0 ||
	    (rc = hkdf((struct bytes){ r->root, RATCHET_KEY },
		 (struct bytes){ shared, RATCHET_KEY }, r->profile->root_info, out, n)) != 0)
		goto out;
	memcpy(r->root, out, RATCHET_KEY);
	memcpy(chain->key, out + RATCHET_KEY, RATCHET_KEY);
	chain->number = 0;
	chain->live = true;
	rc = set_header_key(r, next, out + 2 * RATCHET_KEY);
out:
	key_dh_free(&own);
	mem_wipe(shared, sizeof(shared));
	mem_wipe(out, sizeof(out));
	return rc;
}

/* KDF_CK. */
static int
chain_step(const struct ratchet_profile *p, struct chain *c, uint8_t message_key[RATCHET_KEY])
{
	const struct bytes inputs[2] = { p->message_input, p->chain_input };
	uint8_t keys[2 * RATCHET_KEY]; /* the message's, the next chain's */
	int r;

	if (c->number == UINT32_MAX)
		return ERR_LIMIT;
	if ((r = kdf_hmac_each(
		 KDF_SHA256, (struct bytes){ c->key, RATCHET_KEY }, inputs, 2, keys)) == 0) {
		memcpy(message_key, keys, RATCHET_KEY);
		memcpy(c->key, keys + RATCHET_KEY, RATCHET_KEY);
		c->number++;
	}
	mem_wipe(keys, sizeof(keys));
	return r;
}

/* --- life ------------------------------------------------------------------------------------ */

static int
set_pair(struct ratchet *r, const struct key_dh *pair)
{
	struct key_dh *fresh = NULL;
	int rc;

	if (pair == NULL && (rc = key_dh_new(&fresh)) != 0)
		return rc;
	if (pair == NULL)
		pair = fresh;
	memcpy(r->own_public, key_dh_public(pair), RATCHET_KEY);
	rc = key_dh_private(pair, r->own_private);
	key_dh_free(&fresh);
	return rc;
}

static struct ratchet *
make(const struct ratchet_profile *profile, const struct ratchet_secrets *secrets)
{
	struct ratchet *r = mem_secret_alloc(sizeof(*r));

	r->profile = profile;
	memcpy(r->root, secrets->root, RATCHET_KEY);
	return r;
}

int
ratchet_new_initiator(const struct ratchet_profile *profile, const struct ratchet_secrets *secrets,
    const uint8_t signed_prekey[RATCHET_KEY], const struct key_dh *first, struct ratchet **out)
{
	struct ratchet *r = make(profile, secrets);
	int rc;

	*out = NULL;
	memcpy(r->peer, signed_prekey, RATCHET_KEY);
	if ((rc = set_header_key(r, &r->seal_next, secrets->initiator_header)) == 0 &&
	    (rc = set_header_key(r, &r->open_next, secrets->responder_header)) == 0) {
		r->turn_due = true;
		rc = ratchet_turn(r, first);
	}
	if (rc != 0)
		ratchet_free(&r);
	*out = r;
	return rc;
}

int
ratchet_new_responder(const struct ratchet_profile *profile, const struct ratchet_secrets *secrets,
    const struct key_dh *signed_prekey, struct ratchet **out)
{
	struct ratchet *r = make(profile, secrets);
	int rc;

	*out = NULL;
	if ((rc = set_pair(r, signed_prekey)) != 0 ||
	    (rc = set_header_key(r, &r->seal_next, secrets->responder_header)) != 0 ||
	    (rc = set_header_key(r, &r->open_next, secrets->initiator_header)) != 0)
		ratchet_free(&r);
	*out = r;
	return rc;
}

struct ratchet *
ratchet_copy(const struct ratchet *r)
{
	struct ratchet *c = mem_secret_alloc(sizeof(*c));

	*c = *r;
	skipped_copy(&c->skipped, &r->skipped);
	return c;
}

void
ratchet_free(struct ratchet **pr)
{
	if (*pr == NULL)
		return;
	skipped_clear(&(*pr)->skipped);
	mem_secret_free(pr);
}

/* --- send ------------------------------------------------------------------------------------ */

int
ratchet_turn(struct ratchet *r, const struct key_dh *pair)
{
	int rc;

	if (!r->turn_due)
		return ERR_UNEXPECTED;
	r->previous = r->sending.number;
	r->seal = r->seal_next;
	if ((rc = set_pair(r, pair)) != 0)
		return rc;
	r->turn_due = false;
	return root_step(r, &r->sending, &r->seal_next);
}

int
ratchet_send(struct ratchet *r, struct ratchet_sealing *out)
{
	int rc;

	memset(out, 0, sizeof(*out));
	if (r->turn_due && (rc = ratchet_turn(r, NULL)) != 0)
		return rc;
	if (!r->sending.live)
		return ERR_UNEXPECTED;
	memcpy(out->header.key, r->own_public, RATCHET_KEY);
	out->header.previous = r->previous;
	out->header.number = r->sending.number;
	memcpy(out->header_key, r->seal.key, RATCHET_KEY);
	memcpy(out->tag, r->seal.tag, RATCHET_TAG);
	return chain_step(r->profile, &r->sending, out->message_key);
}

/* --- receive --------------------------------------------------------------------------------- */

static void
place_skipped(const struct skipped_chain *c, struct ratchet_place *out)
{
	out->where = RATCHET_SKIPPED;
	out->serial = c->serial;
	memcpy(out->header_key, c->header_key, RATCHET_KEY);
}

static void
place_live(enum ratchet_where where, const struct header_key *h, struct ratchet_place *out)
{
	out->where = where;
	memcpy(out->header_key, h->key, RATCHET_KEY);
}

static bool
has_tag(const struct header_key *h, const uint8_t tag[RATCHET_TAG])
{
	return h->live && memcmp(h->tag, tag, RATCHET_TAG) == 0;
}

int
ratchet_find_tag(const struct ratchet *r, const uint8_t tag[RATCHET_TAG], struct ratchet_place *out)
{
	const struct skipped_chain *c;

	memset(out, 0, sizeof(*out));
	if (has_tag(&r->open, tag))
		place_live(RATCHET_CURRENT, &r->open, out);
	else if (has_tag(&r->open_next, tag))
		place_live(RATCHET_NEXT, &r->open_next, out);
	else if ((c = skipped_by_tag(&r->skipped, tag)) != NULL)
		place_skipped(c, out);
	else
		return ERR_UNEXPECTED;
	return 0;
}

int
ratchet_find_key(const struct ratchet *r, const uint8_t key[RATCHET_KEY], struct ratchet_place *out)
{
	const struct skipped_chain *c;

	memset(out, 0, sizeof(*out));
	if (r->profile->sealed_headers)
		return ERR_UNEXPECTED;
	if (r->receiving.live && memcmp(key, r->peer, RATCHET_KEY) == 0)
		out->where = RATCHET_CURRENT;
	else if ((c = skipped_by_ratchet_key(&r->skipped, key)) != NULL)
		place_skipped(c, out);
	else
		out->where = RATCHET_NEXT;
	return 0;
}

/* Keep the keys of the receiving chain up to (not including) number. */
static int
skip_to(struct ratchet *r, uint32_t number, uint64_t now)
{
	struct skipped_chain chain = { .serial = r->serial };
	struct skipped_key key = { .serial = r->serial, .at = now };
	int rc = 0;

	if (!r->receiving.live || number <= r->receiving.number)
		return 0;
	if (number - r->receiving.number > SESSION_SKIP_CHAIN)
		return ERR_LIMIT;
	memcpy(chain.header_key, r->open.key, RATCHET_KEY);
	memcpy(chain.tag, r->open.tag, RATCHET_TAG);
	memcpy(chain.ratchet_key, r->peer, RATCHET_KEY);
	skipped_reserve(&r->skipped, number - r->receiving.number);
	while (rc == 0 && r->receiving.number < number) {
		key.number = r->receiving.number;
		if ((rc = chain_step(r->profile, &r->receiving, key.key)) == 0)
			skipped_put(&r->skipped, &chain, &key);
	}
	mem_wipe(&chain, sizeof(chain));
	mem_wipe(&key, sizeof(key));
	return rc;
}

static int
receive_skipped(
    struct ratchet *r, uint32_t serial, uint32_t number, uint8_t message_key[RATCHET_KEY])
{
	return skipped_take(&r->skipped, serial, number, message_key) == 0 ? 0 : ERR_REPLAY;
}

static int
receive_current(struct ratchet *r, const struct ratchet_header *h, uint64_t now,
    uint8_t message_key[RATCHET_KEY])
{
	int rc;

	if (memcmp(h->key, r->peer, RATCHET_KEY) != 0)
		return ERR_FORMAT;
	if (h->number < r->receiving.number)
		return receive_skipped(r, r->serial, h->number, message_key);
	if ((rc = skip_to(r, h->number, now)) != 0)
		return rc;
	return chain_step(r->profile, &r->receiving, message_key);
}

/* The receiving half of a turn. */
static int
receive_next(struct ratchet *r, const struct ratchet_header *h, uint64_t now,
    uint8_t message_key[RATCHET_KEY])
{
	int rc;

	if (r->turn_due)
		return ERR_FORMAT; /* nobody can have answered what was not sent */
	if ((rc = skip_to(r, h->previous, now)) != 0)
		return rc;
	if (r->serial == UINT32_MAX)
		return ERR_LIMIT;
	r->serial++;
	memcpy(r->peer, h->key, RATCHET_KEY);
	r->open = r->open_next;
	if ((rc = root_step(r, &r->receiving, &r->open_next)) != 0)
		return rc;
	r->turn_due = true;
	if ((rc = skip_to(r, h->number, now)) != 0)
		return rc;
	return chain_step(r->profile, &r->receiving, message_key);
}

int
ratchet_receive(struct ratchet *r, const struct ratchet_place *place,
    const struct ratchet_header *header, uint64_t now, uint8_t message_key[RATCHET_KEY])
{
	memset(message_key, 0, RATCHET_KEY);
	switch (place->where) {
	case RATCHET_CURRENT:
		return receive_current(r, header, now, message_key);
	case RATCHET_NEXT:
		return receive_next(r, header, now, message_key);
	case RATCHET_SKIPPED:
		return receive_skipped(r, place->serial, header->number, message_key);
	}
	return ERR_BUG;
}

void
ratchet_expire(struct ratchet *r, uint64_t now, uint64_t max_age)
{
	skipped_expire(&r->skipped, now, max_age);
}

uint64_t
ratchet_oldest(const struct ratchet *r)
{
	return skipped_oldest(&r->skipped);
}

size_t
ratchet_tags(const struct ratchet *r, uint8_t (*out)[RATCHET_TAG], size_t max)
{
	size_t n = 0;

	if (r->open.live && n < max)
		memcpy(out[n++], r->open.tag, RATCHET_TAG);
	if (r->open_next.live && n < max)
		memcpy(out[n++], r->open_next.tag, RATCHET_TAG);
	for (size_t i = 0; i < r->skipped.chain_count && n < max; i++)
		if (r->skipped.chains[i].serial != r->serial)
			memcpy(out[n++], r->skipped.chains[i].tag, RATCHET_TAG);
	return n;
}
