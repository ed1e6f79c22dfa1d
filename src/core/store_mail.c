#include <string.h>

#include "core/store_db.h"

#define DAY_MS (24ull * 3600 * 1000)
#define SEEN_DAYS 30
#define CHAIN_KEPT 100000

/* ------------------------------------------------------------------------------ out */

int
store_deposit_add(struct store *s, const struct store_deposit *d)
{
	return store_run(s,
	    "INSERT INTO deposit(number, message, person, device, hash, sent, idx, envelope)"
	    " VALUES (?, nullif(?, 0), ?, ?, ?, 0, 0, ?)",
	    "iiibbb", (int64_t)d->number, d->message, d->person, store_view(d->device, STORE_DEVICE),
	    store_view(d->hash, STORE_HASH), d->envelope);
}

int
store_deposit_sent(struct store *s, uint64_t number, uint64_t index)
{
	return store_run(s, "UPDATE deposit SET sent = 1, idx = ?, envelope = NULL WHERE number = ?",
	    "ii", (int64_t)index, (int64_t)number);
}

int
store_deposit_drop(struct store *s, uint64_t number)
{
	return store_run(s, "DELETE FROM deposit WHERE number = ?", "i", (int64_t)number);
}

int
store_deposit_number(struct store *s, uint64_t number, uint64_t to)
{
	return store_run(s, "UPDATE deposit SET number = ? WHERE number = ? AND sent = 0", "ii",
	    (int64_t)to, (int64_t)number);
}

static int
deposit_take(sqlite3_stmt *st, struct store_deposit *d)
{
	int r;

	memset(d, 0, sizeof(*d));
	d->number = (uint64_t)sqlite3_column_int64(st, 0);
	d->message = sqlite3_column_int64(st, 1);
	d->person = sqlite3_column_int64(st, 2);
	if ((r = store_col_fixed(st, 3, d->device, STORE_DEVICE)) != 0 ||
	    (r = store_col_fixed(st, 4, d->hash, STORE_HASH)) != 0)
		return r;
	d->envelope = store_col_view(st, 5);
	return 0;
}

int
store_deposit_each(struct store *s, uint64_t from, store_deposit_fn *fn, void *arg)
{
	struct store_deposit d;
	sqlite3_stmt *st;
	int r = store_query_open(s, &st,
	    "SELECT number, message, person, device, hash, envelope FROM deposit"
	    " WHERE sent = 0 AND number >= ? ORDER BY number", "i", (int64_t)from);

	if (r != 0)
		return r;
	while ((r = store_query_next(s, st)) == 1) {
		r = deposit_take(st, &d);
		if (r == 0)
			r = fn(arg, &d);
		if (r != 0) {
			store_query_close(st);
			break;
		}
	}
	return r;
}

static int
count_of(int r, int64_t n, uint32_t *out)
{
	*out = r == 0 ? (uint32_t)n : 0;
	return r;
}

int
store_deposit_count(struct store *s, uint32_t *unsent)
{
	int64_t n;
	int r = store_run_number(s, &n, "SELECT count(*) FROM deposit WHERE sent = 0", "");

	return count_of(r, n, unsent);
}

int
store_deposit_carried(struct store *s, const uint8_t *device, const uint8_t *hash, int64_t *row)
{
	return store_run_number(s, row,
	    "SELECT message FROM deposit WHERE device = ? AND hash = ? AND message IS NOT NULL", "bb",
	    store_view(device, STORE_DEVICE), store_view(hash, STORE_HASH));
}

int
store_deposit_reopen(struct store *s, const uint8_t *device, const uint8_t *hash, int64_t *row)
{
	int r = store_deposit_carried(s, device, hash, row);

	if (r == 0)
		r = store_run(s, "DELETE FROM deposit WHERE device = ? AND hash = ?", "bb",
		    store_view(device, STORE_DEVICE), store_view(hash, STORE_HASH));
	return r;
}

int
store_deposit_forget(struct store *s, int64_t message)
{
	return store_run(s, "DELETE FROM deposit WHERE message = ?", "i", message);
}

int
store_deposit_has(struct store *s, int64_t message, const uint8_t *device, bool *out)
{
	int64_t n;
	int r = store_run_number(s, &n,
	    "SELECT count(*) FROM deposit WHERE message = ? AND device = ?", "ib", message,
	    store_view(device, STORE_DEVICE));

	*out = r == 0 && n > 0;
	return r;
}

