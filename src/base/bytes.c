#include <string.h>

#include "base/buf.h"

int
bytes_get_view(struct bytes *v, size_t n, struct bytes *out)
{
	*out = (struct bytes){ v->p, 0 };
	if (n > v->n)
		return ERR_SHORT;
	out->n = n;
	if (n > 0)
		v->p += n;
	v->n -= n;
	return 0;
}

int
bytes_get(struct bytes *v, void *out, size_t n)
{
	struct bytes part;

	if (n > 0)
		memset(out, 0, n);
	if (bytes_get_view(v, n, &part) != 0)
		return ERR_SHORT;
	if (n > 0)
		memcpy(out, part.p, n);
	return 0;
}

static int
get_uint(struct bytes *v, size_t n, uint64_t *out)
{
	struct bytes part;
	size_t i;

	*out = 0;
	if (bytes_get_view(v, n, &part) != 0)
		return ERR_SHORT;
	for (i = 0; i < n; i++)
		*out = *out << 8 | part.p[i];
	return 0;
}

int
bytes_get_u8(struct bytes *v, uint8_t *out)
{
	uint64_t u;
	int r = get_uint(v, 1, &u);

	*out = (uint8_t)u;
	return r;
}

int
bytes_get_u16(struct bytes *v, uint16_t *out)
{
	uint64_t u;
	int r = get_uint(v, 2, &u);

	*out = (uint16_t)u;
	return r;
}

int
bytes_get_u32(struct bytes *v, uint32_t *out)
{
	uint64_t u;
	int r = get_uint(v, 4, &u);

	*out = (uint32_t)u;
	return r;
}

int
bytes_get_u64(struct bytes *v, uint64_t *out)
{
	return get_uint(v, 8, out);
}

int
bytes_get_string(struct bytes *v, size_t max, struct bytes *out)
{
	struct bytes rest = *v;
	uint32_t n;

	*out = (struct bytes){ v->p, 0 };
	if (bytes_get_u32(&rest, &n) != 0)
		return ERR_SHORT;
	if (n > max)
		return ERR_LIMIT;
	if (bytes_get_view(&rest, n, out) != 0)
		return ERR_SHORT;
	*v = rest;
	return 0;
}

int
bytes_end(const struct bytes *v)
{
	return v->n == 0 ? 0 : ERR_TRAILING;
}

int
bytes_equal(struct bytes a, struct bytes b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}
