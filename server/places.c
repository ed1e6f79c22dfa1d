#include "server/places.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct places {
	pthread_mutex_t lock;
	struct taken {
		uint8_t key[PLACES_KEY_MAX];
		size_t n; /* 0: free */
	} taken[PLACES_MAX];
};

struct places *
places_new(void)
{
	struct places *p = mem_alloc(sizeof(*p));

	pthread_mutex_init(&p->lock, NULL);
	return p;
}

void
places_free(struct places **pp)
{
	struct places *p = *pp;

	if (p == NULL)
		return;
	*pp = NULL;
	pthread_mutex_destroy(&p->lock);
	free(p);
}

static bool
is_of(const struct taken *t, struct bytes key)
{
	return bytes_equal((struct bytes){ t->key, t->n }, key);
}

bool
places_take(struct places *p, struct bytes key)
{
	struct taken *free_one = NULL;
	size_t share = 0;
	bool ok;

	if (key.n == 0 || key.n > PLACES_KEY_MAX)
		return false;
	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < PLACES_MAX; i++) {
		if (p->taken[i].n == 0)
			free_one = &p->taken[i];
		else
			share += is_of(&p->taken[i], key);
	}
	ok = free_one != NULL && share < PLACES_OF_ONE;
	if (ok) {
		memcpy(free_one->key, key.p, key.n);
		free_one->n = key.n;
	}
	pthread_mutex_unlock(&p->lock);
	return ok;
}

void
places_give(struct places *p, struct bytes key)
{
	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < PLACES_MAX; i++)
		if (p->taken[i].n != 0 && is_of(&p->taken[i], key)) {
			p->taken[i].n = 0;
			break;
		}
	pthread_mutex_unlock(&p->lock);
}
