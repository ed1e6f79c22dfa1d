#include "ui/edit_impl.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/text.h"

struct edit *
edit_new(size_t max, unsigned flags)
{
	struct edit *e = mem_alloc(sizeof *e);

	e->max = max;
	e->flags = flags;
	e->text = flags & EDIT_SECRET ? mem_secret_alloc(max + 1) : mem_alloc(max + 1);
	e->goal = -1;
	return e;
}

static void
drop(char **ps)
{
	if (*ps != NULL)
		mem_wipe(*ps, strlen(*ps));
	free(*ps);
	*ps = NULL;
}

static void
drop_undo(struct edit *e)
{
	while (e->undo_count > 0)
		drop(&e->undo[--e->undo_count].text);
}

void
edit_free(struct edit **pe)
{
	struct edit *e = *pe;

	if (e == NULL)
		return;
	drop_undo(e);
	while (e->ring_count > 0)
		drop(&e->ring[--e->ring_count]);
	while (e->history_count > 0)
		drop(&e->history[--e->history_count]);
	drop(&e->pending);
	mem_wipe(e->text, e->max + 1);
	if (e->flags & EDIT_SECRET)
		mem_secret_free(&e->text);
	else
		free(e->text);
	free(e);
	*pe = NULL;
}

const char *
edit_text(const struct edit *e)
{
	return e->text;
}

size_t
edit_len(const struct edit *e)
{
	return e->len;
}

size_t
edit_cursor(const struct edit *e)
{
	return e->cursor;
}

bool
edit_is_secret(const struct edit *e)
{
	return (e->flags & EDIT_SECRET) != 0;
}

/* ---- movements */

size_t
edit_next_cluster(const struct edit *e, size_t at)
{
	struct text_cluster cl;

	if (at >= e->len)
		return e->len;
	if (e->text[at] == '\n' || !text_next(e->text + at, e->len - at, &cl))
		return at + 1;
	return at + cl.bytes;
}

size_t
edit_prev_cluster(const struct edit *e, size_t at)
{
	size_t i = edit_line_start(e, at), next;

	if (i == at)
		return at == 0 ? 0 : at - 1; /* over the newline */
	while ((next = edit_next_cluster(e, i)) < at)
		i = next;
	return i;
}

static bool
is_word(char c)
{
	return (c & 0x80) != 0 || isalnum((unsigned char)c) || c == '_';
}

size_t
edit_next_word(const struct edit *e, size_t at)
{
	while (at < e->len && !is_word(e->text[at]))
		at++;
	while (at < e->len && is_word(e->text[at]))
		at++;
	return at;
}

size_t
edit_prev_word(const struct edit *e, size_t at)
{
	while (at > 0 && !is_word(e->text[at - 1]))
		at--;
	while (at > 0 && is_word(e->text[at - 1]))
		at--;
	return at;
}

size_t
edit_prev_blank(const struct edit *e, size_t at)
{
	while (at > 0 && isspace((unsigned char)e->text[at - 1]))
		at--;
	while (at > 0 && !isspace((unsigned char)e->text[at - 1]))
		at--;
	return at;
}

size_t
edit_line_start(const struct edit *e, size_t at)
{
	while (at > 0 && e->text[at - 1] != '\n')
		at--;
	return at;
}

size_t
edit_line_end(const struct edit *e, size_t at)
{
	while (at < e->len && e->text[at] != '\n')
		at++;
	return at;
}

/* ---- changes */

void
edit_save(struct edit *e)
{
	if (e->flags & EDIT_SECRET)
		return;
	if (e->undo_count == EDIT_UNDO) {
		drop(&e->undo[0].text);
		memmove(e->undo, e->undo + 1, (EDIT_UNDO - 1) * sizeof *e->undo);
		e->undo_count--;
	}
	e->undo[e->undo_count++] =
	    (struct edit_snapshot){ .text = mem_strdup(e->text), .cursor = e->cursor };
}

static void
load(struct edit *e, const char *text)
{
	size_t n = text_clean_to(e->text, e->max + 1, text, strlen(text),
	    e->flags & EDIT_MULTILINE ? TEXT_BLOCK : TEXT_LINE);

	mem_wipe(e->text + n, e->max + 1 - n);
	e->len = e->cursor = n;
}

void
edit_set(struct edit *e, const char *text)
{
	drop_undo(e);
	drop(&e->pending);
	e->history_at = e->history_count;
	e->last = EDIT_LAST_OTHER;
	e->goal = -1;
	load(e, text);
}

void
edit_clear(struct edit *e)
{
	edit_set(e, "");
}

void
edit_undo(struct edit *e)
{
	struct edit_snapshot *s;

	if (e->undo_count == 0)
		return;
	s = &e->undo[--e->undo_count];
	load(e, s->text);
	e->cursor = s->cursor;
	drop(&s->text);
	e->last = EDIT_LAST_OTHER;
}

static bool
insert_clean(struct edit *e, const char *text, size_t n)
{
	struct text_cluster cl;
	size_t room = e->max - e->len, fits = 0;

	while (fits < n) {
		size_t step = 1;

		if (text[fits] != '\n' && text_next(text + fits, n - fits, &cl))
			step = cl.bytes;
		if (step > room - fits)
			break;
		fits += step;
	}
	memmove(e->text + e->cursor + fits, e->text + e->cursor, e->len - e->cursor + 1);
	memcpy(e->text + e->cursor, text, fits);
	e->len += fits;
	e->cursor += fits;
	return fits == n;
}

