/*
 * store_db: statements for the store's own files. No other module includes this.
 */
#ifndef RECADO_CORE_STORE_DB_H
#define RECADO_CORE_STORE_DB_H

#include <sqlite3.h>
#include "core/store.h"

/* Bind arguments by fmt, one letter each: i int64_t, b struct bytes (p NULL: null), t const char *
 * (NULL: null). sql is a literal: its address names the prepared statement, which is kept. */
int store_query_open(struct store *s, sqlite3_stmt **out, const char *sql, const char *fmt, ...)
    MUST_CHECK;
/* 1: a row; 0: the end; ERR_*. Ends and errors give the statement back. */
int store_query_next(struct store *s, sqlite3_stmt *st) MUST_CHECK;
void store_query_close(sqlite3_stmt *st);
/* A statement without rows. */
int store_run(struct store *s, const char *sql, const char *fmt, ...) MUST_CHECK;
/* The first column of the first row; ERR_NOT_FOUND. */
int store_run_number(struct store *s, int64_t *out, const char *sql, const char *fmt, ...)
    MUST_CHECK;
int64_t store_inserted(struct store *s);
/* Append the blob of the one row that sql selects by id. ERR_NOT_FOUND: there is none. */
int store_query_octets(struct store *s, struct buf *out, const char *sql, int64_t id) MUST_CHECK;

/* Columns. A blob of another length than n is ERR_MAC (out is zeroed); null gives zeros. */
int store_col_fixed(sqlite3_stmt *st, int col, void *out, size_t n) MUST_CHECK;
struct bytes store_col_view(sqlite3_stmt *st, int col); /* valid until the next step */
void store_col_text(sqlite3_stmt *st, int col, char *out, size_t outlen);

static inline struct bytes
store_view(const void *p, size_t n)
{
	return (struct bytes){ p, n };
}

#endif
