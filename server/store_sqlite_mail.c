/* Mailboxes, deposits and envelopes in the sqlite3 store. */
#include <sqlite3.h>
#include <string.h>

#include "server/store_sqlite.h"

/* ---------------------------------------------------------------------------- mail */

int
store_sqlite_add_box(
    struct store *s, const uint8_t device[16], const uint8_t head[32], uint64_t *id)
{
	sqlite3_stmt *q;
	int r;

	*id = 0;
	if ((r = store_sql_prepare_blob(s, Q_ADD_BOX, device, 16, &q)) != 0 ||
	    (r = store_sql_bind_blob(q, 2, head, 32)) != 0 || (r = store_sql_run(q)) != 0)
		return r;
	*id = (uint64_t)sqlite3_last_insert_rowid(s->db);
	return 0;
}

int
store_sqlite_put_box(struct store *s, const struct store_box *b)
{
	sqlite3_stmt *q;
	int r;

	if ((r = store_sql_prepare_int(s, Q_PUT_BOX, b->id, &q)) != 0 ||
	    (r = store_sql_bind_int(q, 2, b->length)) != 0 ||
	    (r = store_sql_bind_blob(q, 3, b->head, 32)) != 0 ||
	    (r = store_sql_bind_int(q, 4, b->known)) != 0)
		return r;
	return store_sql_run(q);
}

int
store_sqlite_each_box(struct store *s, store_box_fn *fn, void *arg)
{
	struct store_box b;
	sqlite3_stmt *q;
	int r;

	if ((r = store_sql_prepare(s, Q_EACH_BOX, &q)) != 0)
		return r;
	while ((r = store_sql_row(q)) == 0) {
		b.id = store_sql_column_int(q, 0);
		b.length = store_sql_column_int(q, 2);
		b.known = store_sql_column_int(q, 4);
		if ((r = store_sql_column_fixed(q, 1, &b.device, 16)) != 0 ||
		    (r = store_sql_column_fixed(q, 3, &b.head, 32)) != 0 || (r = fn(&b, arg)) != 0)
			break;
	}
	store_sql_finish(q);
	return r == ERR_NOT_FOUND ? 0 : r;
}

int
store_sqlite_put_entry(struct store *s, const struct store_entry *e)
{
	sqlite3_stmt *q;
	int r;

	if ((r = store_sql_prepare_int(s, Q_PUT_LOG, e->seq, &q)) != 0 ||
	    (r = store_sql_bind_int(q, 2, e->box)) != 0 ||
	    (r = store_sql_bind_int(q, 3, e->sender)) != 0 ||
	    (r = store_sql_bind_int(q, 4, e->index)) != 0 ||
	    (r = store_sql_bind_int(q, 5, e->number)) != 0 ||
	    (r = store_sql_bind_blob(q, 6, e->hash, 32)) != 0 ||
	    (r = store_sql_bind_blob(q, 7, e->head, 32)) != 0 ||
	    (r = store_sql_bind_int(q, 8, e->time)) != 0 ||
	    (r = store_sql_bind_int(q, 9, e->size)) != 0)
		return r;
	return store_sql_run(q);
}

int
store_sqlite_get_entry_head(struct store *s, uint64_t seq, uint8_t head[32], uint64_t *time)
{
	const uint8_t *p;
	sqlite3_stmt *q;
	int r;

	*time = 0;
	memset(head, 0, 32);
	if ((r = store_sql_prepare_int(s, Q_GET_LOG, seq, &q)) != 0)
		return r;
	if ((r = store_sql_row(q)) == 0 && (r = store_sql_column_fixed(q, 0, &p, 32)) == 0) {
		memcpy(head, p, 32);
		*time = store_sql_column_int(q, 1);
	}
	store_sql_finish(q);
	return r;
}

int
store_sqlite_drop_entry(struct store *s, uint64_t seq)
{
	sqlite3_stmt *q;
	int r;

	return (r = store_sql_prepare_int(s, Q_DROP_LOG, seq, &q)) != 0 ? r : store_sql_run(q);
}

static int
show_entry(sqlite3_stmt *q, store_entry_fn *fn, void *arg)
{
	struct store_entry e = {
		.seq = store_sql_column_int(q, 0),
		.box = store_sql_column_int(q, 1),
		.sender = store_sql_column_int(q, 2),
		.index = store_sql_column_int(q, 3),
		.number = store_sql_column_int(q, 4),
		.time = store_sql_column_int(q, 7),
		.size = (uint32_t)store_sql_column_int(q, 8),
		.body = store_sql_column_int(q, 9) != 0,
	};
	int r;

	if ((r = store_sql_column_fixed(q, 5, &e.hash, 32)) != 0 ||
	    (r = store_sql_column_fixed(q, 6, &e.head, 32)) != 0)
		return r;
	return fn(&e, arg);
}

int
store_sqlite_each_entry(struct store *s, store_entry_fn *fn, void *arg)
{
	sqlite3_stmt *q;
	int r;

	if ((r = store_sql_prepare(s, Q_EACH_LOG, &q)) != 0)
		return r;
	while ((r = store_sql_row(q)) == 0 && (r = show_entry(q, fn, arg)) == 0)
		;
	store_sql_finish(q);
	return r == ERR_NOT_FOUND ? 0 : r;
}

int
store_sqlite_put_body(struct store *s, uint64_t seq, struct bytes envelope)
{
	sqlite3_stmt *q;
	int r;

	if ((r = store_sql_prepare_int(s, Q_PUT_BODY, seq, &q)) != 0 ||
	    (r = store_sql_bind_blob(q, 2, envelope.p, envelope.n)) != 0)
		return r;
	return store_sql_run(q);
}

int
store_sqlite_get_body(struct store *s, uint64_t seq, struct buf *out)
{
	sqlite3_stmt *q;
	int r;

	return (r = store_sql_prepare_int(s, Q_GET_BODY, seq, &q)) != 0
	    ? r
	    : store_sql_get_blob(q, 0, out);
}

int
store_sqlite_drop_body(struct store *s, uint64_t seq)
{
	sqlite3_stmt *q;
	int r;

	return (r = store_sql_prepare_int(s, Q_DROP_BODY, seq, &q)) != 0 ? r : store_sql_run(q);
}
