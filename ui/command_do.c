#include "ui/command_do.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/mem.h"
#include "ui/ask.h"
#include "ui/editor.h"
#include "ui/i18n.h"
#include "ui/layout.h"
#include "ui/ui.h"

/* ---- questions to the core */

void
command_do_op(struct ui *ui, const struct command *cmd, const char *args)
{
	char *name = command_word(&args);

	if (cmd->op == CORE_CONNECT)
		ui_say(ui, THEME_STATUS, _("Opening a session with %s ..."), name);
	(void)ui_op(ui, cmd->op, name);
	free(name);
}

static char *
message_id(struct ui *ui, const char *args, bool outgoing)
{
	struct model_item *last;
	char *id = command_word(&args);

	if (id != NULL)
		return id;
	if (ui->selected != NULL)
		return mem_strdup(ui->selected);
	last = ui->model->current == NULL ? NULL : model_last(ui->model->current, outgoing);
	if (last == NULL) {
		ui_say(ui, THEME_WARN, "%s", _("There is no message here yet."));
		return NULL;
	}
	return mem_strdup(last->ev.message->id);
}

void
command_do_list(struct ui *ui, const struct command *cmd, const char *args)
{
	struct core_cmd core = core_cmd_new(ui->core, cmd->op);
	struct view_list_arg arg = { .title = _(cmd->title), .cmd = &core };
	char *word;

	if (cmd->flags & COMMAND_MESSAGE) {
		core.id = message_id(ui, args, true);
		if (core.id == NULL)
			return;
	} else {
		while ((word = command_word(&args)) != NULL) {
			if (strcmp(word, "--all") == 0)
				core.flags |= CORE_F_ALL;
			else if (core.text == NULL && cmd->op == CORE_LIST)
				core.text = mem_strdup(word);
			free(word);
		}
	}
	if (!ui_push(ui, &view_list, &arg))
		core_cmd_clear(&core);
}

void
command_do_receipt(struct ui *ui, const struct command *cmd, const char *args)
{
	struct core_cmd core = core_cmd_new(ui->core, CORE_RECEIPT);

	(void)cmd;
	core.id = message_id(ui, args, false);
	if (core.id == NULL)
		return;
	core.flags = CORE_F_CARD;
	(void)ui_send(ui, &core);
}

void
command_do_send(struct ui *ui, const struct command *cmd, const char *args)
{
	struct core_cmd core;
	char *name = command_word(&args);

	if (args[0] == '\0') {
		command_do_to(ui, cmd, name);
	} else {
		core = core_cmd_new(ui->core, CORE_SEND);
		core.name = mem_strdup(name);
		core.text = mem_strdup(args);
		core.wait = CORE_ST_QUEUED;
		core.timeout_ms = -1;
		(void)ui_send(ui, &core);
	}
	free(name);
}

void
command_do_verify(struct ui *ui, const struct command *cmd, const char *args)
{
	struct core_cmd core = core_cmd_new(ui->core, CORE_VERIFY);

	(void)cmd;
	core.name = command_word(&args);
	if (args[0] != '\0')
		core.text = mem_strdup(args);
	else
		core.flags = CORE_F_GROUPS; /* it asks, see ask.c */
	(void)ui_send(ui, &core);
}

static void
confirm_answer(struct ui *ui, void *ctx, const char *text)
{
	struct core_cmd core;

	if (text == NULL)
		return;
	if (strcmp(text, ctx) != 0) {
		ui_say(ui, THEME_WARN, "%s", _("Not verified: the name does not match."));
		return;
	}
	core = core_cmd_new(ui->core, CORE_VERIFY);
	core.name = mem_strdup(ctx);
	core.flags = CORE_F_CONFIRM;
	(void)ui_send(ui, &core);
}

void
command_do_confirm(struct ui *ui, const struct command *cmd, const char *args)
{
	struct ask a = {
		.title = _("Compared by QR or read aloud"), .label = _("Name"), .answer = confirm_answer
	};
	char *name = command_word(&args);
	char *text = mem_format(
	    _("Type %s to say that all 12 groups are the same on their screen and yours."), name);

	(void)cmd;
	a.text = text;
	a.ctx = name;
	ask_open(ui, &a);
	free(text);
}

