/*
 * Two seals, each under a key that seals nothing else. The body is sealed first, under the message
 * key, over the open header and all that travels in clear. The header's key is then drawn from the
 * header key and the last 16 octets of the body's authentication tag:
 * no nonce travels, no counter is needed, and a header opens only beside the body it was made for.
 *
 * A body is padded to the octet so that the whole encoding is a power of two. A block cipher
 * cannot hit every length; the up to 15 octets it leaves are zeros behind it, and since the length
 * of the whole is covered, nobody can add or take any.
 */
#include "crypto/envelope.h"

#include <string.h>

#include "base/mem.h"
#include "crypto/label.h"
#include "crypto/suite.h"
#include "crypto/x3dh.h"

#define LABEL_MESSAGE "message"
#define LABEL_HEADER "header"
#define LABEL_BODY_AD "envelope-body"
#define LABEL_HEADER_AD "envelope-header"
#define SALT 16 /* octets of the sealed body that make a header's key its own */
#define AD_MAX 1024

/* --- sizes ----------------------------------------------------------------------------------- */

static size_t
varint_len(size_t n)
{
	size_t len = 1;

	while (n >= 0x80) {
		n >>= 7;
		len++;
	}
	return len;
}

static size_t
field_len(size_t n)
{
	return 1 + varint_len(n) + n;
}

/* Octets of the encoding without the body field. */
static size_t
frame_len(uint16_t suite, size_t initial_len)
{
	size_t n = 1 + varint_len(ENVELOPE_VERSION) + 1 + varint_len(suite);

	n += field_len(SESSION_TAG) + field_len(suite_sealed_len(suite, ENVELOPE_HEADER));
	return n + (initial_len > 0 ? field_len(initial_len) : 0);
}

/* The body's length with which its field takes exactly n octets; 0 when there is none. */
static size_t
body_of_field(size_t n)
{
	for (size_t v = 1; v <= 3 && n > 1 + v; v++)
		if (varint_len(n - 1 - v) == v)
			return n - 1 - v;
	return 0;
}

/* The longest plaintext whose sealed form fits n octets; SIZE_MAX when none does. */
static size_t
plaintext_of_body(uint16_t suite, size_t n)
{
	size_t least = suite_sealed_len(suite, 0), p;

	if (n < least)
		return SIZE_MAX;
	p = n - least;
	while (suite_sealed_len(suite, p + 1) <= n)
		p++;
	return p;
}

struct sizes {
	size_t body;   /* the body field's content */
	size_t padded; /* the plaintext with its padding */
};

static int
choose_sizes(uint16_t suite, size_t initial_len, size_t n, struct sizes *out)
{
	size_t frame = frame_len(suite, initial_len);

	memset(out, 0, sizeof(*out));
	for (size_t total = ENVELOPE_MIN; total <= ENVELOPE_MAX; total *= 2) {
		if (total <= frame || (out->body = body_of_field(total - frame)) == 0)
			continue;
		out->padded = plaintext_of_body(suite, out->body);
		if (out->padded != SIZE_MAX && n < out->padded)
			return 0;
	}
	return ERR_LIMIT;
}

int
envelope_fits(uint16_t suite, size_t initial_len, size_t n)
{
	struct sizes s;

	return choose_sizes(suite, initial_len, n, &s);
}

/* --- what the seals cover, and their keys ---------------------------------------------------- */

static void
put_u32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* Header AD: session AD, suite, tag. Body AD: the same, open header, body's length, Initial. */
static int
make_ad(const struct envelope_context *c, const uint8_t *header, size_t body_len, struct buf *out)
{
	uint8_t ad[X3DH_AD + 2 + SESSION_TAG + ENVELOPE_HEADER + 8 + ENVELOPE_INITIAL_MAX], *p = ad;

	memcpy(p, c->session_ad, X3DH_AD);
	p += X3DH_AD;
	*p++ = (uint8_t)(c->suite >> 8);
	*p++ = (uint8_t)c->suite;
	memcpy(p, c->tag, SESSION_TAG);
	p += SESSION_TAG;
	if (header == NULL)
		return label_wrap(out, LABEL_HEADER_AD, (struct bytes){ ad, (size_t)(p - ad) });
	if (c->initial.n > ENVELOPE_INITIAL_MAX)
		return ERR_LIMIT;
	memcpy(p, header, ENVELOPE_HEADER);
	put_u32(p + ENVELOPE_HEADER, (uint32_t)body_len);
	put_u32(p + ENVELOPE_HEADER + 4, (uint32_t)c->initial.n);
	p += ENVELOPE_HEADER + 8;
	if (c->initial.n > 0)
		memcpy(p, c->initial.p, c->initial.n);
	p += c->initial.n;
	return label_wrap(out, LABEL_BODY_AD, (struct bytes){ ad, (size_t)(p - ad) });
}

