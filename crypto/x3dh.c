/*
 * Both sides write down the same transcript: the suite, who they are (user, device, binding,
 * identity key), the ephemeral, and every prekey with its id. It is the info of the derivation and,
 * hashed, the associated data of the session. So two parties who disagree about anything in it
 * hold different keys, and no name needs to be compared afterwards.
 */
#include "crypto/x3dh.h"

#include <string.h>

#include "base/mem.h"
#include "crypto/kdf.h"
#include "crypto/label.h"

#define LABEL_X3DH "x3dh"
#define LABEL_SESSION "session"
#define TRANSCRIPT_MAX 512

/* What stands in the transcript after the parties. */
struct prekeys {
	const uint8_t *ephemeral;
	uint32_t signed_id;
	const uint8_t *signed_key;
	uint8_t kind; /* 0: no one-time prekey, 1: one-time, 2: last resort */
	uint32_t one_time_id;
	const uint8_t *one_time; /* NULL: none */
};

static int
put_party(struct buf *b, const struct session_party *p)
{
	int r;

	if ((r = buf_put(b, p->user_id, USER_ID_LEN)) != 0 ||
	    (r = buf_put(b, p->device_id, DEVICE_ID_LEN)) != 0 ||
	    (r = buf_put(b, p->binding_hash, HASH_LEN)) != 0)
		return r;
	return buf_put(b, p->identity_key, KEY_LEN);
}

static int
put_prekeys(struct buf *b, const struct prekeys *k)
{
	static const uint8_t none[KEY_LEN];
	int r;

	if ((r = buf_put(b, k->ephemeral, KEY_LEN)) != 0 ||
	    (r = buf_put_u32(b, k->signed_id)) != 0 ||
	    (r = buf_put(b, k->signed_key, KEY_LEN)) != 0 || (r = buf_put_u8(b, k->kind)) != 0 ||
	    (r = buf_put_u32(b, k->one_time_id)) != 0)
		return r;
	return buf_put(b, k->one_time != NULL ? k->one_time : none, KEY_LEN);
}

int
x3dh_derive(const uint8_t (*dh)[KEY_LEN], size_t count, struct bytes info, uint8_t *out, size_t n)
{
	uint8_t ikm[(1 + X3DH_DH_MAX) * KEY_LEN], prk[32];
	int r;

	memset(out, 0, n);
	if (count > X3DH_DH_MAX)
		return ERR_BUG;
	memset(ikm, 0xff, KEY_LEN);
	memcpy(ikm + KEY_LEN, dh, count * KEY_LEN);
	if ((r = kdf_extract(KDF_SHA256, (struct bytes){ NULL, 0 },
		 (struct bytes){ ikm, (1 + count) * KEY_LEN }, prk)) == 0)
		r = kdf_expand(
		    &(struct kdf_expand){
			.hash = KDF_SHA256, .prk = { prk, sizeof(prk) }, .info = info },
		    out, n);
	mem_wipe(ikm, sizeof(ikm));
	mem_wipe(prk, sizeof(prk));
	return r;
}

/* From the agreements and the transcript to the session's keys. */
static int
finish(struct buf *transcript, const uint8_t (*dh)[KEY_LEN], size_t count, struct x3dh_result *out)
{
	uint8_t keys[3 * RATCHET_KEY];
	struct buf *info = buf_new(TRANSCRIPT_MAX);
	struct bytes view = buf_view(transcript);
	int r;

	if ((r = label_wrap(info, LABEL_X3DH, view)) != 0 ||
	    (r = x3dh_derive(dh, count, buf_view(info), keys, sizeof(keys))) != 0 ||
	    (r = label_hash(LABEL_SESSION, &view, 1, out->ad)) != 0)
		goto out;
	memcpy(out->ratchet.root, keys, RATCHET_KEY);
	memcpy(out->ratchet.initiator_header, keys + RATCHET_KEY, RATCHET_KEY);
	memcpy(out->ratchet.responder_header, keys + 2 * RATCHET_KEY, RATCHET_KEY);
out:
	mem_wipe(keys, sizeof(keys));
	buf_free(&info);
	return r;
}

