#include "server/encode.h"

#include <string.h>

enum { WIRE_VARINT = 0, WIRE_BYTES = 2 };

static int
put_varint(struct buf *b, uint64_t v)
{
	uint8_t out[10];
	size_t n = 0;

	while (v >= 0x80) {
		out[n++] = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	out[n++] = (uint8_t)v;
	return buf_put(b, out, n);
}

int
encode_uint(struct buf *b, unsigned field, uint64_t v)
{
	int r;

	if (v == 0)
		return 0;
	if ((r = put_varint(b, (uint64_t)field << 3 | WIRE_VARINT)) != 0)
		return r;
	return put_varint(b, v);
}

int
encode_message(struct buf *b, unsigned field, struct bytes v)
{
	int r;

	if ((r = put_varint(b, (uint64_t)field << 3 | WIRE_BYTES)) != 0 ||
	    (r = put_varint(b, v.n)) != 0)
		return r;
	return buf_put_bytes(b, v);
}

int
encode_bytes(struct buf *b, unsigned field, struct bytes v)
{
	return v.n == 0 ? 0 : encode_message(b, field, v);
}

int
encode_text(struct buf *b, unsigned field, const char *s)
{
	return encode_bytes(b, field, (struct bytes){ (const uint8_t *)s, strlen(s) });
}

int
encode_list_head(struct buf *b, const uint8_t *user_id, uint32_t length, const uint8_t *head)
{
	int r;

	if ((r = encode_bytes(b, 1, (struct bytes){ user_id, 32 })) != 0 ||
	    (r = encode_uint(b, 2, length)) != 0)
		return r;
	return encode_bytes(b, 3, (struct bytes){ head, 32 });
}
