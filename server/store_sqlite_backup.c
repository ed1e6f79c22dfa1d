/*
 * A backup is a database like the store's, with one table more for the relay's identity. It is
 * written beside and renamed, so that there is never half of one under its name.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "server/store_sqlite.h"

#define PAGES 256
#define BUSY_MS 20

static const char add_identity[] = "PRAGMA journal_mode = DELETE;"
				   "CREATE TABLE identity (text BLOB NOT NULL);";
static const char drop_identity[] = "DROP TABLE identity; DELETE FROM prekey;";

static int
copy_pages(sqlite3 *from, sqlite3 *to)
{
	sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
	int rc;

	if (b == NULL)
		return sqlite3_errcode(to);
	while ((rc = sqlite3_backup_step(b, PAGES)) == SQLITE_OK || rc == SQLITE_BUSY ||
	    rc == SQLITE_LOCKED)
		if (rc != SQLITE_OK)
			sqlite3_sleep(BUSY_MS);
	if (sqlite3_backup_finish(b) != SQLITE_OK && rc == SQLITE_DONE)
		rc = SQLITE_IOERR;
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int
open_file(const char *path, int flags, sqlite3 **out)
{
	mode_t mask = umask(077);
	int rc = sqlite3_open_v2(path, out, flags, NULL);

	umask(mask);
	return rc;
}

static int
write_identity(sqlite3 *db, struct bytes identity)
{
	sqlite3_stmt *q = NULL;
	int rc;

	if ((rc = sqlite3_exec(db, add_identity, NULL, NULL, NULL)) == SQLITE_OK &&
	    (rc = sqlite3_prepare_v2(db, "INSERT INTO identity VALUES (?1)", -1, &q, NULL)) ==
		SQLITE_OK &&
	    (rc = sqlite3_bind_blob64(q, 1, identity.p, identity.n, SQLITE_STATIC)) == SQLITE_OK)
		rc = sqlite3_step(q) == SQLITE_DONE ? SQLITE_OK : sqlite3_errcode(db);
	sqlite3_finalize(q);
	return rc;
}

int
store_sqlite_backup(struct store *s, const char *path, struct bytes identity, struct fault *f)
{
	char *beside = mem_format("%s.part", path);
	sqlite3 *to = NULL;
	int rc, r;

	if (access(path, F_OK) == 0 || access(beside, F_OK) == 0) {
		r = fault_set(f, ERR_TAKEN, path, "the file, or its .part, exists already");
		free(beside);
		return r;
	}
	if ((rc = open_file(beside, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &to)) ==
		SQLITE_OK &&
	    (rc = copy_pages(s->db, to)) == SQLITE_OK)
		rc = write_identity(to, identity);
	if (sqlite3_close(to) != SQLITE_OK && rc == SQLITE_OK)
		rc = SQLITE_IOERR;
	r = store_sql_map_error(rc);
	if (r == 0 && rename(beside, path) != 0)
		r = ERR_IO;
	if (r != 0) {
		fault_set(f, r, path, "the backup cannot be written (%s)", sqlite3_errstr(rc));
		unlink(beside);
	}
	free(beside);
	return r;
}

/* ERR_FORMAT: no backup of ours. */
static int
read_identity(sqlite3 *db, struct buf *out)
{
	sqlite3_stmt *q = NULL;
	int r = ERR_FORMAT;

	if (sqlite3_prepare_v2(db, "SELECT text FROM identity", -1, &q, NULL) == SQLITE_OK &&
	    sqlite3_step(q) == SQLITE_ROW)
		r = buf_put(out, sqlite3_column_blob(q, 0), (size_t)sqlite3_column_bytes(q, 0));
	sqlite3_finalize(q);
	return r;
}

int
store_sqlite_restore(const char *path, const char *dir, struct buf *identity, struct fault *f)
{
	char *target = mem_format("%s/%s", dir, STORE_SQLITE_FILE);
	sqlite3 *from = NULL, *to = NULL;
	int rc = SQLITE_OK, r;

	if (access(target, F_OK) == 0) {
		r = fault_set(f, ERR_TAKEN, dir, "the data folder has a store already");
		goto out;
	}
	if (open_file(path, SQLITE_OPEN_READONLY, &from) != SQLITE_OK ||
	    (r = read_identity(from, identity)) != 0) {
		r = fault_set(f, ERR_FORMAT, path, "this is no backup of a relay");
		goto out;
	}
	if ((rc = open_file(target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &to)) ==
		SQLITE_OK &&
	    (rc = copy_pages(from, to)) == SQLITE_OK)
		rc = sqlite3_exec(to, drop_identity, NULL, NULL, NULL);
	if ((r = store_sql_map_error(rc)) != 0) {
		fault_set(f, r, dir, "the store cannot be written (%s)", sqlite3_errstr(rc));
		unlink(target);
	}
out:
	sqlite3_close(from);
	sqlite3_close(to);
	free(target);
	return r;
}
