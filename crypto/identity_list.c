/*
 * The device list. Each event names its predecessor by hash, and each is signed by somebody who may
 * do what it says:
 *
 *     add      the card, through a binding that names the same predecessor; and the new device
 *     renew    a new card, through a binding that names the predecessor and every live device;
 *              and the device that brings it
 *     remove   any live device, or the card
 *     name     the same
 *
 * Any device may give names as often as it likes, so they may not fill the list: what is left of it
 * holds all adds, renewals and removals that there can be, and a lost device can always be removed.
 *
 * Who signed stands outside the body, so that the signature can be checked before the body is read.
 */
#include <string.h>

#include "base/text.h"
#include "crypto/identity_state.h"
#include "crypto/kdf.h"
#include "crypto/key.h"
#include "crypto/label.h"

#define LABEL_EVENT "device-event"
#define LABEL_LIST "device-list"

static int
refuse(const struct identity_work *w, int code, const char *why)
{
	return fault_set(w->fault, code, w->state->name, "event %u of the device list %s",
	    (unsigned)w->state->length, why);
}

static struct identity_device *
find_device(struct identity_state *s, struct bytes id)
{
	for (size_t i = 0; i < s->device_count; i++)
		if (bytes_equal(id, (struct bytes){ s->devices[i].id, DEVICE_ID_LEN }))
			return &s->devices[i];
	return NULL;
}

static size_t
find_binding(const struct identity_work *w, struct bytes hash)
{
	for (size_t i = 0; i < w->binding_count; i++)
		if (bytes_equal(hash, (struct bytes){ w->parsed[i].hash, HASH_LEN }))
			return i;
	return IDENTITY_NO_BINDING;
}

/* --- signatures ------------------------------------------------------------------------------ */

/* The key of the device that signed: a live one, or one that an unused binding brings. */
static const uint8_t *
signer_key(struct identity_work *w, struct bytes id)
{
	const struct identity_device *d = find_device(w->state, id);

	if (d != NULL)
		return d->removed_at == 0 ? d->signing_key : NULL;
	for (size_t i = 0; i < w->binding_count; i++)
		if (!w->used[i] &&
		    bytes_equal(id, (struct bytes){ w->parsed[i].device_id, DEVICE_ID_LEN }))
			return w->parsed[i].device_signing_key;
	return NULL;
}

static int
verify_by_card(struct identity_work *w, const Recado__SignedDeviceEvent *se)
{
	struct buf *octets;
	int r;

	if (w->state->newest == IDENTITY_NO_BINDING)
		return ERR_SIGNATURE;
	octets = buf_new(0);
	if ((r = label_wrap(octets, LABEL_EVENT, pb_view(se->body))) == 0)
		r = cert_verify_signature(pb_view(w->bindings[w->state->newest]->certificate),
		    (uint32_t)se->scheme, buf_view(octets), pb_view(se->signature));
	buf_free(&octets);
	return r;
}

static int
verify(struct identity_work *w, const Recado__SignedDeviceEvent *se)
{
	const uint8_t *key;

	if (se->signer_device.len == 0)
		return verify_by_card(w, se);
	if (se->scheme != RECADO__SIGNATURE_SCHEME__ED25519 ||
	    (key = signer_key(w, pb_view(se->signer_device))) == NULL)
		return ERR_SIGNATURE;
	return key_verify_label(key, LABEL_EVENT, pb_view(se->body), pb_view(se->signature));
}

/* --- what an event does ---------------------------------------------------------------------- */

/* The binding that an add or renewal names, which must fit the list where it stands. */
static int
take_binding(struct identity_work *w, const Recado__DeviceEvent *ev, size_t *out)
{
	struct identity_state *s = w->state;
	size_t i = find_binding(w, pb_view(ev->binding_hash));
	const struct binding *b;

	*out = i;
	if (i == IDENTITY_NO_BINDING || w->used[i])
		return refuse(w, ERR_CHAIN, "names no binding that came with it");
	b = &w->parsed[i];
	if (!bytes_equal(pb_view(ev->device_id), (struct bytes){ b->device_id, DEVICE_ID_LEN }))
		return refuse(w, ERR_CHAIN, "is about another device than its binding");
	if (s->length > 0 &&
	    (memcmp(b->user_id, s->user_id, USER_ID_LEN) != 0 ||
		strcmp(b->user_name, s->name) != 0))
		return refuse(w, ERR_CHAIN, "brings the binding of another user");
	if (memcmp(b->list_head, s->head, HASH_LEN) != 0)
		return refuse(w, ERR_CHAIN, "brings a binding made for another list");
	w->used[i] = true;
	return s->length > 0 ? identity_holder_same(w, i) : 0;
}

