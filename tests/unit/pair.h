/*
 * pair: two devices with prekeys, for tests of sessions. Everything aborts on failure.
 */
#ifndef RECADO_TESTS_UNIT_PAIR_H
#define RECADO_TESTS_UNIT_PAIR_H

#include "base/buf.h"
#include "crypto/session.h"

struct pair_device {
	struct session_party party;
	struct key_dh *identity, *signed_prekey, *one_time;
	struct session_bundle bundle; /* as its directory entry would give it */
};

#define PAIR_NOW 1790000000000ull

void pair_device_init(struct pair_device *d, uint8_t name); /* name fills the ids */
void pair_device_clear(struct pair_device *d);
/* A fresh one-time prekey of this id takes the old one's place. */
void pair_device_one_time(struct pair_device *d, uint32_t id);

/* from's session to to, out of to's bundle. */
struct session *pair_start(
    const struct pair_device *from, const struct pair_device *to, uint16_t suite);
/* to's session of an initial envelope (not yet opened); the code of session_accept. */
int pair_accept(const struct pair_device *to, struct bytes envelope, struct session **out);
/* Seal text on *s; the caller frees the envelope. */
struct buf *pair_seal(struct session *s, const char *text);
/* Open on *s and take the next state; 0 or the error (then *s is untouched). */
int pair_open(struct session **s, struct bytes envelope, struct buf *plaintext);

#endif
