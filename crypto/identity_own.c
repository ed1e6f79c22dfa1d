/* Events and records of one's own: made here, verified by everybody. */
#include <string.h>

#include "crypto/identity.h"
#include "wire/pb.h"

#define LABEL_EVENT "device-event"

static int
put_event(const struct identity *i, const Recado__DeviceEvent *fields, struct buf *body)
{
	static const uint8_t start[HASH_LEN];
	Recado__DeviceEvent ev = *fields;

	buf_reset(body);
	ev.number = i != NULL ? identity_list_length(i) : 0;
	ev.previous =
	    pb_data((struct bytes){ i != NULL ? identity_list_head(i) : start, HASH_LEN });
	if (ev.number > 0)
		ev.user_id = pb_data((struct bytes){ identity_user_id(i), USER_ID_LEN });
	return pb_pack(&ev, body);
}

static int
sign_event(struct bytes body, const struct key_sign *signer, const uint8_t *signer_device,
    struct buf *signed_event)
{
	Recado__SignedDeviceEvent se = RECADO__SIGNED_DEVICE_EVENT__INIT;
	uint8_t sig[KEY_SIG_LEN];
	int r;

	if ((r = key_sign_label(signer, LABEL_EVENT, body, sig)) != 0)
		return r;
	se.body = pb_data(body);
	se.signature = pb_data((struct bytes){ sig, sizeof(sig) });
	se.scheme = RECADO__SIGNATURE_SCHEME__ED25519;
	se.signer_device = pb_data((struct bytes){ signer_device, DEVICE_ID_LEN });
	return pb_pack(&se, signed_event);
}

int
identity_make_event(const struct identity *i, const Recado__DeviceEvent *fields,
    const struct key_sign *signer, const uint8_t *signer_device, struct buf *signed_event)
{
	struct buf *body = buf_new(0);
	int r;

	buf_reset(signed_event);
	if ((r = put_event(i, fields, body)) == 0)
		r = sign_event(buf_view(body), signer, signer_device, signed_event);
	buf_free(&body);
	return r;
}

int
identity_join_event(const Recado__DeviceEvent *fields, const struct key_sign *signer,
    const uint8_t *signer_device, struct buf *signed_event)
{
	struct buf *body = buf_new(0);
	int r;

	buf_reset(signed_event);
	if ((r = pb_pack(fields, body)) == 0)
		r = sign_event(buf_view(body), signer, signer_device, signed_event);
	buf_free(&body);
	return r;
}

int
identity_make_record(
    const Recado__DeviceRecord *fields, const struct key_sign *signer, struct buf *signed_record)
{
	Recado__SignedDeviceRecord sr = RECADO__SIGNED_DEVICE_RECORD__INIT;
	struct buf *body = buf_new(0);
	uint8_t sig[KEY_SIG_LEN];
	int r;

	buf_reset(signed_record);
	if ((r = pb_pack(fields, body)) == 0 &&
	    (r = key_sign_label(signer, "device-record", buf_view(body), sig)) == 0) {
		sr.body = pb_data(buf_view(body));
		sr.signature = pb_data((struct bytes){ sig, sizeof(sig) });
		r = pb_pack(&sr, signed_record);
	}
	buf_free(&body);
	return r;
}
