/*
 * seal: one plaintext to one device: the session advances, the envelope becomes a deposit.
 */
#ifndef RECADO_CORE_SEAL_H
#define RECADO_CORE_SEAL_H

#include "core/engine.h"
#include "core/trust.h"
#include "crypto/session.h"

/* This device, as sessions know it. */
void seal_own_party(struct engine *e, struct session_party *out);

/* Pack a session with its tags into the store, under id (0: a new one, of generation 0). */
int seal_keep(struct engine *e, int64_t person, const struct session *s, int64_t id, bool active)
    MUST_CHECK;
/* The sessions with a device have generations: one more than the highest that was known when it
 * began, dropped ones included. Two of one generation began at the same time. */
#define SEAL_GENERATION_MAX UINT32_MAX
/* A session that the peer began, of a generation; what begins after it is newer. */
int seal_keep_new(struct engine *e, int64_t person, const struct session *s, uint64_t generation,
    bool active) MUST_CHECK;
/* What begins from now on is newer than anything before, also what this store no longer knows. */
int seal_leap(struct engine *e) MUST_CHECK;
/* The same of what begins with this device, which began one that we cannot read. */
int seal_leap_device(struct engine *e, const uint8_t *device) MUST_CHECK;
/* Is there a session to seal on? */
bool seal_ready(struct engine *e, const uint8_t *device);
/* Could a session with d begin, by the suites of the record that is known of it? A bundle that cannot
 * be used costs them a one-time prekey all the same. */
bool seal_possible(struct engine *e, const struct identity_device *d);
/* Is it a device to seal for: live, and not this one? */
bool seal_wants(const struct engine *e, const struct identity_device *d);
/* Is what the bundle has of the device, once its record is in p's identity, the newest as far as we can
 * tell? ERR_UNEXPECTED: its signed prekey had expired when the device last wrote; said, and f says it. */
int seal_current(struct engine *e, const struct store_person *p, const Recado__Bundle *bundle,
    struct fault *f) MUST_CHECK;
/* Begin a session with a device of p from a bundle whose record was verified into p's identity,
 * unless there is one to seal on by now: it came while the bundle was on its way. ERR_NOT_FOUND: the device has no record; ERR_SUITE: f says which. In a transaction of its own. */
int seal_start(struct engine *e, const struct store_person *p, const Recado__Bundle *bundle,
    struct fault *f) MUST_CHECK;
/* Seal pt for a device of p: its last_deposit and introduction are filled in here. The advanced
 * session and the deposit (of message row, 0: none) are in the caller's transaction.
 * ERR_NOT_FOUND: no session. */
int seal_deposit(struct engine *e, const struct store_person *p, const uint8_t *device,
    Recado__Plaintext *pt, int64_t row) MUST_CHECK;
/* Has the device answered in the session that we seal on? Before that each envelope has an introduction
 * in it, and less room. */
bool seal_answered(struct engine *e, const uint8_t *device);
/* The same, of no message, for each device of p that has a session; *n: how many got it. ERR_LIMIT: for
 * some it is too large; *waits: some of those have not answered yet. */
int seal_deposit_all(struct engine *e, const struct store_person *p, Recado__Plaintext *pt, size_t *n,
    bool *waits) MUST_CHECK;
/* End all sessions with p: each device that we share one with is told, then ours are forgotten. In a
 * transaction of its own. */
int seal_disconnect(struct engine *e, const struct store_person *p) MUST_CHECK;
/* Sign the text of a message as the next content of the conversation with p (whose out_sequence
 * and out_previous advance, in the caller's transaction, as do the message's). *sc: pb_free it. */
int seal_content(struct engine *e, struct store_person *p, const struct store_message *m,
    Recado__SignedContent **sc) MUST_CHECK;

#endif
