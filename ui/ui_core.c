/*
 * What goes to the core and comes back. An event is offered to the views from the top down (a view
 * that sent a command takes its answers), then to the model; what is left is told to the user.
 */
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "ui/ask.h"
#include "ui/i18n.h"
#include "ui/label.h"
#include "ui/say.h"
#include "ui/ui.h"

static void
remember(struct ui *ui, const struct core_cmd *cmd, const char *name)
{
	ui->pending = mem_grow(ui->pending, ui->pending_count + 1, sizeof *ui->pending);
	ui->pending[ui->pending_count++] = (struct ui_pending){
		.seq = cmd->seq,
		.op = cmd->op,
		.name = name == NULL ? NULL : mem_strdup(name),
	};
}

struct ui_pending *
ui_find_pending(struct ui *ui, uint64_t seq)
{
	for (size_t i = 0; seq != 0 && i < ui->pending_count; i++)
		if (ui->pending[i].seq == seq)
			return &ui->pending[i];
	return NULL;
}

static void
drop_pending(struct ui_pending *p)
{
	free(p->name);
	if (p->text != NULL)
		mem_wipe(p->text, strlen(p->text));
	free(p->text);
}

/* Out of the list; the caller drops it. What is done next may send, and move the list. */
static bool
take_pending(struct ui *ui, uint64_t seq, struct ui_pending *out)
{
	struct ui_pending *p = ui_find_pending(ui, seq);

	if (p == NULL)
		return false;
	*out = *p;
	memmove(p, p + 1, (size_t)(ui->pending + ui->pending_count - p - 1) * sizeof *p);
	ui->pending_count--;
	return true;
}

int
ui_try(struct ui *ui, struct core_cmd *cmd)
{
	uint64_t seq = cmd->seq;
	struct ui_pending failed;
	int rc;

	remember(ui, cmd, cmd->name);
	rc = core_send(ui->core, cmd);
	if (rc == 0)
		return 0;
	if (take_pending(ui, seq, &failed))
		drop_pending(&failed);
	core_cmd_clear(cmd);
	return rc;
}

uint64_t
ui_send(struct ui *ui, struct core_cmd *cmd)
{
	uint64_t seq = cmd->seq;
	int rc = ui_try(ui, cmd);

	if (rc == 0)
		return seq;
	if (rc == ERR_AGAIN)
		ui_say(ui, THEME_WARN, "%s",
		    _("Busy: too much is waiting already. Nothing is lost; try again in a "
		      "moment."));
	else
		ui_say(ui, THEME_BAD, "%s",
		    _("The messenger behind the screen has ended. Ctrl-Q quits."));
	return 0;
}

uint64_t
ui_op(struct ui *ui, enum core_op op, const char *name)
{
	struct core_cmd cmd = core_cmd_new(ui->core, op);

	cmd.name = name == NULL ? NULL : mem_strdup(name);
	return ui_send(ui, &cmd);
}

/* ---- locked and unlocked */

static void
locked(struct ui *ui)
{
	for (int i = 0; i < ui->depth; i++)
		if (ui->stack[i].view == &view_locked)
			return;
	while (ui->depth > 1)
		ui_pop(ui);
	ui->model->current = NULL;
	ui->last = NULL;
	edit_clear(ui->input);
	edit_free(&ui->input); /* its kill ring and history, too */
	ui->input = edit_new(UI_TEXT_MAX, EDIT_MULTILINE);
	model_forget(ui->model);
	free(ui->draft_saved);
	ui->draft_saved = mem_strdup("");
	ui->draft_at = 0;
	(void)ui_push(ui, &view_locked, NULL);
}

static void
unlocked(struct ui *ui)
{
	ui_remove(ui, &view_locked);
	ui->watch_seq = ui_op(ui, CORE_WATCH, NULL);
}

static bool
has_view(const struct ui *ui, const struct view *view)
{
	for (int i = 0; i < ui->depth; i++)
		if (ui->stack[i].view == view)
			return true;
	return false;
}

