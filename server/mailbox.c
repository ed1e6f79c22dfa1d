/* The operations; what they work on is in mailbox_state.h. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/warrant.h"
#include "server/mailbox_state.h"

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
	*out = mailbox_box_add(m, &sb);
	return *out != NULL ? 0 : ERR_BUG;
}

/* The number is known: the same deposit again, or another under its number. */
static int
deposit_again(struct mailboxes *m, const struct entry *e, const struct mailbox_deposit *d,
    struct mailbox_place *out)
{
	if (memcmp(mailbox_entry_hash(e), d->hash, 32) != 0 ||
	    memcmp(e->box->device, d->mailbox, 16) != 0)
		return ERR_TAKEN;
	out->index = e->index;
	out->repeat = true;
	return m->c.ops->get_entry_head(m->c.store, e->seq, out->head, &out->time);
}

static struct entry *
entry_new(struct mailboxes *m, struct box *b, const struct mailbox_deposit *d)
{
	struct entry *e = mem_alloc(sizeof(*e));

	mailbox_make_key(e->key, b->id, d->hash);
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
	mailbox_link_add(e);
	mailbox_wait_add(m, e);
	out->index = e->index;
	out->time = e->time;
	memcpy(out->head, b->head, 32);
	se = (struct store_entry){ e->seq, b->id, sender->id, e->index, e->number, d->hash, b->head,
		e->time, e->size, true };
	if ((r = m->c.ops->put_entry(m->c.store, &se)) != 0)
		return r;
	return mailbox_window_add(m, sender, e);
}

static bool
has_room(const struct mailboxes *m, const struct box *b, size_t n)
{
	uint64_t left = b->bytes < m->c.max_bytes ? m->c.max_bytes - b->bytes : 0;

	return b->waiting < m->c.max_envelopes && n <= left &&
	    b->length - b->known < (uint64_t)m->c.max_envelopes + MAILBOX_LINKS_SLACK;
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
	if ((e = mailbox_window_find(sender, d->number)) != NULL)
		return deposit_again(m, e, d, out);
	if (!has_room(m, b, blob_view(d->envelope).n))
		return ERR_BOX_FULL;
	return deposit_new(m, b, sender, d, out);
}

/* ---------------------------------------------------------------------------- ack, fetch */

static int
wait_done(struct mailboxes *m, struct entry *e)
{
	bool written = e->envelope == NULL;
	int r = 0;

	mailbox_wait_unlink(m, e);
	blob_free(&e->envelope);
	if (written)
		r = m->c.ops->drop_body(m->c.store, e->seq);
	return r != 0 ? r : mailbox_release(m, e, WAITING);
}

static int
ack_one(struct mailboxes *m, const struct box *b, struct bytes hash, uint32_t *deleted)
{
	uint8_t key[40];
	struct entry *e, *twin;
	int r;

	if (hash.n != 32)
		return 0;
	mailbox_make_key(key, b->id, hash.p);
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
		e = mailbox_link_at(b, 0);
		b->link_first = (b->link_first + 1) % b->link_cap;
		b->known++;
		if ((r = mailbox_release(m, e, LINK)) != 0)
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
mailbox_discard(struct mailboxes *m, const uint8_t device[16])
{
	struct box *b = table_get(m->boxes, (struct bytes){ device, 16 });
	uint8_t hash[32];
	uint32_t deleted = 0;
	int r;

	if (b == NULL)
		return 0;
	while (b->first != NULL) {
		memcpy(hash, mailbox_entry_hash(b->first), sizeof(hash));
		if ((r = ack_one(m, b, (struct bytes){ hash, sizeof(hash) }, &deleted)) != 0)
			return r;
	}
	return learn_known(m, b, b->length);
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
		memcpy(out->hashes + 32 * i, mailbox_entry_hash(mailbox_link_at(b, i)), 32);
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
	return r != 0 ? r : mailbox_release(m, e, FRESH);
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
