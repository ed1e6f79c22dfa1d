/* Lookup by name or id, and the list of everybody where the relay shows it. */
#include <string.h>

#include "server/encode.h"
#include "server/lookup.h"

#define PAGE_MAX 50

struct lookup_work {
	struct work work;
	struct lookup what;
};

static int
lookup_run(struct work *k, struct writer *w)
{
	struct lookup_work *l = (struct lookup_work *)k;
	int r;

	k->field = REPLY_ENTRY;
	r = lookup_read(w, &l->what, k->op);
	if (r != ERR_NOT_FOUND)
		return r;
	k->field = 0;
	return work_refuse(k, RECADO__STATUS__STATUS_NO_USER, "no such user here");
}

static const struct work_kind lookup_kind = { .name = "lookup", .weight = 8, .run = lookup_run };

static int
lookup(const struct request *rq)
{
	const Recado__Lookup *m = rq->msg->lookup;
	struct directory_user u;
	struct lookup_work *l;
	int r;

	if ((m->user_name.len != 0) == (m->user_id.len != 0))
		return dispatch_reply(
		    rq, RECADO__STATUS__STATUS_BAD_REQUEST, "a name or an id is needed");
	r = m->user_name.len != 0
	    ? directory_find_name(rq->srv->directory, pb_view(m->user_name), &u)
	    : directory_find_user(rq->srv->directory, pb_view(m->user_id), &u);
	if (r != 0)
		return dispatch_reply(rq, RECADO__STATUS__STATUS_NO_USER, "no such user here");
	l = work_new(sizeof(*l), &lookup_kind, rq);
	memcpy(l->what.user, u.id, USER_ID_LEN);
	l->what.from_event = m->from_event;
	l->what.online = online_user(rq->srv->online, u.id);
	work_submit(&l->work);
	return 0;
}

const struct handler handle_lookup = {
	.name = "lookup",
	.states = PEER_SIGNED_IN,
	.rate = RATE_LOOKUPS,
	.handle = lookup,
};

/* ---------------------------------------------------------------------------- everybody */

struct page_work {
	struct work work;
	struct online *online;
	uint8_t after[NAME_MAX_BYTES];
	size_t after_len, count;
};

static int
page_user(const struct store_user *u, void *arg)
{
	struct page_work *p = arg;
	struct buf *entry;
	int r;

	if (p->count++ == PAGE_MAX)
		return encode_uint(p->work.op, 2, 1); /* more */
	entry = buf_new(0);
	if ((r = encode_bytes(entry, 1, u->name)) == 0 &&
	    (r = encode_bytes(entry, 2, (struct bytes){ u->id, USER_ID_LEN })) == 0 &&
	    (r = encode_uint(entry, 6, online_user(p->online, u->id))) == 0)
		r = encode_message(p->work.op, 1, buf_view(entry));
	buf_free(&entry);
	return r;
}

static int
page_run(struct work *k, struct writer *w)
{
	struct page_work *p = (struct page_work *)k;
	struct bytes after = { p->after, p->after_len };

	k->field = REPLY_DIRECTORY_PAGE;
	p->count = 0;
	return writer_ops(w)->page_users(writer_store(w), after, PAGE_MAX + 1, page_user, p);
}

static const struct work_kind page_kind = { .name = "list", .run = page_run };

static int
list_directory(const struct request *rq)
{
	struct bytes after = pb_view(rq->msg->list_directory->after);
	struct page_work *p;

	if (rq->srv->config->directory != DIRECTORY_OPEN)
		return dispatch_reply(rq, RECADO__STATUS__STATUS_NOT_ALLOWED,
		    "this relay shows its directory by exact name only");
	if (after.n > NAME_MAX_BYTES)
		return dispatch_reply(rq, RECADO__STATUS__STATUS_BAD_REQUEST, "not a name");
	p = work_new(sizeof(*p), &page_kind, rq);
	p->online = rq->srv->online;
	if (after.n != 0)
		memcpy(p->after, after.p, after.n);
	p->after_len = after.n;
	work_submit(&p->work);
	return 0;
}

const struct handler handle_list_directory = {
	.name = "list",
	.states = PEER_SIGNED_IN,
	.rate = RATE_LOOKUPS,
	.handle = list_directory,
};
