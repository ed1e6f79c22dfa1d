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
#include "ui/lines.h"
#include "ui/pane.h"
#include "ui/tick.h"
#include "ui/ui.h"
#include "ui/when.h"

#define GUTTER 3
#define NOTICE_COL 6
#define TIME_COLS 6  /* "09:57 " */
#define NAME_COLS 11 /* a name of 10 and a space or more */

struct place { /* columns of a message line */
	int time, name, text, width, gutter;
};

static struct place
places(const struct layout *l, int cols)
{
	struct place p = { .time = l->times ? 0 : -1 };
	int name = cols >= 50 ? NAME_COLS : 8;

	p.name = l->times ? TIME_COLS : 0;
	p.text = p.name + name;
	p.gutter = cols - GUTTER;
	p.width = p.gutter - p.text - 1;
	return p;
}

/* ---- the header */

/* The letter, and what it means where there is room. */
static void
draw_trust(const struct canvas *c, int col, int end, char trust)
{
	char *text = mem_format("%c %s", trust, label_trust(trust));

	if (col + text_columns(text, strlen(text)) > end)
		text[1] = '\0';
	if (col + 1 < end)
		(void)canvas_text(c, 0, col, label_trust_role(trust), text);
	free(text);
}

static void
draw_header(struct ui *ui, const struct layout *l, const struct canvas *c)
{
	const struct model_conv *conv = ui->model->current;
	const struct core_whois *w = conv->whois.whois;
	char *left = strcmp(conv->label, conv->name) == 0
	    ? mem_strdup(conv->label)
	    : mem_format("%s (%s)", conv->label, conv->name);
	char *right;
	int col, end;

	if (l->certificate.rows > 0)
		right = mem_strdup(w != NULL && w->suite != NULL && w->suite[0] != '\0'
			? _("e2e on")
			: _("no session yet"));
	else if (w != NULL)
		right = cert_summary(w, clock_now_ms());
	else
		right = mem_strdup("");
	end = c->cols - text_columns(right, strlen(right));
	if (end < 12) {
		right[0] = '\0';
		end = c->cols;
	}
	col = canvas_span(c, 0, 0, end - 2,
	    ui->focus == UI_CONVERSATION ? THEME_SELECTED : THEME_HEADING, left,
	    text_fit(left, strlen(left), end - 2));
	if (l->certificate.rows == 0)
		draw_trust(c, col + 2, end - 1, model_trust(conv));
	(void)canvas_text(c, 0, end, THEME_DIM, right);
	canvas_rule(c, 1, c->cols, NULL, false);
	free(left);
	free(right);
}

/* ---- one line */

static const char *
author(const struct model_conv *conv, const struct core_message *m, char out[LABEL_MAX])
{
	if (m->outgoing)
		return _("you");
	if (strcmp(m->from, conv->name) == 0)
		snprintf(out, LABEL_MAX, "%.*s", (int)strcspn(conv->label, " "), conv->label);
	else
		snprintf(out, LABEL_MAX, "%s", m->from);
	return out;
}

static void
draw_text(struct ui *ui, const struct canvas *c, int row, const struct lines_line *line,
    const struct place *p)
{
	const struct core_message *m = line->item->ev.message;
	bool selected = ui->selected != NULL && strcmp(ui->selected, m->id) == 0;
	enum theme_role role = selected ? THEME_CURRENT : THEME_TEXT;
	char out[LABEL_MAX], when[WHEN_MAX];

	if (line->time && p->time >= 0)
		(void)canvas_text(c, row, p->time, THEME_DIM, when_clock(line->item->at, when));
	if (line->name)
		(void)canvas_field(c, row, p->name, p->text - p->name - 1,
		    m->outgoing ? THEME_OWN : THEME_PEER, author(ui->model->current, m, out));
	if (selected)
		(void)canvas_text(c, row, p->text - 1, role, ">");
	(void)canvas_span(c, row, p->text, p->width, role, line->text, line->bytes);
	if (line->last && m->outgoing)
		(void)canvas_text(c, row, p->gutter, tick_role(m->state, line->item->bad),
		    tick_text(m->state, line->item->bad, term_ascii(c->term)));
}

static void
draw_line(struct ui *ui, const struct canvas *c, int row, const struct lines_line *line,
    const struct place *p)
{
	const struct model_conv *conv = ui->model->current;
	char text[128], day[WHEN_MAX];

	switch (line->kind) {
	case LINES_DAY:
		canvas_rule(
		    c, row, c->cols - 1, when_long_day(line->item->at, c->cols < 60, day), true);
		break;
	case LINES_NEW:
		snprintf(text, sizeof text, ngettext("%zu new", "%zu new", conv->new_count),
		    conv->new_count);
		canvas_rule(c, row, c->cols - 1, text, false);
		break;
	case LINES_TEXT:
		draw_text(ui, c, row, line, p);
		break;
	case LINES_NOTICE:
	case LINES_FIRST:
		(void)canvas_span(c, row, NOTICE_COL, -1, THEME_DIM, line->text, line->bytes);
		break;
	case LINES_ERROR:
		(void)canvas_span(c, row, p->text, p->width, THEME_BAD, line->text, line->bytes);
		break;
	}
}

