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
#define HEADER_SEALED_MAX (ENVELOPE_HEADER + SUITE_OVERHEAD_MAX)

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
	size_t total;  /* the whole encoding */
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
		out->total = total;
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

/* The wrapped associated data of a seal. */
struct ad {
	uint8_t octets[LABEL_HEAD_MAX + X3DH_AD + 2 + SESSION_TAG + ENVELOPE_HEADER + 8 +
	    ENVELOPE_INITIAL_MAX];
	size_t n;
};

static struct bytes
ad_view(const struct ad *ad)
{
	return (struct bytes){ ad->octets, ad->n };
}

static void
ad_put(struct ad *ad, const void *p, size_t n)
{
	if (n > 0)
		memcpy(ad->octets + ad->n, p, n);
	ad->n += n;
}

/* What both begin with: session AD, suite, tag. more: octets that follow. */
static int
ad_begin(const struct envelope_context *c, const char *label, size_t more, struct ad *ad)
{
	const uint8_t suite[2] = { (uint8_t)(c->suite >> 8), (uint8_t)c->suite };
	int r;

	if ((r = label_head(
		 label, X3DH_AD + sizeof(suite) + SESSION_TAG + more, ad->octets, &ad->n)) != 0)
		return r;
	ad_put(ad, c->session_ad, X3DH_AD);
	ad_put(ad, suite, sizeof(suite));
	ad_put(ad, c->tag, SESSION_TAG);
	return 0;
}

/* Then open header, body's length, Initial. */
static int
ad_of_body(const struct envelope_context *c, const uint8_t header[ENVELOPE_HEADER], size_t body_len,
    struct ad *ad)
{
	uint8_t lengths[8];
	int r;

	if (c->initial.n > ENVELOPE_INITIAL_MAX)
		return ERR_LIMIT;
	if ((r = ad_begin(c, LABEL_BODY_AD, ENVELOPE_HEADER + 8 + c->initial.n, ad)) != 0)
		return r;
	put_u32(lengths, (uint32_t)body_len);
	put_u32(lengths + 4, (uint32_t)c->initial.n);
	ad_put(ad, header, ENVELOPE_HEADER);
	ad_put(ad, lengths, sizeof(lengths));
	ad_put(ad, c->initial.p, c->initial.n);
	return 0;
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

	return (struct bytes){ body.p + sealed - ENVELOPE_SALT, ENVELOPE_SALT };
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
    uint8_t *out)
{
	MEM_UNSET uint8_t material[SUITE_MATERIAL_MAX], header[ENVELOPE_HEADER];
	MEM_UNSET struct ad ad;
	int r;

	put_header(&keys->header, header);
	if ((r = ad_begin(c, LABEL_HEADER_AD, 0, &ad)) == 0 &&
	    (r = make_material(
		 c->suite, keys->header_key, LABEL_HEADER, salt_of(c->suite, body), material)) == 0)
		r = suite_seal_at(c->cipher, material, ad_view(&ad),
		    (struct bytes){ header, sizeof(header) }, out);
	mem_wipe(material, sizeof(material));
	return r;
}

int
envelope_open_header(const struct envelope_context *c, const struct envelope *e,
    const uint8_t header_key[RATCHET_KEY], struct ratchet_header *out)
{
	MEM_UNSET uint8_t material[SUITE_MATERIAL_MAX];
	MEM_UNSET uint8_t plain[HEADER_SEALED_MAX];
	MEM_UNSET struct ad ad;
	size_t n;
	int r;

	memset(out, 0, sizeof(*out));
	if (e->header.n > sizeof(plain))
		return ERR_FORMAT;
	if ((r = ad_begin(c, LABEL_HEADER_AD, 0, &ad)) == 0 &&
	    (r = make_material(
		 c->suite, header_key, LABEL_HEADER, salt_of(c->suite, e->body), material)) == 0 &&
	    (r = suite_open_at(c->cipher, material, ad_view(&ad), e->header, plain, &n)) == 0) {
		r = get_header((struct bytes){ plain, n }, out);
		mem_wipe(plain, n);
	}
	mem_wipe(material, sizeof(material));
	return r;
}

/* --- body ------------------------------------------------------------------------------------ */

static int
unpad(struct buf *b)
{
	static const uint8_t zeros[8];
	const uint8_t *p = buf_ptr(b);
	size_t n = buf_len(b);

	while (n >= sizeof(zeros) && memcmp(p + n - sizeof(zeros), zeros, sizeof(zeros)) == 0)
		n -= sizeof(zeros);
	while (n > 0 && p[n - 1] == 0)
		n--;
	if (n == 0 || p[n - 1] != 0x80)
		return ERR_FORMAT;
	return buf_truncate(b, n - 1);
}

