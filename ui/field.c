#include "ui/field.h"

#include "base/text.h"

static void
draw_dots(const struct canvas *c, int row, int col, int width, const struct edit *e, bool focus)
{
	int dots = text_columns(edit_text(e), edit_len(e));

	if (dots > width - 1)
		dots = width - 1;
	canvas_fill(c, row, col, dots, THEME_INPUT, "•");
	if (focus)
		canvas_cursor(c, row, col + dots);
}

void
field_draw(const struct canvas *c, int row, int col, int width, const struct edit *e, bool focus)
{
	const char *text = edit_text(e);
	size_t cursor = edit_cursor(e), from = 0;
	int inner = width - 2, before;

	(void)canvas_text(c, row, col, THEME_BORDER, "[");
	(void)canvas_text(c, row, col + width - 1, THEME_BORDER, "]");
	canvas_fill(c, row, col + 1, inner, THEME_INPUT, "_");
	if (edit_is_secret(e)) {
		draw_dots(c, row, col + 1, inner, e, focus);
		return;
	}
	before = text_columns(text, cursor);
	if (before >= inner)
		from = text_fit(text, cursor, before - inner + 2); /* at least that much is cut */
	(void)canvas_span(c, row, col + 1, inner, THEME_INPUT, text + from, edit_len(e) - from);
	if (focus)
		canvas_cursor(c, row, col + 1 + text_columns(text + from, cursor - from));
}
