/* Statements by number, and what store_sqlite's files do with them. */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "server/store_sqlite.h"

static const char *const queries[Q_COUNT] = {
	[Q_BEGIN] = "BEGIN IMMEDIATE",
	[Q_COMMIT] = "COMMIT",
	[Q_PUT_USER] = "INSERT INTO user VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (id) DO UPDATE SET"
		       " list_length = ?3, list_head = ?4, entry = ?5",
	[Q_GET_ENTRY] = "SELECT entry FROM user WHERE id = ?1",
	[Q_USER_BY_NAME] = "SELECT id, list_length, list_head FROM user WHERE name = ?1",
	[Q_USER_BY_ID] = "SELECT id, list_length, list_head FROM user WHERE id = ?1",
	[Q_EACH_USER] = "SELECT id, name, list_length, list_head FROM user",
	[Q_PAGE_USERS] = "SELECT id, name, list_length, list_head FROM user WHERE name > ?1"
			 " ORDER BY name LIMIT ?2",
	[Q_PUT_DEVICE] = "INSERT OR REPLACE INTO device VALUES (?1, ?2, ?3, ?4)",
	[Q_FIND_DEVICE] = "SELECT user FROM device WHERE id = ?1",
	[Q_EACH_DEVICE] = "SELECT id, user, signing_key, live FROM device",
	[Q_PUT_RECORD] = "INSERT OR REPLACE INTO record VALUES (?1, ?2, ?3)",
	[Q_GET_RECORD] = "SELECT number, record FROM record WHERE device = ?1",
	[Q_EACH_RECORD] = "SELECT record FROM record JOIN device ON device.id = record.device"
			  " WHERE device.user = ?1 AND device.live",
	[Q_PUT_PREKEY] = "INSERT INTO prekey (device, id, key) VALUES (?1, ?2, ?3)",
	[Q_TAKE_PREKEY] = "SELECT seq, id, key FROM prekey WHERE device = ?1 ORDER BY seq LIMIT 1",
	[Q_DROP_PREKEY] = "DELETE FROM prekey WHERE seq = ?1",
	[Q_COUNT_PREKEYS] = "SELECT count(*) FROM prekey WHERE device = ?1",
	[Q_DROP_PREKEYS] = "DELETE FROM prekey WHERE device = ?1",
	[Q_PUT_INVITE] = "INSERT INTO invite VALUES (?1, ?2, NULL)",
	[Q_USE_INVITE] = "UPDATE invite SET used = ?2 WHERE hash = ?1 AND used IS NULL",
	[Q_PUT_CERTIFICATE] = "INSERT INTO certificate VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, x'', ?8)",
	[Q_CERTIFICATE_BY_REQUEST] = "SELECT * FROM certificate WHERE request = ?1",
	[Q_CERTIFICATE_BY_HASH] = "SELECT * FROM certificate WHERE sha256 = ?1",
	[Q_EACH_CERTIFICATE] = "SELECT * FROM certificate ORDER BY made, serial",
	[Q_CLAIM_CERTIFICATE] = "UPDATE certificate SET user_name = ?2 WHERE sha256 = ?1",
	[Q_REVOKE_CERTIFICATE] =
	    "UPDATE certificate SET revoked = ?2 WHERE serial = ?1 AND revoked = 0",
	[Q_COUNT_CERTIFICATES] = "SELECT count(*) FROM certificate WHERE expires > ?1 AND revoked = 0"
				 " AND (user_name <> x'' OR invite IS NOT NULL OR made > ?2)",
	[Q_DROP_UNCLAIMED] = "DELETE FROM certificate WHERE user_name = x'' AND invite IS NULL"
			     " AND revoked = 0 AND made <= ?1",
	[Q_PUT_VALUE] = "INSERT OR REPLACE INTO value VALUES (?1, ?2)",
	[Q_GET_VALUE] = "SELECT value FROM value WHERE name = ?1",
	[Q_ADD_BOX] = "INSERT INTO box (device, length, head, known) VALUES (?1, 0, ?2, 0)",
	[Q_PUT_BOX] = "UPDATE box SET length = ?2, head = ?3, known = ?4 WHERE id = ?1",
	[Q_EACH_BOX] = "SELECT id, device, length, head, known FROM box",
	[Q_PUT_LOG] = "INSERT INTO log VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	[Q_GET_LOG] = "SELECT head, time FROM log WHERE seq = ?1",
	[Q_DROP_LOG] = "DELETE FROM log WHERE seq = ?1",
	[Q_EACH_LOG] = "SELECT log.seq, box, sender, idx, number, hash, head, time, size,"
		       " body.seq IS NOT NULL FROM log LEFT JOIN body USING (seq) ORDER BY log.seq",
	[Q_PUT_BODY] = "INSERT INTO body VALUES (?1, ?2)",
	[Q_GET_BODY] = "SELECT envelope FROM body WHERE seq = ?1",
	[Q_DROP_BODY] = "DELETE FROM body WHERE seq = ?1",
};

