#include <stdio.h>
#include <string.h>
#include "ui/i18n.h"
#include "ui/pane.h"
#include "ui/ui.h"

void
pane_status_line(struct ui *ui, const struct canvas *c, int row, const char *text)
{
	enum theme_role role = ui->say == NULL ? THEME_STATUS : ui->say_role;

	canvas_fill(c, row, 0, c->cols, THEME_STATUS, " ");
	if (ui->say == NULL)
		(void)canvas_field(c, row, 1, c->cols - 2, role, text);
	else
		(void)canvas_field(
		    c, row, 1, c->cols - 2, role == THEME_TEXT ? THEME_STATUS : role, ui->say);
}

/* "[act: 1*,2]": the numbers of conversations with something unread; * came since last looked at. */
static size_t
activity(const struct ui *ui, char *out, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < ui->model->count && used + 32 < size; i++) {
		const struct model_conv *c = ui->model->convs[i];

		if (model_unread(c) > 0)
			used += (size_t)snprintf(out + used, size - used, "%s%zu%s",
			    used == 0 ? "" : ",", i + 1, c->fresh ? "*" : "");
	}
	return used;
}

static void
draw(struct ui *ui, const struct layout *l, const struct canvas *c)
{
	const struct core_status *s = model_status(ui->model);
	const struct model_conv *current = ui->model->current;
	char line[512], act[128];
	size_t used = 0;

	(void)l;
	line[0] = act[0] = '\0';
	if (current != NULL)
		used += (size_t)snprintf(line, sizeof line, "[%zu %.100s] ",
		    model_index(ui->model, current) + 1, current->label);
	if (activity(ui, act, sizeof act) > 0)
		used += (size_t)snprintf(line + used, sizeof line - used, _("[act: %s] "), act);
	if (s->net == CORE_NET_ONLINE && s->lag_ms > 0 && l->wide)
		used +=
		    (size_t)snprintf(line + used, sizeof line - used, _("[lag %ums] "), s->lag_ms);
	if (s->outbox > 0)
		used += (size_t)snprintf(
		    line + used, sizeof line - used, _("[outbox %u queued] "), s->outbox);
	if (s->net == CORE_NET_OFFLINE && s->net_error != NULL && s->net_error[0] != '\0')
		snprintf(line + used, sizeof line - used, "[%.200s]", s->net_error);
	pane_status_line(ui, c, 0, line);
}

const struct pane pane_status = { NULL, draw };
