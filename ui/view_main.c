/*
 * The main screen: panes side by side, one of which has the focus. It has no state of its own.
 */
#include <string.h>
#include "ui/i18n.h"
#include "ui/keys.h"
#include "ui/layout.h"
#include "ui/pane.h"
#include "ui/ui.h"
#include "ui/view.h"

static const struct pane *const focused[UI_FOCUSES] = {
	[UI_INPUT] = &pane_input,
	[UI_CONTACTS] = &pane_contacts,
	[UI_CONVERSATION] = &pane_conversation,
	[UI_CERTIFICATE] = &pane_certificate,
};

static void *
init(struct ui *ui, const void *arg)
{
	(void)ui;
	(void)arg;
	return NULL;
}

static void
release(struct ui *ui, void *self)
{
	(void)ui;
	(void)self;
}

static void
compute(struct ui *ui, struct layout *l, int rows, int cols)
{
	struct layout_wish wish = { ui->contacts, ui->certificate, pane_input_rows(ui, cols) };

	layout_compute(l, rows, cols, &wish);
	if ((ui->focus == UI_CONTACTS && l->contacts.rows == 0) ||
	    (ui->focus == UI_CERTIFICATE && l->certificate.rows == 0))
		ui->focus = UI_INPUT;
}

/* Where the focus goes next, past what is hidden. */
static void
next_focus(struct ui *ui)
{
	struct layout l;
	struct layout_wish wish = { ui->contacts, ui->certificate, 1 };
	int rows, cols;

	term_size(ui->term, &rows, &cols);
	layout_compute(&l, rows, cols, &wish);
	do {
		ui->focus = (enum ui_focus)((ui->focus + 1) % UI_FOCUSES);
	} while ((ui->focus == UI_CONTACTS && l.contacts.rows == 0) ||
	    (ui->focus == UI_CERTIFICATE && l.certificate.rows == 0));
}

static bool
key(struct ui *ui, void *self, uint32_t key)
{
	(void)self;
	if (key == (K_SHIFT | K_TAB)) {
		next_focus(ui);
		return true;
	}
	if (ui->focus != UI_INPUT) {
		if (focused[ui->focus]->key(ui, key))
			return true;
		if (key == K_ESC || key == 'q' || key == 'i') {
			ui->focus = UI_INPUT;
			return true;
		}
		if (keys_is_text(key))
			return true; /* never typed into what is not in focus */
	}
	return ui->focus == UI_INPUT && focused[UI_INPUT]->key(ui, key);
}

static void
paste(struct ui *ui, void *self, const char *text, size_t n)
{
	(void)self;
	pane_input_paste(ui, text, n);
}

static void
draw_pane(struct ui *ui, const struct layout *l, const struct canvas *c, const struct pane *pane,
    struct layout_rect r)
{
	struct canvas part = canvas_sub(c, r.row, r.col, r.rows, r.cols);

	if (part.rows > 0 && part.cols > 0)
		pane->draw(ui, l, &part);
}

static void
draw_lines(const struct layout *l, const struct canvas *c)
{
	int left = l->contacts.rows > 0 ? l->contacts.cols : -1;
	int right = l->certificate.rows > 0 ? l->certificate.col - 1 : -1;

	for (int r = 0; r < l->conversation.rows; r++) {
		if (left >= 0)
			(void)canvas_text(c, 1 + r, left, THEME_BORDER, "│");
		if (right >= 0)
			(void)canvas_text(c, 1 + r, right, THEME_BORDER, "│");
	}
	if (l->rule < 0)
		return;
	canvas_fill(c, l->rule, 0, c->cols, THEME_BORDER, "─");
	if (left >= 0)
		(void)canvas_text(c, l->rule, left, THEME_BORDER, "┴");
	if (right >= 0)
		(void)canvas_text(c, l->rule, right, THEME_BORDER, "┴");
}

static void
draw(struct ui *ui, void *self, const struct canvas *c)
{
	struct layout l;

	(void)self;
	compute(ui, &l, c->rows, c->cols);
	draw_pane(ui, &l, c, &pane_title, l.title);
	draw_pane(ui, &l, c, &pane_contacts, l.contacts);
	draw_pane(ui, &l, c, &pane_conversation, l.conversation);
	draw_pane(ui, &l, c, &pane_certificate, l.certificate);
	draw_lines(&l, c);
	draw_pane(ui, &l, c, &pane_status, l.status);
	draw_pane(ui, &l, c, &pane_input, l.input);
	draw_pane(ui, &l, c, &pane_hints, l.hints);
}

const struct view view_main = {
	.name = "main",
	.init = init,
	.free = release,
	.key = key,
	.paste = paste,
	.draw = draw,
};
