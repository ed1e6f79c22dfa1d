#include "ui/canvas.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/text.h"

#define CANVAS_LINE_MAX 1024

struct canvas
canvas_whole(struct term *t)
{
	struct canvas c = { .term = t };

	term_size(t, &c.rows, &c.cols);
	return c;
}

static void
cut(int *at, int *size, int limit)
{
	if (*at < 0) {
		*size += *at;
		*at = 0;
	}
	if (*at > limit)
		*at = limit;
	if (*size > limit - *at)
		*size = limit - *at;
	if (*size < 0)
		*size = 0;
}

struct canvas
canvas_sub(const struct canvas *c, int row, int col, int rows, int cols)
{
	int shift;

	row -= c->shift;
	shift = row < 0 ? -row : 0;
	cut(&row, &rows, c->rows);
	cut(&col, &cols, c->cols);
	return (struct canvas){ c->term, c->row + row, c->col + col, rows, cols, shift };
}

int
canvas_span(const struct canvas *c, int row, int col, int width, enum theme_role role,
    const char *s, size_t n)
{
	row -= c->shift;
	if (row < 0 || row >= c->rows || col < 0 || col >= c->cols)
		return col; /* what is out of sight takes no room */
	if (width < 0 || width > c->cols - col)
		width = c->cols - col;
	return col + term_put(c->term, c->row + row, c->col + col, width, role, s, n);
}

int
canvas_text(const struct canvas *c, int row, int col, enum theme_role role, const char *s)
{
	return canvas_span(c, row, col, -1, role, s, strlen(s));
}

int
canvas_printf(const struct canvas *c, int row, int col, enum theme_role role, const char *fmt, ...)
{
	char line[CANVAS_LINE_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	return canvas_text(c, row, col, role, line);
}

void
canvas_fill(
    const struct canvas *c, int row, int col, int width, enum theme_role role, const char *cluster)
{
	size_t n = strlen(cluster);

	for (int i = 0; i < width; i++)
		(void)canvas_span(c, row, col + i, 1, role, cluster, n);
}

int
canvas_field(
    const struct canvas *c, int row, int col, int width, enum theme_role role, const char *s)
{
	size_t n = strlen(s);
	int end;

	if (width <= 0)
		return col;
	if (text_columns(s, n) <= width) {
		end = canvas_span(c, row, col, width, role, s, n);
	} else {
		end = canvas_span(c, row, col, width - 1, role, s, text_fit(s, n, width - 1));
		end = canvas_text(c, row, end, role, "…");
	}
	canvas_fill(c, row, end, col + width - end, role, " ");
	return col + width;
}

int
canvas_right(const struct canvas *c, int row, int end, enum theme_role role, const char *s)
{
	int col = end - text_columns(s, strlen(s));

	if (col < 0)
		col = 0;
	(void)canvas_span(c, row, col, end - col, role, s, strlen(s));
	return col;
}

void
canvas_clear(const struct canvas *c, enum theme_role role)
{
	for (int r = 0; r < c->rows; r++)
		canvas_fill(c, r, 0, c->cols, role, " ");
}

void
canvas_rule(const struct canvas *c, int row, int width, const char *text, bool centred)
{
	int columns = text == NULL ? 0 : text_columns(text, strlen(text)), col;

	canvas_fill(c, row, 0, width, THEME_BORDER, "─");
	if (text == NULL)
		return;
	col = centred ? (width - columns) / 2 - 1 : 1;
	if (col < 1)
		col = 1;
	col = canvas_text(c, row, col, THEME_HEADING, " ");
	col = canvas_span(c, row, col, width - col - 1, THEME_HEADING, text, strlen(text));
	(void)canvas_text(c, row, col, THEME_HEADING, " ");
}

struct canvas
canvas_box(const struct canvas *c, const char *title)
{
	int end;

	canvas_clear(c, THEME_DIALOG);
	canvas_fill(c, 0, 0, c->cols, THEME_BORDER, "─");
	canvas_fill(c, c->rows - 1, 0, c->cols, THEME_BORDER, "─");
	for (int r = 1; r < c->rows - 1; r++) {
		(void)canvas_text(c, r, 0, THEME_BORDER, "│");
		(void)canvas_text(c, r, c->cols - 1, THEME_BORDER, "│");
	}
	(void)canvas_text(c, 0, 0, THEME_BORDER, "┌");
	(void)canvas_text(c, 0, c->cols - 1, THEME_BORDER, "┐");
	(void)canvas_text(c, c->rows - 1, 0, THEME_BORDER, "└");
	(void)canvas_text(c, c->rows - 1, c->cols - 1, THEME_BORDER, "┘");
	end = canvas_text(c, 0, 2, THEME_HEADING, " ");
	end = canvas_span(c, 0, end, c->cols - 5, THEME_HEADING, title, strlen(title));
	(void)canvas_text(c, 0, end, THEME_HEADING, " ");
	return canvas_sub(c, 1, 1, c->rows - 2, c->cols - 2);
}

void
canvas_cursor(const struct canvas *c, int row, int col)
{
	row -= c->shift;
	if (row >= 0 && row < c->rows && col >= 0 && col < c->cols)
		term_cursor(c->term, c->row + row, c->col + col);
}