static int
make_material(uint16_t suite, const uint8_t key[RATCHET_KEY], const char *label, struct bytes body,
    uint8_t material[SUITE_MATERIAL_MAX])
{
	return label_derive(
	    &(struct label_derive){
		.hash = KDF_SHA256, .secret = { key, RATCHET_KEY }, .label = label, .body = body },
	    material, suite_material(suite));
}

/* The end of the authentication tag, not of the zeros that may follow it: those repeat. */
static struct bytes
salt_of(uint16_t suite, struct bytes body)
{
	size_t sealed = suite_sealed_len(suite, plaintext_of_body(suite, body.n));

	return (struct bytes){ body.p + sealed - SALT, SALT };
}

/* --- header ---------------------------------------------------------------------------------- */

static void
put_header(const struct ratchet_header *h, uint8_t out[ENVELOPE_HEADER])
{
	memcpy(out, h->key, RATCHET_KEY);
	put_u32(out + RATCHET_KEY, h->previous);
	put_u32(out + RATCHET_KEY + 4, h->number);
}

static int
get_header(struct bytes in, struct ratchet_header *h)
{
	int r;

	if ((r = bytes_get(&in, h->key, RATCHET_KEY)) != 0 ||
	    (r = bytes_get_u32(&in, &h->previous)) != 0 ||
	    (r = bytes_get_u32(&in, &h->number)) != 0)
		return r;
	return bytes_end(&in);
}

static int
seal_header(const struct envelope_context *c, const struct ratchet_sealing *keys, struct bytes body,
    struct buf *out)
{
	uint8_t material[SUITE_MATERIAL_MAX], header[ENVELOPE_HEADER];
	struct buf *ad = buf_new(AD_MAX);
	int r;

	put_header(&keys->header, header);
	if ((r = make_ad(c, NULL, 0, ad)) == 0 &&
	    (r = make_material(
		 c->suite, keys->header_key, LABEL_HEADER, salt_of(c->suite, body), material)) == 0)
		r = suite_seal(c->suite, material, buf_view(ad),
		    (struct bytes){ header, sizeof(header) }, out);
	mem_wipe(material, sizeof(material));
	buf_free(&ad);
	return r;
}

int
envelope_open_header(const struct envelope_context *c, const Recado__Envelope *e,
    const uint8_t header_key[RATCHET_KEY], struct ratchet_header *out)
{
	uint8_t material[SUITE_MATERIAL_MAX];
	struct buf *ad = buf_new(AD_MAX), *plain = buf_new(AD_MAX);
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = make_ad(c, NULL, 0, ad)) == 0 &&
	    (r = make_material(c->suite, header_key, LABEL_HEADER,
		 salt_of(c->suite, pb_view(e->body)), material)) == 0 &&
	    (r = suite_open(c->suite, material, buf_view(ad), pb_view(e->header), plain)) == 0)
		r = get_header(buf_view(plain), out);
	mem_wipe(material, sizeof(material));
	buf_free(&plain);
	buf_free(&ad);
	return r;
}

/* --- body ------------------------------------------------------------------------------------ */

/* ISO/IEC 7816-4: 0x80 and zeros. */
static int
pad(struct bytes plaintext, size_t padded, struct buf *out)
{
	uint8_t *zeros;
	int r;

	if ((r = buf_put_bytes(out, plaintext)) != 0 || (r = buf_put_u8(out, 0x80)) != 0)
		return r;
	return buf_reserve(out, padded - plaintext.n - 1, &zeros);
}

static int
unpad(struct buf *b)
{
	const uint8_t *p = buf_ptr(b);
	size_t n = buf_len(b);

	while (n > 0 && p[n - 1] == 0)
		n--;
	if (n == 0 || p[n - 1] != 0x80)
		return ERR_FORMAT;
	return buf_truncate(b, n - 1);
}

static int
seal_padded(const struct envelope_context *c, const struct ratchet_sealing *keys,
    const struct sizes *s, struct bytes padded, struct buf *out)
{
	uint8_t material[SUITE_MATERIAL_MAX], header[ENVELOPE_HEADER], *filler;
	struct buf *ad = buf_new(AD_MAX);
	int r;

	put_header(&keys->header, header);
	if ((r = make_ad(c, header, s->body, ad)) == 0 &&
	    (r = make_material(c->suite, keys->message_key, LABEL_MESSAGE,
		 (struct bytes){ NULL, 0 }, material)) == 0 &&
	    (r = suite_seal(c->suite, material, buf_view(ad), padded, out)) == 0)
		r = buf_reserve(out, s->body - buf_len(out), &filler);
	mem_wipe(material, sizeof(material));
	buf_free(&ad);
	return r;
}