int
store_deposit_any(struct store *s, int64_t message, bool *out)
{
	int64_t n;
	int r = store_run_number(s, &n,
	    "SELECT EXISTS (SELECT 1 FROM deposit WHERE message = ?)", "i", message);

	*out = r == 0 && n > 0;
	return r;
}

int
store_deposit_last(struct store *s, const uint8_t *device, uint64_t *index, uint8_t *hash)
{
	sqlite3_stmt *st;
	int r = store_query_open(s, &st,
	    "SELECT idx, hash FROM deposit WHERE device = ? AND sent = 1 ORDER BY idx DESC LIMIT 1",
	    "b", store_view(device, STORE_DEVICE));

	*index = 0;
	memset(hash, 0, STORE_HASH);
	if (r != 0)
		return r;
	r = store_query_next(s, st);
	if (r != 1)
		return r < 0 ? r : ERR_NOT_FOUND;
	*index = (uint64_t)sqlite3_column_int64(st, 0);
	r = store_col_fixed(st, 1, hash, STORE_HASH);
	store_query_close(st);
	return r;
}

/* ------------------------------------------------------------------------------ in */

int
store_seen_add(struct store *s, const uint8_t *hash, uint64_t now)
{
	return store_run(s, "INSERT OR IGNORE INTO seen(hash, at) VALUES (?, ?)", "bi",
	    store_view(hash, STORE_HASH), (int64_t)now);
}

int
store_seen(struct store *s, const uint8_t *hash, bool *out)
{
	int64_t n;
	int r = store_run_number(s, &n, "SELECT count(*) FROM seen WHERE hash = ?", "b",
	    store_view(hash, STORE_HASH));

	*out = r == 0 && n > 0;
	return r;
}

int
store_chain_add(struct store *s, uint64_t index, const uint8_t *hash)
{
	return store_run(s, "INSERT OR REPLACE INTO chain(idx, hash) VALUES (?, ?)", "ib",
	    (int64_t)index, store_view(hash, STORE_HASH));
}

int
store_chain_get(struct store *s, uint64_t index, uint8_t *hash)
{
	sqlite3_stmt *st;
	int r = store_query_open(s, &st, "SELECT hash FROM chain WHERE idx = ?", "i",
	    (int64_t)index);

	memset(hash, 0, STORE_HASH);
	if (r != 0)
		return r;
	r = store_query_next(s, st);
	if (r != 1)
		return r < 0 ? r : ERR_NOT_FOUND;
	r = store_col_fixed(st, 0, hash, STORE_HASH);
	store_query_close(st);
	return r;
}

/* ------------------------------------------------------------------------------ receipts */

int
store_receipt_add(struct store *s, int64_t message, int kind, uint64_t at, uint64_t due)
{
	return store_run(s, "INSERT OR IGNORE INTO receipt(message, kind, at, due)"
	    " VALUES (?, ?, ?, ?)", "iiii", message, (int64_t)kind, (int64_t)at, (int64_t)due);
}

int
store_receipt_each(struct store *s, uint64_t now, store_receipt_fn *fn, void *arg)
{
	struct store_receipt x;
	sqlite3_stmt *st;
	int r = store_query_open(s, &st,
	    "SELECT r.message, m.person, r.kind, r.at, r.due, m.mh, m.device FROM receipt r"
	    " JOIN message m ON m.row = r.message JOIN person p ON p.id = m.person"
	    " WHERE r.due <= ? AND (p.contact = 1 OR r.kind >= ?2)"
	    " ORDER BY r.kind >= ?2, CASE WHEN r.kind < ?2 THEN m.person END, r.message, r.kind",
	    "ii", (int64_t)now, (int64_t)STORE_RECEIPT_OWN);

	if (r != 0)
		return r;
	while ((r = store_query_next(s, st)) == 1) {
		x.message = sqlite3_column_int64(st, 0);
		x.person = sqlite3_column_int64(st, 1);
		x.kind = sqlite3_column_int(st, 2);
		x.at = (uint64_t)sqlite3_column_int64(st, 3);
		x.due = (uint64_t)sqlite3_column_int64(st, 4);
		r = store_col_fixed(st, 5, x.mh, STORE_HASH);
		if (r == 0)
			r = store_col_fixed(st, 6, x.device, STORE_DEVICE);
		if (r == 0)
			r = fn(arg, &x);
		if (r != 0) {
			store_query_close(st);
			break;
		}
	}
	return r;
}

