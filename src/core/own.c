#include "core/own.h"

#include <string.h>

#include "core/trust.h"

int
own_open(struct engine *e)
{
	struct store_person p;
	int r = store_person_by_user(e->store, e->account.user_id, &p);

	if (r == ERR_NOT_FOUND) {
		memset(&p, 0, sizeof(p));
		p.known = true;
		memcpy(p.user_id, e->account.user_id, STORE_USER);
		r = store_person_add(e->store, &p);
	}
	e->own = r == 0 ? p.id : 0;
	return r;
}

bool
own_is(const struct engine *e, const struct store_person *p)
{
	return e->own != 0 && p->id == e->own;
}

int
own_person(struct engine *e, struct store_person *out)
{
	return e->own != 0 ? store_person_by_id(e->store, e->own, out) : ERR_NOT_FOUND;
}

const struct identity_device *
own_next(struct engine *e, size_t *n)
{
	const struct identity *i = e->own != 0 ? trust_self(e->trust) : NULL;
	const struct identity_device *d;

	while (i != NULL && (d = identity_device(i, *n)) != NULL) {
		++*n;
		if (d->removed_at == 0 && memcmp(d->id, e->account.device_id, STORE_DEVICE) != 0)
			return d;
	}
	return NULL;
}

bool
own_others(struct engine *e)
{
	size_t n = 0;

	return own_next(e, &n) != NULL;
}

int
own_stale(struct engine *e)
{
	struct store_person p;
	int r = own_person(e, &p);

	if (r != 0 || p.stale)
		return r == ERR_NOT_FOUND ? 0 : r;
	p.stale = true;
	return store_person_set(e->store, &p);
}
