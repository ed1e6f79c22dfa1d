/*
 * Help and palette: the same table of commands, narrowed by what is typed. Help leads with the keys
 * and ends with what the marks mean; the palette leads with what a command does.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/text.h"
#include "ui/command.h"
#include "ui/field.h"
#include "ui/i18n.h"
#include "ui/keys.h"
#include "ui/ui.h"
#include "ui/view.h"

#define BOX_COLS 86 /* the most; every title fits then */
#define LEGEND_ROWS 6

struct palette {
	struct edit *filter;
	struct view_cursor list;
	bool help;
};

static void *
start(bool help)
{
	struct palette *p = mem_alloc(sizeof *p);

	p->filter = edit_new(64, 0);
	p->help = help;
	return p;
}

static void *
init_help(struct ui *ui, const void *arg)
{
	(void)ui;
	(void)arg;
	return start(true);
}

static void *
init_palette(struct ui *ui, const void *arg)
{
	(void)ui;
	(void)arg;
	return start(false);
}

static void
release(struct ui *ui, void *self)
{
	struct palette *p = self;

	(void)ui;
	edit_free(&p->filter);
	free(p);
}

static void
keys_text(const struct command *cmd, char *out, size_t size)
{
	char a[KEYS_NAME_MAX], b[KEYS_NAME_MAX];

	keys_name(cmd->keys[0], a);
	keys_name(cmd->keys[1], b);
	if (cmd->keys[0] == K_A('1'))
		snprintf(a, sizeof a, "Alt-1..9");
	snprintf(out, size, "%s %s", a, b);
}

static bool
matches(const struct command *cmd, const char *filter)
{
	char keys[2 * KEYS_NAME_MAX + 2], line[512];

	keys_text(cmd, keys, sizeof keys);
	snprintf(line, sizeof line, "%s /%s %s %s", _(cmd->title), cmd->name,
	    cmd->args[0] == '\0' ? "" : _(cmd->args), keys);
	return strcasestr(line, filter) != NULL;
}

/* The n-th command that matches, and how many do. */
static const struct command *
nth(const struct palette *p, size_t n, size_t *count)
{
	size_t total, seen = 0;
	const struct command *table = command_table(&total), *found = NULL;

	for (size_t i = 0; i < total; i++) {
		if (!matches(&table[i], edit_text(p->filter)))
			continue;
		if (seen++ == n)
			found = &table[i];
	}
	*count = seen;
	return found;
}

static bool
is_list_key(uint32_t key)
{
	return key == K_UP || key == K_DOWN || key == K_PGUP || key == K_PGDN;
}

static bool
key(struct ui *ui, void *self, uint32_t key)
{
	struct palette *p = self;
	const struct command *cmd;
	size_t count;

	if (key == K_ESC || key == K_C('c') || key == K_F(p->help ? 1 : 2)) {
		ui_pop(ui);
		return true;
	}
	cmd = nth(p, p->list.at, &count);
	p->list.count = count;
	if (key == K_ENTER) {
		ui_pop(ui);
		if (cmd != NULL)
			command_run(ui, cmd, "");
		return true;
	}
	if (key == K_C('n') || key == K_C('p'))
		key = key == K_C('n') ? K_DOWN : K_UP;
	if (is_list_key(key))
		return view_cursor_key(&p->list, key);
	if (!edit_key(p->filter, key))
		return false;
	p->list.at = 0;
	return true;
}

static void
paste(struct ui *ui, void *self, const char *text, size_t n)
{
	(void)ui;
	(void)edit_insert(((struct palette *)self)->filter, text, n);
}