/* Every key is one device's, for ever. */
static bool
keys_are_new(const struct identity_state *s, const struct binding *b)
{
	for (size_t i = 0; i < s->device_count; i++) {
		const struct identity_device *d = &s->devices[i];

		if (memcmp(d->id, b->device_id, DEVICE_ID_LEN) == 0 ||
		    memcmp(d->signing_key, b->device_signing_key, KEY_LEN) == 0 ||
		    memcmp(d->identity_key, b->device_identity_key, KEY_LEN) == 0)
			return false;
	}
	return true;
}

static void
set_device(struct identity_device *d, const struct binding *b, uint64_t at)
{
	memset(d, 0, sizeof(*d));
	memcpy(d->id, b->device_id, DEVICE_ID_LEN);
	memcpy(d->name, b->device_name, sizeof(d->name));
	memcpy(d->signing_key, b->device_signing_key, KEY_LEN);
	memcpy(d->identity_key, b->device_identity_key, KEY_LEN);
	memcpy(d->binding_hash, b->hash, HASH_LEN);
	d->bound_at = at;
}

static int
apply_add(
    struct identity_work *w, const Recado__SignedDeviceEvent *se, const Recado__DeviceEvent *ev)
{
	struct identity_state *s = w->state;
	const struct binding *b;
	size_t i;
	int r;

	if ((r = take_binding(w, ev, &i)) != 0)
		return r;
	b = &w->parsed[i];
	if (b->purpose != (s->length == 0 ? BINDING_PURPOSE_FIRST : BINDING_PURPOSE_ADD))
		return refuse(w, ERR_CHAIN, "brings a binding for another purpose");
	if (!bytes_equal(pb_view(se->signer_device), pb_view(ev->device_id)))
		return refuse(w, ERR_SIGNATURE, "is not signed by the device it adds");
	if (!keys_are_new(s, b))
		return refuse(w, ERR_CHAIN, "adds a device that was there before");
	if (s->device_count == IDENTITY_DEVICES_MAX)
		return refuse(w, ERR_LIMIT, "is one device too many");
	if (s->length == 0) {
		memcpy(s->user_id, b->user_id, USER_ID_LEN);
		memcpy(s->name, b->user_name, sizeof(s->name));
	}
	set_device(&s->devices[s->device_count], b, ev->time);
	s->certified_by[s->device_count++] = i;
	s->newest = i;
	return 0;
}

/* Does the renewal name exactly the live devices? */
static int
check_renewed(struct identity_work *w, const struct binding *b)
{
	uint8_t hash[HASH_LEN];
	size_t live = 0;
	int r;

	for (size_t i = 0; i < w->state->device_count; i++) {
		const struct identity_device *d = &w->state->devices[i];
		bool named = false;

		if (d->removed_at != 0)
			continue;
		live++;
		if ((r = binding_device_hash(d->id, d->signing_key, d->identity_key, hash)) != 0)
			return r;
		for (size_t k = 0; k < b->renewed_count; k++)
			named = named || memcmp(b->renewed[k], hash, HASH_LEN) == 0;
		if (!named)
			return refuse(w, ERR_CHAIN, "leaves a live device out of the renewal");
	}
	return live == b->renewed_count ? 0
					: refuse(w, ERR_CHAIN, "renews a device that is not live");
}

static int
apply_renew(
    struct identity_work *w, const Recado__SignedDeviceEvent *se, const Recado__DeviceEvent *ev)
{
	struct identity_device *d = find_device(w->state, pb_view(ev->device_id));
	struct identity_state *s = w->state;
	const struct binding *b;
	size_t i;
	int r;

	if (d == NULL || d->removed_at != 0 ||
	    !bytes_equal(pb_view(se->signer_device), pb_view(ev->device_id)))
		return refuse(w, ERR_SIGNATURE, "is not signed by the device that renews");
	if ((r = take_binding(w, ev, &i)) != 0)
		return r;
	b = &w->parsed[i];
	if (b->purpose != BINDING_PURPOSE_RENEW ||
	    memcmp(b->device_signing_key, d->signing_key, KEY_LEN) != 0 ||
	    memcmp(b->device_identity_key, d->identity_key, KEY_LEN) != 0)
		return refuse(w, ERR_CHAIN, "brings a binding for another purpose or key");
	if ((r = check_renewed(w, b)) != 0)
		return r;
	for (size_t k = 0; k < s->device_count; k++) {
		if (s->devices[k].removed_at != 0)
			continue;
		memcpy(s->devices[k].binding_hash, b->hash, HASH_LEN);
		s->certified_by[k] = i;
	}
	s->newest = i;
	return 0;
}

static int
apply_remove(
    struct identity_work *w, const Recado__SignedDeviceEvent *se, const Recado__DeviceEvent *ev)
{
	struct identity_device *d = find_device(w->state, pb_view(ev->device_id));

	(void)se;
	if (d == NULL || d->removed_at != 0)
		return refuse(w, ERR_CHAIN, "removes a device that is not live");
	d->removed_at = ev->time;
	return 0;
}

