/*
 * introduction: a user's bindings as they travel in the first messages of a session. DESIGN 3.4.
 *
 * All bindings that one card signed carry the same certificate and chain, several KiB of a message
 * that has 32. In an Introduction a binding whose certificate is empty was signed by the card of the
 * nearest binding before it that has one.
 */
#ifndef RECADO_CRYPTO_INTRODUCTION_H
#define RECADO_CRYPTO_INTRODUCTION_H

#include "base/err.h"
#include "wire/pb.h"

#define INTRODUCTION_BINDINGS_MAX 128

struct introduction { /* bindings that borrow their octets from those they were made of */
	Recado__SignedBinding *bindings;
	Recado__SignedBinding **list; /* as messages want them */
	size_t count;
};

/* Leave out what repeats. ERR_LIMIT: too many bindings. */
int introduction_lean(Recado__SignedBinding *const *in, size_t n, struct introduction *out)
    MUST_CHECK;
/* Put it back; nothing is verified here. ERR_LIMIT; ERR_FORMAT: nothing to put there. */
int introduction_full(Recado__SignedBinding *const *in, size_t n, struct introduction *out)
    MUST_CHECK;
void introduction_clear(struct introduction *x);

#endif
