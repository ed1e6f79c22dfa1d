#include <string.h>

#include "crypto/identity_state.h"
#include "crypto/key.h"

#define LABEL_RECORD "device-record"

static int
refuse(const struct identity_work *w, int code, const char *why)
{
	return fault_set(w->fault, code, w->state->name, "a device record %s", why);
}

/* Fields of a record into the device; the device is changed only when all of them are good. */
static int
read_fields(const Recado__DeviceRecord *m, struct identity_device *d)
{
	struct identity_device n = *d;
	int r;

	if (m->n_suites == 0 || m->n_suites > IDENTITY_SUITES_MAX || m->number == 0 ||
	    m->signed_prekey_expires == 0 || m->last_resort_prekey_id == 0)
		return ERR_FORMAT;
	n.suite_count = m->n_suites;
	for (size_t i = 0; i < m->n_suites; i++) {
		if (m->suites[i] == 0 || m->suites[i] > UINT16_MAX)
			return ERR_FORMAT;
		n.suites[i] = (uint16_t)m->suites[i];
	}
	if ((r = pb_fixed(m->signed_prekey, n.signed_prekey, KEY_LEN)) != 0 ||
	    (r = pb_fixed(m->last_resort_prekey, n.last_resort, KEY_LEN)) != 0 ||
	    (r = key_check_dh(n.signed_prekey)) != 0 || (r = key_check_dh(n.last_resort)) != 0)
		return r;
	n.record_number = m->number;
	n.signed_prekey_id = m->signed_prekey_id;
	n.signed_prekey_expires = m->signed_prekey_expires;
	n.last_resort_id = m->last_resort_prekey_id;
	*d = n;
	return 0;
}

/* The device whose key signed it: nothing outside the body says which. */
static struct identity_device *
find_signer(struct identity_work *w, const Recado__SignedDeviceRecord *sr)
{
	for (size_t i = 0; i < w->state->device_count; i++) {
		struct identity_device *d = &w->state->devices[i];

		if (key_verify_label(d->signing_key, LABEL_RECORD, pb_view(sr->body),
			pb_view(sr->signature)) == 0)
			return d;
	}
	return NULL;
}

static int
take(struct identity_work *w, struct identity_device *d, Recado__SignedDeviceRecord *sr,
    const Recado__DeviceRecord *m)
{
	size_t i = (size_t)(d - w->state->devices);
	int r;

	if (!bytes_equal(pb_view(m->user_id), (struct bytes){ w->state->user_id, USER_ID_LEN }) ||
	    !bytes_equal(pb_view(m->device_id), (struct bytes){ d->id, DEVICE_ID_LEN }))
		return refuse(w, ERR_CHAIN, "is about another device than signed it");
	if (m->number < d->record_number)
		return 0; /* an older one crossed a newer one on its way */
	if (m->number == d->record_number && w->records[i] != NULL)
		return bytes_equal(pb_view(sr->body), pb_view(w->records[i]->body))
		    ? 0
		    : refuse(w, ERR_CHAIN, "has the number of another");
	if ((r = read_fields(m, d)) != 0)
		return refuse(w, r, "is malformed");
	w->records[i] = sr;
	return 0;
}

int
identity_record_take(struct identity_work *w, Recado__SignedDeviceRecord *sr)
{
	struct identity_device *d = find_signer(w, sr);
	Recado__DeviceRecord *m = NULL;
	int r;

	if (d == NULL)
		return refuse(w, ERR_SIGNATURE, "is signed by none of the user's devices");
	if ((r = pb_unpack(&recado__device_record__descriptor, pb_view(sr->body), &m)) != 0)
		return refuse(w, r, "is malformed");
	r = take(w, d, sr, m);
	pb_free(&m);
	return r;
}
