#include "server/directory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "server/table.h"

struct user {
	struct directory_user u;
};

struct device {
	struct directory_device d;
	struct user *user;
	struct directory_verdict verdict; /* generation 0: none */
};

struct directory {
	pthread_rwlock_t lock;
	struct table *by_name, *by_id, *devices;
};

struct directory *
directory_new(void)
{
	struct directory *d = mem_alloc(sizeof(*d));

	pthread_rwlock_init(&d->lock, NULL);
	d->by_name = table_new();
	d->by_id = table_new();
	d->devices = table_new();
	return d;
}

void
directory_free(struct directory **pd)
{
	struct directory *d = *pd;

	if (d == NULL)
		return;
	*pd = NULL;
	table_free(&d->devices, free);
	table_free(&d->by_name, NULL);
	table_free(&d->by_id, free);
	pthread_rwlock_destroy(&d->lock);
	free(d);
}

static struct bytes
name_key(const char *name)
{
	return (struct bytes){ (const uint8_t *)name, strlen(name) };
}

/* ---------------------------------------------------------------------------- changes */

static struct user *
put_user(struct directory *d, const struct directory_user *u)
{
	struct user *user = table_get(d->by_id, (struct bytes){ u->id, USER_ID_LEN });

	if (user != NULL) {
		memcpy(user->u.list_head, u->list_head, HASH_LEN);
		user->u.list_length = u->list_length;
		return user;
	}
	user = mem_alloc(sizeof(*user));
	user->u = *u;
	if (table_put(d->by_name, name_key(user->u.name), user) != 0) {
		free(user);
		return NULL;
	}
	if (table_put(d->by_id, (struct bytes){ user->u.id, USER_ID_LEN }, user) != 0)
		abort(); /* it was not there above */
	return user;
}

static int
put_device(struct directory *d, struct user *user, const struct directory_device *in)
{
	struct device *dev = table_get(d->devices, (struct bytes){ in->id, DEVICE_ID_LEN });

	if (dev != NULL) {
		if (dev->user != user)
			return ERR_TAKEN;
		dev->d = *in;
		dev->verdict.generation = 0;
		return 0;
	}
	dev = mem_alloc(sizeof(*dev));
	dev->d = *in;
	dev->user = user;
	return table_put(d->devices, (struct bytes){ dev->d.id, DEVICE_ID_LEN }, dev);
}

int
directory_put(struct directory *d, const struct directory_user *u,
    const struct directory_device *devices, size_t count)
{
	struct user *user;
	int r = 0;

	pthread_rwlock_wrlock(&d->lock);
	if ((user = put_user(d, u)) == NULL)
		r = ERR_TAKEN;
	for (size_t i = 0; r == 0 && i < count; i++)
		r = put_device(d, user, &devices[i]);
	pthread_rwlock_unlock(&d->lock);
	return r;
}

static int
load_user(const struct store_user *su, void *arg)
{
	struct directory *d = arg;
	struct directory_user u = { .list_length = su->list_length };

	if (su->name.n == 0 || su->name.n > NAME_MAX_BYTES)
		return ERR_IO;
	memcpy(u.id, su->id, USER_ID_LEN);
	memcpy(u.list_head, su->list_head, HASH_LEN);
	memcpy(u.name, su->name.p, su->name.n);
	return put_user(d, &u) != NULL ? 0 : ERR_IO;
}

static int
load_device(const struct store_device *sd, void *arg)
{
	struct directory *d = arg;
	struct directory_device dev = { .live = sd->live };
	struct user *user = table_get(d->by_id, (struct bytes){ sd->user, USER_ID_LEN });

	if (user == NULL)
		return ERR_IO;
	memcpy(dev.id, sd->id, DEVICE_ID_LEN);
	memcpy(dev.user_id, sd->user, USER_ID_LEN);
	memcpy(dev.signing_key, sd->signing_key, 32);
	return put_device(d, user, &dev);
}

int
directory_load(struct directory *d, const struct store_ops *ops, struct store *s)
{
	int r;

	pthread_rwlock_wrlock(&d->lock);
	if ((r = ops->each_user(s, load_user, d)) == 0)
		r = ops->each_device(s, load_device, d);
	pthread_rwlock_unlock(&d->lock);
	return r;
}

/* ---------------------------------------------------------------------------- questions */

static int
find_user(struct directory *d, struct table *t, struct bytes key, struct directory_user *out)
{
	struct user *user;

	memset(out, 0, sizeof(*out));
	pthread_rwlock_rdlock(&d->lock);
	if ((user = table_get(t, key)) != NULL)
		*out = user->u;
	pthread_rwlock_unlock(&d->lock);
	return user != NULL ? 0 : ERR_NO_USER;
}

int
directory_find_name(struct directory *d, struct bytes name, struct directory_user *out)
{
	return find_user(d, d->by_name, name, out);
}

int
directory_find_user(struct directory *d, struct bytes id, struct directory_user *out)
{
	return find_user(d, d->by_id, id, out);
}

int
directory_find_device(
    struct directory *d, struct bytes id, struct directory_device *out, struct directory_user *user)
{
	struct device *dev;

	memset(out, 0, sizeof(*out));
	pthread_rwlock_rdlock(&d->lock);
	if ((dev = table_get(d->devices, id)) != NULL) {
		*out = dev->d;
		if (user != NULL)
			*user = dev->user->u;
	}
	pthread_rwlock_unlock(&d->lock);
	return dev != NULL ? 0 : ERR_NO_USER;
}

size_t
directory_count(struct directory *d)
{
	size_t n;

	pthread_rwlock_rdlock(&d->lock);
	n = table_count(d->by_id);
	pthread_rwlock_unlock(&d->lock);
	return n;
}

int
directory_verdict(struct directory *d, const uint8_t id[DEVICE_ID_LEN], uint64_t generation,
    uint64_t now, struct directory_verdict *out)
{
	struct device *dev;
	int r = ERR_NOT_FOUND;

	memset(out, 0, sizeof(*out));
	pthread_rwlock_rdlock(&d->lock);
	dev = table_get(d->devices, (struct bytes){ id, DEVICE_ID_LEN });
	if (dev != NULL && dev->verdict.generation == generation && generation != 0 &&
	    now < dev->verdict.until) {
		*out = dev->verdict;
		r = 0;
	}
	pthread_rwlock_unlock(&d->lock);
	return r;
}

void
directory_set_verdict(struct directory *d, const uint8_t id[DEVICE_ID_LEN],
    const struct directory_verdict *v)
{
	struct device *dev;

	pthread_rwlock_wrlock(&d->lock);
	dev = table_get(d->devices, (struct bytes){ id, DEVICE_ID_LEN });
	if (dev != NULL)
		dev->verdict = *v;
	pthread_rwlock_unlock(&d->lock);
}