/* ---- the window */

/* The newest unread message that is now on the screen is what was read so far. */
static void
note_shown(struct ui *ui, const struct lines_line *line)
{
	const struct core_message *m = line->item->ev.message;

	if (line->kind != LINES_TEXT || !line->last || m->outgoing || !m->unread)
		return;
	free(ui->shown_id);
	ui->shown_id = mem_strdup(m->id);
}

/* Scroll so that the selected message is inside. */
static void
reveal(struct ui *ui, const struct lines *l, int rows)
{
	int below = 0, height = 0;

	if (ui->selected == NULL)
		return;
	for (size_t i = l->count; i-- > 0;) {
		const struct lines_line *line = &l->line[i];
		bool here = line->item->ev.kind == CORE_EV_MESSAGE &&
		    strcmp(line->item->ev.message->id, ui->selected) == 0;

		if (here)
			height++;
		else if (height > 0)
			break;
		else
			below++;
	}
	if (height == 0)
		return;
	if (below < ui->scroll)
		ui->scroll = below;
	if (below + height > ui->scroll + rows)
		ui->scroll = below + height - rows;
}

static void
draw_window(struct ui *ui, const struct layout *l, const struct canvas *c)
{
	struct place p = places(l, c->cols);
	struct lines all;
	size_t want = ui->selected != NULL ? SIZE_MAX : (size_t)ui->scroll + (size_t)c->rows;
	int first;

	lines_layout(&all, ui->model->current,
	    (struct lines_widths){ p.width, c->cols - NOTICE_COL - 1 }, want);
	reveal(ui, &all, c->rows);
	if (ui->scroll > (int)all.count - c->rows)
		ui->scroll = (int)all.count > c->rows ? (int)all.count - c->rows : 0;
	first = (int)all.count - ui->scroll - c->rows;
	ui->at_top = all.whole && first <= 0;
	for (int r = 0; r < c->rows; r++) {
		if (first + r < 0 || first + r >= (int)all.count)
			continue;
		draw_line(ui, c, r, &all.line[first + r], &p);
		note_shown(ui, &all.line[first + r]);
	}
	if (ui->scroll > 0)
		(void)canvas_right(c, c->rows - 1, c->cols, THEME_WARN, _(" more below: Alt-End "));
	if (ui->focus == UI_CONVERSATION)
		canvas_cursor(c, c->rows - 1, 0);
	lines_free(&all);
}

static void
draw_nobody(struct ui *ui, const struct canvas *c)
{
	(void)ui;
	(void)canvas_text(c, 2, 2, THEME_HEADING, _("Whom do you want to write to?"));
	(void)canvas_text(c, 4, 2, THEME_TEXT, _("/add NAME    adds somebody by their name here"));
	(void)canvas_text(
	    c, 5, 2, THEME_TEXT, _("/list --all  shows who is there, if the relay tells"));
	(void)canvas_text(c, 6, 2, THEME_TEXT, _("F1           lists the keys"));
}

static void
draw(struct ui *ui, const struct layout *l, const struct canvas *c)
{
	struct canvas window = canvas_sub(c, 2, 0, c->rows - 2, c->cols);

	free(ui->shown_id);
	ui->shown_id = NULL;
	if (ui->model->current == NULL) {
		draw_nobody(ui, c);
		return;
	}
	draw_header(ui, l, c);
	draw_window(ui, l, &window);
}

/* ---- selecting messages */

static void
select_step(struct ui *ui, int step)
{
	const struct model_conv *conv = ui->model->current;
	size_t at = conv->count, i;

	for (i = 0; ui->selected != NULL && i < conv->count; i++)
		if (conv->items[i].ev.kind == CORE_EV_MESSAGE &&
		    strcmp(conv->items[i].ev.message->id, ui->selected) == 0)
			at = i;
	for (i = at + (size_t)step; i < conv->count; i += (size_t)step) {
		if (conv->items[i].ev.kind != CORE_EV_MESSAGE)
			continue;
		free(ui->selected);
		ui->selected = mem_strdup(conv->items[i].ev.message->id);
		return;
	}
	if (step < 0)
		ui_load_older(ui);
}

static bool
key(struct ui *ui, uint32_t key)
{
	const struct model_item *item;

	if (ui->model->current == NULL)
		return false;
	switch (key) {
	case 'j':
	case K_DOWN:
	case 'k':
	case K_UP:
		select_step(ui, key == 'j' || key == K_DOWN ? 1 : -1);
		return true;
	case K_ENTER:
	case 's':
		command_run(ui, command_find("status", 6), "");
		return true;
	case 'S':
		command_run(ui, command_find("receipt", 7), "");
		return true;
	case 'G':
		command_run(ui, command_find("bottom", 6), "");
		return true;
	case 'y':
		item = model_item(ui->model->current, ui->selected);
		if (item != NULL) {
			edit_kill_push(ui->input, item->ev.message->text);
			ui_say(ui, THEME_STATUS, "%s",
			    _("Copied. Ctrl-Y puts it into the input line."));
		}
		return true;
	}
	return false;
}

const struct pane pane_conversation = { key, draw };
