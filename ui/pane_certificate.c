/*
 * Who the person in front is, always in view: holder, issuer, chain, revocation and its age,
 * validity, fingerprint, safety number. Lines are gathered first, so that what does not fit scrolls.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/mem.h"
#include "ui/ask.h"
#include "ui/cert.h"
#include "ui/command.h"
#include "ui/i18n.h"
#include "ui/keys.h"
#include "ui/label.h"
#include "ui/pane.h"
#include "ui/ui.h"
#include "ui/wrap.h"

#define CARD_LINES 48

struct card {
	struct {
		char text[128];
		enum theme_role role;
	} line[CARD_LINES];
	int count;
	int columns;
};

static void put(struct card *k, enum theme_role role, const char *fmt, ...) PRINTF_LIKE(3, 4);

static void
put(struct card *k, enum theme_role role, const char *fmt, ...)
{
	va_list ap;

	if (k->count == CARD_LINES)
		return;
	va_start(ap, fmt);
	vsnprintf(k->line[k->count].text, sizeof k->line[0].text, fmt, ap);
	va_end(ap);
	k->line[k->count++].role = role;
}

static void
put_wrapped(struct card *k, enum theme_role role, const char *text)
{
	struct wrap_line line;
	struct wrap w;

	wrap_start(&w, text, strlen(text), k->columns - 1);
	while (wrap_next(&w, &line))
		put(k, role, "%.*s", (int)(line.bytes > 120 ? 120 : line.bytes), text + line.at);
}

static void
put_holder(struct card *k, const struct core_whois *w, const struct core_link_cert *leaf)
{
	char text[LABEL_MAX];

	put_wrapped(k, THEME_HEADING,
	    w->civil_name != NULL && w->civil_name[0] != '\0' ? w->civil_name : w->name);
	if (leaf != NULL)
		put_wrapped(k, THEME_TEXT, label_dn(leaf->issuer, "CN", text));
	if (w->civil_id != NULL && w->civil_id[0] != '\0')
		put(k, THEME_TEXT, "ID %s", w->civil_id);
	put(k, label_trust_role(w->trust), "%c  %s", w->trust == 0 ? '?' : w->trust,
	    label_trust(w->trust));
}

static void
put_chain(struct card *k, const struct core_whois *w, const struct core_link_cert *leaf)
{
	uint64_t now = clock_now_ms();
	enum theme_role role;
	const char *state = cert_chain_state(w, now, &role);
	char text[WHEN_MAX * 2], left[WHEN_MAX];
	size_t good = 0;

	for (size_t i = 0; i < w->chain_count; i++) {
		enum theme_role one;

		(void)cert_state(&w->chain[i], now, &one);
		good += one == THEME_GOOD;
	}
	put(k, role, _("Chain   %s  %zu of %zu links"), state, good, w->chain_count);
	put(k, role, _("CRL     %s"), cert_revocation(leaf, text));
	put(k, THEME_TEXT, _("Valid   %s"), when_date(leaf->not_before, text));
	put(k, THEME_TEXT, _("     →  %s  (%s)"), when_date(leaf->not_after, text),
	    leaf->not_after > now ? when_span((leaf->not_after - now) / 1000, left) : _("over"));
	put(k, THEME_TEXT, _("Key     %s"), leaf->key == NULL ? "?" : leaf->key);
}

static void
put_numbers(struct card *k, const struct core_whois *w, const struct core_link_cert *leaf)
{
	char text[96], day[WHEN_MAX];

	if (leaf != NULL && leaf->sha256 != NULL) {
		put(k, THEME_TEXT, " ");
		put(k, THEME_DIM, "%s", _("SHA-256 fingerprint"));
		for (int i = 0; cert_hex_line(leaf->sha256, 4, 4, i, text)[0] != '\0'; i++)
			put(k, THEME_TEXT, "%s", text);
	}
	if (w->safety_number == NULL || w->safety_number[0] == '\0')
		return;
	put(k, THEME_TEXT, " ");
	if (w->verified_at != 0)
		put(k, THEME_GOOD, _("Safety no. VERIFIED %s"), when_day(w->verified_at, day));
	else
		put(k, THEME_DIM, "%s", _("Safety no. not compared"));
	for (int i = 0; cert_words_line(w->safety_number, 4, i, text)[0] != '\0'; i++)
		put(k, THEME_TEXT, "%s", text);
}

static void
gather(struct card *k, const struct model_conv *conv)
{
	const struct core_whois *w = conv->whois.whois;
	const struct core_link_cert *leaf = cert_leaf(w);
	char age[WHEN_MAX];
	uint64_t now = clock_now_ms();

	if (w == NULL) {
		put_wrapped(k, THEME_DIM, _("Nothing is known of them yet."));
		return;
	}
	put_holder(k, w, leaf);
	if (leaf != NULL) {
		put(k, THEME_TEXT, " ");
		put_chain(k, w, leaf);
	}
	put_numbers(k, w, leaf);
	put(k, THEME_TEXT, " ");
	if (w->session_at != 0 && w->session_at <= now)
		put(k, THEME_TEXT, _("Devices %zu   Session age %s"), w->device_count,
		    when_span((now - w->session_at) / 1000, age));
	else
		put(k, THEME_TEXT, _("Devices %zu"), w->device_count);
	put(k, THEME_DIM, "%s", _("Enter: inspect  v: verify"));
}

static void
draw(struct ui *ui, const struct layout *l, const struct canvas *c)
{
	struct card *k = mem_alloc(sizeof *k);
	bool focus = ui->focus == UI_CERTIFICATE;
	int rows = c->rows - 2;

	(void)l;
	(void)canvas_text(c, 0, 0, focus ? THEME_SELECTED : THEME_HEADING, _("CERTIFICATE"));
	(void)canvas_right(c, 0, c->cols, THEME_DIM, _("F4 hide"));
	k->columns = c->cols;
	if (ui->model->current != NULL)
		gather(k, ui->model->current);
	if (ui->certificate_top > k->count - rows)
		ui->certificate_top = k->count > rows ? k->count - rows : 0;
	for (int i = 0; i < rows && ui->certificate_top + i < k->count; i++)
		(void)canvas_text(c, 2 + i, 0, k->line[ui->certificate_top + i].role,
		    k->line[ui->certificate_top + i].text);
	if (focus)
		canvas_cursor(c, 0, 0);
	free(k);
}

static bool
key(struct ui *ui, uint32_t key)
{
	switch (key) {
	case 'j':
	case K_DOWN:
		ui->certificate_top++;
		return true;
	case 'k':
	case K_UP:
		ui->certificate_top -= ui->certificate_top > 0;
		return true;
	case K_ENTER:
	case 'l':
		command_run(ui, command_find("whois", 5), "");
		return true;
	case 'v':
		command_run(ui, command_find("verify", 6), "");
		return true;
	}
	return false;
}

const struct pane pane_certificate = { key, draw };
