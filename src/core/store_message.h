/*
 * store_message: what the message queries of the store's own files share.
 */
#ifndef RECADO_CORE_STORE_MESSAGE_H
#define RECADO_CORE_STORE_MESSAGE_H

#include "core/store_db.h"

#define STORE_MESSAGE_FIELDS                                                                       \
	"m.row, m.id, m.person, m.mh, m.device, m.outgoing, m.unread, m.first, m.late, m.sequence,"    \
	" m.sent_at, m.received_at, m.state, m.text, m.error "
#define STORE_MESSAGE_COLUMNS "SELECT " STORE_MESSAGE_FIELDS "FROM message m "

/* Each row of an open query over STORE_MESSAGE_COLUMNS through fn; the query is closed after. */
int store_message_walk(struct store *s, sqlite3_stmt *st, store_message_fn *fn, void *arg)
    MUST_CHECK;

#endif
