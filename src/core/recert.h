/*
 * recert: a further certificate for somebody without a card, before the one in use ends. DESIGN 3.3,
 * enrolment. There is one under way at most (engine->recert).
 */
#ifndef RECADO_CORE_RECERT_H
#define RECADO_CORE_RECERT_H

#include "core/engine.h"

/* How long before its end a certificate is renewed: 30 days, or a quarter of its time if that is less. */
uint64_t recert_window(uint64_t not_before, uint64_t not_after);

/* Does a key of ours play the card's part? */
bool recert_enrolled(const struct engine *e);
/* The command: renew now. The op ends with it. */
void recert_begin(struct op *op);
/* On a connection: renew if it is time, at most once a day. */
void recert_upkeep(struct engine *e);
/* The profile was opened: say so when the end is near. It was locked: whatever was under way ends. */
void recert_open(struct engine *e);
void recert_close(struct engine *e);

#endif
