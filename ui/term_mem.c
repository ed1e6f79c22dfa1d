#include "ui/term_mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include "base/mem.h"

struct mem {
	int rows, cols;
	struct term_cell *grid; /* columns 0: the right half of a wide cell */
	int cursor_row, cursor_col;
	struct term_event *events;
	size_t head, count;
	bool away;
	unsigned faults, bells;
};

static const struct term_driver driver;

static void
mem_erase(void *self)
{
	struct mem *m = self;

	for (int i = 0; i < m->rows * m->cols; i++)
		m->grid[i] = (struct term_cell){ .text = " ", .columns = 1 };
}

static void
mem_free(void *self)
{
	struct mem *m = self;

	while (m->head < m->count)
		term_event_clear(&m->events[m->head++]);
	free(m->events);
	free(m->grid);
	free(m);
}

static void
mem_size(void *self, int *rows, int *cols)
{
	struct mem *m = self;

	*rows = m->rows;
	*cols = m->cols;
}

static bool
steers(wchar_t wc)
{
	return wc < 0x20 || (wc >= 0x7F && wc < 0xA0) || wc == 0x061C || wc == 0x200E ||
	    wc == 0x200F || (wc >= 0x2028 && wc <= 0x202E) || (wc >= 0x2066 && wc <= 0x2069);
}

/* What ncurses and the C library make of the bytes: one printing character and marks, nothing that
 * steers a terminal. */
static bool
cell_is_sound(const struct term_cell *cell)
{
	wchar_t wide[TERM_CELL_MAX];
	size_t n = mbstowcs(wide, cell->text, TERM_CELL_MAX);

	if (n == (size_t)-1 || n == 0 || wcwidth(wide[0]) != cell->columns)
		return false;
	for (size_t i = 0; i < n; i++)
		if (steers(wide[i]) || (i > 0 && wcwidth(wide[i]) != 0))
			return false;
	return true;
}

static void
mem_cell(void *self, int row, int col, const struct term_cell *cell)
{
	struct mem *m = self;
	struct term_cell *at;

	if (row < 0 || row >= m->rows || col < 0 || col > m->cols - cell->columns ||
	    !cell_is_sound(cell)) {
		m->faults++;
		return;
	}
	at = &m->grid[row * m->cols + col];
	if (at->columns == 0)
		at[-1] = (struct term_cell){ .text = " ", .columns = 1 };
	if (at[cell->columns - 1].columns == 2 && col + cell->columns < m->cols)
		at[cell->columns] = (struct term_cell){ .text = " ", .columns = 1 };
	*at = *cell;
	if (cell->columns == 2)
		at[1] = (struct term_cell){ .columns = 0, .role = cell->role };
}

static void
mem_cursor(void *self, int row, int col)
{
	struct mem *m = self;

	m->cursor_row = row;
	m->cursor_col = col;
}

static void
mem_flush(void *self, bool all)
{
	(void)self;
	(void)all;
}

static int
mem_read(void *self, struct term_event *out)
{
	struct mem *m = self;

	if (m->head == m->count || (m->away && m->events[m->head].kind < TERM_INTERRUPT))
		return ERR_AGAIN;
	*out = m->events[m->head];
	memset(&m->events[m->head++], 0, sizeof *out);
	return 0;
}

static int
mem_fds(void *self, int fds[2])
{
	(void)self;
	fds[0] = fds[1] = -1;
	return 0;
}

static void
mem_suspend(void *self)
{
	((struct mem *)self)->away = true;
}

static void
mem_lend(void *self, const char *text)
{
	(void)self;
	(void)text;
}

static int
mem_resume(void *self)
{
	((struct mem *)self)->away = false;
	return 0;
}

static void
mem_bell(void *self)
{
	((struct mem *)self)->bells++;
}

static int
mem_colours(void *self)
{
	(void)self;
	return 256;
}

static void
mem_theme(void *self, const struct theme *theme)
{
	(void)self;
	(void)theme;
}

