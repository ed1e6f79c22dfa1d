/*
 * The local history as a table, with a search line above, the selected message in full below, and
 * on wide screens what was said around it. The core searches; from: and after: before: narrow what
 * it found, here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/text.h"
#include "ui/command.h"
#include "ui/context.h"
#include "ui/field.h"
#include "ui/i18n.h"
#include "ui/keys.h"
#include "ui/pane.h"
#include "ui/tick.h"
#include "ui/ui.h"
#include "ui/view.h"
#include "ui/when.h"
#include "ui/wrap.h"

#define LIMIT 500
#define WIDE_COLS 110
#define LEFT_COLS 80
#define DETAIL_ROWS 9

struct history {
	char *name; /* NULL: all conversations */
	struct edit *search;
	bool searching; /* the search line has the focus */
	uint64_t seq;
	struct core_event *found;
	size_t count, capacity;
	bool done;
	char *error;
	struct view_cursor at;
	struct context *context;
	char *from, *after, *before; /* filters of the search that is shown; "" without */
};

static const struct view_hint hints[] = {
	{ "/", N_("Search") },
	{ "n N", N_("Next") },
	{ N_("Enter"), N_("Open") },
	{ "y", N_("Copy") },
	{ "s", N_("Status") },
	{ "S", N_("Receipt") },
	{ "a", N_("All") },
	{ "q", N_("Back") },
	{ NULL, NULL },
};

static void
forget(struct history *h)
{
	for (size_t i = 0; i < h->count; i++)
		core_event_clear(&h->found[i]);
	h->count = 0;
	h->at = (struct view_cursor){ 0 };
	free(h->error);
	h->error = NULL;
}

/* Split the line into words for the core and filters for us. Caller frees the words. */
static char *
parse(struct history *h, const char *line)
{
	char *words = mem_strdup(""), *word, *joined;

	free(h->from);
	free(h->after);
	free(h->before);
	h->from = mem_strdup("");
	h->after = mem_strdup("");
	h->before = mem_strdup("");
	while ((word = command_word(&line)) != NULL) {
		char **filter = strncmp(word, "from:", 5) == 0 ? &h->from
		    : strncmp(word, "after:", 6) == 0          ? &h->after
		    : strncmp(word, "before:", 7) == 0         ? &h->before
							       : NULL;

		if (filter != NULL) {
			free(*filter);
			*filter = mem_strdup(strchr(word, ':') + 1);
		} else {
			joined = mem_format("%s%s%s", words, words[0] == '\0' ? "" : " ", word);
			free(words);
			words = joined;
		}
		free(word);
	}
	return words;
}

static void
ask(struct ui *ui, struct history *h)
{
	struct core_cmd cmd = core_cmd_new(ui->core, CORE_HISTORY);
	char *words = parse(h, edit_text(h->search));

	forget(h);
	cmd.name = h->name == NULL ? NULL : mem_strdup(h->name);
	cmd.text = words[0] == '\0' ? NULL : mem_strdup(words);
	cmd.limit = LIMIT;
	h->done = false;
	h->seq = ui_send(ui, &cmd);
	free(words);
}

static void *
init(struct ui *ui, const void *arg)
{
	const struct view_history_arg *a = arg;
	struct history *h = mem_alloc(sizeof *h);

	h->name = a->name == NULL ? NULL : mem_strdup(a->name);
	h->context = context_new();
	h->search = edit_new(200, 0);
	h->searching = a->words != NULL && a->words[0] == '\0';
	edit_set(h->search, a->words == NULL ? "" : a->words);
	ask(ui, h);
	return h;
}

static void
release(struct ui *ui, void *self)
{
	struct history *h = self;

	(void)ui;
	forget(h);
	free(h->found);
	free(h->name);
	free(h->from);
	free(h->after);
	free(h->before);
	edit_free(&h->search);
	context_free(&h->context);
	free(h);
}

static bool
matches(const struct history *h, const struct core_message *m)
{
	char day[WHEN_MAX];

	when_date(m->sent_at, day);
	if (h->from[0] != '\0' && strncmp(m->from, h->from, strlen(h->from)) != 0 &&
	    !(m->outgoing && (strcmp(h->from, "me") == 0 || strcmp(h->from, _("you")) == 0)))
		return false;
	return (h->after[0] == '\0' || strcmp(day, h->after) >= 0) &&
	    (h->before[0] == '\0' || strcmp(day, h->before) <= 0);
}

static void
keep(struct history *h, struct core_event *ev)
{
	if (h->count == h->capacity) {
		h->capacity = h->capacity == 0 ? 64 : 2 * h->capacity;
		h->found = mem_grow(h->found, h->capacity, sizeof *h->found);
	}
	h->found[h->count++] = *ev;
	memset(ev, 0, sizeof *ev);
	h->at.at = h->count - 1;
}

