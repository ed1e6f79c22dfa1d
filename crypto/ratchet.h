/*
 * ratchet: the Double Ratchet, without envelopes, names or storage. Source: Signal, "The Double
 * Ratchet Algorithm", revision 1, sections 3 and 4; recado-protocol(7), DOUBLE RATCHET.
 *
 * What differs between protocols that use it (labels, whether headers are sealed) is a profile, so
 * that others' transcripts run on this code; HMAC and HKDF are over SHA-256. A ratchet is a value in the secret arena:
 * the caller copies it, works on the copy, and keeps the copy only when the message authenticated.
 */
#ifndef RECADO_CRYPTO_RATCHET_H
#define RECADO_CRYPTO_RATCHET_H

#include <stdbool.h>
#include "base/buf.h"
#include "crypto/key.h"

#define RATCHET_KEY 32
#define RATCHET_TAG 8
#define RATCHET_TAGS_MAX 66

struct ratchet_profile {
	struct bytes root_info;     /* info of the HKDF that a Diffie-Hellman result goes through */
	struct bytes message_input; /* message key = HMAC(chain key, this) */
	struct bytes chain_input;   /* next chain key = HMAC(chain key, this) */
	struct bytes tag_input;     /* tag = first octets of HMAC(header key, this) */
	bool sealed_headers; /* the root step yields header keys; messages are found by tag */
};

/* Ours: labels of recado-protocol(7), sealed headers. */
extern const struct ratchet_profile ratchet_profile_recado;

struct ratchet;

struct ratchet_header {
	uint8_t key[RATCHET_KEY]; /* the sender's ratchet key */
	uint32_t previous;        /* PN: messages in the sender's previous chain */
	uint32_t number;          /* N */
};

struct ratchet_secrets {
	uint8_t root[RATCHET_KEY];
	uint8_t initiator_header[RATCHET_KEY]; /* sealed headers: initiator's first sending key, */
	uint8_t responder_header[RATCHET_KEY]; /* and the responder's */
};

/* The initiator knows the responder's signed prekey. first is its first ratchet pair; NULL: drawn
 * at random. */
int ratchet_new_initiator(const struct ratchet_profile *profile,
    const struct ratchet_secrets *secrets, const uint8_t signed_prekey[RATCHET_KEY],
    const struct key_dh *first, struct ratchet **out) MUST_CHECK;
int ratchet_new_responder(const struct ratchet_profile *profile,
    const struct ratchet_secrets *secrets, const struct key_dh *signed_prekey, struct ratchet **out)
    MUST_CHECK;
struct ratchet *ratchet_copy(const struct ratchet *r);
void ratchet_free(struct ratchet **pr);

/* The sending half of a turn: a new pair (NULL: drawn at random) and a new sending chain.
 * ratchet_send does this by itself where it is due; calling it first fixes the pair.
 * ERR_UNEXPECTED: none is due. */
int ratchet_turn(struct ratchet *r, const struct key_dh *pair) MUST_CHECK;

/* What the next message is sealed with; the ratchet has moved on. Wipe it after use. */
struct ratchet_sealing {
	struct ratchet_header header;
	uint8_t message_key[RATCHET_KEY];
	uint8_t header_key[RATCHET_KEY];
	uint8_t tag[RATCHET_TAG];
};
int ratchet_send(struct ratchet *r, struct ratchet_sealing *out) MUST_CHECK;

/* The one chain that a message belongs to: by tag where headers are sealed, otherwise by the
 * header's ratchet key. */
struct ratchet_place {
	enum ratchet_where { RATCHET_CURRENT = 1, RATCHET_NEXT, RATCHET_SKIPPED } where;
	uint32_t serial; /* of the receiving chain, RATCHET_SKIPPED */
	uint8_t header_key[RATCHET_KEY];
};
/* ERR_UNEXPECTED: no chain of this session. */
int ratchet_find_tag(
    const struct ratchet *r, const uint8_t tag[RATCHET_TAG], struct ratchet_place *out) MUST_CHECK;
int ratchet_find_key(
    const struct ratchet *r, const uint8_t key[RATCHET_KEY], struct ratchet_place *out) MUST_CHECK;

/* Move on to the message of this header and give its key. ERR_REPLAY: its key was used or has
 * expired; ERR_LIMIT: too many would be skipped; ERR_FORMAT: the header does not fit the place;
 * ERR_KEY. now (wall ms) dates the keys skipped. After an error the ratchet must be dropped. */
int ratchet_receive(struct ratchet *r, const struct ratchet_place *place,
    const struct ratchet_header *header, uint64_t now, uint8_t message_key[RATCHET_KEY]) MUST_CHECK;
/* Forget skipped keys of before now - max_age. */
void ratchet_expire(struct ratchet *r, uint64_t now, uint64_t max_age);
/* When the oldest skipped key was skipped; 0: there is none. */
uint64_t ratchet_oldest(const struct ratchet *r);

/* Tags that a message may come under now; the count, at most max. */
size_t ratchet_tags(const struct ratchet *r, uint8_t (*out)[RATCHET_TAG], size_t max);

int ratchet_pack(const struct ratchet *r, struct buf *out) MUST_CHECK;
int ratchet_unpack(const struct ratchet_profile *profile, struct bytes *in, struct ratchet **out)
    MUST_CHECK; /* advances in */

#endif