static int
seal_body(const struct envelope_context *c, const struct ratchet_sealing *keys,
    struct bytes plaintext, struct buf *out)
{
	struct buf *padded;
	struct sizes s;
	int r;

	if ((r = choose_sizes(c->suite, c->initial.n, plaintext.n, &s)) != 0)
		return r;
	padded = buf_new_secret(s.padded);
	if ((r = pad(plaintext, s.padded, padded)) == 0)
		r = seal_padded(c, keys, &s, buf_view(padded), out);
	buf_free(&padded);
	return r;
}

/* The sealed part of a body: all but the zeros that a block cipher left. */
static int
without_filler(uint16_t suite, struct bytes body, struct bytes *sealed, size_t *padded)
{
	*padded = plaintext_of_body(suite, body.n);
	if (*padded == SIZE_MAX)
		return ERR_FORMAT;
	*sealed = (struct bytes){ body.p, suite_sealed_len(suite, *padded) };
	for (size_t i = sealed->n; i < body.n; i++)
		if (body.p[i] != 0)
			return ERR_MAC;
	return 0;
}

static int
open_padded(const struct envelope_context *c, const Recado__Envelope *e, const uint8_t *material,
    struct bytes ad, struct buf *plaintext)
{
	struct bytes sealed;
	size_t padded;
	int r;

	if ((r = without_filler(c->suite, pb_view(e->body), &sealed, &padded)) != 0 ||
	    (r = suite_open(c->suite, material, ad, sealed, plaintext)) != 0)
		return r;
	return buf_len(plaintext) == padded ? unpad(plaintext) : ERR_FORMAT;
}

int
envelope_open_body(const struct envelope_context *c, const Recado__Envelope *e,
    const struct ratchet_header *header, const uint8_t message_key[RATCHET_KEY],
    struct buf *plaintext)
{
	uint8_t material[SUITE_MATERIAL_MAX], encoded[ENVELOPE_HEADER];
	struct buf *ad = buf_new(AD_MAX);
	int r;

	buf_reset(plaintext);
	put_header(header, encoded);
	if ((r = make_ad(c, encoded, e->body.len, ad)) == 0 &&
	    (r = make_material(
		 c->suite, message_key, LABEL_MESSAGE, (struct bytes){ NULL, 0 }, material)) == 0)
		r = open_padded(c, e, material, buf_view(ad), plaintext);
	mem_wipe(material, sizeof(material));
	buf_free(&ad);
	if (r != 0)
		buf_reset(plaintext);
	return r;
}

/* --- the whole ------------------------------------------------------------------------------- */

int
envelope_seal(const struct envelope_context *c, const struct ratchet_sealing *keys,
    struct bytes plaintext, struct buf *out)
{
	Recado__Envelope m = RECADO__ENVELOPE__INIT;
	struct buf *body = buf_new(ENVELOPE_MAX), *header = buf_new(AD_MAX);
	int r;

	buf_reset(out);
	if ((r = seal_body(c, keys, plaintext, body)) != 0 ||
	    (r = seal_header(c, keys, buf_view(body), header)) != 0)
		goto out;
	m.version = ENVELOPE_VERSION;
	m.suite = c->suite;
	m.tag = pb_data((struct bytes){ c->tag, SESSION_TAG });
	m.header = pb_data(buf_view(header));
	m.body = pb_data(buf_view(body));
	m.initial = pb_data(c->initial);
	r = pb_pack(&m, out);
out:
	buf_free(&header);
	buf_free(&body);
	return r;
}

/* The length admits one encoding only: no field twice, no empty field, no long integer. */
static int
check(const Recado__Envelope *e, size_t len)
{
	if (e->version != ENVELOPE_VERSION)
		return ERR_VERSION;
	if (e->suite > UINT16_MAX || suite_rank((uint16_t)e->suite) < 0)
		return ERR_SUITE;
	if (e->tag.len != SESSION_TAG || e->initial.len > ENVELOPE_INITIAL_MAX ||
	    e->header.len != suite_sealed_len((uint16_t)e->suite, ENVELOPE_HEADER) ||
	    e->body.len < suite_sealed_len((uint16_t)e->suite, 0) || e->body.len < SALT)
		return ERR_FORMAT;
	if (frame_len((uint16_t)e->suite, e->initial.len) + field_len(e->body.len) != len)
		return ERR_FORMAT;
	return 0;
}

int
envelope_decode(struct bytes in, Recado__Envelope **out)
{
	int r;

	*out = NULL;
	if (in.n < ENVELOPE_MIN || in.n > ENVELOPE_MAX || (in.n & (in.n - 1)) != 0)
		return ERR_FORMAT;
	if ((r = pb_unpack(&recado__envelope__descriptor, in, out)) != 0)
		return r;
	if ((r = check(*out, in.n)) != 0)
		pb_free(out);
	return r;
}
