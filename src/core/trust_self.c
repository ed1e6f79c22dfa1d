#include <stdlib.h>

#include "base/log.h"
#include "core/own.h"
#include "core/trust_state.h"

static size_t
live_devices(const struct identity *i)
{
	size_t n, live = 0;

	for (n = 0; n < identity_device_count(i); n++)
		live += identity_device(i, n)->removed_at == 0;
	return live;
}

static int
self_keep(struct trust *t, const struct identity *new)
{
	struct store *s = t->engine->store;
	struct buf *b = buf_new(0);
	struct store_person p;
	int r = store_begin(s);

	if (r != 0)
		goto out;
	if ((r = identity_pack(new, b)) == 0 && (r = store_value_set(s, "self", buf_view(b))) == 0 &&
	    own_person(t->engine, &p) == 0) {
		p.stale = false;
		r = store_person_set(s, &p);
	}
	r = store_end(s, r);
out:
	buf_free(&b);
	return r;
}

int
trust_learn_self(struct trust *t, const Recado__DirectoryEntry *entry, struct fault *f)
{
	struct identity_check chk = trust_check(t);
	struct identity *new = identity_copy(t->self);
	int r = identity_update(new, entry, &chk, f);
	size_t before, after;

	if (r == 0)
		r = self_keep(t, new);
	if (r != 0) {
		log_warn(t->engine->log, "trust", "an entry of our own is refused: %s", err_name(r));
		identity_free(&new);
		return f != NULL && f->code != 0 ? r : fault_set(f, r, NULL, "%s", err_text(r));
	}
	before = live_devices(t->self);
	after = live_devices(new);
	if (after != before)
		engine_notice(t->engine, NULL,
		    after > before ? "your account has a new device" : "a device of yours was removed");
	trust_retire(t, t->self);
	t->self = new;
	op_notify_all(t->engine, OP_NEWS_PERSON, &t->engine->own);
	return 0;
}
