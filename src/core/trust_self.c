#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "core/devices.h"
#include "core/own.h"
#include "core/trust_state.h"

static int
self_keep(struct trust *t, const struct identity *new, bool shown)
{
	struct account *a = &t->engine->account;
	const struct identity_device *d = identity_find_device(new, a->device_id);
	struct store *s = t->engine->store;
	struct buf *b = buf_new(0);
	struct store_person p;
	int r = d == NULL ? ERR_CHAIN : store_begin(s);

	if (r != 0)
		goto out;
	if ((r = identity_pack(new, b)) == 0 && (r = store_value_set(s, "self", buf_view(b))) == 0 &&
	    (r = store_value_set(s, "binding.hash",
	         (struct bytes){ d->binding_hash, STORE_HASH })) == 0 &&
	    shown && own_person(t->engine, &p) == 0) {
		p.stale = false;
		if ((r = store_person_set(s, &p)) == 0)
			r = trust_claim_settle(t, &p, t->self, new);
	}
	if (r == 0)
		r = devices_changed(t->engine, NULL, t->self, new);
	r = store_end(s, r);
	if (r == 0)
		memcpy(a->binding_hash, d->binding_hash, STORE_HASH); /* of a renewal, perhaps */
out:
	buf_free(&b);
	return r;
}

int
trust_self_take(struct trust *t, const Recado__DirectoryEntry *entry, bool shown, struct fault *f)
{
	struct identity_check chk = trust_check(t);
	struct identity *new = identity_copy(t->self);
	int r = identity_update(new, entry, &chk, f);
	bool moved;

	if (r == 0)
		r = self_keep(t, new, shown);
	if (r != 0) {
		log_warn(t->engine->log, "trust", "an entry of our own is refused: %s", err_name(r));
		if (r == ERR_CHAIN || r == ERR_SIGNATURE || r == ERR_UNTRUSTED)
			engine_notice(t->engine, NULL,
			    "the relay shows a false list of your own devices; it is not believed");
		identity_free(&new);
		return f != NULL && f->code != 0 ? r : fault_set(f, r, NULL, "%s", err_text(r));
	}
	moved = memcmp(identity_list_head(t->self), identity_list_head(new), HASH_LEN) != 0;
	trust_retire(t, t->self);
	t->self = new;
	if (moved)
		trust_note_all(t); /* every safety number is another one */
	op_notify_all(t->engine, OP_NEWS_PERSON, &t->engine->own);
	return 0;
}

/* The whole of it comes from the relay only; one event more is what we have just given it. */
int
trust_learn_self(struct trust *t, const Recado__DirectoryEntry *entry, struct fault *f)
{
	return trust_self_take(t, entry, entry->n_events >= identity_list_length(t->self), f);
}
