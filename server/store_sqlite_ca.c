/* Certificates of the relay's own CA, and small values, in the sqlite3 store. */
#include <sqlite3.h>
#include <string.h>

#include "server/store_sqlite.h"

/* The columns of `certificate`. */
enum { SERIAL, REQUEST, SHA256, INVITE, MADE, EXPIRES, REVOKED, SUBJECT, USER_NAME, DER };

int
store_sqlite_put_certificate(struct store *s, const struct store_certificate *c)
{
	sqlite3_stmt *q;
	int r;

	if ((r = store_sql_prepare_blob(s, Q_PUT_CERTIFICATE, c->serial, 16, &q)) != 0 ||
	    (r = store_sql_bind_blob(q, 2, c->request, 32)) != 0 ||
	    (r = store_sql_bind_blob(q, 3, c->sha256, 32)) != 0 ||
	    (c->invite != NULL && (r = store_sql_bind_blob(q, 4, c->invite, 32)) != 0) ||
	    (r = store_sql_bind_int(q, 5, c->made)) != 0 ||
	    (r = store_sql_bind_int(q, 6, c->expires)) != 0 ||
	    (r = store_sql_bind_blob(q, 7, c->subject.p, c->subject.n)) != 0 ||
	    (r = store_sql_bind_blob(q, 8, c->der.p, c->der.n)) != 0)
		return r;
	return store_sql_run(q);
}

static int
read_row(sqlite3_stmt *q, struct store_certificate *c)
{
	int r;

	memset(c, 0, sizeof(*c));
	if ((r = store_sql_column_fixed(q, SERIAL, &c->serial, 16)) != 0 ||
	    (r = store_sql_column_fixed(q, REQUEST, &c->request, 32)) != 0 ||
	    (r = store_sql_column_fixed(q, SHA256, &c->sha256, 32)) != 0 ||
	    (sqlite3_column_type(q, INVITE) != SQLITE_NULL &&
		(r = store_sql_column_fixed(q, INVITE, &c->invite, 32)) != 0))
		return r;
	c->made = store_sql_column_int(q, MADE);
	c->expires = store_sql_column_int(q, EXPIRES);
	c->revoked = store_sql_column_int(q, REVOKED);
	c->subject = store_sql_column(q, SUBJECT);
	c->user_name = store_sql_column(q, USER_NAME);
	c->der = store_sql_column(q, DER);
	return 0;
}

int
store_sqlite_find_certificate(struct store *s, const uint8_t *request, const uint8_t *sha256,
    store_certificate_fn *fn, void *arg)
{
	struct store_certificate c;
	sqlite3_stmt *q;
	int r;

	r = request != NULL ? store_sql_prepare_blob(s, Q_CERTIFICATE_BY_REQUEST, request, 32, &q)
			    : store_sql_prepare_blob(s, Q_CERTIFICATE_BY_HASH, sha256, 32, &q);
	if (r != 0)
		return r;
	if ((r = store_sql_row(q)) == 0 && (r = read_row(q, &c)) == 0)
		r = fn(&c, arg);
	store_sql_finish(q);
	return r;
}

int
store_sqlite_each_certificate(struct store *s, store_certificate_fn *fn, void *arg)
{
	struct store_certificate c;
	sqlite3_stmt *q;
	int r;

	if ((r = store_sql_prepare(s, Q_EACH_CERTIFICATE, &q)) != 0)
		return r;
	while ((r = store_sql_row(q)) == 0)
		if ((r = read_row(q, &c)) != 0 || (r = fn(&c, arg)) != 0)
			break;
	store_sql_finish(q);
	return r == ERR_NOT_FOUND ? 0 : r;
}

/* Of a statement that changes one row. */
static int
run_one(struct store *s, sqlite3_stmt *q)
{
	int r = store_sql_run(q);

	return r != 0 ? r : sqlite3_changes(s->db) == 1 ? 0 : ERR_NOT_FOUND;
}

int
store_sqlite_claim_certificate(
    struct store *s, const uint8_t sha256[32], struct bytes user_name)
{
	sqlite3_stmt *q;
	int r;

	if ((r = store_sql_prepare_blob(s, Q_CLAIM_CERTIFICATE, sha256, 32, &q)) != 0 ||
	    (r = store_sql_bind_blob(q, 2, user_name.p, user_name.n)) != 0)
		return r;
	return run_one(s, q);
}

int
store_sqlite_revoke_certificate(struct store *s, const uint8_t serial[16], uint64_t time)
{
	sqlite3_stmt *q;
	int r;

	if ((r = store_sql_prepare_blob(s, Q_REVOKE_CERTIFICATE, serial, 16, &q)) != 0 ||
	    (r = store_sql_bind_int(q, 2, time)) != 0)
		return r;
	return run_one(s, q);
}

int
store_sqlite_count_certificates(
    struct store *s, uint64_t after, uint64_t given, uint64_t *out)
{
	sqlite3_stmt *q;
	int r;

	*out = 0;
	if ((r = store_sql_prepare_int(s, Q_COUNT_CERTIFICATES, after, &q)) != 0 ||
	    (r = store_sql_bind_int(q, 2, given)) != 0)
		return r;
	if ((r = store_sql_row(q)) == 0)
		*out = store_sql_column_int(q, 0);
	store_sql_finish(q);
	return r;
}

int
store_sqlite_drop_unclaimed(struct store *s, uint64_t until)
{
	sqlite3_stmt *q;
	int r = store_sql_prepare_int(s, Q_DROP_UNCLAIMED, until, &q);

	return r != 0 ? r : store_sql_run(q);
}

int
store_sqlite_put_value(struct store *s, const char *name, struct bytes value)
{
	sqlite3_stmt *q;
	int r;

	if ((r = store_sql_prepare(s, Q_PUT_VALUE, &q)) != 0 ||
	    (r = store_sql_map_error(sqlite3_bind_text(q, 1, name, -1, SQLITE_STATIC))) != 0 ||
	    (r = store_sql_bind_blob(q, 2, value.p, value.n)) != 0)
		return r;
	return store_sql_run(q);
}

int
store_sqlite_get_value(struct store *s, const char *name, struct buf *out)
{
	sqlite3_stmt *q;
	int r;

	if ((r = store_sql_prepare(s, Q_GET_VALUE, &q)) != 0 ||
	    (r = store_sql_map_error(sqlite3_bind_text(q, 1, name, -1, SQLITE_STATIC))) != 0)
		return r;
	return store_sql_get_blob(q, 0, out);
}
