#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/text.h"
#include "ui/i18n.h"
#include "ui/keys.h"
#include "ui/label.h"
#include "ui/pane.h"
#include "ui/ui.h"
#include "ui/view.h"

static const char *
presence(const struct model_conv *c)
{
	const struct core_person *p = c->person.person;

	if (p != NULL && p->contact == CORE_CONTACT_REQUEST)
		return "◐";
	return p != NULL && p->online ? "●" : "○";
}

/* What stands at the right end: unread, or why not to trust. Caller frees. */
static char *
mark_of(const struct model_conv *c)
{
	const struct core_person *p = c->person.person;
	size_t unread = model_unread(c);

	if (unread > 0)
		return mem_format("%zu%s", unread, c->fresh ? "*" : " ");
	if (p != NULL && p->contact == CORE_CONTACT_BLOCKED)
		return mem_strdup(_("blocked"));
	if (p != NULL && p->contact == CORE_CONTACT_REQUEST)
		return mem_strdup(_("request"));
	if (p != NULL && p->trust == '!' && p->why != NULL)
		return mem_strdup(label_word(p->why));
	return mem_strdup("");
}

static void
draw_person(
    struct ui *ui, const struct canvas *c, int row, const struct model_conv *conv, bool picked)
{
	enum theme_role role = THEME_TEXT, trust = label_trust_role(model_trust(conv));
	char letter[2] = { model_trust(conv), '\0' }, *mark = mark_of(conv), *name;
	int end = c->cols - text_columns(mark, strlen(mark)), col;

	if (picked && ui->focus == UI_CONTACTS)
		role = trust = THEME_SELECTED;
	else if (conv == ui->model->current)
		role = THEME_CURRENT;
	else if (model_unread(conv) > 0)
		role = THEME_UNREAD;
	canvas_fill(c, row, 0, c->cols, role, " ");
	col = canvas_text(c, row, 0, role, presence(conv));
	col = canvas_text(c, row, col, trust, letter) + 1;
	name = conv->person.person != NULL && conv->person.person->mixed_scripts
	    ? mem_format(_("%s (mixed scripts)"), conv->label)
	    : mem_strdup(conv->label);
	(void)canvas_field(c, row, col, end - col - (mark[0] != '\0' ? 1 : 0), role, name);
	(void)canvas_text(c, row, end, role, mark);
	free(name);
	free(mark);
}

static void
draw(struct ui *ui, const struct layout *l, const struct canvas *c)
{
	struct view_cursor list = { .at = ui->picked, .top = ui->contacts_top };
	size_t unread = model_unread_all(ui->model);
	char line[64];

	(void)l;
	(void)canvas_text(c, 0, 0, THEME_HEADING, _("CONTACTS"));
	if (unread > 0) {
		snprintf(line, sizeof line, ngettext("%zu unread", "%zu unread", unread), unread);
		(void)canvas_right(c, 0, c->cols, THEME_UNREAD, line);
	}
	if (ui->model->count == 0) {
		(void)canvas_text(c, 1, 0, THEME_DIM, _("nobody yet: /add NAME"));
		return;
	}
	if (ui->focus != UI_CONTACTS && ui->model->current != NULL)
		list.at = model_index(ui->model, ui->model->current);
	view_cursor_fit(&list, ui->model->count, c->rows - 1);
	ui->picked = list.at;
	ui->contacts_top = list.top;
	for (size_t i = list.top; i < list.count && (int)(i - list.top) < list.rows; i++)
		draw_person(ui, c, 1 + (int)(i - list.top), ui->model->convs[i], i == list.at);
	if (ui->focus == UI_CONTACTS)
		canvas_cursor(c, 1 + (int)(list.at - list.top), 0);
}

static bool
key(struct ui *ui, uint32_t key)
{
	struct view_cursor list = { .at = ui->picked, .count = ui->model->count, .rows = 10 };

	if (view_cursor_key(&list, key)) {
		ui->picked = list.at;
		return true;
	}
	if (list.at >= list.count)
		return false;
	if (key == K_ENTER || key == 'l') {
		ui_select(ui, ui->model->convs[list.at]);
		ui->focus = UI_INPUT;
		return true;
	}
	return false;
}

const struct pane pane_contacts = { key, draw };
