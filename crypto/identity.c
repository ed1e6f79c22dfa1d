/*
 * An identity is a handle on a state that nobody changes. Taking in an entry builds the next state
 * beside it, verifying only what is new, and swaps the handle at the very end: so a refused entry
 * leaves nothing behind, and copies for other threads cost a counter.
 *
 * The state keeps the verified parts as they came. What is stored, or sent along to introduce
 * somebody, is those octets again, and loading them verifies them again.
 */
#include "crypto/identity.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/identity_state.h"
#include "crypto/kdf.h"

struct identity {
	struct identity_state *state; /* NULL: nothing is known yet */
};

/* --- life ------------------------------------------------------------------------------------ */

static void
release(struct identity_state **ps)
{
	struct identity_state *s = *ps;

	*ps = NULL;
	if (s == NULL || atomic_fetch_sub(&s->refs, 1) > 1)
		return;
	cert_verdict_free(&s->verdict);
	pb_free(&s->entry);
	free(s->bindings);
	free(s);
}

struct identity *
identity_new(void)
{
	return mem_alloc(sizeof(struct identity));
}

struct identity *
identity_copy(const struct identity *i)
{
	struct identity *c = identity_new();

	c->state = i->state;
	if (c->state != NULL)
		atomic_fetch_add(&c->state->refs, 1);
	return c;
}

void
identity_free(struct identity **pi)
{
	if (*pi == NULL)
		return;
	release(&(*pi)->state);
	free(*pi);
	*pi = NULL;
}

/* A private state with the fields of an old one (NULL: empty), without what it owns. */
static struct identity_state *
fields_of(const struct identity_state *old)
{
	struct identity_state *s = mem_alloc(sizeof(*s));

	if (old != NULL)
		memcpy(s, old, offsetof(struct identity_state, refs));
	atomic_init(&s->refs, 1);
	s->bindings = NULL;
	s->entry = NULL;
	s->verdict = NULL;
	if (old == NULL)
		s->newest = IDENTITY_NO_BINDING;
	return s;
}

/* --- taking an entry in ---------------------------------------------------------------------- */

static struct identity_work *
begin(const struct identity_state *old, const struct identity_check *chk, struct fault *f)
{
	struct identity_work *w = mem_alloc(sizeof(*w));

	w->state = fields_of(old);
	w->chk = chk;
	w->fault = f;
	if (old == NULL)
		return w;
	w->old = old->entry;
	w->binding_count = old->binding_count;
	for (size_t i = 0; i < old->binding_count; i++) {
		w->bindings[i] = old->entry->bindings[i];
		w->parsed[i] = old->bindings[i];
		w->used[i] = true;
	}
	w->event_count = old->entry->n_events;
	memcpy(w->events, old->entry->events, w->event_count * sizeof(*w->events));
	for (size_t i = 0, n = 0; i < old->device_count; i++)
		if (old->devices[i].record_number != 0)
			w->records[i] = old->entry->records[n++];
	return w;
}

static void
end(struct identity_work **pw)
{
	release(&(*pw)->state);
	free(*pw);
	*pw = NULL;
}

static bool
knows_binding(const struct identity_work *w, const uint8_t hash[HASH_LEN])
{
	for (size_t i = 0; i < w->binding_count; i++)
		if (memcmp(w->parsed[i].hash, hash, HASH_LEN) == 0)
			return true;
	return false;
}

static int
take_binding(struct identity_work *w, Recado__SignedBinding *sb)
{
	struct binding *b = &w->parsed[w->binding_count];
	uint8_t hash[HASH_LEN];
	int r;

	if ((r = kdf_sha256(pb_view(sb->body), hash)) != 0)
		return r;
	if (knows_binding(w, hash))
		return 0;
	if (w->binding_count == IDENTITY_BINDINGS_MAX)
		return fault_set(w->fault, ERR_LIMIT, w->state->name, "too many bindings");
	if ((r = binding_verify(sb, b)) != 0)
		return fault_set(
		    w->fault, r, w->state->name, "a binding does not verify: %s", err_text(r));
	if (w->chk->relay_id != NULL && memcmp(b->relay_id, w->chk->relay_id, 32) != 0)
		return fault_set(
		    w->fault, ERR_CHAIN, b->user_name, "the binding is for another relay");
	w->bindings[w->binding_count++] = sb;
	return 0;
}

static bool
same_event(const Recado__SignedDeviceEvent *a, const Recado__SignedDeviceEvent *b)
{
	return bytes_equal(pb_view(a->body), pb_view(b->body));
}

/* The events of the entry that are known already: they must be the end of what is known, or the
 * entry knows less than we do or something else. *first is the first one that is new. */
