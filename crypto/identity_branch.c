/*
 * Who holds the card has the last word. A thief with a device can sign removals and names as fast
 * as the relay takes them, so that whatever the card signs comes too late for the head it names. So
 * a card-signed event may branch off from further back: it takes the place of events that devices
 * alone had signed. Never of one that a card had a part in, and nothing that a device signs takes
 * the place of anything.
 *
 * But what the card signed may be old: a relay that swallowed it can show it later, in the place of a
 * removal that the user made since. And an addition's place is the word of the relay that the new
 * device asked. So a branch takes the place of names, but brings no removed device back: only the one
 * that signs a renewal itself, at which the card was.
 */
#include <string.h>

#include "crypto/identity_state.h"

/* Did a card have a part in it? Adding and renewing bring a binding. */
static bool
is_card_s(const Recado__SignedDeviceEvent *se, const Recado__DeviceEvent *ev)
{
	return se->signer_device.len == 0 || ev->kind == RECADO__DEVICE_EVENT_KIND__DEVICE_ADD ||
	    ev->kind == RECADO__DEVICE_EVENT_KIND__DEVICE_RENEW;
}

/* The number of an event, and whether it is the card's. Of a new one this is only what it says of
 * itself: where it may go. It is verified as every other when it is taken in there. */
static int
look(const Recado__SignedDeviceEvent *se, uint32_t *number, bool *card_s)
{
	Recado__DeviceEvent *ev = NULL;
	int r;

	if ((r = pb_unpack(&recado__device_event__descriptor, pb_view(se->body), &ev)) != 0)
		return r;
	*number = ev->number;
	*card_s = is_card_s(se, ev);
	pb_free(&ev);
	return 0;
}

static bool
removes(const Recado__SignedDeviceEvent *se, const uint8_t id[DEVICE_ID_LEN])
{
	Recado__DeviceEvent *ev = NULL;
	bool found;

	if (pb_unpack(&recado__device_event__descriptor, pb_view(se->body), &ev) != 0)
		return false;
	found = ev->kind == RECADO__DEVICE_EVENT_KIND__DEVICE_REMOVE &&
	    bytes_equal(pb_view(ev->device_id), (struct bytes){ id, DEVICE_ID_LEN });
	pb_free(&ev);
	return found;
}

/* The first event of the entry that is none of ours. */
static const Recado__SignedDeviceEvent *
first_new(const Recado__DirectoryEntry *known, const Recado__DirectoryEntry *e)
{
	for (size_t i = 0; i < e->n_events; i++) {
		bool ours = false;

		for (size_t k = 0; k < known->n_events && !ours; k++)
			ours = bytes_equal(
			    pb_view(e->events[i]->body), pb_view(known->events[k]->body));
		if (!ours)
			return e->events[i];
	}
	return NULL;
}

/* Did a card take part in the list after (or in) the removal of this device? */
bool
identity_card_removed(const struct identity *i, const uint8_t id[DEVICE_ID_LEN])
{
	const struct identity_state *s = identity_state_of(i);
	bool removed = false, card_s;
	uint32_t number;

	for (size_t n = 0; n < s->length; n++) {
		const Recado__SignedDeviceEvent *se = s->entry->events[n];

		removed = removed || removes(se, id);
		if (removed && look(se, &number, &card_s) == 0 && card_s)
			return true;
	}
	return false;
}

int
identity_branch_find(const struct identity_state *s, const Recado__DirectoryEntry *e, size_t *keep)
{
	const Recado__SignedDeviceEvent *branch = first_new(s->entry, e);
	uint32_t number, ignored;
	bool card_s;
	int r;

	*keep = 0;
	if (branch == NULL)
		return ERR_CHAIN;
	if ((r = look(branch, &number, &card_s)) != 0)
		return r;
	if (!card_s || number == 0 || number >= s->entry->n_events)
		return ERR_CHAIN;
	for (size_t i = number; i < s->entry->n_events; i++)
		if ((r = look(s->entry->events[i], &ignored, &card_s)) != 0 || card_s)
			return ERR_CHAIN;
	*keep = number;
	return 0;
}

/* The device that the branch's first event may bring back: none, or the one that renews. */
static int
may_return(const Recado__SignedDeviceEvent *se, uint8_t id[DEVICE_ID_LEN], bool *any)
{
	Recado__DeviceEvent *ev = NULL;
	int r;

	if ((r = pb_unpack(&recado__device_event__descriptor, pb_view(se->body), &ev)) != 0)
		return r;
	*any = ev->kind == RECADO__DEVICE_EVENT_KIND__DEVICE_RENEW;
	r = pb_fixed(ev->device_id, id, DEVICE_ID_LEN);
	pb_free(&ev);
	return r;
}

static bool
is_live(const struct identity_state *s, const uint8_t id[DEVICE_ID_LEN])
{
	for (size_t i = 0; i < s->device_count; i++)
		if (memcmp(s->devices[i].id, id, DEVICE_ID_LEN) == 0)
			return s->devices[i].removed_at == 0;
	return false;
}

int
identity_branch_allow(const struct identity_state *was, const struct identity_state *now, size_t keep,
    struct fault *f)
{
	uint8_t renews[DEVICE_ID_LEN];
	bool any;
	int r;

	if ((r = may_return(now->entry->events[keep], renews, &any)) != 0)
		return r;
	for (size_t i = 0; i < was->device_count; i++) {
		const struct identity_device *d = &was->devices[i];

		if (d->removed_at != 0 && is_live(now, d->id) &&
		    !(any && memcmp(d->id, renews, DEVICE_ID_LEN) == 0))
			return fault_set(f, ERR_CHAIN, was->name,
			    "the device list brings back a removed device (%s)", d->name);
	}
	return 0;
}
