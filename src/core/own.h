/*
 * own: our own user as a peer. The user's other devices are written to like anybody's, so our own
 * user stands among the people of the store: without a name, which nobody can have, and as no
 * contact.
 */
#ifndef RECADO_CORE_OWN_H
#define RECADO_CORE_OWN_H

#include "core/engine.h"
#include "crypto/identity.h"

/* Find or make that person: e->own. */
int own_open(struct engine *e) MUST_CHECK;
bool own_is(const struct engine *e, const struct store_person *p);
int own_person(struct engine *e, struct store_person *out) MUST_CHECK;

/* The live devices of our user but this one: begin with *n = 0 until NULL. */
const struct identity_device *own_next(struct engine *e, size_t *n);
/* Is there another? */
bool own_others(struct engine *e);
/* Our list is longer than we know: ask before we seal again. In the caller's transaction. */
int own_stale(struct engine *e) MUST_CHECK;

#endif
