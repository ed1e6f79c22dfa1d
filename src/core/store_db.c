#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/mem.h"
#include "core/store_db.h"
#include "core/vault.h"

#define STORE_STATEMENTS 192

struct after { /* what is done once the transaction holds */
	STAILQ_ENTRY(after) link;
	store_after_fn *fn;
	void *arg;
};

struct store {
	struct vault *vault;
	sqlite3 *db;
	struct {
		const char *sql;
		sqlite3_stmt *st;
	} kept[STORE_STATEMENTS];
	size_t kept_count;
	int depth;
	bool doomed;
	STAILQ_HEAD(, after) after;
};

/* What each version adds to the one before. */
static const char schema_1[] =
    "CREATE TABLE value(key TEXT PRIMARY KEY, v BLOB) WITHOUT ROWID;"
    "CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, user_id BLOB UNIQUE,"
    " contact INTEGER NOT NULL, changed INTEGER NOT NULL, stale INTEGER NOT NULL,"
    " verified_at INTEGER NOT NULL, verified TEXT NOT NULL, out_sequence INTEGER NOT NULL,"
    " out_previous BLOB, entry BLOB);"
    "CREATE TABLE past(person INTEGER NOT NULL REFERENCES person, at INTEGER NOT NULL,"
    " what TEXT NOT NULL);"
    "CREATE TABLE draft(name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE message(row INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL,"
    " person INTEGER NOT NULL REFERENCES person, mh BLOB UNIQUE, device BLOB,"
    " outgoing INTEGER NOT NULL, unread INTEGER NOT NULL, first INTEGER NOT NULL,"
    " late INTEGER NOT NULL, sequence INTEGER NOT NULL, sent_at INTEGER NOT NULL,"
    " received_at INTEGER NOT NULL, state INTEGER NOT NULL, text TEXT NOT NULL, error TEXT,"
    " content BLOB);"
    "CREATE INDEX message_id ON message(id);"
    "CREATE INDEX message_person ON message(person, row);"
    "CREATE INDEX message_unread ON message(person) WHERE unread = 1;"
    "CREATE INDEX message_open ON message(row) WHERE outgoing = 1 AND state < 3;"
    "CREATE VIRTUAL TABLE words USING fts5(text, content='message', content_rowid='row',"
    " tokenize='unicode61 remove_diacritics 2');"
    "CREATE TRIGGER message_words AFTER INSERT ON message BEGIN"
    " INSERT INTO words(rowid, text) VALUES (new.row, new.text); END;"
    "CREATE TABLE trace(message INTEGER NOT NULL REFERENCES message, device BLOB NOT NULL,"
    " state INTEGER NOT NULL, at INTEGER NOT NULL, proof INTEGER NOT NULL,"
    " verified INTEGER NOT NULL, blob BLOB, PRIMARY KEY(message, device, state)) WITHOUT ROWID;"
    "CREATE TABLE deposit(number INTEGER PRIMARY KEY, message INTEGER REFERENCES message,"
    " person INTEGER NOT NULL REFERENCES person, device BLOB NOT NULL, hash BLOB NOT NULL,"
    " sent INTEGER NOT NULL, idx INTEGER NOT NULL, envelope BLOB);"
    "CREATE INDEX deposit_open ON deposit(number) WHERE sent = 0;"
    "CREATE INDEX deposit_box ON deposit(device, idx) WHERE sent = 1;"
    "CREATE INDEX deposit_message ON deposit(message);"
    "CREATE TABLE seen(hash BLOB PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE chain(idx INTEGER PRIMARY KEY, hash BLOB NOT NULL);"
    "CREATE TABLE receipt(message INTEGER NOT NULL REFERENCES message, kind INTEGER NOT NULL,"
    " at INTEGER NOT NULL, due INTEGER NOT NULL, PRIMARY KEY(message, kind)) WITHOUT ROWID;"
    "CREATE TABLE session(id INTEGER PRIMARY KEY, person INTEGER NOT NULL REFERENCES person,"
    " device BLOB NOT NULL, active INTEGER NOT NULL, packed BLOB NOT NULL);"
    "CREATE INDEX session_device ON session(device);"
    "CREATE TABLE tag(tag BLOB NOT NULL, session INTEGER NOT NULL REFERENCES session"
    " ON DELETE CASCADE, PRIMARY KEY(tag, session)) WITHOUT ROWID;"
    "CREATE INDEX tag_session ON tag(session);"
    "CREATE TABLE prekey(kind INTEGER NOT NULL, id INTEGER NOT NULL, key BLOB NOT NULL,"
    " made INTEGER NOT NULL, PRIMARY KEY(kind, id)) WITHOUT ROWID;"
    "CREATE TABLE ephemeral(prekey INTEGER NOT NULL, key BLOB NOT NULL, PRIMARY KEY(prekey, key))"
    " WITHOUT ROWID;"
    "CREATE TABLE list(sha256 BLOB PRIMARY KEY, issuer BLOB NOT NULL, at INTEGER NOT NULL,"
    " der BLOB NOT NULL) WITHOUT ROWID;"
    "PRAGMA user_version = 1;";
