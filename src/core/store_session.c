#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/store_db.h"

/* ------------------------------------------------------------------------------ sessions */

static int
session_tags_put(struct store *s, const struct store_session *ss)
{
	size_t i;
	int r = store_run(s, "DELETE FROM tag WHERE session = ?", "i", ss->id);

	for (i = 0; i < ss->tag_count && r == 0; i++)
		r = store_run(s, "INSERT OR IGNORE INTO tag(tag, session) VALUES (?, ?)", "bi",
		    store_view(ss->tags[i], 8), ss->id);
	return r;
}

int
store_session_put(struct store *s, struct store_session *ss)
{
	struct bytes device = store_view(ss->device, STORE_DEVICE);
	int r = store_begin(s);

	if (r != 0)
		return r;
	if (ss->active)
		r = store_run(s, "UPDATE session SET active = 0 WHERE device = ?", "b", device);
	if (r == 0 && ss->id != 0)
		r = store_run(s, "UPDATE session SET packed = ?, active = ?, oldest = ?, idle = 0"
		    " WHERE id = ?", "biii", ss->packed, (int64_t)ss->active, (int64_t)ss->oldest, ss->id);
	else if (r == 0)
		r = store_run(s, "INSERT INTO session(person, device, active, packed, oldest, generation)"
		    " VALUES (?, ?, ?, ?, ?, ?)", "ibibii", ss->person, device, (int64_t)ss->active,
		    ss->packed, (int64_t)ss->oldest, (int64_t)ss->generation);
	if (r == 0 && ss->id == 0) {
		ss->id = store_inserted(s);
		r = store_run(s, "DELETE FROM session WHERE device = ?1 AND active = 0 AND id NOT IN"
		    " (SELECT id FROM session WHERE device = ?1 AND active = 0 ORDER BY id DESC LIMIT ?2)",
		    "bi", device, (int64_t)STORE_SESSIONS_REPLACED);
	}
	if (r == 0)
		r = session_tags_put(s, ss);
	return store_end(s, r);
}

int
store_session_age(struct store *s, uint64_t now, uint64_t limit)
{
	int r = store_begin(s);

	if (r != 0)
		return r;
	r = store_run(s, "DELETE FROM session WHERE active = 0 AND idle > 0 AND idle < ?", "i",
	    (int64_t)limit);
	if (r == 0)
		r = store_run(s, "UPDATE session SET idle = ?1 WHERE active = 0 AND"
		    " (idle = 0 OR idle > ?1)", "i", (int64_t)now);
	return store_end(s, r);
}

int
store_session_get(struct store *s, int64_t id, struct buf *packed)
{
	sqlite3_stmt *st;
	int r = store_query_open(s, &st, "SELECT packed FROM session WHERE id = ?", "i", id);

	if (r != 0)
		return r;
	r = store_query_next(s, st);
	if (r != 1)
		return r < 0 ? r : ERR_NOT_FOUND;
	r = buf_put_bytes(packed, store_col_view(st, 0));
	store_query_close(st);
	return r;
}

int
store_session_by_device(struct store *s, const uint8_t *device, int64_t *id, struct buf *packed)
{
	int r = store_run_number(s, id,
	    "SELECT id FROM session WHERE device = ? AND active = 1", "b",
	    store_view(device, STORE_DEVICE));

	return r != 0 ? r : store_session_get(s, *id, packed);
}

/* The one row of a query: r is what opening it came to. */
static int
session_take(struct store *s, sqlite3_stmt *st, int r, struct store_session *ss, struct buf *packed)
{
	memset(ss, 0, sizeof(*ss));
	if (r != 0)
		return r;
	r = store_query_next(s, st);
	if (r != 1)
		return r < 0 ? r : ERR_NOT_FOUND;
	ss->id = sqlite3_column_int64(st, 0);
	ss->person = sqlite3_column_int64(st, 1);
	ss->active = sqlite3_column_int(st, 3) != 0;
	ss->generation = (uint64_t)sqlite3_column_int64(st, 5);
	r = store_col_fixed(st, 2, ss->device, STORE_DEVICE);
	if (r == 0)
		r = buf_put_bytes(packed, store_col_view(st, 4));
	store_query_close(st);
	return r;
}

