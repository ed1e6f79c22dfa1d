/*
 * Who somebody is: the page of whois_page, and what its keys do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "ui/command.h"
#include "ui/i18n.h"
#include "ui/keys.h"
#include "ui/pane.h"
#include "ui/ui.h"
#include "ui/view.h"
#include "ui/whois_page.h"

#define SCROLL_ROWS 8

struct whois {
	char *name;
	uint64_t seq;
	struct core_event ev; /* CORE_EV_WHOIS; whois NULL until it came */
	char *error;
	struct whois_page page;
	struct qr *qr;
	bool qr_only;
};

static const struct view_hint hints[] = {
	{ "v", N_("Verify") },
	{ "m", N_("Compared") },
	{ "Q", N_("QR code") },
	{ "y", N_("Copy") },
	{ "e", N_("Export PEM") },
	{ "r", N_("Refresh") },
	{ "b", N_("Block") },
	{ "q", N_("Back") },
	{ NULL, NULL },
};

static void
ask(struct ui *ui, struct whois *w, bool fresh)
{
	struct core_cmd cmd = core_cmd_new(ui->core, CORE_WHOIS);

	cmd.name = mem_strdup(w->name);
	cmd.flags = CORE_F_PEM | (fresh ? CORE_F_ALL : 0);
	w->seq = ui_send(ui, &cmd);
}

static void *
init(struct ui *ui, const void *arg)
{
	struct whois *w = mem_alloc(sizeof *w);

	w->name = mem_strdup(arg);
	ask(ui, w, false);
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
		ask(ui, w, false); /* compared, revoked: show it as it is now */
	if (ev->seq == 0 || ev->seq != w->seq)
		return false;
	if (ev->kind == CORE_EV_WHOIS) {
		forget(w);
		w->ev = *ev;
		w->page.at.at = ev->whois->chain_count > 0 ? ev->whois->chain_count - 1 : 0;
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
	w->page.shift += key == K_PGDN ? SCROLL_ROWS : -SCROLL_ROWS;
	return true;
}

static bool
act(struct ui *ui, struct whois *w, uint32_t key)
{
	switch (key) {
	case 'v':
		command_run(ui, command_find("verify", 6), w->name);
		return true;
	case 'm':
		command_run(ui, command_find("confirm", 7), w->name);
		return true;
	case 'b':
		command_run(ui, command_find("block", 5), w->name);
		return true;
	case 'r':
		ask(ui, w, true);
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
	if (scroll(w, key) || view_cursor_key(&w->page.at, key) || act(ui, w, key))
		return true;
	return keys_is_text(key);
}

/* ---- painting */

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
	if (w->error != NULL) {
		(void)canvas_text(&body, 1, 2, THEME_BAD, w->error);
	} else if (who == NULL) {
		(void)canvas_text(&body, 1, 2, THEME_DIM, _("looking ..."));
	} else {
		w->page.who = who;
		w->page.qr = w->qr;
		if (w->qr_only)
			whois_page_draw_qr(c, &w->page);
		else
			whois_page_draw(&body, &w->page);
	}
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
