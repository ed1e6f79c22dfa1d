/*
 * claim: what lets an account in beside its card: an invitation, where the relay asks for one, and
 * for somebody without a card a certificate of the relay's own CA. An account lives by one such
 * certificate and the certificate by that account: so a revocation by the account's name is exact.
 */
#ifndef RECADO_SERVER_CLAIM_H
#define RECADO_SERVER_CLAIM_H

#include "server/work.h"

struct claim {
	bool enrolled;           /* the certificate is of a relay's CA ... */
	bool own;                /* ... which is this relay's */
	uint8_t certificate[32]; /* SHA-256 of its DER */
	bool has_invite;
	uint8_t invite[32];
};

/* In the transaction: spend the invitation (unless the certificate was given for this very one) and
 * note whose the certificate is. *ok false: refused, in work. A certificate that is not in the store
 * is another relay's, whose root is configured here, and nobody's; or it is our own and was not
 * claimed in time: refused, since nobody could revoke it. */
int claim_make(const struct claim *c, struct work *work, const char *name, struct writer *w,
    bool *ok) MUST_CHECK;

#endif
