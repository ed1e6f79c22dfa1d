/*
 * renewal: a binding under a new certificate for all live devices, and its event. What a card signs
 * (renew.h) and the key of somebody without one (recert.h) is the same. DESIGN 3.3.
 */
#ifndef RECADO_CORE_RENEWAL_H
#define RECADO_CORE_RENEWAL_H

#include "core/chain.h"
#include "core/engine.h"
#include "crypto/identity.h"

struct renewal {
	struct buf *certificate; /* the new one, DER: the caller's to fill, as what is above it */
	struct chain chain;
	struct binding binding;
	struct buf *body, *to_sign, *signed_binding, *event;
};

void renewal_init(struct renewal *w);
void renewal_clear(struct renewal *w);
/* The binding for our list as it stands, and what is to be signed. */
int renewal_bind(struct engine *e, struct renewal *w, struct fault *f) MUST_CHECK;
/* With the signature: the signed binding, and the event, which this device signs. */
int renewal_finish(struct engine *e, struct renewal *w, uint32_t scheme, struct bytes signature)
    MUST_CHECK;
/* Both as messages; the caller pb_frees them, also after an error. */
int renewal_parts(const struct renewal *w, Recado__SignedBinding **binding,
    Recado__SignedDeviceEvent **event) MUST_CHECK;
/* The relay has taken them: they are part of our own list. */
int renewal_learn(struct engine *e, const struct renewal *w, struct fault *f) MUST_CHECK;

#endif
