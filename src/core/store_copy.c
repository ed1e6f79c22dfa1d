/*
 * What a user's several devices, and those of contacts, take in the store: messages that one of them
 * is owed, what came before what it is about, envelopes to be asked for again, and claims about our
 * mailbox that its chain has yet to bear out.
 */
#include <string.h>

#include "core/store_db.h"

#define EARLY_OF_PERSON 256
#define EARLY_OF_OWN 8192
#define EARLY_ALL 16384
#define CLAIMS_MAX 1024

/* ------------------------------------------------------------------------------ owed */

int
store_owed_add(struct store *s, int64_t message, int64_t person, const uint8_t *device)
{
	return store_run(s, "INSERT OR IGNORE INTO owed(message, device, person) VALUES (?, ?, ?)",
	    "ibi", message, store_view(device, STORE_DEVICE), person);
}

int
store_owed_drop(struct store *s, int64_t message, const uint8_t *device)
{
	return store_run(s, "DELETE FROM owed WHERE message = ? AND device = ?", "ib", message,
	    store_view(device, STORE_DEVICE));
}

int
store_owed_drop_device(struct store *s, const uint8_t *device)
{
	return store_run(s, "DELETE FROM owed WHERE device = ?", "b",
	    store_view(device, STORE_DEVICE));
}

/* Everything that is for this device alone. What was sent to it stays proven. */
int
store_device_drop(struct store *s, const uint8_t *device)
{
	struct bytes id = store_view(device, STORE_DEVICE);
	int r = store_run(s, "DELETE FROM session WHERE device = ?", "b", id);

	if (r == 0)
		r = store_run(s, "DELETE FROM deposit WHERE device = ? AND sent = 0", "b", id);
	if (r == 0)
		r = store_run(s, "DELETE FROM later WHERE device = ?", "b", id);
	return r != 0 ? r : store_owed_drop_device(s, device);
}

static int
owed_walk(struct store *s, sqlite3_stmt *st, store_owed_fn *fn, void *arg)
{
	struct store_owed o;
	int r;

	while ((r = store_query_next(s, st)) == 1) {
		o.message = sqlite3_column_int64(st, 0);
		o.person = sqlite3_column_int64(st, 1);
		r = store_col_fixed(st, 2, o.device, STORE_DEVICE);
		if (r == 0)
			r = fn(arg, &o);
		if (r != 0) {
			store_query_close(st);
			break;
		}
	}
	return r;
}

int
store_owed_devices(struct store *s, store_owed_fn *fn, void *arg)
{
	sqlite3_stmt *st;
	int r = store_query_open(s, &st,
	    "SELECT min(message), person, device FROM owed GROUP BY device", "");

	return r != 0 ? r : owed_walk(s, st, fn, arg);
}

int
store_owed_each(struct store *s, const uint8_t *device, uint32_t limit, store_owed_fn *fn,
    void *arg)
{
	sqlite3_stmt *st;
	int r = store_query_open(s, &st,
	    "SELECT message, person, device FROM owed WHERE device = ? ORDER BY message LIMIT ?",
	    "bi", store_view(device, STORE_DEVICE), (int64_t)limit);

	return r != 0 ? r : owed_walk(s, st, fn, arg);
}

int
store_owed_again(struct store *s, const struct store_owed *whose, uint64_t since, uint32_t limit)
{
	return store_run(s,
	    "INSERT OR IGNORE INTO owed(message, device, person)"
	    " SELECT d.message, d.device, ?1 FROM deposit d JOIN message m ON m.row = d.message"
	    " WHERE d.device = ?2 AND m.sent_at >= ?3 GROUP BY d.message"
	    " ORDER BY d.message DESC LIMIT ?4",
	    "ibii", whose->person, store_view(whose->device, STORE_DEVICE), (int64_t)since,
	    (int64_t)limit);
}

/* ------------------------------------------------------------------------------ early */

/* Is there room? What our own devices tell is not pushed out by what others do. */
static int
early_room(struct store *s, const struct store_early *x, bool *room)
{
	int64_t theirs, all;
	int r = store_run_number(s, &theirs, "SELECT count(*) FROM early WHERE person = ?", "i",
	    x->person);

	if (r == 0)
		r = store_run_number(s, &all, "SELECT count(*) FROM early", "");
	*room = r == 0 && (x->ours ? theirs < EARLY_OF_OWN
	                           : theirs < EARLY_OF_PERSON && all < EARLY_ALL);
	return r;
}

