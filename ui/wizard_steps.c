#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/text.h"
#include "ui/ask.h"
#include "ui/field.h"
#include "ui/i18n.h"
#include "ui/ui.h"
#include "ui/wizard.h"
#include "ui/wrap.h"

static int
draw_text(const struct canvas *c, int row, enum theme_role role, const char *text)
{
	struct wrap_line line;
	struct wrap w;

	wrap_start(&w, text, strlen(text), c->cols - 6);
	while (wrap_next(&w, &line))
		(void)canvas_span(c, row++, 5, -1, role, text + line.at, line.bytes);
	return row;
}

int
wizard_draw_field(const struct canvas *c, int row, const char *label, const struct edit *e, bool focus)
{
	int col = canvas_text(c, row, 5, THEME_TEXT, label) + 1, width = c->cols - col - 4;

	field_draw(c, row, col, width > 46 ? 46 : width, e, focus);
	return row + 1;
}

static bool
is_blank(const struct edit *e)
{
	const char *text = edit_text(e);

	return text[strspn(text, " ")] == '\0';
}

/* ---- relay */

static int
relay_draw(struct ui *ui, struct wizard *w, const struct canvas *c)
{
	int row = draw_text(c, 0, THEME_TEXT,
	    _("Which relay? Paste the recado:// link you were given, or type HOST:PORT."));

	(void)ui;
	w->at_row = row + 1;
	return wizard_draw_field(c, row + 1, _("relay:"), w->relay, w->seq == 0);
}

static void
relay_enter(struct ui *ui, struct wizard *w)
{
	struct core_cmd cmd;

	if (is_blank(w->relay) || w->seq != 0)
		return;
	cmd = core_cmd_new(ui->core, CORE_MEET);
	cmd.relay = mem_strdup(edit_text(w->relay));
	wizard_send(ui, w, &cmd);
}

static int
relay_fields(struct wizard *w, struct edit *out[WIZARD_FIELDS])
{
	out[0] = w->relay;
	return 1;
}

/* HOST:PORT of what was typed or of the link. */
static char *
relay_result(const struct wizard *w)
{
	const char *text = edit_text(w->relay);

	if (strncmp(text, "recado://", 9) == 0)
		text += 9;
	return mem_strndup(text, strcspn(text, "/? "));
}

/* ---- code */

static const struct core_ask *
question(const struct wizard *w, enum core_ask_kind kind)
{
	return w->ask.ask != NULL && w->ask.ask->kind == kind ? w->ask.ask : NULL;
}

/* PIN, or the number that opens a card without contacts. */
static const struct core_ask *
pin_question(const struct wizard *w)
{
	const struct core_ask *q = question(w, CORE_ASK_PIN);

	return q != NULL ? q : question(w, CORE_ASK_CAN);
}

static int
code_draw(struct ui *ui, struct wizard *w, const struct canvas *c)
{
	const struct core_ask *q = question(w, CORE_ASK_CODE);
	bool groups = q != NULL && q->groups[0] != 0;
	char label[64];
	int row, col = 8;

	(void)ui;
	if (q == NULL)
		return draw_text(c, 0, THEME_DIM, _("comparing ..."));
	if (q->text != NULL)
		row = draw_text(c, 0, THEME_WARN, q->text);
	else
		row = draw_text(c, 0, THEME_TEXT,
		    _("First contact with this relay from this computer. Take the 16-group code "
		      "its "
		      "administrator gave you and type these three groups:"));
	if (groups) {
		w->at_row = ++row;
		for (int i = 0; i < 3; i++) {
			snprintf(label, sizeof label, _("group %d"), q->groups[i]);
			if (col + 18 > c->cols) {
				row++;
				col = 8;
			}
			col = canvas_text(c, row, col, THEME_TEXT, label) + 1;
			field_draw(c, row, col, 7, w->group[i], w->focus == i);
			col += 9;
		}
		row++;
	}
	w->at_row = w->focus == 3 || !groups ? row + 1 : w->at_row;
	row = wizard_draw_field(c, row + 1, groups ? _("or paste the whole code:") : _("the whole code:"),
	    w->code, w->focus == 3 || !groups);
	return draw_text(c, row + 1, THEME_DIM,
	    _("The code is what protects you: recado refuses to connect if the relay's key does "
	      "not "
	      "match it, now or ever after."));
}

static void
code_enter(struct ui *ui, struct wizard *w)
{
	const struct core_ask *q = question(w, CORE_ASK_CODE);
	char *text;

	if (q == NULL)
		return;
	if (!is_blank(w->code)) {
		wizard_answer(ui, w, edit_text(w->code));
		return;
	}
	for (int i = 0; i < 3; i++) {
		if (q->groups[0] == 0 || is_blank(w->group[i])) {
			w->focus = q->groups[0] == 0 ? 3 : i;
			return;
		}
	}
	text = mem_format(
	    "%s %s %s", edit_text(w->group[0]), edit_text(w->group[1]), edit_text(w->group[2]));
	wizard_answer(ui, w, text);
	free(text);
}

