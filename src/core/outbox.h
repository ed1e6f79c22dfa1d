/*
 * outbox: from a text to the relay's warrant. DESIGN 2, 3.4, 3.5.
 *
 * A message is sealed once for each device of the recipient; what is sealed is kept with the new
 * session state in one transaction and deposited until the relay has warranted it, over any number
 * of connections and restarts, always the same octets under the same number.
 */
#ifndef RECADO_CORE_OUTBOX_H
#define RECADO_CORE_OUTBOX_H

#include "core/engine.h"
#include "wire/pb.h"

struct outbox;

int outbox_open(struct engine *e) MUST_CHECK;
void outbox_close(struct engine *e);

/* Keep a message to p (queued) and start it on its way. *row names it. */
int outbox_send(struct engine *e, const struct store_person *p, const char *text, int64_t *row,
    struct fault *f) MUST_CHECK;
/* Seal and deposit whatever can be, later in this turn of the loop. */
void outbox_kick(struct engine *e);
void outbox_offline(struct engine *e);
/* Nothing is under way that an answer of the relay would finish, or waits because the relay asked for
 * patience. */
bool outbox_idle(const struct engine *e);
/* What waits for this person cannot be sent. */
void outbox_fail_person(struct engine *e, int64_t person, int code, const char *why);

/* A device could not open an envelope of ours: what it carried is sealed anew. *again false: not now:
 * the envelope is none of ours, or it is done when the hour is over. In a transaction. */
int outbox_retry(struct engine *e, int64_t person, const uint8_t *device, const uint8_t *hash,
    bool *again) MUST_CHECK;
/* The peer has a new session where we knew another: whatever they did not confirm is sealed anew, at
 * most once an hour, or else when the hour is over. In a transaction. */
int outbox_retry_person(struct engine *e, int64_t person, const uint8_t *device) MUST_CHECK;
/* We could not open an envelope of this device: ask it, in a fresh session, to seal it again. What
 * comes in the session we had still opens: whoever made that envelope may not be who we share it with.
 * At most once an hour and device; *asked false: when the hour is over. In a transaction; kick the
 * outbox after it. */
int outbox_ask_again(struct engine *e, int64_t person, const uint8_t *device, const uint8_t *hash,
    bool *asked) MUST_CHECK;
/* Is all known that sealing for p's devices takes? False: the relay was asked; receipts_ready
 * follows. */
bool outbox_ready(struct engine *e, const struct store_person *p);
/* This profile is an older copy of itself: every session is begun anew, at most once an hour, our
 * prekeys are replaced, and what nobody confirmed is sealed again by both sides. hash: of some mail
 * that we never saw. */
void outbox_renew(struct engine *e, const uint8_t *hash);
/* Ask the relay who this person is, unless it is asked already. */
void outbox_ask_who(struct engine *e, int64_t person);
/* The relay asked for patience: nothing is asked or sent for some seconds. */
void outbox_pause(struct outbox *o);
/* The relay was asked who this person is, and answered or did not. */
void outbox_looked_up(struct engine *e, int64_t person);

/* Sessions with all live devices of p: those missing are asked for; `then` of the op is called with
 * NULL, or why there is none. */
void outbox_connect(struct op *op, struct store_person *p, op_then *then);

#endif