static const char schema_2[] =
    "CREATE TABLE owed(message INTEGER NOT NULL REFERENCES message, device BLOB NOT NULL,"
    " person INTEGER NOT NULL REFERENCES person, PRIMARY KEY(message, device)) WITHOUT ROWID;"
    "CREATE INDEX owed_device ON owed(device);"
    "CREATE TABLE early(about BLOB NOT NULL, device BLOB NOT NULL, kind INTEGER NOT NULL,"
    " author BLOB NOT NULL, user BLOB, person INTEGER NOT NULL, at INTEGER NOT NULL,"
    " blob BLOB NOT NULL, PRIMARY KEY(about, device, kind)) WITHOUT ROWID;"
    "CREATE INDEX early_user ON early(user) WHERE user IS NOT NULL;"
    "CREATE INDEX early_person ON early(person);"
    "CREATE TABLE ask(hash BLOB PRIMARY KEY, person INTEGER NOT NULL REFERENCES person,"
    " device BLOB NOT NULL) WITHOUT ROWID;"
    /* message.unread 2: read on another device of ours, not yet given out here */
    "CREATE INDEX message_new ON message(person, row) WHERE unread <> 0;"
    "CREATE TABLE claim(idx INTEGER PRIMARY KEY, hash BLOB NOT NULL, at INTEGER NOT NULL);"
    "PRAGMA user_version = 2;";
/* oldest: when the oldest skipped key of the session was skipped, 0 without one. Of sessions that were
 * there before it is not known: 1 has them looked at. */
static const char schema_3[] =
    "ALTER TABLE session ADD COLUMN oldest INTEGER NOT NULL DEFAULT 1;"
    "CREATE INDEX session_oldest ON session(oldest) WHERE oldest > 0;"
    "PRAGMA user_version = 3;";
/* signers: the authorities that the list is checked with (cert_store_list_signers). */
static const char schema_4[] =
    "ALTER TABLE list ADD COLUMN signers BLOB;"
    "PRAGMA user_version = 4;";
/* generation: see seal.h. With devices that had a session before, the next is a newer one. */
static const char schema_5[] =
    "ALTER TABLE session ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;"
    "INSERT INTO value(key, v) SELECT DISTINCT 'generation.' || lower(hex(device)), 1 FROM session;"
    "PRAGMA user_version = 5;";
static const char schema_6[] =
    "CREATE TABLE later(kind INTEGER NOT NULL, person INTEGER NOT NULL, device BLOB NOT NULL,"
    " hash BLOB NOT NULL, due INTEGER NOT NULL, PRIMARY KEY(kind, person, device, hash))"
    " WITHOUT ROWID;"
    "PRAGMA user_version = 6;";
/* lineage: revocation_lineage. Of lists that were there before it is not known: they stay. */
static const char schema_7[] =
    "ALTER TABLE list ADD COLUMN lineage BLOB;"
    "PRAGMA user_version = 7;";
/* idle: since when the session is known to seal no more and to open nothing; 0: it is in use. */
static const char schema_8[] =
    "ALTER TABLE session ADD COLUMN idle INTEGER NOT NULL DEFAULT 0;"
    "PRAGMA user_version = 8;";
static const char *const schemas[] = { schema_1, schema_2, schema_3, schema_4, schema_5, schema_6,
	schema_7, schema_8 };
#define STORE_VERSION (int64_t)(sizeof(schemas) / sizeof(schemas[0]))

/* ------------------------------------------------------------------------------ opening */