static void
link_changed(struct ui *ui)
{
	const struct core_status *s = model_status(ui->model);

	if (has_view(ui, &view_wizard))
		return;
	if (!s->profile) {
		(void)ui_push(ui, &view_wizard, ui->link);
	} else if (s->locked && !has_view(ui, &view_locked)) {
		locked(ui);
		(void)ui_op(ui, CORE_UNLOCK, NULL);
	}
}

/* ---- answers */

static void
tell_fault(struct ui *ui, const struct ui_pending *p, const struct fault *f)
{
	char line[sizeof(struct fault)];

	fault_line(f, line, sizeof line);
	if (p != NULL && p->op == CORE_READ)
		return; /* nobody asked for it; it is tried again with the next message */
	if (f->code == ERR_FALSE && p != NULL && p->op == CORE_VERIFY) {
		struct ask a = { .title = _("Not the same"), .text = line };

		ask_open(ui, &a); /* not in passing */
		return;
	}
	ui_say(ui, THEME_BAD, "%s", line);
}

static void
send_failed(struct ui *ui, struct ui_pending *p)
{
	struct model_conv *c = model_find(ui->model, p->name);

	if (c == NULL || p->text == NULL || p->got > 0)
		return; /* it is in the conversation, with its state */
	if (c == ui->model->current && edit_len(ui->input) == 0)
		edit_set(ui->input, p->text);
	else if (c->draft[0] == '\0')
		model_set_draft(c, p->text);
}

static void
history_done(struct ui *ui, struct ui_pending *p)
{
	struct model_conv *c = p->name == NULL ? NULL : model_find(ui->model, p->name);

	if (c == NULL || c->asked_history != p->seq)
		return;
	c->asked_history = 0;
	c->complete = p->got < UI_PAGE;
	if (c == ui->model->current && c->new_id == NULL)
		model_mark_new(c);
}

/* What has no other sign of having worked. %s: the name. */
static const struct {
	enum core_op op;
	const char *text;
} success[] = {
	{ CORE_ADD, N_("%s is a contact now.") },
	{ CORE_ACCEPT, N_("%s is accepted.") },
	{ CORE_BLOCK, N_("%s is blocked. Writing to them undoes it.") },
	{ CORE_DISCONNECT, N_("The session with %s is over and its keys are gone.") },
	{ CORE_PASSPHRASE, N_("The passphrase is changed.") },
	{ CORE_RECEIPT, N_("The receipt is signed and on its way.") },
	{ CORE_SYNC, N_("Everything is sent and fetched.") },
};

/* The number was compared; V it is only with a card that holds. */
static void
tell_verified(struct ui *ui, const char *name)
{
	const struct model_conv *c = model_find(ui->model, name);
	char trust = c == NULL ? 'V' : model_trust(c);

	if (trust == 'V')
		ui_say(ui, THEME_GOOD, _("The safety number is the same: %s is verified."), name);
	else
		ui_say(ui, THEME_WARN, _("The safety number is the same; %s: %s."), name,
		    label_trust(trust));
}

static void
tell_success(struct ui *ui, const struct ui_pending *p)
{
	if (p->op == CORE_VERIFY && p->name != NULL)
		tell_verified(ui, p->name);
	for (size_t i = 0; i < sizeof success / sizeof *success; i++)
		if (success[i].op == p->op)
			ui_say(ui, THEME_GOOD, _(success[i].text), p->name == NULL ? "" : p->name);
}

static void
done(struct ui *ui, const struct core_event *ev)
{
	struct ui_pending p;

	ask_done(ui, ev->seq);
	if (!take_pending(ui, ev->seq, &p))
		return;
	switch (p.op) {
	case CORE_UNLOCK:
		if (ev->exit == 0)
			unlocked(ui);
		break;
	case CORE_LOCK:
		if (ev->exit == 0)
			locked(ui);
		break;
	case CORE_ADD:
		if (ev->exit == 0)
			ui_select(ui, model_find(ui->model, p.name));
		break;
	case CORE_SEND:
		if (ev->exit != 0)
			send_failed(ui, &p);
		break;
	case CORE_HISTORY:
		history_done(ui, &p);
		break;
	case CORE_WATCH:
		if (ui->model->current == NULL && ui->model->count > 0)
			ui_select(ui, ui->model->convs[0]);
		break;
	default:
		break;
	}
	if (ev->exit == 0)
		tell_success(ui, &p);
	drop_pending(&p);
}

