/*
 * Who somebody is: a verdict in a sentence, the chain as a tree from its anchor to the holder, the
 * details of the selected link, and beside them the safety number to scan and what was known when.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "ui/cert.h"
#include "ui/command.h"
#include "ui/i18n.h"
#include "ui/keys.h"
#include "ui/label.h"
#include "ui/pane.h"
#include "ui/qr.h"
#include "ui/ui.h"
#include "ui/view.h"
#include "ui/wrap.h"

#define WIDE_COLS 110
#define LEFT_COLS 80
#define VALUE_COL 15

struct whois {
	char *name;
	uint64_t seq;
	struct core_event ev; /* CORE_EV_WHOIS; whois NULL until it came */
	char *error;
	struct view_cursor at;
	struct qr *qr;
	bool qr_only;
	int shift, total; /* rows scrolled away, rows there are */
};

static const struct view_hint hints[] = {
	{ "v", N_("Verify") },
	{ "Q", N_("QR code") },
	{ "y", N_("Copy") },
	{ "e", N_("Export PEM") },
	{ "r", N_("Refresh") },
	{ "b", N_("Block") },
	{ "q", N_("Back") },
	{ NULL, NULL },
};

static void
ask(struct ui *ui, struct whois *w)
{
	struct core_cmd cmd = core_cmd_new(ui->core, CORE_WHOIS);

	cmd.name = mem_strdup(w->name);
	cmd.flags = CORE_F_PEM;
	w->seq = ui_send(ui, &cmd);
}

static void *
init(struct ui *ui, const void *arg)
{
	struct whois *w = mem_alloc(sizeof *w);

	w->name = mem_strdup(arg);
	ask(ui, w);
	return w;
}

static void
forget(struct whois *w)
{
	if (w->ev.whois != NULL)
		core_event_clear(&w->ev);
	memset(&w->ev, 0, sizeof w->ev);
	free(w->error);
	w->error = NULL;
	qr_free(&w->qr);
}

static void
release(struct ui *ui, void *self)
{
	struct whois *w = self;

	(void)ui;
	forget(w);
	free(w->name);
	free(w);
}

static bool
event(struct ui *ui, void *self, struct core_event *ev)
{
	struct whois *w = self;
	char line[sizeof(struct fault)];

	if (ev->kind == CORE_EV_PERSON && w->ev.whois != NULL &&
	    strcmp(ev->person->name, w->name) == 0 && ev->person->trust != w->ev.whois->trust)
		ask(ui, w); /* compared, revoked: show it as it is now */
	if (ev->seq == 0 || ev->seq != w->seq)
		return false;
	if (ev->kind == CORE_EV_WHOIS) {
		forget(w);
		w->ev = *ev;
		w->at.at = ev->whois->chain_count > 0 ? ev->whois->chain_count - 1 : 0;
		if (ev->whois->safety_number != NULL && ev->whois->safety_number[0] != '\0')
			w->qr = qr_new(ev->whois->safety_number);
		memset(ev, 0, sizeof *ev);
		return true;
	}
	if (ev->kind == CORE_EV_ERROR) {
		fault_line(ev->fault, line, sizeof line);
		free(w->error);
		w->error = mem_strdup(line);
		return true;
	}
	return false;
}

/* ---- what the keys do */

static void
export_pem(struct ui *ui, const struct whois *w)
{
	const struct core_whois *who = w->ev.whois;
	char *path = mem_format("%s.pem", w->name);
	FILE *f = strchr(path, '/') != NULL ? NULL : fopen(path, "wxe");

	for (size_t i = who->chain_count; f != NULL && i-- > 0;)
		if (who->chain[i].pem != NULL && fputs(who->chain[i].pem, f) == EOF)
			break;
	if (f == NULL || fclose(f) != 0)
		ui_say(ui, THEME_BAD, _("%s was not written: %m"), path);
	else
		ui_say(
		    ui, THEME_GOOD, _("The chain is in %s, the holder's certificate first."), path);
	free(path);
}

