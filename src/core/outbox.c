#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "core/message.h"
#include "core/outbox_state.h"
#include "core/relay.h"
#include "core/seal.h"
#include "core/suites.h"
#include "core/trust.h"
#include "crypto/content.h"
#include "crypto/rand.h"

/* ------------------------------------------------------------------------------ life */

static void
outbox_run(evutil_socket_t fd, short what, void *arg)
{
	struct outbox *o = arg;

	o->kicked = false;
	outbox_seal_all(o);
	outbox_owed_all(o);
	outbox_deposit_all(o);
	op_notify_all(o->engine, OP_NEWS_IDLE, NULL);
}

static void
outbox_resume(evutil_socket_t fd, short what, void *arg)
{
	struct outbox *o = arg;

	o->paused = false;
	outbox_kick(o->engine);
}

/* Those that had no bundle may have one by now. */
static void
outbox_fertile(evutil_socket_t fd, short what, void *arg)
{
	struct outbox *o = arg;

	o->barren_count = 0;
	outbox_kick(o->engine);
}

static void
outbox_later(evutil_socket_t fd, short what, void *arg)
{
	outbox_kick(((struct outbox *)arg)->engine);
}

int
outbox_open(struct engine *e)
{
	static const struct timeval now = { 0, 0 };
	struct outbox *o = mem_alloc(sizeof(*o));

	o->engine = e;
	LIST_INIT(&o->flights);
	LIST_INIT(&o->asked);
	STAILQ_INIT(&o->again);
	o->kick = evtimer_new(e->base, outbox_run, o);
	o->pause = evtimer_new(e->base, outbox_resume, o);
	o->fertile = evtimer_new(e->base, outbox_fertile, o);
	o->later = evtimer_new(e->base, outbox_later, o);
	e->outbox = o;
	if (o->kick == NULL || o->pause == NULL || o->fertile == NULL || o->later == NULL)
		return ERR_NOMEM;
	outbox_recall(o);
	evtimer_add(o->later, &now);
	return 0;
}

void
outbox_close(struct engine *e)
{
	struct outbox *o = e->outbox;
	struct outbox_again *a;

	if (o == NULL)
		return;
	outbox_offline(e);
	e->outbox = NULL;
	while ((a = STAILQ_FIRST(&o->again)) != NULL) {
		STAILQ_REMOVE_HEAD(&o->again, link);
		free(a);
	}
	if (o->kick != NULL)
		event_free(o->kick);
	if (o->pause != NULL)
		event_free(o->pause);
	if (o->fertile != NULL)
		event_free(o->fertile);
	if (o->later != NULL)
		event_free(o->later);
	free(o);
}

void
outbox_kick(struct engine *e)
{
	static const struct timeval now = { 0, 0 };
	struct outbox *o = e->outbox;

	if (o == NULL || o->kicked)
		return;
	o->kicked = true;
	evtimer_add(o->kick, &now);
}

/* Replies that were awaited have all come as errors before. */
void
outbox_offline(struct engine *e)
{
	struct outbox *o = e->outbox;

	if (o == NULL)
		return;
	free(o->barren);
	o->barren = NULL;
	o->barren_count = 0;
	free(o->refreshed);
	o->refreshed = NULL;
	o->refreshed_count = 0;
	o->leaps = 0;
	o->paused = false;
	evtimer_del(o->pause);
	evtimer_del(o->fertile);
}

bool
outbox_idle(const struct engine *e)
{
	const struct outbox *o = e->outbox;

	return o == NULL || (!o->kicked && !o->paused && o->flight_count == 0 && LIST_EMPTY(&o->asked));
}

/* ------------------------------------------------------------------------------ a new message */