/* A mark typed after its letter is not clean by itself, but the line with it is. */
static bool
insert_joining(struct edit *e, const char *text, size_t n, enum text_kind kind)
{
	size_t before = e->cursor, used;

	if (!text_is_utf8(text, n) || memchr(text, '\0', n) != NULL || !insert_clean(e, text, n))
		return false;
	if (text_is_clean(e->text, e->len, kind))
		return true;
	used = e->cursor - before;
	memmove(e->text + before, e->text + e->cursor, e->len - e->cursor + 1);
	e->len -= used;
	e->cursor = before;
	return false;
}

bool
edit_insert(struct edit *e, const char *text, size_t n)
{
	enum text_kind kind = e->flags & EDIT_MULTILINE ? TEXT_BLOCK : TEXT_LINE;
	char *clean;
	bool all;

	if (n == 0)
		return true;
	edit_save(e);
	e->last = EDIT_LAST_OTHER;
	if (text_is_clean(text, n, kind))
		return insert_clean(e, text, n);
	if (n <= e->max - e->len && insert_joining(e, text, n, kind))
		return true;
	clean = text_clean(text, n, kind);
	all = insert_clean(e, clean, strlen(clean));
	drop(&clean);
	return all;
}

void
edit_delete(struct edit *e, size_t from, size_t to)
{
	if (from >= to || to > e->len)
		return;
	edit_save(e);
	memmove(e->text + from, e->text + to, e->len - to + 1);
	mem_wipe(e->text + e->len - (to - from) + 1, to - from);
	e->len -= to - from;
	if (e->cursor >= to)
		e->cursor -= to - from;
	else if (e->cursor > from)
		e->cursor = from;
}

void
edit_replace_before(struct edit *e, size_t n, const char *text)
{
	if (n > e->cursor)
		n = e->cursor;
	edit_delete(e, e->cursor - n, e->cursor);
	(void)edit_insert(e, text, strlen(text));
}

/* ---- kill ring */

void
edit_kill_push(struct edit *e, const char *text)
{
	if (e->ring_count == EDIT_RING)
		drop(&e->ring[--e->ring_count]);
	memmove(e->ring + 1, e->ring, e->ring_count * sizeof *e->ring);
	e->ring[0] = mem_strdup(text);
	e->ring_count++;
}

const char *
edit_killed(const struct edit *e)
{
	return e->ring_count == 0 ? "" : e->ring[0];
}

void
edit_kill(struct edit *e, size_t from, size_t to)
{
	char *cut, *joined;

	if (from >= to || to > e->len)
		return;
	if (!(e->flags & EDIT_SECRET)) {
		cut = mem_strndup(e->text + from, to - from);
		if (e->last == EDIT_LAST_KILL && e->ring_count > 0) {
			joined = from < e->cursor ? mem_format("%s%s", cut, e->ring[0])
						  : mem_format("%s%s", e->ring[0], cut);
			drop(&e->ring[0]);
			e->ring[0] = joined;
		} else {
			edit_kill_push(e, cut);
		}
		drop(&cut);
	}
	edit_delete(e, from, to);
	e->last = EDIT_LAST_KILL;
}

void
edit_yank(struct edit *e)
{
	size_t before = e->cursor;

	if (e->ring_count == 0)
		return;
	(void)edit_insert(e, e->ring[0], strlen(e->ring[0]));
	e->yank_index = 0;
	e->yank_len = e->cursor - before;
	e->last = EDIT_LAST_YANK;
}

void
edit_yank_pop(struct edit *e)
{
	size_t start;

	if (e->last != EDIT_LAST_YANK || e->ring_count < 2)
		return;
	start = e->cursor - e->yank_len;
	edit_delete(e, start, e->cursor);
	e->yank_index = (e->yank_index + 1) % e->ring_count;
	(void)edit_insert(e, e->ring[e->yank_index], strlen(e->ring[e->yank_index]));
	e->yank_len = e->cursor - start;
	e->last = EDIT_LAST_YANK;
}

/* ---- history */

void
edit_remember(struct edit *e, const char *text)
{
	if (e->flags & EDIT_SECRET || text[0] == '\0')
		return;
	if (e->history_count == EDIT_HISTORY) {
		drop(&e->history[0]);
		memmove(e->history, e->history + 1, (EDIT_HISTORY - 1) * sizeof *e->history);
		e->history_count--;
	}
	e->history[e->history_count++] = mem_strdup(text);
	e->history_at = e->history_count;
}

void
edit_walk(struct edit *e, int direction)
{
	size_t to = e->history_at;

	if (direction < 0 ? to == 0 : to >= e->history_count)
		return;
	if (to == e->history_count) {
		drop(&e->pending);
		e->pending = mem_strdup(e->text);
	}
	edit_save(e);
	e->history_at = direction < 0 ? to - 1 : to + 1;
	load(e, e->history_at < e->history_count ? e->history[e->history_at] : e->pending);
	e->last = EDIT_LAST_OTHER;
}
