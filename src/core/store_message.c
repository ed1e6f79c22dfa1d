#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/store_db.h"
#include "core/store_message.h"

int
store_message_add(struct store *s, struct store_message *m, struct bytes content)
{
	int r = store_run(s,
	    "INSERT INTO message(id, person, mh, device, outgoing, unread, first, late, sequence,"
	    " sent_at, received_at, state, text, content)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	    "tibbiiiiiiiitb", m->id, m->person, store_view(m->sealed ? m->mh : NULL, STORE_HASH),
	    store_view(m->device, STORE_DEVICE), (int64_t)m->outgoing, (int64_t)m->unread,
	    (int64_t)m->first_contact, (int64_t)m->late, (int64_t)m->sequence, (int64_t)m->sent_at,
	    (int64_t)m->received_at, (int64_t)m->state, m->text, content);

	m->row = r == 0 ? store_inserted(s) : 0;
	return r;
}

int
store_message_sealed(struct store *s, int64_t row, const uint8_t *mh, uint64_t sequence,
    struct bytes content)
{
	return store_run(s, "UPDATE message SET mh = ?, sequence = ?, content = ? WHERE row = ?",
	    "bibi", store_view(mh, STORE_HASH), (int64_t)sequence, content, row);
}

int
store_message_state(struct store *s, int64_t row, int state, const char *error)
{
	return store_run(s, "UPDATE message SET state = ?, error = ? WHERE row = ?", "iti",
	    (int64_t)state, error, row);
}

int
store_message_mark_read(struct store *s, int64_t row)
{
	return store_run(s, "UPDATE message SET unread = 0 WHERE row = ?", "i", row);
}

int
store_message_mark_elsewhere(struct store *s, int64_t row)
{
	return store_run(s, "UPDATE message SET unread = 2 WHERE row = ? AND unread = 1", "i", row);
}

int
store_message_content(struct store *s, int64_t row, struct buf *out)
{
	return store_query_octets(s, out,
	    "SELECT content FROM message WHERE row = ? AND content IS NOT NULL", row);
}

static int
message_take(sqlite3_stmt *st, struct store_message *m)
{
	int r;

	memset(m, 0, sizeof(*m));
	m->row = sqlite3_column_int64(st, 0);
	store_col_text(st, 1, m->id, sizeof(m->id));
	m->person = sqlite3_column_int64(st, 2);
	m->sealed = sqlite3_column_type(st, 3) != SQLITE_NULL;
	if ((r = store_col_fixed(st, 3, m->mh, STORE_HASH)) != 0 ||
	    (r = store_col_fixed(st, 4, m->device, STORE_DEVICE)) != 0)
		return r;
	m->outgoing = sqlite3_column_int(st, 5) != 0;
	m->unread = sqlite3_column_int(st, 6) == 1;
	m->elsewhere = sqlite3_column_int(st, 6) == 2;
	m->first_contact = sqlite3_column_int(st, 7) != 0;
	m->late = sqlite3_column_int(st, 8) != 0;
	m->sequence = (uint64_t)sqlite3_column_int64(st, 9);
	m->sent_at = (uint64_t)sqlite3_column_int64(st, 10);
	m->received_at = (uint64_t)sqlite3_column_int64(st, 11);
	m->state = sqlite3_column_int(st, 12);
	m->text = (const char *)sqlite3_column_text(st, 13);
	m->error = (const char *)sqlite3_column_text(st, 14);
	return 0;
}

int
store_message_walk(struct store *s, sqlite3_stmt *st, store_message_fn *fn, void *arg)
{
	struct store_message m;
	int r;

	while ((r = store_query_next(s, st)) == 1) {
		r = message_take(st, &m);
		if (r == 0)
			r = fn(arg, &m);
		if (r != 0) {
			store_query_close(st);
			break;
		}
	}
	return r;
}

int
store_message_get(struct store *s, int64_t row, store_message_fn *fn, void *arg)
{
	struct store_message m;
	sqlite3_stmt *st;
	int r = store_query_open(s, &st, STORE_MESSAGE_COLUMNS "WHERE m.row = ?", "i", row);

	if (r != 0)
		return r;
	r = store_query_next(s, st);
	if (r != 1)
		return r < 0 ? r : ERR_NOT_FOUND;
	r = message_take(st, &m);
	if (r == 0)
		r = fn(arg, &m);
	store_query_close(st);
	return r;
}

