#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/text.h"
#include "ui/ask.h"
#include "ui/view_ask.h"
#include "ui/field.h"
#include "ui/i18n.h"
#include "ui/keys.h"
#include "ui/ui.h"
#include "ui/view.h"
#include "ui/wrap.h"

#define FIELD_MAX 1024
#define BOX_COLS 62

struct dialog {
	struct ask ask; /* strings owned */
	char *title, *text, *label;
	struct edit *edit, *again; /* again: the second time, once the first is in */
	bool differs;
	uint64_t seq;
};

static char *
copy(const char *s)
{
	return s == NULL ? NULL : mem_strdup(s);
}

static void *
init(struct ui *ui, const void *arg)
{
	const struct ask *a = arg;
	struct dialog *d = mem_alloc(sizeof *d);

	(void)ui;
	d->ask = *a;
	d->title = copy(a->title);
	d->text = copy(a->text);
	d->label = copy(a->label);
	d->edit = edit_new(FIELD_MAX, a->secret ? EDIT_SECRET : 0);
	return d;
}

static void
release(struct ui *ui, void *self)
{
	struct dialog *d = self;

	if (d->ask.answer != NULL) /* taken away unanswered */
		d->ask.answer(ui, d->ask.ctx, NULL);
	edit_free(&d->edit);
	edit_free(&d->again);
	free(d->title);
	free(d->text);
	free(d->label);
	free(d->ask.ctx);
	free(d);
}

void
view_ask_belongs(struct ui *ui, uint64_t seq)
{
	struct dialog *d = ui_top(ui, &view_ask);

	if (d != NULL)
		d->seq = seq;
}

void
view_ask_drop(struct ui *ui, uint64_t seq)
{
	struct dialog *d = ui_top(ui, &view_ask);

	if (d == NULL || seq == 0 || d->seq != seq)
		return;
	d->ask.answer = NULL; /* nobody waits for it any more */
	ui_pop(ui);
}

/* The dialog leaves first, so that the answer may open the next one; the text outlives it in the
 * secret arena, for as long as the call takes. */
static void
finish(struct ui *ui, struct dialog *d, bool given)
{
	struct edit *edit = d->edit;
	void *ctx = d->ask.ctx;
	void (*answer)(struct ui *, void *, const char *) = d->ask.answer;

	d->edit = NULL;
	d->ask.ctx = NULL;
	d->ask.answer = NULL;
	ui_pop(ui);
	if (answer != NULL)
		answer(ui, ctx, given ? edit_text(edit) : NULL);
	edit_free(&edit);
	free(ctx);
}

static void
enter(struct ui *ui, struct dialog *d)
{
	d->differs = false;
	if (edit_len(d->edit) == 0)
		return;
	if (!d->ask.twice) {
		finish(ui, d, true);
	} else if (d->again == NULL) {
		d->again = edit_new(FIELD_MAX, EDIT_SECRET);
	} else if (edit_len(d->edit) == edit_len(d->again) &&
	    mem_equal_ct(edit_text(d->edit), edit_text(d->again), edit_len(d->edit))) {
		finish(ui, d, true);
	} else {
		edit_free(&d->again);
		edit_clear(d->edit);
		d->differs = true;
	}
}

static bool
key(struct ui *ui, void *self, uint32_t key)
{
	struct dialog *d = self;

	if (key == K_C('q') || key == K_C('l') || key == K_C('z'))
		return false;
	if (d->label == NULL || key == K_ESC || key == K_C('c')) {
		finish(ui, d, false);
		return true;
	}
	if (key == K_ENTER)
		enter(ui, d);
	else
		(void)edit_key(d->again != NULL ? d->again : d->edit, key);
	return true;
}

static void
paste(struct ui *ui, void *self, const char *text, size_t n)
{
	struct dialog *d = self;

	(void)ui;
	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == ' '))
		n--;
	if (d->label != NULL)
		(void)edit_insert(d->again != NULL ? d->again : d->edit, text, n);
}

static int
draw_wrapped(const struct canvas *c, int row, const char *text)
{
	struct wrap_line line;
	struct wrap w;

	wrap_start(&w, text, strlen(text), c->cols - 4);
	while (wrap_next(&w, &line))
		(void)canvas_span(c, row++, 2, -1, THEME_DIALOG, text + line.at, line.bytes);
	return row;
}

static void
draw(struct ui *ui, void *self, const struct canvas *c)
{
	struct dialog *d = self;
	int cols = c->cols < BOX_COLS + 4 ? c->cols - 2 : BOX_COLS;
	int text = d->text == NULL ? 0 : wrap_count(d->text, strlen(d->text), cols - 6) + 1;
	int rows = text + (d->label == NULL ? 3 : 6), row = 1;
	const char *label = d->again != NULL ? _("Once more") : d->label;
	struct canvas box = canvas_sub(c, (c->rows - rows) / 2, (c->cols - cols) / 2, rows, cols);
	struct canvas in = canvas_box(&box, d->title);

	(void)ui;
	if (d->text != NULL)
		row = draw_wrapped(&in, row, d->text) + 1;
	if (label == NULL) {
		(void)canvas_text(&in, in.rows - 1, 2, THEME_DIM, _("any key: hide this"));
		return;
	}
	cols = canvas_text(&in, row, 2, THEME_DIALOG, label) + 1;
	field_draw(&in, row, cols, in.cols - cols - 2, d->again != NULL ? d->again : d->edit, true);
	if (d->differs)
		(void)canvas_text(
		    &in, row + 1, 2, THEME_BAD, _("They differ; type it twice again."));
	(void)canvas_text(&in, in.rows - 1, 2, THEME_DIM, _("Enter: go on   Esc: cancel"));
}

const struct view view_ask = {
	.name = "ask",
	.overlay = true,
	.modal = true,
	.init = init,
	.free = release,
	.key = key,
	.paste = paste,
	.draw = draw,
};
