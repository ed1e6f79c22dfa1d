#include "server/loop.h"

#include <event2/event.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "server/inbox.h"
#include "server/peer.h"
#include "server/table.h"
#include "server/warrants.h"

#define DRAIN_MS 5000

struct touched {
	uint64_t *ids;
	size_t count, cap;
};

struct loop {
	struct server *srv;
	size_t index;
	struct event_base *base;
	struct event *wake, *tick;
	struct inbox *inbox;
	pthread_t thread;
	bool started, stopping;
	uint64_t drain_until;
	uint64_t now, wall, last_id;
	struct table *peers;
	struct touched touched;
	struct warrants *warrants;
};

struct server *
loop_server(const struct loop *l)
{
	return l->srv;
}

struct event_base *
loop_base(const struct loop *l)
{
	return l->base;
}

struct warrants *
loop_warrants(const struct loop *l)
{
	return l->warrants;
}

uint64_t
loop_now(const struct loop *l)
{
	return l->now;
}

uint64_t
loop_wall(const struct loop *l)
{
	return l->wall;
}

bool
loop_stopping(const struct loop *l)
{
	return l->stopping;
}

uint64_t
loop_next_id(struct loop *l)
{
	return ++l->last_id;
}

static void
set_clocks(struct loop *l)
{
	l->now = clock_mono_ms();
	l->wall = clock_now_ms();
}

/* ---------------------------------------------------------------------------- peers */

/* Connection numbers are the key, stored in the peer: peer_id gives the value, so keep a copy. */
struct seat {
	uint64_t id;
	struct peer *peer;
	bool touched;
};

static struct seat *
seat_of(const struct loop *l, uint64_t id)
{
	return table_get(l->peers, (struct bytes){ (const uint8_t *)&id, sizeof(id) });
}

struct peer *
loop_peer(const struct loop *l, uint64_t id)
{
	struct seat *s = seat_of(l, id);

	return s != NULL ? s->peer : NULL;
}

int
loop_add(struct loop *l, struct peer *p)
{
	struct seat *s = mem_alloc(sizeof(*s));
	int r;

	s->id = peer_id(p);
	s->peer = p;
	r = table_put(l->peers, (struct bytes){ (const uint8_t *)&s->id, sizeof(s->id) }, s);
	if (r != 0)
		free(s);
	return r;
}

void
loop_touch(struct loop *l, struct peer *p)
{
	struct seat *s = seat_of(l, peer_id(p));

	if (s == NULL || s->touched)
		return;
	s->touched = true;
	if (l->touched.count == l->touched.cap) {
		l->touched.cap = l->touched.cap != 0 ? l->touched.cap * 2 : 64;
		l->touched.ids = mem_grow(l->touched.ids, l->touched.cap, sizeof(uint64_t));
	}
	l->touched.ids[l->touched.count++] = s->id;
}

static void
remove_peer(struct loop *l, struct seat *s)
{
	table_take(l->peers, (struct bytes){ (const uint8_t *)&s->id, sizeof(s->id) });
	peer_free(&s->peer);
	free(s);
}

static void
drop_seat(void *value)
{
	struct seat *s = value;

	peer_free(&s->peer);
	free(s);
}

static bool
tick_one(void *value, void *arg)
{
	struct seat *s = value;
	(void)arg;

	peer_tick(s->peer);
	return true;
}

static bool
revocation_one(void *value, void *arg)
{
	struct seat *s = value;
	(void)arg;

	peer_revocation(s->peer);
	return true;
}

static bool
drain_one(void *value, void *arg)
{
	struct seat *s = value;
	(void)arg;

	peer_drain(s->peer);
	return true;
}

/* ---------------------------------------------------------------------------- inbox */

void
loop_post(struct loop *l, const struct loop_post *p)
{
	inbox_post(l->inbox, p);
}

void
loop_return(void *loop, struct job *list)
{
	inbox_return(((struct loop *)loop)->inbox, list);
}

static void
begin_drain(struct loop *l)
{
	l->stopping = true;
	l->drain_until = l->now + DRAIN_MS;
	table_each(l->peers, drain_one, NULL);
}

static void
on_post(struct loop *l, struct loop_post *p)
{
	struct peer *peer = p->peer != 0 ? loop_peer(l, p->peer) : NULL;

	switch (p->kind) {
	case LOOP_SOCKET:
		peer_accept(l, p->fd);
		break;
	case LOOP_MAIL:
		if (peer != NULL)
			peer_mail(peer, p->blob);
		blob_free(&p->blob);
		break;
	case LOOP_PRESENCE:
		if (peer != NULL)
			peer_presence(peer, p->user, p->online);
		break;
	case LOOP_LIST:
		if (peer != NULL)
			peer_list(peer, p->user);
		break;
	case LOOP_OUT:
		if (peer != NULL)
			peer_close(peer, RECADO__STATUS__STATUS_NOT_ALLOWED,
			    "this device signed in from elsewhere");
		break;
	case LOOP_REMOVED:
		if (peer != NULL)
			peer_close(peer, RECADO__STATUS__STATUS_DEVICE_REMOVED,
			    "another device of this account, or its card, removed it");
		break;
	case LOOP_REVOCATION:
		table_each(l->peers, revocation_one, NULL);
		break;
	case LOOP_STOP:
		begin_drain(l);
		break;
	}
}

