#include <string.h>

#include "core/store_db.h"

#define PERSON_COLUMNS                                                                             \
	"SELECT p.id, p.name, p.user_id, p.contact, p.changed, p.stale, p.verified_at, p.verified,"    \
	" p.out_sequence, p.out_previous,"                                                             \
	" coalesce((SELECT max(sent_at, received_at) FROM message m WHERE m.person = p.id"             \
	" ORDER BY m.row DESC LIMIT 1), 0) AS last_at,"                                                \
	" (SELECT count(*) FROM message m WHERE m.person = p.id AND m.unread = 1) FROM person p "

static int
person_take(sqlite3_stmt *st, struct store_person *out)
{
	int r;

	memset(out, 0, sizeof(*out));
	out->id = sqlite3_column_int64(st, 0);
	store_col_text(st, 1, out->name, sizeof(out->name));
	out->known = sqlite3_column_type(st, 2) != SQLITE_NULL;
	if ((r = store_col_fixed(st, 2, out->user_id, STORE_USER)) != 0)
		return r;
	out->contact = sqlite3_column_int(st, 3);
	out->changed = sqlite3_column_int(st, 4) != 0;
	out->stale = sqlite3_column_int(st, 5) != 0;
	out->verified_at = (uint64_t)sqlite3_column_int64(st, 6);
	store_col_text(st, 7, out->verified, sizeof(out->verified));
	out->out_sequence = (uint64_t)sqlite3_column_int64(st, 8);
	if ((r = store_col_fixed(st, 9, out->out_previous, STORE_HASH)) != 0)
		return r;
	out->last_at = (uint64_t)sqlite3_column_int64(st, 10);
	out->unread = (uint32_t)sqlite3_column_int64(st, 11);
	return 0;
}

static int
person_one(struct store *s, sqlite3_stmt *st, struct store_person *out)
{
	int r = store_query_next(s, st);

	memset(out, 0, sizeof(*out));
	if (r != 1)
		return r < 0 ? r : ERR_NOT_FOUND;
	r = person_take(st, out);
	store_query_close(st);
	return r;
}

static struct bytes
user_view(const struct store_person *p)
{
	return store_view(p->known ? p->user_id : NULL, STORE_USER);
}

int
store_person_add(struct store *s, struct store_person *p)
{
	int r = store_run(s,
	    "INSERT INTO person(name, user_id, contact, changed, stale, verified_at, verified,"
	    " out_sequence, out_previous) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
	    "tbiiiitib", p->name, user_view(p), (int64_t)p->contact, (int64_t)p->changed,
	    (int64_t)p->stale, (int64_t)p->verified_at, p->verified, (int64_t)p->out_sequence,
	    store_view(p->out_previous, STORE_HASH));

	p->id = r == 0 ? store_inserted(s) : 0;
	return r;
}

int
store_person_set(struct store *s, const struct store_person *p)
{
	return store_run(s,
	    "UPDATE person SET name = ?, user_id = ?, contact = ?, changed = ?, stale = ?,"
	    " verified_at = ?, verified = ?, out_sequence = ?, out_previous = ? WHERE id = ?",
	    "tbiiiitibi", p->name, user_view(p), (int64_t)p->contact, (int64_t)p->changed,
	    (int64_t)p->stale, (int64_t)p->verified_at, p->verified, (int64_t)p->out_sequence,
	    store_view(p->out_previous, STORE_HASH), p->id);
}

int
store_person_by_name(struct store *s, const char *name, struct store_person *out)
{
	sqlite3_stmt *st;
	int r = store_query_open(s, &st, PERSON_COLUMNS "WHERE p.name = ?", "t", name);

	return r != 0 ? r : person_one(s, st, out);
}

int
store_person_by_user(struct store *s, const uint8_t *user_id, struct store_person *out)
{
	sqlite3_stmt *st;
	int r = store_query_open(s, &st, PERSON_COLUMNS "WHERE p.user_id = ?", "b",
	    store_view(user_id, STORE_USER));

	return r != 0 ? r : person_one(s, st, out);
}

int
store_person_by_id(struct store *s, int64_t id, struct store_person *out)
{
	sqlite3_stmt *st;
	int r = store_query_open(s, &st, PERSON_COLUMNS "WHERE p.id = ?", "i", id);

	return r != 0 ? r : person_one(s, st, out);
}

int
store_person_each(struct store *s, store_person_fn *fn, void *arg)
{
	struct store_person p;
	sqlite3_stmt *st;
	int r = store_query_open(s, &st, PERSON_COLUMNS "ORDER BY last_at DESC, p.name", "");

	if (r != 0)
		return r;
	while ((r = store_query_next(s, st)) == 1) {
		r = person_take(st, &p);
		if (r == 0)
			r = fn(arg, &p);
		if (r != 0) {
			store_query_close(st);
			break;
		}
	}
	return r;
}

int
store_entry_get(struct store *s, int64_t person, struct buf *out)
{
	return store_query_octets(s, out,
	    "SELECT entry FROM person WHERE id = ? AND entry IS NOT NULL", person);
}

int
store_entry_set(struct store *s, int64_t person, struct bytes entry)
{
	return store_run(s, "UPDATE person SET entry = ? WHERE id = ?", "bi", entry, person);
}

/* ------------------------------------------------------------------------------ past, drafts */

int
store_past_add(struct store *s, int64_t person, uint64_t at, const char *what)
{
	return store_run(s, "INSERT INTO past(person, at, what) VALUES (?, ?, ?)", "iit", person,
	    (int64_t)at, what);
}

int
store_past_each(struct store *s, int64_t person, store_past_fn *fn, void *arg)
{
	sqlite3_stmt *st;
	int r = store_query_open(s, &st,
	    "SELECT at, what FROM past WHERE person = ? ORDER BY at DESC, rowid DESC", "i", person);

	if (r != 0)
		return r;
	while ((r = store_query_next(s, st)) == 1) {
		r = fn(arg, (uint64_t)sqlite3_column_int64(st, 0),
		    (const char *)sqlite3_column_text(st, 1));
		if (r != 0) {
			store_query_close(st);
			break;
		}
	}
	return r;
}

int
store_draft_set(struct store *s, const char *name, const char *text)
{
	if (text == NULL || text[0] == '\0')
		return store_run(s, "DELETE FROM draft WHERE name = ?", "t", name);
	return store_run(s, "INSERT INTO draft(name, text) VALUES (?, ?)"
	    " ON CONFLICT(name) DO UPDATE SET text = excluded.text", "tt", name, text);
}

int
store_draft_each(struct store *s, store_draft_fn *fn, void *arg)
{
	sqlite3_stmt *st;
	int r = store_query_open(s, &st, "SELECT name, text FROM draft", "");

	if (r != 0)
		return r;
	while ((r = store_query_next(s, st)) == 1) {
		r = fn(arg, (const char *)sqlite3_column_text(st, 0),
		    (const char *)sqlite3_column_text(st, 1));
		if (r != 0) {
			store_query_close(st);
			break;
		}
	}
	return r;
}
