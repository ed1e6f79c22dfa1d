/*
 * ops: the commands, one function each, in one table.
 */
#ifndef RECADO_CORE_OPS_H
#define RECADO_CORE_OPS_H

#include "core/engine.h"

/* Run a new op: refuse it, unlock first, or hand it to its function. */
void ops_run(struct op *op);

typedef void ops_fn(struct op *op);
ops_fn ops_unlock, ops_meet, ops_create, ops_watch, ops_sync, ops_list, ops_add, ops_accept,
    ops_block, ops_connect, ops_disconnect, ops_whois, ops_send, ops_recv, ops_all, ops_history,
    ops_status, ops_receipt, ops_read, ops_draft, ops_verify, ops_outbox, ops_card, ops_devices,
    ops_passphrase, ops_lock, ops_link;

#endif