int
store_early_add(struct store *s, const struct store_early *x)
{
	bool room;
	int r = early_room(s, x, &room);

	if (r != 0 || !room)
		return r;
	return store_run(s, "INSERT OR IGNORE INTO early(about, device, kind, author, user, person,"
	    " at, blob) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", "bbibbiib",
	    store_view(x->about, STORE_HASH), store_view(x->device, STORE_DEVICE), (int64_t)x->kind,
	    store_view(x->author, STORE_DEVICE), store_view(x->user, STORE_USER), x->person,
	    (int64_t)x->at, x->blob);
}

int
store_early_each(struct store *s, const uint8_t *about, store_early_fn *fn, void *arg)
{
	struct store_early x = { .user = NULL };
	sqlite3_stmt *st;
	int r = store_query_open(s, &st, "SELECT about, device, kind, author, person, at, blob"
	    " FROM early WHERE about = ? AND user IS NULL ORDER BY kind, at", "b",
	    store_view(about, STORE_HASH));

	if (r != 0)
		return r;
	while ((r = store_query_next(s, st)) == 1) {
		x.kind = sqlite3_column_int(st, 2);
		x.person = sqlite3_column_int64(st, 4);
		x.at = (uint64_t)sqlite3_column_int64(st, 5);
		x.blob = store_col_view(st, 6);
		if ((r = store_col_fixed(st, 0, x.about, STORE_HASH)) == 0 &&
		    (r = store_col_fixed(st, 1, x.device, STORE_DEVICE)) == 0 &&
		    (r = store_col_fixed(st, 3, x.author, STORE_DEVICE)) == 0)
			r = fn(arg, &x);
		if (r != 0) {
			store_query_close(st);
			break;
		}
	}
	return r;
}

int
store_early_drop(struct store *s, const uint8_t *about)
{
	return store_run(s, "DELETE FROM early WHERE about = ?", "b", store_view(about, STORE_HASH));
}

int
store_early_drop_content(struct store *s, const uint8_t *about)
{
	return store_run(s, "DELETE FROM early WHERE about = ? AND user IS NOT NULL", "b",
	    store_view(about, STORE_HASH));
}

int
store_early_content(struct store *s, const uint8_t *user, uint8_t *about, uint8_t *author,
    struct buf *blob)
{
	sqlite3_stmt *st;
	int r = store_query_open(s, &st,
	    "SELECT about, author, blob FROM early WHERE user = ? ORDER BY at, about LIMIT 1", "b",
	    store_view(user, STORE_USER));

	if (r != 0)
		return r;
	r = store_query_next(s, st);
	if (r != 1)
		return r < 0 ? r : ERR_NOT_FOUND;
	if ((r = store_col_fixed(st, 0, about, STORE_HASH)) == 0 &&
	    (r = store_col_fixed(st, 1, author, STORE_DEVICE)) == 0)
		r = buf_put_bytes(blob, store_col_view(st, 2));
	store_query_close(st);
	return r;
}

int
store_early_user(struct store *s, const uint8_t *after, uint8_t *user)
{
	sqlite3_stmt *st;
	int r = store_query_open(s, &st,
	    "SELECT user FROM early WHERE user > ? ORDER BY user LIMIT 1", "b",
	    store_view(after, STORE_USER));

	if (r != 0)
		return r;
	r = store_query_next(s, st);
	if (r != 1)
		return r < 0 ? r : ERR_NOT_FOUND;
	r = store_col_fixed(st, 0, user, STORE_USER);
	store_query_close(st);
	return r;
}

/* ------------------------------------------------------------------------------ asked again */

int
store_ask_add(struct store *s, int64_t person, const uint8_t *device, const uint8_t *hash)
{
	return store_run(s, "INSERT OR IGNORE INTO ask(hash, person, device) VALUES (?, ?, ?)", "bib",
	    store_view(hash, STORE_HASH), person, store_view(device, STORE_DEVICE));
}

int
store_ask_drop(struct store *s, const uint8_t *hash)
{
	return store_run(s, "DELETE FROM ask WHERE hash = ?", "b", store_view(hash, STORE_HASH));
}