static void
copy(struct ui *ui, const struct whois *w)
{
	const char *number = w->ev.whois->safety_number;

	if (number == NULL || number[0] == '\0')
		return;
	edit_kill_push(ui->input, number);
	ui_say(
	    ui, THEME_STATUS, "%s", _("Safety number copied. Ctrl-Y puts it into the input line."));
}

/* For small screens: PgUp and PgDn move the whole page, drawing sets its limit. */
static bool
scroll(struct whois *w, uint32_t key)
{
	if (key != K_PGUP && key != K_PGDN)
		return false;
	w->shift += key == K_PGDN ? 8 : -8;
	return true;
}

static bool
act(struct ui *ui, struct whois *w, uint32_t key)
{
	switch (key) {
	case 'v':
		command_run(ui, command_find("verify", 6), w->name);
		return true;
	case 'b':
		command_run(ui, command_find("block", 5), w->name);
		return true;
	case 'r':
		ask(ui, w);
		return true;
	case 'Q':
		w->qr_only = w->qr != NULL && !w->qr_only;
		return true;
	case 'y':
		copy(ui, w);
		return true;
	case 'e':
		export_pem(ui, w);
		return true;
	case '?':
		command_run(ui, command_find("help", 4), "");
		return true;
	}
	return false;
}

static bool
key(struct ui *ui, void *self, uint32_t key)
{
	struct whois *w = self;

	if (key == 'q' || key == K_ESC || key == K_C('c')) {
		if (w->qr_only)
			w->qr_only = false;
		else
			ui_pop(ui);
		return true;
	}
	if (w->ev.whois == NULL)
		return keys_is_text(key);
	if (scroll(w, key) || view_cursor_key(&w->at, key) || act(ui, w, key))
		return true;
	return keys_is_text(key);
}

/* ---- painting */

static int
draw_verdict(const struct canvas *c, const struct core_whois *w)
{
	const char *mark = w->trust == 'V' || w->trust == 'C' ? _("OK")
	    : w->trust == '!'                                 ? "!!"
							      : "?";
	struct wrap_line line;
	struct wrap wrap;
	int row = 1;

	(void)canvas_text(c, row, 1, label_trust_role(w->trust), mark);
	wrap_start(&wrap, w->verdict == NULL ? "" : w->verdict,
	    w->verdict == NULL ? 0 : strlen(w->verdict), c->cols - 6);
	while (wrap_next(&wrap, &line) && row < 5)
		(void)canvas_span(c, row++, 5, -1, THEME_TEXT, w->verdict + line.at, line.bytes);
	return row + 1;
}

/* Where the dates start; on narrow screens they are all there is beside the names. */
static int
dates_column(const struct canvas *c)
{
	return c->cols >= 72 ? c->cols - 38 : c->cols - 11;
}

static void
draw_link(const struct canvas *c, int row, const struct core_whois *w, size_t i, bool at)
{
	const struct core_link_cert *link = &w->chain[i];
	enum theme_role state_role, role = at ? THEME_SELECTED : THEME_TEXT;
	const char *state = cert_state(link, clock_now_ms(), &state_role);
	const char *sig = link->sig == NULL ? "" : link->sig;
	char text[LABEL_MAX], when[WHEN_MAX * 2];
	int col = (c->cols >= 72 ? 6 : 4) + (c->cols >= 72 ? 2 : 1) * (int)i,
	    dates = dates_column(c);

	if (at)
		canvas_fill(c, row, 0, c->cols, role, " ");
	(void)canvas_text(c, row, 0, role, at ? ">" : " ");
	(void)canvas_text(c, row, 2, at ? role : state_role, state);
	if (i > 0)
		col = canvas_text(c, row, col, role, i + 1 == w->chain_count ? "└─" : "└▾");
	col = canvas_text(c, row, col, role, i == 0 && w->chain_count > 1 ? "▾ " : " ");
	(void)canvas_field(c, row, col, dates - col - (i == 0 ? 10 : 1), role,
	    label_dn(link->subject, "CN", text));
	if (i == 0)
		(void)canvas_text(c, row, dates - 10, role, _("(anchor)"));
	(void)canvas_text(c, row, dates, role, when_date(link->not_after, when));
	(void)canvas_field(c, row, dates + 12, 14, role, cert_revocation(link, when));
	snprintf(text, sizeof text, "%.*s", (int)strcspn(sig, "-"), sig);
	(void)canvas_field(c, row, dates + 27, 11, role, text);
}