int
store_session_by_tag(struct store *s, const uint8_t tag[8], struct store_session *ss,
    struct buf *packed)
{
	sqlite3_stmt *st;
	int r = store_query_open(s, &st,
	    "SELECT s.id, s.person, s.device, s.active, s.packed, s.generation FROM tag t"
	    " JOIN session s ON s.id = t.session WHERE t.tag = ? ORDER BY s.active DESC LIMIT 1",
	    "b", store_view(tag, 8));

	return session_take(s, st, r, ss, packed);
}

int
store_session_best(struct store *s, const uint8_t *device, struct store_session *ss,
    struct buf *packed)
{
	sqlite3_stmt *st;
	int r = store_query_open(s, &st,
	    "SELECT id, person, device, active, packed, generation FROM session WHERE device = ?"
	    " ORDER BY active DESC, generation DESC, id DESC LIMIT 1", "b",
	    store_view(device, STORE_DEVICE));

	return session_take(s, st, r, ss, packed);
}

int
store_session_due(struct store *s, uint64_t before, int64_t after, struct store_due *out, size_t max,
    size_t *n)
{
	sqlite3_stmt *st;
	int r = store_query_open(s, &st,
	    "SELECT id, person, active FROM session WHERE oldest > 0 AND oldest < ? AND id > ?"
	    " ORDER BY id LIMIT ?", "iii", (int64_t)before, after, (int64_t)max);

	*n = 0;
	if (r != 0)
		return r;
	while ((r = store_query_next(s, st)) == 1) {
		out[*n].id = sqlite3_column_int64(st, 0);
		out[*n].person = sqlite3_column_int64(st, 1);
		out[*n].active = sqlite3_column_int(st, 2) != 0;
		++*n;
	}
	return r;
}

struct place {
	int64_t person;
	uint8_t device[STORE_DEVICE];
};

static int
places_read(struct store *s, struct place **list, size_t *n)
{
	sqlite3_stmt *st;
	int r = store_query_open(s, &st, "SELECT DISTINCT person, device FROM session", "");

	if (r != 0)
		return r;
	while ((r = store_query_next(s, st)) == 1) {
		*list = mem_grow(*list, *n + 1, sizeof(**list));
		(*list)[*n].person = sqlite3_column_int64(st, 0);
		if ((r = store_col_fixed(st, 1, (*list)[*n].device, STORE_DEVICE)) != 0) {
			store_query_close(st);
			return r;
		}
		++*n;
	}
	return r;
}

int
store_session_each(struct store *s, store_session_fn *fn, void *arg)
{
	struct place *list = NULL;
	size_t i, n = 0;
	int r = places_read(s, &list, &n);

	for (i = 0; i < n && r == 0; i++)
		r = fn(arg, list[i].person, list[i].device);
	free(list);
	return r;
}

int
store_session_rest(struct store *s, const uint8_t *device)
{
	return store_run(s, "UPDATE session SET active = 0 WHERE device = ?", "b",
	    store_view(device, STORE_DEVICE));
}

int
store_session_wake(struct store *s, const uint8_t *device)
{
	return store_run(s, "UPDATE session SET active = 1 WHERE id = (SELECT id FROM session"
	    " WHERE device = ? ORDER BY generation DESC, id DESC LIMIT 1)", "b",
	    store_view(device, STORE_DEVICE));
}

int
store_session_drop_upto(struct store *s, const uint8_t *device, uint64_t generation)
{
	return store_run(s, "DELETE FROM session WHERE device = ? AND generation <= ?", "bi",
	    store_view(device, STORE_DEVICE), (int64_t)generation);
}

