/*
 * ncurses takes one spacing character and its marks a cell and keeps its own count of columns. So
 * what base/text says is to be drawn of a cluster is cut again into such cells, each as wide as
 * wcwidth says, and the two counts cannot part.
 */
#include "ui/term.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include "base/mem.h"
#include "base/text.h"
#include "ui/ascii.h"

#define TERM_MARKS_MAX 4
#define REPLACEMENT "\xEF\xBF\xBD"

struct term {
	const struct term_driver *driver;
	void *self;
	bool ascii;
	bool suspended;
};

void
term_event_clear(struct term_event *ev)
{
	if (ev->paste != NULL)
		mem_wipe(ev->paste, ev->paste_len);
	free(ev->paste);
	memset(ev, 0, sizeof *ev);
}

struct term *
term_new(const struct term_driver *driver, void *self)
{
	struct term *t = mem_alloc(sizeof *t);

	t->driver = driver;
	t->self = self;
	return t;
}

void
term_free(struct term **pt)
{
	if (*pt == NULL)
		return;
	(*pt)->driver->free((*pt)->self);
	free(*pt);
	*pt = NULL;
}

void *
term_self(struct term *t, const struct term_driver *driver)
{
	return t->driver == driver ? t->self : NULL;
}

void
term_size(const struct term *t, int *rows, int *cols)
{
	t->driver->size(t->self, rows, cols);
}

void
term_set_ascii(struct term *t, bool ascii)
{
	t->ascii = ascii;
}

bool
term_ascii(const struct term *t)
{
	return t->ascii;
}

void
term_set_theme(struct term *t, const struct theme *theme)
{
	t->driver->theme(t->self, theme);
}

int
term_colours(const struct term *t)
{
	return t->driver->colours(t->self);
}

void
term_erase(struct term *t)
{
	t->driver->erase(t->self);
}

/* Decode one code point of valid UTF-8; its bytes, 0 at the end. */
static size_t
decode(const char *s, size_t n, uint32_t *cp)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t len, i;

	*cp = 0;
	if (n == 0)
		return 0;
	len = p[0] < 0x80 ? 1 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
	if (len > n)
		return 0;
	*cp = len == 1 ? p[0] : p[0] & (0x7Fu >> len);
	for (i = 1; i < len; i++)
		*cp = *cp << 6 | (p[i] & 0x3F);
	return len;
}

/* One cell from the front of n bytes: a code point with columns and the marks behind it. Returns
 * its bytes. What can only be drawn a column at a time (in ASCII; or a character that this C library
 * does not know, and ncurses with it) comes as one column, to be drawn `times` times. */
static size_t
make_cell(const struct term *t, const char *s, size_t n, struct term_cell *out, int *times)
{
	struct text_cluster one;
	uint32_t cp, next;
	size_t used = decode(s, n, &cp), len;
	int marks = 0;

	(void)text_next(s, used, &one);
	out->columns = one.columns;
	*times = 1;
	memcpy(out->text, s, used);
	out->text[used] = '\0';
	for (len = used; used < n; used += len) {
		len = decode(s + used, n - used, &next);
		if (len == 0 || (text_next(s + used, len, &one) && one.columns > 0))
			break;
		if (marks++ < TERM_MARKS_MAX && wcwidth((wchar_t)next) == 0)
			strncat(out->text, s + used, len);
	}
	if (t->ascii || wcwidth((wchar_t)cp) != out->columns) {
		*times = out->columns;
		out->columns = 1;
		strcpy(out->text, t->ascii ? (char[]){ ascii_fold(cp), '\0' } : REPLACEMENT);
	}
	return used;
}

/* Put the drawn part of a cluster. */
static void
put_cluster(struct term *t, int row, int col, const char *s, size_t n, enum theme_role role)
{
	struct term_cell cell = { .role = role };
	size_t used;
	int times;

	for (; n > 0; s += used, n -= used) {
		used = make_cell(t, s, n, &cell, &times);
		if (used == 0 || cell.columns == 0)
			return;
		for (; times > 0; times--) {
			t->driver->cell(t->self, row, col, &cell);
			col += cell.columns;
		}
	}
}

static int
put_clean(
    struct term *t, int row, int col, int width, enum theme_role role, const char *text, size_t n)
{
	struct text_cluster cl;
	int used = 0;

	while (used < width && text_next(text, n, &cl)) {
		if (cl.columns > width - used) { /* a wide one at the edge */
			put_cluster(t, row, col + used++, " ", 1, role);
			break;
		}
		put_cluster(t, row, col + used, text, cl.draw, role);
		used += cl.columns;
		text += cl.bytes;
		n -= cl.bytes;
	}
	return used;
}

int
term_put(
    struct term *t, int row, int col, int width, enum theme_role role, const char *text, size_t n)
{
	int rows, cols, used;
	char *clean;

	term_size(t, &rows, &cols);
	if (row < 0 || row >= rows || col < 0 || col >= cols)
		return 0;
	if (width > cols - col)
		width = cols - col;
	if (text_is_clean(text, n, TEXT_LINE))
		return put_clean(t, row, col, width, role, text, n);
	clean = text_clean(text, n, TEXT_LINE);
	used = put_clean(t, row, col, width, role, clean, strlen(clean));
	free(clean);
	return used;
}

void
term_cursor(struct term *t, int row, int col)
{
	t->driver->cursor(t->self, row, col);
}

void
term_flush(struct term *t, bool all)
{
	if (!t->suspended)
		t->driver->flush(t->self, all);
}

int
term_read(struct term *t, struct term_event *out)
{
	memset(out, 0, sizeof *out);
	return t->driver->read(t->self, out);
}

int
term_fds(struct term *t, int fds[2])
{
	return t->driver->fds(t->self, fds);
}

void
term_suspend(struct term *t)
{
	if (!t->suspended)
		t->driver->suspend(t->self);
	t->suspended = true;
}

void
term_lend(struct term *t, const char *text)
{
	char *clean = text_clean(text, strlen(text), TEXT_LINE);

	term_suspend(t);
	t->driver->lend(t->self, clean);
	free(clean);
}

int
term_resume(struct term *t)
{
	if (!t->suspended)
		return 0;
	t->suspended = false;
	return t->driver->resume(t->self);
}

bool
term_suspended(const struct term *t)
{
	return t->suspended;
}

void
term_bell(struct term *t)
{
	if (!t->suspended)
		t->driver->bell(t->self);
}