static int
text_check(const char *text, struct fault *f)
{
	size_t n = strlen(text);

	if (n == 0)
		return fault_set(f, ERR_USAGE, NULL, "there is nothing to send");
	if (n > CONTENT_TEXT_MAX)
		return fault_set(f, ERR_LIMIT, NULL, "the text is longer than %d octets", CONTENT_TEXT_MAX);
	if (!text_is_utf8(text, n))
		return fault_set(f, ERR_USAGE, NULL, "the text is not UTF-8");
	return 0;
}

int
outbox_send(struct engine *e, const struct store_person *p, const char *text, int64_t *row,
    struct fault *f)
{
	struct store_message m = { .person = p->id, .outgoing = true, .state = CORE_ST_QUEUED,
		.text = text, .sent_at = clock_now_ms() };
	uint8_t id[CONTENT_ID_LEN];
	int r = text_check(text, f);

	*row = 0;
	if (r != 0)
		return r;
	if ((r = rand_bytes(id, sizeof(id))) != 0)
		return fault_set(f, r, NULL, "no random octets");
	hex_encode(id, sizeof(id), m.id);
	memcpy(m.device, e->account.device_id, STORE_DEVICE);
	r = store_message_add(e->store, &m, (struct bytes){ NULL, 0 });
	if (r != 0)
		return fault_set(f, r, p->name, "the message cannot be stored");
	*row = m.row;
	if (message_emit(e, m.row, NULL) != 0)
		log_warn(e->log, "outbox", "a message cannot be shown");
	engine_status(e, NULL);
	outbox_kick(e);
	return 0;
}

struct rows {
	int64_t *rows;
	size_t n;
};

static int
collect_row(void *arg, const struct store_message *m)
{
	struct rows *all = arg;

	all->rows = mem_grow(all->rows, all->n + 1, sizeof(*all->rows));
	all->rows[all->n++] = m->row;
	return 0;
}

void
outbox_fail_person(struct engine *e, int64_t person, int code, const char *why)
{
	struct store_query q = { .list = STORE_LIST_UNSEALED, .person = person };
	struct rows all = { NULL, 0 };
	size_t i;
	int r = store_message_each(e->store, &q, collect_row, &all);

	for (i = 0; r == 0 && i < all.n; i++)
		r = message_fail(e, all.rows[i], code, why);
	if (r != 0)
		log_warn(e->log, "outbox", "messages cannot be marked: %s", err_text(r));
	free(all.rows);
}

/* ------------------------------------------------------------------------------ sessions on demand */

static void
connect_end(struct op *op)
{
	op_then *then = op->then;
	struct fault f = { 0 };
	struct store_person p;
	const struct identity *i = NULL;
	uint16_t suite;
	bool any = false;
	size_t n;

	if (store_person_by_id(op->e->store, op->person, &p) == 0 &&
	    (i = trust_identity(op->e->trust, &p)) != NULL)
		for (n = 0; n < identity_device_count(i); n++)
			any = any || (identity_device(i, n)->removed_at == 0 &&
			                 seal_ready(op->e, identity_device(i, n)->id));
	for (n = 0; !any && f.code == 0 && i != NULL && n < identity_device_count(i); n++)
		if (identity_device(i, n)->removed_at == 0)
			(void)!suites_choose(op->e, identity_device(i, n), &suite, &f);
	if (!any && f.code == 0)
		fault_set(&f, relay_online(op->e) ? ERR_NOT_FOUND : ERR_UNREACHABLE, op->cmd.name,
		    "no session could be opened with a device of this person");
	op->notify = NULL;
	op->then = NULL;
	then(op, any ? NULL : &f);
}

static void
connect_news(struct op *op, enum op_news news, const void *what)
{
	if (news == OP_NEWS_IDLE && !outbox_has_asked(op->e->outbox, op->person))
		connect_end(op);
}

void
outbox_connect(struct op *op, struct store_person *p, op_then *then)
{
	op->then = then;
	op->person = p->id;
	if (outbox_bundles(op->e->outbox, p) || outbox_has_asked(op->e->outbox, p->id))
		op->notify = connect_news;
	else
		connect_end(op);
}
