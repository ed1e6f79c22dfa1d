/*
 * One entry stands for one deposit and is shared by two views of it: the recipient's mailbox (its
 * link of the chain, and its envelope while that waits) and the sender's window of recent deposits,
 * by which a repeat is known. An entry lives, here and in the store's log, as long as one of its
 * reasons holds:
 *
 *     WAITING  the recipient has not acked it
 *     LINK     the recipient has not said that its verified chain reaches so far
 *     WINDOW   it is among the sender's last 1,024
 *     FRESH    it came in this transaction
 *
 * Envelopes are written last, by mailbox_flush: one that was pushed and acked before its commit
 * leaves its link and no body.
 */
#include "server/mailbox.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/warrant.h"
#include "server/table.h"

enum { WAITING = 1, LINK = 2, WINDOW = 4, FRESH = 8 };

struct entry {
	uint8_t key[8 + 32]; /* box id, envelope hash */
	uint64_t seq, index, number, time;
	uint32_t size;
	unsigned reasons;
	struct box *box;
	struct entry *twin;        /* waiting in the same box under the same hash */
	struct entry *prev, *next; /* of those waiting in the box, by index */
	struct entry *fresh;       /* next in this transaction */
	struct blob *envelope;     /* not yet written */
};

struct box {
	uint64_t id;
	uint8_t device[16], head[32];
	uint64_t length, known;
	struct entry **links; /* ring: indices known + 1 .. length */
	size_t link_first, link_cap;
	struct entry *first, *last; /* waiting */
	uint32_t waiting;
	uint64_t bytes;
	struct entry **window; /* ring of what this device deposited, by arrival */
	size_t window_first, window_count, window_cap;
	uint64_t number_max;
};

struct mailboxes {
	struct mailbox_config c;
	struct table *boxes; /* by device */
	struct table *by_id; /* by store id, while loading */
	struct table *mail;  /* waiting entries by key */
	struct entry *fresh;
	uint64_t seq; /* last used */
	uint64_t entries, waiting, bytes;
};

static const uint8_t *
entry_hash(const struct entry *e)
{
	return e->key + 8;
}

static struct bytes
entry_key(const struct entry *e)
{
	return (struct bytes){ e->key, sizeof(e->key) };
}

static void
make_key(uint8_t key[40], uint64_t box, const uint8_t hash[32])
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

static struct entry *
link_at(const struct box *b, size_t i)
{
	return b->links[(b->link_first + i) % b->link_cap];
}

static struct entry *
window_at(const struct box *b, size_t i)
{
	return b->window[(b->window_first + i) % b->window_cap];
}

/* ---------------------------------------------------------------------------- entries */

static void
wait_add(struct mailboxes *m, struct entry *e)
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

static void
wait_unlink(struct mailboxes *m, struct entry *e)
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
static int
entry_release(struct mailboxes *m, struct entry *e, unsigned reason)
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

static void
link_add(struct entry *e)
{
	struct box *b = e->box;
	size_t count = (size_t)(b->length - b->known);

	ring_grow(&b->links, &b->link_first, &b->link_cap, count);
	b->links[(b->link_first + count) % b->link_cap] = e;
	b->length = e->index;
	e->reasons |= LINK;
}

/* Put e into the sender's window; the oldest may have to go. */
static int
window_add(struct mailboxes *m, struct box *sender, struct entry *e)
{
	struct entry *old;
	int r = 0;

	if (sender->window_count == MAILBOX_WINDOW) {
		old = window_at(sender, 0);
		sender->window_first = (sender->window_first + 1) % sender->window_cap;
		sender->window_count--;
		r = entry_release(m, old, WINDOW);
	}
	ring_grow(
	    &sender->window, &sender->window_first, &sender->window_cap, sender->window_count);
	sender->window[(sender->window_first + sender->window_count++) % sender->window_cap] = e;
	if (e->number > sender->number_max)
		sender->number_max = e->number;
	e->reasons |= WINDOW;
	return r;
}

static struct entry *
window_find(const struct box *sender, uint64_t number)
{
	struct entry *e;

	if (number > sender->number_max)
		return NULL;
	for (size_t i = sender->window_count; i-- > 0;)
		if ((e = window_at(sender, i))->number == number)
			return e;
	return NULL;
}

/* ---------------------------------------------------------------------------- load */

static void
box_drop(void *value)
{
	struct box *b = value;

	free(b->links);
	free(b->window);
	free(b);
}

static struct box *
box_add(struct mailboxes *m, const struct store_box *sb)
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