static void
on_wake(evutil_socket_t fd, short what, void *arg)
{
	struct loop *l = arg;
	struct loop_post *posts, *p;
	struct job *jobs, *j;
	(void)fd;
	(void)what;

	set_clocks(l);
	inbox_take(l->inbox, &posts, &jobs);
	while ((j = jobs) != NULL) {
		jobs = j->next;
		j->ops->done(j);
		j->ops->free(j);
	}
	while ((p = posts) != NULL) {
		posts = p->next;
		on_post(l, p);
		free(p);
	}
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct loop *l = arg;
	(void)fd;
	(void)what;

	set_clocks(l);
	table_each(l->peers, tick_one, NULL);
}

/* ---------------------------------------------------------------------------- turn */

static bool
send_to(struct loop *l, uint64_t id, struct peer **out)
{
	return (*out = loop_peer(l, id)) != NULL;
}

static void
on_send(void *arg, uint64_t id, struct bytes message)
{
	struct peer *p;

	if (send_to(arg, id, &p))
		peer_send(p, message);
}

static bool
on_transcript(void *arg, uint64_t id, struct bytes *out)
{
	struct peer *p;

	return send_to(arg, id, &p) && peer_transcript(p, out);
}

static void
write_touched(struct loop *l)
{
	struct seat *s;

	for (size_t i = 0; i < l->touched.count; i++) {
		if ((s = seat_of(l, l->touched.ids[i])) == NULL)
			continue;
		s->touched = false;
		if (peer_turn(s->peer))
			remove_peer(l, s);
	}
	l->touched.count = 0;
}

/* What a turn made ready goes out. A peer that could write may be read again and ask for more: that
 * belongs to this turn too, since no event would tell of it. */
static void
turn(struct loop *l)
{
	int r;

	do {
		if ((r = warrants_turn(l->warrants, l->wall)) != 0)
			log_error(
			    l->srv->log, "loop", "replies could not be signed: %s", err_text(r));
		write_touched(l);
	} while (warrants_pending(l->warrants));
}

static bool
finished(const struct loop *l)
{
	return l->stopping && (table_count(l->peers) == 0 || l->now >= l->drain_until);
}

void
loop_run(struct loop *l)
{
	set_clocks(l);
	while (!finished(l)) {
		if (event_base_loop(l->base, EVLOOP_ONCE) < 0) {
			log_error(l->srv->log, "loop", "the event loop failed");
			break;
		}
		set_clocks(l);
		turn(l);
	}
}

static void *
loop_main(void *arg)
{
	loop_run(arg);
	return NULL;
}

int
loop_start(struct loop *l)
{
	if (pthread_create(&l->thread, NULL, loop_main, l) != 0)
		return ERR_NOMEM;
	l->started = true;
	return 0;
}

void
loop_join(struct loop *l)
{
	if (l->started)
		pthread_join(l->thread, NULL);
	l->started = false;
}

/* ---------------------------------------------------------------------------- new, free */

static int
set_events(struct loop *l)
{
	static const struct timeval second = { 1, 0 };

	l->wake = event_new(l->base, inbox_fd(l->inbox), EV_READ | EV_PERSIST, on_wake, l);
	l->tick = event_new(l->base, -1, EV_PERSIST, on_tick, l);
	if (l->wake == NULL || l->tick == NULL || event_add(l->wake, NULL) != 0 ||
	    event_add(l->tick, &second) != 0)
		return ERR_NOMEM;
	return 0;
}

static struct event_base *
new_base(void)
{
	struct event_config *c = event_config_new();
	struct event_base *b = NULL;

	/* A base is used by its own thread only. */
	if (c != NULL && event_config_set_flag(c, EVENT_BASE_FLAG_NOLOCK) == 0)
		b = event_base_new_with_config(c);
	if (c != NULL)
		event_config_free(c);
	return b;
}

int
loop_new(struct server *srv, size_t index, struct loop **out)
{
	struct loop *l = mem_alloc(sizeof(*l));
	struct warrants_config wc = { srv->key, srv->metrics, on_send, on_transcript, l };
	int r;

	*out = NULL;
	l->srv = srv;
	l->index = index;
	l->inbox = inbox_new();
	l->peers = table_new();
	l->warrants = warrants_new(&wc);
	set_clocks(l);
	if (l->inbox == NULL || (l->base = new_base()) == NULL)
		r = ERR_NOMEM;
	else
		r = set_events(l);
	if (r != 0)
		loop_free(&l);
	*out = l;
	return r;
}

void
loop_free(struct loop **pl)
{
	struct loop *l = *pl;

	if (l == NULL)
		return;
	*pl = NULL;
	loop_join(l);
	table_free(&l->peers, drop_seat);
	warrants_free(&l->warrants);
	if (l->wake != NULL)
		event_free(l->wake);
	if (l->tick != NULL)
		event_free(l->tick);
	if (l->base != NULL)
		event_base_free(l->base);
	inbox_free(&l->inbox);
	free(l->touched.ids);
	free(l);
}
