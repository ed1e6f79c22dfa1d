/*
 * trust_state: what the files of trust share.
 */
#ifndef RECADO_CORE_TRUST_STATE_H
#define RECADO_CORE_TRUST_STATE_H

#include "core/trust.h"

#define TRUST_OTHER_USER "the relay now has somebody else under this name"

struct trust_cached {
	LIST_ENTRY(trust_cached) link;
	int64_t person;
	struct identity *identity;
};

struct trust_waiter {
	STAILQ_ENTRY(trust_waiter) link;
	void (*done)(void *arg);
	void *arg;
};

struct trust_wanted { /* a list to be fetched */
	STAILQ_ENTRY(trust_wanted) link;
	uint8_t issuer[STORE_HASH], sha256[STORE_HASH];
	uint64_t size;
};

struct trust {
	struct engine *engine;
	struct cert_store *store;
	struct identity *self;
	LIST_HEAD(, trust_cached) cache;
	/* Identities that were replaced in this turn of the loop: somebody may still look at them. */
	struct identity **retired;
	size_t retired_count;
	struct event *sweep;
	/* the refresh under way */
	bool refreshing, again;
	STAILQ_HEAD(, trust_waiter) waiters;
	STAILQ_HEAD(, trust_wanted) wanted;
	struct buf *blob;
};

/* trust_claim.c. In the caller's transaction. What the relay has shown, held against what p's own
 * devices have said: p becomes '!', or is what it was again. */
int trust_claim_settle(struct trust *t, struct store_person *p, const struct identity *i) MUST_CHECK;
/* p is '!' from now on, and why; said once. Ends when the relay shows again what was known. */
int trust_doubt_set(struct trust *t, struct store_person *p, const char *why) MUST_CHECK;
int trust_doubt_end(struct trust *t, struct store_person *p) MUST_CHECK;

/* trust_lists.c */
void trust_lists_forget(struct trust *t);

#endif