static int
schema_check(struct store *s, const char *path, struct fault *f)
{
	int64_t version = 0;
	int rc = SQLITE_OK, r = store_run_number(s, &version, "PRAGMA user_version", "");

	if (r != 0)
		return fault_set(f, r, path, "the store cannot be read");
	if (version > STORE_VERSION) {
		fault_set(f, ERR_VERSION, path, "the store was written by a newer recado");
		fault_hint(f, "Install that version.");
		return ERR_VERSION;
	}
	if (version < STORE_VERSION && (r = store_begin(s)) != 0)
		return fault_set(f, r, path, "the store cannot be written");
	if (version < STORE_VERSION) {
		for (; version < STORE_VERSION && rc == SQLITE_OK; version++)
			rc = sqlite3_exec(s->db, schemas[version], NULL, NULL, NULL);
		r = store_end(s, vault_error(rc));
	}
	if (r != 0)
		return fault_set(f, r, path, "the store cannot be made (%s)", sqlite3_errmsg(s->db));
	return 0;
}

int
store_open(const char *path, const uint8_t key[32], struct store **out, struct fault *f)
{
	struct store *s = mem_alloc(sizeof(*s));
	int r;

	*out = NULL;
	STAILQ_INIT(&s->after);
	if ((r = vault_open(path, key, &s->vault, f)) != 0)
		goto out;
	s->db = vault_db(s->vault);
	if ((r = schema_check(s, path, f)) != 0)
		goto out;
	*out = s;
	s = NULL;
out:
	store_close(&s);
	return r;
}

void
store_close(struct store **ps)
{
	struct store *s = *ps;
	size_t i;

	if (s == NULL)
		return;
	*ps = NULL;
	for (i = 0; i < s->kept_count; i++)
		sqlite3_finalize(s->kept[i].st);
	vault_close(&s->vault);
	free(s);
}

/* ------------------------------------------------------------------------------ statements */

static int
statement(struct store *s, const char *sql, sqlite3_stmt **out)
{
	size_t i;
	int rc;

	*out = NULL;
	for (i = 0; i < s->kept_count; i++) {
		if (s->kept[i].sql == sql && !sqlite3_stmt_busy(s->kept[i].st)) {
			*out = s->kept[i].st;
			return 0;
		}
	}
	if (s->kept_count == STORE_STATEMENTS)
		return ERR_BUG;
	rc = sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
	if (rc != SQLITE_OK)
		return vault_error(rc);
	s->kept[s->kept_count].sql = sql;
	s->kept[s->kept_count++].st = *out;
	return 0;
}

static int
bind(sqlite3_stmt *st, const char *fmt, va_list ap)
{
	int i, rc = SQLITE_OK;

	for (i = 1; *fmt != '\0' && rc == SQLITE_OK; fmt++, i++) {
		if (*fmt == 'i') {
			rc = sqlite3_bind_int64(st, i, va_arg(ap, int64_t));
		} else if (*fmt == 't') {
			rc = sqlite3_bind_text(st, i, va_arg(ap, const char *), -1, SQLITE_TRANSIENT);
		} else {
			struct bytes v = va_arg(ap, struct bytes);

			rc = v.p == NULL ? sqlite3_bind_null(st, i)
			                 : sqlite3_bind_blob64(st, i, v.p, v.n, SQLITE_TRANSIENT);
		}
	}
	return vault_error(rc);
}

static int
open_list(struct store *s, sqlite3_stmt **out, const char *sql, const char *fmt, va_list ap)
{
	int r = statement(s, sql, out);

	if (r == 0)
		r = bind(*out, fmt, ap);
	if (r != 0 && *out != NULL) {
		store_query_close(*out);
		*out = NULL;
	}
	return r;
}

int
store_query_open(struct store *s, sqlite3_stmt **out, const char *sql, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = open_list(s, out, sql, fmt, ap);
	va_end(ap);
	return r;
}

int
store_query_next(struct store *s, sqlite3_stmt *st)
{
	int rc = sqlite3_step(st);

	if (rc == SQLITE_ROW)
		return 1;
	store_query_close(st);
	return vault_error(rc);
}

void
store_query_close(sqlite3_stmt *st)
{
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
}

