/*
 * The store in one sqlite3 file. WAL with synchronous=FULL: a commit appends to the log and syncs
 * it once, whatever its size.
 *
 * `log` and `body` are plain rowid tables whose key is the arrival number, so mail is appended at
 * the end of a tree and never sought by recipient: who has what is known in memory (mailbox.h) and
 * read back from `log` at start. Every statement is prepared once.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "server/store_sqlite.h"

#define SCHEMA_VERSION 2
#define BUSY_MS 5000

static const char schema[] =
    "CREATE TABLE user (id BLOB PRIMARY KEY, name BLOB NOT NULL UNIQUE, list_length INTEGER NOT "
    "NULL,"
    "  list_head BLOB NOT NULL, entry BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE device (id BLOB PRIMARY KEY, user BLOB NOT NULL, signing_key BLOB NOT NULL,"
    "  live INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX device_user ON device (user);"
    "CREATE TABLE record (device BLOB PRIMARY KEY, number INTEGER NOT NULL, record BLOB NOT NULL)"
    "  WITHOUT ROWID;"
    "CREATE TABLE prekey (seq INTEGER PRIMARY KEY, device BLOB NOT NULL, id INTEGER NOT NULL,"
    "  key BLOB NOT NULL);"
    "CREATE INDEX prekey_device ON prekey (device, seq);"
    "CREATE TABLE invite (hash BLOB PRIMARY KEY, made INTEGER NOT NULL, used INTEGER) WITHOUT "
    "ROWID;"
    "CREATE TABLE box (id INTEGER PRIMARY KEY, device BLOB NOT NULL UNIQUE, length INTEGER NOT "
    "NULL,"
    "  head BLOB NOT NULL, known INTEGER NOT NULL);"
    "CREATE TABLE log (seq INTEGER PRIMARY KEY, box INTEGER NOT NULL, sender INTEGER NOT NULL,"
    "  idx INTEGER NOT NULL, number INTEGER NOT NULL, hash BLOB NOT NULL, head BLOB NOT NULL,"
    "  time INTEGER NOT NULL, size INTEGER NOT NULL);"
    "CREATE TABLE body (seq INTEGER PRIMARY KEY, envelope BLOB NOT NULL);"
    "PRAGMA user_version = 1;";

/* What came later, by the version that lacks it. */
static const char *const upgrades[SCHEMA_VERSION] = {
	[0] = schema,
	[1] = "CREATE TABLE certificate (serial BLOB PRIMARY KEY, request BLOB NOT NULL UNIQUE,"
	      "  sha256 BLOB NOT NULL UNIQUE, invite BLOB, made INTEGER NOT NULL,"
	      "  expires INTEGER NOT NULL, revoked INTEGER NOT NULL, subject BLOB NOT NULL,"
	      "  user_name BLOB NOT NULL, der BLOB NOT NULL) WITHOUT ROWID;"
	      "CREATE TABLE value (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
	      "PRAGMA user_version = 2;",
};

/* ---------------------------------------------------------------------------- open, close */

static int
exec(struct store *s, const char *sql)
{
	return store_sql_map_error(sqlite3_exec(s->db, sql, NULL, NULL, NULL));
}

static int
schema_version(struct store *s, int *out)
{
	sqlite3_stmt *q = NULL;
	int r;

	*out = 0;
	if ((r = store_sql_map_error(
		 sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &q, NULL))) == 0 &&
	    (r = store_sql_row(q)) == 0)
		*out = sqlite3_column_int(q, 0);
	sqlite3_finalize(q);
	return r;
}

/* From whatever version it has; another process may have done it meanwhile. */
static int
upgrade(struct store *s)
{
	int version, r;

	if ((r = exec(s, "BEGIN EXCLUSIVE")) != 0)
		return r;
	r = schema_version(s, &version);
	for (; r == 0 && version < SCHEMA_VERSION; version++)
		r = exec(s, upgrades[version]);
	if (r == 0)
		r = exec(s, "COMMIT");
	return r;
}

static int
make_schema(struct store *s, bool read_only, const char *path, struct fault *f)
{
	int version, r;

	if ((r = schema_version(s, &version)) != 0)
		return fault_set(
		    f, r, path, "the store cannot be read (%s)", sqlite3_errmsg(s->db));
	if (version == SCHEMA_VERSION)
		return 0;
	if (version < 0 || version > SCHEMA_VERSION || (version == 0 && read_only))
		return fault_set(f, ERR_IO, path, "the store has format %d, this program writes %d",
		    version, SCHEMA_VERSION);
	r = upgrade(s);
	return r == 0
	    ? 0
	    : fault_set(f, r, path, "the store cannot be made (%s)", sqlite3_errmsg(s->db));
}

