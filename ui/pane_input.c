/*
 * The input line: "To NAME > " and the text, wrapped where it is longer than a line. Secrets never
 * come here; dialogs have fields of their own.
 */
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "ui/command.h"
#include "ui/i18n.h"
#include "ui/keys.h"
#include "ui/label.h"
#include "ui/pane.h"
#include "ui/ui.h"
#include "ui/wrap.h"

static char *
prompt_of(const struct ui *ui)
{
	char *first, *out;

	if (ui->model->current == NULL)
		return mem_strdup("> ");
	first = label_first(ui->model->current->label);
	out = mem_format(_("To %s > "), first);
	free(first);
	return out;
}

/* Columns for text; the prompt takes at most half of the line. */
static int
prompt_columns(const char *prompt, int cols)
{
	int columns = text_columns(prompt, strlen(prompt));

	return columns > cols / 2 ? cols / 2 : columns;
}

int
pane_input_rows(struct ui *ui, int cols)
{
	char *prompt = prompt_of(ui);
	int width = cols - prompt_columns(prompt, cols) - 1;

	free(prompt);
	return wrap_count(edit_text(ui->input), edit_len(ui->input), width);
}

/* The line and column of the cursor among the wrapped lines. */
static int
find_cursor(const struct ui *ui, int width, int *col)
{
	const char *text = edit_text(ui->input);
	size_t at = edit_cursor(ui->input);
	struct wrap_line line, found = { 0, 0 };
	struct wrap w;
	int row = -1;

	wrap_start(&w, text, edit_len(ui->input), width);
	while (wrap_next(&w, &line) && line.at <= at) {
		found = line;
		row++;
	}
	*col = text_columns(text + found.at, at - found.at);
	return row;
}

static void
draw(struct ui *ui, const struct layout *l, const struct canvas *c)
{
	char *prompt = prompt_of(ui);
	int indent = prompt_columns(prompt, c->cols), width = c->cols - indent - 1, col, row, top,
	    i;
	const char *text = edit_text(ui->input);
	struct wrap_line line;
	struct wrap w;

	(void)l;
	row = find_cursor(ui, width, &col);
	top = row >= c->rows ? row - c->rows + 1 : 0;
	wrap_start(&w, text, edit_len(ui->input), width);
	for (i = 0; wrap_next(&w, &line) && i < top + c->rows; i++)
		if (i >= top)
			(void)canvas_span(
			    c, i - top, indent, width, THEME_INPUT, text + line.at, line.bytes);
	(void)canvas_field(c, 0, 0, indent, THEME_HINT_KEY, prompt);
	if (ui->focus == UI_INPUT)
		canvas_cursor(c, row - top, indent + (col > width ? width : col));
	free(prompt);
}

static bool
key(struct ui *ui, uint32_t key)
{
	if (key == K_ENTER) {
		ui_submit(ui);
		return true;
	}
	if (key == K_TAB) {
		pane_input_complete(ui);
		return true;
	}
	if (!edit_key(ui->input, key))
		return false;
	if (edit_len(ui->input) == 0)
		ui->input_pasted = false;
	ui->draft_at = clock_mono_ms();
	return true;
}

void
pane_input_paste(struct ui *ui, const char *text, size_t n)
{
	if (edit_cursor(ui->input) == 0)
		ui->input_pasted = true;
	if (!edit_insert(ui->input, text, n))
		ui_say(ui, THEME_WARN, "%s", _("The paste was cut: a message holds 16 KiB."));
	ui->focus = UI_INPUT;
	ui->draft_at = clock_mono_ms();
}

/* ---- Tab */

struct candidates {
	const char *prefix;
	size_t len;
	char *common; /* what all of them begin with; NULL: none */
	char *names;  /* for the status bar */
	size_t count;
};

static void
offer(struct candidates *k, const char *name)
{
	char *names;
	size_t i = 0;

	if (strncmp(name, k->prefix, k->len) != 0)
		return;
	if (k->common == NULL)
		k->common = mem_strdup(name);
	while (k->common[i] != '\0' && k->common[i] == name[i])
		i++;
	while (i > 0 && (name[i] & 0xC0) == 0x80) /* not inside of a character */
		i--;
	k->common[i] = '\0';
	names = mem_format(
	    "%s%s%s", k->names == NULL ? "" : k->names, k->names == NULL ? "" : "  ", name);
	free(k->names);
	k->names = names;
	k->count++;
}

static void
offer_commands(struct candidates *k)
{
	size_t count;
	const struct command *table = command_table(&count);

	for (size_t i = 0; i < count; i++)
		offer(k, table[i].name);
}

void
pane_input_complete(struct ui *ui)
{
	const char *text = edit_text(ui->input);
	size_t end = edit_cursor(ui->input), start = end;
	struct candidates k = { 0 };

	while (start > 0 && text[start - 1] != ' ' && text[start - 1] != '\n' &&
	    !(start == 1 && text[0] == '/'))
		start--;
	k.prefix = text + start;
	k.len = end - start;
	if (start == 1 && text[0] == '/')
		offer_commands(&k);
	else
		for (size_t i = 0; i < ui->model->count && k.len > 0; i++)
			offer(&k, ui->model->convs[i]->name);
	if (k.count == 1) {
		char *whole = mem_format("%s ", k.common);

		edit_replace_before(ui->input, k.len, whole);
		free(whole);
	} else if (k.count > 1) {
		edit_replace_before(ui->input, k.len, k.common);
		ui_say(ui, THEME_STATUS, "%s", k.names);
	}
	free(k.common);
	free(k.names);
}

const struct pane pane_input = { key, draw };
