/*
 * warrants: replies on their way out. Each gets its warrant at the end of the loop's turn, and all
 * of a turn share one signature (two when there are deposits: the reply holds the deposit's proof
 * and must be hashed with it).
 */
#ifndef RECADO_SERVER_WARRANTS_H
#define RECADO_SERVER_WARRANTS_H

#include <stdbool.h>
#include "base/buf.h"
#include "server/metrics.h"
#include "server/relaykey.h"

struct warrants;

/* Which request a reply is to. */
struct ticket {
	uint64_t peer, number;
	uint8_t request_hash[32];
};

/* An encoded ToClient for a peer. */
typedef void warrants_send_fn(void *arg, uint64_t peer, struct bytes message);
/* Transcript of a peer's channel; false: it is gone. */
typedef bool warrants_transcript_fn(void *arg, uint64_t peer, struct bytes *out);

struct warrants_config {
	const struct relaykey *key;
	struct metrics *metrics;
	warrants_send_fn *send;
	warrants_transcript_fn *transcript;
	void *arg;
};

struct warrants *warrants_new(const struct warrants_config *c);
void warrants_free(struct warrants **pw);

/* A reply: status, detail for a person (NULL: none) and, unless field is 0, the encoded message
 * that stands in ReplyBody's oneof. */
struct warrants_reply {
	uint32_t status;
	const char *detail;
	unsigned field;
	struct bytes op;
};
int warrants_add(struct warrants *w, const struct ticket *t, const struct warrants_reply *r,
    uint64_t now) MUST_CHECK;
/* A deposit that was taken. */
struct warrants_deposit {
	const uint8_t *mailbox, *envelope_hash, *head;
	uint64_t index, time;
};
int warrants_add_deposit(
    struct warrants *w, const struct ticket *t, const struct warrants_deposit *d) MUST_CHECK;
bool warrants_pending(const struct warrants *w);
/* Sign and send all of them. */
int warrants_turn(struct warrants *w, uint64_t now) MUST_CHECK;

#endif