static void
draw_command(
    const struct palette *p, const struct canvas *c, int row, const struct command *cmd, bool at)
{
	enum theme_role role = at ? THEME_SELECTED : THEME_DIALOG;
	char keys[2 * KEYS_NAME_MAX + 2], slash[64];
	int split = p->help ? 19 : c->cols - 32;

	keys_text(cmd, keys, sizeof keys);
	snprintf(slash, sizeof slash, "/%s", cmd->name);
	canvas_fill(c, row, 0, c->cols, role, " ");
	if (p->help) {
		(void)canvas_field(c, row, 1, split - 1, role, keys);
		(void)canvas_field(c, row, split + 1, c->cols - split - 2, role, _(cmd->title));
		return;
	}
	(void)canvas_field(c, row, 1, split - 1, role, _(cmd->title));
	(void)canvas_field(c, row, split + 1, 12, role, slash);
	(void)canvas_field(c, row, split + 14, c->cols - split - 15, role, keys);
}

/* What may be typed behind the name of the selected one. */
static void
draw_usage(const struct canvas *c, const struct command *cmd)
{
	char line[128];

	if (cmd == NULL || cmd->args[0] == '\0')
		return;
	snprintf(line, sizeof line, "/%s %s", cmd->name, _(cmd->args));
	(void)canvas_text(c, c->rows - 2, 1, THEME_DIALOG, line);
}

static void
draw_legend(const struct canvas *c, int row)
{
	bool ascii = term_ascii(c->term);

	(void)canvas_text(c, row, 1, THEME_DIALOG, _("V card valid + safety number compared"));
	(void)canvas_text(c, row + 1, 1, THEME_DIALOG,
	    _("C card valid, not compared   R issued by the relay's own CA"));
	(void)canvas_text(c, row + 2, 1, THEME_DIALOG, _("? unknown   ! do not trust"));
	(void)canvas_text(c, row + 3, 1, THEME_DIALOG,
	    ascii ? _(".. queued  s at relay  d delivered  r read  rS read, card")
		  : _("… queued  ✓ at relay  ✓✓ delivered  ✓✓r read  ✓✓S card"));
	(void)canvas_text(c, row + 4, 1, THEME_DIALOG,
	    ascii ? _("x failed  r! bad signature   /x TEXT  (commands: Tab)")
		  : _("✗ failed  ✓✓! bad signature   /command  (Tab completes)"));
}

static void
draw(struct ui *ui, void *self, const struct canvas *c)
{
	struct palette *p = self;
	int cols = c->cols < BOX_COLS + 2 ? c->cols : BOX_COLS, rows = c->rows - 4, list, col;
	bool legend = p->help && rows >= 18;
	struct canvas box, in;
	size_t count;

	(void)ui;
	rows = rows > 27 ? 27 : rows;
	box = canvas_sub(c, (c->rows - rows) / 2, (c->cols - cols) / 2, rows, cols);
	in = canvas_box(&box, p->help ? _("Help") : _("Commands"));
	list = in.rows - 4 - (legend ? LEGEND_ROWS : 0);
	(void)nth(p, 0, &count);
	view_cursor_fit(&p->list, count, list);
	for (int i = 0; i < list && p->list.top + (size_t)i < count; i++)
		draw_command(p, &in, 2 + i, nth(p, p->list.top + (size_t)i, &count),
		    p->list.top + (size_t)i == p->list.at);
	if (legend)
		draw_legend(&in, in.rows - 2 - LEGEND_ROWS + 1);
	draw_usage(&in, nth(p, p->list.at, &count));
	(void)canvas_text(&in, in.rows - 1, 1, THEME_DIM,
	    _("Esc close   Enter run   the whole manual: man recado"));
	col = canvas_text(&in, 0, 1, THEME_DIM, _("type to filter:")) + 1;
	(void)canvas_text(&in, 0, col, THEME_DIALOG, edit_text(p->filter));
	canvas_cursor(&in, 0, col + text_columns(edit_text(p->filter), edit_cursor(p->filter)));
}

const struct view view_help = {
	.name = "help",
	.overlay = true,
	.init = init_help,
	.free = release,
	.key = key,
	.paste = paste,
	.draw = draw,
};

const struct view view_palette = {
	.name = "palette",
	.overlay = true,
	.init = init_palette,
	.free = release,
	.key = key,
	.paste = paste,
	.draw = draw,
};
