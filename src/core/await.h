/*
 * await: what ops wait for, put into words they can share.
 */
#ifndef RECADO_CORE_AWAIT_H
#define RECADO_CORE_AWAIT_H

#include "core/engine.h"

/* Reach the relay, then call `then` with NULL; or with the reason why this attempt failed. Uses
 * op->notify until then; then may be called at once. */
void await_relay(struct op *op, op_then *then);
/* All that was queued so far has its replies, what waited is in the store and receipts are out, or
 * ms have passed; then `then` with NULL; or the connection was lost: with why. */
void await_idle(struct op *op, int64_t ms, op_then *then);

#endif