/* Only what is new to the model here: where a message came in, and who is in front. */
static void
arrived(struct ui *ui, const char *conversation, bool theirs, bool live)
{
	struct model_conv *c = model_find(ui->model, conversation);

	if (ui->model->current == NULL && c != NULL && live)
		ui_select(ui, c);
	if (c == NULL || !theirs || !live)
		return;
	if (c != ui->model->current) {
		ui_say(ui, THEME_UNREAD, _("%s wrote. Alt-A goes there."), c->label);
	} else {
		if (c->new_id == NULL && !ui->focused)
			model_mark_new(c);
		else if (c->new_id != NULL)
			c->new_count++;
	}
	if (!ui->focused)
		term_bell(ui->term);
}

static void
take_message(struct ui *ui, struct core_event *ev)
{
	struct ui_pending *p = ui_find_pending(ui, ev->seq);
	char *conversation = mem_strdup(ev->message->conversation);
	struct model_conv *c = model_find(ui->model, conversation);
	bool known = c != NULL && model_item(c, ev->message->id) != NULL;
	bool theirs = !ev->message->outgoing, unread = ev->message->unread;
	bool live = ev->seq == 0 && unread;

	if (p != NULL)
		p->got++;
	(void)model_event(ui->model, ev);
	if (!known)
		arrived(ui, conversation, theirs && unread, live);
	ui_want_whois(ui, ui->model->current);
	free(conversation);
}

/* Asked for by name: say what it is. */
static void
tell_session(struct ui *ui, const struct core_event *ev)
{
	const struct ui_pending *p = ui_find_pending(ui, ev->seq);
	const struct core_whois *w = ev->whois;

	if (p != NULL && p->op == CORE_CONNECT)
		ui_say(ui, THEME_GOOD, _("Session with %s, %s: %s"), w->name,
		    w->civil_name == NULL ? "" : w->civil_name, w->suite == NULL ? "" : w->suite);
}

static void
take_rest(struct ui *ui, struct core_event *ev)
{
	switch (ev->kind) {
	case CORE_EV_ASK:
		ask_event(ui, ev);
		break;
	case CORE_EV_ERROR:
		tell_fault(ui, ui_find_pending(ui, ev->seq), ev->fault);
		break;
	case CORE_EV_PROGRESS:
	case CORE_EV_NOTICE:
		ui_say(ui, THEME_STATUS, "%s", ev->note.text);
		break;
	case CORE_EV_CHECK:
		ui_say(ui, ev->check->ok ? THEME_GOOD : THEME_BAD, "%s: %s", ev->check->what,
		    ev->check->ok ? _("correct") : ev->check->reason);
		break;
	case CORE_EV_DONE:
		done(ui, ev);
		break;
	default:
		break;
	}
}

void
ui_core(struct ui *ui, struct core_event *ev)
{
	enum core_event_kind kind = ev->kind;

	ui->dirty = true;
	say_event(ev);
	for (int i = ui->depth - 1; i >= 0; i--) {
		const struct ui_frame *f = &ui->stack[i];

		if (f->view->event != NULL && f->view->event(ui, f->self, ev)) {
			if (kind == CORE_EV_DONE)
				done(ui, ev);
			core_event_clear(ev);
			return;
		}
	}
	if (kind == CORE_EV_WHOIS)
		tell_session(ui, ev);
	if (kind == CORE_EV_MESSAGE)
		take_message(ui, ev);
	else if (!model_event(ui->model, ev))
		take_rest(ui, ev);
	else if (kind == CORE_EV_LINK)
		link_changed(ui);
	else if (kind == CORE_EV_DRAFT)
		ui_take_draft(ui);
	else
		ui_want_whois(ui, ui->model->current); /* if what is known of them is old now */
	core_event_clear(ev);
}
