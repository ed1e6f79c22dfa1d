/*
 * A user is in the table while a device of it is signed in or somebody watches it. Watchers hang in
 * a list at the user, and the same structs in a list of the watching connection, so that ending a
 * watch costs what was watched and no search.
 */
#include "server/online.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "server/table.h"

struct watch {
	struct user *user;
	struct watcher *watcher;
	struct watch *prev, *next; /* at the user */
	struct watch *more;        /* of the watcher */
};

struct user {
	uint8_t id[USER_ID_LEN];
	size_t devices;
	struct watch *watches;
};

struct device {
	uint8_t id[DEVICE_ID_LEN];
	struct user *user;
	struct online_place place;
	bool full;
};

struct watcher {
	struct online_place place;
	struct watch *watches;
};

struct online {
	pthread_mutex_t lock;
	online_notify_fn *notify;
	struct table *users, *devices, *watchers;
};

static struct bytes
place_key(const struct online_place *p)
{
	return (struct bytes){ (const uint8_t *)p, sizeof(*p) };
}

struct online *
online_new(online_notify_fn *notify)
{
	struct online *o = mem_alloc(sizeof(*o));

	pthread_mutex_init(&o->lock, NULL);
	o->notify = notify;
	o->users = table_new();
	o->devices = table_new();
	o->watchers = table_new();
	return o;
}

static void
drop_watcher(void *value)
{
	struct watcher *w = value;

	for (struct watch *x = w->watches, *more; x != NULL; x = more) {
		more = x->more;
		free(x);
	}
	free(w);
}

void
online_free(struct online **po)
{
	struct online *o = *po;

	if (o == NULL)
		return;
	*po = NULL;
	table_free(&o->watchers, drop_watcher);
	table_free(&o->devices, free);
	table_free(&o->users, free);
	pthread_mutex_destroy(&o->lock);
	free(o);
}

/* ---------------------------------------------------------------------------- users */

static struct user *
user_for(struct online *o, const uint8_t id[USER_ID_LEN])
{
	struct user *u = table_get(o->users, (struct bytes){ id, USER_ID_LEN });

	if (u != NULL)
		return u;
	u = mem_alloc(sizeof(*u));
	memcpy(u->id, id, USER_ID_LEN);
	if (table_put(o->users, (struct bytes){ u->id, USER_ID_LEN }, u) != 0)
		abort(); /* it was not there */
	return u;
}

static void
user_release(struct online *o, struct user *u)
{
	if (u->devices == 0 && u->watches == NULL)
		free(table_take(o->users, (struct bytes){ u->id, USER_ID_LEN }));
}

static void
tell(struct online *o, const struct user *u)
{
	for (const struct watch *x = u->watches; x != NULL; x = x->next)
		o->notify(x->watcher->place, u->id, u->devices != 0);
}

/* ---------------------------------------------------------------------------- devices */

static struct device *
device_get(struct online *o, const uint8_t id[DEVICE_ID_LEN])
{
	return table_get(o->devices, (struct bytes){ id, DEVICE_ID_LEN });
}

static void
device_add(struct online *o, const uint8_t user[USER_ID_LEN], const uint8_t id[DEVICE_ID_LEN],
    struct online_place place)
{
	struct device *d = mem_alloc(sizeof(*d));

	memcpy(d->id, id, DEVICE_ID_LEN);
	d->user = user_for(o, user);
	d->place = place;
	if (table_put(o->devices, (struct bytes){ d->id, DEVICE_ID_LEN }, d) != 0)
		abort(); /* it was not there */
	if (d->user->devices++ == 0)
		tell(o, d->user);
}

bool
online_enter(struct online *o, const uint8_t user[USER_ID_LEN], const uint8_t device[DEVICE_ID_LEN],
    struct online_place place, struct online_place *old)
{
	struct device *d;

	pthread_mutex_lock(&o->lock);
	d = device_get(o, device);
	if (d != NULL) {
		*old = d->place;
		d->place = place;
		d->full = false;
	} else
		device_add(o, user, device, place);
	pthread_mutex_unlock(&o->lock);
	return d != NULL;
}

