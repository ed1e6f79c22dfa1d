#include "entry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/label.h"

/* Not Check's, since programs without Check use this too. */
#define must(x)                                                                                    \
	do {                                                                                       \
		if (!(x)) {                                                                        \
			fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #x);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

struct person_ca *ca, *relay_ca;
struct person_card *card;
struct person_device *laptop, *phone;
struct cert_store *store;
struct cert_policy policy;
struct identity_check chk;
struct identity *id;
struct parts parts;
struct fault fault;

void
entry_setup(void)
{
	policy = cert_policy_default();
	policy.revocation = CERT_REVOCATION_OFF;
	store = cert_store_new(&policy);
	ca = person_ca_new();
	relay_ca = person_ca_new();
	must(cert_store_add(store, CERT_ANCHORS, buf_view(ca->der), NULL) == 0);
	must(cert_store_add(store, CERT_RELAY_ANCHORS, buf_view(relay_ca->der), NULL) == 0);
	chk = (struct identity_check){ .store = store, .now = PERSON_NOW };
	card = person_card_new(ca, "Maria da Silva", "BI900000017");
	laptop = person_device_new("maria", "laptop");
	phone = person_device_new("maria", "phone");
	id = identity_new();
	recado__directory_entry__init(&parts.entry);
	parts.entry.bindings = parts.bindings;
	parts.entry.events = parts.events;
	parts.entry.records = parts.records;
}

void
entry_clear(void)
{
	while (parts.entry.n_bindings > 0)
		pb_free(&parts.bindings[--parts.entry.n_bindings]);
	while (parts.entry.n_events > 0)
		pb_free(&parts.events[--parts.entry.n_events]);
	while (parts.entry.n_records > 0)
		pb_free(&parts.records[--parts.entry.n_records]);
}

void
entry_teardown(void)
{
	entry_clear();
	identity_free(&id);
	person_device_free(&laptop);
	person_device_free(&phone);
	person_card_free(&card);
	person_ca_free(&ca);
	person_ca_free(&relay_ca);
	cert_store_free(&store);
}

/* --- parts ----------------------------------------------------------------------------------- */

void
add_binding(const struct person_device *d)
{
	must(pb_unpack(&recado__signed_binding__descriptor, buf_view(d->signed_binding),
		 &parts.bindings[parts.entry.n_bindings++]) == 0);
}

Recado__DeviceEvent
event_of(const struct person_device *d, Recado__DeviceEventKind kind)
{
	Recado__DeviceEvent ev = RECADO__DEVICE_EVENT__INIT;

	ev.kind = kind;
	ev.user_id = pb_data((struct bytes){ d->binding.user_id, USER_ID_LEN });
	ev.device_id = pb_data((struct bytes){ d->id, DEVICE_ID_LEN });
	ev.time = PERSON_NOW + parts.entry.n_events;
	if (kind == RECADO__DEVICE_EVENT_KIND__DEVICE_ADD ||
	    kind == RECADO__DEVICE_EVENT_KIND__DEVICE_RENEW)
		ev.binding_hash = pb_data((struct bytes){ d->binding.hash, HASH_LEN });
	return ev;
}

void
add_event(const Recado__DeviceEvent *ev, const struct person_device *signer)
{
	struct buf *out = buf_new(0);

	must(identity_make_event(
		 identity_list_length(id) > 0 ? id : NULL, ev, signer->sign, signer->id, out) == 0);
	must(pb_unpack(&recado__signed_device_event__descriptor, buf_view(out),
		 &parts.events[parts.entry.n_events++]) == 0);
	buf_free(&out);
}

void
add_card_event(const Recado__DeviceEvent *ev, const struct person_card *by)
{
	Recado__SignedDeviceEvent se = RECADO__SIGNED_DEVICE_EVENT__INIT;
	struct buf *body = buf_new(0), *octets = buf_new(0), *sig = buf_new(0), *out = buf_new(0);
	Recado__DeviceEvent own = *ev;

	own.number = identity_list_length(id);
	own.previous = pb_data((struct bytes){ identity_list_head(id), HASH_LEN });
	must(pb_pack(&own, body) == 0);
	must(label_wrap(octets, "device-event", buf_view(body)) == 0);
	person_card_sign(by, buf_view(octets), sig);
	se.body = pb_data(buf_view(body));
	se.signature = pb_data(buf_view(sig));
	se.scheme = RECADO__SIGNATURE_SCHEME__ECDSA_P256_SHA256;
	must(pb_pack(&se, out) == 0);
	must(pb_unpack(&recado__signed_device_event__descriptor, buf_view(out),
		 &parts.events[parts.entry.n_events++]) == 0);
	buf_free(&body);
	buf_free(&octets);
	buf_free(&sig);
	buf_free(&out);
}

void
add_record(const struct person_device *d, uint64_t number)
{
	static uint32_t suites[] = { 2, 1, 777 };
	Recado__DeviceRecord r = RECADO__DEVICE_RECORD__INIT;
	struct buf *out = buf_new(0);

	r.user_id = pb_data((struct bytes){
	    identity_list_length(id) > 0 ? identity_user_id(id) : d->binding.user_id,
	    USER_ID_LEN });
	r.device_id = pb_data((struct bytes){ d->id, DEVICE_ID_LEN });
	r.number = number;
	r.suites = suites;
	r.n_suites = 3;
	r.signed_prekey = r.last_resort_prekey =
	    pb_data((struct bytes){ key_dh_public(d->dh), KEY_LEN });
	r.signed_prekey_id = (uint32_t)number;
	r.signed_prekey_expires = PERSON_NOW + 1000;
	r.last_resort_prekey_id = 7;
	r.time = PERSON_NOW;
	must(identity_make_record(&r, d->sign, out) == 0);
	must(pb_unpack(&recado__signed_device_record__descriptor, buf_view(out),
		 &parts.records[parts.entry.n_records++]) == 0);
	buf_free(&out);
}

int
update(void)
{
	return identity_update(id, &parts.entry, &chk, &fault);
}

void
found(void)
{
	Recado__DeviceEvent ev;

	person_bind(laptop, card);
	add_binding(laptop);
	ev = event_of(laptop, RECADO__DEVICE_EVENT_KIND__DEVICE_ADD);
	add_event(&ev, laptop);
	add_record(laptop, 1);
}

void
further(struct person_device *d, const struct person_card *by, enum binding_purpose purpose)
{
	Recado__DeviceEvent ev;

	d->binding.purpose = purpose;
	memcpy(d->binding.user_id, identity_user_id(id), USER_ID_LEN);
	memcpy(d->binding.list_head, identity_list_head(id), HASH_LEN);
	person_bind(d, by);
	add_binding(d);
	ev = event_of(d,
	    purpose == BINDING_PURPOSE_ADD ? RECADO__DEVICE_EVENT_KIND__DEVICE_ADD
					   : RECADO__DEVICE_EVENT_KIND__DEVICE_RENEW);
	add_event(&ev, d);
}

struct person_device *
entry_rui(struct person_card **his)
{
	struct person_device *hers = laptop, *tablet = person_device_new("rui", "tablet");
	struct person_card *her = card;

	entry_clear();
	identity_free(&id);
	id = identity_new();
	laptop = tablet;
	card = *his = person_card_new(ca, "Rui Costa", "BI900000025");
	found();
	must(update() == 0);
	laptop = hers;
	card = her;
	return tablet;
}
