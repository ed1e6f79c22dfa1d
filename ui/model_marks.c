/*
 * What the user did with a conversation: read it, began an answer. Once a conversation's history is
 * here, its own messages say what is unread; before that, what the core said of the person.
 */
#include "ui/model.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

static bool
is_unread(const struct model_item *item)
{
	return item->ev.kind == CORE_EV_MESSAGE && item->ev.message->unread &&
	    !item->ev.message->outgoing;
}

size_t
model_unread(const struct model_conv *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->count; i++)
		n += is_unread(&c->items[i]);
	if (c->opened && c->asked_history == 0) /* they are all here */
		return n;
	return c->person.person != NULL && c->person.person->unread > n ? c->person.person->unread
									: n;
}

size_t
model_unread_all(const struct model *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->count; i++)
		n += model_unread(m->convs[i]);
	return n;
}

struct model_item *
model_last(struct model_conv *c, bool outgoing)
{
	for (size_t i = c->count; i-- > 0;)
		if (c->items[i].ev.kind == CORE_EV_MESSAGE &&
		    c->items[i].ev.message->outgoing == outgoing)
			return &c->items[i];
	return NULL;
}

struct model_conv *
model_next_unread(const struct model *m)
{
	size_t start = m->current == NULL ? 0 : model_index(m, m->current) + 1;

	for (int fresh = 1; fresh >= 0; fresh--) {
		for (size_t i = 0; i < m->count; i++) {
			struct model_conv *c = m->convs[(start + i) % m->count];

			if (c != m->current && (c->fresh || !fresh) && model_unread(c) > 0)
				return c;
		}
	}
	return NULL;
}

void
model_mark_read(struct model_conv *c, const char *id)
{
	size_t read = 0;

	for (size_t i = 0; i < c->count; i++) {
		if (is_unread(&c->items[i])) {
			c->items[i].ev.message->unread = false;
			read++;
		}
		if (c->items[i].ev.kind == CORE_EV_MESSAGE &&
		    strcmp(c->items[i].ev.message->id, id) == 0)
			break;
	}
	if (c->person.person != NULL)
		c->person.person->unread -=
		    read < c->person.person->unread ? (uint32_t)read : c->person.person->unread;
	c->fresh = false;
}

void
model_mark_new(struct model_conv *c)
{
	model_clear_new(c);
	for (size_t i = 0; i < c->count; i++) {
		if (!is_unread(&c->items[i]))
			continue;
		if (c->new_id == NULL)
			c->new_id = mem_strdup(c->items[i].ev.message->id);
		c->new_count++;
	}
}

void
model_clear_new(struct model_conv *c)
{
	free(c->new_id);
	c->new_id = NULL;
	c->new_count = 0;
}

void
model_set_draft(struct model_conv *c, const char *text)
{
	mem_wipe(c->draft, strlen(c->draft));
	free(c->draft);
	c->draft = mem_strdup(text == NULL ? "" : text);
}