void
online_leave(struct online *o, const uint8_t device[DEVICE_ID_LEN], struct online_place place)
{
	struct device *d;

	pthread_mutex_lock(&o->lock);
	d = device_get(o, device);
	if (d != NULL && d->place.loop == place.loop && d->place.peer == place.peer) {
		table_take(o->devices, (struct bytes){ d->id, DEVICE_ID_LEN });
		if (--d->user->devices == 0)
			tell(o, d->user);
		user_release(o, d->user);
		free(d);
	}
	pthread_mutex_unlock(&o->lock);
}

bool
online_find(struct online *o, const uint8_t device[DEVICE_ID_LEN], struct online_place *out)
{
	struct device *d;

	memset(out, 0, sizeof(*out));
	pthread_mutex_lock(&o->lock);
	if ((d = device_get(o, device)) != NULL)
		*out = d->place;
	pthread_mutex_unlock(&o->lock);
	return d != NULL;
}

void
online_set_full(struct online *o, const uint8_t device[DEVICE_ID_LEN], bool full)
{
	struct device *d;

	pthread_mutex_lock(&o->lock);
	if ((d = device_get(o, device)) != NULL)
		d->full = full;
	pthread_mutex_unlock(&o->lock);
}

bool
online_is_full(struct online *o, const uint8_t device[DEVICE_ID_LEN])
{
	struct device *d;
	bool full;

	pthread_mutex_lock(&o->lock);
	full = (d = device_get(o, device)) != NULL && d->full;
	pthread_mutex_unlock(&o->lock);
	return full;
}

bool
online_user(struct online *o, const uint8_t user[USER_ID_LEN])
{
	struct user *u;
	bool on;

	pthread_mutex_lock(&o->lock);
	u = table_get(o->users, (struct bytes){ user, USER_ID_LEN });
	on = u != NULL && u->devices != 0;
	pthread_mutex_unlock(&o->lock);
	return on;
}

void
online_tell(struct online *o, const uint8_t user[USER_ID_LEN], online_notify_fn *notify)
{
	const struct user *u;

	pthread_mutex_lock(&o->lock);
	u = table_get(o->users, (struct bytes){ user, USER_ID_LEN });
	for (const struct watch *x = u != NULL ? u->watches : NULL; x != NULL; x = x->next)
		notify(x->watcher->place, u->id, u->devices != 0);
	pthread_mutex_unlock(&o->lock);
}

/* ---------------------------------------------------------------------------- watches */

static void
unwatch(struct online *o, struct watcher *w)
{
	for (struct watch *x = w->watches, *more; x != NULL; x = more) {
		more = x->more;
		*(x->prev != NULL ? &x->prev->next : &x->user->watches) = x->next;
		if (x->next != NULL)
			x->next->prev = x->prev;
		user_release(o, x->user);
		free(x);
	}
	w->watches = NULL;
}

static void
watch_add(struct online *o, struct watcher *w, const uint8_t user[USER_ID_LEN])
{
	struct watch *x = mem_alloc(sizeof(*x));

	x->user = user_for(o, user);
	x->watcher = w;
	x->next = x->user->watches;
	if (x->next != NULL)
		x->next->prev = x;
	x->user->watches = x;
	x->more = w->watches;
	w->watches = x;
}

static struct watcher *
watcher_for(struct online *o, const struct online_place *place, bool make)
{
	struct watcher *w = table_get(o->watchers, place_key(place));

	if (w != NULL || !make)
		return w;
	w = mem_alloc(sizeof(*w));
	w->place = *place;
	if (table_put(o->watchers, place_key(&w->place), w) != 0)
		abort(); /* it was not there */
	return w;
}

void
online_watch(struct online *o, struct online_place place, const uint8_t (*users)[USER_ID_LEN],
    size_t count, bool *states)
{
	struct watcher *w;

	pthread_mutex_lock(&o->lock);
	if ((w = watcher_for(o, &place, count != 0)) != NULL)
		unwatch(o, w);
	for (size_t i = 0; i < count && i < ONLINE_WATCH_MAX; i++) {
		watch_add(o, w, users[i]);
		states[i] = w->watches->user->devices != 0;
	}
	if (w != NULL && count == 0) {
		table_take(o->watchers, place_key(&place));
		free(w);
	}
	pthread_mutex_unlock(&o->lock);
}