/* Padded (ISO/IEC 7816-4: 0x80 and zeros) and sealed in place; out is all zero before. */
static int
seal_body(const struct envelope_context *c, const struct ratchet_sealing *keys,
    const struct sizes *s, struct bytes plaintext, uint8_t *out)
{
	MEM_UNSET uint8_t material[SUITE_MATERIAL_MAX], header[ENVELOPE_HEADER];
	MEM_UNSET struct ad ad;
	int r;

	put_header(&keys->header, header);
	if (plaintext.n > 0)
		memcpy(out, plaintext.p, plaintext.n);
	out[plaintext.n] = 0x80;
	if ((r = ad_of_body(c, header, s->body, &ad)) == 0 &&
	    (r = make_material(c->suite, keys->message_key, LABEL_MESSAGE,
		 (struct bytes){ NULL, 0 }, material)) == 0)
		r = suite_seal_at(
		    c->cipher, material, ad_view(&ad), (struct bytes){ out, s->padded }, out);
	mem_wipe(material, sizeof(material));
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
open_padded(const struct envelope_context *c, const struct envelope *e, const uint8_t *material,
    struct bytes ad, struct buf *plaintext)
{
	struct bytes sealed;
	size_t padded;
	int r;

	if ((r = without_filler(c->suite, e->body, &sealed, &padded)) != 0 ||
	    (r = suite_open_with(c->cipher, material, ad, sealed, plaintext)) != 0)
		return r;
	return buf_len(plaintext) == padded ? unpad(plaintext) : ERR_FORMAT;
}

int
envelope_open_body(const struct envelope_context *c, const struct envelope *e,
    const struct ratchet_header *header, const uint8_t message_key[RATCHET_KEY],
    struct buf *plaintext)
{
	uint8_t material[SUITE_MATERIAL_MAX], encoded[ENVELOPE_HEADER];
	MEM_UNSET struct ad ad;
	int r;

	buf_reset(plaintext);
	put_header(header, encoded);
	if ((r = ad_of_body(c, encoded, e->body.n, &ad)) == 0 &&
	    (r = make_material(
		 c->suite, message_key, LABEL_MESSAGE, (struct bytes){ NULL, 0 }, material)) == 0)
		r = open_padded(c, e, material, ad_view(&ad), plaintext);
	mem_wipe(material, sizeof(material));
	if (r != 0)
		buf_reset(plaintext);
	return r;
}

/* --- the whole ------------------------------------------------------------------------------- */

static size_t
put_varint(uint8_t *p, size_t v)
{
	size_t n = 0;

	for (; v >= 0x80; v >>= 7)
		p[n++] = (uint8_t)(v | 0x80);
	p[n++] = (uint8_t)v;
	return n;
}

/* What stands before a field of n octets, as protobuf writes it. */
static size_t
put_field(uint8_t *p, uint8_t number, size_t n)
{
	p[0] = (uint8_t)(number << 3 | 2);
	return 1 + put_varint(p + 1, n);
}

/* Octets up to and with the tag. */
static size_t
put_front(const struct envelope_context *c, uint8_t *p)
{
	size_t n = 0;

	p[n++] = 1 << 3;
	n += put_varint(p + n, ENVELOPE_VERSION);
	p[n++] = 2 << 3;
	n += put_varint(p + n, c->suite);
	n += put_field(p + n, 3, SESSION_TAG);
	memcpy(p + n, c->tag, SESSION_TAG);
	return n + SESSION_TAG;
}

/* Every length is known beforehand, so each part is written where it stays: the frame, then the
 * body, whose tag makes the header's key, then the header. p holds s->total zeros. */
static int
seal_into(const struct envelope_context *c, const struct ratchet_sealing *keys,
    const struct sizes *s, struct bytes plaintext, uint8_t *p)
{
	size_t n = put_front(c, p), header_len = suite_sealed_len(c->suite, ENVELOPE_HEADER);
	uint8_t *header, *body;
	int r;

	n += put_field(p + n, 4, header_len);
	header = p + n;
	n += header_len;
	n += put_field(p + n, 5, s->body);
	body = p + n;
	n += s->body;
	if (c->initial.n > 0) {
		n += put_field(p + n, 6, c->initial.n);
		memcpy(p + n, c->initial.p, c->initial.n);
		n += c->initial.n;
	}
	if (n != s->total)
		return ERR_BUG;
	if ((r = seal_body(c, keys, s, plaintext, body)) != 0)
		return r;
	return seal_header(c, keys, (struct bytes){ body, s->body }, header);
}

int
envelope_seal(const struct envelope_context *c, const struct ratchet_sealing *keys,
    struct bytes plaintext, struct buf *out)
{
	struct sizes s;
	uint8_t *at;
	int r;

	buf_reset(out);
	if ((r = choose_sizes(c->suite, c->initial.n, plaintext.n, &s)) == 0 &&
	    (r = buf_reserve(out, s.total, &at)) == 0)
		r = seal_into(c, keys, &s, plaintext, at);
	if (r != 0)
		buf_reset(out);
	return r;
}
