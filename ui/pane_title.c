#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "ui/i18n.h"
#include "ui/label.h"
#include "ui/pane.h"
#include "ui/ui.h"
#include "ui/when.h"

#define TITLE_SUITE_COLS 60 /* below, there is no room to name it */
#define SHORT_COLS 72 /* below, the name needs the room */

/* A suite's name begins with its key exchange; ECDHE here is always over X25519. */
static const char *
exchange(const char *suite)
{
	if (suite == NULL || suite[0] == '\0')
		return "";
	return strncmp(suite, "ECDHE", 5) == 0 ? "X25519" : suite;
}

/* What of it tells one suite from another: the cipher, without the MAC that goes with it. */
static char *
cipher(const char *suite)
{
	const char *at = suite == NULL ? NULL : strchr(suite, '-');
	size_t n = at == NULL ? 0 : strcspn(++at, "-");
	char *out = mem_format("%.*s", (int)n, n > 0 ? at : "");

	if (strncmp(out, "CHACHA20_", 9) == 0)
		out[8] = '\0';
	return out;
}

static char *
online_text(const struct core_status *s, bool wide, int cols)
{
	char *name = cipher(s->suite), *out;

	if (name[0] == '\0' || cols < TITLE_SUITE_COLS)
		out = mem_strdup(_("relay pinned"));
	else if (wide)
		out = mem_format(_("relay: %s, %s pinned"), name, exchange(s->suite));
	else
		out = mem_format(_("relay: %s pinned"), name);
	free(name);
	return out;
}

static char *
relay_text(const struct core_status *s, bool wide, int cols)
{
	if (s->locked)
		return mem_strdup(_("locked"));
	switch (s->net) {
	case CORE_NET_ONLINE:
		return online_text(s, wide, cols);
	case CORE_NET_CONNECTING:
		return mem_strdup(_("connecting"));
	case CORE_NET_OFFLINE:
		break;
	}
	if (s->retry_s > 0)
		return mem_format(_("offline, again in %u s"), s->retry_s);
	return mem_strdup(_("offline"));
}

/* The core's words for why there is no card to work with; NULL: there is one. */
static const char *
missing_text(const char *card)
{
	static const char *const missing[] = { N_("no card"), N_("no card reader"),
		N_("no card software"), N_("pcscd is not running"),
		N_("the card cannot be used") };

	for (size_t i = 0; i < sizeof missing / sizeof *missing; i++)
		if (strcmp(card, missing[i]) == 0)
			return missing[i];
	return NULL;
}

/* The core's word for the tries left, as people say it: "NAME, 2 tries left". */
static char *
card_text(const char *card)
{
	static const struct {
		const char *word, *text;
	} tries[] = {
		{ ", tries full", "" },
		{ ", tries low", N_(", 2 tries left") },
		{ ", tries final", N_(", one try left") },
		{ ", tries locked", N_(", PIN locked") },
	};

	for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
		const char *at = strstr(card, tries[i].word);

		if (at != NULL && at[strlen(tries[i].word)] == '\0')
			return mem_format("%.*s%s", (int)(at - card), card,
			    tries[i].text[0] == '\0' ? "" : _(tries[i].text));
	}
	return mem_strdup(missing_text(card) != NULL ? _(missing_text(card)) : card);
}

/* On a narrow screen only whether it is there. */
static char *
short_text(const char *card, int cols)
{
	if (card[0] == '\0' || cols < SHORT_COLS)
		return mem_strdup("");
	return mem_format("%s  ", missing_text(card) == NULL ? _("card") : _("no card"));
}

static void
draw(struct ui *ui, const struct layout *l, const struct canvas *c)
{
	const struct core_status *s = model_status(ui->model);
	char host[LABEL_MAX], now[WHEN_MAX];
	const char *said = s->card == NULL ? "" : s->card;
	char *relay = relay_text(s, l->wide, c->cols),
	     *card = l->wide ? card_text(said) : short_text(said, c->cols), *right;
	int col, start;

	when_clock(clock_now_ms(), now);
	right = l->wide && card[0] != '\0' ? mem_format(_("card: %s   %s   %s"), card, relay, now)
					   : mem_format("%s%s  %s", card, relay, now);
	canvas_fill(c, 0, 0, c->cols, THEME_TITLE, " ");
	start = canvas_right(c, 0, c->cols - 1, THEME_TITLE, right);
	col = canvas_text(c, 0, 1, THEME_TITLE, "recado") + (l->wide ? 3 : 2);
	if (s->account != NULL && s->account[0] != '\0' && col < start - 2) {
		char *who = mem_format("%s@%s", s->account, label_host(s->relay, host));

		(void)canvas_span(c, 0, col, start - 2 - col, THEME_TITLE, who,
		    text_fit(who, strlen(who), start - 2 - col));
		free(who);
	}
	free(right);
	free(relay);
	free(card);
}

const struct pane pane_title = { NULL, draw };
