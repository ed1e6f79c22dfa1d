/* Entries, and the places they are in. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "server/mailbox_state.h"

const uint8_t *
mailbox_entry_hash(const struct entry *e)
{
	return e->key + 8;
}

static struct bytes
entry_key(const struct entry *e)
{
	return (struct bytes){ e->key, sizeof(e->key) };
}

void
mailbox_make_key(uint8_t key[40], uint64_t box, const uint8_t hash[32])
{
	for (int i = 0; i < 8; i++)
		key[i] = (uint8_t)(box >> (56 - 8 * i));
	memcpy(key + 8, hash, 32);
}

/* ---------------------------------------------------------------------------- rings */

/* Make room for one more in a ring of count entries. */
static void
ring_grow(struct entry ***ring, size_t *first, size_t *cap, size_t count)
{
	size_t more = *cap != 0 ? *cap * 2 : 8;
	struct entry **r;

	if (count < *cap)
		return;
	r = mem_array(more, sizeof(*r));
	for (size_t i = 0; i < count; i++)
		r[i] = (*ring)[(*first + i) % *cap];
	free(*ring);
	*ring = r;
	*first = 0;
	*cap = more;
}

struct entry *
mailbox_link_at(const struct box *b, size_t i)
{
	return b->links[(b->link_first + i) % b->link_cap];
}

struct entry *
mailbox_window_at(const struct box *b, size_t i)
{
	return b->window[(b->window_first + i) % b->window_cap];
}

/* ---------------------------------------------------------------------------- entries */

void
mailbox_wait_add(struct mailboxes *m, struct entry *e)
{
	struct box *b = e->box;
	struct entry *first;

	e->reasons |= WAITING;
	e->prev = b->last;
	*(b->last != NULL ? &b->last->next : &b->first) = e;
	b->last = e;
	b->waiting++;
	b->bytes += e->size;
	m->waiting++;
	m->bytes += e->size;
	if (table_put(m->mail, entry_key(e), e) != 0) {
		first = table_get(m->mail, entry_key(e));
		e->twin = first->twin;
		first->twin = e;
	}
}

void
mailbox_wait_unlink(struct mailboxes *m, struct entry *e)
{
	struct box *b = e->box;

	*(e->prev != NULL ? &e->prev->next : &b->first) = e->next;
	*(e->next != NULL ? &e->next->prev : &b->last) = e->prev;
	e->prev = e->next = e->twin = NULL;
	b->waiting--;
	b->bytes -= e->size;
	m->waiting--;
	m->bytes -= e->size;
}

/* One reason less; without any the entry goes, here and in the store. */
int
mailbox_release(struct mailboxes *m, struct entry *e, unsigned reason)
{
	int r;

	e->reasons &= ~reason;
	if (e->reasons != 0)
		return 0;
	r = m->c.ops->drop_entry(m->c.store, e->seq);
	blob_free(&e->envelope);
	free(e);
	m->entries--;
	return r;
}

void
mailbox_link_add(struct entry *e)
{
	struct box *b = e->box;
	size_t count = (size_t)(b->length - b->known);

	ring_grow(&b->links, &b->link_first, &b->link_cap, count);
	b->links[(b->link_first + count) % b->link_cap] = e;
	b->length = e->index;
	e->reasons |= LINK;
}

/* Put e into the sender's window; the oldest may have to go. */
int
mailbox_window_add(struct mailboxes *m, struct box *sender, struct entry *e)
{
	struct entry *old;
	int r = 0;

	if (sender->window_count == MAILBOX_WINDOW) {
		old = mailbox_window_at(sender, 0);
		sender->window_first = (sender->window_first + 1) % sender->window_cap;
		sender->window_count--;
		r = mailbox_release(m, old, WINDOW);
	}
	ring_grow(
	    &sender->window, &sender->window_first, &sender->window_cap, sender->window_count);
	sender->window[(sender->window_first + sender->window_count++) % sender->window_cap] = e;
	if (e->number > sender->number_max)
		sender->number_max = e->number;
	e->reasons |= WINDOW;
	return r;
}

struct entry *
mailbox_window_find(const struct box *sender, uint64_t number)
{
	struct entry *e;

	if (number > sender->number_max)
		return NULL;
	for (size_t i = sender->window_count; i-- > 0;)
		if ((e = mailbox_window_at(sender, i))->number == number)
			return e;
	return NULL;
}

struct box *
mailbox_box_add(struct mailboxes *m, const struct store_box *sb)
{
	struct box *b = mem_alloc(sizeof(*b));

	b->id = sb->id;
	memcpy(b->device, sb->device, 16);
	memcpy(b->head, sb->head, 32);
	b->length = sb->length;
	b->known = sb->known;
	if (table_put(m->boxes, (struct bytes){ b->device, 16 }, b) == 0)
		return b;
	free(b);
	return NULL;
}