static int
pass_known(struct identity_work *w, const Recado__DirectoryEntry *e, size_t *first)
{
	size_t known = 0;

	*first = 0;
	while (known < w->event_count && e->n_events > 0 &&
	    !same_event(w->events[known], e->events[0]))
		known++;
	if (e->n_events == 0 || known == w->event_count)
		return 0; /* all of them are new: extending decides */
	for (; known < w->event_count && *first < e->n_events; known++, (*first)++)
		if (!same_event(w->events[known], e->events[*first]))
			return fault_set(w->fault, ERR_CHAIN, w->state->name,
			    "the device list differs from the one known, at event %zu", known);
	if (known < w->event_count)
		return fault_set(w->fault, ERR_CHAIN, w->state->name,
		    "the device list is shorter than the one known (%zu of %zu)", known,
		    w->event_count);
	return 0;
}

static int
take_lists(struct identity_work *w, const Recado__DirectoryEntry *e)
{
	size_t first;
	int r;

	/* Each is tried under the key of each device. */
	if (e->n_records > IDENTITY_DEVICES_MAX)
		return fault_set(w->fault, ERR_LIMIT, w->state->name, "too many device records");
	if ((r = pass_known(w, e, &first)) != 0)
		return r;
	for (size_t i = 0; i < e->n_bindings; i++)
		if ((r = take_binding(w, e->bindings[i])) != 0)
			return r;
	for (size_t i = first; i < e->n_events; i++)
		if ((r = identity_list_extend(w, e->events[i])) != 0)
			return r;
	for (size_t i = 0; i < w->binding_count; i++)
		if (!w->used[i])
			return fault_set(w->fault, ERR_FORMAT, w->state->name,
			    "a binding is not in the device list");
	for (size_t i = 0; i < e->n_records; i++)
		if ((r = identity_record_take(w, e->records[i])) != 0)
			return r;
	return 0;
}

/* What the directory calls the user must be what the card signed. */
static int
check_names(const struct identity_work *w, const Recado__DirectoryEntry *e)
{
	const struct identity_state *s = w->state;

	if (s->length == 0)
		return fault_set(w->fault, ERR_FORMAT, NULL, "the entry has no device list");
	if (e->user_id.len != 0 &&
	    !bytes_equal(pb_view(e->user_id), (struct bytes){ s->user_id, USER_ID_LEN }))
		return fault_set(w->fault, ERR_CHAIN, s->name, "the user id is another one");
	if (e->user_name.len != 0 &&
	    !bytes_equal(
		pb_view(e->user_name), (struct bytes){ (const uint8_t *)s->name, strlen(s->name) }))
		return fault_set(w->fault, ERR_CHAIN, s->name, "the name is not the one signed");
	return 0;
}

/* All that was verified, old and new, as the state's own entry. */
static int
gather(struct identity_work *w)
{
	Recado__SignedDeviceRecord *records[IDENTITY_DEVICES_MAX];
	Recado__DirectoryEntry e = RECADO__DIRECTORY_ENTRY__INIT;
	struct identity_state *s = w->state;
	struct buf *b = buf_new(0);
	int r;

	for (size_t i = 0; i < s->device_count; i++)
		if (w->records[i] != NULL)
			records[e.n_records++] = w->records[i];
	e.user_name = pb_data((struct bytes){ (const uint8_t *)s->name, strlen(s->name) });
	e.user_id = pb_data((struct bytes){ s->user_id, USER_ID_LEN });
	e.bindings = w->bindings;
	e.n_bindings = w->binding_count;
	e.events = w->events;
	e.n_events = w->event_count;
	e.records = records;
	if ((r = pb_pack(&e, b)) == 0)
		r = pb_unpack(&recado__directory_entry__descriptor, buf_view(b), &s->entry);
	buf_free(&b);
	s->binding_count = w->binding_count;
	s->bindings = mem_array(w->binding_count, sizeof(*s->bindings));
	memcpy(s->bindings, w->parsed, w->binding_count * sizeof(*s->bindings));
	return r;
}

static int
extend(struct identity *i, const Recado__DirectoryEntry *entry, const struct identity_check *chk,
    struct fault *f)
{
	struct identity_work *w = begin(i->state, chk, f);
	int r;

	if ((r = take_lists(w, entry)) != 0 || (r = check_names(w, entry)) != 0)
		goto out;
	if ((r = identity_holder_judge(
		 w->state, w->bindings, w->parsed, chk, &w->state->verdict)) != 0 ||
	    (r = gather(w)) != 0) {
		r = fault_set(f, r, w->state->name, "%s", err_text(r));
		goto out;
	}
	release(&i->state);
	i->state = w->state;
	w->state = NULL;
out:
	end(&w);
	return r;
}