static int
apply_name(
    struct identity_work *w, const Recado__SignedDeviceEvent *se, const Recado__DeviceEvent *ev)
{
	struct identity_device *d = find_device(w->state, pb_view(ev->device_id));

	(void)se;
	if (w->state->length >= IDENTITY_NAMED_MAX)
		return refuse(w, ERR_LIMIT, "is a name, and the rest is for devices");
	if (d == NULL || d->removed_at != 0)
		return refuse(w, ERR_CHAIN, "names a device that is not live");
	if (ev->reason.len == 0 || ev->reason.len > NAME_MAX_BYTES ||
	    memchr(ev->reason.data, 0, ev->reason.len) != NULL ||
	    !text_is_clean(ev->reason.data, ev->reason.len, TEXT_NAME))
		return refuse(w, ERR_FORMAT, "gives a device a name that is none");
	memset(d->name, 0, sizeof(d->name));
	memcpy(d->name, ev->reason.data, ev->reason.len);
	return 0;
}

static int (*const apply[])(
    struct identity_work *, const Recado__SignedDeviceEvent *, const Recado__DeviceEvent *) = {
	[RECADO__DEVICE_EVENT_KIND__DEVICE_ADD] = apply_add,
	[RECADO__DEVICE_EVENT_KIND__DEVICE_REMOVE] = apply_remove,
	[RECADO__DEVICE_EVENT_KIND__DEVICE_RENEW] = apply_renew,
	[RECADO__DEVICE_EVENT_KIND__DEVICE_NAME] = apply_name,
};

/* --- the chain ------------------------------------------------------------------------------- */

static int
check_place(const struct identity_work *w, const Recado__DeviceEvent *ev)
{
	const struct identity_state *s = w->state;

	if (ev->number != s->length ||
	    !bytes_equal(pb_view(ev->previous), (struct bytes){ s->head, HASH_LEN }))
		return refuse(w, ERR_CHAIN, "does not follow the one before it");
	if (ev->time == 0 || ev->device_id.len != DEVICE_ID_LEN)
		return refuse(w, ERR_FORMAT, "is malformed");
	if (ev->kind <= RECADO__DEVICE_EVENT_KIND__DEVICE_EVENT_NONE ||
	    ev->kind > RECADO__DEVICE_EVENT_KIND__DEVICE_NAME)
		return refuse(w, ERR_FORMAT, "is of an unknown kind");
	if (s->length == 0 && ev->kind != RECADO__DEVICE_EVENT_KIND__DEVICE_ADD)
		return refuse(w, ERR_CHAIN, "is the first and adds nothing");
	return 0;
}

/* The user is known once the first add was applied, also for that event itself. */
static int
check_user(const struct identity_work *w, const Recado__DeviceEvent *ev)
{
	if (!bytes_equal(pb_view(ev->user_id), (struct bytes){ w->state->user_id, USER_ID_LEN }))
		return refuse(w, ERR_CHAIN, "is about another user");
	return 0;
}

/* head becomes that of the list with one more event. */
static int
step(uint8_t head[HASH_LEN], struct bytes body)
{
	uint8_t hash[HASH_LEN], next[HASH_LEN];
	struct bytes parts[] = { { head, HASH_LEN }, { hash, HASH_LEN } };
	int r;

	if ((r = kdf_sha256(body, hash)) == 0 && (r = label_hash(LABEL_LIST, parts, 2, next)) == 0)
		memcpy(head, next, HASH_LEN);
	return r;
}

int
identity_list_extend(struct identity_work *w, Recado__SignedDeviceEvent *se)
{
	Recado__DeviceEvent *ev = NULL;
	int r;

	if (w->event_count == IDENTITY_EVENTS_MAX)
		return refuse(w, ERR_LIMIT, "is one too many");
	if ((r = verify(w, se)) != 0)
		return refuse(w, r, "is not signed by whom it may be");
	if ((r = pb_unpack(&recado__device_event__descriptor, pb_view(se->body), &ev)) != 0)
		return refuse(w, r, "is malformed");
	if ((r = check_place(w, ev)) == 0 && (r = apply[ev->kind](w, se, ev)) == 0 &&
	    (r = check_user(w, ev)) == 0)
		r = step(w->state->head, pb_view(se->body));
	pb_free(&ev);
	if (r == 0) {
		w->state->length++;
		w->events[w->event_count++] = se;
	}
	return r;
}

int
identity_list_head_at(const struct identity_state *s, uint32_t length, uint8_t head[HASH_LEN])
{
	int r = 0;

	memset(head, 0, HASH_LEN);
	if (length > s->length || s->entry == NULL)
		return length == 0 ? 0 : ERR_NOT_FOUND;
	for (uint32_t n = 0; n < length && r == 0; n++)
		r = step(head, pb_view(s->entry->events[n]->body));
	return r;
}