int
store_run(struct store *s, const char *sql, const char *fmt, ...)
{
	sqlite3_stmt *st;
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = open_list(s, &st, sql, fmt, ap);
	va_end(ap);
	if (r != 0)
		return r;
	r = store_query_next(s, st);
	if (r == 1)
		store_query_close(st);
	return r < 0 ? r : 0;
}

int
store_run_number(struct store *s, int64_t *out, const char *sql, const char *fmt, ...)
{
	sqlite3_stmt *st;
	va_list ap;
	int r;

	*out = 0;
	va_start(ap, fmt);
	r = open_list(s, &st, sql, fmt, ap);
	va_end(ap);
	if (r != 0)
		return r;
	r = store_query_next(s, st);
	if (r == 1) {
		*out = sqlite3_column_int64(st, 0);
		store_query_close(st);
		return 0;
	}
	return r < 0 ? r : ERR_NOT_FOUND;
}

int64_t
store_inserted(struct store *s)
{
	return sqlite3_last_insert_rowid(s->db);
}

/* ------------------------------------------------------------------------------ columns */

int
store_col_fixed(sqlite3_stmt *st, int col, void *out, size_t n)
{
	const void *p = sqlite3_column_blob(st, col);

	memset(out, 0, n);
	if (p == NULL)
		return 0;
	if ((size_t)sqlite3_column_bytes(st, col) != n)
		return ERR_DAMAGED;
	memcpy(out, p, n);
	return 0;
}

struct bytes
store_col_view(sqlite3_stmt *st, int col)
{
	const void *p = sqlite3_column_blob(st, col);

	return (struct bytes){ p, p != NULL ? (size_t)sqlite3_column_bytes(st, col) : 0 };
}

void
store_col_text(sqlite3_stmt *st, int col, char *out, size_t outlen)
{
	const char *p = (const char *)sqlite3_column_text(st, col);
	size_t n = p != NULL ? strlen(p) : 0;

	if (n >= outlen)
		n = outlen - 1;
	if (n > 0)
		memcpy(out, p, n);
	out[n] = '\0';
}

/* ------------------------------------------------------------------------------ transactions */

int
store_begin(struct store *s)
{
	int r = 0;

	if (s->depth == 0) {
		s->doomed = false;
		r = store_run(s, "BEGIN IMMEDIATE", "");
	}
	if (r == 0)
		s->depth++;
	return r;
}

void
store_after(struct store *s, store_after_fn *fn, void *arg)
{
	struct after *a;

	if (s->depth == 0) {
		fn(arg);
		free(arg);
		return;
	}
	a = mem_alloc(sizeof(*a));
	a->fn = fn;
	a->arg = arg;
	STAILQ_INSERT_TAIL(&s->after, a, link);
}

/* What they do may begin transactions of its own. */
static void
after_end(struct store *s, bool held)
{
	STAILQ_HEAD(, after) now = STAILQ_HEAD_INITIALIZER(now);
	struct after *a;

	STAILQ_CONCAT(&now, &s->after);
	while ((a = STAILQ_FIRST(&now)) != NULL) {
		STAILQ_REMOVE_HEAD(&now, link);
		if (held)
			a->fn(a->arg);
		free(a->arg);
		free(a);
	}
}

static void
undo(struct store *s)
{
	if (sqlite3_get_autocommit(s->db) == 0 && store_run(s, "ROLLBACK", "") != 0)
		s->doomed = true;
}

int
store_commit(struct store *s)
{
	int r;

	if (--s->depth > 0)
		return s->doomed ? ERR_IO : 0;
	r = s->doomed ? ERR_IO : store_run(s, "COMMIT", "");
	if (r != 0)
		undo(s);
	after_end(s, r == 0);
	return r;
}

void
store_rollback(struct store *s)
{
	s->doomed = true;
	if (--s->depth > 0)
		return;
	undo(s);
	after_end(s, false);
}

int
store_end(struct store *s, int r)
{
	if (r == 0)
		return store_commit(s);
	store_rollback(s);
	return r;
}

int
store_query_octets(struct store *s, struct buf *out, const char *sql, int64_t id)
{
	sqlite3_stmt *st;
	int r = store_query_open(s, &st, sql, "i", id);

	if (r != 0)
		return r;
	r = store_query_next(s, st);
	if (r != 1)
		return r < 0 ? r : ERR_NOT_FOUND;
	r = buf_put_bytes(out, store_col_view(st, 0));
	store_query_close(st);
	return r;
}