static const struct core_message *
selected(const struct history *h)
{
	return h->at.at < h->count ? h->found[h->at.at].message : NULL;
}

static bool
event(struct ui *ui, void *self, struct core_event *ev)
{
	struct history *h = self;
	char line[sizeof(struct fault)];

	if (context_event(h->context, ev))
		return true;
	if (ev->seq == 0 || ev->seq != h->seq)
		return false;
	if (ev->kind == CORE_EV_MESSAGE) {
		if (matches(h, ev->message))
			keep(h, ev);
		return true;
	}
	if (ev->kind == CORE_EV_ERROR) {
		fault_line(ev->fault, line, sizeof line);
		free(h->error);
		h->error = mem_strdup(line);
		return true;
	}
	if (ev->kind == CORE_EV_DONE) {
		h->done = true;
		context_want(ui, h->context, selected(h));
	}
	return false;
}

/* ---- keys */

static void
with_id(struct ui *ui, const struct history *h, const char *command)
{
	const struct core_message *m = selected(h);

	if (m != NULL)
		command_run(ui, command_find(command, strlen(command)), m->id);
}

static void
open_message(struct ui *ui, const struct history *h)
{
	const struct core_message *m = selected(h);
	struct model_conv *c;
	char *id;

	if (m == NULL)
		return;
	c = model_get(ui->model, m->conversation);
	id = mem_strdup(m->id);
	ui_pop(ui);
	ui_select(ui, c);
	if (model_item(c, id) == NULL)
		ui_say(ui, THEME_STATUS, "%s", _("Further back than what is loaded: PgUp."));
	free(ui->selected);
	ui->selected = id;
}

static bool
act(struct ui *ui, struct history *h, uint32_t key)
{
	const struct core_message *m = selected(h);

	switch (key) {
	case K_ENTER:
		open_message(ui, h);
		return true;
	case '/':
		h->searching = true;
		return true;
	case 'n':
	case 'N':
		(void)view_cursor_key(&h->at, key == 'n' ? 'k' : 'j'); /* n: the next older */
		context_want(ui, h->context, selected(h));
		return true;
	case 'y':
		if (m != NULL) {
			edit_kill_push(ui->input, m->text);
			ui_say(ui, THEME_STATUS, "%s",
			    _("Copied. Ctrl-Y puts it into the input line."));
		}
		return true;
	case 's':
		with_id(ui, h, "status");
		return true;
	case 'S':
		with_id(ui, h, "receipt");
		return true;
	case 'a':
		free(h->name);
		h->name = NULL;
		ask(ui, h);
		return true;
	case '?':
		command_run(ui, command_find("help", 4), "");
		return true;
	}
	return keys_is_text(key);
}

static bool
key(struct ui *ui, void *self, uint32_t key)
{
	struct history *h = self;

	if (key == K_ESC || key == K_C('c') || (key == 'q' && !h->searching)) {
		if (h->searching && edit_len(h->search) > 0 && h->count > 0)
			h->searching = false;
		else
			ui_pop(ui);
		return true;
	}
	if (!h->searching && view_cursor_key(&h->at, key)) {
		context_want(ui, h->context, selected(h));
		return true;
	}
	if (!h->searching)
		return act(ui, h, key);
	if (key == K_ENTER) {
		h->searching = false;
		ask(ui, h);
		return true;
	}
	if (key == K_UP || key == K_DOWN || key == K_TAB) {
		h->searching = false;
		return true;
	}
	return edit_key(h->search, key);
}

static void
paste(struct ui *ui, void *self, const char *text, size_t n)
{
	struct history *h = self;

	(void)ui;
	if (h->searching)
		(void)edit_insert(h->search, text, n);
}

/* ---- painting */

static void
draw_search(const struct canvas *c, const struct history *h)
{
	char count[64];
	int col = canvas_text(c, 0, 1, THEME_HEADING, _("Search:")) + 1, end;

	snprintf(count, sizeof count, h->count == 0 ? _("no match") : _("%zu of %zu"), h->at.at + 1,
	    h->count);
	end = canvas_right(c, 0, c->cols - 1, THEME_DIM, h->done ? count : _("working ..."));
	field_draw(c, 0, col, end - col - 2, h->search, h->searching);
}

