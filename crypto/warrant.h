/*
 * warrant: the relay's signed word on each reply, and RFC 6962 trees so that one signature serves
 * a batch. DESIGN 3.5.
 */
#ifndef RECADO_CRYPTO_WARRANT_H
#define RECADO_CRYPTO_WARRANT_H

#include "base/buf.h"
#include "crypto/key.h"

enum warrant_kind { WARRANT_REPLY = 1, WARRANT_DEPOSIT = 2 };

struct warrant_reply { /* WarrantLeaf */
	uint8_t relay_id[32];
	uint8_t transcript[64]; /* of the channel's handshake */
	size_t transcript_len;
	uint64_t number;
	uint8_t request_hash[32], reply_hash[32];
	uint32_t status;
	uint64_t time;
};
struct warrant_deposit { /* DepositLeaf */
	uint8_t relay_id[32], mailbox[16], envelope_hash[32], head[32];
	uint64_t index, time;
};

/* Relay side: collect leaves of one batch, seal it with one signature, take the proofs out. */
struct warrant_batch;
struct warrant_batch *warrant_batch_new(void);
void warrant_batch_free(struct warrant_batch **pb);
/* *slot names the leaf for warrant_batch_get. */
int warrant_batch_reply(struct warrant_batch *b, const struct warrant_reply *leaf, size_t *slot)
    MUST_CHECK;
int warrant_batch_deposit(struct warrant_batch *b, const struct warrant_deposit *leaf,
    size_t *slot) MUST_CHECK;
int warrant_batch_seal(struct warrant_batch *b, const struct key_sign *identity) MUST_CHECK;
/* Append the encoded Warrant of a slot. */
int warrant_batch_get(const struct warrant_batch *b, size_t slot, struct buf *out) MUST_CHECK;

/* Anybody: verify an encoded Warrant with the relay's identity key; then the leaf's fields.
 * ERR_SIGNATURE, ERR_FORMAT, ERR_FIELD; a leaf of the other kind is ERR_UNEXPECTED. */
int warrant_verify_reply(struct bytes warrant, const uint8_t identity[KEY_LEN],
    struct warrant_reply *out) MUST_CHECK;
int warrant_verify_deposit(struct bytes warrant, const uint8_t identity[KEY_LEN],
    struct warrant_deposit *out) MUST_CHECK;

/* Mailbox chain (recado.proto, ChainPart). head is updated in place. */
int warrant_chain_start(const uint8_t relay_id[32], const uint8_t device_id[16], uint8_t head[32])
    MUST_CHECK;
int warrant_chain_step(uint8_t head[32], uint64_t index, const uint8_t envelope_hash[32])
    MUST_CHECK;

#endif
