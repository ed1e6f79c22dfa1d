/*
 * account_change: a change of an account on its way, as account*.c see it.
 */
#ifndef RECADO_SERVER_ACCOUNT_CHANGE_H
#define RECADO_SERVER_ACCOUNT_CHANGE_H

#include "server/account.h"
#include "server/claim.h"
#include "server/work.h"

struct change {
	struct work work;
	struct buf *parts; /* encoded DirectoryEntry of what is new */
	struct buf *entry; /* first as read, then as it is to be kept */
	struct buf *record;
	bool found; /* the account is there already */
	bool wants_id, must_be_good;
	struct claim claim;
	struct directory_user before, after;
	struct directory_device *devices;
	size_t device_count;
	uint8_t record_device[DEVICE_ID_LEN];
	uint64_t record_number;
};

/* account_commit.c: the same change, by another work that takes over what it holds. */
int account_commit(struct change *c) MUST_CHECK;
void account_change_clear(struct work *k);

#endif
