/*
 * A binding is read in two steps that must not be swapped: first the card's signature over the
 * octets as they came, with the certificate that came beside them, then the octets themselves. What
 * the parse yields is therefore always the card's word; whether the card is anybody's is asked
 * elsewhere, of the certificate.
 */
#include "crypto/binding.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "crypto/cert.h"
#include "crypto/key.h"
#include "crypto/label.h"

#define LABEL_BINDING "binding"
#define LABEL_USER_ID "user-id"
#define LABEL_DEVICE "device"

int
binding_user_id(struct bytes body, uint8_t user_id[USER_ID_LEN])
{
	return label_hash(LABEL_USER_ID, &body, 1, user_id);
}

int
binding_device_hash(const uint8_t device_id[DEVICE_ID_LEN], const uint8_t signing_key[32],
    const uint8_t identity_key[32], uint8_t out[HASH_LEN])
{
	struct bytes parts[] = {
		{ device_id, DEVICE_ID_LEN },
		{ signing_key, KEY_LEN },
		{ identity_key, KEY_LEN },
	};

	return label_hash(LABEL_DEVICE, parts, 3, out);
}

/* What a body must satisfy whichever side of the wire it is on. */
static int
check_fields(const struct binding *b)
{
	bool first = b->purpose == BINDING_PURPOSE_FIRST,
	     renew = b->purpose == BINDING_PURPOSE_RENEW;
	size_t name = strlen(b->user_name), device = strlen(b->device_name);

	if (b->purpose < BINDING_PURPOSE_FIRST || b->purpose > BINDING_PURPOSE_RENEW)
		return ERR_FORMAT;
	if (text_name_check(b->user_name, name) != 0)
		return ERR_FORMAT;
	if (device == 0 || !text_is_clean(b->device_name, device, TEXT_NAME))
		return ERR_FORMAT;
	if (b->created == 0 || (b->expires != 0 && b->expires <= b->created))
		return ERR_FORMAT;
	if (first && !mem_is_zero_ct(b->list_head, HASH_LEN))
		return ERR_FORMAT;
	if (renew != (b->renewed_count > 0) || b->renewed_count > BINDING_RENEWED_MAX)
		return ERR_FORMAT;
	if (mem_is_zero_ct(b->device_id, DEVICE_ID_LEN))
		return ERR_FORMAT;
	return 0;
}

/* --- put ------------------------------------------------------------------------------------- */

static void
to_message(const struct binding *b, Recado__Binding *m, ProtobufCBinaryData *renewed)
{
	bool first = b->purpose == BINDING_PURPOSE_FIRST;

	recado__binding__init(m);
	m->user_name =
	    pb_data((struct bytes){ (const uint8_t *)b->user_name, strlen(b->user_name) });
	m->device_id = pb_data((struct bytes){ b->device_id, DEVICE_ID_LEN });
	m->device_name =
	    pb_data((struct bytes){ (const uint8_t *)b->device_name, strlen(b->device_name) });
	m->device_signing_key = pb_data((struct bytes){ b->device_signing_key, KEY_LEN });
	m->device_identity_key = pb_data((struct bytes){ b->device_identity_key, KEY_LEN });
	m->relay_id = pb_data((struct bytes){ b->relay_id, 32 });
	m->certificate_sha256 = pb_data((struct bytes){ b->certificate_sha256, HASH_LEN });
	m->purpose = (Recado__BindingPurpose)b->purpose;
	m->user_id = pb_data((struct bytes){ b->user_id, first ? 0 : USER_ID_LEN });
	m->list_head = pb_data((struct bytes){ b->list_head, first ? 0 : HASH_LEN });
	m->created = b->created;
	m->expires = b->expires;
	for (size_t i = 0; i < b->renewed_count; i++)
		renewed[i] = pb_data((struct bytes){ b->renewed[i], HASH_LEN });
	m->renewed = renewed;
	m->n_renewed = b->renewed_count;
}

int
binding_prepare(struct binding *b, struct buf *body, struct buf *to_sign)
{
	ProtobufCBinaryData renewed[BINDING_RENEWED_MAX];
	Recado__Binding m;
	int r;

	buf_reset(body);
	buf_reset(to_sign);
	if ((r = check_fields(b)) != 0)
		return r;
	to_message(b, &m, renewed);
	if ((r = pb_pack(&m, body)) != 0 || (r = kdf_sha256(buf_view(body), b->hash)) != 0)
		return r;
	if (b->purpose == BINDING_PURPOSE_FIRST &&
	    (r = binding_user_id(buf_view(body), b->user_id)) != 0)
		return r;
	return label_wrap(to_sign, LABEL_BINDING, buf_view(body));
}

