/*
 * contact: people as the user deals with them: finding, showing, accepting.
 */
#ifndef RECADO_CORE_CONTACT_H
#define RECADO_CORE_CONTACT_H

#include "core/engine.h"

#define CONTACT_HELD_MAX 20 /* messages somebody not accepted may leave */

/* Caller gives it to an event. */
struct core_person *contact_show(struct engine *e, const struct store_person *p)
    __attribute__((returns_nonnull));
void contact_emit(struct op *op, const struct store_person *p);
/* CORE_EV_PERSON to all that watch. */
void contact_publish(struct engine *e, int64_t person);
/* The revocation lists changed, or our own devices: note what that changes, show everybody anew, try
 * the outbox again. arg: struct engine. */
void contact_rejudge(void *arg);

/* The person called op->cmd.name. Somebody not known yet, or known only in part, is looked up at
 * the relay, as is everybody when `fresh`; what is kept serves when the relay cannot be reached.
 * found gets the person (op->person is set), or NULL and why. */
void contact_find(struct op *op, bool fresh, op_found *found);
/* The same for a person of the store, without an op: look him up again. */
void contact_refresh(struct engine *e, int64_t person);
/* Somebody wrote whom nobody knows here, and the relay is asked who that is: what it shows and
 * verifies is a person of the store then, whom nobody has accepted. */
void contact_meet(struct engine *e, const uint8_t *user_id);

/* Change what somebody is to us; in the store and for all who watch. */
int contact_set(struct engine *e, struct store_person *p, enum core_contact to) MUST_CHECK;

#endif
