/*
 * vault: what is kept reads back, nothing of it stands in the files, a changed byte is noticed, a
 * process that dies inside a transaction loses nothing that was committed.
 */
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "core/vault.h"
#include "unit.h"

static const uint8_t key[VAULT_KEY] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
static char dir[64], path[96], journal[112];

static void
setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/recado-vault-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/store", dir);
	snprintf(journal, sizeof(journal), "%s/store-journal", dir);
}

static void
teardown(void)
{
	unlink(path);
	unlink(journal);
	rmdir(dir);
}

static struct vault *
open_vault(void)
{
	struct vault *v;
	struct fault f = { 0 };

	ck_assert_msg(vault_open(path, key, &v, &f) == 0, "%s", f.what);
	return v;
}

static void
run(struct vault *v, const char *sql)
{
	char *e = NULL;

	ck_assert_msg(sqlite3_exec(vault_db(v), sql, NULL, NULL, &e) == SQLITE_OK, "%s: %s", sql, e);
}

static long
number(struct vault *v, const char *sql)
{
	sqlite3_stmt *st;
	long n;

	ck_assert_int_eq(sqlite3_prepare_v2(vault_db(v), sql, -1, &st, NULL), SQLITE_OK);
	n = sqlite3_step(st) == SQLITE_ROW ? (long)sqlite3_column_int64(st, 0) : -1;
	sqlite3_finalize(st);
	return n;
}

static void
fill(struct vault *v, int rows)
{
	char sql[256];
	int i;

	run(v, "BEGIN");
	for (i = 0; i < rows; i++) {
		snprintf(sql, sizeof(sql), "INSERT INTO t VALUES (%d, 'segredo da Maria número %d')", i, i);
		run(v, sql);
	}
	run(v, "COMMIT");
}

static int
file_holds(const char *name, const char *what)
{
	static char buf[1 << 20];
	FILE *in = fopen(name, "rb");
	size_t n;
	int found;

	if (in == NULL)
		return 0;
	n = fread(buf, 1, sizeof(buf), in);
	fclose(in);
	found = memmem(buf, n, what, strlen(what)) != NULL;
	return found;
}

START_TEST(test_keeps)
{
	struct vault *v = open_vault();
	struct stat st;

	run(v, "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT)");
	fill(v, 2000);
	vault_close(&v);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(st.st_size % VAULT_PAGE, 0);
	v = open_vault();
	ck_assert_int_eq(number(v, "SELECT count(*) FROM t"), 2000);
	ck_assert_int_eq(number(v, "SELECT a FROM t WHERE b = 'segredo da Maria número 1234'"), 1234);
	ck_assert_int_eq(number(v, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), 1);
	vault_close(&v);
	ck_assert_int_eq(file_holds(path, "segredo"), 0);
	ck_assert_int_eq(file_holds(path, "SQLite"), 0);
	ck_assert_int_eq(file_holds(path, "CREATE"), 0);
}
END_TEST

/* What sqlite takes comes from the secret arena: asking it for the size of anything else aborts. */
START_TEST(test_memory)
{
	struct vault *v = open_vault();
	uint8_t *p, *moved;

	p = sqlite3_malloc(40);
	ck_assert_uint_eq(mem_secret_size(p), 40);
	memset(p, 'x', 40);
	moved = sqlite3_realloc(p, 4000);
	ck_assert_uint_eq(mem_secret_size(moved), 4000);
	ck_assert_int_eq(moved[39], 'x');
	ck_assert_ptr_ne(moved, p);
	sqlite3_free(moved);
	sqlite3_free(NULL);
	vault_close(&v);
	ck_assert_int_eq(vault_init(), 0);
}
END_TEST

START_TEST(test_journal_sealed)
{
	struct vault *v = open_vault();

	run(v, "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT)");
	fill(v, 500);
	run(v, "PRAGMA cache_size=5; PRAGMA cache_spill=1");
	run(v, "BEGIN; UPDATE t SET b = b || ' e mais'");
	ck_assert_int_eq(file_holds(journal, "segredo"), 0);
	ck_assert_int_eq(file_holds(path, "segredo"), 0);
	run(v, "ROLLBACK");
	ck_assert_int_eq(number(v, "SELECT count(*) FROM t WHERE b LIKE '%mais'"), 0);
	vault_close(&v);
}
END_TEST

START_TEST(test_other_key)
{
	uint8_t other[VAULT_KEY] = { 9 };
	struct vault *v = open_vault();
	struct fault f;

	run(v, "CREATE TABLE t(a)");
	vault_close(&v);
	ck_assert_int_eq(vault_open(path, other, &v, &f), ERR_DAMAGED);
	ck_assert_ptr_null(v);
}
END_TEST

