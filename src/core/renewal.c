#include "core/renewal.h"

#include <string.h>

#include "base/clock.h"
#include "core/trust.h"
#include "crypto/keyfile.h"

void
renewal_init(struct renewal *w)
{
	memset(w, 0, sizeof(*w));
	w->body = buf_new(0);
	w->to_sign = buf_new(0);
	w->certificate = buf_new(CERT_DER_MAX);
	w->signed_binding = buf_new(0);
	w->event = buf_new(0);
}

void
renewal_clear(struct renewal *w)
{
	buf_free(&w->body);
	buf_free(&w->to_sign);
	buf_free(&w->certificate);
	buf_free(&w->signed_binding);
	buf_free(&w->event);
	chain_clear(&w->chain);
}

static int
live_devices(struct engine *e, struct renewal *w)
{
	const struct identity *i = trust_self(e->trust);
	struct binding *b = &w->binding;
	size_t n;
	int r = 0;

	for (n = 0; n < identity_device_count(i) && r == 0; n++) {
		const struct identity_device *d = identity_device(i, n);

		if (d->removed_at != 0)
			continue;
		if (b->renewed_count == BINDING_RENEWED_MAX)
			return ERR_LIMIT;
		r = binding_device_hash(d->id, d->signing_key, d->identity_key,
		    b->renewed[b->renewed_count++]);
	}
	return r;
}

int
renewal_bind(struct engine *e, struct renewal *w, struct fault *f)
{
	const struct account *a = &e->account;
	struct binding *b = &w->binding;
	int r;

	memcpy(b->user_name, a->name, strlen(a->name) + 1);
	memcpy(b->device_name, a->device_name, strlen(a->device_name) + 1);
	memcpy(b->device_id, a->device_id, DEVICE_ID_LEN);
	memcpy(b->device_signing_key, key_sign_public(e->keys->device_sign), KEY_LEN);
	memcpy(b->device_identity_key, key_dh_public(e->keys->device_dh), KEY_LEN);
	memcpy(b->relay_id, a->relay_id, sizeof(b->relay_id));
	memcpy(b->user_id, a->user_id, USER_ID_LEN);
	memcpy(b->list_head, identity_list_head(trust_self(e->trust)), HASH_LEN);
	cert_sha256(buf_view(w->certificate), b->certificate_sha256);
	b->purpose = BINDING_PURPOSE_RENEW;
	b->created = clock_now_ms();
	if ((r = live_devices(e, w)) != 0 || (r = binding_prepare(b, w->body, w->to_sign)) != 0)
		return fault_set(f, r, NULL, "the binding cannot be made: %s", err_text(r));
	return 0;
}

static int
event_sign(struct engine *e, struct renewal *w)
{
	Recado__DeviceEvent ev = RECADO__DEVICE_EVENT__INIT;

	ev.kind = RECADO__DEVICE_EVENT_KIND__DEVICE_RENEW;
	ev.device_id = pb_data((struct bytes){ w->binding.device_id, DEVICE_ID_LEN });
	ev.binding_hash = pb_data((struct bytes){ w->binding.hash, HASH_LEN });
	ev.time = clock_now_ms();
	return identity_make_event(trust_self(e->trust), &ev, e->keys->device_sign,
	    w->binding.device_id, w->event);
}

int
renewal_finish(struct engine *e, struct renewal *w, uint32_t scheme, struct bytes signature)
{
	struct bytes links[CERT_INTERMEDIATES_MAX];
	size_t n = chain_view(&w->chain, links);
	int r = binding_finish(buf_view(w->body), scheme, signature, buf_view(w->certificate), links, n,
	    w->signed_binding);

	return r != 0 ? r : event_sign(e, w);
}

int
renewal_parts(
    const struct renewal *w, Recado__SignedBinding **binding, Recado__SignedDeviceEvent **event)
{
	int r = pb_unpack(
	    &recado__signed_binding__descriptor, buf_view(w->signed_binding), binding);

	return r != 0 ? r
	              : pb_unpack(&recado__signed_device_event__descriptor, buf_view(w->event), event);
}

int
renewal_learn(struct engine *e, const struct renewal *w, struct fault *f)
{
	Recado__DirectoryEntry entry = RECADO__DIRECTORY_ENTRY__INIT;
	Recado__SignedBinding *sb = NULL;
	Recado__SignedDeviceEvent *ev = NULL;
	int r;

	if (identity_has_binding(trust_self(e->trust), w->binding.hash))
		return 0; /* the relay was quicker with the news of it */
	r = renewal_parts(w, &sb, &ev);
	entry.bindings = &sb;
	entry.events = &ev;
	entry.n_bindings = entry.n_events = 1;
	if (r == 0)
		r = trust_learn_self(e->trust, &entry, f);
	pb_free(&sb);
	pb_free(&ev);
	return r;
}
