#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "ui/ask.h"
#include "ui/command.h"
#include "ui/i18n.h"
#include "ui/keys.h"
#include "ui/pane.h"
#include "ui/ui.h"
#include "ui/view.h"
#include "ui/wizard.h"
#include "ui/wrap.h"

#define WIDE_COLS 110
#define LEFT_COLS 80
#define MANY_ROWS 1000 /* more than any step has; cut to what there is */

static const struct view_hint hints[] = {
	{ N_("Enter"), N_("Continue") },
	{ "Esc", N_("Back") },
	{ "Tab", N_("Next field") },
	{ "F1", N_("Help") },
	{ NULL, NULL },
};

static void *
init(struct ui *ui, const void *arg)
{
	struct wizard *w = mem_alloc(sizeof *w);

	(void)ui;
	w->relay = edit_new(512, 0);
	w->code = edit_new(512, 0);
	w->invite = edit_new(256, 0);
	for (int i = 0; i < WIZARD_SUBJECT; i++)
		w->subject[i] = edit_new(256, 0);
	w->name = edit_new(128, 0);
	for (int i = 0; i < 3; i++)
		w->group[i] = edit_new(8, 0);
	w->passphrase = edit_new(1024, EDIT_SECRET);
	w->again = edit_new(1024, EDIT_SECRET);
	w->pin = edit_new(64, EDIT_SECRET);
	if (arg != NULL) {
		edit_set(w->relay, arg);
		(void)edit_key(w->relay, K_HOME); /* its host in sight, not the end of its code */
	}
	return w;
}

static void
release(struct ui *ui, void *self)
{
	struct wizard *w = self;

	(void)ui;
	wizard_forget_cards(w);
	wizard_drop_ask(w);
	edit_free(&w->relay);
	edit_free(&w->code);
	edit_free(&w->invite);
	for (int i = 0; i < WIZARD_SUBJECT; i++)
		edit_free(&w->subject[i]);
	edit_free(&w->name);
	for (int i = 0; i < 3; i++)
		edit_free(&w->group[i]);
	edit_free(&w->passphrase);
	edit_free(&w->again);
	edit_free(&w->pin);
	free(w->error);
	free(w->progress);
	free(w->reader);
	free(w);
}

/* ---- what the core says */

static void
take_ask(struct ui *ui, struct wizard *w, struct core_event *ev)
{
	/* The passphrase of what an earlier run left unfinished is the one typed here, too. */
	if (ev->ask->kind == CORE_ASK_NEW_PASSPHRASE || ev->ask->kind == CORE_ASK_PASSPHRASE) {
		ask_reply(ui, ev->ask->number, edit_text(w->passphrase));
		return;
	}
	wizard_drop_ask(w);
	w->ask = *ev;
	memset(ev, 0, sizeof *ev);
	if (w->ask.ask->kind == CORE_ASK_CODE) {
		w->step = WIZARD_CODE;
		w->focus = w->ask.ask->groups[0] == 0 ? 3 : 0;
		edit_clear(w->code);
		for (int i = 0; i < 3; i++)
			edit_clear(w->group[i]);
	}
}

static void
first_contact(struct ui *ui, void *ctx, const char *text)
{
	(void)ctx;
	if (text != NULL)
		command_run(ui, command_find("add", 3), text);
}

static void
finish(struct ui *ui)
{
	struct ask a = { .title = _("Your account is ready"),
		.text = _("Whom do you want to write to? Esc: later, with /add NAME."),
		.label = _("Name"),
		.answer = first_contact };

	ui_remove(ui, &view_wizard);
	ui->watch_seq = ui_op(ui, CORE_WATCH, NULL);
	ask_open(ui, &a);
}

/* Where the user can mend what went wrong, by exit code (recado(1)). */
static enum wizard_step
step_after(const struct wizard *w, int exit)
{
	if (w->op == CORE_MEET || exit == 76)
		return WIZARD_RELAY;
	if (exit == 73)
		return WIZARD_NAME;
	if (!wizard_by_card(w) && (exit == 64 || exit == 65 || exit == 77))
		return WIZARD_CARD; /* the subject, the invitation, or this relay wants cards */
	return w->step;
}

static void
command_done(struct ui *ui, struct wizard *w, int exit)
{
	char *error = w->error;

	w->seq = 0;
	wizard_drop_ask(w);
	if (w->op == CORE_CARD || (exit != 0 && w->step == WIZARD_RELAY))
		return;
	if (exit == 0 && w->op == CORE_CREATE) {
		finish(ui);
		return;
	}
	w->error = NULL;
	if (exit == 0) {
		wizard_enrol_link(w);
		wizard_go(ui, w, WIZARD_CARD);
	} else {
		w->step = step_after(w, exit);
		w->focus = 0;
		wizard_fail(w, error != NULL ? error : _("That did not work."));
	}
	free(error);
}