/* Every byte of a page is under the seal: flip one at a time, a few in each of three pages. */
START_TEST(test_tamper)
{
	static const int offsets[] = { 0, 17, 100, 2048, 4067, 4068, 4080, 4095 };
	struct vault *v = open_vault();
	struct fault f;
	int page, fd;
	size_t i;

	run(v, "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT)");
	fill(v, 300);
	vault_close(&v);
	fd = open(path, O_RDWR);
	for (page = 0; page < 3; page++) {
		for (i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
			off_t at = page * VAULT_PAGE + offsets[i];
			uint8_t b;
			int r;

			ck_assert_int_eq(pread(fd, &b, 1, at), 1);
			b ^= 0x20;
			ck_assert_int_eq(pwrite(fd, &b, 1, at), 1);
			r = vault_open(path, key, &v, &f);
			if (r == 0) {
				sqlite3_stmt *st;

				r = sqlite3_prepare_v2(vault_db(v), "SELECT sum(length(b)) FROM t", -1, &st, NULL);
				if (r == SQLITE_OK)
					r = sqlite3_step(st);
				sqlite3_finalize(st);
				ck_assert_int_eq(vault_error(r), ERR_DAMAGED);
			} else {
				ck_assert_int_eq(r, ERR_DAMAGED);
			}
			vault_close(&v);
			b ^= 0x20;
			ck_assert_int_eq(pwrite(fd, &b, 1, at), 1);
		}
	}
	close(fd);
	v = open_vault();
	ck_assert_int_eq(number(v, "SELECT count(*) FROM t"), 300);
	vault_close(&v);
}
END_TEST

/* Two sealed pages changing places is tampering too. */
START_TEST(test_swap)
{
	uint8_t a[VAULT_PAGE], b[VAULT_PAGE];
	struct vault *v = open_vault();
	int fd;
	sqlite3_stmt *st;

	run(v, "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT)");
	fill(v, 600);
	vault_close(&v);
	fd = open(path, O_RDWR);
	ck_assert_int_eq(pread(fd, a, VAULT_PAGE, 3 * VAULT_PAGE), VAULT_PAGE);
	ck_assert_int_eq(pread(fd, b, VAULT_PAGE, 4 * VAULT_PAGE), VAULT_PAGE);
	ck_assert_int_eq(pwrite(fd, b, VAULT_PAGE, 3 * VAULT_PAGE), VAULT_PAGE);
	ck_assert_int_eq(pwrite(fd, a, VAULT_PAGE, 4 * VAULT_PAGE), VAULT_PAGE);
	close(fd);
	v = open_vault();
	ck_assert_int_eq(sqlite3_prepare_v2(vault_db(v), "SELECT sum(length(b)) FROM t", -1, &st, NULL),
	    SQLITE_OK);
	ck_assert_int_eq(vault_error(sqlite3_step(st)), ERR_DAMAGED);
	sqlite3_finalize(st);
	vault_close(&v);
}
END_TEST

static void
child(int ready)
{
	struct vault *v = open_vault();
	int i = 0;

	run(v, "PRAGMA cache_size=5");
	for (;; i++) {
		run(v, "BEGIN");
		run(v, "UPDATE n SET v = v + 1");
		run(v, "UPDATE t SET b = b || 'x' WHERE a % 7 = 0");
		run(v, "UPDATE m SET v = v + 1");
		run(v, "COMMIT");
		if (i == 3)
			(void)!write(ready, "x", 1);
	}
}

START_TEST(test_killed)
{
	struct vault *v = open_vault();
	int round, ends[2];
	char c;

	run(v, "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT); CREATE TABLE n(v); CREATE TABLE m(v);"
	       "INSERT INTO n VALUES (0); INSERT INTO m VALUES (0)");
	fill(v, 400);
	vault_close(&v);
	for (round = 0; round < 8; round++) {
		pid_t pid;

		ck_assert_int_eq(pipe(ends), 0);
		pid = fork();
		if (pid == 0)
			child(ends[1]);
		ck_assert_int_eq(read(ends[0], &c, 1), 1);
		usleep(1000 * (unsigned)(round * 3));
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		close(ends[0]);
		close(ends[1]);
		v = open_vault();
		ck_assert_int_eq(number(v, "SELECT v FROM n"), number(v, "SELECT v FROM m"));
		ck_assert_int_ge(number(v, "SELECT v FROM n"), 4 * (round + 1));
		ck_assert_int_eq(
		    number(v, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), 1);
		vault_close(&v);
	}
}
END_TEST

START_TEST(test_words)
{
	struct vault *v = open_vault();

	run(v, "CREATE VIRTUAL TABLE w USING fts5(x, tokenize='unicode61 remove_diacritics 2');"
	       "INSERT INTO w VALUES ('o relatório da reunião'), ('nada disso')");
	ck_assert_int_eq(number(v, "SELECT rowid FROM w WHERE w MATCH 'relatorio'"), 1);
	vault_close(&v);
	v = open_vault();
	ck_assert_int_eq(number(v, "SELECT rowid FROM w WHERE w MATCH 'reun*'"), 1);
	vault_close(&v);
	ck_assert_int_eq(file_holds(path, "relat"), 0);
}
END_TEST

/* No file but the database and its journal: an attached one has no seal and is refused. */
START_TEST(test_refuses)
{
	struct vault *v = open_vault();

	run(v, "CREATE TABLE t(a)");
	ck_assert_int_ne(sqlite3_exec(vault_db(v), "PRAGMA journal_mode=WAL; INSERT INTO t VALUES (1)",
	                     NULL, NULL, NULL), SQLITE_OK);
	snprintf(journal, sizeof(journal), "%s/store-wal", dir);
	ck_assert_int_ne(access(journal, F_OK), 0);
	vault_close(&v);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { test_keeps, test_memory, test_journal_sealed, test_other_key,
		test_tamper, test_swap, test_killed, test_words, test_refuses };
	Suite *s = suite_create("vault");
	TCase *t = tcase_create("vault");
	size_t i;

	tcase_add_checked_fixture(t, setup, teardown);
	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(t, tests[i]);
	suite_add_tcase(s, t);
	return unit_run(s);
}