/* Begin again from the first keep events, which were taken before, and extend those. */
static int
extend_branch(struct identity *i, size_t keep, const Recado__DirectoryEntry *entry,
    const struct identity_check *chk, struct fault *f)
{
	Recado__DirectoryEntry kept = *i->state->entry;
	struct identity_check again = *chk;
	struct identity *n = identity_new();
	int r;

	kept.n_events = keep;
	again.kept = true;
	if ((r = extend(n, &kept, &again, f)) == 0 && (r = extend(n, entry, chk, f)) == 0 &&
	    (r = identity_branch_allow(i->state, n->state, keep, f)) == 0) {
		release(&i->state);
		i->state = n->state;
		n->state = NULL;
	}
	identity_free(&n);
	return r;
}

int
identity_update(struct identity *i, const Recado__DirectoryEntry *entry,
    const struct identity_check *chk, struct fault *f)
{
	size_t keep;
	int r;

	r = extend(i, entry, chk, f);
	/* a signature: of a device that is removed only in what is to be replaced */
	if ((r == ERR_CHAIN || r == ERR_SIGNATURE) && i->state != NULL &&
	    identity_branch_find(i->state, entry, &keep) == 0)
		r = extend_branch(i, keep, entry, chk, f);
	return r;
}

int
identity_recheck(struct identity *i, const struct identity_check *chk)
{
	const struct cert_verdict *v = NULL;
	struct identity_work *w;
	int r;

	if (i->state == NULL)
		return ERR_NOT_FOUND;
	if ((r = identity_holder_judge(
		 i->state, i->state->entry->bindings, i->state->bindings, chk, &v)) != 0)
		return r;
	w = begin(i->state, chk, NULL);
	w->state->verdict = v;
	if ((r = gather(w)) == 0) {
		release(&i->state);
		i->state = w->state;
		w->state = NULL;
	}
	end(&w);
	return r;
}

/* --- what is known --------------------------------------------------------------------------- */

const struct identity_state *
identity_state_of(const struct identity *i)
{
	static const struct identity_state none = { .newest = IDENTITY_NO_BINDING };

	return i->state != NULL ? i->state : &none;
}

const char *
identity_name(const struct identity *i)
{
	return identity_state_of(i)->name;
}

const uint8_t *
identity_user_id(const struct identity *i)
{
	return identity_state_of(i)->user_id;
}

const struct cert_verdict *
identity_verdict(const struct identity *i)
{
	return identity_state_of(i)->verdict;
}

struct bytes
identity_certificate(const struct identity *i)
{
	const struct identity_state *s = identity_state_of(i);

	if (s->newest == IDENTITY_NO_BINDING)
		return (struct bytes){ NULL, 0 };
	return pb_view(s->entry->bindings[s->newest]->certificate);
}

uint32_t
identity_list_length(const struct identity *i)
{
	return identity_state_of(i)->length;
}

const uint8_t *
identity_list_head(const struct identity *i)
{
	return identity_state_of(i)->head;
}

size_t
identity_device_count(const struct identity *i)
{
	return identity_state_of(i)->device_count;
}

const struct identity_device *
identity_device(const struct identity *i, size_t n)
{
	return n < identity_state_of(i)->device_count ? &identity_state_of(i)->devices[n] : NULL;
}

bool
identity_has_binding(const struct identity *i, const uint8_t hash[HASH_LEN])
{
	const struct identity_state *s = identity_state_of(i);

	for (size_t n = 0; n < s->binding_count; n++)
		if (memcmp(s->bindings[n].hash, hash, HASH_LEN) == 0)
			return true;
	return false;
}

const struct identity_device *
identity_find_device(const struct identity *i, const uint8_t id[DEVICE_ID_LEN])
{
	const struct identity_state *s = identity_state_of(i);

	for (size_t n = 0; n < s->device_count; n++)
		if (memcmp(s->devices[n].id, id, DEVICE_ID_LEN) == 0)
			return &s->devices[n];
	return NULL;
}

int
identity_pack(const struct identity *i, struct buf *out)
{
	return i->state != NULL ? pb_pack(i->state->entry, out) : ERR_NOT_FOUND;
}

int
identity_head_at(const struct identity *i, uint32_t length, uint8_t head[HASH_LEN])
{
	return identity_list_head_at(identity_state_of(i), length, head);
}

bool
identity_certified(
    const struct identity *i, const uint8_t id[DEVICE_ID_LEN], const uint8_t hash[HASH_LEN])
{
	const struct identity_device *d = identity_find_device(i, id);
	const struct identity_state *s = identity_state_of(i);
	uint8_t name[HASH_LEN];

	if (d == NULL || binding_device_hash(d->id, d->signing_key, d->identity_key, name) != 0)
		return false;
	for (size_t n = 0; n < s->binding_count; n++) {
		const struct binding *b = &s->bindings[n];

		if (memcmp(b->hash, hash, HASH_LEN) != 0)
			continue;
		if (memcmp(b->device_id, id, DEVICE_ID_LEN) == 0)
			return true;
		for (size_t k = 0; k < b->renewed_count; k++)
			if (memcmp(b->renewed[k], name, HASH_LEN) == 0)
				return true;
	}
	return false;
}
