/*
 * account: a change of an account: a new one, a further device, or an event of its device list.
 * What the store holds of the user is read and verified, the new parts are verified against it, the
 * card is judged, and the result is committed unless the list has moved on meanwhile.
 */
#ifndef RECADO_SERVER_ACCOUNT_H
#define RECADO_SERVER_ACCOUNT_H

#include "server/dispatch.h"

/* Octets, so that a whole entry with the records of all its devices is a reply that fits a message
 * (CHANNEL_MESSAGE_MAX): otherwise everybody who looked the user up would be ended for it. */
#define ACCOUNT_ENTRY_MAX (160u << 10) /* bindings and events; a removal may go beyond */
#define ACCOUNT_RECORD_MAX 1024        /* one SignedDeviceRecord */

struct account_parts {
	const Recado__SignedBinding *binding; /* may be NULL */
	const Recado__SignedDeviceEvent *event;
	const Recado__SignedDeviceRecord *record; /* may be NULL */
	struct bytes invite;                      /* empty: none is needed */
	const uint8_t *user;                      /* of an existing account; NULL: a new one */
	bool must_be_good; /* the card must be good now (a removal may be asked with any) */
};
/* Replies when it is done: Registered if there was a binding. */
int account_change(const struct request *rq, const struct account_parts *parts) MUST_CHECK;

#endif
