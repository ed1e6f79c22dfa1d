#include "ui/context.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "ui/i18n.h"
#include "ui/ui.h"
#include "ui/when.h"
#include "ui/wrap.h"

#define CONTEXT_MESSAGES 10

struct context {
	char *id; /* of the message it leads to */
	uint64_t seq;
	struct core_event said[CONTEXT_MESSAGES];
	size_t count;
};

struct context *
context_new(void)
{
	return mem_alloc(sizeof(struct context));
}

static void
forget(struct context *c)
{
	while (c->count > 0)
		core_event_clear(&c->said[--c->count]);
	free(c->id);
	c->id = NULL;
	c->seq = 0;
}

void
context_free(struct context **pc)
{
	if (*pc == NULL)
		return;
	forget(*pc);
	free(*pc);
	*pc = NULL;
}

void
context_want(struct ui *ui, struct context *c, const struct core_message *m)
{
	struct core_cmd cmd;

	if (m == NULL || (c->id != NULL && strcmp(c->id, m->id) == 0))
		return;
	forget(c);
	c->id = mem_strdup(m->id);
	cmd = core_cmd_new(ui->core, CORE_HISTORY);
	cmd.name = mem_strdup(m->conversation);
	cmd.before = m->row + 1;
	cmd.limit = CONTEXT_MESSAGES;
	c->seq = ui_send(ui, &cmd);
}

bool
context_event(struct context *c, struct core_event *ev)
{
	if (ev->seq == 0 || ev->seq != c->seq || ev->kind != CORE_EV_MESSAGE ||
	    c->count == CONTEXT_MESSAGES)
		return false;
	c->said[c->count++] = *ev;
	memset(ev, 0, sizeof *ev);
	return true;
}

/* Drawn so that the end, the message itself, is always in sight. */
static int
draw_message(const struct canvas *c, int row, const struct core_message *m, bool last)
{
	char clock[WHEN_MAX];
	char *text = mem_format("%s %s  %s", when_clock(m->sent_at, clock),
	    m->outgoing ? _("you") : m->from, m->text == NULL ? "" : m->text);
	struct wrap_line line;
	struct wrap w;
	int col = 1;

	wrap_start(&w, text, strlen(text), c->cols - 8);
	while (wrap_next(&w, &line)) {
		(void)canvas_span(c, row++, col, -1, last ? THEME_CURRENT : THEME_TEXT,
		    text + line.at, line.bytes);
		col = 7;
	}
	free(text);
	return row;
}

void
context_draw(const struct context *c, const struct canvas *canvas)
{
	struct canvas body = canvas_sub(canvas, 2, 0, canvas->rows - 2, canvas->cols);
	struct canvas measure = canvas_sub(canvas, 0, 0, 0, canvas->cols);
	int rows = 0, row = 0;

	for (int r = 0; r < canvas->rows; r++)
		(void)canvas_text(canvas, r, 0, THEME_BORDER, "│");
	(void)canvas_text(canvas, 0, 1, THEME_HEADING, _("CONTEXT"));
	for (size_t i = 0; i < c->count; i++)
		rows = draw_message(&measure, rows, c->said[i].message, false);
	body.shift = rows > body.rows ? rows - body.rows : 0;
	for (size_t i = 0; i < c->count; i++)
		row = draw_message(&body, row, c->said[i].message, i + 1 == c->count);
}
