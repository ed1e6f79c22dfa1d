#include "ui/view.h"

#include <string.h>
#include "base/text.h"
#include "ui/i18n.h"
#include "ui/keys.h"

void
view_title(const struct canvas *c, const char *left, const char *right)
{
	int columns = text_columns(right, strlen(right)), used;

	canvas_fill(c, 0, 0, c->cols, THEME_TITLE, " ");
	used = canvas_text(c, 0, 1, THEME_TITLE, left);
	if (columns > 0 && used + columns + 2 <= c->cols)
		(void)canvas_right(c, 0, c->cols - 1, THEME_TITLE, right);
}

void
view_hints(const struct canvas *c, int row, const struct view_hint *hints, const char *right)
{
	int columns = text_columns(right, strlen(right)),
	    end = c->cols - (columns > 0 ? columns + 2 : 0);
	int col = 1;

	canvas_fill(c, row, 0, c->cols, THEME_HINT, " ");
	for (; hints->key != NULL; hints++) {
		const char *key = _(hints->key), *text = _(hints->text);

		if (col + text_columns(key, strlen(key)) + 1 + text_columns(text, strlen(text)) >
		    end)
			break;
		col = canvas_text(c, row, col, THEME_HINT_KEY, key) + 1;
		col = canvas_text(c, row, col, THEME_HINT, text) + 2;
	}
	if (columns > 0 && end > 0)
		(void)canvas_right(c, row, c->cols - 1, THEME_HINT, right);
}

static void
step(struct view_cursor *v, size_t by, bool down)
{
	if (down)
		v->at = by < v->count - v->at ? v->at + by : v->count == 0 ? 0 : v->count - 1;
	else
		v->at = by < v->at ? v->at - by : 0;
}

bool
view_cursor_key(struct view_cursor *v, uint32_t key)
{
	size_t page = v->rows > 1 ? (size_t)v->rows - 1 : 1;

	switch (key) {
	case 'j':
	case K_DOWN:
		step(v, 1, true);
		return true;
	case 'k':
	case K_UP:
		step(v, 1, false);
		return true;
	case K_PGDN:
	case K_C('f'):
		step(v, page, true);
		return true;
	case K_PGUP:
	case K_C('b'):
		step(v, page, false);
		return true;
	case 'g':
	case K_HOME:
		v->at = 0;
		return true;
	case 'G':
	case K_END:
		v->at = v->count == 0 ? 0 : v->count - 1;
		return true;
	}
	return false;
}

void
view_cursor_fit(struct view_cursor *v, size_t count, int rows)
{
	size_t visible = rows > 0 ? (size_t)rows : 1;

	v->count = count;
	v->rows = rows;
	if (v->at >= count)
		v->at = count == 0 ? 0 : count - 1;
	if (v->at < v->top)
		v->top = v->at;
	if (v->at >= v->top + visible)
		v->top = v->at - visible + 1;
	if (v->top > 0 && v->top + visible > count)
		v->top = count > visible ? count - visible : 0;
}
