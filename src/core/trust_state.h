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
	char letter; /* when it was last looked at for news; 0: not yet */
	/* The safety number, which takes thousands of digests, and of which device lists it is. */
	uint8_t safety_of[2][STORE_HASH];
	char safety[SAFETY_TEXT];
};

struct trust_waiter {
	STAILQ_ENTRY(trust_waiter) link;
	void (*done)(void *arg);
	void *arg;
};

struct trust_wanted { /* a list to be fetched */
	STAILQ_ENTRY(trust_wanted) link;
	uint8_t sha256[STORE_HASH];
	uint64_t size;
};

struct trust {
	struct engine *engine;
	struct cert_store *store;
	struct identity *self;
	bool has_ca; /* the relay's own root is known */
	struct buf *issuers; /* Issuers, encoded: what was taken from the relay */
	LIST_HEAD(, trust_cached) cache;
	/* Identities that were replaced in this turn of the loop: somebody may still look at them. */
	struct identity **retired;
	size_t retired_count;
	struct event *sweep, *clock;
	uint64_t folder; /* how trust.crls looked when it was read */
	/* the refresh under way */
	void (*issuers_done)(struct trust *t);
	bool refreshing, again;
	bool lists_left; /* some that were kept could not be checked when the profile was opened */
	STAILQ_HEAD(, trust_waiter) waiters;
	STAILQ_HEAD(, trust_wanted) wanted;
	struct buf *blob;
};

/* trust_claim.c. In the caller's transaction. What the relay shows now, instead of old (NULL: nothing),
 * held against what p's own devices have said: p becomes '!', or is what it was again. */
int trust_claim_settle(struct trust *t, struct store_person *p, const struct identity *old,
    const struct identity *new) MUST_CHECK;
/* p is '!' from now on, and why; said once. Ends when the relay shows again what was known. */
int trust_doubt_set(struct trust *t, struct store_person *p, const char *why) MUST_CHECK;
int trust_doubt_end(struct trust *t, struct store_person *p) MUST_CHECK;
/* trust.c: what is cached of a person; NULL */
struct trust_cached *trust_cached(struct trust *t, int64_t person);
/* trust_judge.c: is this the number that was compared? In constant time. */
bool trust_safety_same(const struct store_person *p, const char *number);

/* trust_self.c. Our own entry; shown: by the relay, whole. */
int trust_self_take(struct trust *t, const Recado__DirectoryEntry *entry, bool shown,
    struct fault *f) MUST_CHECK;

/* trust_news.c */
int trust_news_open(struct trust *t) MUST_CHECK;
/* Keep a line of the history, and show one in the conversation (NULL: none), now or to the next that
 * watches. */
int trust_tell(struct trust *t, const struct store_person *p, const char *past, const char *notice)
    MUST_CHECK;

/* Keep what callers may still hold until the loop turns; takes *i over. */
void trust_retire(struct trust *t, struct identity *i);

/* trust_ca.c: the root that was kept, before anything is judged. */
int trust_ca_load(struct trust *t) MUST_CHECK;
/* What the relay shows: the one that is known, or the first (*fresh: kept now). ERR_RELAY_KEY: it is
 * another; ERR_UNTRUSTED, ERR_FORMAT: it is no root of this relay's. */
int trust_ca_take(struct trust *t, struct bytes der, bool *fresh) MUST_CHECK;
/* trust_issuers.c */
int trust_issuers_load(struct trust *t) MUST_CHECK;
/* Ask for what known chains lack; done is called later. False: there is nothing to ask. */
bool trust_issuers_ask(struct trust *t, void (*done)(struct trust *t));
/* trust_folder.c. The lists of trust.crls, where that is configured; and again, if they have changed:
 * then all verdicts are due. */
int trust_folder_load(struct trust *t, struct fault *f) MUST_CHECK;
void trust_folder_look(struct trust *t);

/* trust_lists.c. The lists that were kept: before anybody is judged. */
int trust_lists_load(struct trust *t) MUST_CHECK;
void trust_lists_forget(struct trust *t);

#endif