static void
draw_row(const struct canvas *c, int row, const struct core_message *m, bool at, bool names)
{
	enum theme_role role = at ? THEME_SELECTED : THEME_TEXT;
	char day[WHEN_MAX], clock[WHEN_MAX], status[64];
	int col = 26;

	canvas_fill(c, row, 0, c->cols, role, " ");
	(void)canvas_text(c, row, 0, role, at ? ">" : " ");
	(void)canvas_text(c, row, 1, role, when_date(m->sent_at, day));
	(void)canvas_text(c, row, 13, role, when_clock(m->sent_at, clock));
	(void)canvas_text(c, row, 20, role, m->outgoing ? "->" : "<-");
	if (names)
		col = canvas_field(c, row, col, 10, role, m->conversation) + 1;
	(void)canvas_field(
	    c, row, col, c->cols - 8 - col - 1, role, m->text == NULL ? "" : m->text);
	snprintf(status, sizeof status, "%s",
	    m->outgoing     ? tick_text(m->state, false, term_ascii(c->term))
		: m->unread ? _("new")
			    : _("read"));
	(void)canvas_field(c, row, c->cols - 8, 7, role, status);
}

static void
draw_detail(const struct canvas *c, const struct core_message *m)
{
	char a[WHEN_MAX], b[WHEN_MAX], title[64];
	const char *text = m->text == NULL ? "" : m->text;
	struct wrap_line line;
	struct wrap w;
	int row = 6;

	snprintf(title, sizeof title, _("message %s"), m->id);
	canvas_rule(c, 0, c->cols, title, false);
	(void)canvas_printf(c, 1, 2, THEME_TEXT, _("From         %s  (%c %s, %s, device %.8s)"),
	    m->from, m->trust == 0 ? '?' : m->trust, m->civil_name == NULL ? "" : m->civil_name,
	    m->civil_id == NULL ? "" : m->civil_id, m->device == NULL ? "" : m->device);
	(void)canvas_printf(c, 2, 2, THEME_TEXT, _("Sent         %s"), when_exact(m->sent_at, a));
	if (m->received_at != 0)
		(void)canvas_printf(
		    c, 3, 2, THEME_TEXT, _("Received     %s"), when_exact(m->received_at, b));
	(void)canvas_printf(c, 4, 2, THEME_TEXT, _("State        %s  %s"),
	    tick_words(m->state, false), m->error == NULL ? "" : m->error);
	wrap_start(&w, text, strlen(text), c->cols - 4);
	while (wrap_next(&w, &line) && row < c->rows)
		(void)canvas_span(c, row++, 2, -1, THEME_TEXT, text + line.at, line.bytes);
}

static void
draw_table(const struct canvas *c, struct history *h)
{
	int detail = c->rows > DETAIL_ROWS + 8 ? (c->rows - 2) / 2 : 0, rows;

	draw_search(c, h);
	(void)canvas_text(c, 1, 1, THEME_HEADING, _("DATE"));
	(void)canvas_text(c, 1, 13, THEME_HEADING, _("TIME"));
	(void)canvas_text(c, 1, 20, THEME_HEADING, _("DIR"));
	(void)canvas_text(c, 1, 26, THEME_HEADING, _("MESSAGE"));
	(void)canvas_text(c, 1, c->cols - 8, THEME_HEADING, _("STATUS"));
	rows = c->rows - 2 - detail;
	view_cursor_fit(&h->at, h->count, rows);
	for (int i = 0; i < rows && h->at.top + (size_t)i < h->count; i++)
		draw_row(c, 2 + i, h->found[h->at.top + (size_t)i].message,
		    h->at.top + (size_t)i == h->at.at, h->name == NULL);
	if (!h->searching && h->count > 0)
		canvas_cursor(c, 2 + (int)(h->at.at - h->at.top), 0);
	if (h->error != NULL)
		(void)canvas_text(c, 2, 1, THEME_BAD, h->error);
	if (detail > 0 && selected(h) != NULL) {
		struct canvas low = canvas_sub(c, c->rows - detail, 0, detail, c->cols);

		draw_detail(&low, selected(h));
	}
}

static void
draw(struct ui *ui, void *self, const struct canvas *c)
{
	struct history *h = self;
	struct canvas body = canvas_sub(c, 1, 0, c->rows - 3, c->cols), left = body, right;
	const struct model_conv *conv = model_find(ui->model, h->name);
	char *title = mem_format(_("history  %s"),
	    h->name == NULL    ? _("all conversations")
		: conv != NULL ? conv->label
			       : h->name);
	char *count = mem_format(ngettext("%zu message", "%zu messages", h->count), h->count);

	view_title(c, title, count);
	if (c->cols >= WIDE_COLS) {
		left = canvas_sub(&body, 0, 0, body.rows, LEFT_COLS);
		right = canvas_sub(&body, 0, LEFT_COLS, body.rows, body.cols - LEFT_COLS);
		context_draw(h->context, &right);
	}
	draw_table(&left, h);
	pane_status_line(
	    ui, c, c->rows - 2, _("[history] [all conversations: a] [index: on this device]"));
	view_hints(c, c->rows - 1, hints, _("? Help"));
	free(title);
	free(count);
}

const struct view view_history = {
	.name = "history",
	.init = init,
	.free = release,
	.key = key,
	.paste = paste,
	.event = event,
	.draw = draw,
};
