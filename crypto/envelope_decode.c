/*
 * The encoding of an Envelope is read here, not by protobuf-c: it has one form only (every field in
 * its place, integers as short as they can be, nothing empty, nothing unknown), nothing is copied,
 * and nothing is allocated for what anybody may send.
 */
#include "crypto/envelope.h"
#include "crypto/suite.h"

enum { VARINT = 0, OCTETS = 2 }; /* protobuf's wire types */

static int
get_key(struct bytes *in, unsigned number, unsigned type)
{
	uint8_t key;

	return bytes_get_u8(in, &key) == 0 && key == (number << 3 | type) ? 0 : ERR_FORMAT;
}

static int
get_varint(struct bytes *in, uint32_t *out)
{
	uint8_t octet;

	*out = 0;
	for (unsigned i = 0; i < ENVELOPE_VARINT_MAX; i++) {
		if (bytes_get_u8(in, &octet) != 0)
			return ERR_FORMAT;
		*out |= (uint32_t)(octet & 0x7f) << (7 * i);
		if (octet < 0x80)
			return octet == 0 ? ERR_FORMAT : 0; /* no integer here is zero */
	}
	return ERR_FORMAT;
}

static int
get_integer(struct bytes *in, unsigned number, uint32_t *out)
{
	int r;

	*out = 0;
	if ((r = get_key(in, number, VARINT)) != 0)
		return r;
	return get_varint(in, out);
}

static int
get_octets(struct bytes *in, unsigned number, struct bytes *out)
{
	uint32_t n;
	int r;

	*out = (struct bytes){ NULL, 0 };
	if ((r = get_key(in, number, OCTETS)) != 0 || (r = get_varint(in, &n)) != 0)
		return r;
	return bytes_get_view(in, n, out) == 0 ? 0 : ERR_FORMAT;
}

static int
get_head(struct bytes *in, struct envelope *e)
{
	uint32_t version, suite;
	int r;

	if ((r = get_integer(in, 1, &version)) != 0)
		return r;
	if (version != ENVELOPE_VERSION)
		return ERR_VERSION;
	if ((r = get_integer(in, 2, &suite)) != 0)
		return r;
	if (suite > UINT16_MAX || suite_rank((uint16_t)suite) < 0)
		return ERR_SUITE;
	e->suite = (uint16_t)suite;
	return 0;
}

static int
get_fields(struct bytes *in, struct envelope *e)
{
	int r;

	if ((r = get_octets(in, 3, &e->tag)) != 0 || (r = get_octets(in, 4, &e->header)) != 0 ||
	    (r = get_octets(in, 5, &e->body)) != 0 ||
	    (in->n > 0 && (r = get_octets(in, 6, &e->initial)) != 0))
		return r;
	return in->n == 0 ? 0 : ERR_FORMAT;
}

static int
check_lengths(const struct envelope *e)
{
	return e->tag.n == SESSION_TAG && e->initial.n <= ENVELOPE_INITIAL_MAX &&
		e->header.n == suite_sealed_len(e->suite, ENVELOPE_HEADER) &&
		e->body.n >= suite_sealed_len(e->suite, 0) && e->body.n >= ENVELOPE_SALT
	    ? 0
	    : ERR_FORMAT;
}

int
envelope_decode(struct bytes in, struct envelope *out)
{
	int r;

	*out = (struct envelope){ .suite = SUITE_NONE };
	if (in.n < ENVELOPE_MIN || in.n > ENVELOPE_MAX || (in.n & (in.n - 1)) != 0)
		return ERR_FORMAT;
	if ((r = get_head(&in, out)) != 0 || (r = get_fields(&in, out)) != 0)
		return r;
	return check_lengths(out);
}