int
store_message_by_hash(struct store *s, const uint8_t *mh, int64_t *row)
{
	return store_run_number(s, row, "SELECT row FROM message WHERE mh = ?", "b",
	    store_view(mh, STORE_HASH));
}

int
store_message_find(struct store *s, int64_t person, const char *prefix, int64_t *row)
{
	char low[STORE_ID_TEXT], high[STORE_ID_TEXT + 1];
	size_t n = strlen(prefix), i;
	int64_t count;
	int r;

	*row = 0;
	if (n < 8 || n > 16)
		return ERR_USAGE;
	for (i = 0; i < n; i++) {
		if (!isxdigit((unsigned char)prefix[i]))
			return ERR_USAGE;
		low[i] = (char)tolower((unsigned char)prefix[i]);
	}
	low[n] = '\0';
	snprintf(high, sizeof(high), "%sg", low);
	r = store_run_number(s, &count, "SELECT count(*) FROM message"
	    " WHERE id >= ? AND id < ? AND (?3 = 0 OR person = ?3)", "tti", low, high, person);
	if (r != 0)
		return r;
	if (count > 1)
		return ERR_USAGE;
	return store_run_number(s, row, "SELECT row FROM message"
	    " WHERE id >= ? AND id < ? AND (?3 = 0 OR person = ?3)", "tti", low, high, person);
}

int
store_message_newest(struct store *s, int64_t person, const uint8_t *device, uint64_t *out)
{
	int64_t at;
	int r = store_run_number(s, &at,
	    "SELECT ifnull(max(min(sent_at, received_at)), 0) FROM message WHERE person = ?"
	    " AND outgoing = 0 AND device = ?", "ib", person, store_view(device, STORE_DEVICE));

	*out = r == 0 ? (uint64_t)at : 0;
	return r;
}

int
store_message_any(struct store *s, int64_t person, bool *out)
{
	int64_t row;
	int r = store_run_number(s, &row,
	    "SELECT row FROM message WHERE person = ? AND outgoing = 0 LIMIT 1", "i", person);

	*out = r == 0;
	return r == ERR_NOT_FOUND ? 0 : r;
}

int
store_message_last(struct store *s, int64_t person, const uint8_t *device, uint64_t *sequence,
    uint8_t *mh)
{
	sqlite3_stmt *st;
	int r;

	*sequence = 0;
	memset(mh, 0, STORE_HASH);
	r = store_query_open(s, &st,
	    "SELECT sequence, mh FROM message WHERE person = ? AND device = ?"
	    " AND mh IS NOT NULL ORDER BY sequence DESC LIMIT 1",
	    "ib", person, store_view(device, STORE_DEVICE));
	if (r != 0)
		return r;
	r = store_query_next(s, st);
	if (r != 1)
		return r;
	*sequence = (uint64_t)sqlite3_column_int64(st, 0);
	r = store_col_fixed(st, 1, mh, STORE_HASH);
	store_query_close(st);
	return r;
}

/* ------------------------------------------------------------------------------ proofs */

int
store_trace_add(struct store *s, int64_t message, const struct store_trace *t)
{
	return store_run(s,
	    "INSERT INTO trace(message, device, state, at, proof, verified, blob)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT(message, device, state) DO UPDATE SET"
	    " at = excluded.at, proof = excluded.proof, verified = excluded.verified,"
	    " blob = excluded.blob WHERE verified = 0",
	    "ibiiiib", message, store_view(t->device, STORE_DEVICE), (int64_t)t->state, (int64_t)t->at,
	    (int64_t)t->proof, (int64_t)t->verified, t->blob);
}

int
store_trace_each(struct store *s, int64_t message, store_trace_fn *fn, void *arg)
{
	struct store_trace t;
	sqlite3_stmt *st;
	int r = store_query_open(s, &st,
	    "SELECT device, state, at, proof, verified, blob FROM trace WHERE message = ?"
	    " ORDER BY state, at", "i", message);

	if (r != 0)
		return r;
	while ((r = store_query_next(s, st)) == 1) {
		r = store_col_fixed(st, 0, t.device, STORE_DEVICE);
		t.state = sqlite3_column_int(st, 1);
		t.at = (uint64_t)sqlite3_column_int64(st, 2);
		t.proof = sqlite3_column_int(st, 3);
		t.verified = sqlite3_column_int(st, 4) != 0;
		t.blob = store_col_view(st, 5);
		if (r == 0)
			r = fn(arg, &t);
		if (r != 0) {
			store_query_close(st);
			break;
		}
	}
	return r;
}
