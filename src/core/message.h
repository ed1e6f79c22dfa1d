/*
 * message: one message as others see it, and the one way its state changes.
 */
#ifndef RECADO_CORE_MESSAGE_H
#define RECADO_CORE_MESSAGE_H

#include "core/engine.h"

/* What is shown of a message. Caller gives it to an event. */
struct core_message *message_show(struct engine *e, const struct store_message *m)
    __attribute__((returns_nonnull));
/* Why an outgoing message that is queued does not go out although the relay may be there: to its person
 * nothing may be sent at the moment. NULL: nothing of the kind. Caller frees. */
char *message_held(struct engine *e, const struct store_message *m);
/* The message to an op, or to all that watch (NULL). */
int message_emit(struct engine *e, int64_t row, struct op *op) MUST_CHECK;

/* Something is proven about a message: keep the proof; the state of the message moves up if that is
 * higher than what it was. Tells everybody. Within the caller's transaction or without. */
int message_prove(struct engine *e, int64_t row, const struct store_trace *t) MUST_CHECK;
/* It cannot be sent, for good: an ERR_*, and why, for a person. */
int message_fail(struct engine *e, int64_t row, int code, const char *why) MUST_CHECK;

/* Each proven state to an op, checked again from the proofs kept. */
int message_states(struct op *op, int64_t row) MUST_CHECK;

/* Find one of the caller's ids; fails the op and returns an error otherwise. */
int message_find(struct op *op, const char *id, int64_t *row) MUST_CHECK;
/* The sender chooses an id (of 8 octets): ERR_TAKEN if a message has it already. */
int message_id_unused(struct engine *e, const uint8_t *id) MUST_CHECK;
/* Fields an op needs without the text. */
int message_fields(struct engine *e, int64_t row, struct store_message *out) MUST_CHECK;

/* The same with the text, which the caller frees (wiped). */
int message_load(struct engine *e, int64_t row, struct store_message *out, char **text) MUST_CHECK;

#endif