static bool
authenticates(const struct core_card *k)
{
	for (size_t i = 0; i < k->certificate_count; i++)
		if (k->certificates[i].use != NULL &&
		    strcmp(k->certificates[i].use, "authentication") == 0)
			return true;
	return false;
}

/* Has something been typed in this step? */
static bool
typed(struct wizard *w)
{
	struct edit *fields[WIZARD_FIELDS];
	int count = wizard_parts[w->step].fields(w, fields);

	for (int i = 0; i < count; i++)
		if (edit_len(fields[i]) > 0)
			return true;
	return false;
}

/* A card came or went: look again, unless somebody is busy with what is there. */
static void
reader_changed(struct ui *ui, struct wizard *w, const char *card)
{
	bool changed = card != NULL && (w->reader == NULL || strcmp(w->reader, card) != 0);

	if (!changed)
		return;
	free(w->reader);
	w->reader = mem_strdup(card);
	if (w->step == WIZARD_CARD && w->seq == 0 && !typed(w))
		wizard_look_for_cards(ui, w);
}

static bool
event(struct ui *ui, void *self, struct core_event *ev)
{
	struct wizard *w = self;
	char line[sizeof(struct fault)];

	if (ev->kind == CORE_EV_LINK)
		reader_changed(ui, w, ev->status->card);
	if (ev->seq == 0 || ev->seq != w->seq)
		return false;
	switch (ev->kind) {
	case CORE_EV_ASK:
		if (ev->ask->kind == CORE_ASK_SUSPEND || ev->ask->kind == CORE_ASK_RESUME)
			return false;
		take_ask(ui, w, ev);
		return true;
	case CORE_EV_CARD:
		if (!authenticates(ev->card))
			return true; /* it cannot prove who somebody is */
		w->cards = mem_grow(w->cards, w->card_count + 1, sizeof *w->cards);
		w->cards[w->card_count++] = *ev;
		memset(ev, 0, sizeof *ev);
		return true;
	case CORE_EV_PROGRESS:
		free(w->progress);
		w->progress = mem_strdup(ev->note.text);
		return true;
	case CORE_EV_ERROR:
		fault_line(ev->fault, line, sizeof line);
		wizard_fail(w, line);
		return true;
	case CORE_EV_DONE:
		command_done(ui, w, ev->exit);
		return true;
	default:
		return false;
	}
}

/* ---- keys */

/* A group is complete with its fourth digit. */
static void
advance(struct wizard *w, struct edit *field)
{
	if (w->step == WIZARD_CODE && w->focus < 2 && field == w->group[w->focus] &&
	    edit_len(field) >= 4)
		w->focus++;
}

static void
back(struct ui *ui, struct wizard *w)
{
	if (wizard_parts[w->step].back != NULL)
		wizard_parts[w->step].back(ui, w);
	else if (w->step > 0 && w->seq == 0)
		wizard_go(ui, w, w->step - 1);
}

static bool
key(struct ui *ui, void *self, uint32_t key)
{
	struct wizard *w = self;
	struct edit *fields[WIZARD_FIELDS];
	int count = wizard_parts[w->step].fields(w, fields);

	if (key == K_C('q') || key == K_C('l') || key == K_C('z') || key == K_F(1))
		return false;
	if (w->focus >= count)
		w->focus = 0;
	if (key == K_ENTER) {
		wizard_parts[w->step].enter(ui, w);
	} else if (key == K_ESC || key == K_C('c')) {
		back(ui, w);
	} else if (key == K_TAB || key == (K_SHIFT | K_TAB)) {
		if (count > 0)
			w->focus = (w->focus + (key == K_TAB ? 1 : count - 1)) % count;
	} else if (w->step == WIZARD_CARD && key == K_F(5) && w->seq == 0) {
		wizard_look_for_cards(ui, w);
	} else if (w->step == WIZARD_CARD && (key == K_UP || key == K_DOWN)) {
		(void)view_cursor_key(&w->choice, key);
	} else if (count > 0) {
		(void)edit_key(fields[w->focus], key);
		advance(w, fields[w->focus]);
	}
	return true;
}

