/*
 * receipts: what we tell senders, late enough not to tell more, soon enough to be of use.
 *
 * Receipts stand in the store from the transaction that kept the message; on the screen they leave
 * 0.5..3 s later, several in one envelope; one-shot commands flush them.
 */
#ifndef RECADO_CORE_RECEIPTS_H
#define RECADO_CORE_RECEIPTS_H

#include "core/engine.h"

struct receipts;

int receipts_open(struct engine *e) MUST_CHECK;
void receipts_close(struct engine *e);

/* Remember to send one, in the caller's transaction: kind is an enum receipt_kind. Nothing where
 * the configuration says so. */
int receipts_note(struct engine *e, int64_t message, int kind) MUST_CHECK;
/* Send what is due, and wake up for the rest. */
void receipts_kick(struct engine *e);
/* All of them now. */
void receipts_flush(struct engine *e);
/* None is due. */
bool receipts_idle(const struct engine *e);
/* The message was shown to the user: mark it read and note the receipt. Tells who watches. */
int receipts_read(struct engine *e, int64_t row) MUST_CHECK;

/* Another device of ours showed the message (READ, NOTARISED): it is read here, and nobody is told. */
int receipts_elsewhere(struct engine *e, int64_t row, int state) MUST_CHECK;
/* Our other devices should hear where a message that this one sent stands; all: also what they
 * would otherwise learn by themselves. In the caller's transaction. */
int receipts_echo(struct engine *e, int64_t row, bool all) MUST_CHECK;
/* The devices of a person are known now: what waited for that goes out. */
void receipts_ready(struct engine *e, int64_t person);

#endif
