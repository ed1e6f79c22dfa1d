/* Accounts, devices, records, prekeys and invitations in the sqlite3 store. */
#include <sqlite3.h>
#include <string.h>

#include "server/store_sqlite.h"

/* ---------------------------------------------------------------------------- accounts */

int
store_sqlite_put_user(struct store *s, const struct store_user *u)
{
	sqlite3_stmt *q;
	int r;

	if ((r = store_sql_prepare_blob(s, Q_PUT_USER, u->id, 32, &q)) != 0 ||
	    (r = store_sql_bind_blob(q, 2, u->name.p, u->name.n)) != 0 ||
	    (r = store_sql_bind_int(q, 3, u->list_length)) != 0 ||
	    (r = store_sql_bind_blob(q, 4, u->list_head, 32)) != 0 ||
	    (r = store_sql_bind_blob(q, 5, u->entry.p, u->entry.n)) != 0)
		return r;
	return store_sql_run(q);
}

int
store_sqlite_get_entry(struct store *s, const uint8_t user[32], struct buf *out)
{
	sqlite3_stmt *q;
	int r;

	return (r = store_sql_prepare_blob(s, Q_GET_ENTRY, user, 32, &q)) != 0
	    ? r
	    : store_sql_get_blob(q, 0, out);
}

int
store_sqlite_find_user(
    struct store *s, struct bytes name, const uint8_t *id, struct store_found *out)
{
	const uint8_t *user, *head;
	sqlite3_stmt *q;
	int r;

	memset(out, 0, sizeof(*out));
	r = name.p != NULL ? store_sql_prepare_blob(s, Q_USER_BY_NAME, name.p, name.n, &q)
			   : store_sql_prepare_blob(s, Q_USER_BY_ID, id, 32, &q);
	if (r != 0)
		return r;
	if ((r = store_sql_row(q)) == 0 && (r = store_sql_column_fixed(q, 0, &user, 32)) == 0 &&
	    (r = store_sql_column_fixed(q, 2, &head, 32)) == 0) {
		memcpy(out->id, user, 32);
		memcpy(out->list_head, head, 32);
		out->list_length = (uint32_t)store_sql_column_int(q, 1);
	}
	store_sql_finish(q);
	return r;
}

static int
show_users(sqlite3_stmt *q, store_user_fn *fn, void *arg)
{
	struct store_user u;
	int r;

	while ((r = store_sql_row(q)) == 0) {
		u = (struct store_user){ .name = store_sql_column(q, 1),
			.list_length = (uint32_t)store_sql_column_int(q, 2) };
		if ((r = store_sql_column_fixed(q, 0, &u.id, 32)) != 0 ||
		    (r = store_sql_column_fixed(q, 3, &u.list_head, 32)) != 0 ||
		    (r = fn(&u, arg)) != 0)
			break;
	}
	store_sql_finish(q);
	return r == ERR_NOT_FOUND ? 0 : r;
}

int
store_sqlite_each_user(struct store *s, store_user_fn *fn, void *arg)
{
	sqlite3_stmt *q;
	int r;

	return (r = store_sql_prepare(s, Q_EACH_USER, &q)) != 0 ? r : show_users(q, fn, arg);
}

int
store_sqlite_page_users(
    struct store *s, struct bytes after, size_t max, store_user_fn *fn, void *arg)
{
	sqlite3_stmt *q;
	int r;

	if ((r = store_sql_prepare_blob(s, Q_PAGE_USERS, after.p, after.n, &q)) != 0 ||
	    (r = store_sql_bind_int(q, 2, max)) != 0)
		return r;
	return show_users(q, fn, arg);
}

int
store_sqlite_put_device(struct store *s, const struct store_device *d)
{
	sqlite3_stmt *q;
	int r;

	if ((r = store_sql_prepare_blob(s, Q_PUT_DEVICE, d->id, 16, &q)) != 0 ||
	    (r = store_sql_bind_blob(q, 2, d->user, 32)) != 0 ||
	    (r = store_sql_bind_blob(q, 3, d->signing_key, 32)) != 0 ||
	    (r = store_sql_bind_int(q, 4, d->live)) != 0)
		return r;
	return store_sql_run(q);
}

int
store_sqlite_find_device(struct store *s, const uint8_t id[16], uint8_t user[32])
{
	const uint8_t *p;
	sqlite3_stmt *q;
	int r;

	memset(user, 0, 32);
	if ((r = store_sql_prepare_blob(s, Q_FIND_DEVICE, id, 16, &q)) != 0)
		return r;
	if ((r = store_sql_row(q)) == 0 && (r = store_sql_column_fixed(q, 0, &p, 32)) == 0)
		memcpy(user, p, 32);
	store_sql_finish(q);
	return r;
}

