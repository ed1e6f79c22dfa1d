/* Presence, and keeping a connection alive. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "server/dispatch.h"
#include "server/encode.h"

struct wanted {
	uint8_t (*users)[USER_ID_LEN];
	bool *online;
	size_t count;
};

static int
put_list(const struct request *rq, const uint8_t user[USER_ID_LEN], struct buf *op)
{
	struct buf *head = buf_new(0);
	struct directory_user u;
	int r = 0;

	if (directory_find_user(rq->srv->directory, (struct bytes){ user, USER_ID_LEN }, &u) == 0 &&
	    (r = encode_list_head(head, u.id, u.list_length, u.list_head)) == 0)
		r = encode_message(op, 2, buf_view(head));
	buf_free(&head);
	return r;
}

static int
reply_watching(const struct request *rq, const struct wanted *w)
{
	struct buf *op = buf_new(0);
	int r = 0;

	for (size_t i = 0; i < w->count && r == 0; i++)
		if (w->online[i])
			r = encode_bytes(op, 1, (struct bytes){ w->users[i], USER_ID_LEN });
	for (size_t i = 0; i < w->count && r == 0; i++)
		r = put_list(rq, w->users[i], op);
	if (r == 0)
		r = dispatch_reply_op(rq, REPLY_WATCHING, buf_view(op));
	buf_free(&op);
	return r;
}

static int
watch(const struct request *rq)
{
	const Recado__Watch *m = rq->msg->watch;
	struct online_place place = { rq->loop, peer_id(rq->peer) };
	struct wanted w = { NULL, NULL, m->n_user_ids };
	int r = 0;

	if (w.count > ONLINE_WATCH_MAX)
		return dispatch_reply(
		    rq, RECADO__STATUS__STATUS_TOO_LARGE, "too many users to watch");
	w.users = mem_array(w.count + 1, USER_ID_LEN);
	w.online = mem_array(w.count + 1, sizeof(*w.online));
	for (size_t i = 0; i < w.count && r == 0; i++)
		r = pb_fixed(m->user_ids[i], w.users[i], USER_ID_LEN);
	if (r != 0)
		r = dispatch_reply(
		    rq, RECADO__STATUS__STATUS_BAD_REQUEST, "a user id has 32 octets");
	else {
		online_watch(rq->srv->online, place, (const uint8_t(*)[USER_ID_LEN])w.users,
		    w.count, w.online);
		r = reply_watching(rq, &w);
	}
	free(w.users);
	free(w.online);
	return r;
}

const struct handler handle_watch = {
	.name = "watch",
	.states = PEER_SIGNED_IN,
	.rate = RATE_LOOKUPS,
	.handle = watch,
};

static int
ping(const struct request *rq)
{
	return dispatch_reply(rq, RECADO__STATUS__STATUS_OK, NULL);
}

const struct handler handle_ping = {
	.name = "ping",
	.states = PEER_OPEN | PEER_SIGNED_IN,
	.handle = ping,
};