int
store_session_older(struct store *s, const uint8_t *device, uint64_t generation, bool *out)
{
	int64_t n;
	int r = store_run_number(s, &n,
	    "SELECT EXISTS (SELECT 1 FROM session WHERE device = ? AND generation < ?)", "bi",
	    store_view(device, STORE_DEVICE), (int64_t)generation);

	*out = r == 0 && n > 0;
	return r;
}

int
store_session_drop_person(struct store *s, int64_t person)
{
	return store_run(s, "DELETE FROM session WHERE person = ?", "i", person);
}

/* ------------------------------------------------------------------------------ prekeys */

int
store_prekey_add(struct store *s, enum store_prekey_kind kind, uint32_t id, struct bytes key,
    uint64_t now)
{
	return store_run(s, "INSERT INTO prekey(kind, id, key, made) VALUES (?, ?, ?, ?)", "iibi",
	    (int64_t)kind, (int64_t)id, key, (int64_t)now);
}

int
store_prekey_get(struct store *s, enum store_prekey_kind kind, uint32_t id, struct buf *key)
{
	sqlite3_stmt *st;
	int r = store_query_open(s, &st, "SELECT key FROM prekey WHERE kind = ? AND id = ?", "ii",
	    (int64_t)kind, (int64_t)id);

	if (r != 0)
		return r;
	r = store_query_next(s, st);
	if (r != 1)
		return r < 0 ? r : ERR_NOT_FOUND;
	r = buf_put_bytes(key, store_col_view(st, 0));
	store_query_close(st);
	return r;
}

int
store_prekey_drop(struct store *s, enum store_prekey_kind kind, uint32_t id)
{
	return store_run(s, "DELETE FROM prekey WHERE kind = ? AND id = ?", "ii", (int64_t)kind,
	    (int64_t)id);
}

int
store_prekey_newest(struct store *s, enum store_prekey_kind kind, uint32_t *id, uint64_t *made)
{
	sqlite3_stmt *st;
	int r = store_query_open(s, &st,
	    "SELECT id, made FROM prekey WHERE kind = ? ORDER BY id DESC LIMIT 1", "i",
	    (int64_t)kind);

	*id = 0;
	*made = 0;
	if (r != 0)
		return r;
	r = store_query_next(s, st);
	if (r != 1)
		return r < 0 ? r : ERR_NOT_FOUND;
	*id = (uint32_t)sqlite3_column_int64(st, 0);
	*made = (uint64_t)sqlite3_column_int64(st, 1);
	store_query_close(st);
	return 0;
}

/* A key was replaced when the next one was made. */
int
store_prekey_expire(struct store *s, enum store_prekey_kind kind, uint64_t limit)
{
	int r = store_run(s,
	    "DELETE FROM prekey WHERE kind = ?1 AND EXISTS (SELECT 1 FROM prekey n"
	    " WHERE n.kind = ?1 AND n.id > prekey.id AND n.made < ?2)", "ii", (int64_t)kind,
	    (int64_t)limit);

	if (r == 0 && kind == STORE_PREKEY_SIGNED)
		r = store_run(s, "DELETE FROM ephemeral WHERE prekey NOT IN"
		    " (SELECT id FROM prekey WHERE kind = 1)", "");
	return r;
}

int
store_prekey_trim(struct store *s, enum store_prekey_kind kind, uint32_t keep)
{
	return store_run(s,
	    "DELETE FROM prekey WHERE kind = ?1 AND id <= (SELECT id FROM prekey WHERE kind = ?1"
	    " ORDER BY id DESC LIMIT 1 OFFSET ?2)", "ii", (int64_t)kind, (int64_t)keep);
}

int
store_ephemeral_add(struct store *s, uint32_t signed_prekey, const uint8_t ephemeral[32])
{
	int r = store_run(s, "INSERT INTO ephemeral(prekey, key) VALUES (?, ?)", "ib",
	    (int64_t)signed_prekey, store_view(ephemeral, 32));

	return r == ERR_TAKEN ? ERR_REPLAY : r;
}
