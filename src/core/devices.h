/*
 * devices: what follows when somebody's device list changes, a contact's or our own: what is said
 * in the conversation and kept in the history of the identity, which sessions end, what is sealed
 * for whom. DESIGN 3.3.
 */
#ifndef RECADO_CORE_DEVICES_H
#define RECADO_CORE_DEVICES_H

#include "core/engine.h"
#include "crypto/identity.h"

/* From old (NULL: somebody new) to new, both verified; p NULL: ourselves. In the caller's
 * transaction. */
int devices_changed(struct engine *e, const struct store_person *p, const struct identity *old,
    const struct identity *new) MUST_CHECK;
/* The relay says that a list, ours or that of somebody known, is at this head: if we know another, it
 * is looked up. */
void devices_hint(struct engine *e, const Recado__ListHead *h);

#endif
