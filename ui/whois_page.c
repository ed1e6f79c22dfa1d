#include "ui/whois_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/dn.h"
#include "base/mem.h"
#include "base/oid.h"
#include "ui/cert.h"
#include "ui/i18n.h"
#include "ui/label.h"
#include "ui/wrap.h"

#define WIDE_COLS 110
#define LEFT_COLS 80
#define VALUE_COL 15
#define SIDE_COL 3
#define VERDICT_ROWS 8

/* ---- what has a label */

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

/* The same of a string that is ours to free. */
static int
draw_made(const struct canvas *c, int row, const char *label, char *value)
{
	row = draw_pair(c, row, label, value);
	free(value);
	return row;
}

/* ---- the verdict and the chain */

static int
draw_verdict(const struct canvas *c, const struct core_whois *w)
{
	const char *mark = w->trust == '!' ? "!!" : w->trust == '?' ? "?" : _("OK");
	struct wrap_line line;
	struct wrap wrap;
	int row = 1;

	(void)canvas_text(c, row, 1, label_trust_role(w->trust), mark);
	wrap_start(&wrap, w->verdict == NULL ? "" : w->verdict,
	    w->verdict == NULL ? 0 : strlen(w->verdict), c->cols - 6);
	while (wrap_next(&wrap, &line) && row <= VERDICT_ROWS)
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
draw_chain(const struct canvas *c, int row, struct whois_page *p)
{
	const struct core_whois *who = p->who;
	int dates = dates_column(c);

	(void)canvas_text(c, row, 1, THEME_HEADING, _("CHAIN"));
	(void)canvas_text(c, row, dates, THEME_HEADING, _("VALID UNTIL"));
	(void)canvas_text(c, row, dates + 12, THEME_HEADING, "CRL");
	(void)canvas_text(c, row, dates + 27, THEME_HEADING, "SIG");
	view_cursor_fit(&p->at, who->chain_count, (int)who->chain_count);
	for (size_t i = 0; i < who->chain_count; i++)
		draw_link(c, row + 1 + (int)i, who, i, i == p->at.at);
	if (who->chain_count > 0)
		canvas_cursor(c, row + 1 + (int)p->at.at, 0);
	return row + 1 + (int)who->chain_count;
}

/* ---- the selected link */

/* "Name: ...; Country: PT": every attribute, called as a person calls it. */
static char *
subject_text(const char *dn)
{
	const char *at = dn == NULL ? "" : dn;
	char *text = mem_strdup(""), *longer;
	struct dn_part part;

	while (dn_next(&at, &part)) {
		longer = mem_format("%s%s%s: %s", text, text[0] == '\0' ? "" : "; ",
		    dn_label(part.name), part.value);
		free(text);
		free(part.value);
		text = longer;
	}
	return text;
}

static char *
policies_text(const char *oids)
{
	char *text = mem_strdup(""), *longer, *oid;

	while (oids != NULL && *oids != '\0') {
		size_t n = strcspn(oids, " ");
		const char *name, *sep = text[0] == '\0' ? "" : "; ";

		oid = mem_strndup(oids, n);
		name = oid_policy(oid);
		longer = name == NULL ? mem_format("%s%s%s", text, sep, oid)
				      : mem_format("%s%s%s (%s)", text, sep, oid, name);
		free(oid);
		free(text);
		text = longer;
		oids += n;
		oids += strspn(oids, " ");
	}
	return text;
}

static char *
key_text(const struct core_link_cert *link)
{
	const char *key = link->key == NULL ? "?" : link->key;

	if (link->usage == NULL || link->usage[0] == '\0')
		return mem_strdup(key);
	return mem_format(_("%s  for %s"), key, link->usage);
}

static char *
revoked_text(const struct core_link_cert *link)
{
	char day[WHEN_MAX];

	if (link->revoked_at == 0)
		return mem_strdup(link->reason == NULL ? "" : link->reason);
	if (link->reason == NULL || link->reason[0] == '\0')
		return mem_format(_("since %s"), when_date(link->revoked_at, day));
	return mem_format(_("since %s (%s)"), when_date(link->revoked_at, day), link->reason);
}

static char *
valid_text(const struct core_link_cert *link, uint64_t now)
{
	char from[WHEN_MAX], to[WHEN_MAX], left[WHEN_MAX];

	when_exact(link->not_before, from);
	when_exact(link->not_after, to);
	if (link->not_before > now || link->not_after <= now)
		return mem_format(_("%s  to  %s"), from, to);
	return mem_format(_("%s  to  %s  (%s left)"), from, to,
	    when_span((link->not_after - now) / 1000, left));
}

static char *
list_text(const struct core_link_cert *link, uint64_t now)
{
	const char *url = link->crl_url == NULL ? "" : link->crl_url;
	char span[WHEN_MAX];

	if (link->revocation_next == 0)
		return mem_strdup(url);
	if (link->revocation_next > now)
		return mem_format(_("%s   next update in %s"), url,
		    when_span((link->revocation_next - now) / 1000, span));
	return mem_format(_("%s   overdue by %s"), url,
	    when_span((now - link->revocation_next) / 1000, span));
}

static int
draw_details(const struct canvas *c, int row, const struct core_link_cert *link)
{
	uint64_t now = clock_now_ms();
	char hex[96];

	row = draw_made(c, row, _("Subject"), subject_text(link->subject));
	row = draw_pair(c, row, _("Issuer"), link->issuer);
	row = draw_pair(c, row, _("Serial"), link->serial);
	row = draw_made(c, row, _("Key"), key_text(link));
	row = draw_pair(c, row, _("Signed"), link->sig);
	row = draw_made(c, row, _("Valid"), valid_text(link, now));
	row = draw_made(c, row, _("Revoked"), revoked_text(link));
	row = draw_made(c, row, "CRL", list_text(link, now));
	for (int i = 0;
	     link->sha256 != NULL && cert_hex_line(link->sha256, 8, 4, i, hex)[0] != '\0'; i++)
		row = draw_pair(c, row, i == 0 ? "SHA-256" : "", hex);
	return draw_made(c, row, _("Policies"), policies_text(link->policies));
}

/* ---- the person */

static char *
device_text(const struct core_device *d)
{
	const char *name = d->name == NULL ? "" : d->name, *mine = d->this_device ? _(" (this one)") : "";
	char bound[WHEN_MAX], removed[WHEN_MAX];

	when_exact(d->bound_at, bound);
	if (d->removed_at == 0)
		return mem_format(_("%s  %s%s  bound %s"), d->id, name, mine, bound);
	return mem_format(_("%s  %s%s  bound %s, removed %s"), d->id, name, mine, bound,
	    when_exact(d->removed_at, removed));
}

static int
draw_person(const struct canvas *c, int row, const struct core_whois *w)
{
	char words[96], day[WHEN_MAX];
	uint64_t now = clock_now_ms();

	for (int i = 0;
	     w->safety_number != NULL && cert_words_line(w->safety_number, 6, i, words)[0] != '\0';
	     i++)
		row = draw_pair(c, row, i == 0 ? _("Safety no.") : "", words);
	if (w->verified_at != 0)
		row = draw_made(c, row, "",
		    mem_format(_("V compared on %s"), when_day(w->verified_at, day)));
	for (size_t i = 0; i < w->device_count; i++)
		row = draw_made(c, row, i == 0 ? _("Devices") : "", device_text(&w->devices[i]));
	row = draw_pair(c, row, _("Suite"), w->suite);
	if (w->session_at != 0 && w->session_at <= now)
		row = draw_made(c, row, _("Session"),
		    mem_format(_("since %s"), when_exact(w->session_at, day)));
	return row;
}

/* Wrapped behind its date. */
static int
draw_past(const struct canvas *c, int row, int col, const struct core_past *past)
{
	struct wrap_line line;
	struct wrap wrap;
	char day[WHEN_MAX];

	(void)canvas_text(c, row, col, THEME_DIM, when_date(past->at, day));
	wrap_start(&wrap, past->what, strlen(past->what), c->cols - col - 12);
	while (wrap_next(&wrap, &line))
		(void)canvas_span(
		    c, row++, col + 11, -1, THEME_TEXT, past->what + line.at, line.bytes);
	return row;
}

static int
draw_history(const struct canvas *c, int row, int col, const struct core_whois *w)
{
	if (w->history_count == 0)
		return row;
	(void)canvas_text(c, row++, col, THEME_HEADING, _("HISTORY OF THIS IDENTITY"));
	for (size_t i = 0; i < w->history_count; i++)
		row = draw_past(c, row, col, &w->history[i]);
	return row;
}

/* ---- beside it, where there is room */

static void
draw_side(const struct canvas *c, const struct whois_page *p)
{
	int row = 1, rows = 0, cols = 0;

	for (int r = 0; r < c->rows; r++)
		(void)canvas_text(c, r, 0, THEME_BORDER, "│");
	if (p->qr != NULL) {
		(void)canvas_text(c, 0, 1, THEME_HEADING, _("SAFETY NUMBER QR"));
		qr_size(p->qr, &rows, &cols);
		if (cols + SIDE_COL <= c->cols && !term_ascii(c->term)) {
			qr_draw(p->qr, c, 2, SIDE_COL);
			row = 3 + rows;
		}
		(void)canvas_text(
		    c, row++, SIDE_COL, THEME_DIM, _("Read the 12 groups aloud on a call,"));
		(void)canvas_text(c, row++, SIDE_COL, THEME_DIM, _("or scan. Then press v."));
	}
	(void)draw_history(c, row + 1, SIDE_COL, p->who);
}

void
whois_page_draw_qr(const struct canvas *c, const struct whois_page *p)
{
	int rows, cols;

	qr_size(p->qr, &rows, &cols);
	if (rows > c->rows - 3 || cols > c->cols || term_ascii(c->term))
		(void)canvas_text(
		    c, 2, 2, THEME_WARN, _("The QR code does not fit on this screen."));
	else
		qr_draw(p->qr, c, 1 + (c->rows - 3 - rows) / 2, (c->cols - cols) / 2);
}

void
whois_page_draw(const struct canvas *c, struct whois_page *p)
{
	struct canvas left = *c, right;
	bool wide = c->cols >= WIDE_COLS;
	int row;

	if (wide) {
		left = canvas_sub(c, 0, 0, c->rows, LEFT_COLS);
		right = canvas_sub(c, 0, LEFT_COLS, c->rows, c->cols - LEFT_COLS);
		draw_side(&right, p);
	}
	if (p->shift > p->total - left.rows)
		p->shift = p->total - left.rows;
	if (p->shift < 0)
		p->shift = 0;
	left.shift = p->shift;
	row = draw_verdict(&left, p->who);
	row = draw_chain(&left, row, p);
	if (p->at.at < p->who->chain_count) {
		canvas_rule(&left, row, left.cols, _("selected"), false);
		row = draw_details(&left, row + 1, &p->who->chain[p->at.at]);
	}
	row = draw_person(&left, row, p->who);
	if (!wide)
		row = draw_history(&left, row + 1, 1, p->who);
	p->total = row;
	if (p->total > p->shift + left.rows)
		(void)canvas_right(&left, p->shift + left.rows - 1, left.cols, THEME_HINT_KEY, _(" PgDn more "));
}
