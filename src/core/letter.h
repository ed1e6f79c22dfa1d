/*
 * letter: what was inside an envelope: a message, receipts, control.
 */
#ifndef RECADO_CORE_LETTER_H
#define RECADO_CORE_LETTER_H

#include "core/engine.h"
#include "core/trust.h"
#include "crypto/content.h"

/* What is to be told once the transaction holds. */
struct letter_news {
	int64_t row;    /* a new message; 0: none */
	int64_t person;
	char *notice;   /* for the conversation; NULL */
	bool first_contact;
	bool sealed_again; /* the outbox has something to seal */
	bool accepted;     /* another device of ours wrote to them */
	bool strangers;    /* and to somebody unknown here */
	bool behind;       /* our own list has grown: it has to be fetched */
	bool ended;        /* the session it came in, and those before it: the caller forgets them */
};

/* Judge and keep, in the caller's transaction. from: the proven device of p. An error undoes all:
 * ERR_SIGNATURE and the like for what does not fit. */
int letter_read(struct engine *e, struct store_person *p, const struct identity_device *from,
    const Recado__Plaintext *pt, struct letter_news *news) MUST_CHECK;
/* One receipt of p's device `from` (ERR_AGAIN: the relay has to show their newest binding first), and
 * the list heads of a content in p's conversation: likewise. */
int letter_receipt(struct engine *e, const struct store_person *p,
    const struct identity_device *from, const Recado__SignedReceipt *sr) MUST_CHECK;
int letter_heads(struct engine *e, struct store_person *p, const struct content *c) MUST_CHECK;
void letter_tell(struct engine *e, const struct letter_news *news);
void letter_clear(struct letter_news *news);

#endif