static void
block_answer(struct ui *ui, void *ctx, const char *text)
{
	if (text != NULL && strcmp(text, ctx) == 0)
		(void)ui_op(ui, CORE_BLOCK, ctx);
	else if (text != NULL)
		ui_say(ui, THEME_WARN, "%s", _("Not blocked: the name does not match."));
}

void
command_do_block(struct ui *ui, const struct command *cmd, const char *args)
{
	struct ask a = { .title = _("Block"), .label = _("Name"), .answer = block_answer };
	char *name = command_word(&args);
	char *text = mem_format(_("Type %s to block them: their mail is dropped unread."), name);

	(void)cmd;
	a.text = text;
	a.ctx = name;
	ask_open(ui, &a);
	free(text);
}

/* ---- views */

void
command_do_view(struct ui *ui, const struct command *cmd, const char *args)
{
	const struct view *view = strcmp(cmd->name, "help") == 0 ? &view_help : &view_palette;

	(void)args;
	if (ui->stack[ui->depth - 1].view == view)
		ui_pop(ui);
	else
		(void)ui_push(ui, view, NULL);
}

void
command_do_whois(struct ui *ui, const struct command *cmd, const char *args)
{
	char *name = command_word(&args);

	(void)cmd;
	ui_remove(ui, &view_whois);
	(void)ui_push(ui, &view_whois, name);
	free(name);
}

void
command_do_history(struct ui *ui, const struct command *cmd, const char *args)
{
	char *name = command_word(&args);
	struct view_history_arg arg = { .name = name, .words = args[0] == '\0' ? NULL : args };

	(void)cmd;
	ui_remove(ui, &view_history);
	(void)ui_push(ui, &view_history, &arg);
	free(name);
}

void
command_do_search(struct ui *ui, const struct command *cmd, const char *args)
{
	struct view_history_arg arg = { .words = args };

	(void)cmd;
	if (ui->model->current != NULL)
		arg.name = ui->model->current->name;
	(void)ui_push(ui, &view_history, &arg);
}

void
command_do_create(struct ui *ui, const struct command *cmd, const char *args)
{
	(void)cmd;
	(void)args;
	if (model_status(ui->model)->profile)
		ui_say(ui, THEME_WARN, "%s",
		    _("This home has an account already; another needs a home of its own "
		      "(--home)."));
	else
		(void)ui_push(ui, &view_wizard, ui->link);
}

/* ---- getting about */

static void
move_conversation(struct ui *ui, size_t by)
{
	size_t count = ui->model->count, at;

	if (count == 0)
		return;
	at = ui->model->current == NULL ? 0 : model_index(ui->model, ui->model->current) + by;
	ui_select(ui, ui->model->convs[at % count]);
}

void
command_do_next(struct ui *ui, const struct command *cmd, const char *args)
{
	(void)cmd;
	(void)args;
	move_conversation(ui, 1);
}

void
command_do_previous(struct ui *ui, const struct command *cmd, const char *args)
{
	(void)cmd;
	(void)args;
	move_conversation(ui, ui->model->count - 1);
}

void
command_do_unread(struct ui *ui, const struct command *cmd, const char *args)
{
	struct model_conv *c = model_next_unread(ui->model);

	(void)cmd;
	(void)args;
	if (c != NULL)
		ui_select(ui, c);
	else
		ui_say(ui, THEME_STATUS, "%s", _("Nothing unread elsewhere."));
}

void
command_do_last(struct ui *ui, const struct command *cmd, const char *args)
{
	(void)cmd;
	(void)args;
	if (ui->last != NULL)
		ui_select(ui, ui->last);
}

