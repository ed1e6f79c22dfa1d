/*
 * lookup: a user's directory entry out of the store, as it is sent: bindings, events from a number
 * on, the live devices' records, and whether somebody is online.
 */
#ifndef RECADO_SERVER_LOOKUP_H
#define RECADO_SERVER_LOOKUP_H

#include "server/work.h"

struct lookup {
	uint8_t user[USER_ID_LEN];
	uint32_t from_event;
	bool online;
};
/* In a transaction; appends the encoded DirectoryEntry. ERR_NOT_FOUND */
int lookup_read(struct writer *w, const struct lookup *l, struct buf *out) MUST_CHECK;

#endif
