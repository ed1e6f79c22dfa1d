/*
 * Questions of the core become dialogs by a table of their kinds. The dialog itself (view_ask) does
 * not know them: it takes a text and gives an answer back.
 */
#include "ui/ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "ui/view_ask.h"
#include "ui/i18n.h"
#include "ui/ui.h"

struct asked {
	uint32_t number;
};

void
ask_open(struct ui *ui, const struct ask *a)
{
	if (!ui_push(ui, &view_ask, a))
		free(a->ctx);
}

void
ask_reply(struct ui *ui, uint32_t number, const char *text)
{
	struct core_cmd cmd = core_cmd_new(ui->core, CORE_ANSWER);

	cmd.ask = number;
	if (text == NULL)
		cmd.flags = CORE_F_CANCEL;
	else
		cmd.text = mem_strdup(text);
	(void)ui_send(ui, &cmd);
}

static void
answered(struct ui *ui, void *ctx, const char *text)
{
	ask_reply(ui, ((struct asked *)ctx)->number, text);
}

static const char *
tries_text(enum core_tries tries)
{
	switch (tries) {
	case CORE_TRIES_FULL:
		break;
	case CORE_TRIES_LOW:
		return _("2 tries left");
	case CORE_TRIES_FINAL:
		return _("one try left: a wrong PIN now locks the card");
	case CORE_TRIES_LOCKED:
		return _("the PIN is locked; the card's issuer can unlock it");
	}
	return _("3 tries left");
}

const char *
ask_pin_label(const struct core_ask *a)
{
	return a->kind == CORE_ASK_CAN ? "CAN:" : "PIN:";
}

char *
ask_pin_text(const struct core_ask *a)
{
	if (a->kind == CORE_ASK_CAN)
		return mem_format(_("Card access number (CAN) of %s: the six digits printed on the "
				    "card. It is not the PIN, which is asked for next."),
		    a->token == NULL ? _("the card") : a->token);
	return mem_format(_("%s%sPIN of %s, %s."), a->text == NULL ? "" : a->text,
	    a->text == NULL ? "" : "\n", a->token == NULL ? _("the card") : a->token,
	    tries_text(a->tries));
}

char *
ask_code_text(const struct core_ask *a)
{
	const char *why = a->text == NULL ? "" : a->text, *nl = a->text == NULL ? "" : "\n";

	if (a->groups[0] == 0)
		return mem_format(_("%s%sType or paste the whole code: 16 groups."), why, nl);
	return mem_format(_("%s%sType group %d, group %d and group %d of the code."), why, nl,
	    a->groups[0], a->groups[1], a->groups[2]);
}

/* What each kind of question looks like. Caller frees *text. */
static bool
describe(const struct core_ask *q, struct ask *a, char **text)
{
	switch (q->kind) {
	case CORE_ASK_PASSPHRASE:
		*a = (struct ask){
			.title = _("Passphrase"), .label = _("Passphrase"), .secret = true
		};
		*text =
		    mem_strdup(q->text == NULL ? _("The passphrase opens this profile.") : q->text);
		return true;
	case CORE_ASK_NEW_PASSPHRASE:
		*a = (struct ask){ .title = _("New passphrase"),
			.label = _("Passphrase"),
			.secret = true,
			.twice = true };
		*text = mem_strdup(
		    q->text == NULL ? _("It protects your keys on this device.") : q->text);
		return true;
	case CORE_ASK_CODE:
		*a = (struct ask){ .title = _("The relay's code"), .label = _("Code") };
		*text = ask_code_text(q);
		return true;
	case CORE_ASK_SAFETY:
		*a = (struct ask){ .title = _("Compare the safety number"), .label = _("Groups") };
		*text = mem_format(
		    _("Have %s read their safety number to you, in person or on a call, and type what "
		      "you hear: group %d, group %d and group %d, or all 12."),
		    q->token == NULL ? "?" : q->token, q->groups[0], q->groups[1], q->groups[2]);
		return true;
	case CORE_ASK_PIN:
		*a = (struct ask){ .title = _("Card PIN"), .label = _("PIN"), .secret = true };
		*text = ask_pin_text(q);
		return true;
	case CORE_ASK_CAN:
		*a = (struct ask){
			.title = _("Card access number"), .label = "CAN", .secret = true
		};
		*text = ask_pin_text(q);
		return true;
	case CORE_ASK_PINPAD:
		*a = (struct ask){ .title = _("Card PIN") };
		*text = mem_format(_("Enter the PIN of %s on the reader's own keys."),
		    q->token == NULL ? _("the card") : q->token);
		return true;
	default:
		return false;
	}
}

/* The card's own software asks, on the terminal or in a window. */
static void
lend(struct ui *ui, const struct core_ask *q)
{
	char *text = mem_format(
	    _("The software of the card asks for the PIN of %s itself. Ctrl-C: cancel."),
	    q->token == NULL ? _("the card") : q->token);

	term_lend(ui->term, text);
	free(text);
	ui->lent = q->number;
	ask_reply(ui, q->number, "");
}

static void
take_back(struct ui *ui)
{
	ui->lent = 0;
	if (term_resume(ui->term) != 0)
		ui->quit = true;
	ui->repaint = ui->dirty = true;
}

void
ask_interrupt(struct ui *ui)
{
	if (ui->lent != 0)
		ask_reply(ui, ui->lent, NULL);
}

void
ask_event(struct ui *ui, const struct core_event *ev)
{
	const struct core_ask *q = ev->ask;
	struct asked *ctx;
	struct ask a;
	char *text = NULL;

	if (q->kind == CORE_ASK_SUSPEND) {
		lend(ui, q);
		return;
	}
	if (q->kind == CORE_ASK_RESUME) {
		take_back(ui);
		return;
	}
	if (!describe(q, &a, &text))
		return;
	a.text = text;
	if (a.label != NULL) {
		ctx = mem_alloc(sizeof *ctx);
		ctx->number = q->number;
		a.ctx = ctx;
		a.answer = answered;
	}
	if (!ui_push(ui, &view_ask, &a)) {
		if (a.ctx != NULL)
			answered(ui, a.ctx, NULL);
		free(a.ctx);
	} else {
		view_ask_belongs(ui, ev->seq);
	}
	free(text);
}

void
ask_done(struct ui *ui, uint64_t seq)
{
	if (term_suspended(ui->term)) { /* the command ended without taking the screen back */
		const struct ui_pending *p = ui_find_pending(ui, seq);

		if (p != NULL && p->op != CORE_ANSWER)
			take_back(ui);
	}
	view_ask_drop(ui, seq);
}