static int
put_transcript(struct buf *b, uint16_t suite, const struct session_party *initiator,
    const struct session_party *responder, const struct prekeys *k)
{
	int r;

	if ((r = buf_put_u16(b, suite)) != 0 || (r = put_party(b, initiator)) != 0 ||
	    (r = put_party(b, responder)) != 0)
		return r;
	return put_prekeys(b, k);
}

/* --- initiator ------------------------------------------------------------------------------- */

static int
agree_initiator(
    const struct session_start *p, const struct key_dh *ephemeral, uint8_t (*dh)[KEY_LEN])
{
	const struct session_bundle *b = p->bundle;
	int r;

	if ((r = key_dh_agree(p->own_identity, b->signed_prekey, dh[0])) != 0 ||
	    (r = key_dh_agree(ephemeral, p->peer->identity_key, dh[1])) != 0 ||
	    (r = key_dh_agree(ephemeral, b->signed_prekey, dh[2])) != 0)
		return r;
	return b->has_one_time ? key_dh_agree(ephemeral, b->one_time, dh[3]) : 0;
}

int
x3dh_initiate(
    const struct session_start *p, const struct key_dh *ephemeral, struct x3dh_result *out)
{
	const struct session_bundle *b = p->bundle;
	struct prekeys k = {
		.ephemeral = key_dh_public(ephemeral),
		.signed_id = b->signed_prekey_id,
		.signed_key = b->signed_prekey,
		.kind = !b->has_one_time ? 0
		    : b->last_resort     ? 2
					 : 1,
		.one_time_id = b->has_one_time ? b->one_time_id : 0,
		.one_time = b->has_one_time ? b->one_time : NULL,
	};
	uint8_t dh[X3DH_DH_MAX][KEY_LEN];
	struct buf *transcript = buf_new(TRANSCRIPT_MAX);
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = agree_initiator(p, ephemeral, dh)) == 0 &&
	    (r = put_transcript(transcript, p->suite, p->own, p->peer, &k)) == 0)
		r = finish(transcript, (const uint8_t(*)[KEY_LEN])dh, b->has_one_time ? 4 : 3, out);
	mem_wipe(dh, sizeof(dh));
	buf_free(&transcript);
	return r;
}

/* --- responder ------------------------------------------------------------------------------- */

static int
agree_responder(const struct session_accept *p, uint8_t (*dh)[KEY_LEN])
{
	const struct session_peek *e = p->peek;
	int r;

	if ((r = key_dh_agree(p->signed_prekey, e->sender.identity_key, dh[0])) != 0 ||
	    (r = key_dh_agree(p->own_identity, e->ephemeral, dh[1])) != 0 ||
	    (r = key_dh_agree(p->signed_prekey, e->ephemeral, dh[2])) != 0)
		return r;
	return e->has_one_time ? key_dh_agree(p->one_time, e->ephemeral, dh[3]) : 0;
}

int
x3dh_respond(const struct session_accept *p, struct x3dh_result *out)
{
	const struct session_peek *e = p->peek;
	struct prekeys k = {
		.ephemeral = e->ephemeral,
		.signed_id = e->signed_prekey_id,
		.signed_key = key_dh_public(p->signed_prekey),
		.kind = !e->has_one_time ? 0
		    : e->last_resort     ? 2
					 : 1,
		.one_time_id = e->one_time_id,
	};
	uint8_t dh[X3DH_DH_MAX][KEY_LEN];
	struct buf *transcript;
	int r;

	memset(out, 0, sizeof(*out));
	if (!e->initial || e->has_one_time != (p->one_time != NULL) ||
	    memcmp(e->recipient_binding, p->own->binding_hash, HASH_LEN) != 0)
		return ERR_UNEXPECTED;
	if (p->one_time != NULL)
		k.one_time = key_dh_public(p->one_time);
	transcript = buf_new(TRANSCRIPT_MAX);
	if ((r = agree_responder(p, dh)) == 0 &&
	    (r = put_transcript(transcript, e->suite, &e->sender, p->own, &k)) == 0)
		r = finish(transcript, (const uint8_t(*)[KEY_LEN])dh, e->has_one_time ? 4 : 3, out);
	mem_wipe(dh, sizeof(dh));
	buf_free(&transcript);
	return r;
}