int
binding_finish(struct bytes body, uint32_t scheme, struct bytes signature, struct bytes certificate,
    const struct bytes *intermediates, size_t intermediate_count, struct buf *out)
{
	Recado__SignedBinding m = RECADO__SIGNED_BINDING__INIT;
	ProtobufCBinaryData *chain = mem_array(intermediate_count + 1, sizeof(*chain));
	int r;

	buf_reset(out);
	for (size_t i = 0; i < intermediate_count; i++)
		chain[i] = pb_data(intermediates[i]);
	m.body = pb_data(body);
	m.signature = pb_data(signature);
	m.scheme = (Recado__SignatureScheme)scheme;
	m.certificate = pb_data(certificate);
	m.intermediates = chain;
	m.n_intermediates = intermediate_count;
	r = pb_pack(&m, out);
	free(chain);
	return r;
}

/* --- get ------------------------------------------------------------------------------------- */

static int
get_name(ProtobufCBinaryData d, char out[NAME_MAX_BYTES + 1])
{
	if (d.len == 0 || d.len > NAME_MAX_BYTES || memchr(d.data, 0, d.len) != NULL)
		return ERR_FORMAT;
	memcpy(out, d.data, d.len);
	out[d.len] = '\0';
	return 0;
}

/* user id and list head: absent in a first binding, whole in every other. */
static int
get_place(const Recado__Binding *m, struct bytes body, struct binding *b)
{
	int r;

	if (b->purpose == BINDING_PURPOSE_FIRST) {
		if (m->user_id.len != 0 || m->list_head.len != 0)
			return ERR_FORMAT;
		return binding_user_id(body, b->user_id);
	}
	if ((r = pb_fixed(m->user_id, b->user_id, USER_ID_LEN)) != 0)
		return r;
	return pb_fixed(m->list_head, b->list_head, HASH_LEN);
}

static int
get_renewed(const Recado__Binding *m, struct binding *b)
{
	int r;

	if (m->n_renewed > BINDING_RENEWED_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < m->n_renewed; i++)
		if ((r = pb_fixed(m->renewed[i], b->renewed[i], HASH_LEN)) != 0)
			return r;
	b->renewed_count = m->n_renewed;
	return 0;
}

static int
from_message(const Recado__Binding *m, struct bytes body, struct binding *b)
{
	int r;

	if ((r = get_name(m->user_name, b->user_name)) != 0 ||
	    (r = get_name(m->device_name, b->device_name)) != 0 ||
	    (r = pb_fixed(m->device_id, b->device_id, DEVICE_ID_LEN)) != 0 ||
	    (r = pb_fixed(m->device_signing_key, b->device_signing_key, KEY_LEN)) != 0 ||
	    (r = pb_fixed(m->device_identity_key, b->device_identity_key, KEY_LEN)) != 0 ||
	    (r = pb_fixed(m->relay_id, b->relay_id, 32)) != 0 ||
	    (r = pb_fixed(m->certificate_sha256, b->certificate_sha256, HASH_LEN)) != 0)
		return r;
	b->purpose = (enum binding_purpose)m->purpose;
	b->created = m->created;
	b->expires = m->expires;
	if ((r = get_place(m, body, b)) != 0 || (r = get_renewed(m, b)) != 0)
		return r;
	if ((r = kdf_sha256(body, b->hash)) != 0)
		return r;
	return check_fields(b);
}

static int
check_signature(const Recado__SignedBinding *sb)
{
	struct buf *signed_octets = buf_new(0);
	int r;

	if ((r = label_wrap(signed_octets, LABEL_BINDING, pb_view(sb->body))) == 0)
		r = cert_verify_signature(pb_view(sb->certificate), (uint32_t)sb->scheme,
		    buf_view(signed_octets), pb_view(sb->signature));
	buf_free(&signed_octets);
	return r;
}

/* The keys the card vouches for must be keys, and the certificate the one it says. */
static int
check_keys(const Recado__SignedBinding *sb, const struct binding *b)
{
	uint8_t certificate[HASH_LEN];
	int r;

	if ((r = kdf_sha256(pb_view(sb->certificate), certificate)) != 0)
		return r;
	if (memcmp(certificate, b->certificate_sha256, HASH_LEN) != 0)
		return ERR_SIGNATURE;
	if ((r = key_check_sign(b->device_signing_key)) != 0)
		return r;
	return key_check_dh(b->device_identity_key);
}

int
binding_verify(const Recado__SignedBinding *sb, struct binding *out)
{
	Recado__Binding *m = NULL;
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = check_signature(sb)) != 0)
		goto out;
	if ((r = pb_unpack(&recado__binding__descriptor, pb_view(sb->body), &m)) != 0)
		goto out;
	if ((r = from_message(m, pb_view(sb->body), out)) != 0)
		goto out;
	r = check_keys(sb, out);
out:
	pb_free(&m);
	if (r != 0)
		memset(out, 0, sizeof(*out));
	return r;
}