int
store_receipt_drop(struct store *s, int64_t message, int kind)
{
	return store_run(s, "DELETE FROM receipt WHERE message = ? AND kind = ?", "ii", message,
	    (int64_t)kind);
}

int
store_receipt_put_off(struct store *s, int64_t message, int kind, uint64_t due)
{
	return store_run(s, "UPDATE receipt SET due = ? WHERE message = ? AND kind = ?", "iii",
	    (int64_t)due, message, (int64_t)kind);
}

int
store_receipt_hurry(struct store *s)
{
	return store_run(s, "UPDATE receipt SET due = 1 WHERE due > 1", "");
}

int
store_receipt_next(struct store *s, uint64_t *due)
{
	int64_t n;
	int r = store_run_number(s, &n,
	    "SELECT coalesce(min(r.due), 0) FROM receipt r JOIN message m ON m.row = r.message"
	    " JOIN person p ON p.id = m.person WHERE p.contact = 1 OR r.kind >= ?", "i",
	    (int64_t)STORE_RECEIPT_OWN);

	*due = (uint64_t)n;
	return r;
}

int
store_receipt_due(struct store *s, int64_t person, uint64_t due)
{
	return person == 0
	    ? store_run(s, "UPDATE receipt SET due = ? WHERE kind >= ?", "ii", (int64_t)due,
	          (int64_t)STORE_RECEIPT_OWN)
	    : store_run(s, "UPDATE receipt SET due = ? WHERE kind < ? AND message IN"
	                   " (SELECT row FROM message WHERE person = ?)",
	          "iii", (int64_t)due, (int64_t)STORE_RECEIPT_OWN, person);
}

/* ------------------------------------------------------------------------------ lists, expiry */

int
store_list_add(struct store *s, const struct store_crl *l, uint64_t now)
{
	int r = store_begin(s);

	if (r != 0)
		return r;
	r = store_run(s, "DELETE FROM list WHERE lineage = ?", "b", store_view(l->lineage, STORE_HASH));
	if (r == 0)
		r = store_run(s, "INSERT OR REPLACE INTO list(sha256, issuer, at, der, signers, lineage)"
		    " VALUES (?, ?, ?, ?, ?, ?)", "bbibbb", store_view(l->sha256, STORE_HASH),
		    store_view(l->issuer, STORE_HASH), (int64_t)now, l->der, l->signers,
		    store_view(l->lineage, STORE_HASH));
	return store_end(s, r);
}

int
store_list_each(struct store *s, store_list_fn *fn, void *arg)
{
	struct store_crl l;
	sqlite3_stmt *st;
	int r = store_query_open(s, &st, "SELECT sha256, issuer, der, signers FROM list ORDER BY at",
	    "");

	if (r != 0)
		return r;
	while ((r = store_query_next(s, st)) == 1) {
		if ((r = store_col_fixed(st, 0, l.sha256, STORE_HASH)) == 0)
			r = store_col_fixed(st, 1, l.issuer, STORE_HASH);
		l.der = store_col_view(st, 2);
		l.signers = store_col_view(st, 3);
		if (r == 0)
			r = fn(arg, &l);
		if (r != 0) {
			store_query_close(st);
			break;
		}
	}
	return r;
}

int
store_expire(struct store *s, uint64_t now)
{
	int r = store_run(s, "DELETE FROM seen WHERE at < ?", "i",
	    (int64_t)(now - SEEN_DAYS * DAY_MS));

	if (r == 0)
		r = store_run(s, "DELETE FROM early WHERE at < ?", "i",
		    (int64_t)(now - SEEN_DAYS * DAY_MS));
	if (r == 0)
		r = store_run(s, "DELETE FROM owed WHERE message IN"
		    " (SELECT row FROM message WHERE sent_at < ?)", "i",
		    (int64_t)(now - SEEN_DAYS * DAY_MS));
	if (r == 0)
		r = store_run(s, "DELETE FROM chain WHERE idx <= (SELECT max(idx) FROM chain) - ?", "i",
		    (int64_t)CHAIN_KEPT);
	return r;
}
