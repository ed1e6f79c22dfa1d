#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "crypto/identity.h"
#include "crypto/kdf.h"
#include "crypto/label.h"
#include "relay.h"

#define must(x)                                                                                    \
	do {                                                                                       \
		if (!(x)) {                                                                        \
			fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #x);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

void
account_new(struct relay *r, struct account *a, const char *name)
{
	memset(a, 0, sizeof(*a));
	a->card = person_card_new(r->ca, name, "BI900000017");
	a->device = person_device_new(name, "laptop");
	a->device->binding.created = clock_now_ms();
	memcpy(a->device->binding.relay_id, r->id, 32);
	person_bind(a->device, a->card);
}

void
account_free(struct account *a)
{
	person_card_free(&a->card);
	person_device_free(&a->device);
}

static Recado__SignedDeviceEvent *
first_event(struct account *a)
{
	const struct person_device *d = a->device;
	Recado__DeviceEvent ev = RECADO__DEVICE_EVENT__INIT;
	Recado__SignedDeviceEvent *out = NULL;
	struct buf *b = buf_new(0);
	uint8_t hash[32];
	struct bytes parts[2];
	static const uint8_t zero[32];

	ev.kind = RECADO__DEVICE_EVENT_KIND__DEVICE_ADD;
	ev.user_id = pb_data((struct bytes){ d->binding.user_id, USER_ID_LEN });
	ev.device_id = pb_data((struct bytes){ d->id, DEVICE_ID_LEN });
	ev.binding_hash = pb_data((struct bytes){ d->binding.hash, HASH_LEN });
	ev.time = d->binding.created; /* so that it is the same each time */
	must(identity_make_event(NULL, &ev, d->sign, d->id, b) == 0);
	must(pb_unpack(&recado__signed_device_event__descriptor, buf_view(b), &out) == 0);
	must(kdf_sha256(pb_view(out->body), hash) == 0);
	parts[0] = (struct bytes){ zero, 32 };
	parts[1] = (struct bytes){ hash, 32 };
	must(label_hash("device-list", parts, 2, a->list_head) == 0);
	buf_free(&b);
	return out;
}

Recado__SignedDeviceRecord *
account_record(const struct account *a)
{
	static uint32_t suites[] = { 1, 2 };
	const struct person_device *d = a->device;
	Recado__DeviceRecord rec = RECADO__DEVICE_RECORD__INIT;
	Recado__SignedDeviceRecord *out = NULL;
	struct buf *b = buf_new(0);

	rec.user_id = pb_data((struct bytes){ d->binding.user_id, USER_ID_LEN });
	rec.device_id = pb_data((struct bytes){ d->id, DEVICE_ID_LEN });
	rec.number = 1;
	rec.suites = suites;
	rec.n_suites = 2;
	rec.signed_prekey = rec.last_resort_prekey =
	    pb_data((struct bytes){ key_dh_public(d->dh), KEY_LEN });
	rec.signed_prekey_id = 1;
	rec.last_resort_prekey_id = 2;
	rec.time = clock_now_ms();
	rec.signed_prekey_expires = rec.time + 1000000;
	must(identity_make_record(&rec, d->sign, b) == 0);
	must(pb_unpack(&recado__signed_device_record__descriptor, buf_view(b), &out) == 0);
	buf_free(&b);
	return out;
}

uint32_t
account_register(struct relay *r, struct account *a, const char *invite)
{
	Recado__ToRelay m = RECADO__TO_RELAY__INIT;
	Recado__Register reg = RECADO__REGISTER__INIT;
	struct client *c = client_new(r, NULL);
	Recado__ReplyBody *body;
	uint32_t status;

	must(pb_unpack(&recado__signed_binding__descriptor, buf_view(a->device->signed_binding),
		 &reg.binding) == 0);
	reg.event = first_event(a);
	reg.record = account_record(a);
	if (invite != NULL)
		reg.invite = pb_data((struct bytes){ (const uint8_t *)invite, strlen(invite) });
	m.op_case = RECADO__TO_RELAY__OP_REGISTER;
	m.register_ = &reg;
	body = client_call(c, &m);
	status = body->status;
	must(status != RECADO__STATUS__STATUS_OK ||
	    memcmp(body->registered->user_id.data, a->device->binding.user_id, USER_ID_LEN) == 0);
	pb_free(&body);
	pb_free(&reg.binding);
	pb_free(&reg.event);
	pb_free(&reg.record);
	client_free(&c);
	return status;
}

void
account_make(struct relay *r, struct account *a, const char *name)
{
	account_new(r, a, name);
	must(account_register(r, a, NULL) == RECADO__STATUS__STATUS_OK);
}
