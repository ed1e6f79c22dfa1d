#include "forge.h"

#include <string.h>

#include "crypto/kdf.h"
#include "crypto/key.h"
#include "crypto/label.h"
#include "crypto/rand.h"

/* What makes a forged device: keys of ours, and the octets for entry_bend to free. */
struct forged {
	Recado__SignedBinding binding;
	Recado__SignedDeviceEvent event;
	Recado__SignedBinding *bindings[65];
	Recado__SignedDeviceEvent *events[65];
	struct buf *binding_body, *event_body;
	uint8_t signature[KEY_SIG_LEN], device[16];
};

/* The head of the entry's list, and the user's id. */
static int
list_end(const Recado__DirectoryEntry *e, uint8_t head[32], uint8_t user[32])
{
	Recado__Binding *b = NULL;
	uint8_t hash[32];
	struct bytes parts[] = { { head, 32 }, { hash, 32 } };
	uint8_t next[32];
	int r;

	memset(head, 0, 32);
	for (size_t i = 0; i < e->n_events; i++) {
		if ((r = kdf_sha256(pb_view(e->events[i]->body), hash)) != 0 ||
		    (r = label_hash("device-list", parts, 2, next)) != 0)
			return r;
		memcpy(head, next, 32);
	}
	r = pb_unpack(&recado__binding__descriptor, pb_view(e->bindings[0]->body), &b);
	pb_free(&b);
	return r != 0 ? r : pb_fixed(e->user_id, user, 32);
}

/* The body of a binding for a device of ours, as the card would have signed it. */
static int
forge_binding(const Recado__DirectoryEntry *e, const uint8_t *head, const uint8_t *user,
    const struct key_sign *dsk, const struct key_dh *dik, struct forged *f)
{
	Recado__Binding *b = NULL, own;
	int r = pb_unpack(&recado__binding__descriptor, pb_view(e->bindings[0]->body), &b);

	if (r != 0)
		return r;
	own = *b;
	own.purpose = RECADO__BINDING_PURPOSE__BINDING_ADD;
	own.device_id = pb_data((struct bytes){ f->device, sizeof(f->device) });
	own.device_signing_key = pb_data((struct bytes){ key_sign_public(dsk), KEY_LEN });
	own.device_identity_key = pb_data((struct bytes){ key_dh_public(dik), KEY_LEN });
	own.user_id = pb_data((struct bytes){ user, 32 });
	own.list_head = pb_data((struct bytes){ head, 32 });
	r = pb_pack(&own, f->binding_body);
	pb_free(&b);
	return r;
}

/* A further device, whose keys are the relay's: all is in order but the card's signature, which is
 * the one from the first binding. */
static int
forge_device(const Recado__DirectoryEntry *e, struct forged *f)
{
	Recado__DeviceEvent ev = RECADO__DEVICE_EVENT__INIT;
	uint8_t head[32], user[32], hash[32];
	struct key_sign *dsk = NULL;
	struct key_dh *dik = NULL;
	int r;

	if ((r = key_sign_new(&dsk)) != 0 || (r = key_dh_new(&dik)) != 0 ||
	    (r = rand_bytes(f->device, sizeof(f->device))) != 0 ||
	    (r = list_end(e, head, user)) != 0 ||
	    (r = forge_binding(e, head, user, dsk, dik, f)) != 0 ||
	    (r = kdf_sha256(buf_view(f->binding_body), hash)) != 0)
		goto out;
	ev.user_id = pb_data((struct bytes){ user, 32 });
	ev.number = (uint32_t)e->n_events;
	ev.previous = pb_data((struct bytes){ head, 32 });
	ev.kind = RECADO__DEVICE_EVENT_KIND__DEVICE_ADD;
	ev.device_id = pb_data((struct bytes){ f->device, sizeof(f->device) });
	ev.binding_hash = pb_data((struct bytes){ hash, 32 });
	ev.time = 1;
	if ((r = pb_pack(&ev, f->event_body)) != 0 ||
	    (r = key_sign_label(dsk, "device-event", buf_view(f->event_body), f->signature)) != 0)
		goto out;
	recado__signed_binding__init(&f->binding);
	f->binding = *e->bindings[0];
	f->binding.body = pb_data(buf_view(f->binding_body));
	recado__signed_device_event__init(&f->event);
	f->event.body = pb_data(buf_view(f->event_body));
	f->event.signature = pb_data((struct bytes){ f->signature, sizeof(f->signature) });
	f->event.scheme = RECADO__SIGNATURE_SCHEME__ED25519;
	f->event.signer_device = pb_data((struct bytes){ f->device, sizeof(f->device) });
out:
	key_sign_free(&dsk);
	key_dh_free(&dik);
	return r;
}

/* Pack the entry with the forged device after all that is true. */
int
forge_pack(const Recado__DirectoryEntry *e, struct buf *out)
{
	struct forged f = { .binding_body = buf_new(0), .event_body = buf_new(0) };
	Recado__DirectoryEntry more = *e;
	int r = e->n_bindings < 64 && e->n_events < 64 ? forge_device(e, &f) : ERR_LIMIT;

	if (r == 0) {
		memcpy(f.bindings, e->bindings, e->n_bindings * sizeof(*f.bindings));
		memcpy(f.events, e->events, e->n_events * sizeof(*f.events));
		f.bindings[more.n_bindings++] = &f.binding;
		f.events[more.n_events++] = &f.event;
		more.bindings = f.bindings;
		more.events = f.events;
		r = pb_pack(&more, out);
	}
	buf_free(&f.binding_body);
	buf_free(&f.event_body);
	return r;
}
