/* From the store into memory: at start, and after a transaction that failed. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "server/mailbox_state.h"

static void
box_drop(void *value)
{
	struct box *b = value;

	free(b->links);
	free(b->window);
	free(b);
}

static int
load_box(const struct store_box *sb, void *arg)
{
	struct mailboxes *m = arg;
	struct box *b;

	/* The links that follow known are in the log; length is counted up again from there. */
	if (sb->known > sb->length || (b = mailbox_box_add(m, sb)) == NULL)
		return ERR_IO;
	b->length = sb->known;
	return table_put(m->by_id, (struct bytes){ (const uint8_t *)&b->id, 8 }, b) != 0 ? ERR_IO
											 : 0;
}

static struct box *
box_by_id(struct mailboxes *m, uint64_t id)
{
	return table_get(m->by_id, (struct bytes){ (const uint8_t *)&id, 8 });
}

static int
load_entry(const struct store_entry *se, void *arg)
{
	struct mailboxes *m = arg;
	struct box *b = box_by_id(m, se->box), *sender = box_by_id(m, se->sender);
	struct entry *e;

	if (b == NULL || sender == NULL || (se->index > b->known && se->index != b->length + 1))
		return ERR_IO;
	e = mem_alloc(sizeof(*e));
	mailbox_make_key(e->key, b->id, se->hash);
	e->seq = m->seq = se->seq;
	e->index = se->index;
	e->number = se->number;
	e->time = se->time;
	e->size = se->size;
	e->box = b;
	m->entries++;
	if (se->body)
		mailbox_wait_add(m, e);
	if (e->index > b->known) {
		mailbox_link_add(e);
		memcpy(b->head, se->head, 32);
	}
	return mailbox_window_add(m, sender, e);
}

static bool
forget_entries(void *value, void *arg)
{
	struct box *b = value;
	struct entry *e, *next;
	(void)arg;

	/* An entry's reasons say where else it is: it is freed by the last of its places. */
	for (e = b->first; e != NULL; e = next) {
		next = e->next;
		if ((e->reasons &= ~(unsigned)(WAITING | FRESH)) == 0)
			free(e);
	}
	for (size_t i = 0; i < b->length - b->known; i++) {
		e = mailbox_link_at(b, i);
		if ((e->reasons &= ~(unsigned)(LINK | FRESH)) == 0)
			free(e);
	}
	for (size_t i = 0; i < b->window_count; i++) {
		e = mailbox_window_at(b, i);
		if ((e->reasons &= ~(unsigned)(WINDOW | FRESH)) == 0)
			free(e);
	}
	return true;
}

void
mailbox_forget(struct mailboxes *m)
{
	for (struct entry *e = m->fresh, *next; e != NULL; e = next) {
		next = e->fresh;
		blob_free(&e->envelope);
		if ((e->reasons &= ~(unsigned)FRESH) == 0)
			free(e);
	}
	m->fresh = NULL;
	table_free(&m->mail, NULL);
	if (m->boxes != NULL)
		table_each(m->boxes, forget_entries, NULL);
	table_free(&m->boxes, box_drop);
	m->entries = m->waiting = m->bytes = 0;
}

int
mailbox_reload(struct mailboxes *m)
{
	int r;

	mailbox_forget(m);
	m->boxes = table_new();
	m->mail = table_new();
	m->by_id = table_new();
	if ((r = m->c.ops->each_box(m->c.store, load_box, m)) == 0)
		r = m->c.ops->each_entry(m->c.store, load_entry, m);
	table_free(&m->by_id, NULL);
	return r;
}

int
mailbox_open(const struct mailbox_config *c, struct mailboxes **out)
{
	struct mailboxes *m = mem_alloc(sizeof(*m));
	int r;

	*out = NULL;
	m->c = *c;
	if ((r = mailbox_reload(m)) != 0)
		mailbox_close(&m);
	*out = m;
	return r;
}

void
mailbox_close(struct mailboxes **pm)
{
	struct mailboxes *m = *pm;

	if (m == NULL)
		return;
	*pm = NULL;
	mailbox_forget(m);
	free(m);
}
