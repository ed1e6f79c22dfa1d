/*
 * copies: what our user's other devices tell this one. What one of them sent appears here as sent by
 * us, with its states; what one of them showed is read here. Believed only in a session with a live
 * device of our own verified list, and each signature is verified again.
 *
 * What comes before what it is about (a receipt before the copy of its message) waits in the store.
 */
#ifndef RECADO_CORE_COPIES_H
#define RECADO_CORE_COPIES_H

#include "core/engine.h"
#include "core/letter.h"
#include "crypto/receipt.h"

int copies_open(struct engine *e) MUST_CHECK;
void copies_close(struct engine *e);
/* A new connection: learn our own devices, and whom copies were written to. */
void copies_online(struct engine *e);
/* A copy to somebody unknown came: ask the relay who that is. */
void copies_strangers(struct engine *e);

/* Parts of a letter from another live device of ours, in the caller's transaction. */
int copies_content(struct engine *e, const struct identity_device *from,
    Recado__SignedContent *sc, struct letter_news *news) MUST_CHECK;
int copies_state(struct engine *e, const struct identity_device *from,
    const Recado__CopyState *cs) MUST_CHECK;
int copies_receipt(struct engine *e, const struct identity_device *from,
    const Recado__SignedReceipt *sr) MUST_CHECK;

/* A verified receipt for a message that is not here yet: keep it. */
int copies_early(struct engine *e, int64_t person, const struct receipt *rc,
    const Recado__SignedReceipt *sr) MUST_CHECK;
/* The message is here: what came early counts now. In the caller's transaction. */
int copies_apply(struct engine *e, const uint8_t *mh) MUST_CHECK;

#endif
