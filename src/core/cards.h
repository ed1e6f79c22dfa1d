/*
 * cards: the card thread. PKCS#11 calls block for seconds, so they are made on a thread of their
 * own, one after the other; jobs go in and answers come out through queues.
 *
 * A signature may need the person in the middle: then the thread asks through the engine (CORE_ASK)
 * and waits. One PIN for each action of the user.
 */
#ifndef RECADO_CORE_CARDS_H
#define RECADO_CORE_CARDS_H

#include "core/engine.h"
#include "crypto/card.h"

struct cards;

int cards_new(struct engine *e, struct cards **out, struct fault *f) MUST_CHECK;
void cards_free(struct cards **pc); /* waits for the call at hand; open questions are cancelled */

struct cards_answer {
	int code; /* 0 or why not */
	const struct fault *fault;
	const struct card_holder *holder;       /* of cards_holder */
	const struct card_signature *signature; /* of cards_sign */
	const struct card_token *tokens;        /* of cards_list */
	size_t token_count;
	const char *module;
};
typedef void cards_fn(struct op *op, const struct cards_answer *a);

/* All: fn is called later with the op, unless the op ends before. which: token label or serial, or
 * NULL. The answer is valid during the call. */
void cards_list(struct cards *c, struct op *op, cards_fn *fn);
/* The holder's certificate and chain; no PIN. */
void cards_holder(struct cards *c, struct op *op, const char *which, cards_fn *fn);
/* Sign with the card that holder was read from; asks op's caller for the PIN. */
void cards_sign(struct cards *c, struct op *op, const char *which, struct bytes message,
    cards_fn *fn);
/* Look what is in the readers, for the status bar. */
void cards_look(struct cards *c);
void cards_cancel(struct cards *c, const struct op *op);

/* What the status bar says of the card; caller frees. */
char *cards_summary(const struct cards *c);

#endif