static int
draw_chain(const struct canvas *c, int row, struct whois *w)
{
	const struct core_whois *who = w->ev.whois;
	int dates = dates_column(c);

	(void)canvas_text(c, row, 1, THEME_HEADING, _("CHAIN"));
	(void)canvas_text(c, row, dates, THEME_HEADING, _("VALID UNTIL"));
	(void)canvas_text(c, row, dates + 12, THEME_HEADING, "CRL");
	(void)canvas_text(c, row, dates + 27, THEME_HEADING, "SIG");
	view_cursor_fit(&w->at, who->chain_count, (int)who->chain_count);
	for (size_t i = 0; i < who->chain_count; i++)
		draw_link(c, row + 1 + (int)i, who, i, i == w->at.at);
	if (who->chain_count > 0)
		canvas_cursor(c, row + 1 + (int)w->at.at, 0);
	return row + 1 + (int)who->chain_count;
}

static int
draw_pair(const struct canvas *c, int row, const char *label, const char *value)
{
	struct wrap_line line;
	struct wrap wrap;

	if (value == NULL || value[0] == '\0')
		return row;
	(void)canvas_text(c, row, 2, THEME_DIM, label);
	wrap_start(&wrap, value, strlen(value), c->cols - VALUE_COL - 1);
	while (wrap_next(&wrap, &line))
		(void)canvas_span(c, row++, VALUE_COL, -1, THEME_TEXT, value + line.at, line.bytes);
	return row;
}

static int
draw_details(const struct canvas *c, int row, const struct core_link_cert *link)
{
	char a[WHEN_MAX], b[WHEN_MAX], hex[96], *text;
	uint64_t now = clock_now_ms();

	row = draw_pair(c, row, _("Subject"), link->subject);
	row = draw_pair(c, row, _("Issuer"), link->issuer);
	row = draw_pair(c, row, _("Serial"), link->serial);
	row = draw_pair(c, row, _("Key"), link->key);
	text = mem_format(
	    _("%s  to  %s"), when_exact(link->not_before, a), when_exact(link->not_after, b));
	row = draw_pair(c, row, _("Valid"), text);
	free(text);
	if (link->crl_url != NULL && link->revocation_next > now) {
		text = mem_format(_("%s   next update in %s"), link->crl_url,
		    when_span((link->revocation_next - now) / 1000, a));
		row = draw_pair(c, row, "CRL", text);
		free(text);
	} else {
		row = draw_pair(c, row, "CRL", link->crl_url);
	}
	for (int i = 0;
	     link->sha256 != NULL && cert_hex_line(link->sha256, 8, 4, i, hex)[0] != '\0'; i++)
		row = draw_pair(c, row, i == 0 ? "SHA-256" : "", hex);
	return draw_pair(c, row, _("Policies"), link->policies);
}

static int
draw_person(const struct canvas *c, int row, const struct core_whois *w)
{
	char words[96], day[WHEN_MAX], *text;

	for (int i = 0;
	     w->safety_number != NULL && cert_words_line(w->safety_number, 6, i, words)[0] != '\0';
	     i++)
		row = draw_pair(c, row, i == 0 ? _("Safety no.") : "", words);
	if (w->verified_at != 0) {
		text = mem_format(_("V compared on %s"), when_day(w->verified_at, day));
		row = draw_pair(c, row, "", text);
		free(text);
	}
	for (size_t i = 0; i < w->device_count; i++) {
		const struct core_device *d = &w->devices[i];

		text = mem_format(_("%s  %s  bound %s"), d->id, d->name == NULL ? "" : d->name,
		    when_exact(d->bound_at, day));
		row = draw_pair(c, row, i == 0 ? _("Devices") : "", text);
		free(text);
	}
	return draw_pair(c, row, _("Suite"), w->suite);
}