static const struct term_driver driver = {
	.free = mem_free,
	.size = mem_size,
	.erase = mem_erase,
	.cell = mem_cell,
	.cursor = mem_cursor,
	.flush = mem_flush,
	.read = mem_read,
	.fds = mem_fds,
	.suspend = mem_suspend,
	.lend = mem_lend,
	.resume = mem_resume,
	.bell = mem_bell,
	.colours = mem_colours,
	.theme = mem_theme,
};

static void
set_size(struct mem *m, int rows, int cols)
{
	free(m->grid);
	m->rows = rows;
	m->cols = cols;
	m->grid = mem_array((size_t)rows * (size_t)cols, sizeof *m->grid);
	mem_erase(m);
}

struct term *
term_mem_new(int rows, int cols)
{
	struct mem *m = mem_alloc(sizeof *m);

	set_size(m, rows, cols);
	m->cursor_row = -1;
	return term_new(&driver, m);
}

static struct mem *
self_of(struct term *t)
{
	struct mem *m = term_self(t, &driver);

	if (m == NULL)
		abort();
	return m;
}

char *
term_mem_part(struct term *t, int row, int col, int rows, int cols)
{
	struct mem *m = self_of(t);
	char *out = mem_alloc((size_t)rows * ((size_t)cols * TERM_CELL_MAX + 1) + 1);
	size_t used = 0;

	for (int r = row; r < row + rows; r++) {
		for (int c = col; c < col + cols; c++) {
			const struct term_cell *cell = &m->grid[r * m->cols + c];
			const char *text = cell->columns == 0 ? (c == col ? " " : "") : cell->text;

			memcpy(out + used, text, strlen(text));
			used += strlen(text);
		}
		out[used++] = '\n';
	}
	return out;
}

char *
term_mem_text(struct term *t)
{
	struct mem *m = self_of(t);

	return term_mem_part(t, 0, 0, m->rows, m->cols);
}

char *
term_mem_roles(struct term *t)
{
	struct mem *m = self_of(t);
	size_t size = (size_t)m->rows * ((size_t)m->cols * 2 + 1) + 1, used = 0;
	char *out = mem_alloc(size);

	for (int r = 0; r < m->rows; r++) {
		for (int c = 0; c < m->cols; c++)
			used += (size_t)snprintf(out + used, size - used, "%02d",
			    (int)m->grid[r * m->cols + c].role % 100);
		out[used++] = '\n';
	}
	return out;
}

void
term_mem_cursor(struct term *t, int *row, int *col)
{
	*row = self_of(t)->cursor_row;
	*col = self_of(t)->cursor_col;
}

unsigned
term_mem_faults(struct term *t)
{
	return self_of(t)->faults;
}

unsigned
term_mem_bells(struct term *t)
{
	return self_of(t)->bells;
}

static void
push(struct mem *m, struct term_event ev)
{
	m->events = mem_grow(m->events, m->count + 1, sizeof *m->events);
	m->events[m->count++] = ev;
}

void
term_mem_event(struct term *t, enum term_event_kind kind)
{
	push(self_of(t), (struct term_event){ .kind = kind });
}

void
term_mem_resize(struct term *t, int rows, int cols)
{
	set_size(self_of(t), rows, cols);
	term_mem_event(t, TERM_RESIZE);
}

void
term_mem_key(struct term *t, uint32_t key)
{
	push(self_of(t), (struct term_event){ .kind = TERM_KEY, .key = key });
}

void
term_mem_type(struct term *t, const char *utf8)
{
	mbstate_t state = { 0 };
	size_t left = strlen(utf8), n;
	wchar_t wc;

	while (left > 0 && (n = mbrtowc(&wc, utf8, left, &state)) != 0 && n != (size_t)-1) {
		term_mem_key(t, (uint32_t)wc);
		utf8 += n;
		left -= n;
	}
}

void
term_mem_paste(struct term *t, const void *p, size_t n)
{
	char *copy = mem_alloc(n + 1);

	memcpy(copy, p, n);
	push(self_of(t), (struct term_event){ .kind = TERM_PASTE, .paste = copy, .paste_len = n });
}