static void
code_back(struct ui *ui, struct wizard *w)
{
	wizard_answer(ui, w, NULL);
	wizard_go(ui, w, WIZARD_RELAY);
}

static int
code_fields(struct wizard *w, struct edit *out[WIZARD_FIELDS])
{
	const struct core_ask *q = question(w, CORE_ASK_CODE);

	for (int i = 0; i < 3; i++)
		out[i] = q == NULL || q->groups[0] == 0 ? w->code : w->group[i];
	out[3] = w->code;
	return q == NULL ? 0 : 4;
}

static char *
code_result(const struct wizard *w)
{
	(void)w;
	return mem_strdup(_("the relay has the key of this code"));
}

/* ---- card or enrolment */

static void
draw_choice(const struct canvas *c, int row, bool at, const char *text)
{
	(void)canvas_text(c, row, 5, at ? THEME_SELECTED : THEME_TEXT, at ? ">" : " ");
	(void)canvas_field(c, row, 7, c->cols - 9, at ? THEME_SELECTED : THEME_TEXT, text);
}

static int
card_draw(struct ui *ui, struct wizard *w, const struct canvas *c)
{
	int row = draw_text(c, 0, THEME_TEXT, _("What proves who you are?"));
	char line[256];

	(void)ui;
	view_cursor_fit(&w->choice, w->card_count + 1, (int)w->card_count + 1);
	for (size_t i = 0; i < w->card_count; i++) {
		const struct core_card *k = w->cards[i].card;

		snprintf(line, sizeof line, "%s  (%s)", k->token == NULL ? "?" : k->token,
		    k->reader == NULL ? "?" : k->reader);
		draw_choice(c, row++, i == w->choice.at, line);
	}
	draw_choice(
	    c, row++, !wizard_by_card(w), _("no card: a certificate from the relay (level R)"));
	if (w->card_count == 0)
		row = draw_text(c, row, THEME_DIM,
		    w->seq != 0 ? _("looking for cards ...")
				: _("No card found. Put it into the reader and press F5."));
	return wizard_by_card(w) ? row : wizard_enrol_draw(w, c, row + 1);
}

static void
card_enter(struct ui *ui, struct wizard *w)
{
	wizard_go(ui, w, WIZARD_NAME);
}

static void
card_back(struct ui *ui, struct wizard *w)
{
	wizard_go(ui, w, WIZARD_RELAY);
}

static int
card_fields(struct wizard *w, struct edit *out[WIZARD_FIELDS])
{
	return wizard_by_card(w) ? 0 : wizard_enrol_fields(w, out);
}

static char *
card_result(const struct wizard *w)
{
	const struct core_card *k = wizard_by_card(w) ? w->cards[w->choice.at].card : NULL;

	return mem_strdup(k == NULL ? _("without a card") : k->token == NULL ? "" : k->token);
}

/* ---- name */

static int
name_draw(struct ui *ui, struct wizard *w, const struct canvas *c)
{
	int row = draw_text(c, 0, THEME_TEXT,
	    _("Choose the name others write to: lower case letters, digits, . - _"));

	(void)ui;
	w->at_row = row + 1;
	return wizard_draw_field(c, row + 1, _("name:"), w->name, true);
}

static void
name_enter(struct ui *ui, struct wizard *w)
{
	if (text_name_check(edit_text(w->name), edit_len(w->name)) != 0)
		wizard_fail(w, _("Names are 1 to 32 lower case letters, digits, '.', '-' or '_'."));
	else
		wizard_go(ui, w, WIZARD_PASSPHRASE);
}

static int
name_fields(struct wizard *w, struct edit *out[WIZARD_FIELDS])
{
	out[0] = w->name;
	return 1;
}

static char *
name_result(const struct wizard *w)
{
	return mem_strdup(edit_text(w->name));
}

/* ---- passphrase */

static int
passphrase_draw(struct ui *ui, struct wizard *w, const struct canvas *c)
{
	int row = draw_text(c, 0, THEME_TEXT,
	    _("A passphrase protects your keys and messages on this device. Nobody can reset it."));

	(void)ui;
	w->at_row = row + 1 + w->focus;
	row = wizard_draw_field(c, row + 1, _("passphrase:"), w->passphrase, w->focus == 0);
	return wizard_draw_field(c, row, _("once more: "), w->again, w->focus == 1);
}

static void
passphrase_enter(struct ui *ui, struct wizard *w)
{
	if (edit_len(w->passphrase) == 0)
		return;
	if (w->focus == 0) {
		w->focus = 1;
		return;
	}
	if (edit_len(w->passphrase) != edit_len(w->again) ||
	    !mem_equal_ct(edit_text(w->passphrase), edit_text(w->again), edit_len(w->passphrase))) {
		edit_clear(w->passphrase);
		edit_clear(w->again);
		w->focus = 0;
		wizard_fail(w, _("They differ; type it twice again."));
		return;
	}
	wizard_go(ui, w, WIZARD_PIN);
}

