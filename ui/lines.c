#include "ui/lines.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "ui/i18n.h"
#include "ui/when.h"
#include "ui/wrap.h"

static struct lines_line *
add(struct lines *l, enum lines_kind kind, const struct model_item *item)
{
	struct lines_line *line;

	if (l->count == l->capacity) {
		l->capacity = l->capacity == 0 ? 64 : l->capacity * 2;
		l->line = mem_grow(l->line, l->capacity, sizeof *l->line);
	}
	line = &l->line[l->count++];
	*line = (struct lines_line){ .kind = kind, .item = item, .text = "" };
	return line;
}

/* Text of our own making, wrapped; frees it. */
static void
add_own(
    struct lines *l, enum lines_kind kind, const struct model_item *item, char *text, int columns)
{
	struct wrap_line part;
	struct wrap w;

	wrap_start(&w, text, strlen(text), columns);
	while (wrap_next(&w, &part)) {
		struct lines_line *line = add(l, kind, item);

		line->own = mem_strndup(text + part.at, part.bytes);
		line->text = line->own;
		line->bytes = part.bytes;
	}
	free(text);
}

static void
add_first_contact(struct lines *l, const struct model_item *item, int columns)
{
	const struct core_message *m = item->ev.message;
	bool named = m->civil_name != NULL && m->civil_name[0] != '\0';
	char *text;

	if (named && m->trust == 'R')
		text = mem_format(_("-- first message from %s: %s, by the relay's own CA: no card "
				    "stands behind this name --"),
		    m->from, m->civil_name);
	else if (named)
		text = mem_format(_("-- first message from %s: %s, %s, card valid %s --"), m->from,
		    m->civil_name, m->civil_id == NULL ? "" : m->civil_id,
		    m->card_validity == NULL ? "" : m->card_validity);
	else
		text = mem_format(_("-- first message from %s, whom no card proves --"), m->from);
	add_own(l, LINES_FIRST, item, text, columns);
}

static bool
same_author(const struct model_item *a, const struct model_item *b)
{
	if (a == NULL || a->ev.kind != CORE_EV_MESSAGE || b->ev.kind != CORE_EV_MESSAGE)
		return false;
	return a->ev.message->outgoing == b->ev.message->outgoing &&
	    strcmp(a->ev.message->from, b->ev.message->from) == 0;
}

static void
add_message(
    struct lines *l, const struct model_item *item, const struct model_item *before, int columns)
{
	const struct core_message *m = item->ev.message;
	const char *text = m->text == NULL ? "" : m->text;
	bool name = !same_author(before, item);
	bool time = name || !when_same_minute(before->at, item->at), first = true;
	struct wrap_line part;
	struct wrap w;

	wrap_start(&w, text, strlen(text), columns);
	while (wrap_next(&w, &part)) {
		struct lines_line *line = add(l, LINES_TEXT, item);

		line->text = text + part.at;
		line->bytes = part.bytes;
		line->name = first && name;
		line->time = first && time;
		first = false;
	}
	l->line[l->count - 1].last = true;
	if (m->late)
		add_own(
		    l, LINES_ERROR, item, mem_strdup(_("(came late, out of its order)")), columns);
	if (m->error != NULL && m->error[0] != '\0' && (m->state == CORE_ST_FAILED || item->bad))
		add_own(l, LINES_ERROR, item, mem_format("✗ %s", m->error), columns);
}

static void
add_item(struct lines *l, const struct model_conv *c, size_t i, struct lines_widths widths)
{
	const struct model_item *item = &c->items[i], *before = i == 0 ? NULL : item - 1;
	bool message = item->ev.kind == CORE_EV_MESSAGE;

	if (before == NULL || !when_same_day(before->at, item->at)) {
		(void)add(l, LINES_DAY, item);
		before = NULL;
	}
	if (message && c->new_id != NULL && strcmp(c->new_id, item->ev.message->id) == 0) {
		(void)add(l, LINES_NEW, item);
		before = NULL;
	}
	if (!message) {
		add_own(l, LINES_NOTICE, item, mem_format("-- %s --", item->ev.note.text),
		    widths.notice);
		return;
	}
	if (item->ev.message->first_contact && !item->ev.message->outgoing)
		add_first_contact(l, item, widths.notice);
	add_message(l, item, before, widths.text);
}

static void
reverse(struct lines_line *line, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		struct lines_line swap = line[i];

		line[i] = line[n - 1 - i];
		line[n - 1 - i] = swap;
	}
}

void
lines_layout(struct lines *out, const struct model_conv *c, struct lines_widths widths, size_t want)
{
	size_t i = c->count;

	*out = (struct lines){ 0 };
	while (i > 0 && out->count < want) {
		size_t start = out->count;

		add_item(out, c, --i, widths);
		reverse(out->line + start, out->count - start);
	}
	reverse(out->line, out->count);
	out->whole = i == 0;
}

void
lines_free(struct lines *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->line[i].own);
	free(l->line);
	*l = (struct lines){ 0 };
}