static void
store_sqlite_close(struct store **ps)
{
	struct store *s = *ps;

	if (s == NULL)
		return;
	*ps = NULL;
	for (int i = 0; i < Q_COUNT; i++)
		sqlite3_finalize(s->stmt[i]);
	sqlite3_close(s->db);
	free(s);
}

static const char settings[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
			       "PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -16384;"
			       "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;"
			       "PRAGMA secure_delete = FAST;";

static int
store_sqlite_open(const char *dir, bool read_only, struct store **out, struct fault *f)
{
	int flags = read_only ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	struct store *s = mem_alloc(sizeof(*s));
	char *path = mem_format("%s/%s", dir, STORE_SQLITE_FILE);
	mode_t mask = umask(077);
	int r;

	*out = NULL;
	r = store_sql_map_error(sqlite3_open_v2(path, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL));
	umask(mask);
	if (r != 0) {
		fault_set(f, r, path, "the store cannot be opened (%s)", sqlite3_errmsg(s->db));
		goto out;
	}
	sqlite3_extended_result_codes(s->db, 1);
	sqlite3_busy_timeout(s->db, BUSY_MS);
	if ((r = exec(s, settings)) != 0) {
		fault_set(f, r, path, "the store cannot be set up (%s)", sqlite3_errmsg(s->db));
		goto out;
	}
	if ((r = make_schema(s, read_only, path, f)) != 0 ||
	    (read_only && (r = exec(s, "PRAGMA query_only = ON")) != 0))
		goto out;
	*out = s;
	s = NULL;
out:
	store_sqlite_close(&s);
	free(path);
	return r;
}

static int
store_sqlite_begin(struct store *s)
{
	sqlite3_stmt *q;
	int r;

	return (r = store_sql_prepare(s, Q_BEGIN, &q)) != 0 ? r : store_sql_run(q);
}

static int
store_sqlite_commit(struct store *s)
{
	sqlite3_stmt *q;
	int r;

	return (r = store_sql_prepare(s, Q_COMMIT, &q)) != 0 ? r : store_sql_run(q);
}

static void
store_sqlite_rollback(struct store *s)
{
	for (int i = 0; i < Q_COUNT; i++)
		if (s->stmt[i] != NULL)
			store_sql_finish(s->stmt[i]);
	if (!sqlite3_get_autocommit(s->db))
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

const struct store_ops store_sqlite = {
	.name = "sqlite",
	.open = store_sqlite_open,
	.close = store_sqlite_close,
	.begin = store_sqlite_begin,
	.commit = store_sqlite_commit,
	.rollback = store_sqlite_rollback,
	.backup = store_sqlite_backup,
	.restore = store_sqlite_restore,
	.put_user = store_sqlite_put_user,
	.get_entry = store_sqlite_get_entry,
	.find_user = store_sqlite_find_user,
	.each_user = store_sqlite_each_user,
	.page_users = store_sqlite_page_users,
	.put_device = store_sqlite_put_device,
	.find_device = store_sqlite_find_device,
	.each_device = store_sqlite_each_device,
	.put_record = store_sqlite_put_record,
	.get_record = store_sqlite_get_record,
	.each_record = store_sqlite_each_record,
	.put_prekey = store_sqlite_put_prekey,
	.take_prekey = store_sqlite_take_prekey,
	.count_prekeys = store_sqlite_count_prekeys,
	.drop_prekeys = store_sqlite_drop_prekeys,
	.put_invite = store_sqlite_put_invite,
	.use_invite = store_sqlite_use_invite,
	.put_certificate = store_sqlite_put_certificate,
	.find_certificate = store_sqlite_find_certificate,
	.each_certificate = store_sqlite_each_certificate,
	.claim_certificate = store_sqlite_claim_certificate,
	.revoke_certificate = store_sqlite_revoke_certificate,
	.count_certificates = store_sqlite_count_certificates,
	.drop_unclaimed = store_sqlite_drop_unclaimed,
	.put_value = store_sqlite_put_value,
	.get_value = store_sqlite_get_value,
	.add_box = store_sqlite_add_box,
	.put_box = store_sqlite_put_box,
	.each_box = store_sqlite_each_box,
	.put_entry = store_sqlite_put_entry,
	.get_entry_head = store_sqlite_get_entry_head,
	.drop_entry = store_sqlite_drop_entry,
	.each_entry = store_sqlite_each_entry,
	.put_body = store_sqlite_put_body,
	.get_body = store_sqlite_get_body,
	.drop_body = store_sqlite_drop_body,
};