static int
passphrase_fields(struct wizard *w, struct edit *out[WIZARD_FIELDS])
{
	out[0] = w->passphrase;
	out[1] = w->again;
	return 2;
}

static char *
passphrase_result(const struct wizard *w)
{
	(void)w;
	return mem_strdup(_("set"));
}

/* ---- PIN: everything is known now, so the account is made */

static int
pin_draw(struct ui *ui, struct wizard *w, const struct canvas *c)
{
	const struct core_ask *q = pin_question(w);
	char *text;
	int row;

	(void)ui;
	if (question(w, CORE_ASK_PINPAD) != NULL)
		return draw_text(c, 0, THEME_TEXT, _("Enter the PIN on the reader's own keys."));
	if (q == NULL && w->seq == 0)
		return draw_text(c, 0, THEME_TEXT, _("Enter tries again, Esc goes back."));
	if (q == NULL && !wizard_by_card(w))
		return draw_text(c, 0, THEME_DIM,
		    _("without a card there is no PIN; making the account ..."));
	if (q == NULL)
		return draw_text(c, 0, THEME_DIM, _("making the account ..."));
	row = draw_text(c, 0, THEME_TEXT,
	    _("The card signs, once, that this device's keys are yours. Nothing else is signed "
	      "with "
	      "this PIN."));
	text = ask_pin_text(q);
	row = draw_text(c, row + 1, THEME_TEXT, text);
	free(text);
	w->at_row = row + 1;
	return wizard_draw_field(c, row + 1, ask_pin_label(q), w->pin, true);
}

static void
create(struct ui *ui, struct wizard *w)
{
	struct core_cmd cmd = core_cmd_new(ui->core, CORE_CREATE);
	const struct core_card *k = wizard_by_card(w) ? w->cards[w->choice.at].card : NULL;

	cmd.name = mem_strdup(edit_text(w->name));
	cmd.relay = mem_strdup(edit_text(w->relay));
	cmd.flags = k != NULL ? CORE_F_CARD : CORE_F_ENROL;
	if (k != NULL && (k->serial != NULL || k->token != NULL))
		cmd.token =
		    mem_strdup(k->serial != NULL && k->serial[0] != '\0' ? k->serial : k->token);
	if (k == NULL && !is_blank(w->invite))
		cmd.invite = mem_strdup(edit_text(w->invite));
	if (k == NULL)
		cmd.subject = wizard_enrol_subject(w);
	wizard_send(ui, w, &cmd);
}

static void
pin_enter(struct ui *ui, struct wizard *w)
{
	if (pin_question(w) != NULL) {
		if (edit_len(w->pin) > 0)
			wizard_answer(ui, w, edit_text(w->pin));
		edit_clear(w->pin);
	} else if (w->seq == 0) {
		create(ui, w);
	}
}

static void
pin_back(struct ui *ui, struct wizard *w)
{
	edit_clear(w->pin);
	if (w->ask.ask != NULL)
		wizard_answer(ui, w, NULL);
	else if (w->seq == 0)
		wizard_go(ui, w, WIZARD_PASSPHRASE);
}

static int
pin_fields(struct wizard *w, struct edit *out[WIZARD_FIELDS])
{
	out[0] = w->pin;
	return pin_question(w) != NULL ? 1 : 0;
}

static char *
pin_result(const struct wizard *w)
{
	(void)w;
	return mem_strdup("");
}

const struct wizard_part wizard_parts[WIZARD_STEPS] = {
	[WIZARD_RELAY] = { N_("Relay"),
	    N_("A relay carries and keeps sealed mail. It never sees your messages."), relay_draw,
	    relay_enter, NULL, relay_fields, relay_result },
	[WIZARD_CODE] = { N_("Code"),
	    N_("The relay never sees your messages, but a false relay could learn who you talk to "
	       "and "
	       "delay delivery. The code pins the right one. recado refuses to connect if it ever "
	       "changes."),
	    code_draw, code_enter, code_back, code_fields, code_result },
	[WIZARD_CARD] = { N_("Identity"),
	    N_("Your card proves your name to others. Without one, only the relay vouches for you, "
	       "and "
	       "people see the letter R."),
	    card_draw, card_enter, card_back, card_fields, card_result },
	[WIZARD_NAME] = { N_("Name"),
	    N_("A short name to be found by. Your civil name is in the certificate; this one need "
	       "not be "
	       "it."),
	    name_draw, name_enter, NULL, name_fields, name_result },
	[WIZARD_PASSPHRASE] = { N_("Passphrase"),
	    N_("Everything kept on this device is sealed under it: keys, messages, names, times."),
	    passphrase_draw, passphrase_enter, NULL, passphrase_fields, passphrase_result },
	[WIZARD_PIN] = { N_("PIN"),
	    N_("The PIN comes last, because what the card now signs is complete: your name, this "
	       "device "
	       "and this relay."),
	    pin_draw, pin_enter, pin_back, pin_fields, pin_result },
};
