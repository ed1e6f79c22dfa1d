/*
 * authority: the relay's own CA as the relay runs it: key and root from the store, certificates for
 * people without a card, and the list of the revoked, always fresh. DESIGN 3.3.
 *
 * Key and root are made when first needed and stay; both lie in the store, so a backup has them.
 * The list goes where all lists are served from (trust.h), and what it says is judged like any
 * other: here at each sign-in, and by every client.
 */
#ifndef RECADO_SERVER_AUTHORITY_H
#define RECADO_SERVER_AUTHORITY_H

#include "crypto/ca.h"
#include "server/server.h"

struct authority;

/* ms after which a list is issued again: a quarter of what it is good for, here and with the age that
 * clients take by default. */
uint64_t authority_interval(const struct config *c);

/* Before the store's thread starts. Without a CA, and none needed, it is there and empty. */
int authority_open(struct server *srv, const struct store_ops *ops, struct authority **out,
    struct fault *f) MUST_CHECK;
/* Once the loops are there: from now on the list is issued again in time. */
int authority_start(struct authority *a) MUST_CHECK;
void authority_free(struct authority **pa);

/* The root's DER; empty without a CA. */
struct bytes authority_root(const struct authority *a);

struct authority_leaf {
	uint8_t serial[CA_SERIAL_LEN], sha256[32];
	uint64_t made, expires; /* ms */
	char *subject;          /* text */
	struct buf *der;
};
/* Any thread. Not in the store yet. */
int authority_issue(const struct authority *a, const struct csr *who, uint64_t now,
    struct authority_leaf *out) MUST_CHECK;
void authority_leaf_clear(struct authority_leaf *l);

/* Who is revoked is read again from the store, a new list issued, everybody told; then done (may be
 * NULL). On the first loop. */
typedef void authority_done_fn(void *arg, int result);
void authority_refresh(struct authority *a, authority_done_fn *done, void *arg);

#endif