int
store_ask_each(struct store *s, store_ask_fn *fn, void *arg)
{
	uint8_t hash[STORE_HASH], device[STORE_DEVICE];
	sqlite3_stmt *st;
	int r = store_query_open(s, &st, "SELECT hash, person, device FROM ask", "");

	if (r != 0)
		return r;
	while ((r = store_query_next(s, st)) == 1) {
		if ((r = store_col_fixed(st, 0, hash, STORE_HASH)) == 0 &&
		    (r = store_col_fixed(st, 2, device, STORE_DEVICE)) == 0)
			r = fn(arg, sqlite3_column_int64(st, 1), device, hash);
		if (r != 0) {
			store_query_close(st);
			break;
		}
	}
	return r;
}

/* ------------------------------------------------------------------------------ put off */

int
store_later_add(struct store *s, const struct store_later *l, uint32_t max)
{
	struct bytes device = store_view(l->device, STORE_DEVICE);
	int64_t n;
	int r = store_run_number(s, &n,
	    "SELECT count(*) FROM later WHERE kind = ? AND person = ? AND device = ?", "iib",
	    (int64_t)l->kind, l->person, device);

	if (r != 0 || n >= max)
		return r;
	return store_run(s, "INSERT OR IGNORE INTO later(kind, person, device, hash, due)"
	    " VALUES (?, ?, ?, ?, ?)", "iibbi", (int64_t)l->kind, l->person, device,
	    store_view(l->hash, STORE_HASH), (int64_t)l->due);
}

int
store_later_take(struct store *s, uint64_t now, uint64_t never, struct store_later *out)
{
	sqlite3_stmt *st;
	int r = store_query_open(s, &st, "SELECT kind, person, device, hash, due FROM later"
	    " WHERE due <= ? OR due > ? ORDER BY due LIMIT 1", "ii", (int64_t)now, (int64_t)never);

	memset(out, 0, sizeof(*out));
	if (r != 0)
		return r;
	r = store_query_next(s, st);
	if (r != 1)
		return r < 0 ? r : ERR_NOT_FOUND;
	out->kind = sqlite3_column_int(st, 0);
	out->person = sqlite3_column_int64(st, 1);
	out->due = (uint64_t)sqlite3_column_int64(st, 4);
	if ((r = store_col_fixed(st, 2, out->device, STORE_DEVICE)) == 0)
		r = store_col_fixed(st, 3, out->hash, STORE_HASH);
	store_query_close(st);
	if (r == 0)
		r = store_run(s, "DELETE FROM later WHERE kind = ? AND person = ? AND device = ?"
		    " AND hash = ?", "iibb", (int64_t)out->kind, out->person,
		    store_view(out->device, STORE_DEVICE), store_view(out->hash, STORE_HASH));
	return r;
}

int
store_later_next(struct store *s, uint64_t *due)
{
	int64_t n;
	int r = store_run_number(s, &n, "SELECT coalesce(min(due), 0) FROM later", "");

	*due = r == 0 ? (uint64_t)n : 0;
	return r;
}

/* ------------------------------------------------------------------------------ claims */

int
store_claim_add(struct store *s, uint64_t index, const uint8_t *hash, uint64_t now)
{
	int64_t n;
	int r = store_run_number(s, &n, "SELECT count(*) FROM claim", "");

	if (r != 0 || n >= CLAIMS_MAX || index > INT64_MAX)
		return r;
	return store_run(s, "INSERT OR IGNORE INTO claim(idx, hash, at) VALUES (?, ?, ?)", "ibi",
	    (int64_t)index, store_view(hash, STORE_HASH), (int64_t)now);
}

int
store_claim_drop(struct store *s, uint64_t upto)
{
	return store_run(s, "DELETE FROM claim WHERE idx <= ?", "i", (int64_t)upto);
}

int
store_claim_each(struct store *s, store_claim_fn *fn, void *arg)
{
	uint8_t hash[STORE_HASH];
	sqlite3_stmt *st;
	int r = store_query_open(s, &st, "SELECT idx, hash, at FROM claim ORDER BY idx", "");

	if (r != 0)
		return r;
	while ((r = store_query_next(s, st)) == 1) {
		r = store_col_fixed(st, 1, hash, STORE_HASH);
		if (r == 0)
			r = fn(arg, (uint64_t)sqlite3_column_int64(st, 0), hash,
			    (uint64_t)sqlite3_column_int64(st, 2));
		if (r != 0) {
			store_query_close(st);
			break;
		}
	}
	return r;
}
