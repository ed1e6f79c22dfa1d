#include "core/aging.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/seal.h"
#include "crypto/session.h"

#define AGING_EVERY_S 3600

struct aging {
	struct engine *engine;
	struct event *timer;
	int64_t after; /* the session that this round has come to; 0: none is under way */
};

/* A session that cannot be read stays, and does not keep the others waiting. */
static int
age(struct engine *e, const struct store_due *d, uint64_t now)
{
	struct buf *packed = buf_new_secret(SESSION_PACKED_MAX);
	struct session *s = NULL;
	int r = store_session_get(e->store, d->id, packed);

	if (r == 0 && (r = session_unpack(buf_view(packed), &s)) != 0) {
		log_warn(e->log, "aging", "a session cannot be read: %s", err_text(r));
		r = 0;
	} else if (r == 0) {
		session_expire(s, now);
		r = seal_keep(e, d->person, s, d->id, d->active);
	}
	session_free(&s);
	buf_free(&packed);
	return r;
}

/* *more: the round goes on. */
static int
batch(struct aging *a, bool *more)
{
	struct engine *e = a->engine;
	struct store_due due[AGING_BATCH];
	uint64_t now = clock_now_ms(), before = now > SESSION_SKIP_MS ? now - SESSION_SKIP_MS : 0;
	uint64_t replaced = now > AGING_REPLACED_MS ? now - AGING_REPLACED_MS : 0;
	size_t n;
	int r = a->after == 0 ? store_session_age(e->store, now, replaced) : 0;

	*more = false;
	if (r != 0)
		return r;
	r = store_session_due(e->store, before, a->after, due, AGING_BATCH, &n);
	*more = r == 0 && n == AGING_BATCH;
	if (r != 0 || n == 0)
		return r;
	a->after = due[n - 1].id;
	if ((r = store_begin(e->store)) != 0)
		return r;
	for (size_t i = 0; i < n && r == 0; i++)
		r = age(e, &due[i], now);
	return store_end(e->store, r);
}

static void
aging_run(evutil_socket_t fd, short what, void *arg)
{
	struct timeval next = { 0, 0 };
	struct aging *a = arg;
	bool more;
	int r = batch(a, &more);

	if (r != 0)
		log_warn(a->engine->log, "aging", "old keys are not forgotten: %s", err_text(r));
	if (r != 0 || !more) {
		a->after = 0;
		next.tv_sec = AGING_EVERY_S;
	}
	evtimer_add(a->timer, &next);
}

int
aging_open(struct engine *e)
{
	static const struct timeval now = { 0, 0 };
	struct aging *a = mem_alloc(sizeof(*a));

	a->engine = e;
	e->aging = a;
	a->timer = evtimer_new(e->base, aging_run, a);
	return a->timer != NULL && evtimer_add(a->timer, &now) == 0 ? 0 : ERR_NOMEM;
}

void
aging_close(struct engine *e)
{
	struct aging *a = e->aging;

	if (a == NULL)
		return;
	e->aging = NULL;
	if (a->timer != NULL)
		event_free(a->timer);
	free(a);
}