int
store_sql_map_error(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_FULL:
		return ERR_DISK_FULL;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ERR_LOCKED;
	case SQLITE_NOMEM:
		return ERR_NOMEM;
	default:
		return ERR_IO;
	}
}

/* ---------------------------------------------------------------------------- statements */

int
store_sql_prepare(struct store *s, enum statement q, sqlite3_stmt **out)
{
	int rc = SQLITE_OK;

	if (s->stmt[q] == NULL)
		rc = sqlite3_prepare_v3(
		    s->db, queries[q], -1, SQLITE_PREPARE_PERSISTENT, &s->stmt[q], NULL);
	*out = s->stmt[q];
	return store_sql_map_error(rc);
}

int
store_sql_bind_blob(sqlite3_stmt *q, int i, const void *p, size_t n)
{
	/* A NULL pointer would bind NULL; an empty blob is what is meant. */
	return store_sql_map_error(sqlite3_bind_blob64(q, i, p != NULL ? p : "", n, SQLITE_STATIC));
}

int
store_sql_bind_int(sqlite3_stmt *q, int i, uint64_t v)
{
	return store_sql_map_error(sqlite3_bind_int64(q, i, (sqlite3_int64)v));
}

void
store_sql_finish(sqlite3_stmt *q)
{
	sqlite3_reset(q);
	sqlite3_clear_bindings(q);
}

/* Run a statement that gives no rows. */
int
store_sql_run(sqlite3_stmt *q)
{
	int r = store_sql_map_error(sqlite3_step(q));

	store_sql_finish(q);
	return r;
}

/* One row or ERR_NOT_FOUND; the caller ends with finish. */
int
store_sql_row(sqlite3_stmt *q)
{
	int rc = sqlite3_step(q);

	return rc == SQLITE_DONE ? ERR_NOT_FOUND : store_sql_map_error(rc);
}

struct bytes
store_sql_column(sqlite3_stmt *q, int i)
{
	const void *p = sqlite3_column_blob(q, i);

	return (struct bytes){ p, (size_t)sqlite3_column_bytes(q, i) };
}

/* A column of exactly n octets; the database is ours, but files rot. */
int
store_sql_column_fixed(sqlite3_stmt *q, int i, const uint8_t **out, size_t n)
{
	struct bytes v = store_sql_column(q, i);

	*out = v.p;
	return v.n == n ? 0 : ERR_IO;
}

uint64_t
store_sql_column_int(sqlite3_stmt *q, int i)
{
	return (uint64_t)sqlite3_column_int64(q, i);
}

/* A statement whose only arguments are one blob. */
int
store_sql_prepare_blob(
    struct store *s, enum statement n, const void *p, size_t len, sqlite3_stmt **q)
{
	int r;

	if ((r = store_sql_prepare(s, n, q)) != 0)
		return r;
	return store_sql_bind_blob(*q, 1, p, len);
}

int
store_sql_prepare_int(struct store *s, enum statement n, uint64_t v, sqlite3_stmt **q)
{
	int r;

	if ((r = store_sql_prepare(s, n, q)) != 0)
		return r;
	return store_sql_bind_int(*q, 1, v);
}

/* The only row's blob at column i, appended to out. */
int
store_sql_get_blob(sqlite3_stmt *q, int i, struct buf *out)
{
	int r;

	if ((r = store_sql_row(q)) == 0 && out != NULL)
		r = buf_put_bytes(out, store_sql_column(q, i));
	store_sql_finish(q);
	return r;
}
