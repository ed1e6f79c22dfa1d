#include "ui/ui.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/mem.h"
#include "ui/ask.h"
#include "ui/command.h"
#include "ui/i18n.h"
#include "ui/keys.h"
#include "ui/layout.h"

#define DRAFT_DELAY_MS 1000

struct ui *
ui_new(struct core *core, struct term *term, struct log *log)
{
	struct ui *ui = mem_alloc(sizeof *ui);

	ui->core = core;
	ui->term = term;
	ui->log = log;
	ui->model = model_new();
	ui->input = edit_new(UI_TEXT_MAX, EDIT_MULTILINE);
	ui->draft_saved = mem_strdup("");
	ui->contacts = ui->certificate = true;
	ui->focused = true;
	ui->dirty = ui->repaint = true;
	(void)ui_push(ui, &view_main, NULL);
	return ui;
}

void
ui_free(struct ui **pu)
{
	struct ui *ui = *pu;

	if (ui == NULL)
		return;
	while (ui->depth > 0)
		ui_pop(ui);
	for (size_t i = 0; i < ui->pending_count; i++) {
		free(ui->pending[i].name);
		free(ui->pending[i].text);
	}
	free(ui->pending);
	edit_free(&ui->input);
	free(ui->draft_saved);
	free(ui->selected);
	free(ui->shown_id);
	free(ui->say);
	free(ui->link);
	model_free(&ui->model);
	free(ui);
	*pu = NULL;
}

void
ui_start(struct ui *ui, bool wizard, const char *link)
{
	struct core_cmd watch = core_cmd_new(ui->core, CORE_WATCH);

	ui->wizard = wizard;
	ui->link = link == NULL ? NULL : mem_strdup(link);
	if (wizard)
		(void)ui_push(ui, &view_wizard, ui->link);
	ui->watch_seq = ui_send(ui, &watch);
}

void
ui_say(struct ui *ui, enum theme_role role, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	free(ui->say);
	ui->say = mem_strdup(line);
	ui->say_role = role;
	ui->dirty = true;
}

/* ---- the stack */

bool
ui_push(struct ui *ui, const struct view *view, const void *arg)
{
	struct ui_frame *f;

	if (ui->depth == UI_DEPTH)
		return false;
	f = &ui->stack[ui->depth++];
	f->view = view;
	f->self = NULL;
	f->self = view->init(ui, arg);
	ui->dirty = true;
	return true;
}

void
ui_pop(struct ui *ui)
{
	struct ui_frame f = ui->stack[--ui->depth];

	ui->stack[ui->depth] = (struct ui_frame){ NULL, NULL };
	f.view->free(ui, f.self);
	ui->dirty = true;
}

void
ui_remove(struct ui *ui, const struct view *view)
{
	int i;

	for (i = ui->depth - 1; i > 0 && ui->stack[i].view != view; i--)
		;
	while (i > 0 && ui->depth > i)
		ui_pop(ui);
}

void *
ui_top(struct ui *ui, const struct view *view)
{
	struct ui_frame *f = &ui->stack[ui->depth - 1];

	return f->view == view ? f->self : NULL;
}

/* ---- what the terminal tells */

static void
run_key(struct ui *ui, uint32_t key)
{
	struct ui_frame *f = &ui->stack[ui->depth - 1];
	const struct command *cmd;
	char digit[2] = "";

	if (f->view->key(ui, f->self, key))
		return;
	cmd = command_by_key(key);
	if (cmd == NULL) {
		if (key & (K_CX | K_CTRL | K_ALT))
			ui_say(ui, THEME_WARN, "%s",
			    _("This key does nothing here. F1 lists the keys."));
		return;
	}
	if (f->view->modal && !(cmd->flags & COMMAND_UNLOCKED))
		return;
	if (f->view != &view_main && !(cmd->flags & COMMAND_EVERYWHERE))
		return;
	digit[0] = key > K_A('0') && key <= K_A('9') ? (char)(key & 0x7F) : '\0';
	command_run(ui, cmd, digit);
}

