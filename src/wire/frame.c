#include "wire/frame.h"

int
frame_peek(struct bytes in, size_t max, struct bytes *body, size_t *used)
{
	struct bytes v = in;
	uint32_t n;

	*body = (struct bytes){ NULL, 0 };
	*used = 0;
	if (bytes_get_u32(&v, &n) != 0)
		return ERR_AGAIN;
	if (n == 0)
		return ERR_FORMAT;
	if (n > max)
		return ERR_LIMIT;
	if (bytes_get_view(&v, n, body) != 0)
		return ERR_AGAIN;
	*used = FRAME_HEADER + (size_t)n;
	return 0;
}

int
frame_put(struct buf *out, const void *body, size_t n)
{
	if (n == 0 || n > UINT32_MAX)
		return ERR_BUG;
	return buf_put_string(out, body, n);
}
