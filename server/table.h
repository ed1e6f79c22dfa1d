/*
 * table: values found by a key of octets. Keys are hashed with SipHash-2-4 under a random key of
 * the table's own, since peers choose most of them.
 *
 * The table owns neither keys nor values: a key must live inside its value (or longer) and stay
 * as it is while the value is in. Not safe from several threads by itself.
 */
#ifndef RECADO_SERVER_TABLE_H
#define RECADO_SERVER_TABLE_H

#include <stdbool.h>
#include "base/buf.h"

struct table;

struct table *table_new(void);
/* drop, when not NULL, is called for each value still inside. NULL is allowed; sets *pt NULL. */
void table_free(struct table **pt, void (*drop)(void *value));

/* Adds; ERR_TAKEN when the key is in already. */
int table_put(struct table *t, struct bytes key, void *value) MUST_CHECK;
/* NULL when there is none. */
void *table_get(const struct table *t, struct bytes key);
/* Takes the value out; NULL when there is none. */
void *table_take(struct table *t, struct bytes key);
size_t table_count(const struct table *t);

/* Every value once, in no order. The visitor may take the value it is shown, nothing else; false
 * ends the walk. */
void table_each(struct table *t, bool (*visit)(void *value, void *arg), void *arg);

#endif
