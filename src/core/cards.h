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
};
typedef void cards_fn(struct op *op, const struct cards_answer *a);

/* All: fn is called later with the op, unless the op ends before. which: token label or serial, or
 * NULL. The answer is valid during the call. */

/* What is in the readers; without any token the code says what is missing (ERR_NO_MODULE,
 * ERR_NO_SERVICE, ERR_NO_READER, ERR_NO_CARD), as it does for the others. */
void cards_list(struct cards *c, struct op *op, cards_fn *fn);
/* The holder's certificate and chain; no PIN. */
void cards_holder(struct cards *c, struct op *op, const char *which, cards_fn *fn);

struct cards_order {
	const char *which;
	const uint8_t *certificate; /* SHA-256: no other card is to sign; NULL: any */
	struct bytes message;
};
/* Sign; asks op's caller for the PIN. */
void cards_sign(struct cards *c, struct op *op, const struct cards_order *order, cards_fn *fn);

/* From now on look into the readers twice a second, for the status bar. */
void cards_watch(struct cards *c);
void cards_cancel(struct cards *c, const struct op *op);

/* What the status bar says of the card: "NAME, tries full", or what is missing; caller frees. */
char *cards_summary(const struct cards *c);

#endif
