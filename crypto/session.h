/*
 * session: X3DH and the Double Ratchet with header encryption between two devices, and the
 * envelope. DESIGN 3.4; Signal's specifications X3DH rev. 1, Double Ratchet rev. 1.
 *
 * A session is a value: unpack it from the store, seal or open on that copy, pack the result and
 * commit it together with what came of it. session_open never changes its argument.
 */
#ifndef RECADO_CRYPTO_SESSION_H
#define RECADO_CRYPTO_SESSION_H

#include <stdbool.h>
#include "base/buf.h"
#include "crypto/binding.h"
#include "crypto/key.h"

#define SESSION_TAG 8
#define SESSION_PACKED_MAX (256 * 1024)
#define SESSION_SKIP_CHAIN 1000
#define SESSION_SKIP_ALL 2000
#define SESSION_SKIP_CHAINS 64
#define SESSION_SKIP_MS (30ull * 24 * 3600 * 1000)
#define ENVELOPE_MIN 256
#define ENVELOPE_MAX 32768

struct session;

/* Names and keys of one side; all of it enters the key. */
struct session_party {
	uint8_t user_id[USER_ID_LEN];
	uint8_t device_id[DEVICE_ID_LEN];
	uint8_t binding_hash[HASH_LEN];
	uint8_t identity_key[32]; /* DIK */
};

/* A peer's published prekeys; signatures already verified (identity.h). */
struct session_bundle {
	uint32_t signed_prekey_id;
	uint8_t signed_prekey[32];
	bool has_one_time; /* one_time holds a one-time or the last-resort prekey */
	bool last_resort;
	uint32_t one_time_id;
	uint8_t one_time[32];
};

struct session_start {
	uint16_t suite;
	const struct session_party *own, *peer;
	const struct key_dh *own_identity;
	const struct session_bundle *bundle;
	uint64_t now; /* wall ms */
};
int session_start(const struct session_start *p, struct session **out) MUST_CHECK;

/* What an envelope shows before it is opened: nothing of it is authenticated. */
struct session_peek {
	uint16_t suite;
	uint8_t tag[SESSION_TAG];
	bool initial; /* the rest is set */
	struct session_party sender;
	uint8_t ephemeral[32];
	uint32_t signed_prekey_id, one_time_id;
	bool has_one_time, last_resort;
	uint8_t recipient_binding[HASH_LEN];
};
int session_peek(struct bytes envelope, struct session_peek *out) MUST_CHECK;

struct session_accept {
	const struct session_peek *peek;
	const struct session_party *own;
	const struct key_dh *own_identity, *signed_prekey, *one_time; /* one_time may be NULL */
	uint64_t now;
};
/* The responder's session of an initial envelope; the envelope itself is then opened with
 * session_open. The caller refuses ephemerals it has seen under this signed prekey. */
int session_accept(const struct session_accept *p, struct session **out) MUST_CHECK;
/* Of two simultaneous starts the session with the lower initiator base key stays: <0 keep a, >0
 * keep b. */
int session_compare(const struct session *a, const struct session *b);

void session_free(struct session **ps);
int session_pack(const struct session *s, struct buf *out) MUST_CHECK; /* out: secret buf */
int session_unpack(struct bytes packed, struct session **out) MUST_CHECK;

/* Seal on s, which advances. out gets the encoded Envelope, padded. ERR_LIMIT. */
int session_seal(struct session *s, struct bytes plaintext, struct buf *out) MUST_CHECK;
/* Open with s unchanged; on success *next is the state to commit and plaintext (a secret buf) the
 * unpadded Plaintext. ERR_MAC, ERR_REPLAY, ERR_LIMIT (too many skipped), ERR_UNEXPECTED (a tag of
 * another session). */
int session_open(const struct session *s, struct bytes envelope, uint64_t now,
    struct session **next, struct buf *plaintext) MUST_CHECK;

/* Forget skipped keys that are past their time. session_open does it by itself: this is for sessions
 * on which nothing comes. */
void session_expire(struct session *s, uint64_t now);
/* When its oldest skipped key was skipped, wall ms; 0: it has none. */
uint64_t session_oldest(const struct session *s);

/* Tags under which envelopes for s can arrive now (current, next, skipped header keys): at most
 * max are written, the count returned. The store indexes them. */
#define SESSION_TAGS_MAX (2 + SESSION_SKIP_CHAINS)
size_t session_tags(const struct session *s, uint8_t (*out)[SESSION_TAG], size_t max);
uint16_t session_suite(const struct session *s);
bool session_answered(const struct session *s); /* has the peer replied: no more Initial */
const struct session_party *session_peer(const struct session *s);
uint64_t session_created(const struct session *s);
/* SHA-256 of the envelope octets, as the relay's chain has it. */
int session_envelope_hash(struct bytes envelope, uint8_t out[HASH_LEN]) MUST_CHECK;

#endif
