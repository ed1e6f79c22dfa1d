#include "core/devices.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "core/contact.h"
#include "core/outbox.h"
#include "core/trust_state.h"

struct change {
	struct engine *e;
	const struct store_person *p; /* NULL: ourselves */
	const struct identity *old, *new;
};

/* ------------------------------------------------------------------------------ saying it */

/* Into the conversation, after the name, and into the history of the identity. */
static int tell(const struct change *c, const char *past, const char *did, ...) PRINTF_LIKE(2, 4)
    PRINTF_LIKE(3, 4);

static int
tell(const struct change *c, const char *past, const char *did, ...)
{
	char said[192], kept[192], *line;
	va_list ap, again;
	int r = 0;

	va_start(ap, did);
	va_copy(again, ap);
	vsnprintf(said, sizeof(said), did, ap);
	vsnprintf(kept, sizeof(kept), past, again);
	va_end(again);
	va_end(ap);
	line = mem_format("%s %s", c->p != NULL ? c->p->name : c->e->account.name, said);
	if (c->p != NULL)
		r = trust_tell(c->e->trust, c->p, kept, line);
	else
		engine_notice(c->e, NULL, line);
	free(line);
	return r;
}

static int
tell_added(const struct change *c, const struct identity_device *d)
{
	char day[CLOCK_TEXT_MAX], id[9];

	clock_text(d->bound_at, day);
	hex_encode(d->id, 4, id);
	return tell(c, "device added: %s (%s), signed by the card on %.10s",
	    "added a device: %s (%s), signed by the card on %.10s", d->name, id, day);
}

/* What became of one device. */
static int
tell_device(const struct change *c, const struct identity_device *d)
{
	const struct identity_device *was = identity_find_device(c->old, d->id);
	int r = 0;

	if (was == NULL && d->removed_at == 0)
		return tell_added(c, d);
	if (was == NULL)
		return tell(c, "device added and removed: %s", "added a device and removed it: %s", d->name);
	if (strcmp(was->name, d->name) != 0)
		r = tell(c, "device renamed: %s, before %s", "gave a device another name: %s, before %s",
		    d->name, was->name);
	if (r == 0 && was->removed_at == 0 && d->removed_at != 0)
		r = tell(c, "device removed: %s", "removed a device: %s", d->name);
	else if (r == 0 && was->removed_at != 0 && d->removed_at == 0)
		r = tell(c, "device back: %s", "has back, by card, a device that was removed: %s", d->name);
	return r;
}

/* The card that speaks for a device is another one. */
static bool
renewed(const struct change *c)
{
	size_t n;

	for (n = 0; n < identity_device_count(c->new); n++) {
		const struct identity_device *d = identity_device(c->new, n);
		const struct identity_device *was = identity_find_device(c->old, d->id);

		if (was != NULL && memcmp(was->binding_hash, d->binding_hash, HASH_LEN) != 0)
			return true;
	}
	return false;
}

static int
tell_all(const struct change *c)
{
	size_t n;
	int r = 0;

	for (n = 0; n < identity_device_count(c->new) && r == 0; n++)
		r = tell_device(c, identity_device(c->new, n));
	if (r == 0 && renewed(c))
		r = identity_verdict(c->new)->anchor == 'R'
		    ? tell(c, "certificate renewed", "renewed the certificate, for the same key and name")
		    : tell(c, "certificate renewed", "renewed the card, which is the same person's");
	return r;
}

/* ------------------------------------------------------------------------------ acting on it */

static int
drop_removed(const struct change *c)
{
	size_t n;
	int r = 0;

	for (n = 0; n < identity_device_count(c->new) && r == 0; n++)
		if (identity_device(c->new, n)->removed_at != 0)
			r = store_device_drop(c->e->store, identity_device(c->new, n)->id);
	return r;
}

/* ------------------------------------------------------------------------------ what is on its way */

struct sealed {
	int64_t *rows;
	size_t n;
};

static int
sealed_add(void *arg, const struct store_message *m)
{
	struct sealed *s = arg;

	if (!m->sealed || m->state < CORE_ST_QUEUED)
		return 0;
	s->rows = mem_grow(s->rows, s->n + 1, sizeof(*s->rows));
	s->rows[s->n++] = m->row;
	return 0;
}

static bool
is_new(const struct change *c, const struct identity_device *d)
{
	const struct identity_device *was = identity_find_device(c->old, d->id);

	return d->removed_at == 0 && (was == NULL || was->removed_at != 0);
}

/* Who came while a message was on its way is owed it, too. */
static int
owe_new(const struct change *c)
{
	struct store_query q = { .list = STORE_LIST_OUTBOX, .person = c->p->id };
	struct sealed s = { NULL, 0 };
	size_t i, k;
	bool has;
	int r = store_message_each(c->e->store, &q, sealed_add, &s);

	for (k = 0; k < identity_device_count(c->new) && r == 0; k++) {
		const struct identity_device *d = identity_device(c->new, k);

		for (i = 0; is_new(c, d) && i < s.n && r == 0; i++) {
			r = store_deposit_has(c->e->store, s.rows[i], d->id, &has);
			if (r == 0 && !has)
				r = store_owed_add(c->e->store, s.rows[i], c->p->id, d->id);
		}
	}
	free(s.rows);
	outbox_kick(c->e);
	return r;
}

static const char *
first_seen(const struct cert_verdict *v)
{
	if (v->code == ERR_CERT_REVOCATION) /* the list comes after who needs it */
		return "first seen, revocation not yet known";
	return v->code == 0 ? "first seen, chain OK" : "first seen, certificate refused";
}

int
devices_changed(struct engine *e, const struct store_person *p, const struct identity *old,
    const struct identity *new)
{
	struct change c = { e, p, old, new };
	int r;

	if (old == NULL)
		return store_past_add(e->store, p->id, clock_now_ms(), first_seen(identity_verdict(new)));
	if (memcmp(identity_list_head(old), identity_list_head(new), HASH_LEN) == 0)
		return 0;
	if ((r = tell_all(&c)) != 0 || (r = drop_removed(&c)) != 0 || p == NULL)
		return r;
	return owe_new(&c);
}

/* ------------------------------------------------------------------------------ what others say */

static bool
knows(const struct identity *i, uint32_t length, const uint8_t *head)
{
	return i != NULL && identity_list_length(i) == length &&
	    memcmp(identity_list_head(i), head, HASH_LEN) == 0;
}

void
devices_hint(struct engine *e, const Recado__ListHead *h)
{
	uint8_t user[STORE_USER], head[STORE_HASH];
	struct store_person p;

	if (pb_fixed(h->user_id, user, sizeof(user)) != 0 ||
	    pb_fixed(h->head, head, sizeof(head)) != 0)
		return;
	if (memcmp(user, e->account.user_id, STORE_USER) == 0) {
		if (!knows(trust_self(e->trust), h->length, head))
			contact_refresh(e, e->own);
	} else if (store_person_by_user(e->store, user, &p) == 0 &&
	    !knows(trust_identity(e->trust, &p), h->length, head)) {
		contact_refresh(e, p.id);
	}
}
