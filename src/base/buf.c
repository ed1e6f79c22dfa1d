/*
 * The content lies at data[off .. off + len). Consuming moves off; appending first uses the room
 * behind the content, then moves the content to the front if that is cheap (no more is moved than
 * was consumed), then grows to a larger piece of memory. So both ends cost O(1) a byte, and max
 * bounds the content whatever was consumed before.
 */
#include "base/buf.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define CAP_MIN 64

struct buf {
	uint8_t *data; /* NULL while nothing was ever appended */
	size_t off;
	size_t len;
	size_t cap;
	size_t max;
	bool secret;
};

static struct buf *
make(size_t max, bool secret)
{
	struct buf *b = mem_alloc(sizeof *b);

	b->max = max > 0 ? max : BUF_MAX_DEFAULT;
	b->secret = secret;
	return b;
}

struct buf *
buf_new(size_t max)
{
	return make(max, false);
}

struct buf *
buf_new_secret(size_t max)
{
	return make(max, true);
}

static void
drop_data(struct buf *b)
{
	if (b->secret) {
		mem_secret_free(&b->data);
		return;
	}
	if (b->data != NULL)
		mem_wipe(b->data, b->cap);
	free(b->data);
	b->data = NULL;
}

void
buf_free(struct buf **pb)
{
	struct buf *b = *pb;

	*pb = NULL;
	if (b == NULL)
		return;
	drop_data(b);
	free(b);
}

void
buf_reset(struct buf *b)
{
	if (b->data != NULL)
		mem_wipe(b->data, b->off + b->len);
	b->off = b->len = 0;
}

size_t
buf_len(const struct buf *b)
{
	return b->len;
}

size_t
buf_space(const struct buf *b)
{
	return b->max - b->len;
}

const uint8_t *
buf_ptr(const struct buf *b)
{
	static const uint8_t nothing[1];

	return b->data != NULL ? b->data + b->off : nothing;
}

struct bytes
buf_view(const struct buf *b)
{
	return (struct bytes){ buf_ptr(b), b->len };
}

static void
move_to_front(struct buf *b)
{
	memmove(b->data, b->data + b->off, b->len);
	mem_wipe(b->data + b->len, b->off);
	b->off = 0;
}

/* Memory for n more bytes, which the maximum allows. */
static void
grow(struct buf *b, size_t n)
{
	size_t cap = b->cap < CAP_MIN ? CAP_MIN : b->cap;
	uint8_t *data;

	while (cap - b->len < n)
		cap = cap > b->max / 2 ? b->max : cap * 2;
	data = b->secret ? mem_secret_alloc(cap) : mem_alloc(cap);
	if (b->len > 0)
		memcpy(data, b->data + b->off, b->len);
	drop_data(b);
	b->data = data;
	b->off = 0;
	b->cap = cap;
}

/* n bytes, which the maximum allows, do not fit behind the content. */
static void
make_room(struct buf *b, size_t n)
{
	if (b->data != NULL && b->off >= b->len && n <= b->cap - b->len)
		move_to_front(b);
	else
		grow(b, n);
}

/* Room for n bytes behind the content; *out is where, and b->len counts them already. */
static inline int
extend(struct buf *b, size_t n, uint8_t **out)
{
	*out = NULL;
	if (n > b->max - b->len)
		return ERR_LIMIT;
	if (b->data == NULL || n > b->cap - b->off - b->len)
		make_room(b, n);
	*out = b->data + b->off + b->len;
	b->len += n;
	return 0;
}

int
buf_put(struct buf *b, const void *p, size_t n)
{
	uint8_t *at;
	int r;

	if (n == 0)
		return 0;
	if ((r = extend(b, n, &at)) != 0)
		return r;
	memcpy(at, p, n);
	return 0;
}

int
buf_put_bytes(struct buf *b, struct bytes v)
{
	return buf_put(b, v.p, v.n);
}

static int
put_uint(struct buf *b, uint64_t v, size_t n)
{
	uint8_t octets[8];
	size_t i;

	for (i = 0; i < n; i++)
		octets[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
	return buf_put(b, octets, n);
}

int
buf_put_u8(struct buf *b, uint8_t v)
{
	return put_uint(b, v, 1);
}

int
buf_put_u16(struct buf *b, uint16_t v)
{
	return put_uint(b, v, 2);
}

int
buf_put_u32(struct buf *b, uint32_t v)
{
	return put_uint(b, v, 4);
}

int
buf_put_u64(struct buf *b, uint64_t v)
{
	return put_uint(b, v, 8);
}

int
buf_put_string(struct buf *b, const void *p, size_t n)
{
	int r;

	if (n > UINT32_MAX || b->max - b->len < 4 || n > b->max - b->len - 4)
		return ERR_LIMIT;
	if ((r = buf_put_u32(b, (uint32_t)n)) != 0)
		return r;
	return buf_put(b, p, n);
}

int
buf_reserve(struct buf *b, size_t n, uint8_t **out)
{
	int r = extend(b, n, out);

	if (r == 0 && n > 0)
		memset(*out, 0, n);
	return r;
}

int
buf_consume(struct buf *b, size_t n)
{
	if (n > b->len)
		return ERR_SHORT;
	b->off += n;
	b->len -= n;
	if (b->len == 0)
		buf_reset(b);
	return 0;
}

int
buf_truncate(struct buf *b, size_t n)
{
	if (n > b->len)
		return ERR_SHORT;
	if (n < b->len)
		mem_wipe(b->data + b->off + n, b->len - n);
	b->len = n;
	return 0;
}

/* What a cursor over the view has read (rest is left of it) goes from the buf as well. */
static int
taken(struct buf *b, int r, struct bytes rest)
{
	return r != 0 ? r : buf_consume(b, b->len - rest.n);
}

int
buf_get(struct buf *b, void *out, size_t n)
{
	struct bytes v = buf_view(b);
	int r = bytes_get(&v, out, n);

	return taken(b, r, v);
}

int
buf_get_u8(struct buf *b, uint8_t *out)
{
	struct bytes v = buf_view(b);
	int r = bytes_get_u8(&v, out);

	return taken(b, r, v);
}

int
buf_get_u16(struct buf *b, uint16_t *out)
{
	struct bytes v = buf_view(b);
	int r = bytes_get_u16(&v, out);

	return taken(b, r, v);
}

int
buf_get_u32(struct buf *b, uint32_t *out)
{
	struct bytes v = buf_view(b);
	int r = bytes_get_u32(&v, out);

	return taken(b, r, v);
}

int
buf_get_u64(struct buf *b, uint64_t *out)
{
	struct bytes v = buf_view(b);
	int r = bytes_get_u64(&v, out);

	return taken(b, r, v);
}
