/*
 * Tokens are kept in thousandths, so that a refill after a millisecond is not lost to rounding:
 * per_minute tokens a minute are per_minute / 60 thousandths a millisecond.
 */
#include "server/limit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/mem.h"
#include "server/table.h"

#define MILLI 1000u
#define MINUTE_MS 60000u
#define SWEEP_MS 10000u

static uint64_t
refilled(const struct limit_bucket *b, const struct limit_rate *r, uint64_t now)
{
	uint64_t full = (uint64_t)r->burst * MILLI;
	uint64_t passed = now > b->at ? now - b->at : 0;
	uint64_t more;

	if (b->at == 0 || b->left >= full)
		return full;
	if (r->per_minute != 0 && passed > UINT64_MAX / MILLI / r->per_minute)
		return full;
	more = passed * r->per_minute * MILLI / MINUTE_MS;
	return more >= full - b->left ? full : b->left + more;
}

bool
limit_take(struct limit_bucket *b, const struct limit_rate *r, uint32_t n, uint64_t now)
{
	uint64_t left = refilled(b, r, now);
	uint64_t want = (uint64_t)n * MILLI;

	/* A refill that rounds to nothing must not move the clock. */
	if (left != b->left || b->at == 0) {
		b->left = left;
		b->at = now != 0 ? now : 1;
	}
	if (left < want)
		return false;
	b->left -= want;
	return true;
}

bool
limit_is_full(const struct limit_bucket *b, const struct limit_rate *r, uint64_t now)
{
	return refilled(b, r, now) >= (uint64_t)r->burst * MILLI;
}

/* In the order of use. Who fills a map with ever new addresses makes it forget others: those may then
 * do more than their rate, but nobody is kept out. */
struct entry {
	TAILQ_ENTRY(entry) order;
	struct limit_bucket bucket;
	uint8_t key[LIMIT_KEY_MAX];
	size_t keylen;
};

struct limit_map {
	pthread_mutex_t lock;
	struct table *entries;
	TAILQ_HEAD(order, entry) order; /* the one unused for longest first */
	struct limit_rate rate;
	uint64_t swept;
};

struct limit_map *
limit_map_new(const struct limit_rate *r)
{
	struct limit_map *m = mem_alloc(sizeof(*m));

	pthread_mutex_init(&m->lock, NULL);
	m->entries = table_new();
	TAILQ_INIT(&m->order);
	m->rate = *r;
	return m;
}

void
limit_map_free(struct limit_map **pm)
{
	struct limit_map *m = *pm;

	if (m == NULL)
		return;
	*pm = NULL;
	table_free(&m->entries, free);
	pthread_mutex_destroy(&m->lock);
	free(m);
}

static void
forget(struct limit_map *m, struct entry *e)
{
	TAILQ_REMOVE(&m->order, e, order);
	free(table_take(m->entries, (struct bytes){ e->key, e->keylen }));
}

struct sweep {
	struct limit_map *map;
	uint64_t now;
};

static bool
sweep_one(void *value, void *arg)
{
	struct sweep *s = arg;
	struct entry *e = value;

	if (limit_is_full(&e->bucket, &s->map->rate, s->now))
		forget(s->map, e);
	return true;
}

static struct entry *
entry_for(struct limit_map *m, struct bytes key, uint64_t now)
{
	struct entry *e = table_get(m->entries, key);
	struct sweep s = { m, now };

	if (e != NULL) {
		TAILQ_REMOVE(&m->order, e, order);
		TAILQ_INSERT_TAIL(&m->order, e, order);
		return e;
	}
	if (table_count(m->entries) >= LIMIT_MAP_MAX / 2 && now - m->swept > SWEEP_MS) {
		m->swept = now;
		table_each(m->entries, sweep_one, &s);
	}
	if (table_count(m->entries) >= LIMIT_MAP_MAX)
		forget(m, TAILQ_FIRST(&m->order));
	e = mem_alloc(sizeof(*e));
	memcpy(e->key, key.p, key.n);
	e->keylen = key.n;
	if (table_put(m->entries, (struct bytes){ e->key, e->keylen }, e) != 0) {
		free(e);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&m->order, e, order);
	return e;
}

bool
limit_map_take(struct limit_map *m, struct bytes key, uint32_t n, uint64_t now)
{
	struct entry *e;
	bool ok = false;

	if (key.n == 0 || key.n > LIMIT_KEY_MAX)
		return false;
	pthread_mutex_lock(&m->lock);
	e = entry_for(m, key, now);
	if (e != NULL)
		ok = limit_take(&e->bucket, &m->rate, n, now);
	pthread_mutex_unlock(&m->lock);
	return ok;
}

size_t
limit_map_count(struct limit_map *m)
{
	size_t n;

	pthread_mutex_lock(&m->lock);
	n = table_count(m->entries);
	pthread_mutex_unlock(&m->lock);
	return n;
}
