/*
 * self: our own device list, asked for by a command that waits for it. On each connection, and when
 * somebody knows more of it than we do, it is refreshed like anybody's (contact_refresh of own).
 */
#ifndef RECADO_CORE_SELF_H
#define RECADO_CORE_SELF_H

#include "core/conn.h"

/* Ask; fn gets the reply, for self_take. */
int self_ask(struct engine *e, conn_reply_fn *fn, void *arg) MUST_CHECK;
int self_take(struct engine *e, int err, const Recado__ReplyBody *reply, struct fault *f)
    MUST_CHECK;

#endif