static int
load_box(const struct store_box *sb, void *arg)
{
	struct mailboxes *m = arg;
	struct box *b;

	/* The links that follow known are in the log; length is counted up again from there. */
	if (sb->known > sb->length || (b = box_add(m, sb)) == NULL)
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
	make_key(e->key, b->id, se->hash);
	e->seq = m->seq = se->seq;
	e->index = se->index;
	e->number = se->number;
	e->time = se->time;
	e->size = se->size;
	e->box = b;
	m->entries++;
	if (se->body)
		wait_add(m, e);
	if (e->index > b->known) {
		link_add(e);
		memcpy(b->head, se->head, 32);
	}
	return window_add(m, sender, e);
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
		e = link_at(b, i);
		if ((e->reasons &= ~(unsigned)(LINK | FRESH)) == 0)
			free(e);
	}
	for (size_t i = 0; i < b->window_count; i++) {
		e = window_at(b, i);
		if ((e->reasons &= ~(unsigned)(WINDOW | FRESH)) == 0)
			free(e);
	}
	return true;
}

static void
forget_all(struct mailboxes *m)
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

	forget_all(m);
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
	forget_all(m);
	free(m);
}

/* ---------------------------------------------------------------------------- deposit */

static int
box_for(struct mailboxes *m, const uint8_t device[16], struct box **out)
{
	struct store_box sb = { .device = device };
	uint8_t head[32];
	int r;

	if ((*out = table_get(m->boxes, (struct bytes){ device, 16 })) != NULL)
		return 0;
	if ((r = warrant_chain_start(m->c.relay_id, device, head)) != 0 ||
	    (r = m->c.ops->add_box(m->c.store, device, head, &sb.id)) != 0)
		return r;
	sb.head = head;
	*out = box_add(m, &sb);
	return *out != NULL ? 0 : ERR_BUG;
}

/* The number is known: the same deposit again, or another under its number. */
static int
deposit_again(struct mailboxes *m, const struct entry *e, const struct mailbox_deposit *d,
    struct mailbox_place *out)
{
	if (memcmp(entry_hash(e), d->hash, 32) != 0 || memcmp(e->box->device, d->mailbox, 16) != 0)
		return ERR_TAKEN;
	out->index = e->index;
	out->repeat = true;
	return m->c.ops->get_entry_head(m->c.store, e->seq, out->head, &out->time);
}

static struct entry *
entry_new(struct mailboxes *m, struct box *b, const struct mailbox_deposit *d)
{
	struct entry *e = mem_alloc(sizeof(*e));

	make_key(e->key, b->id, d->hash);
	e->seq = ++m->seq;
	e->index = b->length + 1;
	e->number = d->number;
	e->time = d->time;
	e->size = (uint32_t)blob_view(d->envelope).n;
	e->box = b;
	e->envelope = blob_ref(d->envelope);
	e->reasons = FRESH;
	e->fresh = m->fresh;
	m->fresh = e;
	m->entries++;
	return e;
}

static int
deposit_new(struct mailboxes *m, struct box *b, struct box *sender, const struct mailbox_deposit *d,
    struct mailbox_place *out)
{
	struct store_entry se;
	struct entry *e;
	int r;

	if ((r = warrant_chain_step(b->head, b->length + 1, d->hash)) != 0)
		return r;
	e = entry_new(m, b, d);
	link_add(e);
	wait_add(m, e);
	out->index = e->index;
	out->time = e->time;
	memcpy(out->head, b->head, 32);
	se = (struct store_entry){ e->seq, b->id, sender->id, e->index, e->number, d->hash, b->head,
		e->time, e->size, true };
	if ((r = m->c.ops->put_entry(m->c.store, &se)) != 0)
		return r;
	return window_add(m, sender, e);
}

int
mailbox_deposit(struct mailboxes *m, const struct mailbox_deposit *d, struct mailbox_place *out)
{
	struct box *b, *sender;
	struct entry *e;
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = box_for(m, d->mailbox, &b)) != 0 || (r = box_for(m, d->sender, &sender)) != 0)
		return r;
	if ((e = window_find(sender, d->number)) != NULL)
		return deposit_again(m, e, d, out);
	if (b->waiting >= m->c.max_envelopes ||
	    blob_view(d->envelope).n >
		m->c.max_bytes - (b->bytes < m->c.max_bytes ? b->bytes : m->c.max_bytes))
		return ERR_BOX_FULL;
	return deposit_new(m, b, sender, d, out);
}

/* ---------------------------------------------------------------------------- ack, fetch */

static int
wait_done(struct mailboxes *m, struct entry *e)
{
	bool written = e->envelope == NULL;
	int r = 0;

	wait_unlink(m, e);
	blob_free(&e->envelope);
	if (written)
		r = m->c.ops->drop_body(m->c.store, e->seq);
	return r != 0 ? r : entry_release(m, e, WAITING);
}

static int
ack_one(struct mailboxes *m, const struct box *b, struct bytes hash, uint32_t *deleted)
{
	uint8_t key[40];
	struct entry *e, *twin;
	int r;

	if (hash.n != 32)
		return 0;
	make_key(key, b->id, hash.p);
	for (e = table_take(m->mail, (struct bytes){ key, sizeof(key) }); e != NULL; e = twin) {
		twin = e->twin;
		if ((r = wait_done(m, e)) != 0)
			return r;
		++*deleted;
	}
	return 0;
}

