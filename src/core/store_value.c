#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/store_db.h"

static int
value_open(struct store *s, const char *key, sqlite3_stmt **st)
{
	int r = store_query_open(s, st, "SELECT v FROM value WHERE key = ?", "t", key);

	if (r == 0)
		r = store_query_next(s, *st);
	return r == 0 ? ERR_NOT_FOUND : r;
}

int
store_value_get(struct store *s, const char *key, struct buf *out)
{
	sqlite3_stmt *st;
	int r = value_open(s, key, &st);

	if (r < 0)
		return r;
	r = buf_put_bytes(out, store_col_view(st, 0));
	store_query_close(st);
	return r;
}

int
store_value_set(struct store *s, const char *key, struct bytes v)
{
	return store_run(s, "INSERT INTO value(key, v) VALUES (?, ?)"
	    " ON CONFLICT(key) DO UPDATE SET v = excluded.v", "tb", key, v);
}

int
store_fixed_get(struct store *s, const char *key, void *out, size_t n)
{
	sqlite3_stmt *st;
	int r = value_open(s, key, &st);

	memset(out, 0, n);
	if (r < 0)
		return r;
	r = store_col_view(st, 0).n == n ? store_col_fixed(st, 0, out, n) : ERR_DAMAGED;
	store_query_close(st);
	return r;
}

char *
store_text_get(struct store *s, const char *key)
{
	sqlite3_stmt *st;
	struct bytes v;
	char *text;

	if (value_open(s, key, &st) < 0)
		return NULL;
	v = store_col_view(st, 0);
	text = mem_strndup(v.p != NULL ? (const char *)v.p : "", v.n);
	store_query_close(st);
	return text;
}

int
store_text_set(struct store *s, const char *key, const char *v)
{
	return store_value_set(s, key, store_view(v, strlen(v)));
}

int
store_number_get(struct store *s, const char *key, uint64_t *out)
{
	int64_t v;
	int r = store_run_number(s, &v, "SELECT v FROM value WHERE key = ?", "t", key);

	*out = (uint64_t)v;
	return r == ERR_NOT_FOUND ? 0 : r;
}

int
store_number_set(struct store *s, const char *key, uint64_t v)
{
	return store_run(s, "INSERT INTO value(key, v) VALUES (?, ?)"
	    " ON CONFLICT(key) DO UPDATE SET v = excluded.v", "ti", key, (int64_t)v);
}

int
store_number_next(struct store *s, const char *key, uint64_t *out)
{
	int r = store_number_get(s, key, out);

	return r != 0 ? r : store_number_set(s, key, ++*out);
}