/* A paste fills the field; a longer one in the code step is the whole code. */
static void
paste(struct ui *ui, void *self, const char *text, size_t n)
{
	struct wizard *w = self;
	struct edit *fields[WIZARD_FIELDS];
	int count = wizard_parts[w->step].fields(w, fields);

	(void)ui;
	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == ' '))
		n--;
	if (count == 0)
		return;
	if (w->step == WIZARD_CODE && n > 4)
		w->focus = 3;
	(void)edit_insert(fields[w->focus < count ? w->focus : 0], text, n);
}

/* ---- painting */

static void
draw_why(const struct canvas *c, const struct wizard *w)
{
	const char *why = _(wizard_parts[w->step].why);
	struct wrap_line line;
	struct wrap wrap;
	int row = 2;

	for (int r = 0; r < c->rows; r++)
		(void)canvas_text(c, r, 0, THEME_BORDER, "│");
	(void)canvas_text(c, 0, 1, THEME_HEADING, _("WHY THIS STEP"));
	wrap_start(&wrap, why, strlen(why), c->cols - 2);
	while (wrap_next(&wrap, &line))
		(void)canvas_span(c, row++, 1, -1, THEME_TEXT, why + line.at, line.bytes);
	(void)canvas_text(c, ++row, 1, THEME_HEADING, _("KEYS"));
	(void)canvas_text(c, ++row, 1, THEME_TEXT, _("Enter  continue"));
	(void)canvas_text(c, ++row, 1, THEME_TEXT, _("Esc    one step back"));
	(void)canvas_text(c, ++row, 1, THEME_TEXT, _("Tab    next field"));
}

static int
draw_note(const struct canvas *c, int row, const struct wizard *w)
{
	const char *text = w->error != NULL ? w->error : w->seq != 0 ? w->progress : NULL;
	struct wrap_line line;
	struct wrap wrap;

	if (text == NULL)
		return row;
	wrap_start(&wrap, text, strlen(text), c->cols - 6);
	while (wrap_next(&wrap, &line))
		(void)canvas_span(c, row++, 5, -1, w->error != NULL ? THEME_BAD : THEME_DIM,
		    text + line.at, line.bytes);
	return row + 1;
}

/* Takes effect with the next drawing, which it asks for. */
static void
keep_in_sight(struct ui *ui, struct wizard *w, int row, int rows)
{
	int shift = row + 3 > rows ? row + 3 - rows : 0;

	if (shift != w->shift)
		ui->dirty = true;
	w->shift = shift;
}

static void
draw_steps(struct ui *ui, struct wizard *w, const struct canvas *c)
{
	int row = 1;

	for (int i = 0; i < WIZARD_STEPS; i++) {
		const char *title = _(wizard_parts[i].title);

		(void)canvas_printf(c, row, 3, i == (int)w->step ? THEME_HEADING : THEME_DIM,
		    "%d %s", i + 1, title);
		if (i < (int)w->step) {
			char *result = wizard_parts[i].result(w);

			(void)canvas_printf(c, row, 16, THEME_GOOD, _("[done]  %s"), result);
			free(result);
		} else if (i == (int)w->step) {
			struct canvas part = canvas_sub(c, row + 2, 0, MANY_ROWS, c->cols);
			int used;

			w->at_row = 0;
			used = wizard_parts[i].draw(ui, w, &part) + 1;
			keep_in_sight(ui, w, row + 2 + w->at_row, c->rows);
			row += 1 + draw_note(&part, used, w);
		}
		row++;
	}
	if (w->step <= WIZARD_CODE)
		(void)canvas_text(c, row + 1, 1, THEME_DIM,
		    _("Nothing about you is sent to the relay until its code is compared."));
}

static void
draw(struct ui *ui, void *self, const struct canvas *c)
{
	struct wizard *w = self;
	struct canvas body = canvas_sub(c, 1, 0, c->rows - 3, c->cols), left = body, right;
	char step[64];

	snprintf(step, sizeof step, _("step %d of %d"), (int)w->step + 1, (int)WIZARD_STEPS);
	view_title(c, _("recado  first run"), step);
	if (c->cols >= WIDE_COLS) {
		left = canvas_sub(&body, 0, 0, body.rows, LEFT_COLS);
		right = canvas_sub(&body, 0, LEFT_COLS, body.rows, body.cols - LEFT_COLS);
		draw_why(&right, w);
	}
	left.shift = w->shift;
	draw_steps(ui, w, &left);
	pane_status_line(ui, c, c->rows - 2, "");
	view_hints(c, c->rows - 1, hints, _("Ctrl-Q Quit"));
}

const struct view view_wizard = {
	.name = "wizard",
	.init = init,
	.free = release,
	.key = key,
	.paste = paste,
	.event = event,
	.draw = draw,
};