/* The recipient's word that its chain reaches to known. What lies beyond ours is not believed. */
static int
learn_known(struct mailboxes *m, struct box *b, uint64_t known)
{
	struct store_box sb;
	struct entry *e;
	int r;

	if (known <= b->known || known > b->length)
		return 0;
	sb = (struct store_box){ b->id, b->device, b->length, b->head, known };
	if ((r = m->c.ops->put_box(m->c.store, &sb)) != 0)
		return r;
	while (b->known < known) {
		e = link_at(b, 0);
		b->link_first = (b->link_first + 1) % b->link_cap;
		b->known++;
		if ((r = entry_release(m, e, LINK)) != 0)
			return r;
	}
	return 0;
}

int
mailbox_ack(struct mailboxes *m, const struct mailbox_ack *a, uint32_t *deleted)
{
	struct box *b;
	int r;

	*deleted = 0;
	if ((r = box_for(m, a->device, &b)) != 0)
		return r;
	for (size_t i = 0; i < a->count; i++)
		if ((r = ack_one(m, b, a->hashes[i], deleted)) != 0)
			return r;
	return learn_known(m, b, a->known);
}

int
mailbox_chain(struct mailboxes *m, const uint8_t device[16], struct mailbox_chain *out)
{
	struct box *b;
	size_t n;
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = box_for(m, device, &b)) != 0)
		return r;
	n = (size_t)(b->length - b->known);
	out->count = n < MAILBOX_LINKS_MAX ? n : MAILBOX_LINKS_MAX;
	out->first = b->known + 1;
	out->length = b->length;
	memcpy(out->head, b->head, 32);
	out->hashes = mem_array(out->count + 1, 32);
	for (size_t i = 0; i < out->count; i++)
		memcpy(out->hashes + 32 * i, entry_hash(link_at(b, i)), 32);
	return 0;
}

static int
show_mail(struct mailboxes *m, const struct entry *e, mailbox_mail_fn *fn, void *arg)
{
	struct buf *body;
	int r;

	if (e->envelope != NULL)
		return fn(e->index, e->time, blob_view(e->envelope), arg);
	body = buf_new(e->size);
	if ((r = m->c.ops->get_body(m->c.store, e->seq, body)) == 0)
		r = fn(e->index, e->time, buf_view(body), arg);
	else if (r == ERR_NOT_FOUND)
		r = ERR_IO;
	buf_free(&body);
	return r;
}

int
mailbox_fetch(struct mailboxes *m, const struct mailbox_fetch *f, mailbox_mail_fn *fn, void *arg,
    uint64_t *waiting)
{
	uint32_t max = f->max == 0 || f->max > MAILBOX_FETCH_MAX ? MAILBOX_FETCH_MAX : f->max;
	uint32_t shown = 0;
	uint64_t bytes = 0;
	struct box *b;
	int r;

	*waiting = 0;
	if ((r = box_for(m, f->device, &b)) != 0 || (r = learn_known(m, b, f->known)) != 0)
		return r;
	for (const struct entry *e = b->first; e != NULL; e = e->next) {
		if (e->index <= f->after || e->time < f->since)
			continue;
		if (*waiting != 0 || shown == max ||
		    (shown != 0 && bytes + e->size > MAILBOX_FETCH_BYTES)) {
			++*waiting;
			continue;
		}
		if ((r = show_mail(m, e, fn, arg)) != 0)
			return r;
		shown++;
		bytes += e->size;
	}
	return 0;
}

/* ---------------------------------------------------------------------------- flush */

static int
flush_one(struct mailboxes *m, struct entry *e)
{
	int r = 0;

	if (e->envelope != NULL) {
		r = m->c.ops->put_body(m->c.store, e->seq, blob_view(e->envelope));
		blob_free(&e->envelope);
	}
	return r != 0 ? r : entry_release(m, e, FRESH);
}

int
mailbox_flush(struct mailboxes *m)
{
	struct entry *e, *in_order = NULL;
	int r;

	while ((e = m->fresh) != NULL) {
		m->fresh = e->fresh;
		e->fresh = in_order;
		in_order = e;
	}
	while ((e = in_order) != NULL) {
		in_order = e->fresh;
		if ((r = flush_one(m, e)) != 0) {
			/* The rest still has FRESH: mailbox_reload finds it there. */
			m->fresh = in_order;
			return r;
		}
	}
	return 0;
}

void
mailbox_totals(const struct mailboxes *m, struct mailbox_totals *out)
{
	*out = (struct mailbox_totals){ table_count(m->boxes), m->waiting, m->bytes, m->entries };
}