int
store_sqlite_each_device(struct store *s, store_device_fn *fn, void *arg)
{
	struct store_device d;
	sqlite3_stmt *q;
	int r;

	if ((r = store_sql_prepare(s, Q_EACH_DEVICE, &q)) != 0)
		return r;
	while ((r = store_sql_row(q)) == 0) {
		d.live = store_sql_column_int(q, 3) != 0;
		if ((r = store_sql_column_fixed(q, 0, &d.id, 16)) != 0 ||
		    (r = store_sql_column_fixed(q, 1, &d.user, 32)) != 0 ||
		    (r = store_sql_column_fixed(q, 2, &d.signing_key, 32)) != 0 ||
		    (r = fn(&d, arg)) != 0)
			break;
	}
	store_sql_finish(q);
	return r == ERR_NOT_FOUND ? 0 : r;
}

int
store_sqlite_put_record(
    struct store *s, const uint8_t device[16], uint64_t number, struct bytes record)
{
	sqlite3_stmt *q;
	int r;

	if ((r = store_sql_prepare_blob(s, Q_PUT_RECORD, device, 16, &q)) != 0 ||
	    (r = store_sql_bind_int(q, 2, number)) != 0 ||
	    (r = store_sql_bind_blob(q, 3, record.p, record.n)) != 0)
		return r;
	return store_sql_run(q);
}

int
store_sqlite_get_record(
    struct store *s, const uint8_t device[16], uint64_t *number, struct buf *out)
{
	sqlite3_stmt *q;
	int r;

	*number = 0;
	if ((r = store_sql_prepare_blob(s, Q_GET_RECORD, device, 16, &q)) != 0)
		return r;
	if ((r = store_sql_row(q)) == 0) {
		*number = store_sql_column_int(q, 0);
		if (out != NULL)
			r = buf_put_bytes(out, store_sql_column(q, 1));
	}
	store_sql_finish(q);
	return r;
}

int
store_sqlite_each_record(struct store *s, const uint8_t user[32], store_record_fn *fn, void *arg)
{
	sqlite3_stmt *q;
	int r;

	if ((r = store_sql_prepare_blob(s, Q_EACH_RECORD, user, 32, &q)) != 0)
		return r;
	while ((r = store_sql_row(q)) == 0 && (r = fn(store_sql_column(q, 0), arg)) == 0)
		;
	store_sql_finish(q);
	return r == ERR_NOT_FOUND ? 0 : r;
}

/* ---------------------------------------------------------------------------- prekeys, invites */

int
store_sqlite_put_prekey(struct store *s, const uint8_t device[16], const struct store_prekey *k)
{
	sqlite3_stmt *q;
	int r;

	if ((r = store_sql_prepare_blob(s, Q_PUT_PREKEY, device, 16, &q)) != 0 ||
	    (r = store_sql_bind_int(q, 2, k->id)) != 0 ||
	    (r = store_sql_bind_blob(q, 3, k->key, 32)) != 0)
		return r;
	return store_sql_run(q);
}

int
store_sqlite_take_prekey(struct store *s, const uint8_t device[16], struct store_prekey *out)
{
	const uint8_t *key;
	sqlite3_stmt *q;
	uint64_t seq = 0;
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = store_sql_prepare_blob(s, Q_TAKE_PREKEY, device, 16, &q)) != 0)
		return r;
	if ((r = store_sql_row(q)) == 0 && (r = store_sql_column_fixed(q, 2, &key, 32)) == 0) {
		seq = store_sql_column_int(q, 0);
		out->id = (uint32_t)store_sql_column_int(q, 1);
		memcpy(out->key, key, 32);
	}
	store_sql_finish(q);
	if (r != 0 || (r = store_sql_prepare_int(s, Q_DROP_PREKEY, seq, &q)) != 0)
		return r;
	return store_sql_run(q);
}

int
store_sqlite_count_prekeys(struct store *s, const uint8_t device[16], uint32_t *out)
{
	sqlite3_stmt *q;
	int r;

	*out = 0;
	if ((r = store_sql_prepare_blob(s, Q_COUNT_PREKEYS, device, 16, &q)) != 0)
		return r;
	if ((r = store_sql_row(q)) == 0)
		*out = (uint32_t)store_sql_column_int(q, 0);
	store_sql_finish(q);
	return r;
}

int
store_sqlite_drop_prekeys(struct store *s, const uint8_t device[16])
{
	sqlite3_stmt *q;
	int r;

	return (r = store_sql_prepare_blob(s, Q_DROP_PREKEYS, device, 16, &q)) != 0
	    ? r
	    : store_sql_run(q);
}

int
store_sqlite_put_invite(struct store *s, const uint8_t hash[32], uint64_t time)
{
	sqlite3_stmt *q;
	int r;

	if ((r = store_sql_prepare_blob(s, Q_PUT_INVITE, hash, 32, &q)) != 0 ||
	    (r = store_sql_bind_int(q, 2, time)) != 0)
		return r;
	return store_sql_run(q);
}

int
store_sqlite_use_invite(struct store *s, const uint8_t hash[32], uint64_t time)
{
	sqlite3_stmt *q;
	int r;

	if ((r = store_sql_prepare_blob(s, Q_USE_INVITE, hash, 32, &q)) != 0 ||
	    (r = store_sql_bind_int(q, 2, time)) != 0 || (r = store_sql_run(q)) != 0)
		return r;
	return sqlite3_changes(s->db) == 1 ? 0 : ERR_NOT_FOUND;
}
