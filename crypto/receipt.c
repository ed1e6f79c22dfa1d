#include "crypto/receipt.h"

#include <string.h>

#include "crypto/cert.h"
#include "crypto/label.h"
#include "wire/pb.h"

#define SCHEME_ED25519 ((uint32_t)RECADO__SIGNATURE_SCHEME__ED25519)

/* One label a kind: a delivered receipt cannot be shown as a read one. */
static const char *const labels[] = {
	[RECEIPT_KIND_DELIVERED] = "receipt-delivered",
	[RECEIPT_KIND_READ] = "receipt-read",
	[RECEIPT_KIND_NOTARISED] = "receipt-notarised",
};

static int
put_body(const struct receipt *r, struct buf *body)
{
	Recado__Receipt m = RECADO__RECEIPT__INIT;

	m.kind = (Recado__ReceiptKind)r->kind;
	m.message = pb_data((struct bytes){ r->message, HASH_LEN });
	m.reader_user = pb_data((struct bytes){ r->reader_user, USER_ID_LEN });
	m.reader_device = pb_data((struct bytes){ r->reader_device, DEVICE_ID_LEN });
	m.reader_binding = pb_data((struct bytes){ r->reader_binding, HASH_LEN });
	m.time = r->time;
	return pb_pack(&m, body);
}

static int
get_body(struct bytes body, struct receipt *out)
{
	Recado__Receipt *m = NULL;
	int r;

	if ((r = pb_unpack(&recado__receipt__descriptor, body, &m)) != 0)
		return r;
	out->kind = (enum receipt_kind)m->kind;
	out->time = m->time;
	if ((r = pb_fixed(m->message, out->message, HASH_LEN)) == 0 &&
	    (r = pb_fixed(m->reader_user, out->reader_user, USER_ID_LEN)) == 0 &&
	    (r = pb_fixed(m->reader_device, out->reader_device, DEVICE_ID_LEN)) == 0)
		r = pb_fixed(m->reader_binding, out->reader_binding, HASH_LEN);
	pb_free(&m);
	return r;
}

int
receipt_finish(struct bytes body, uint32_t scheme, struct bytes signature, struct buf *out)
{
	Recado__SignedReceipt m = RECADO__SIGNED_RECEIPT__INIT;

	buf_reset(out);
	m.body = pb_data(body);
	m.signature = pb_data(signature);
	m.scheme = (Recado__SignatureScheme)scheme;
	return pb_pack(&m, out);
}

int
receipt_sign(const struct receipt *r, const struct key_sign *device, struct buf *out)
{
	uint8_t sig[KEY_SIG_LEN];
	struct buf *body;
	int rc;

	buf_reset(out);
	if (r->kind != RECEIPT_KIND_DELIVERED && r->kind != RECEIPT_KIND_READ)
		return ERR_BUG;
	body = buf_new(0);
	if ((rc = put_body(r, body)) == 0 &&
	    (rc = key_sign_label(device, labels[r->kind], buf_view(body), sig)) == 0)
		rc = receipt_finish(
		    buf_view(body), SCHEME_ED25519, (struct bytes){ sig, sizeof(sig) }, out);
	buf_free(&body);
	return rc;
}

int
receipt_prepare(const struct receipt *r, struct buf *body, struct buf *to_sign)
{
	int rc;

	buf_reset(body);
	buf_reset(to_sign);
	if (r->kind != RECEIPT_KIND_NOTARISED)
		return ERR_BUG;
	if ((rc = put_body(r, body)) != 0)
		return rc;
	return label_wrap(to_sign, labels[r->kind], buf_view(body));
}

/* The kind stands inside the body, which is not read before its signature holds: so each label a
 * device may sign under is tried, and the body must then agree with the one that held. */
static int
verify_device(const Recado__SignedReceipt *sr, const uint8_t key[32], enum receipt_kind *kind)
{
	static const enum receipt_kind tried[] = { RECEIPT_KIND_READ, RECEIPT_KIND_DELIVERED };
	int r = ERR_SIGNATURE;

	for (size_t i = 0; i < 2 && r == ERR_SIGNATURE; i++) {
		*kind = tried[i];
		r = key_verify_label(key, labels[*kind], pb_view(sr->body), pb_view(sr->signature));
	}
	return r;
}

static int
verify_card(const Recado__SignedReceipt *sr, struct bytes certificate, enum receipt_kind *kind)
{
	struct buf *signed_octets;
	int r;

	*kind = RECEIPT_KIND_NOTARISED;
	if (certificate.n == 0)
		return ERR_SIGNATURE;
	signed_octets = buf_new(0);
	if ((r = label_wrap(signed_octets, labels[*kind], pb_view(sr->body))) == 0)
		r = cert_verify_signature(certificate, (uint32_t)sr->scheme,
		    buf_view(signed_octets), pb_view(sr->signature));
	buf_free(&signed_octets);
	return r;
}

int
receipt_verify(const Recado__SignedReceipt *sr, const uint8_t device_signing_key[32],
    struct bytes certificate, struct receipt *out)
{
	enum receipt_kind kind;
	int r;

	memset(out, 0, sizeof(*out));
	if ((uint32_t)sr->scheme == SCHEME_ED25519)
		r = verify_device(sr, device_signing_key, &kind);
	else
		r = verify_card(sr, certificate, &kind);
	if (r == 0)
		r = get_body(pb_view(sr->body), out);
	if (r == 0 && out->kind != kind)
		r = ERR_SIGNATURE;
	if (r != 0)
		memset(out, 0, sizeof(*out));
	return r;
}