/* A name, or the number of a conversation in the list. */
void
command_do_to(struct ui *ui, const struct command *cmd, const char *args)
{
	char *word = command_word(&args), *end;
	unsigned long n;

	if (word == NULL)
		return;
	n = strtoul(word, &end, 10);
	if (strcmp(cmd->name, "go") != 0) {
		ui_select(ui, model_get(ui->model, word));
		ui->focus = UI_INPUT;
	} else if (*end == '\0' && n >= 1 && n <= ui->model->count) {
		ui_select(ui, ui->model->convs[n - 1]);
	} else {
		ui_say(ui, THEME_WARN, _("There is no conversation %s."), word);
	}
	free(word);
}

static void
scroll(struct ui *ui, int lines)
{
	if (lines > 0 && ui->at_top)
		ui_load_older(ui);
	ui->scroll = lines < -ui->scroll ? 0 : ui->scroll + lines; /* the pane limits it upwards */
	ui->dirty = true;
}

static int
page(const struct ui *ui)
{
	int rows, cols;

	term_size(ui->term, &rows, &cols);
	return rows > 12 ? rows - 8 : 4;
}

void
command_do_page_up(struct ui *ui, const struct command *cmd, const char *args)
{
	(void)cmd;
	(void)args;
	scroll(ui, page(ui));
}

void
command_do_page_down(struct ui *ui, const struct command *cmd, const char *args)
{
	(void)cmd;
	(void)args;
	scroll(ui, -page(ui));
}

void
command_do_top(struct ui *ui, const struct command *cmd, const char *args)
{
	(void)cmd;
	(void)args;
	scroll(ui, 1 << 20);
}

void
command_do_bottom(struct ui *ui, const struct command *cmd, const char *args)
{
	(void)cmd;
	(void)args;
	free(ui->selected);
	ui->selected = NULL;
	ui->scroll = 0;
}

void
command_do_focus(struct ui *ui, const struct command *cmd, const char *args)
{
	(void)cmd;
	(void)args;
	ui->focus =
	    (enum ui_focus)((ui->focus + 1) % UI_FOCUSES); /* the main view skips the hidden */
}

static bool
has_room(struct ui *ui, int columns)
{
	int rows, cols;

	term_size(ui->term, &rows, &cols);
	if (cols < columns)
		ui_say(ui, THEME_WARN,
		    _("That pane needs a terminal of %d columns; this one has %d."), columns, cols);
	return cols >= columns;
}

void
command_do_contacts(struct ui *ui, const struct command *cmd, const char *args)
{
	(void)cmd;
	(void)args;
	if (has_room(ui, LAYOUT_CONTACTS_COLS))
		ui->contacts = !ui->contacts;
}

void
command_do_certificate(struct ui *ui, const struct command *cmd, const char *args)
{
	(void)cmd;
	(void)args;
	if (has_room(ui, LAYOUT_CERTIFICATE_COLS))
		ui->certificate = !ui->certificate;
}

/* ---- the input line and the program */

void
command_do_editor(struct ui *ui, const struct command *cmd, const char *args)
{
	(void)cmd;
	(void)args;
	editor_run(ui);
}

void
command_do_clear(struct ui *ui, const struct command *cmd, const char *args)
{
	(void)cmd;
	(void)args;
	edit_kill_push(ui->input, edit_text(ui->input)); /* Ctrl-Y brings it back */
	edit_clear(ui->input);
	ui->input_pasted = false;
	ui->focus = UI_INPUT;
	ui->draft_at = clock_mono_ms();
}

void
command_do_redraw(struct ui *ui, const struct command *cmd, const char *args)
{
	(void)cmd;
	(void)args;
	ui->repaint = true;
}

void
command_do_suspend(struct ui *ui, const struct command *cmd, const char *args)
{
	(void)cmd;
	(void)args;
	term_suspend(ui->term);
	(void)kill(0, SIGTSTP);
	if (term_resume(ui->term) != 0)
		ui->quit = true;
	ui->repaint = true;
}

void
command_do_lock(struct ui *ui, const struct command *cmd, const char *args)
{
	(void)cmd;
	(void)args;
	ui_save_draft(ui);
	(void)ui_op(ui, CORE_LOCK, NULL);
}

void
command_do_quit(struct ui *ui, const struct command *cmd, const char *args)
{
	(void)cmd;
	(void)args;
	ui_save_draft(ui);
	ui->quit = true;
}
