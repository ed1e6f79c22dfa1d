/* Who is online, of those whom the user knows; and where their device lists stand. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "core/contact.h"
#include "core/devices.h"
#include "core/relay_state.h"

bool
relay_sees(const struct engine *e, const uint8_t *user_id)
{
	const struct relay *r = e->relay;
	size_t i;

	for (i = 0; r != NULL && i < r->online_count; i++)
		if (memcmp(r->online[i], user_id, STORE_USER) == 0)
			return true;
	return false;
}

void
relay_presence_set(struct relay *r, const uint8_t *user_id, bool on)
{
	struct store_person p;
	size_t i;

	/* Only of people we know: the list does not grow by what the relay likes to say. */
	if (store_person_by_user(r->engine->store, user_id, &p) != 0)
		return;
	for (i = 0; i < r->online_count; i++)
		if (memcmp(r->online[i], user_id, STORE_USER) == 0)
			break;
	if (on && i == r->online_count) {
		r->online = mem_grow(r->online, r->online_count + 1, STORE_USER);
		memcpy(r->online[r->online_count++], user_id, STORE_USER);
	} else if (!on && i < r->online_count) {
		memmove(r->online[i], r->online[i + 1], (r->online_count - i - 1) * STORE_USER);
		r->online_count--;
	}
	contact_publish(r->engine, p.id);
}

void
relay_presence_forget(struct relay *r)
{
	uint8_t user[STORE_USER];

	while (r->online_count > 0) {
		memcpy(user, r->online[--r->online_count], STORE_USER);
		relay_presence_set(r, user, false);
	}
}

static void
watching_came(void *arg, int err, const Recado__ReplyBody *reply)
{
	struct relay *r = arg;
	uint8_t user[STORE_USER];
	size_t i;

	if (err != 0 || reply->op_case != RECADO__REPLY_BODY__OP_WATCHING)
		return;
	for (i = 0; i < reply->watching->n_online; i++)
		if (pb_fixed(reply->watching->online[i], user, STORE_USER) == 0)
			relay_presence_set(r, user, true);
	for (i = 0; i < reply->watching->n_lists; i++)
		devices_hint(r->engine, reply->watching->lists[i]);
	op_notify_all(r->engine, OP_NEWS_IDLE, NULL);
}

struct watched {
	uint8_t (*users)[STORE_USER];
	size_t n;
};

static int
watched_add(void *arg, const struct store_person *p)
{
	struct watched *w = arg;

	if (!p->known || p->contact != CORE_CONTACT)
		return 0;
	w->users = mem_grow(w->users, w->n + 1, STORE_USER);
	memcpy(w->users[w->n++], p->user_id, STORE_USER);
	return 0;
}

void
relay_watch(struct engine *e)
{
	Recado__ToRelay rq = RECADO__TO_RELAY__INIT;
	Recado__Watch watch = RECADO__WATCH__INIT;
	struct watched w = { NULL, 0 };
	size_t i;

	if (!relay_online(e) || store_person_each(e->store, watched_add, &w) != 0)
		goto out;
	watch.user_ids = mem_array(w.n + 1, sizeof(*watch.user_ids));
	for (i = 0; i < w.n; i++)
		watch.user_ids[i] = pb_data((struct bytes){ w.users[i], STORE_USER });
	watch.n_user_ids = w.n;
	rq.op_case = RECADO__TO_RELAY__OP_WATCH;
	rq.watch = &watch;
	if (relay_request(e, &rq, watching_came, e->relay) != 0)
		log_debug(e->log, "relay", "presence cannot be asked for");
	free(watch.user_ids);
out:
	free(w.users);
}