static void
draw_side(const struct canvas *c, const struct whois *w)
{
	const struct core_whois *who = w->ev.whois;
	int row = 1, rows = 0, cols = 0;
	char day[WHEN_MAX];

	for (int r = 0; r < c->rows; r++)
		(void)canvas_text(c, r, 0, THEME_BORDER, "│");
	if (w->qr != NULL) {
		(void)canvas_text(c, 0, 1, THEME_HEADING, _("SAFETY NUMBER QR"));
		qr_size(w->qr, &rows, &cols);
		if (cols + 3 <= c->cols && !term_ascii(c->term)) {
			qr_draw(w->qr, c, 2, 3);
			row = 3 + rows;
		}
		(void)canvas_text(c, row++, 3, THEME_DIM, _("Read the 12 groups aloud on a call,"));
		(void)canvas_text(c, row++, 3, THEME_DIM, _("or scan. Then press v."));
	}
	if (who->history_count == 0)
		return;
	(void)canvas_text(c, ++row, 3, THEME_HEADING, _("HISTORY OF THIS IDENTITY"));
	for (size_t i = 0; i < who->history_count && ++row < c->rows; i++)
		(void)canvas_printf(c, row, 3, THEME_TEXT, "%s %s",
		    when_date(who->history[i].at, day), who->history[i].what);
}

static void
draw_qr(const struct canvas *c, const struct whois *w)
{
	int rows, cols;

	qr_size(w->qr, &rows, &cols);
	if (rows > c->rows - 3 || cols > c->cols || term_ascii(c->term))
		(void)canvas_text(
		    c, 2, 2, THEME_WARN, _("The QR code does not fit on this screen."));
	else
		qr_draw(w->qr, c, 1 + (c->rows - 3 - rows) / 2, (c->cols - cols) / 2);
}

static void
draw_body(const struct canvas *c, struct whois *w)
{
	struct canvas left = *c, right;
	int row;

	if (c->cols >= WIDE_COLS) {
		left = canvas_sub(c, 0, 0, c->rows, LEFT_COLS);
		right = canvas_sub(c, 0, LEFT_COLS, c->rows, c->cols - LEFT_COLS);
		draw_side(&right, w);
	}
	if (w->shift > w->total - left.rows)
		w->shift = w->total - left.rows;
	if (w->shift < 0)
		w->shift = 0;
	left.shift = w->shift;
	row = draw_verdict(&left, w->ev.whois);
	row = draw_chain(&left, row, w);
	if (w->at.at < w->ev.whois->chain_count) {
		canvas_rule(&left, row, left.cols, _("selected"), false);
		row = draw_details(&left, row + 1, &w->ev.whois->chain[w->at.at]);
	}
	w->total = draw_person(&left, row, w->ev.whois);
}

static void
draw(struct ui *ui, void *self, const struct canvas *c)
{
	struct whois *w = self;
	const struct core_whois *who = w->ev.whois;
	struct canvas body = canvas_sub(c, 1, 0, c->rows - 3, c->cols);
	char *title = mem_format(_("whois  %s"),
	    who != NULL && who->civil_name != NULL && who->civil_name[0] != '\0' ? who->civil_name
										 : w->name);
	char *bar = mem_format("[whois %s]", w->name);

	view_title(c, title, _("j/k move  q back"));
	if (w->error != NULL)
		(void)canvas_text(&body, 1, 2, THEME_BAD, w->error);
	else if (who == NULL)
		(void)canvas_text(&body, 1, 2, THEME_DIM, _("looking ..."));
	else if (w->qr_only)
		draw_qr(c, w);
	else
		draw_body(&body, w);
	pane_status_line(ui, c, c->rows - 2, bar);
	view_hints(c, c->rows - 1, hints, _("? Help"));
	free(title);
	free(bar);
}

const struct view view_whois = {
	.name = "whois",
	.init = init,
	.free = release,
	.key = key,
	.event = event,
	.draw = draw,
};
