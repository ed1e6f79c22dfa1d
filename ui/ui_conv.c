/*
 * The conversation in front: its draft, its history, what is sent to it.
 */
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/mem.h"
#include "ui/command.h"
#include "ui/i18n.h"
#include "ui/ui.h"

void
ui_want_whois(struct ui *ui, struct model_conv *c)
{
	if (c == NULL || c->asked_whois != 0)
		return;
	c->asked_whois = ui_op(ui, CORE_WHOIS, c->name);
}

static void
load_history(struct ui *ui, struct model_conv *c, uint64_t before)
{
	struct core_cmd cmd = core_cmd_new(ui->core, CORE_HISTORY);

	cmd.name = mem_strdup(c->name);
	cmd.before = before;
	cmd.limit = UI_PAGE;
	c->asked_history = ui_send(ui, &cmd);
}

void
ui_load_older(struct ui *ui)
{
	struct model_conv *c = ui->model->current;
	size_t i = 0;

	if (c == NULL || c->complete || c->asked_history != 0)
		return;
	while (i < c->count && (c->items[i].ev.kind != CORE_EV_MESSAGE || c->items[i].row == 0))
		i++;
	load_history(ui, c, i < c->count ? c->items[i].row : 0);
}

void
ui_save_draft(struct ui *ui)
{
	struct model_conv *c = ui->model->current;
	struct core_cmd cmd;

	if (c == NULL || strcmp(edit_text(ui->input), ui->draft_saved) == 0) {
		ui->draft_at = 0;
		return;
	}
	cmd = core_cmd_new(ui->core, CORE_DRAFT);
	cmd.name = mem_strdup(c->name);
	cmd.text = mem_strdup(edit_text(ui->input));
	model_set_draft(c, cmd.text);
	ui->draft_at = ui_try(ui, &cmd) == 0 ? 0 : clock_mono_ms();
	if (ui->draft_at != 0)
		return;
	mem_wipe(ui->draft_saved, strlen(ui->draft_saved));
	free(ui->draft_saved);
	ui->draft_saved = mem_strdup(c->draft);
}

void
ui_take_draft(struct ui *ui)
{
	const struct model_conv *c = ui->model->current;

	if (c == NULL || edit_len(ui->input) > 0 || c->draft[0] == '\0' || ui->draft_at != 0)
		return;
	edit_set(ui->input, c->draft);
	free(ui->draft_saved);
	ui->draft_saved = mem_strdup(c->draft);
}

void
ui_select(struct ui *ui, struct model_conv *c)
{
	struct model_conv *old = ui->model->current;

	if (c == old)
		return;
	if (old != NULL) {
		ui_save_draft(ui);
		model_clear_new(old);
		ui->last = old;
	}
	ui->model->current = c;
	ui->scroll = 0;
	ui->certificate_top = 0;
	free(ui->selected);
	ui->selected = NULL;
	free(ui->shown_id);
	ui->shown_id = NULL;
	edit_set(ui->input, c == NULL ? "" : c->draft);
	ui->input_pasted = false;
	free(ui->draft_saved);
	ui->draft_saved = mem_strdup(edit_text(ui->input));
	ui->dirty = true;
	if (c == NULL)
		return;
	ui->picked = model_index(ui->model, c);
	model_mark_new(c);
	if (!c->opened)
		load_history(ui, c, 0);
	c->opened = true;
	ui_want_whois(ui, c);
}

static void
send_text(struct ui *ui, const char *text)
{
	struct model_conv *c = ui->model->current;
	struct core_cmd cmd = core_cmd_new(ui->core, CORE_SEND);
	struct ui_pending *p;
	uint64_t seq;

	cmd.name = mem_strdup(c->name);
	cmd.text = mem_strdup(text);
	cmd.wait = CORE_ST_QUEUED;
	cmd.timeout_ms = -1;
	seq = ui_send(ui, &cmd);
	if (seq == 0)
		return; /* the line stays as it is */
	p = ui_find_pending(ui, seq);
	p->text = mem_strdup(text);
	edit_remember(ui->input, text);
	edit_clear(ui->input);
	ui_save_draft(ui);
	model_clear_new(c);
	ui->scroll = 0;
}

static bool
is_blank(const char *text)
{
	return text[strspn(text, " \n")] == '\0';
}

/* A line that starts with a slash is a command, unless the slash came with a paste; two slashes
 * stand for one that is sent. */
void
ui_submit(struct ui *ui)
{
	char *text = mem_strdup(edit_text(ui->input));

	if (is_blank(text)) {
		edit_clear(ui->input);
	} else if (text[0] == '/' && text[1] != '/' && ui->input_pasted) {
		ui_say(ui, THEME_WARN, "%s",
		    _("Pasted text is never run. Type the command, or put another / before it to "
		      "send it."));
	} else if (text[0] == '/' && text[1] != '/') {
		struct model_conv *before = ui->model->current;

		edit_remember(ui->input, text);
		edit_clear(ui->input);
		ui->draft_at = clock_mono_ms();
		if (!command_line(ui, text) && ui->model->current == before)
			edit_set(ui->input, text);
	} else if (ui->model->current == NULL) {
		ui_say(ui, THEME_WARN, "%s",
		    _("To whom? /add NAME adds somebody, /to NAME writes to them."));
	} else {
		send_text(ui, text + (text[0] == '/'));
	}
	if (edit_len(ui->input) == 0)
		ui->input_pasted = false;
	mem_wipe(text, strlen(text));
	free(text);
}