static void
take_key(struct ui *ui, uint32_t key)
{
	free(ui->say);
	ui->say = NULL;
	if (ui->prefix) {
		ui->prefix = false;
		if (key != K_C('c') && key != K_ESC)
			run_key(ui, K_CX | key);
		return;
	}
	if (key == K_C('x') && ui->stack[ui->depth - 1].view == &view_main) {
		ui->prefix = true;
		ui_say(ui, THEME_STATUS, "%s", _("Ctrl-X: and then? (F1 lists the keys)"));
		return;
	}
	run_key(ui, key);
}

void
ui_term(struct ui *ui, struct term_event *ev)
{
	struct ui_frame *f = &ui->stack[ui->depth - 1];

	switch (ev->kind) {
	case TERM_KEY:
		take_key(ui, ev->key);
		break;
	case TERM_PASTE:
		if (f->view->paste != NULL)
			f->view->paste(ui, f->self, ev->paste, ev->paste_len);
		break;
	case TERM_RESIZE:
		ui->repaint = true;
		break;
	case TERM_FOCUS_IN:
	case TERM_FOCUS_OUT:
		ui->focused = ev->kind == TERM_FOCUS_IN;
		break;
	case TERM_INTERRUPT:
		ask_interrupt(ui);
		break;
	case TERM_HANGUP:
		ui->quit = true;
		break;
	}
	ui->dirty = true;
	term_event_clear(ev);
}

/* ---- time */

int
ui_wait(const struct ui *ui, uint64_t now_ms)
{
	uint64_t minute = 60000 - clock_now_ms() % 60000, draft = DRAFT_DELAY_MS;

	if (ui->draft_at == 0)
		return (int)minute;
	if (now_ms > ui->draft_at)
		draft = now_ms - ui->draft_at >= draft ? 0 : draft - (now_ms - ui->draft_at);
	return (int)(draft < minute ? draft : minute);
}

void
ui_tick(struct ui *ui, uint64_t now_ms)
{
	if (ui->draft_at != 0 && now_ms >= ui->draft_at + DRAFT_DELAY_MS)
		ui_save_draft(ui);
	ui->dirty = true; /* the clock in the title */
}

/* ---- painting */

static void
draw_too_small(struct ui *ui, const struct canvas *c)
{
	canvas_clear(c, THEME_TEXT);
	(void)canvas_printf(
	    c, 0, 0, THEME_WARN, _("recado needs %dx%d"), LAYOUT_MIN_COLS, LAYOUT_MIN_ROWS);
	(void)canvas_printf(c, 1, 0, THEME_TEXT, _("this is %dx%d"), c->cols, c->rows);
}

static void
draw_stack(struct ui *ui, const struct canvas *c)
{
	int base = ui->depth - 1;

	while (base > 0 && ui->stack[base].view->overlay)
		base--;
	for (int i = base; i < ui->depth; i++) {
		term_cursor(ui->term, -1, 0);
		ui->stack[i].view->draw(ui, ui->stack[i].self, c);
	}
}

/* What was seen is read: only in the main view, and only while somebody looks. */
static void
mark_shown(struct ui *ui)
{
	struct model_conv *c = ui->model->current;
	struct core_cmd cmd;

	if (ui->shown_id == NULL || c == NULL || c->asked_history != 0 || !ui->focused ||
	    ui->stack[ui->depth - 1].view != &view_main || term_suspended(ui->term))
		return;
	cmd = core_cmd_new(ui->core, CORE_READ);
	cmd.name = mem_strdup(c->name);
	cmd.id = mem_strdup(ui->shown_id);
	if (ui_try(ui, &cmd) == 0) {
		model_mark_read(c, ui->shown_id);
		ui->dirty = true;
	}
	free(ui->shown_id);
	ui->shown_id = NULL;
}

void
ui_draw(struct ui *ui)
{
	struct canvas c = canvas_whole(ui->term);

	if (!ui->dirty || term_suspended(ui->term))
		return;
	ui->dirty = false;
	term_erase(ui->term);
	term_cursor(ui->term, -1, 0);
	if (c.rows < LAYOUT_MIN_ROWS || c.cols < LAYOUT_MIN_COLS)
		draw_too_small(ui, &c);
	else
		draw_stack(ui, &c);
	term_flush(ui->term, ui->repaint);
	ui->repaint = false;
	mark_shown(ui);
}
